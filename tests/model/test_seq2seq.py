"""The recurrent encoder-decoder against torch's layers with its weights, and what padding may not change."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from dlx.model.seq2seq import Seq2Seq
from dlx.nn.encoder_decoder import BEGIN, END, SPECIAL, until_end
from dlx.normalization.none import NoNormalization
from dlx.spec import DataSpec

WIDTH, SYMBOLS, TIME, STEPS = 6, 5, 7, 5
PLAIN = DataSpec("sequence", (TIME, 4), "tokens", SYMBOLS + SPECIAL, steps=STEPS, form="answer")
ONE_HOT = DataSpec("sequence", (TIME, 4), "tokens", SYMBOLS + SPECIAL, symbols=4, steps=STEPS, form="answer")
KEYS: dict[str, Any] = {"cell": "gru", "depth": 1, "width": WIDTH, "bidirectional": False, "attention": "dot"}
CELLS = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


def seq2seq(spec: DataSpec = PLAIN, **keys: Any) -> Seq2Seq:
    torch.manual_seed(0)
    return Seq2Seq(spec, nn.Tanh, NoNormalization(), 0.0, **{**KEYS, **keys}).double()


def inputs() -> tuple[Tensor, Tensor]:
    torch.manual_seed(1)
    previous = torch.randint(END, SYMBOLS + SPECIAL, (3, STEPS))
    previous[:, 0] = BEGIN
    return torch.randn(3, TIME, 4, dtype=torch.float64), previous


def one_hot(symbols: list[list[int]]) -> Tensor:
    return nn.functional.one_hot(torch.tensor(symbols), 4).double()


@pytest.mark.parametrize("attention", ["none", "additive", "dot"])
@pytest.mark.parametrize(("cell", "depth"), [("rnn", 1), ("gru", 2), ("lstm", 1), ("lstm", 2)])
def test_it_is_torchs_layers_one_behind_the_other(cell: str, depth: int, attention: str) -> None:
    ours = seq2seq(cell=cell, depth=depth, attention=attention)
    x, previous = inputs()
    reader, writer = (CELLS[cell](size, WIDTH, depth, batch_first=True).double() for size in (4, WIDTH))
    reader.load_state_dict(ours.encoder.recurrent.state_dict())
    writer.load_state_dict(ours.decoder.recurrent.state_dict())
    states, final = reader(x)
    y, _ = writer(ours.decoder.embedding.weight[previous], final)
    if attention != "none":
        part = ours.decoder.attention
        q, k, v = part.query(y), part.key(states), part.value(states)
        if attention == "dot":
            scores = torch.einsum("bqd,bkd->bqk", q, k) / WIDTH**0.5
        else:
            scores = (q.unsqueeze(2) + k.unsqueeze(1)).tanh() @ part.additive.weight[0]
        y = torch.cat([y, part.merge(scores.softmax(2) @ v)], 2)
    weights = ours.decoder.hidden.layer[0]
    expected = ours.decoder.output((y @ weights.weight.T + weights.bias).tanh())
    torch.testing.assert_close(ours(x, previous), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("attention", ["none", "dot"])
@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_symbol_by_symbol_is_all_at_once(cell: str, attention: str) -> None:
    ours = seq2seq(cell=cell, attention=attention, depth=2, bidirectional=True)
    x, previous = inputs()
    everywhere = torch.ones(3, STEPS, dtype=torch.bool)
    torch.testing.assert_close(ours(x, previous, everywhere), ours(x, previous))
    own = ours(x)
    written = own[..., END:].argmax(-1) + END  # its own answers, told to it as if they were true
    told = torch.cat([previous[:, :1], written[:, :-1]], 1)
    torch.testing.assert_close(ours(x, told), own)
    torch.testing.assert_close(ours(x, previous, ~everywhere), own)
    codes = nn.functional.one_hot(previous, SYMBOLS + SPECIAL).double()
    torch.testing.assert_close(ours(x, codes), ours(x, previous))
    torch.testing.assert_close(ours(x, codes, ~everywhere), own)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_padding_has_no_effect(cell: str, bidirectional: bool) -> None:
    short = DataSpec("sequence", (3, 4), "tokens", SYMBOLS + SPECIAL, symbols=4, steps=STEPS, form="answer")
    padded, plain = (seq2seq(spec, cell=cell, bidirectional=bidirectional) for spec in (ONE_HOT, short))
    plain.load_state_dict(padded.state_dict())
    _, previous = inputs()
    rows = [[3, 1, 2, 0, 0, 0, 0], [1, 3, 3, 0, 0, 0, 0], [2, 2, 1, 0, 0, 0, 0]]
    cut = one_hot([row[:3] for row in rows])
    torch.testing.assert_close(padded(one_hot(rows), previous), plain(cut, previous), rtol=0, atol=1e-12)
    mixed = one_hot([rows[0], [1, 2, 3, 1, 2, 3, 1], [1, 2, 3, 1, 2, 0, 0]])
    torch.testing.assert_close(padded(mixed, previous)[:1], plain(cut, previous)[:1], rtol=0, atol=1e-12)
    torch.testing.assert_close(padded(mixed)[:1], plain(cut)[:1], rtol=0, atol=1e-12)


def test_answers_end_with_the_first_end() -> None:
    written = torch.tensor([[4, END, 5, END, 3], [END, 3, 3, 3, 3], [3, 4, 5, 6, 7]])
    assert until_end(written).tolist() == [[4, END, 0, 0, 0], [END, 0, 0, 0, 0], [3, 4, 5, 6, 7]]
