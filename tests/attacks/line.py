"""Attacks by a pasted command line: classes, functions, names of options, Hydra's own node, interpolations."""

from __future__ import annotations

from tests.attacks.attack import Attack

TARGETS = {
    "a function of the system": "os.system",
    "a class of subprocess": "subprocess.Popen",
    "a builtin": "builtins.exec",
    "a module of the working folder": "evil.Evil",
    "a function of the working folder": "evil.touch",
    "a class that an option's module only imports": "dlx.model.mlp.nn.Module",
    "a module of dlx that is no option": "dlx.run.run.run",
    "torch's loader": "torch.load",
    "joblib's loader": "joblib.load",
    "an alias of a module inside torch": "torch.os.system",
    "a path": "../evil.Evil",
    "nothing": "",
}
ATTACKS = [
    *(
        Attack(f"{what} as a class of {group}", ("train", f"{group}._target_='{target}'"), f"{group}._target_")
        for group in ("model", "optimizer", "activation", "dataset")
        for what, target in TARGETS.items()
    ),
]
