"""Train metrics of a summary are taken at the end, in evaluation mode, of the clean training split."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn import metrics as sk

from dlx.assembly.assemble import assemble
from dlx.results.checkpoint import load_checkpoint
from dlx.run.run import run

Config = Callable[..., dict[str, Any]]
ALL = (
    "augmentation=affine",
    "normalization=batch",
    "regularizer=[dropout,label_smoothing,mixup,input_noise,gradient_noise,l2]",
    "dataset.limit=300",
    "trainer.max_epochs=4",
    "trainer.accelerator=cpu",
    "trainer.test_weights=last",
)


def test_whatever_disturbs_the_training_is_not_in_its_metrics(config: Config, tmp_path: Path) -> None:
    composed = config(*ALL)
    summary = run(composed, tmp_path / "run", raises=True)
    clean = assemble(config("dataset.limit=300")).data.train  # no augmentation, no regularizer
    network = assemble(composed).network().eval()
    checkpoint = load_checkpoint(tmp_path / "run" / "checkpoints" / "last.ckpt")
    assert checkpoint is not None
    network.load_state_dict({name.removeprefix("network."): w for name, w in checkpoint["state_dict"].items()})
    with torch.no_grad():
        shares = network(clean.inputs).double().softmax(1).numpy()
    target = clean.targets.numpy()
    assert summary["metrics"]["train/loss"] == pytest.approx(sk.log_loss(target, shares), rel=1e-4)
    assert summary["metrics"]["train/cross_entropy"] == pytest.approx(sk.log_loss(target, shares))
    assert summary["metrics"]["train/accuracy"] == pytest.approx(np.mean(shares.argmax(1) == target))
    gap = summary["metrics"]["test/loss"] - summary["metrics"]["train/loss"]
    assert summary["metrics"]["generalization_gap"] == pytest.approx(gap)
    weights = [p.detach() for p in network.parameters() if p.dim() > 1]
    strength = composed["regularizer"]["l2"]["strength"]
    assert summary["metrics"]["train/penalty"] == pytest.approx(strength * sum(float((w**2).sum()) for w in weights))


def test_label_noise_is_in_training_and_validation_and_never_in_the_test_split(config: Config) -> None:
    noisy, clean = (assemble(config(f"dataset.label_noise={share}")).data.splits() for share in (0.3, 0.0))
    for name, wrong in (("train", 0.3), ("val", 0.3), ("test", 0.0)):
        assert np.array_equal(noisy[name].index, clean[name].index)
        found = (noisy[name].targets != clean[name].targets).double().mean().item()
        assert found == pytest.approx(wrong, abs=2e-3)
