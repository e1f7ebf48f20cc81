"""Beam search against a search of all answers."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor, nn

from dlx.model.seq2seq import Seq2Seq
from dlx.nn.encoder_decoder import BEGIN, END, beam_search, best, until_end
from dlx.normalization.none import NoNormalization
from dlx.spec import DataSpec

WORDS, STEPS = 3, 4
SPEC = DataSpec("sequence", (5, 2), "tokens", WORDS + 3, steps=STEPS, form="answer")


def network() -> Seq2Seq:
    torch.manual_seed(0)
    keys = {"cell": "gru", "depth": 1, "width": 8, "bidirectional": False, "attention": "dot"}
    made = Seq2Seq(SPEC, nn.Tanh, NoNormalization(), 0.0, **keys).double()
    for parameter in made.parameters():  # far from uniform, so that greedy decoding misses the best answers
        parameter.data = torch.randn_like(parameter)
    made.decoder.output.bias.data[END] = -2.0
    return made


def every_answer() -> list[tuple[int, ...]]:
    """Return all answers, ended or of full length, with padding behind the end."""
    words = range(3, 3 + WORDS)
    ended = [
        (*body, END, *[0] * (STEPS - 1 - length))
        for length in range(STEPS)
        for body in itertools.product(words, repeat=length)
    ]
    return [*ended, *itertools.product(words, repeat=STEPS)]


def probabilities(net: Seq2Seq, x: Tensor, answers: Tensor) -> Tensor:
    """Return the logarithms of the probabilities of answers (answers, steps) to inputs, by the chain rule."""
    previous = torch.cat([torch.full((len(answers), 1), BEGIN), answers[:, :-1]], 1)
    logs = net(x, previous).log_softmax(-1).gather(2, answers.unsqueeze(2)).squeeze(2)
    return (logs * (answers != 0)).sum(1)


@torch.no_grad()
def test_a_beam_of_every_answer_finds_the_most_probable_one() -> None:
    net = network()
    x = torch.randn(6, 5, 2, dtype=torch.float64)
    answers = torch.tensor(every_answer())
    found, greedy = beam_search(net, x, STEPS, len(answers)), until_end(best(net(x)))
    for row in range(6):
        logs = probabilities(net, x[row].expand(len(answers), -1, -1), answers)
        assert torch.equal(found[row], answers[logs.argmax()])
    assert (found != greedy).any()


@torch.no_grad()
def test_one_beam_is_greedy_and_more_are_not_worse() -> None:
    net = network()
    x = torch.randn(20, 5, 2, dtype=torch.float64)
    assert torch.equal(beam_search(net, x, STEPS, 1), until_end(best(net(x))))
    few, many = (beam_search(net, x, STEPS, beams) for beams in (2, 200))
    assert torch.equal(few[:3], beam_search(net, x[:3], STEPS, 2))  # examples do not mix
    assert (probabilities(net, x, few) <= probabilities(net, x, many) + 1e-12).all()


@pytest.mark.parametrize("beams", [1, 5])
def test_nothing_is_written_behind_the_end(beams: int) -> None:
    found = beam_search(network(), torch.randn(4, 5, 2, dtype=torch.float64), STEPS, beams)
    assert torch.equal(found, until_end(found))
