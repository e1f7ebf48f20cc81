"""Attacks by the folder that one happens to stand in: ./conf and ./experiments beside foreign files."""

from __future__ import annotations

from tests.attacks import payloads, stages
from tests.attacks.attack import Attack
from tests.attacks.nodes import CALL, text

EVIL = text({"hydra": {"callbacks": {"x": CALL}}})
SHADOWS = {
    "conf/hydra/callbacks/x.yaml": text({"x": CALL}, package="hydra.callbacks"),
    "conf/hydra/config.yaml": EVIL,
    "conf/hydra/sweeper/dlx.yaml": "_target_: evil.Evil\n",
    "conf/hydra/launcher/in_process.yaml": "_target_: evil.Evil\n",
    "conf/hydra/launcher/mine.yaml": "_target_: evil.Evil\n",
    "conf/hydra/job_logging/none.yaml": EVIL,
    "conf/hydra/hydra_logging/none.yaml": EVIL,
    "conf/hydra/env/default.yaml": EVIL,
    "conf/hydra/output/default.yaml": EVIL,
    "conf/hydra/help/default.yaml": EVIL,
    "conf/train.yaml": EVIL,
    "conf/model/mlp.yaml": EVIL,
    "conf/augmentation/_common.yaml": EVIL,
    "conf/regularizer/_neutral.yaml": EVIL,
    "conf/experiment/dropout.yaml": EVIL,
    "conf/experiment/mine.yaml": EVIL,
    "conf/trainer/default.yaml": EVIL,
    "experiments/dropout.yaml": EVIL,
}
OPTIONS = {
    "a class of the working folder": "_target_: evil.Evil\n",
    "a tag of Python": f"_target_: dlx.model.mlp.MLP\nx: {payloads.YAML_TAG}\n",
    "Hydra's callbacks": EVIL,
    "Hydra's callbacks beside its own": f"# @package _global_\nmodel: {{}}\nhydra: {{callbacks: {{x: {CALL}}}}}\n",
    "a package of Hydra": text({"x": CALL}, package="hydra.callbacks"),
    "a node within a node": "_target_: dlx.model.mlp.MLP\ndepth: {_target_: evil.touch}\nwidth: 3\n",
    "arguments": "_target_: dlx.model.mlp.MLP\ndepth: 1\nwidth: 3\n_args_: [{_target_: evil.touch}]\n",
    "a path in its defaults": "defaults: [UPWARD/more/m]\n_target_: dlx.model.mlp.MLP\n",
    "a group's path in its defaults": "defaults: [{/dataset@_global_.dataset: UPWARD/m}]\n_target_: dlx.model.mlp.MLP",
    "a list as a class": "_target_: [evil.Evil]\n",
    "an interpolated class": "_target_: ${oc.decode:evil.Evil}\n",
    "the environment": "_target_: dlx.model.mlp.MLP\ndepth: 1\nwidth: ${oc.env:DLX_TEST_SECRET}\n",
}
LAID = {"more/m.yaml": EVIL}
COMMANDS = (("train",), ("train", "-m", "seed=0,1"), ("study", "run", "he_30_layers"))
ATTACKS = [
    *(
        Attack(f"{file} for dlx {' '.join(words)}", (*words,), file, files={file: content})
        for file, content in SHADOWS.items()
        for words in (COMMANDS if "hydra" in file else COMMANDS[:1])
    ),
    *(
        Attack(
            f"an option of ./conf with {what} for dlx {' '.join(words)}",
            (*words, "model=mine"),
            "",
            files={**LAID, "conf/model/mine.yaml": content},
        )
        for what, content in OPTIONS.items()
        for words in (("train",), ("train", "-m", "seed=0,1"))
    ),
    *(
        Attack(
            f"dlx axes reads an option with {what}",
            ("axes", "model=mine"),
            "",
            code=code,
            files={**LAID, "conf/model/mine.yaml": content},
        )
        for what, content, code in (
            ("a class of the working folder", OPTIONS["a class of the working folder"], 0),
            ("a tag of Python", OPTIONS["a tag of Python"], 2),
            ("the environment", OPTIONS["the environment"], 0),
        )
    ),
    Attack(
        "conf/hydra is a link",
        ("train",),
        "conf/hydra",
        files={"other/callbacks/x.yaml": text({"x": CALL}, package="hydra.callbacks")},
        stage=(stages.linked("conf/hydra", "HERE/other"),),
    ),
    Attack(
        "a link in ./conf to a file elsewhere",
        ("train", "model=mine"),
        "",
        files={"other.yaml": "_target_: evil.Evil\n"},
        stage=(stages.linked("conf/model/mine.yaml", "HERE/other.yaml"),),
    ),
    Attack(
        "./matplotlibrc names a backend",
        ("explain", "RUN"),
        "",
        code=0,
        stage=(stages.real_run,),
        files={"matplotlibrc": "backend: module://evil\n"},
    ),
    Attack(
        "./hydra_plugins stands in the folder",
        ("train", "model=none"),
        "model",
        files={"hydra_plugins/evil_plugin.py": payloads.CANARY},
    ),
    Attack(
        "./evil.dist-info names a plugin",
        ("train", "model=none"),
        "model",
        files={
            "evil.dist-info/METADATA": "Name: evil\nVersion: 1\n",
            "evil.dist-info/entry_points.txt": "[lightning.pytorch.callbacks_factory]\nevil = evil:touch\n",
        },
    ),
]
