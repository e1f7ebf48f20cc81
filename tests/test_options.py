"""Every option of every group composes, passes the gate, builds and trains a step."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dlx import paths
from dlx.run.run import run

GROUPS = (
    "model",
    "optimizer",
    "scheduler",
    "initializer",
    "regularizer",
    "activation",
    "normalization",
    "augmentation",
    "dataset",
    "objective",
    "diagnostics",
    "transfer",
)
# What an option needs beside itself, where the defaults do not do.
WITH: dict[str, list[str]] = {
    "augmentation=color": ["dataset=sample_images"],
    "objective=regression": ["dataset=diabetes"],
    "objective=multi_task": ["dataset=teacher", "dataset.tasks=3"],
    "objective=broadcast": ["dataset=diabetes"],
    "normalization=instance": ["model=cnn"],
    "objective=forecasting": ["dataset=sunspots"],
    "objective=multi_label": ["dataset=shapes", "dataset.kinds=mixed", "dataset.objects=[0,1,2]"],
    "objective=detection": ["dataset=shapes", "model=cnn"],
    "objective=style": ["model=image", "dataset.size=8"],
    "objective=segmentation": ["dataset=shapes", "model=unet", "model.width=4"],
    "model=unet": ["dataset=shapes", "objective=segmentation", "model.width=4"],
    "objective=surface": ["model=point"],
    "dataset=style_pair": ["model=image", "dataset.size=8"],
    "model=image": ["dataset.size=8"],
    "objective=adversarial": ["model=gan"],
    "objective=restoration": ["model=autoencoder", "model.layers=conv", "dataset=shapes"],
    "objective=variational": ["model=vae"],
    "dataset=none": ["model=point"],
    "regularizer=beta_prior": ["model=bernoulli"],
    "optimizer=closed_form": ["model=linear", "dataset=diabetes"],
    "diagnostics=stationarity": ["dataset=sunspots"],
    "diagnostics=receptive_field": ["model=cnn"],
    "diagnostics=filters": ["model=cnn"],
    "diagnostics=checkerboard": ["model=unet", "objective=reconstruction", "model.width=4"],
    "diagnostics=cam": ["model=cnn", "model.head=global_avg", "dataset=shapes"],
    "diagnostics=codes": ["model=autoencoder"],
    "diagnostics=grad_cam": ["model=cnn"],
    "diagnostics=decision_boundary": ["dataset=moons"],
    "diagnostics=fitted_curve": ["dataset=polynomial_curve"],
    "diagnostics=forecast": ["dataset=sunspots"],
    "diagnostics=attention": ["model=transformer", "dataset=reversal"],
    "diagnostics=gates": ["model=lstm"],
    "initializer=edges": ["model=cnn"],
    "diagnostics=probe": ["model=lstm"],
    "dataset=reversal": ["model=gru"],
    "dataset=sorting": ["model=transformer"],
    "objective=sequence_labeling": ["model=transformer", "dataset=reversal"],
    "objective=sequence_to_sequence": ["model=seq2seq"],
    "dataset=translation": ["model=seq2seq"],
    "dataset=text": ["model=gru", "dataset.text=zen"],
    "objective=language_model": ["model=gru", "dataset=text", "dataset.text=zen"],
    "diagnostics=samples": ["model=gru", "dataset=text", "dataset.text=zen"],
    "diagnostics=alignment": ["model=seq2seq", "dataset=translation"],
    "diagnostics=state_swap": ["model=lstm", "dataset=latch"],
}
SOLVED = {
    "model=constant",
    "model=naive_bayes",
    "model=random_features",
    "model=pca",
    "model=bernoulli",
    "regularizer=beta_prior",
}  # nothing to descend
NEEDS_FILES = (
    {"dataset=faces", "dataset=penguins", "dataset=basic_motions"}
    | {"dataset=csv", "dataset=csv_series", "dataset=parquet", "dataset=image_folder", "dataset=arrays"}
    | {
        "dataset=hub",
        "dataset=mnist",
        "dataset=fashion_mnist",
        "dataset=cifar10",
        "dataset=mnist1d",
        "dataset=textures",
    }
    | {
        f"transfer={name}"
        for name in ("finetune", "freeze", "partial", "ewc", "l2_sp")  # see tests/transfer
    }
)


def options() -> list[str]:
    """Return every `group=option` that ships, but those that need a file of the user's."""
    found = [
        f"{group}={file.stem}"
        for group in GROUPS
        for file in sorted((paths.shipped("conf") / group).glob("*.yaml"))
        if not file.stem.startswith("_")
    ]
    return [option for option in found if option not in NEEDS_FILES]


@pytest.mark.parametrize("option", options())
def test_trains_a_step(option: str, config: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    composed = config(
        option, *WITH.get(option, []), "trainer.max_epochs=1", "trainer.max_steps=2", "trainer.accelerator=cpu"
    )
    summary = run(composed, tmp_path / "run", raises=True)
    assert summary["status"] == "finished", summary["error"]
    assert math.isfinite(summary["metrics"]["train/loss"])
    assert (summary["steps"] == 0) == (option in SOLVED)
