"""Batch normalization with moving distributions."""

from __future__ import annotations

import pytest
import torch

from dlx.normalization.batch import Batch


@pytest.mark.parametrize(("dimensions", "shape"), [(1, (500, 4)), (2, (500, 4, 3)), (3, (500, 4, 2, 2))])
def test_noise_moves_each_feature_in_each_step_and_rests_in_evaluation(dimensions: int, shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    x = torch.randn(shape)
    plain, noisy = (
        Batch(eps=1e-5, momentum=0.1, affine=True, shift_noise=noise)(4, dimensions) for noise in (0.0, 0.5)
    )
    axes = [axis for axis in range(x.dim()) if axis != 1]
    steps = torch.stack([noisy(x).mean(axes) for _ in range(200)])  # (steps, features)
    assert plain(x).mean(axes).abs().max() < 1e-6
    assert steps.abs().max() <= 0.5 + 1e-6
    assert steps.std(0).sub(0.5 / 3**0.5).abs().max() < 0.05  # of a uniform distribution in ±0.5
    spread = torch.stack([noisy(x).std(axes).log() for _ in range(200)])
    assert spread.std(0).sub(0.5 / 3**0.5).abs().max() < 0.05
    assert not torch.equal(steps[:, 0], steps[:, 1])
    plain.eval()
    noisy.eval()
    plain.load_state_dict({name.removeprefix("0."): value for name, value in noisy.state_dict().items()})
    assert torch.equal(noisy(x), plain(x))
