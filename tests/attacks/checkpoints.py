"""Attacks by the weights in a foreign run's folder: pickles in place of checkpoints."""

from __future__ import annotations

from tests.attacks import payloads, stages
from tests.attacks.attack import Attack

FORMS = {
    "a pickle": payloads.pickled,
    "a file of torch with a bomb": payloads.torch_file,
    "an archive that looks like TorchScript": payloads.script_file,
}
ATTACKS = [
    *(
        Attack(
            f"{what} as {file} for dlx {command}",
            (command, "RUN"),
            f"{file}: expected a checkpoint of dlx",
            stage=(
                stages.real_run,
                stages.with_status(status),
                stages.replaced("checkpoints/last.ckpt", content),  # it holds the best weights too
                stages.replaced(f"checkpoints/{file}", content),
            ),
        )
        for what, content in FORMS.items()
        for command, file, status in (
            ("evaluate", "best.ckpt", "finished"),
            ("explain", "best.ckpt", "finished"),
            ("resume", "last.ckpt", "interrupted"),
        )
    ),
    *(
        Attack(
            f"{what} as the source of weights",
            ("train", "transfer=finetune", "transfer.source=RUN"),
            "best.ckpt",
            stage=(stages.real_run, stages.replaced("checkpoints/best.ckpt", content)),
        )
        for what, content in FORMS.items()
    ),
]
