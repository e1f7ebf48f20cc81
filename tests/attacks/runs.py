"""Attacks by the folder of a foreign run: identity.json, summary.json, and files that others might read back."""

from __future__ import annotations

from typing import Any

from tests.attacks import payloads, stages
from tests.attacks.attack import Attack, Stage


def setting(path: str, value: Any) -> Stage:
    """Return a stage that sets a key of the full configuration in identity.json."""

    def change(identity: Any) -> Any:
        node = identity["full_config"]
        *parents, name = path.split(".")
        for parent in parents:
            node = node.setdefault(parent, {})
        node[name] = value
        return identity

    return stages.edited("identity.json", change)


CALL = {"_target_": "evil.touch"}
KEYS: dict[str, tuple[str, Any]] = {
    "a class of the working folder": ("model._target_", "evil.Evil"),
    "a function": ("model._target_", "os.system"),
    "a private module of a group": ("model._target_", "dlx.model._recurrent.Recurrent"),
    "a class that is no text": ("model._target_", ["evil.Evil"]),
    "arguments": ("model._args_", [CALL]),
    "a partial function": ("model._partial_", True),
    "a node as a value": ("model.width", CALL),
    "a layer as an activation": ("activation._target_", "torch.nn.Linear"),
    "a class as an optimizer": ("optimizer._target_", "evil.Evil"),
    "a class as a dataset": ("dataset._target_", "evil.Evil"),
    "a class as an objective": ("objective._target_", "evil.Evil"),
    "a class as a job": ("job._target_", "evil.Evil"),
    "a class as a diagnostic": ("diagnostics.x", {"_target_": "evil.Evil"}),
    "a class as a regularizer": ("regularizer.x", {"_target_": "evil.Evil"}),
    "a class as an augmentation": ("augmentation.x", {"_target_": "evil.Evil"}),
    "a class of a part": ("output.optimizer", {"_target_": "evil.Evil"}),
    "a strategy of Lightning": ("trainer.strategy", "evil.Evil"),
    "an accelerator of Lightning": ("trainer.accelerator", "evil.Evil"),
    "a key of its own": ("hydra.callbacks.x", CALL),
    "a source of weights outside": ("transfer", {"_target_": "dlx.transfer.finetune.Finetune", "source": "OUTSIDE"}),
    "the environment": ("model.width", "${oc.env:DLX_TEST_SECRET}"),
}
COMMANDS = {"evaluate": "finished", "resume": "interrupted"}
FILES = {
    ".hydra/config.yaml": f"model: {payloads.YAML_TAG}\n",
    ".hydra/hydra.yaml": f"hydra: {payloads.YAML_TAG}\n",
    ".hydra/overrides.yaml": "- +hydra.callbacks.x._target_=evil.touch\n",
    "tuning.json": '{"chosen": [{"value": "${oc.env:DLX_TEST_SECRET}"}], "runs": 1, "seconds": 1}',
    "result.json": '{"study": "${oc.env:DLX_TEST_SECRET}"}',
    "evil.py": payloads.CANARY,
    "conf/hydra/callbacks/x.yaml": "_target_: evil.touch\n",
    "conftest.py": payloads.CANARY,
}
ATTACKS = [
    *(
        Attack(
            f"identity.json has {what} for dlx {command}",
            (command, "RUN"),
            "",
            stage=(stages.real_run, stages.with_status(status), setting(*key)),
        )
        for what, key in KEYS.items()
        for command, status in COMMANDS.items()
    ),
    *(
        Attack(
            f"{name} lies in the folder of a run",
            ("evaluate", "RUN"),
            "match the saved summary",
            code=0,
            files={f"run/{name}": content},
            stage=(stages.real_run,),
        )
        for name, content in FILES.items()
    ),
    Attack(
        "a pickle in place of the predictions",
        ("explain", "RUN"),
        "",
        code=0,
        stage=(stages.real_run, stages.replaced("predictions.npz", payloads.pickled)),
    ),
    Attack(
        "summary.json has words of Hydra",
        ("resume", "RUN"),
        "",
        code=0,
        stage=(
            stages.real_run,
            stages.edited(
                "summary.json",
                lambda old: {**old, "status": "interrupted", "overrides": ["+hydra.callbacks.x._target_=evil.touch"]},
            ),
        ),
    ),
    Attack(
        "a pickle where Lightning looks on a cluster",
        ("resume", "RUN"),
        "failed",
        code=1,
        stage=(
            stages.real_run,
            stages.with_status("interrupted"),
            stages.untrained,
            stages.replaced("hpc_ckpt_1.ckpt", payloads.torch_file),
        ),
        env={
            "SLURM_NTASKS": "1",
            "SLURM_JOB_ID": "1",
            "SLURM_JOB_NAME": "x",
            "SLURM_PROCID": "0",
            "SLURM_LOCALID": "0",
            "SLURM_NODEID": "0",
            "SLURM_NTASKS_PER_NODE": "1",
        },
    ),
]
