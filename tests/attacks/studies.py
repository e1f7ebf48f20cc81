"""Attacks by a study in ./experiments: Hydra's own node, tags, arms, axes, tuning, pretraining, defaults."""

from __future__ import annotations

from typing import Any

from tests.attacks import payloads, stages
from tests.attacks.attack import Attack, Place
from tests.attacks.nodes import CALL, LOGGING, NODES, text

STUDY = {"seeds": 1, "arms": {"a": ["model.depth=1"], "b": ["model.depth=2"]}}
INTERPOLATED: dict[str, dict[str, Any]] = {
    "callbacks": {"hydra": {"callbacks": "${study.evil}"}, "study": {"evil": {"x": CALL}}},
    "one callback": {"hydra": {"callbacks": {"x": "${study.evil}"}}, "study": {"evil": CALL}},
    "a callback's class": {"hydra": {"callbacks": {"x": {"_target_": "${study.t}"}}}, "study": {"t": "evil.touch"}},
    "callbacks through oc.create": {"hydra": {"callbacks": "${oc.create:{x: {_target_: evil.touch}}}"}},
    "callbacks through oc.select": {"hydra": {"callbacks": "${oc.select:study.evil}"}, "study": {"evil": {"x": CALL}}},
    "the logging": {"hydra": {"job_logging": "${study.lg}"}, "study": {"lg": LOGGING["a factory"]}},
    "a handler": {
        "hydra": {"job_logging": {"version": 1, "handlers": "${study.h}", "root": {"handlers": ["x"]}}},
        "study": {"h": LOGGING["a handler that writes a file"]["handlers"]},
    },
    "the launcher": {"hydra": {"launcher": "${study.l}"}, "study": {"l": CALL}},
    "the folder of the run": {"hydra": {"run": {"dir": "${study.d}"}}, "study": {"d": "OUTSIDE/run"}},
    "the folder of the sweep": {"hydra": {"sweep": {"dir": "${study.d}"}}, "study": {"d": "OUTSIDE/sweep"}},
    "the mode": {"hydra": {"mode": "${study.m}", "callbacks": "${study.evil}"}, "study": {"m": "RUN", "evil": CALL}},
    "the whole node": {"hydra": "${study.h}", "study": {"h": {"callbacks": {"x": CALL}}}},
}
WORDS = {
    "Hydra's callbacks": "+hydra.callbacks.x._target_=evil.touch",
    "Hydra's folder": "hydra.sweep.dir=OUTSIDE/sweep",
    "Hydra's subfolder": "hydra.sweep.subdir=OUTSIDE/sub",
    "Hydra's files": "hydra.output_subdir=OUTSIDE/.hydra",
    "an option in Hydra's node": "+model@hydra.callbacks.x=mlp",
    "the whole of Hydra's node": "+hydra={callbacks:{x:{_target_:evil.touch}}}",
    "a path as an option": "model=UPWARD/more/m",
    "a class": "model._target_=evil.Evil",
    "the environment": "model.width=${oc.env:DLX_TEST_SECRET}",
}
DEFAULTS: dict[str, list[Any]] = {
    "a path": ["UPWARD/more/m"],
    "an absolute path": ["/UPWARD/more/m"],
    "a path in a group": [{"/model": "UPWARD/more/m"}],
    "a path that overrides": [{"override /model": "UPWARD/more/m"}],
    "an optional path": [{"optional /model": "UPWARD/more/m"}],
    "a path in a list": [{"/model": ["UPWARD/more/m"]}],
    "a file in Hydra's callbacks": [{"/model@hydra.callbacks.x": "mlp"}],
    "Hydra's logging": [{"override /hydra/job_logging": "default"}],
    "Hydra's launcher": [{"override /hydra/launcher": "basic"}],
    "an interpolation": [{"override /model": "${oc.env:DLX_TEST_SECRET}"}],
    "a place above": [{"/model@_global_.hydra.callbacks.x": "mlp"}],
}
MORE = {"more/m.yaml": text({"hydra": {"callbacks": {"x": CALL}}})}


def bombs(place: Place) -> None:
    """Lay a pickle and a checkpoint that execute code when they are loaded."""
    place.write("bomb.pkl", payloads.pickled(place.marker))
    place.write("bomb.ckpt", payloads.torch_file(place.marker))


def study(*parts: dict[str, Any]) -> dict[str, str]:
    """Return the file of a study."""
    return {**MORE, "experiments/wicked.yaml": text(*parts)}


def typed(mode: str) -> tuple[str, ...]:
    """Return the words that start the study, as a run or as a sweep."""
    return ("train", *(["-m"] if mode == "sweep" else []), "experiment=wicked", *stages.SMALL)


ATTACKS = [
    *(
        Attack(f"a study ({mode}) sets {what}", typed(mode), "hydra", files=study({"hydra": node}), stage=(bombs,))
        for what, node in NODES.items()
        for mode in ("run", "sweep")
    ),
    *(
        Attack(f"a study ({mode}) sets {what} by an interpolation", typed(mode), "hydra", files=study(content))
        for what, content in INTERPOLATED.items()
        for mode in ("run", "sweep")
    ),
    *(
        Attack(
            f"an arm of a study has {what}",
            ("train", "experiment=wicked", *stages.SMALL),
            "",
            files=study({"hydra": {"mode": "MULTIRUN"}, "study": {"seeds": 1, "arms": {"a": [word], "b": ["seed=1"]}}}),
        )
        for what, word in WORDS.items()
    ),
    *(
        Attack(
            f"the axes of an experiment have {what}",
            ("train", "experiment=wicked", *stages.SMALL),
            "",
            files=study({"hydra": {"mode": "MULTIRUN", "sweeper": {"params": dict([word.split("=", 1)])}}}),
        )
        for what, word in WORDS.items()
    ),
    *(
        Attack(
            f"the axes of a study have {what}",
            ("study", "run", "wicked"),
            "",
            files=study({"study": {**STUDY, "axes": {word.split("=", 1)[0]: [word.split("=", 1)[1], "x"]}}}),
        )
        for what, word in WORDS.items()
    ),
    *(
        Attack(
            f"a study tunes {what}",
            ("train", "-m", "experiment=wicked", *stages.SMALL),
            "",
            files=study(
                {
                    "study": {
                        **STUDY,
                        "tune": {
                            "key": word.split("=", 1)[0],
                            "values": [word.split("=", 1)[1], "x"],
                            "by": "val/loss",
                        },
                    }
                }
            ),
        )
        for what, word in WORDS.items()
    ),
    *(
        Attack(
            f"a study pretrains with {what}",
            ("train", "-m", "experiment=wicked", *stages.SMALL),
            "",
            files=study({"study": {**STUDY, "pretrain": {"overrides": [word]}}}),
        )
        for what, word in WORDS.items()
    ),
    *(
        Attack(
            f"the defaults of a study have {what}",
            ("train", "experiment=wicked", *stages.SMALL),
            "",
            files=study({"defaults": entries}),
        )
        for what, entries in DEFAULTS.items()
    ),
    *(
        Attack(
            f"a study in the package {package}",
            ("train", "experiment=wicked"),
            "hydra",
            files={**MORE, "experiments/wicked.yaml": text(node, package=package)},
        )
        for package, node in {
            "hydra": {"callbacks": {"x": CALL}},
            "hydra.callbacks": {"x": CALL},
            "hydra.callbacks.x": CALL,
            "hydra.launcher": CALL,
        }.items()
    ),
    *(
        Attack(
            f"a tag of Python in a study for dlx {' '.join(words)}",
            words,
            "wicked",
            files={"experiments/wicked.yaml": f"# @package _global_\nstudy:\n  title: {payloads.YAML_TAG}\n"},
        )
        for words in (("train", "experiment=wicked"), ("study", "show", "wicked"), ("study", "run", "wicked"))
    ),
    *(
        Attack(
            f"the environment in {what} of a study",
            ("train", "-m", "experiment=wicked", *stages.SMALL),
            "oc.env",
            files=study(content),
        )
        for what, content in {
            "a key": {"optimizer": {"lr": "${oc.env:DLX_TEST_SECRET}"}},
            "the title": {"study": {**STUDY, "title": "${oc.env:DLX_TEST_SECRET}"}},
            "a key with a default": {"optimizer": {"lr": "${oc.env:DLX_TEST_SECRET,7}"}},
            "a decoded key": {"optimizer": {"lr": "${oc.decode:'${oc.env:DLX_TEST_SECRET}'}"}},
            "params": {"hydra": {"sweeper": {"params": {"seed": "${oc.env:DLX_TEST_SECRET}"}}}},
        }.items()
    ),
    Attack(
        "the environment in a study that is judged",
        ("study", "run", "wicked"),
        "",
        files=study({"study": {**STUDY, "title": "${oc.env:DLX_TEST_SECRET}"}}),
    ),
]
