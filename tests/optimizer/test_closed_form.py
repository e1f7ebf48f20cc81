"""Solutions in closed form and step sizes in units of the curvature, against linear algebra."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from dlx.assembly.assemble import assemble
from dlx.errors import ConfigError
from dlx.results.checkpoint import load_checkpoint
from dlx.run.run import run
from dlx.step.quadratic import is_quadratic, largest_curvature, minimize

Config = Callable[..., dict[str, Any]]
LINEAR = ("model=linear", "dataset=diabetes", "trainer.accelerator=cpu", "trainer.precision=64-true")


def design(config: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    train = assemble(config).data.train
    x = train.inputs.double().numpy()
    return np.column_stack([x, np.ones(len(x))]), train.targets.double().numpy()


def solution(config: dict[str, Any], folder: Path) -> np.ndarray:
    summary = run(config, folder, raises=True)
    assert (summary["epochs"], summary["steps"]) == (1, 1)
    state = load_checkpoint(folder / "checkpoints" / "last.ckpt")
    assert state is not None
    weights = state["state_dict"]
    return torch.cat([weights["network.output.weight"], weights["network.output.bias"][:, None]], 1).T.numpy()


def test_least_squares_solve_the_normal_equations(config: Config, tmp_path: Path) -> None:
    composed = config(*LINEAR, "optimizer=closed_form")
    x, y = design(composed)
    expected = np.linalg.lstsq(x, y, rcond=None)[0]
    np.testing.assert_allclose(solution(composed, tmp_path / "run"), expected, atol=1e-8)


def test_ridge_with_l2(config: Config, tmp_path: Path) -> None:
    from sklearn.linear_model import Ridge

    composed = config(*LINEAR, "optimizer=closed_form", "regularizer=l2", "regularizer.l2.strength=0.3")
    x, y = design(composed)
    truth = Ridge(alpha=0.3 * len(x)).fit(x[:, :-1], y)  # the mean squared error is 1/n of scikit-learn's sum
    found = solution(composed, tmp_path / "run")
    np.testing.assert_allclose(found[:-1, 0], truth.coef_.ravel(), atol=1e-8)
    np.testing.assert_allclose(found[-1], truth.intercept_, atol=1e-8)


def test_squared_error_of_classes(config: Config, tmp_path: Path) -> None:
    composed = config("model=linear", "objective.loss=mse", "optimizer=closed_form", *LINEAR[2:])
    train = assemble(composed).data.train
    x = np.column_stack([train.inputs.double().numpy(), np.ones(len(train))])
    expected = np.linalg.lstsq(x, np.eye(10)[train.targets.numpy()], rcond=None)[0]  # of the smallest norm
    np.testing.assert_allclose(solution(composed, tmp_path / "run"), expected, atol=1e-6)


def test_the_smallest_solution_of_many() -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(5, 9, generator=generator, dtype=torch.float64)
    y = torch.randn(5, generator=generator, dtype=torch.float64)
    w = torch.randn(9, generator=generator, dtype=torch.float64, requires_grad=True)
    minimize(lambda: (x @ w - y).square().mean(), [w])
    torch.testing.assert_close(w.detach(), torch.linalg.pinv(x) @ y)


def test_largest_curvature_is_the_largest_eigenvalue() -> None:
    generator = torch.Generator().manual_seed(0)
    for size in (2, 30):
        root = torch.randn(size, size, generator=generator, dtype=torch.float64)
        a = root @ root.T
        w = torch.randn(size, generator=generator, dtype=torch.float64, requires_grad=True)
        found = largest_curvature(lambda w=w, a=a: w @ a @ w / 2, [w])
        assert found == pytest.approx(torch.linalg.eigvalsh(a).max().item())


def test_what_is_quadratic() -> None:
    w = torch.randn(4, dtype=torch.float64, requires_grad=True)
    assert is_quadratic(lambda: (w.sum() - 3).square() + w[0], [w])
    assert not is_quadratic(lambda: w.abs().sum(), [w])
    assert not is_quadratic(lambda: torch.nn.functional.smooth_l1_loss(w, torch.zeros_like(w)), [w])
    assert not is_quadratic(lambda: w.square().square().sum(), [w])
    assert not is_quadratic(lambda: torch.nn.functional.softplus(w).sum(), [w])


@pytest.mark.parametrize(("lr", "status"), [(1.95, "finished"), (2.05, "diverged")])
def test_gradient_descent_has_a_sharp_threshold_at_two_over_the_curvature(
    lr: float, status: str, config: Config, tmp_path: Path
) -> None:
    composed = config(
        *LINEAR, "optimizer=gd", f"optimizer.lr={lr}", "optimizer.lr_scale=inverse_lipschitz", "trainer.max_epochs=400"
    )
    assert run(composed, tmp_path / "run", raises=True)["status"] == status


def test_inverse_lipschitz_is_one_over_the_largest_eigenvalue(config: Config) -> None:
    composed = config(*LINEAR, "optimizer=sgd", "optimizer.lr=0.5", "optimizer.lr_scale=inverse_lipschitz")
    x, _ = design(composed)
    expected = 0.5 / np.linalg.eigvalsh(2 * x.T @ x / len(x)).max()
    optimizer = assemble(composed).recipe.optimizer.make([torch.nn.Parameter(torch.zeros(1))])
    assert optimizer.param_groups[0]["lr"] == pytest.approx(expected, rel=1e-6)


MISTAKES = [
    (["optimizer=closed_form"], "quadratic"),
    (["optimizer=closed_form", *LINEAR, "objective.loss=huber"], "quadratic"),
    (["optimizer=closed_form", *LINEAR, "scheduler=cosine"], "scheduler=cosine"),
    (["optimizer=closed_form", *LINEAR, "dataset.batch_size=8"], "dataset.batch_size"),
    (["optimizer=closed_form", "model=mlp", "dataset=diabetes", "model.depth=1", "regularizer=dropout"], None),
    (["optimizer=gd", "dataset.batch_size=32"], "try optimizer=sgd"),
    (["optimizer=lbfgs", "dataset.batch_size=10"], "optimizer=lbfgs takes the whole training split"),
    (["optimizer.lr_scale=inverse_lipschitz"], "optimizer.lr_scale"),
    (["optimizer.lr_scale=relative"], "absolute|inverse_lipschitz"),
    (["optimizer=momentum", "optimizer.momentum=1.0"], "optimizer.momentum"),
    (["optimizer=gd", "optimizer.lr=0"], "optimizer.lr"),
]


@pytest.mark.parametrize(("overrides", "message"), MISTAKES, ids=[" ".join(m[0]) for m in MISTAKES])
def test_mistakes_are_refused_before_training(overrides: list[str], message: str | None, config: Config) -> None:
    if message is None:  # dropout has no hidden layer to act on here: nothing to refuse
        assemble(config(*overrides))
        return
    with pytest.raises(ConfigError) as caught:
        assemble(config(*overrides))
    assert message in str(caught.value)
