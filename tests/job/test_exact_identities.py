"""Every statement holds or fails as it says, and would be caught if the program were wrong."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
import torch
import torch.nn.functional as F
from torch import Generator, nn

from dlx.job import exact_identities
from dlx.job.exact_identities import checks
from dlx.job.identities import activations, programs
from dlx.job.identities.check import slopes
from dlx.nn.cells import Elman, GatedGRU
from dlx.nn.cost import derivative
from dlx.nn.recurrent import Cell, State
from dlx.run.run import run


def test_the_key_lists_every_statement() -> None:
    assert sorted(get_args(exact_identities.Name)) == sorted(checks())


@pytest.mark.parametrize("name", sorted(checks()))
def test_holds_unless_it_is_a_myth(name: str) -> None:
    myth = "Myth" in inspect.getdoc(checks()[name]).splitlines()[0]  # type: ignore[union-attr]
    for seed in range(3):
        found = checks()[name](Generator().manual_seed(seed))
        assert math.isfinite(found.error)
        assert (found.error <= found.tolerance) != myth
        if myth:
            assert found.error > 0.01  # not by rounding


@pytest.mark.parametrize(
    ("name", "error", "value"),
    [
        ("sigmoid_peak", 0, 0.25),
        ("sigmoid_peak_is_0_3", 0.05, 0.25),
        ("tanh_peak", 0, 1),
        ("tanh_is_sigmoid_times_two_minus_one", 0.300, None),  # max of tanh(x) - tanh(x/2): at sech²(x) = sech²(x/2)/2
        ("gelu_tail", 0.0025, -1.1e-86),
        ("lines_only_build_a_graph", 6, 6),  # in each layer a transpose and a product; tanh, and a view
        ("forward_mode_is_reverse_mode", 0, 32),
        ("filter_weights", 0, 448),
        ("filter_weights_nine", 439, 448),
        ("beta_prior_is_map", 0, 6 / 11),
    ],
)
def test_the_figures_that_are_stated(name: str, error: float, value: float | None) -> None:
    found = checks()[name](Generator().manual_seed(0))
    assert found.error == pytest.approx(error, abs=5e-4)
    assert found.value == (None if value is None else pytest.approx(value, abs=1e-6))


def test_sigmoid_is_flat_at_8() -> None:
    assert slopes(torch.sigmoid, torch.tensor([8.0, -8.0]).double()).tolist() == pytest.approx([3.35e-4] * 2, rel=1e-3)


def flipped(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    return CONV(x, weight.flip(2, 3))


CONV, CONV1 = F.conv2d, F.conv1d
VAR, TRACE = torch.Tensor.var, programs.fx.symbolic_trace


def eager(program: Callable[[torch.Tensor], torch.Tensor]) -> torch.fx.GraphModule:
    program(torch.ones(3, 3, dtype=torch.float64))
    return TRACE(program)


class Unscaled(nn.BatchNorm1d):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x) - self.bias


class TwiceAsFar(torch.optim.SGD):
    def __init__(self, parameters: Any, lr: float, **keys: Any) -> None:
        super().__init__(parameters, lr=2 * lr, **keys)


class SlowAverage(nn.BatchNorm1d):
    def __init__(self, features: int, **keys: Any) -> None:
        super().__init__(features, **{**keys, "momentum": 0.05})


class Centered(nn.LayerNorm):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x) - super().forward(x).mean(0)


class ReluRNN(nn.RNN):
    def __init__(self, *sizes: int, **keys: Any) -> None:
        super().__init__(*sizes, nonlinearity="relu", **keys)


def leaking(cell: Cell, now: torch.Tensor, state: State, weight: torch.Tensor, bias: torch.Tensor) -> State:
    return (0.1 * state[0] + 0.9 * (now + F.linear(state[0], weight, bias)).tanh(),)


@pytest.mark.parametrize(
    ("name", "owner", "word", "wrong"),
    [
        ("sigmoid_peak", torch, "sigmoid", lambda x: 1.1 / (1 + torch.exp(-x))),
        ("tanh_identity", torch, "tanh", lambda x: x / (1 + x.abs())),
        ("tanh_peak", torch, "tanh", lambda x: 2 * x.sigmoid() - 1),
        ("relu_grad", torch, "relu", lambda x: F.leaky_relu(x)),
        ("softmax_shift", torch.Tensor, "softmax", lambda x, axis: x.exp()),
        ("softmax_sums_to_one", torch.Tensor, "softmax", lambda x, axis: x.sigmoid()),
        ("sigmoid_decision", torch, "sigmoid", lambda x: (x - 1).sigmoid()),
        ("loss_per_dim", F, "mse_loss", lambda x, y: (x - y).square().sum(1).mean()),
        ("autograd_fd", F, "mse_loss", lambda x, y: (x.detach() - y).mul(x - y).mean()),
        ("gradient_step", torch.optim, "SGD", TwiceAsFar),
        ("sliding_filter", F, "conv2d", flipped),
        ("transposed_is_fractionally_strided", F, "conv2d", flipped),
        ("batch_norm_running_statistics", nn, "BatchNorm1d", SlowAverage),
        ("layer_norm_batch_independence", nn, "LayerNorm", Centered),
        ("bernoulli_mean", F, "dropout", lambda x, p: x * (torch.rand_like(x) > p)),
        ("unrolled_rnn", nn, "RNN", ReluRNN),
        ("activation_ranges", torch, "tanh", lambda x: x.clamp(-1, 1)),
        ("activation_ranges", torch, "sigmoid", lambda x: 0.9 / (1 + torch.exp(-x))),
        ("tanh_is_zero_centred", torch, "tanh", lambda x: 1 / (1 + torch.exp(-x))),
        ("batch_norm_equation", nn, "BatchNorm1d", Unscaled),
        ("window_slides_like_a_convolution", F, "conv1d", lambda x, w, b: CONV1(x, w.flip(2), b)),
        ("gru_without_gates_is_the_rnn", GatedGRU, "step", leaking),
        ("lstm_with_fixed_gates_is_an_rnn", Elman, "step", leaking),
        ("causal_jacobian", nn, "GRU", lambda *sizes, **keys: nn.modules.GRU(*sizes, bidirectional=True, **keys)),
        ("causal_jacobian", nn, "RNN", lambda *sizes, **keys: nn.modules.RNN(*sizes, bidirectional=True, **keys)),
        ("gelu_tail", F, "gelu", F.silu),
        ("pooling_forgets_the_position", torch.Tensor, "amax", lambda x, axes: x[..., 0, 0]),
        (
            "building_a_graph_runs_nothing",
            programs.fx,
            "symbolic_trace",
            lambda run: (run(torch.ones(3, 3).double()), TRACE(run))[1],
        ),
        ("forward_mode_is_reverse_mode", programs, "derivative", lambda f, w, d: 2 * derivative(f, w, d)),
        ("broadcast_loss_asks_for_the_mean", torch.Tensor, "var", lambda x, correction: VAR(x, correction=1)),
        ("closed_form_is_the_minimum", programs, "minimize", lambda total, weights: None),
        ("largest_curvature_is_the_largest_eigenvalue", programs, "largest_curvature", lambda total, weights: 1.0),
        ("best_feasible_is_on_the_border", programs, "_root", lambda function: 0.0),
        ("bce_is_bernoulli_mle", F, "binary_cross_entropy_with_logits", lambda x, y: F.mse_loss(x.sigmoid(), y)),
    ],
)
def test_a_wrong_program_is_caught(
    name: str, owner: Any, word: str, wrong: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owner, word, wrong)
    found = checks()[name](Generator().manual_seed(0))
    assert found.error > found.tolerance


def test_a_run(config: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    composed = config("job=exact_identities", "job.check=tanh_is_sigmoid_times_two_minus_one", "seed=3")
    summary = run(composed, tmp_path / "run", raises=True)
    assert (summary["status"], summary["job"], summary["seed"]) == ("finished", "exact_identities", 3)
    assert summary["metrics"]["holds"] == 0
    assert summary["metrics"]["error"] == pytest.approx(0.3, abs=5e-4)
    assert summary["config"]["job"] == "exact_identities"
    assert summary["config"]["job.check"] == "tanh_is_sigmoid_times_two_minus_one"


def test_draws_depend_on_the_seed() -> None:
    draws = [checks()["autograd_fd"](Generator().manual_seed(seed)).error for seed in (0, 0, 1)]
    assert draws[0] == draws[1] != draws[2]


def test_grid_holds_zero() -> None:
    assert 0.0 in activations.GRID.tolist()
