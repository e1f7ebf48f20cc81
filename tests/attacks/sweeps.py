"""Attacks by the folder of a foreign sweep, which `dlx resume` repeats by the command in sweep.json."""

from __future__ import annotations

import json
from typing import Any

from tests.attacks import stages
from tests.attacks.attack import Attack
from tests.attacks.nodes import CALL, text

LAID = {"more/m.yaml": text({"hydra": {"callbacks": {"x": CALL}}})}
WORDS = {
    "a path as an option": "model=UPWARD/more/m",
    "a path in a list of options": "regularizer=[UPWARD/more/m]",
    "a path as a study": "experiment=UPWARD/more/m",
    "a path in a place of its own": "+model@other=UPWARD/more/m",
    "a path into Hydra's node": "+model@hydra.callbacks=UPWARD/more/m",
    "a folder as an option": "model=..",
    "an option in Hydra's callbacks": "+model@hydra.callbacks.x=mlp",
    "an option in Hydra's launcher": "model@hydra.launcher=mlp",
    "the whole of Hydra's node": "+hydra={callbacks:{x:{_target_:evil.touch}}}",
    "the whole of Hydra's node by force": "++hydra={callbacks:{x:{_target_:evil.touch}}}",
    "a class of the working folder": "model._target_=evil.Evil",
    "a launcher's class": "hydra.launcher._target_=evil.Evil",
    "a launcher's argument that is built": "+hydra.launcher.x={_target_:evil.touch}",
    "a launcher's commands": "+hydra.launcher.setup=['touch MARKER']",
    "a launcher's folder": "+hydra.launcher.temp_folder=OUTSIDE/tmp",
    "a launcher that is a path": "hydra/launcher=UPWARD/more/m",
    "the environment": "model.width='${oc.env:DLX_TEST_SECRET}'",
    "a flag that admits a module": "--admit=evil",
    "a flag that asks for the environment": "--env=DLX_TEST_SECRET",
    "a broken override": "model=[",
}
SILENT = {  # Hydra's own settings are not taken from the file; the sweep then ends as its other words say
    "callbacks": "+hydra.callbacks.x._target_=evil.touch",
    "callbacks by force": "++hydra.callbacks.x._target_=evil.touch",
    "callbacks as an option": "+hydra/callbacks=UPWARD/more/m",
    "a folder": "hydra.sweep.dir=OUTSIDE/sweep",
    "a subfolder": "hydra.sweep.subdir=OUTSIDE/sub",
    "a folder for its files": "hydra.output_subdir=OUTSIDE/.hydra",
    "a search path": "hydra.searchpath=[file://HERE/more]",
    "its logging": "+hydra.job_logging.handlers.x.class=evil.Evil",
    "its logging as an option": "hydra/job_logging=default",
    "a variable that admits": "+hydra.job.env_set.DLX_ADMIT=evil",
}


def sweep(words: Any, **more: Any) -> dict[str, str]:
    """Return the file sweep.json of a foreign sweep."""
    return {**LAID, "sweep/sweep.json": json.dumps({"schema": 1, "command": words, "runs": [], "cells": [], **more})}


ATTACKS = [
    *(
        Attack(f"sweep.json has {what}", ("resume", "sweep"), "", files=sweep([*stages.SMALL, word]))
        for what, word in WORDS.items()
    ),
    *(
        Attack(
            f"sweep.json has Hydra's {what}",
            ("resume", "sweep"),
            "did you mean 'depth'",
            files=sweep([*stages.SMALL, word, "model.depht=2"]),
        )
        for what, word in SILENT.items()
    ),
    *(
        Attack(f"the command in sweep.json is {what}", ("resume", "sweep"), "sweep.json", files=sweep(words))
        for what, words in {
            "a text": "rm -rf /",
            "a number": 3,
            "null": None,
            "a mapping": {"a": 1},
            "a list of lists": [["model=mlp"]],
            "a list with null": [None],
        }.items()
    ),
    Attack(
        "sweep.json has a path as an option, and a text that looks like a search path",
        ("resume", "sweep"),
        "no such model",
        files=sweep(["+study.x='hydra.searchpath'", "model=UPWARD/more/m"]),
    ),
    Attack(
        "a run of a foreign sweep lies outside for dlx board",
        ("board", "sweep"),
        "contains no runs",
        files=sweep([], runs=[{"identity": "0", "folder": "OUTSIDE", "overrides": []}]),
    ),
]
