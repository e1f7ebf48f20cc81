"""Networks on sequences: windows, bags and recurrence against formulas by hand and torch's fused layers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from statsmodels.tsa.ar_model import AutoReg
from torch import Tensor, nn

from dlx.assembly.assemble import assemble
from dlx.config import gate
from dlx.dataset.sunspots import Sunspots
from dlx.errors import ConfigError
from dlx.model import gru, lstm
from dlx.model.deep_sets import DeepSets
from dlx.model.rnn import RNN
from dlx.model.tdnn import TDNN
from dlx.nn.cells import Elman, GatedGRU, GatedLSTM
from dlx.nn.recurrent import Unrolled
from dlx.normalization.none import NoNormalization
from dlx.results.checkpoint import load_checkpoint
from dlx.run.run import run
from dlx.spec import DataSpec

Config = Callable[..., dict[str, Any]]
SPEC = DataSpec("sequence", (7, 3), "number", 2)


def sequences(time: int = 7) -> Tensor:
    torch.manual_seed(3)
    return torch.randn(4, time, 3, dtype=torch.float64)


# --- windows


def test_linear_tdnn_is_the_least_squares_autoregression(config: Config, tmp_path: Path) -> None:
    composed = config(
        "model=tdnn", "model.depth=1", "model.window=5", "dataset=sunspots", "dataset.context_length=5",
        "dataset.batch_size=null", "dataset.standardize=false", "dataset.split=[0.6,0.2,0.2]", "optimizer=lbfgs",
        "optimizer.max_iter=200", "optimizer.tolerance_change=0", "optimizer.tolerance_grad=0", "trainer.max_epochs=8",
        "trainer.precision=64-true", "trainer.accelerator=cpu", "trainer.test_weights=last",
    )  # fmt: skip
    run(composed, tmp_path / "run", raises=True)
    checkpoint = load_checkpoint(tmp_path / "run" / "checkpoints" / "last.ckpt")
    assert checkpoint is not None
    weight = checkpoint["state_dict"]["network.output.weight"].numpy()[0, 0]  # oldest value first
    constant = checkpoint["state_dict"]["network.output.bias"].item()
    examples = len(assemble(composed).data.train)
    truth = (
        AutoReg(Sunspots().load(0).values[: examples + 5, 0].astype(float), 5).fit().params
    )  # constant, then the newest value first
    np.testing.assert_allclose([constant, *weight[::-1]], truth, rtol=1e-4, atol=1e-3)


def test_tdnn_sees_its_window_and_nothing_else() -> None:
    keys: dict[str, Any] = {"depth": 3, "width": 8, "window": 4}
    torch.manual_seed(0)
    network = TDNN(SPEC, nn.Tanh, NoNormalization(), 0.0, **keys, readout="last").double()
    x = sequences().requires_grad_()
    network(x).sum().backward()
    assert x.grad is not None
    reached = x.grad.abs().sum((0, 2)) > 0
    assert reached.tolist() == [False, False, False, True, True, True, True]
    hidden = x[:, -4:].transpose(1, 2).flatten(1)
    for layer in [layer[0] for layer in network.hidden]:
        hidden = (hidden @ layer.weight.flatten(1).T + layer.bias).tanh()
    torch.testing.assert_close(network(x), hidden @ network.output.weight[:, :, 0].T + network.output.bias)


def test_tdnn_mean_readout_takes_every_window() -> None:
    keys: dict[str, Any] = {"depth": 2, "width": 8, "window": 4}
    torch.manual_seed(0)
    mean = TDNN(SPEC, nn.ReLU, NoNormalization(), 0.0, **keys, readout="mean").double()
    last = TDNN(SPEC, nn.ReLU, NoNormalization(), 0.0, **keys, readout="last").double()
    last.load_state_dict(mean.state_dict())
    x = sequences()
    windows = torch.stack([last(x[:, begin : begin + 4]) for begin in range(4)])
    torch.testing.assert_close(mean(x), windows.mean(0))


def test_a_window_longer_than_its_context_is_refused(config: Config) -> None:
    with pytest.raises(ConfigError, match="window: expected at most the 6 steps of a sequence, got 8"):
        assemble(config("model=tdnn", "dataset.context_length=6"))


# --- bags


def test_a_bag_has_no_order() -> None:
    torch.manual_seed(0)
    network = DeepSets(SPEC, nn.Tanh, NoNormalization(), 0.0, depth=4, width=6).double()
    x = sequences()
    torch.testing.assert_close(network(x[:, torch.randperm(7)]), network(x))
    element = x
    for layer in [layer[0] for layer in network.element]:
        element = (element @ layer.weight[:, :, 0].T + layer.bias).tanh()
    expected = network.output(network.hidden(element.mean(1)))
    torch.testing.assert_close(network(x), expected)
    assert (len(network.element), len(network.hidden)) == (2, 1)
    linear = DeepSets(SPEC, nn.Tanh, NoNormalization(), 0.0, depth=1, width=6).double()
    torch.testing.assert_close(linear(x), linear.output(x.mean(1)))


# --- recurrence

FUSED = [
    (nn.LSTM, lambda: GatedLSTM(["input", "forget", "cell", "output"])),
    (nn.GRU, lambda: GatedGRU(["reset", "update", "new"])),
    (nn.RNN, lambda: Elman(nn.Tanh())),
]


@pytest.mark.parametrize(("layer", "cell"), FUSED, ids=["lstm", "gru", "rnn"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_unrolled_layers_are_torchs_own(layer: Any, cell: Any, bidirectional: bool) -> None:
    torch.manual_seed(0)
    fused = layer(3, 5, 2, batch_first=True, bidirectional=bidirectional).double()
    loop = Unrolled(cell(), 3, 5, 2, bidirectional, 0.0).double()
    loop.load_state_dict(fused.state_dict())
    x = sequences()
    y, state = fused(x)
    found, final = loop(x)
    torch.testing.assert_close(found, y)
    for one, other in zip(final, state if isinstance(state, tuple) else (state,), strict=True):
        torch.testing.assert_close(one, other)
    again = loop(x, final)[0]
    torch.testing.assert_close(again, fused(x, state)[0])


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize("closed", [("forget",), ("input",), ("output",), ("forget", "input", "output")])
def test_lstm_gates_that_are_off_are_open(closed: tuple[str, ...]) -> None:
    gates = {name: name not in closed for name in ("forget", "input", "output")}
    keys: dict[str, Any] = {"depth": 1, "width": 5, "bidirectional": False, "forget_bias": None, "carry_state": True}
    torch.manual_seed(0)
    network = lstm.LSTM(SPEC, 0.0, gates=gates, **keys).double()
    layer, x = network.recurrent, sequences().numpy()
    wx, wh, bx, bh = (p.detach().numpy() for p in layer.parameters())
    order = [name for name in ("input", "forget", "cell", "output") if name == "cell" or gates[name]]
    assert len(wx) == 5 * len(order)
    h, c = np.zeros((4, 5)), np.zeros((4, 5))
    for t in range(7):
        z = dict(zip(order, np.split(x[:, t] @ wx.T + bx + h @ wh.T + bh, len(order), axis=1), strict=True))
        gate = {name: sigmoid(z[name]) if name in z else 1.0 for name in ("input", "forget", "output")}
        c = gate["forget"] * c + gate["input"] * np.tanh(z["cell"])
        h = gate["output"] * np.tanh(c)
    expected = network.output(torch.from_numpy(h))
    torch.testing.assert_close(network(torch.from_numpy(x)), expected)


@pytest.mark.parametrize("closed", [("reset",), ("update",), ("reset", "update")])
def test_gru_gates_that_are_off_let_the_new_through(closed: tuple[str, ...]) -> None:
    gates = {name: name not in closed for name in ("reset", "update")}
    keys: dict[str, Any] = {"depth": 1, "width": 5, "bidirectional": False, "forget_bias": None, "carry_state": True}
    torch.manual_seed(0)
    network = gru.GRU(SPEC, 0.0, gates=gates, **keys).double()
    x = sequences().numpy()
    wx, wh, bx, bh = (p.detach().numpy() for p in network.recurrent.parameters())
    order = [name for name in ("reset", "update", "new") if name == "new" or gates[name]]
    h = np.zeros((4, 5))
    for t in range(7):
        a = dict(zip(order, np.split(x[:, t] @ wx.T + bx, len(order), axis=1), strict=True))
        b = dict(zip(order, np.split(h @ wh.T + bh, len(order), axis=1), strict=True))
        r = sigmoid(a["reset"] + b["reset"]) if gates["reset"] else 1.0
        z = sigmoid(a["update"] + b["update"]) if gates["update"] else 0.0
        h = z * h + (1 - z) * np.tanh(a["new"] + r * b["new"])
    torch.testing.assert_close(network(torch.from_numpy(x)), network.output(torch.from_numpy(h)))


def test_rnn_takes_the_activation_of_its_group() -> None:
    keys: dict[str, Any] = {"depth": 1, "width": 5, "bidirectional": False, "carry_state": True}
    x = sequences()
    for activation in (nn.Tanh, nn.ReLU, nn.SiLU, nn.PReLU):
        torch.manual_seed(0)
        network = RNN(SPEC, activation, 0.0, **keys).double()
        wx, wh, bx, bh = (p for name, p in network.recurrent.named_parameters() if "cell" not in name)
        f, h = activation().double(), torch.zeros(4, 5, dtype=torch.float64)
        for t in range(7):
            h = f(x[:, t] @ wx.T + bx + h @ wh.T + bh)
        torch.testing.assert_close(network(x), network.output(h))


def test_bidirectional_reads_both_ends() -> None:
    keys: dict[str, Any] = {"depth": 1, "width": 5, "bidirectional": True, "carry_state": True}
    torch.manual_seed(0)
    network = RNN(SPEC, nn.Tanh, 0.0, **keys).double()
    x = sequences()
    states = network.recurrent(x)[1]  # the final state of each direction: (2, batch, width)
    torch.testing.assert_close(network(x), network.output(torch.cat([states[0], states[1]], 1)))


@pytest.mark.parametrize(("model", "layer"), [("lstm", nn.LSTM), ("gru", nn.GRU), ("rnn", nn.RNN)])
@pytest.mark.parametrize("depth", [1, 3])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_models_are_torchs_layers(model: str, layer: Any, depth: int, bidirectional: bool, config: Config) -> None:
    words = [f"model={model}", f"model.depth={depth}", f"model.bidirectional={bidirectional}", "model.width=5"]
    choice = gate.choice(config(*words)["model"], "model")
    theirs = layer(3, 5, depth, batch_first=True, bidirectional=bidirectional).double()
    given = {"activation": nn.Tanh, "dropout": 0.0, "truncated_bptt_steps": None}
    x = sequences()
    for form in ("vector", "sequence"):
        network = choice.make(replace(SPEC, form=form), **given).double().eval()
        theirs.load_state_dict(network.recurrent.state_dict())
        states, final = theirs(x)
        ends = (final[0] if isinstance(final, tuple) else final)[-2 if bidirectional else -1 :]  # of the last layer
        read = torch.cat(list(ends), 1) if form == "vector" else states
        torch.testing.assert_close(network(x), network.output(read), rtol=0, atol=1e-12)


def test_stacked_layers_have_dropout_between_them_and_behind(config: Config) -> None:
    network = assemble(
        config("model=gru", "model.depth=2", "regularizer=dropout", "regularizer.dropout.p=0.3")
    ).network()
    assert (network.recurrent.dropout, network.dropout.p) == (0.3, 0.3)


@pytest.mark.parametrize("model", ["lstm", "gru", "rnn", "lstm model.gates.input=false"])
@pytest.mark.parametrize("carry", [True, False])
def test_truncated_backpropagation_cuts_gradients_and_carries_states(model: str, carry: bool, config: Config) -> None:
    name, *keys = model.split()
    overrides = (f"model={name}", *keys, "dataset.context_length=10")
    whole = assemble(config(*overrides)).network()
    cut = assemble(config(*overrides, "trainer.truncated_bptt_steps=4", f"model.carry_state={carry}")).network()
    x = torch.randn(3, 10, 1, requires_grad=True)
    y = cut(x)
    torch.testing.assert_close(y, whole(x) if carry else whole(x[:, -2:]))  # chunks of 4, 4 and 2 steps
    y.sum().backward()
    assert x.grad is not None
    assert (x.grad[:, :8] == 0).all()
    assert (x.grad[:, 8:] != 0).all()


@pytest.mark.parametrize(("model", "part"), [("lstm", 1), ("gru", 1), ("lstm model.gates.input=false", 0)])
def test_forget_bias_is_set_on_its_gate_alone(model: str, part: int, config: Config) -> None:
    name, *keys = model.split()
    overrides = (f"model={name}", *keys, "model.forget_bias=3", "model.depth=2", "initializer=orthogonal")
    layer = assemble(config(*overrides)).network().recurrent
    for suffix in ("l0", "l1"):
        total = getattr(layer, f"bias_ih_{suffix}") + getattr(layer, f"bias_hh_{suffix}")
        gates = total.split(32)
        assert (gates[part] == 3).all()
        assert all((gate == 0).all() for number, gate in enumerate(gates) if number != part)


MISTAKES = [
    (["model=lstm", "model.gates.forgt=false"], None),
    (["model=lstm", "model.gates.forget=3"], "model.gates.forget: expected bool, got 3"),
    (["model=lstm", "model.gates=true"], "model.gates: expected mapping, got true"),
    (["model=lstm", "model.gates.forget=false", "model.forget_bias=1"], "there is no forget gate"),
    (["model=gru", "model.gates.update=false", "model.forget_bias=1"], "there is no update gate"),
    (["model=gru", "model.bidirectional=true", "trainer.truncated_bptt_steps=4"], "bidirectional"),
    (["model=mlp", "trainer.truncated_bptt_steps=4"], "model=mlp reads no sequence step by step"),
    (["model=lstm", "trainer.truncated_bptt_steps=0"], "trainer.truncated_bptt_steps: expected int > 0 or null"),
    (["model=rnn", "activation=maxout"], "activation=maxout joins several units"),
]


@pytest.mark.parametrize(("overrides", "message"), MISTAKES, ids=[" ".join(m[0]) for m in MISTAKES])
def test_mistakes_are_refused_before_training(overrides: list[str], message: str | None, config: Config) -> None:
    if message is None:  # a key that is not in the option's file is refused when it is composed
        composed = config("model=lstm")
        composed["model"]["gates"]["forgt"] = False
        message = "model.gates.forgt: no such key of model.gates; did you mean 'forget'?"
    else:
        composed = config(*overrides)
    with pytest.raises(ConfigError) as caught:
        assemble(composed)
    assert message in str(caught.value)


def test_a_gate_that_is_not_named_is_missing(config: Config) -> None:
    composed = config("model=lstm")
    del composed["model"]["gates"]["input"]
    with pytest.raises(ConfigError, match=r"model\.gates\.input: missing; expected bool"):
        assemble(composed)
