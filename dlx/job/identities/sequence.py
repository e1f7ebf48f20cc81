"""Statements about models of sequences."""

from __future__ import annotations

from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from dlx.job.identities.check import Check, draw, gap
from dlx.nn.cells import Elman, GatedGRU
from dlx.nn.recurrent import Unrolled

M = TypeVar("M", bound=nn.Module)


def _filled(module: M, random: Generator) -> M:
    module = module.double()
    for parameter in module.parameters():
        parameter.data = draw(random, *parameter.shape) / 2
    return module


def _affine(layer: nn.RNNBase, x: Tensor, h: Tensor) -> Tensor:
    w_x, w_h, b_x, b_h = layer.parameters()
    return x @ w_x.T + b_x + h @ w_h.T + b_h


def unrolled_rnn(random: Generator) -> Check:
    """A recurrent network is a deep one with the same weights in each layer: h_t = tanh(W x_t + U h_{t-1} + b)."""
    rnn = _filled(nn.RNN(3, 5, batch_first=True), random)
    x, h, states = draw(random, 2, 7, 3), torch.zeros(2, 5, dtype=torch.float64), []
    for step in x.unbind(1):
        h = torch.tanh(_affine(rnn, step, h))
        states.append(h)
    return Check(gap(rnn(x)[0], torch.stack(states, 1)))


def lstm_equations(random: Generator) -> Check:
    """Torch's LSTM is c_t = f c_{t-1} + i g, h_t = o tanh(c_t), with gates in the order i, f, g, o."""
    lstm = _filled(nn.LSTM(3, 5, batch_first=True), random)
    x = draw(random, 2, 7, 3)
    h = c = torch.zeros(2, 5, dtype=torch.float64)
    for step in x.unbind(1):
        i, f, g, o = _affine(lstm, step, h).chunk(4, 1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
    _, (last_h, last_c) = lstm(x)
    return Check(max(gap(last_h[0], h), gap(last_c[0], c)))


def gru_without_gates_is_the_rnn(random: Generator) -> Check:
    """A GRU whose gates are disabled (r = 1, z = 0) is the plain recurrent network with the same weights."""
    ungated = _filled(Unrolled(GatedGRU(["new"]), 3, 5, 1, False, 0.0), random)
    rnn, x = nn.RNN(3, 5, batch_first=True).double(), draw(random, 2, 7, 3)
    rnn.load_state_dict(ungated.state_dict())
    return Check(gap(ungated(x)[0], rnn(x)[0]))


def lstm_with_fixed_gates_is_an_rnn(random: Generator) -> Check:
    """An LSTM with i = 1, f = 0, o = 1 is a plain recurrent network with the activation tanh(tanh(x))."""
    lstm, x = _filled(nn.LSTM(3, 5, batch_first=True), random), draw(random, 2, 7, 3)
    rnn = Unrolled(Elman(nn.Sequential(nn.Tanh(), nn.Tanh())), 3, 5, 1, False, 0.0).double()
    candidate = slice(10, 15)  # rows of the new cell content in torch's order i, f, g, o
    rnn.load_state_dict({name: weight[candidate].clone() for name, weight in lstm.state_dict().items()})
    fixed = torch.tensor([800.0, -800.0, 0.0, 800.0], dtype=torch.float64).repeat_interleave(5)  # sigmoid: 1, 0, -, 1
    for name, parameter in lstm.named_parameters():
        parameter.data[fixed != 0] = 0
        if name == "bias_ih_l0":
            parameter.data += fixed
    return Check(gap(lstm(x)[0], rnn(x)[0]))


def causal_jacobian(random: Generator) -> Check:
    """The output at t depends on the input at s if and only if s <= t; the error is the fraction of wrong pairs.

    The largest error of a plain recurrent network, a GRU and an LSTM.
    """
    layers: list[nn.RNNBase] = [_filled(kind(2, 4, batch_first=True), random) for kind in (nn.RNN, nn.GRU, nn.LSTM)]
    errors = [_causality(lambda x, layer=layer: layer(x)[0], random, 6).error for layer in layers]
    return Check(max(errors), 0.0)


def causal_jacobian_bidirectional(random: Generator) -> Check:
    """Myth: "every recurrent network is causal"; a bidirectional one sees the future."""
    rnn = _filled(nn.RNN(2, 4, batch_first=True, bidirectional=True), random)
    return _causality(lambda x: rnn(x)[0], random, 6)


def _causality(network: object, random: Generator, steps: int) -> Check:
    jacobian = torch.autograd.functional.jacobian(network, draw(random, 1, steps, 2))  # (1, t, h, 1, s, x)
    depends = (jacobian != 0).any(2).any(-1)[0, :, 0]
    allowed = torch.ones(steps, steps, dtype=torch.bool).tril()
    return Check(float((depends != allowed).double().mean()), 0.0)


def _windows(random: Generator) -> tuple[nn.Module, Tensor, Tensor]:
    network = _filled(nn.Sequential(nn.Flatten(), nn.Linear(8, 5), nn.Tanh(), nn.Linear(5, 1)), random)
    return network, draw(random, 20, 8, 1), draw(random, 20, 1)


def window_slides_like_a_convolution(random: Generator) -> Check:
    """A dense layer on each window of 4 steps is a convolution over time: kernel of 4, stride 1, the same weights."""
    layer, series = _filled(nn.Linear(4, 5), random), draw(random, 1, 1, 20)
    windows = torch.stack([series[0, 0, start : start + 4] for start in range(17)])
    slid = F.conv1d(series, layer.weight.unsqueeze(1), layer.bias)
    return Check(gap(layer(windows), slid[0].T))


def window_shuffle(random: Generator) -> Check:
    """The windows of a time-delay network may be shuffled: the gradient of the mean loss is the same."""
    network, inputs, targets = _windows(random)
    order = torch.randperm(20, generator=random)
    return Check(_gradient_gap(network, (inputs, targets), (inputs[order], targets[order])))


def window_inside_shuffle(random: Generator) -> Check:
    """Myth: "order does not matter to a time-delay network"; inside a window it does."""
    network, inputs, targets = _windows(random)
    return Check(_gradient_gap(network, (inputs, targets), (inputs[:, torch.randperm(8, generator=random)], targets)))


def _gradient_gap(network: nn.Module, one: tuple[Tensor, Tensor], other: tuple[Tensor, Tensor]) -> float:
    gradients = [
        nn.utils.parameters_to_vector(torch.autograd.grad(F.mse_loss(network(x), y), list(network.parameters())))
        for x, y in (one, other)
    ]
    return gap(*gradients)


def mean_forgets_order(random: Generator) -> Check:
    """A mean over time is the same for every order of the steps."""
    embed, x = _filled(nn.Sequential(nn.Linear(3, 5), nn.Tanh()), random), draw(random, 4, 9, 3)
    return Check(gap(embed(x).mean(1), embed(x[:, torch.randperm(9, generator=random)]).mean(1)))


def convolution_forgets_order(random: Generator) -> Check:
    """Myth: "a CNN recognizes patterns, so order does not matter"; inside its receptive field it does."""
    network = _filled(nn.Sequential(nn.Conv1d(3, 5, 4), nn.Tanh(), nn.AdaptiveMaxPool1d(1)), random)
    x = draw(random, 4, 3, 9)
    return Check(gap(network(x), network(x[..., torch.randperm(9, generator=random)])))


def convolution_loses_the_past(random: Generator) -> Check:
    """Myth: "a CNN loses past values"; a filter of 8 steps can return the value of 6 steps ago exactly.

    The error is the fraction of the variance of that value that is kept; the myth says 0.
    """
    series, lag = draw(random, 1, 1, 200), 6
    kernel = torch.zeros(1, 1, 8, dtype=torch.float64)
    kernel[..., 7 - lag] = 1
    seen = F.conv1d(series, kernel)
    kept = 1 - float((seen - series[..., 7 - lag : 200 - lag]).square().mean() / series.var())
    return Check(abs(kept), value=kept)


def self_attention_equivariance(random: Generator) -> Check:
    """Self-attention without positional encoding is equivariant: permuted inputs give permuted outputs."""
    attention = _filled(nn.MultiheadAttention(6, 2, batch_first=True), random)
    x, order = draw(random, 2, 7, 6), torch.randperm(7, generator=random)
    plain, permuted = (attention(y, y, y, need_weights=False)[0] for y in (x, x[:, order]))
    return Check(gap(plain[:, order], permuted))


def causal_attention_equivariance(random: Generator) -> Check:
    """Myth: "self-attention without positions never knows the order"; with a causal mask it does.

    A step attends to the steps before it alone, so permuted inputs do not give permuted outputs (Haviv et al. 2022).
    """
    attention = _filled(nn.MultiheadAttention(6, 2, batch_first=True), random)
    x, order = draw(random, 2, 7, 6), torch.randperm(7, generator=random)
    mask = torch.ones(7, 7, dtype=torch.bool).triu(1)
    plain, permuted = (attention(y, y, y, attn_mask=mask, need_weights=False)[0] for y in (x, x[:, order]))
    return Check(gap(plain[:, order], permuted))
