"""Statements about derivatives, gradient descent and losses."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Generator, Tensor, fx, nn

from dlx.job.identities.check import EXACT, Check, draw, gap, slopes

ROUNDING = 1e-6  # of a central difference with a step of 1e-5


def chain_rule(random: Generator) -> Check:
    """Differentiate sin(exp(x²)) by autograd and by the product of the local derivatives cos(exp(x²)) exp(x²) 2x."""
    x = draw(random, 100).clamp(-1.5, 1.5)
    by_hand = torch.cos(torch.exp(x**2)) * torch.exp(x**2) * 2 * x
    return Check(gap(slopes(lambda x: torch.sin(torch.exp(x**2)), x), by_hand))


def partial_derivative(random: Generator) -> Check:
    """A partial derivative holds the other variables constant: f(x, y) = x² y + sin y, against finite differences."""

    def f(x: Tensor, y: Tensor) -> Tensor:
        return x**2 * y + torch.sin(y)

    x, y, step = draw(random, 100), draw(random, 100), 1e-5
    by_x = (f(x + step, y) - f(x - step, y)) / (2 * step)
    by_y = (f(x, y + step) - f(x, y - step)) / (2 * step)
    return Check(max(gap(by_x, 2 * x * y), gap(by_y, x**2 + torch.cos(y))), ROUNDING)


def autograd_fd(random: Generator) -> Check:
    """The gradient of a small network's loss by autograd and by central differences, weight by weight."""
    network, inputs, targets = _small(random)
    vector = nn.utils.parameters_to_vector(network.parameters()).detach()

    def at(weights: Tensor) -> float:
        nn.utils.vector_to_parameters(weights, network.parameters())
        return F.mse_loss(network(inputs), targets).item()

    step, eye = 1e-5, torch.eye(len(vector), dtype=torch.float64)
    numeric = torch.tensor([(at(vector + step * e) - at(vector - step * e)) / (2 * step) for e in eye])
    at(vector)
    gradients = torch.autograd.grad(F.mse_loss(network(inputs), targets), list(network.parameters()))
    return Check(gap(nn.utils.parameters_to_vector(gradients), numeric), ROUNDING)


def _small(random: Generator) -> tuple[nn.Sequential, Tensor, Tensor]:
    network = nn.Sequential(nn.Linear(3, 5), nn.Sigmoid(), nn.Linear(5, 2)).double()
    for parameter in network.parameters():
        parameter.data = draw(random, *parameter.shape)
    return network, draw(random, 8, 3), draw(random, 8, 2)


def backprop_by_hand(random: Generator) -> Check:
    """Backpropagation by hand: delta_1 = (delta_2 W_2) times the *local derivative* of the hidden activation."""
    return _backprop(random, lambda hidden: hidden * (1 - hidden))


def backprop_without_local_derivatives(random: Generator) -> Check:
    """Myth: "backpropagation only combines known values linearly"; it needs the derivative of each activation."""
    return _backprop(random, torch.ones_like)


def _backprop(random: Generator, local: Callable[[Tensor], Tensor]) -> Check:
    network, inputs, targets = _small(random)
    true, *_ = torch.autograd.grad(F.mse_loss(network(inputs), targets), list(network.parameters()))
    with torch.no_grad():
        hidden = network[:2](inputs)
        delta = 2 * (network(inputs) - targets) / targets.numel()
        by_hand = (delta @ network[2].weight * local(hidden)).T @ inputs
    return Check(gap(true, by_hand))


def gradient_step(random: Generator) -> Check:
    """One step of torch's SGD is w - lr * gradient."""
    weight, lr = nn.Parameter(draw(random, 4, 3)), 0.1
    (weight**3).sum().backward()
    expected = weight.detach() - lr * 3 * weight.detach() ** 2
    torch.optim.SGD([weight], lr=lr).step()
    return Check(gap(weight, expected))


def maximize_is_minimize_negative(random: Generator) -> Check:
    """Ten steps of gradient ascent on f are ten steps of gradient descent on -f."""
    start = draw(random, 5)
    paths = []
    for maximize in (True, False):
        w = nn.Parameter(start.clone())
        optimizer = torch.optim.Adam([w], lr=0.1, maximize=maximize)
        for _ in range(10):
            optimizer.zero_grad()
            value = -(w - 1).square().sum() + torch.sin(w).sum()
            (value if maximize else -value).backward()
            optimizer.step()
        paths.append(w.detach())
    return Check(gap(*paths))


def loss_per_dim(random: Generator) -> Check:
    """The mean squared error is (1/N) sum_i (x_i - y_i)², where i runs over all N dimensions of all examples."""
    x, y = draw(random, 6, 4), draw(random, 6, 4)
    total = sum((float(a) - float(b)) ** 2 for a, b in zip(x.flatten(), y.flatten(), strict=True))
    return Check(gap(F.mse_loss(x, y), total / 24))


def linear_collapse(random: Generator) -> Check:
    """Eight linear layers without a nonlinearity are one: the product of their matrices, and one bias."""
    layers = [nn.Linear(6, 6).double() for _ in range(8)]
    for layer in layers:
        layer.weight.data, layer.bias.data = draw(random, 6, 6) / 6**0.5, draw(random, 6)
    matrix, bias = torch.eye(6, dtype=torch.float64), torch.zeros(6, dtype=torch.float64)
    for layer in layers:
        matrix, bias = layer.weight @ matrix, layer.weight @ bias + layer.bias
    x = draw(random, 50, 6)
    return Check(gap(nn.Sequential(*layers)(x), x @ matrix.T + bias))


def weight_decay_is_squared_norm(random: Generator) -> Check:
    """With SGD, weight decay is the gradient of (decay / 2) sum w²: the squared norm, without a root."""
    return _decay(random, lambda w, decay: decay / 2 * w.square().sum())


def weight_decay_is_norm(random: Generator) -> Check:
    """Myth: "weight decay penalizes the norm |w|"; its step is proportional to w, not to w / |w|."""
    return _decay(random, lambda w, decay: decay / 2 * w.norm())


def _decay(random: Generator, penalty: Callable[[Tensor, float], Tensor]) -> Check:
    start, decay, lr = draw(random, 5), 0.3, 0.1
    decayed, penalized = nn.Parameter(start.clone()), nn.Parameter(start.clone())
    torch.sin(decayed).sum().backward()
    torch.optim.SGD([decayed], lr=lr, weight_decay=decay).step()
    (torch.sin(penalized).sum() + penalty(penalized, decay)).backward()
    torch.optim.SGD([penalized], lr=lr).step()
    return Check(gap(decayed, penalized))


def eager_vs_graph(random: Generator) -> Check:
    """A network traced into a graph (torch.fx) and then run computes what it computes line by line."""
    network, inputs, _ = _small(random)
    graph = fx.symbolic_trace(network)
    ran = fx.Interpreter(graph).run(inputs)
    return Check(max(gap(network(inputs), graph(inputs)), gap(network(inputs), ran)), 0.0)


def matmul_shapes(random: Generator) -> Check:
    """(a, b)(b, c) is (a, c), each entry a scalar product; (a, b)(c, b) is refused."""
    left, right = draw(random, 3, 4), draw(random, 4, 5)
    by_hand = np.array([[sum(left[i, k] * right[k, j] for k in range(4)) for j in range(5)] for i in range(3)])
    try:
        _ = left @ right.T
        refused = False
    except RuntimeError:
        refused = True
    return Check(gap(left @ right, by_hand) if refused else float("inf"), EXACT)


def sum_needs_equal_shapes(random: Generator) -> Check:
    """Matrices of equal shape are added entry by entry; shapes (3, 4) and (4, 3) are refused."""
    left, right = draw(random, 3, 4), draw(random, 3, 4)
    by_hand = np.array([[left[i, k] + right[i, k] for k in range(4)] for i in range(3)])
    try:
        _ = left + right.T
        refused = False
    except RuntimeError:
        refused = True
    return Check(gap(left + right, by_hand) if refused else float("inf"), 0.0)


def index_from_zero(random: Generator) -> Check:
    """Of n numbers the first is x[0] and the last x[n - 1]; x[n] is refused."""
    written = [float(number) for number in draw(random, 5)]
    x = torch.tensor(written, dtype=torch.float64)
    try:
        _ = x[5]
        refused = False
    except IndexError:
        refused = True
    ends = max(gap(x[0], written[0]), gap(x[4], written[-1]))
    return Check(ends if refused else float("inf"), 0.0)
