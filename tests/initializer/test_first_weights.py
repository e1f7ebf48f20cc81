"""First weights have the variance that the papers state, by formula and by sampling."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from scipy.integrate import trapezoid
from scipy.stats import kstest, truncnorm
from torch import Generator, nn

from dlx.assembly.assemble import assemble
from dlx.config import gate
from dlx.config.shared_keys import FirstWeights
from dlx.nn.gain import activation_gain
from dlx.nn.weights import Place
from tests.nn.test_gain import ACTIVATIONS

Config = Callable[..., dict[str, Any]]
OUT, IN = 400, 300


def drawn(config: Config, *overrides: str, activation: str = "relu", shape: tuple[int, ...] = (OUT, IN)) -> np.ndarray:
    """Return one weight matrix as an initializer fills it."""
    composed = config(*overrides, f"activation={activation}")
    chosen = gate.choice(composed["initializer"], "initializer")
    layer = gate.choice(composed["activation"], "activation").make()
    weight = torch.full(shape, math.nan)
    field = math.prod(shape[2:])
    place = Place(shape[1] * field, shape[0] * field, type(layer).__name__.lower(), activation_gain(layer))
    chosen.make().fill(weight, place, Generator().manual_seed(0))
    assert chosen.common(FirstWeights) == FirstWeights()
    return weight.numpy()


VARIANCES = [
    (["initializer=uniform", "initializer.bound=0.3"], "relu", 0.3**2 / 3),
    (["initializer=normal", "initializer.std=0.2"], "relu", 0.04),
    (["initializer=truncated_normal", "initializer.std=0.2"], "relu", 0.04),
    (["initializer=lecun_normal"], "relu", 1 / IN),
    (["initializer=xavier_uniform"], "relu", 2 / (IN + OUT)),
    (["initializer=xavier_normal"], "relu", 2 / (IN + OUT)),
    (["initializer=xavier_normal", "initializer.gain=2.0"], "tanh", 8 / (IN + OUT)),
    (["initializer=he_uniform"], "relu", 2 / IN),
    (["initializer=he_normal"], "relu", 2 / IN),
    (["initializer=he_normal", "initializer.gain=0.5"], "relu", 0.25 / IN),
    (["initializer=he_normal"], "leaky_relu", 2 / (1 + 0.01**2) / IN),
    (["initializer=orthogonal"], "relu", 2 / OUT),
    (["initializer=auto"], "relu", 2 / IN),
    (["initializer=auto"], "tanh", 2 / (IN + OUT)),
    (["initializer=auto"], "sigmoid", 2 / (IN + OUT)),
    (["initializer=auto"], "selu", 1 / IN),
]


@pytest.mark.parametrize(("overrides", "activation", "variance"), VARIANCES, ids=lambda v: str(v))
def test_variance_is_that_of_the_paper(overrides: list[str], activation: str, variance: float, config: Config) -> None:
    weight = drawn(config, *overrides, activation=activation)
    assert weight.mean() == pytest.approx(0, abs=5 * (variance / weight.size) ** 0.5)
    assert weight.var() == pytest.approx(variance, rel=0.02)  # the sampling error is 0.4 %


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("initializer", ["he_normal", "he_uniform", "orthogonal"])
def test_auto_gain_keeps_the_variance_of_every_activation(initializer: str, activation: str, config: Config) -> None:
    layer = gate.choice(config(f"activation={activation}")["activation"], "activation").make()
    hidden = layer(torch.randn(4000, IN, generator=Generator().manual_seed(1))).detach().numpy()
    shape = (IN, IN)  # orthogonal matrices keep lengths where they are square
    after = hidden @ drawn(config, f"initializer={initializer}", activation=activation, shape=shape).T
    assert (after**2).mean() == pytest.approx(1, rel=0.1)


@pytest.mark.parametrize("activation", [*ACTIVATIONS, "maxout"])
def test_variance_by_formula_for_every_activation(activation: str, config: Config) -> None:
    """He's variance is gain² / fan_in with the activation's own gain; Xavier's and LeCun's know no activation."""
    layer = gate.choice(config(f"activation={activation}")["activation"], "activation").make()
    z = np.linspace(-12, 12, 200_001)
    if activation == "maxout":  # the larger of two: its square has the mean 1, as the smaller one's
        moment = 1.0
    else:
        values = layer.double()(torch.from_numpy(z)[:, None]).detach().numpy()[:, 0]
        moment = trapezoid(values**2 * np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi), z)
    truths = {
        "he_normal": 1 / moment / IN,
        "he_uniform": 1 / moment / IN,
        "orthogonal": 1 / moment / OUT,  # 300 columns of length gain in 400 rows
        "xavier_normal": 2 / (IN + OUT),
        "xavier_uniform": 2 / (IN + OUT),
        "lecun_normal": 1 / IN,
    }
    for initializer, variance in truths.items():
        found = drawn(config, f"initializer={initializer}", activation=activation).var()
        assert found == pytest.approx(variance, rel=0.02), initializer


def test_shapes_of_the_distributions(config: Config) -> None:
    uniform = drawn(config, "initializer=he_uniform")
    assert np.abs(uniform).max() <= (6 / IN) ** 0.5
    assert kstest(uniform.ravel()[:20_000] / (6 / IN) ** 0.5, "uniform", (-1, 2)).pvalue > 1e-3
    cut = drawn(config, "initializer=truncated_normal", "initializer.std=1.0", "initializer.cut=1.5").ravel()
    truth = truncnorm(-1.5, 1.5)
    assert kstest(cut[:20_000] * truth.std(), truth.cdf).pvalue > 1e-3


def test_orthogonal_identity_zeros_and_constant(config: Config) -> None:
    for shape in ((40, 30), (30, 40), (8, 4, 3, 3)):
        w = drawn(config, "initializer=orthogonal", "initializer.gain=1.5", shape=shape)
        singular = np.linalg.svd(w.reshape(shape[0], -1), compute_uv=False)
        np.testing.assert_allclose(singular, 1.5, rtol=1e-5)
    np.testing.assert_array_equal(drawn(config, "initializer=identity", shape=(4, 6)), np.eye(4, 6))
    kernel = drawn(config, "initializer=identity", shape=(3, 3, 3, 3))
    x = torch.randn(1, 3, 5, 5)
    torch.testing.assert_close(nn.functional.conv2d(x, torch.from_numpy(kernel), padding=1), x)
    assert (drawn(config, "initializer=zeros") == 0).all()
    assert (drawn(config, "initializer=constant", "initializer.value=-0.3") == np.float32(-0.3)).all()


def test_the_output_layer_has_gain_one_and_hidden_biases_the_constant(config: Config) -> None:
    he = assemble(config("initializer=he_normal", "initializer.bias=-20", "model.width=1000")).network()
    assert he.hidden[1][0].weight.var().item() == pytest.approx(2 / 1000, rel=0.02)
    assert he.output.weight.var().item() == pytest.approx(1 / 1000, rel=0.05)
    assert (he.hidden[0][0].bias == -20).all()
    assert (he.output.bias == 0).all()
    torchs = assemble(config("initializer.bias=0.5")).network()  # torch's own weights stay
    assert (torchs.hidden[0][0].bias == 0.5).all()
    assert torchs.hidden[0][0].weight.var().item() == pytest.approx(1 / 3 / 64, rel=0.05)


def test_normalization_biases_are_no_hidden_biases(config: Config) -> None:
    network = assemble(config("initializer.bias=-20", "normalization=batch")).network()
    assert (network.hidden[0][1].bias == 0).all()


@pytest.mark.parametrize("model", ["mlp", "cnn", "tdnn"])
def test_lsuv_gives_every_layer_unit_variance(model: str, config: Config) -> None:
    assembly = assemble(config(f"model={model}", "initializer=lsuv", "activation=gelu", "model.depth=4"))
    network = assembly.network().eval()
    seen = []
    for module in network.modules():
        if isinstance(module, nn.Linear | nn.Conv1d | nn.Conv2d):
            module.register_forward_hook(lambda _, given, output: seen.append(output.std().item()))
    network(assembly.data.train.inputs[:256])
    assert len(seen) == 4
    assert seen == pytest.approx([1.0] * 4, rel=1e-4)


@pytest.mark.parametrize("gain", [0.8, 1.0, 1.3])
def test_recurrent_gain_is_the_spectral_radius_of_orthogonal_weights(gain: float, config: Config) -> None:
    overrides = ("model=rnn", "initializer=he_normal", "initializer.recurrent=orthogonal")
    network = assemble(config(*overrides, f"initializer.recurrent_gain={gain}")).network()
    eigenvalues = np.linalg.eigvals(network.recurrent.weight_hh_l0.detach().numpy())
    np.testing.assert_allclose(np.abs(eigenvalues), gain, rtol=1e-4)


def test_recurrent_identity_of_every_gate(config: Config) -> None:
    for model, gates in (("rnn", 1), ("gru", 3), ("lstm", 4), ("lstm model.gates.output=false", 3)):
        network = assemble(config(f"model={model.split()[0]}", *model.split()[1:], "initializer.recurrent=identity"))
        weight = network.network().recurrent.weight_hh_l0
        torch.testing.assert_close(weight, torch.eye(32).repeat(gates, 1))


def test_gates_have_gain_one_whatever_the_activation(config: Config) -> None:
    network = assemble(config("model=lstm", "model.width=200", "initializer=he_normal", "activation=relu")).network()
    assert network.recurrent.weight_hh_l0.var().item() == pytest.approx(1 / 200, rel=0.02)


def test_seed_alone_decides(config: Config) -> None:
    for name in ("he_normal", "orthogonal", "truncated_normal", "default", "lsuv"):
        one, two, other = (
            assemble(config(f"initializer={name}", "model.depth=2", f"streams.init={seed}"))
            .network()
            .hidden[0][0]
            .weight
            for seed in (1, 1, 2)
        )
        assert torch.equal(one, two)
        assert not torch.equal(one, other)
