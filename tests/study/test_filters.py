"""Kernels in a study's picture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from dlx.errors import ConfigError
from dlx.results.runs import Run
from dlx.run.run import run
from dlx.study.book.kernels import MOST, kernels, strip


def test_a_strip_shows_each_kernel_by_its_own_largest_weight() -> None:
    given = np.array([[[2.0, -1], [0, 0]], [[0, 0], [0, -5]]])
    found = strip(given)
    assert found.shape == (3, 3 * MOST)
    np.testing.assert_array_equal(found[:2, :2], [[1, -0.5], [0, 0]])
    np.testing.assert_array_equal(found[:2, 3:5], [[0, 0], [0, -1]])
    assert np.isnan(found[2]).all()
    assert np.isnan(found[:, 6:]).all()


def test_kernels_are_those_of_the_last_checkpoint(config: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    folder = tmp_path / "run"
    words = ("model=cnn", "model.width=4", "model.depth=2", "trainer.max_steps=2", "trainer.accelerator=cpu")
    summary = run(config(*words), folder, raises=True)
    weight = torch.load(folder / "checkpoints" / "last.ckpt")["state_dict"]["network.hidden.0.0.weight"]
    np.testing.assert_allclose(kernels(Run(folder, dict(summary)), "hidden.0.0.weight"), weight[:, 0].numpy())
    with pytest.raises(ConfigError, match=r"did you mean 'hidden.0.0.weight'"):
        kernels(Run(folder, dict(summary)), "hidden.0.weight")
    with pytest.raises(ConfigError, match="is not there"):
        kernels(Run(tmp_path / "none", dict(summary)), "hidden.0.0.weight")
