"""Attacks by the weights in a foreign run's folder: pickles in place of checkpoints."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.attacks import payloads, stages
from tests.attacks.attack import Attack, Stage

FORMS = {
    "a pickle": payloads.pickled,
    "a file of torch with a bomb": payloads.torch_file,
    "an archive that looks like TorchScript": payloads.script_file,
}
FILES = ("best.ckpt", "last.ckpt", "previous.ckpt")
COMMANDS = {"evaluate": "finished", "explain": "finished", "resume": "interrupted"}


def laid(content: Callable[[Path], bytes], *files: str) -> tuple[Stage, ...]:
    """Return stages that lay a run in which some checkpoints are replaced."""
    return (stages.real_run, *(stages.replaced(f"checkpoints/{file}", content) for file in files))


ATTACKS = [
    *(
        Attack(
            f"{what} as every checkpoint for dlx {command}",
            (command, "RUN"),
            "expected a checkpoint of dlx",
            stage=(*laid(content, *FILES), stages.with_status(status)),
        )
        for what, content in FORMS.items()
        for command, status in COMMANDS.items()
    ),
    *(
        Attack(f"{what} as best.ckpt", ("evaluate", "RUN"), "best.ckpt", code=0, stage=laid(content, "best.ckpt"))
        for what, content in FORMS.items()
    ),
    *(
        Attack(
            f"{what} as the source {source}",
            ("train", "transfer=finetune", f"transfer.source={source}"),
            "expected a checkpoint of dlx",
            stage=laid(content, *FILES),
        )
        for what, content in FORMS.items()
        for source in ("RUN", "RUN/checkpoints/last.ckpt")
    ),
]
