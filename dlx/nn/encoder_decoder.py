"""Networks that read a sequence and write an answer symbol by symbol, and how answers are decoded from them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from dlx.contracts import Net
from dlx.data import tree
from dlx.nn.network import Network
from dlx.spec import SPECIAL_SYMBOLS

PADDING, BEGIN, END = range(len(SPECIAL_SYMBOLS))
SPECIAL = len(SPECIAL_SYMBOLS)  # the first of the other symbols


class Memory(NamedTuple):
    """The result of an encoder, which the decoder is given.

    Attributes:
        states: a vector for each step of the input (batch, time, width).
        absent: where the input is padded (batch, time); None: nowhere.
        final: final states of the layers of a recurrent encoder (batch, layers, width); None: the decoder has none.
    """

    states: Tensor
    absent: Tensor | None = None
    final: Tensor | None = None


class Written(NamedTuple):
    """The state of a decoder that has no other: what the encoder returned, and the symbols so far (batch, steps)."""

    memory: Memory
    symbols: Tensor | None = None


class EncoderDecoder(Network, ABC):
    """Base class of networks whose encoder reads the input and whose decoder writes the answer (Cho et al. 2014).

    The decoder is given the symbols written so far and has a score for each symbol that may come next. An answer ends
    with a symbol of its own. A subclass implements `encode` and `decode`, and may implement `start` and `advance` where
    the next symbol can be scored without another pass over all that was written.

    Attributes:
        steps: number of steps for which an answer is decoded, the symbol that ends it included.
    """

    accepts = ("sequence",)
    gives = ("answer",)
    parts = ("encoder", "decoder")
    targets = ("tokens",)
    steps: int

    @abstractmethod
    def encode(self, x: Tensor) -> Memory:
        """Return what the decoder is given of inputs (batch, time, features)."""

    @abstractmethod
    def decode(self, memory: Memory, previous: Tensor) -> Tensor:
        """Return scores (batch, steps, symbols) of the symbol of each step, given the symbols before it.

        Args:
            memory: what the encoder returned.
            previous: BEGIN and the symbols of the answer but the last (batch, steps), or their probabilities (batch,
                steps, symbols).
        """

    def start(self, memory: Memory) -> Any:
        """Return the state of the decoder before the first step, a tree with one row for each example."""
        return Written(memory)

    def advance(self, state: Any, symbols: Tensor) -> tuple[Tensor, Any]:
        """Return scores of the next symbols (batch, symbols) after further ones (batch,), and the next state."""
        added = symbols.unsqueeze(1)
        written = added if state.symbols is None else torch.cat([state.symbols, added], 1)
        return self.decode(state.memory, written)[:, -1], Written(state.memory, written)

    def arguments(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return inputs and symbols before each step (batch, steps), which the decoder is given in training."""
        return x, torch.full((len(x), self.steps), BEGIN, device=x.device)

    def forward(self, x: Tensor, previous: Tensor | None = None, told: Tensor | None = None) -> Tensor:
        """Return scores (batch, steps, symbols) for the answers to inputs (batch, time, features).

        Args:
            x: inputs.
            previous: true symbols before each step, see `decode`; None: the decoder is given the symbols with the
                highest scores that it has written itself (greedy decoding).
            told: where the decoder is given the true symbol (batch, steps), elsewhere its own; None: everywhere.
        """
        memory = self.encode(x)
        if previous is not None and told is None:
            return self.decode(memory, previous)
        symbol = torch.full((len(x),), BEGIN, device=x.device)
        state, found = self.start(memory), []
        for step in range(self.steps if previous is None else previous.shape[1]):
            if previous is not None and told is not None:
                symbol = given_or_own(previous[:, step], told[:, step], symbol)
            scores, state = self.advance(state, symbol)
            found.append(scores)
            symbol = best(scores)
        return torch.stack(found, 1)


def given_or_own(given: Tensor, told: Tensor, own: Tensor) -> Tensor:
    """Return the given symbols (batch,), or probabilities (batch, symbols), where `told`, and elsewhere `own`."""
    if given.is_floating_point():
        return torch.where(told.unsqueeze(1), given, one_hot(own, given.shape[1]).to(given))
    return torch.where(told, given, own)


class SymbolEmbedding(nn.Embedding):
    """A learned vector for each symbol; the mean vector for probabilities of symbols."""

    def forward(self, symbols: Tensor) -> Tensor:
        """Map symbols (...) or probabilities (..., symbols) to vectors (..., features)."""
        return symbols @ self.weight if symbols.is_floating_point() else super().forward(symbols)


def best(scores: Tensor) -> Tensor:
    """Return the symbol with the highest score, other than padding and the symbol that begins an answer."""
    return scores[..., END:].argmax(-1) + END


def until_end(symbols: Tensor) -> Tensor:
    """Return answers (batch, steps) with padding behind the symbol that ends each."""
    ended = (symbols == END).cumsum(1) - (symbols == END).long() > 0
    return symbols.masked_fill(ended, PADDING)


def beam_search(net: Net, x: Tensor, steps: int, beams: int) -> Tensor:
    """Return the most probable answers that a beam search finds (batch, steps), with padding behind the end.

    After each step, the `beams` answers so far with the highest probability are kept (Graves 2012; Sutskever et al.
    2014, section 3.2). With as many beams as there are answers the search is exhaustive; with one it is greedy.

    Args:
        net: an encoder-decoder.
        x: inputs (batch, time, features).
        steps: number of steps.
        beams: number of answers that are kept.
    """
    size = len(x)
    first = torch.arange(size, device=x.device).repeat_interleave(beams)  # row of each beam: (size · beams,)
    state = tree.rows(net.start(net.encode(x)), first)
    symbols = torch.full((size * beams,), BEGIN, device=x.device)
    answers = symbols.new_zeros(size * beams, 0)
    total = torch.full((size, beams), -torch.inf, device=x.device, dtype=x.dtype)
    total[:, 0] = 0.0  # all beams begin alike
    for _ in range(steps):
        scores, state = net.advance(state, symbols)
        logs = scores.log_softmax(-1)
        logs[:, :END] = -torch.inf
        over = (answers == END).any(1)
        logs[over] = -torch.inf
        logs[over, PADDING] = 0.0  # the only way to go on behind the end
        count = logs.shape[1]
        total, places = (total.unsqueeze(2) + logs.view(size, beams, count)).flatten(1).topk(beams)
        rows = (torch.arange(size, device=x.device).unsqueeze(1) * beams + places // count).flatten()
        symbols = (places % count).flatten()
        state = tree.rows(state, rows)
        answers = torch.cat([answers[rows], symbols.unsqueeze(1)], 1)
    return answers.view(size, beams, steps)[:, 0]
