"""Attacks by the files of a foreign run, sweep or study: links that lead out, and broken JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

from tests.attacks import stages
from tests.attacks.attack import Attack, Place, Stage

# Text in place of a JSON file, each broken in its own way, and what is said of it.
BROKEN = {
    "a list": ("[]", "expected a mapping, got []"),
    "null": ("null", "expected a mapping, got None"),
    "nothing": ("", "it is empty"),
    "half of a file": ('{"status": "finished", "metr', "it is no JSON"),
    "nesting without end": ("[" * 100_000, "it is nested too deeply"),
    "deep nesting": ('{"status": ' + '{"a": ' * 200 + "1" + "}" * 201, "expected at most 60 levels of nesting"),
    "a number of 5,000 digits": ("1" * 5000, "a number in it is too long"),
    "latin-1": (b'{"status": "fini\xe9"}', "its text is not UTF-8"),
    "half of a character": (r'{"status": "\ud800"}', "expected characters"),
}
# Changes of a summary that is JSON, and what is said of it.
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "words for metrics": ({"metrics": {"test/accuracy": "high"}}, "metrics.test/accuracy: expected a number"),
    "a list for metrics": ({"metrics": [1, 2]}, "metrics: expected a mapping, got [1, 2]"),
    "10^400 for a metric": ({"metrics": {"test/loss": 10**400}}, "expected numbers within the range of a float"),
    "true for a metric": ({"metrics": {"test/loss": True}}, "metrics.test/loss: expected a number, got True"),
    "negative epochs": ({"epochs": -3}, "epochs: expected a whole number >= 0, got -3"),
    "an unknown status": ({"status": "excellent"}, "status: expected one of finished, diverged"),
    "seconds that are no numbers": ({"seconds": {"total": float("nan")}}, "seconds.total: expected a number >= 0"),
    "a direction of a metric that is none": ({"metric_info": {"loss": {"better": "up"}}}, "expected one of min, max"),
    "metric_info of numbers": ({"metric_info": {"loss": 3}}, "metric_info.loss: expected a mapping, got 3"),
    "a best value without a value": ({"best": {"val/loss": {}}}, "best.val/loss: expected the key 'value'"),
    "a later schema": ({"schema": 99}, "a later version of dlx wrote the file"),
    "overrides that are no texts": ({"overrides": [1]}, "overrides[0]: expected a text, got 1"),
    "a list in the configuration": ({"config": {"scheduler": [1]}}, "config.scheduler: expected a text, a number"),
    "notes of nulls": ({"notes": [None]}, "notes[0]: expected a text, got None"),
    "examples of nothing": ({"examples": {"test": None}}, "examples.test: expected a whole number"),
}


def wrong(change: dict[str, Any]) -> Stage:
    """Return a stage that changes keys of the summary of RUN."""
    return stages.edited("summary.json", lambda summary: {**summary, **change})


def content(text: str | bytes) -> Callable[[Any], bytes]:
    """Return a function that gives a text as bytes."""
    return lambda marker: text if isinstance(text, bytes) else text.encode()


def hard_linked(name: str) -> Stage:
    """Return a stage that gives the file outside a second name below HERE."""

    def stage(place: Place) -> None:
        file = place.here / name
        file.unlink(missing_ok=True)
        os.link(place.outside / "file", file)

    return stage


def good_beside(place: Place) -> None:
    """Lay a second, intact run in HERE/good."""
    stages.real_run(place)
    (place.here / "run").rename(place.here / "good")


TABLES = {
    "words": ("epoch,step,train/loss\n1,6,high\n", "could not convert string to float"),
    "too many cells": ("epoch,step\n1,6,7,8\n", "more cells than the table has columns"),
    "a negative epoch": ("epoch,step\n-1,6\n", "epoch: expected a whole number >= 0, got -1"),
    "latin-1": (b"epoch,step\xe9\n1,2\n", "its text is not UTF-8"),
    "a number of 5,000 digits": ("epoch,step\n" + "1" * 5000 + ",2\n", "expected a whole number >= 0, got inf"),
}
BESIDE = (good_beside, stages.real_run)  # an intact run and the one that is attacked
RESUMED = (stages.real_run, stages.with_status("interrupted"))
SMALL_SWEEP = ("train", "-m", *stages.SMALL, "seed=0,1", "hydra.sweep.dir=sweep")
LINKS = {
    "dlx.log": "OUTSIDE/file",
    "metrics.csv": "OUTSIDE/file",
    "predictions.npz": "OUTSIDE/file",
    "checkpoints": "OUTSIDE",
    "checkpoints/previous.ckpt": "OUTSIDE/file",
    "events.out.tfevents.1": "OUTSIDE/file",
    "new": "OUTSIDE/not_there",
}
ATTACKS = [
    *(
        Attack(f"{what} as summary.json for dlx report", ("report", "."), says, 0,
               stage=(*BESIDE, stages.replaced("summary.json", content(text))))
        for what, (text, says) in BROKEN.items()
    ),
    *(
        Attack(f"{what} as identity.json for dlx {command}", (command, "RUN"), "identity.json: is broken",
               stage=(stages.real_run, stages.replaced("identity.json", content(text))))
        for what, (text, _) in BROKEN.items() for command in ("evaluate", "explain", "resume")
    ),
    *(
        Attack(f"{what} as sweep.json for dlx resume", ("resume", "."), "sweep.json: is broken",
               files={"sweep.json": text})
        for what, (text, _) in BROKEN.items()
    ),
    *(
        Attack(f"{what} as result.json for dlx study report", ("study", "report"), "result.json: is broken",
               files={"outputs/studies/he_30_layers/result.json": text})
        for what, (text, _) in BROKEN.items()
    ),
    *(
        Attack(f"{what} in a summary for dlx report", ("report", "."), says, 0, stage=(*BESIDE, wrong(change)))
        for what, (change, says) in WRONG.items()
    ),
    *(
        Attack(f"{what} in a summary for dlx evaluate", ("evaluate", "RUN"), says,
               stage=(stages.real_run, wrong(change)))
        for what, (change, says) in WRONG.items()
    ),
    *(
        Attack(f"runs={runs!r} in sweep.json for dlx report", ("report", "."), "sweep.json: is broken", 0,
               files={"sweep.json": json.dumps({"runs": runs})}, stage=(stages.real_run,))
        for runs in (5, None, [1], [{}], [{"folder": 5}], [{"folder": "a\0b"}])
    ),
    *(
        Attack(f"{what} in metrics.csv for dlx explain", ("explain", "RUN", "--only", "confusion"), says,
               stage=(stages.real_run, stages.replaced("metrics.csv", content(text))))
        for what, (text, says) in TABLES.items()
    ),
    *(
        Attack(f"a link as {name} for dlx resume", ("resume", "RUN"), "is a link, and nothing is written through links",
               stage=(*RESUMED, stages.linked(f"run/{name}", target)))
        for name, target in LINKS.items()
    ),
    *(
        Attack(f"a link as {name} for dlx explain", ("explain", "RUN", "--only", "confusion"), "is a link",
               stage=(stages.real_run, stages.linked(f"run/{name}", target)))
        for name, target in {"explain": "OUTSIDE", "explain/index.html": "OUTSIDE/file",
                             "explain/test_confusion.png": "OUTSIDE/file"}.items()
    ),
    *(
        Attack(f"a link as {name} in the folder of a new run", ("train", *stages.SMALL, "hydra.run.dir=sweep"),
               "is a link", stage=(stages.linked(f"sweep/{name}", target),))
        for name, target in {".hydra": "OUTSIDE", "dlx.log": "OUTSIDE/file", "checkpoints": "OUTSIDE"}.items()
    ),
    *(
        Attack(f"a link as {name} in the folder of a sweep", SMALL_SWEEP, "is a link",
               stage=(stages.linked(f"sweep/{name}", target),))
        for name, target in {".lock": "OUTSIDE/file", "sweep.json": "OUTSIDE/file", "tuning": "OUTSIDE"}.items()
    ),
    Attack("a file with another name as the lock of a sweep", SMALL_SWEEP, "is not the lock of a sweep",
           stage=(lambda place: (place.here / "sweep").mkdir(), hard_linked("sweep/.lock"))),
    Attack("a file with another name as dlx.log", ("resume", "RUN"), "", 0,
           stage=(*RESUMED, hard_linked("run/dlx.log"))),
]  # fmt: skip
