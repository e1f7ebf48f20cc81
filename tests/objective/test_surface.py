"""Surfaces: known minima, gradients that vanish there, curvatures, rotations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from dlx.assembly.assemble import assemble
from dlx.objective.surface import Surface, turn
from dlx.run.run import run
from dlx.spec import DataSpec

Config = Callable[..., dict[str, Any]]
FUNCTIONS = ("quadratic", "rosenbrock", "rastrigin", "styblinski_tang")


def made(function: str, dimension: int = 3, **keys: float) -> Surface:
    spec = DataSpec("none", (0,), "number", dimension)
    given = {"condition_number": 100.0, "rotation": 30.0, "scale": 1.0} | keys
    return Surface(spec, function=function, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_minimum_is_flat_and_lowest(function: str) -> None:
    surface = made(function)
    place = surface.minimum.clone()[None].requires_grad_()
    surface.height(place).sum().backward()
    assert place.grad is not None
    assert place.grad.abs().max() < 1e-8
    known = {"styblinski_tang": 3 * -39.16616570377142}.get(function, 0.0)
    assert surface.lowest == pytest.approx(known, abs=1e-10)
    around = place.detach() + torch.randn(2000, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    assert surface.height(around).min() > surface.lowest


def test_heights_by_hand_and_scipy() -> None:
    from scipy.optimize import rosen

    place = np.array([0.3, -1.2, 0.7])
    tensor = torch.tensor(place)[None]

    def height(function: str) -> float:
        return made(function, rotation=0.0).height(tensor).item()

    assert height("rosenbrock") == pytest.approx(rosen(place))
    assert height("quadratic") == pytest.approx((np.array([1, 10, 100]) * place**2).sum() / 2)
    assert height("rastrigin") == pytest.approx(30 + (place**2 - 10 * np.cos(2 * np.pi * place)).sum())
    assert height("styblinski_tang") == pytest.approx((place**4 - 16 * place**2 + 5 * place).sum() / 2)


@pytest.mark.parametrize("dimension", [1, 2, 5])
def test_rotation_keeps_the_curvatures_and_mixes_the_coordinates(dimension: int) -> None:
    matrix = turn(dimension, 45)
    torch.testing.assert_close(matrix @ matrix.T, torch.eye(dimension, dtype=torch.float64))
    assert torch.linalg.det(matrix).item() == pytest.approx(1)
    surface = made("quadratic", dimension, rotation=45.0)
    hessian = torch.autograd.functional.hessian(
        lambda w: surface.height(w[None])[0], torch.zeros(dimension, dtype=torch.float64)
    )
    eigenvalues = torch.linalg.eigvalsh(hessian)
    torch.testing.assert_close(eigenvalues, surface.curvatures.sort().values)
    if dimension > 1:
        assert (eigenvalues.max() / eigenvalues.min()).item() == pytest.approx(100)
        assert hessian[0, -1].abs() > 1


def test_the_step_size_in_units_of_the_curvature(config: Config) -> None:
    composed = config("model=point", "optimizer=sgd", "optimizer.lr=0.5", "optimizer.lr_scale=inverse_lipschitz")
    optimizer = assemble(composed).recipe.optimizer.make([torch.nn.Parameter(torch.zeros(1))])
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.5 / 100)


def test_descent_follows_the_formula(config: Config, tmp_path: Path) -> None:
    keys = ("model=point", "model.start=[1,1]", "optimizer=gd", "optimizer.lr=0.015", "trainer.accelerator=cpu")
    summary = run(config(*keys, "trainer.max_epochs=20", "trainer.precision=64-true"), tmp_path / "run", raises=True)
    place = np.array([(1 - 0.015) ** 20, (1 - 1.5) ** 20])
    assert summary["metrics"]["test/loss"] == pytest.approx((place**2 * [1, 100]).sum() / 2, rel=1e-5)
    assert summary["metrics"]["test/distance"] == pytest.approx(np.linalg.norm(place), rel=1e-5)
    assert summary["steps"] == 20


def test_the_start_is_the_seeds(config: Config) -> None:
    places = [assemble(config("model=point", f"seed={seed}")).network().place.detach() for seed in (0, 0, 1)]
    assert torch.equal(places[0], places[1])
    assert not torch.equal(places[0], places[2])
    assert places[0].abs().max() <= 2
