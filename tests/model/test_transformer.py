"""The transformer against torch's TransformerEncoder, and what its parts make it unable to see."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from dlx.assembly.assemble import assemble
from dlx.errors import ConfigError
from dlx.model.transformer import Transformer
from dlx.nn.layers import layers
from dlx.nn.transformer import FeedForward
from dlx.nn.weights import weights
from dlx.normalization.layer import Layer
from dlx.normalization.none import NoNormalization
from dlx.run.run import run
from dlx.spec import DataSpec

Config = Callable[..., dict[str, Any]]
TIME, FEATURES, OUTPUTS = 7, 3, 2
VECTOR = DataSpec("sequence", (TIME, FEATURES), "number", OUTPUTS)
STEPS = DataSpec("sequence", (TIME, FEATURES), "tokens", OUTPUTS, form="sequence")
KEYS: dict[str, Any] = {
    "depth": 2, "width": 8, "heads": 2, "feedforward": 20, "gated": False, "positions": "none", "max_length": None,
    "attention": "dot", "attention_scale": True, "causal": False, "norm_first": True, "skip": True,
}  # fmt: skip


def transformer(
    spec: DataSpec = STEPS, normalization: Any = None, activation: Any = nn.ReLU, **keys: Any
) -> Transformer:
    torch.manual_seed(0)
    norm = normalization or Layer(eps=1e-5, affine=True)
    network = Transformer(spec, activation, norm, 0.0, **{**KEYS, **keys}).double()
    for parameter in network.parameters():  # norms with scales other than 1, too
        parameter.data = torch.randn_like(parameter) / 2
    return network


def sequences(time: int = TIME) -> Tensor:
    torch.manual_seed(3)
    return torch.randn(4, time, FEATURES, dtype=torch.float64)


def torchs(ours: Transformer, norm_first: bool, activation: Any) -> nn.TransformerEncoder:
    """Return torch's encoder with the weights of ours."""
    layer = nn.TransformerEncoderLayer(8, 2, 20, 0.0, activation, batch_first=True, norm_first=norm_first)
    final = nn.LayerNorm(8) if norm_first else None
    theirs = nn.TransformerEncoder(layer, 2, final, enable_nested_tensor=False).double()
    state: dict[str, Tensor] = {}
    for number, block in enumerate(ours.hidden):
        own = block.state_dict()
        names = {
            "self_attn.out_proj": "attention.merge", "linear1": "feedforward.layer.hidden.0",
            "linear2": "feedforward.layer.merge", "norm1": "attention_norm.layer", "norm2": "feedforward_norm.layer",
        }  # fmt: skip
        for kind in ("weight", "bias"):
            state |= {f"layers.{number}.{to}.{kind}": own[f"{of}.{kind}"] for to, of in names.items()}
            joined = torch.cat([own[f"attention.{part}.{kind}"] for part in ("query", "key", "value")])
            state[f"layers.{number}.self_attn.in_proj_{kind}"] = joined
    if norm_first:
        state |= {f"norm.{kind}": ours.state_dict()[f"norm.layer.{kind}"] for kind in ("weight", "bias")}
    theirs.load_state_dict(state)
    return theirs


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("norm_first", [False, True])
@pytest.mark.parametrize("activation", [nn.ReLU, nn.GELU])
def test_it_is_torchs_encoder(norm_first: bool, causal: bool, activation: Any) -> None:
    ours = transformer(norm_first=norm_first, causal=causal, activation=activation)
    x = sequences()
    mask = torch.ones(TIME, TIME, dtype=torch.bool).triu(1) if causal else None
    expected = torchs(ours, norm_first, activation())(ours.embedding(x), mask)
    torch.testing.assert_close(ours.states(x), expected, rtol=0, atol=1e-6)
    torch.testing.assert_close(ours(x), ours.output(expected), rtol=0, atol=1e-6)


def test_it_answers_at_the_last_step_or_at_each() -> None:
    each, last = transformer(STEPS), transformer(VECTOR)
    x = sequences()
    assert each(x).shape == (4, TIME, OUTPUTS)
    torch.testing.assert_close(last(x), each(x)[:, -1])


@pytest.mark.parametrize("positions", ["none", "sinusoidal", "learned", "rotary"])
@pytest.mark.parametrize("attention", ["dot", "additive"])
def test_a_causal_mask_leaks_nothing(positions: str, attention: str) -> None:
    if positions == "rotary" and attention == "additive":
        return
    for causal in (True, False):
        network = transformer(positions=positions, attention=attention, causal=causal)
        x = sequences(5)[:1]
        jacobian = torch.autograd.functional.jacobian(network, x)  # (1, t, outputs, 1, s, features)
        depends = (jacobian != 0).any(2).any(-1)[0, :, 0]
        allowed = torch.ones(5, 5, dtype=torch.bool)
        assert torch.equal(depends, allowed.tril() if causal else allowed)


@pytest.mark.parametrize(
    ("positions", "causal"), [*itertools.product(["sinusoidal", "rotary"], [False]), ("none", True)]
)
def test_it_has_no_order_without_positions_and_without_a_mask(positions: str, causal: bool) -> None:
    x, order = sequences(), torch.tensor([3, 0, 6, 1, 5, 2, 4])
    blind, sees = transformer(), transformer(positions=positions, causal=causal)
    torch.testing.assert_close(blind(x[:, order]), blind(x)[:, order], rtol=0, atol=1e-12)
    assert (sees(x[:, order]) - sees(x)[:, order]).abs().max() > 1e-3


def test_without_skip_and_norm_it_is_a_chain() -> None:
    network = transformer(normalization=NoNormalization(), skip=False)
    x = sequences()
    expected = network.embedding(x)
    for block in network.hidden:
        expected = block.feedforward(block.attention(expected, expected))
    torch.testing.assert_close(network(x), network.output(expected))


def test_without_a_network_of_a_step_it_is_attention_alone() -> None:
    network = transformer(normalization=NoNormalization(), feedforward=0)
    x = sequences()
    expected = network.embedding(x)
    for block in network.hidden:
        expected = expected + block.attention(expected, expected)
    torch.testing.assert_close(network(x), network.output(expected))


def test_a_gate_multiplies_the_hidden_units() -> None:
    torch.manual_seed(0)
    layer, x = FeedForward(8, 20, True, nn.SiLU, 0.0).double(), torch.randn(5, 8, dtype=torch.float64)
    w, v, out = layer.hidden[0], layer.gate, layer.merge
    assert v is not None
    swish = x @ w.weight.T + w.bias
    hidden = swish * torch.sigmoid(swish) * (x @ v.weight.T + v.bias)
    torch.testing.assert_close(layer(x), hidden @ out.weight.T + out.bias)


COUNTS: list[tuple[dict[str, Any], int]] = [
    ({}, 0),
    ({"gated": True}, 2 * (8 * 20 + 20)),
    ({"feedforward": 0}, -2 * (8 * 20 + 20 + 20 * 8 + 8 + 2 * 8)),
    ({"norm_first": False}, -2 * 8),
    ({"positions": "learned"}, 7 * 8),
    ({"positions": "learned", "max_length": 30}, 30 * 8),
    ({"positions": "sinusoidal"}, 0),
    ({"positions": "rotary"}, 0),
    ({"attention": "additive"}, 2 * 4),
    ({"activation": lambda: _maxout()}, 2 * (8 * 20 + 20)),
]


def _maxout() -> nn.Module:
    from dlx.activation.maxout import Maxout

    return Maxout(pieces=2)


@pytest.mark.parametrize(("keys", "more"), COUNTS, ids=[f"{list(keys)}-{more}" for keys, more in COUNTS])
def test_the_number_of_parameters_is_the_formula(keys: dict[str, Any], more: int) -> None:
    d, units = 8, 20
    attention, network, norms = 4 * (d * d + d), d * units + units + units * d + d, 2 * 2 * d
    plain = (FEATURES * d + d) + 2 * (attention + network + norms) + 2 * d + (d * OUTPUTS + OUTPUTS)
    assert sum(parameter.numel() for parameter in transformer(**keys).parameters()) == plain + more


def test_initializers_reach_each_layer_with_its_gain() -> None:
    network = transformer()
    found = {name: place for name, _, place in weights(network, nn.ReLU())}
    for part in ("query", "key", "value", "merge"):
        place = found[f"hidden.1.attention.{part}.weight"]
        assert (place.activation, place.gain, place.fan_in, place.fan_out) == ("identity", 1.0, 8, 8)
    first, second = (found[f"hidden.0.feedforward.layer.{part}.weight"] for part in ("hidden.0", "merge"))
    assert (first.activation, first.gain) == ("relu", pytest.approx(2**0.5))
    assert (second.activation, second.gain) == ("identity", 1.0)
    names = [layer.name for layer in layers(network, sequences())]
    assert names[0] == "embedding"
    assert names[-1] == "output"
    assert names.index("hidden.0.attention.query") < names.index("hidden.0.feedforward.layer.hidden.0")


@pytest.mark.parametrize("normalization", ["none", "batch", "layer", "group", "rms", "weight"])
def test_norms_act_on_each_step(normalization: str, config: Config) -> None:
    extra = ["normalization.groups=4"] if normalization == "group" else []
    words = [
        "model=transformer",
        f"normalization={normalization}",
        *extra,
        "model.causal=true",
        "dataset.context_length=6",
    ]
    network = assemble(config(*words)).network().eval()
    x = torch.randn(2, 6, 1, requires_grad=True)
    network.states(x)[:, 2].square().sum().backward()
    assert x.grad is not None
    assert (x.grad[:, 3:] == 0).all()
    assert (x.grad[:, :3] != 0).all()


@pytest.mark.parametrize("dataset", ["sunspots", "digits", "latch", "temporal_order", "adding"])
def test_it_trains_on_what_recurrent_networks_train_on(dataset: str, config: Config, tmp_path: Path) -> None:
    words = ["model=transformer", f"dataset={dataset}", "model.width=8", "model.heads=2", "model.feedforward=8"]
    quick = ["trainer.max_epochs=1", "trainer.max_steps=3", "trainer.accelerator=cpu", "regularizer=dropout"]
    assert run(config(*words, *quick), tmp_path / "run", raises=True)["status"] == "finished"


MISTAKES = [
    ("model.heads=5", "model.heads: expected a divisor of the width 32, got 5"),
    ("model.positions=rotary model.width=12 model.heads=4", "expected an even number in each head, got 3"),
    ("model.positions=rotary model.attention=additive", "rotary acts on dot products; expected model.attention=dot"),
    ("model.max_length=30", "max_length: model.positions=sinusoidal fit sequences of any length; expected null"),
    (
        "model.positions=learned model.max_length=10",
        "model.max_length: learned positions exist for 10 steps, the sequences have 24; expected at least 24",
    ),
    ("normalization=instance", "normalization=instance needs maps over space or time"),
    ("dataset=iris", "model=transformer needs sequences"),
]


@pytest.mark.parametrize(("overrides", "message"), MISTAKES)
def test_mistakes_are_refused_before_training(overrides: str, message: str, config: Config) -> None:
    with pytest.raises(ConfigError) as caught:
        assemble(config("model=transformer", *overrides.split()))
    assert message in str(caught.value)
