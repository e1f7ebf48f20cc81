"""Statements about computing: graphs, forward and reverse mode, broadcasting, and what an optimum is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.optimize
import torch
import torch.nn.functional as F
from torch import Generator, Tensor, fx, nn
from torch.utils._python_dispatch import TorchDispatchMode

from dlx.job.identities.check import EXACT, Check, draw, gap
from dlx.nn.cost import derivative
from dlx.step.quadratic import largest_curvature, minimize

SOLVED = 1e-6  # error of a numerical minimizer


class Operations(TorchDispatchMode):
    """Counts the tensor operations that are run inside a `with` block."""

    def __init__(self) -> None:
        super().__init__()
        self.number = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.number += 1
        return func(*args, **(kwargs or {}))


def _network(random: Generator) -> tuple[nn.Sequential, Tensor, Tensor]:
    network = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2)).double()
    for parameter in network.parameters():
        parameter.data = draw(random, *parameter.shape)
    return network, draw(random, 8, 3), draw(random, 8, 2)


def building_a_graph_runs_nothing(random: Generator) -> Check:
    """Building a graph (torch.fx) runs no operation, running it does; the error is the number of those run too early.

    A product of matrices that do not fit can therefore be built; it is refused when the graph is run.
    """
    network, inputs, _ = _network(random)
    with Operations() as building:
        graph = fx.symbolic_trace(network)
        unfit = fx.symbolic_trace(lambda x: x @ x)
    with Operations() as running:
        graph(inputs)
    try:
        fx.Interpreter(unfit).run(inputs)
        refused = False
    except RuntimeError:
        refused = True
    return Check(float(building.number) if running.number and refused else float("inf"), 0.0, float(running.number))


def lines_only_build_a_graph(random: Generator) -> Check:
    """Myth: "the lines of a program only describe a graph, which a session runs"; torch runs each line at once."""
    network, inputs, _ = _network(random)
    with Operations() as written:
        network(inputs)
    return Check(float(written.number), 0.0, float(written.number))


def forward_mode_is_reverse_mode(random: Generator) -> Check:
    """Forward mode, with one pass for each weight, gives the gradient that one backward pass gives."""
    network, inputs, targets = _network(random)
    weights = {name: parameter.detach() for name, parameter in network.named_parameters()}

    def loss(weights: dict[str, Tensor]) -> Tensor:
        return F.mse_loss(torch.func.functional_call(network, weights, (inputs,)), targets)

    reverse = torch.cat([gradient.flatten() for gradient in torch.func.grad(loss)(weights).values()])
    forward = torch.stack([derivative(loss, weights, one) for one in _directions(weights)])
    return Check(gap(reverse, forward), value=float(len(forward)))


def _directions(weights: dict[str, Tensor]) -> list[dict[str, Tensor]]:
    """Return the unit vectors of the space of all weights."""
    found = []
    for name, weight in weights.items():
        for place in range(weight.numel()):
            direction = {other: torch.zeros_like(w) for other, w in weights.items()}
            direction[name].view(-1)[place] = 1
            found.append(direction)
    return found


def column_minus_row_is_a_table(random: Generator) -> Check:
    """Broadcasting: (n, 1) - (n,) is not n differences but the table (n, n) of all pairs."""
    predictions, targets = draw(random, 6, 1), draw(random, 6)
    by_hand = np.array([[float(p) - float(t) for t in targets] for p in predictions])
    return Check(gap(predictions - targets, by_hand))


def column_minus_row_is_a_column(random: Generator) -> Check:
    """Myth: "the loss of predictions (n, 1) and targets (n,) compares each prediction with its own target"."""
    predictions, targets = draw(random, 6, 1), draw(random, 6)
    paired = F.mse_loss(predictions[:, 0], targets)
    return Check(gap((predictions - targets).square().mean(), paired))


def broadcast_loss_asks_for_the_mean(random: Generator) -> Check:
    """The mean square of all pairs is var(p) + var(t) + (mean p - mean t)²: least where all predictions are mean t."""
    predictions, targets = draw(random, 6, 1), draw(random, 6)
    spread = predictions.var(correction=0) + targets.var(correction=0)
    return Check(gap((predictions - targets).square().mean(), spread + (predictions.mean() - targets.mean()).square()))


def perceptron_learns_and(random: Generator) -> Check:
    """Rosenblatt's perceptron learns AND, with at most R²/margin² corrections (Novikoff 1962): 3 / (1/17) = 51.

    The error is the share of the four rows that it classifies wrongly in the end, or infinite if it was corrected more
    often. `value` is the number of corrections. The unit vector along (2, 2, -3) has the margin 1 / sqrt 17.
    """
    return _perceptron(random, [-1, -1, -1, 1], 51)


def perceptron_learns_xor(random: Generator) -> Check:
    """Myth: "a perceptron learns every gate, given time"; on XOR it is corrected for ever (Minsky & Papert 1969)."""
    return _perceptron(random, [-1, 1, 1, -1], float("inf"))


def _perceptron(random: Generator, signs: list[int], most: float) -> Check:
    rows = torch.tensor([[0.0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], dtype=torch.float64)  # the last input is 1
    weight, corrections = torch.zeros(3, dtype=torch.float64), 0
    for _ in range(200):
        for row in torch.randperm(4, generator=random).tolist():
            if signs[row] * (rows[row] @ weight) <= 0:
                weight, corrections = weight + signs[row] * rows[row], corrections + 1
    wrong = (rows @ weight) * torch.tensor(signs) <= 0
    return Check(float(wrong.double().mean()) if corrections <= most else float("inf"), 0.0, float(corrections))


def closed_form_is_the_minimum(random: Generator) -> Check:
    """The weights of optimizer=closed_form are numpy's least-squares solution, and no other weights have a lower loss.

    The error is the largest difference, or by how much the lowest of 1,000 other losses lies below that of the optimum.
    """
    inputs, targets = draw(random, 40, 3), draw(random, 40)
    weight = nn.Parameter(draw(random, 3))

    def loss(w: Tensor = weight) -> Tensor:
        return F.mse_loss(inputs @ w, targets)

    minimize(loss, [weight])
    best, lowest = weight.detach(), float(loss(weight.detach()))
    others = min(float(loss(best + size * draw(random, 3))) for size in (1e-3, 0.1, 1.0, 10.0) for _ in range(250))
    by_numpy = np.linalg.lstsq(inputs.numpy(), targets.numpy(), rcond=None)[0]
    return Check(max(gap(best, by_numpy), lowest - others, 0.0), lowest * 1e-9 + EXACT)


def largest_curvature_is_the_largest_eigenvalue(random: Generator) -> Check:
    """The curvature by which `lr_scale: inverse_lipschitz` divides is the largest eigenvalue of 2 X'X / n."""
    inputs, targets = draw(random, 40, 12), draw(random, 40)
    weight = nn.Parameter(torch.zeros(12, dtype=torch.float64))
    found = largest_curvature(lambda: F.mse_loss(inputs @ weight, targets), [weight])
    return Check(gap(found, np.linalg.eigvalsh(2 * (inputs.T @ inputs).numpy() / 40).max()), SOLVED)


def best_feasible_is_on_the_border(random: Generator) -> Check:
    """Among all weights with |w| <= 1/2 |w*| the best are those of a ridge regression, and lie on the border.

    The constrained minimum is found by sequential quadratic programming, and compared with the ridge solution of that
    norm (the condition of Karush, Kuhn and Tucker).
    """
    x, y = draw(random, 40, 3).numpy(), draw(random, 40).numpy()
    free = np.linalg.lstsq(x, y, rcond=None)[0]
    limit = np.linalg.norm(free) / 2

    def loss(w: np.ndarray) -> float:
        return float(((x @ w - y) ** 2).mean())

    def ridge(strength: float) -> np.ndarray:
        return np.linalg.solve(x.T @ x + strength * np.eye(3), x.T @ y)

    inside = {"type": "ineq", "fun": lambda w: limit**2 - w @ w}
    found = scipy.optimize.minimize(loss, np.zeros(3), constraints=[inside], method="SLSQP", options={"ftol": 1e-14}).x
    strength = _root(lambda strength: float(np.linalg.norm(ridge(strength)) - limit))
    return Check(gap(found, ridge(strength)), 1e-4)


def _root(function: Callable[[float], float]) -> float:
    return float(scipy.optimize.brentq(function, 0.0, 1e4, xtol=1e-12))
