"""Attention with several heads."""

from __future__ import annotations

from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from dlx.nn.positions import rotate
from dlx.nn.weights import Projection

Score = Literal["dot", "additive"]


class Heads(NamedTuple):
    """The keys, rotated if positions are rotary, and the values of an attention (batch, heads, time, d)."""

    keys: Tensor
    values: Tensor


class Attention(nn.Module):
    """The mean of values, weighted for each query by the softmax of its scores with all keys, in several heads.

    Queries, keys and values are linear functions of the inputs, divided into heads of d features each; a linear layer
    maps the joined heads to the output (Vaswani et al. 2017, section 3.2). The scores of a query q and the keys k are
    q·k / sqrt(d) (eq. 1), or v·tanh(q + k) with a learned vector v that all heads share (Bahdanau, Cho & Bengio 2015,
    appendix A.1.2, with one head).

    Args:
        width: number of features of inputs and outputs, a multiple of `heads`.
        heads: number of heads.
        score: `dot` or `additive`.
        scale: divide dot products by sqrt(d).
        causal: give weight only to steps up to that of the query.
        rotary: rotate queries and keys by their positions, see `dlx.nn.positions.rotate`.

    Attributes:
        probabilities: the softmax; its output is the weights (batch, heads, queries, keys).
    """

    def __init__(self, width: int, heads: int, score: Score, scale: bool, causal: bool, rotary: bool) -> None:
        super().__init__()
        self.heads, self.causal, self.rotary = heads, causal, rotary
        self.factor = (width // heads) ** -0.5 if scale else 1.0
        self.query, self.key, self.value = (Projection(width, width) for _ in range(3))
        self.additive = Projection(width // heads, 1, bias=False) if score == "additive" else None
        self.probabilities = nn.Softmax(-1)
        self.merge = Projection(width, width)

    def forward(self, x: Tensor, memory: Tensor | Heads, absent: Tensor | None = None) -> Tensor:
        """Return one output for each step of x (batch, queries, width).

        Args:
            x: inputs of the queries (batch, queries, width); in self-attention, the last steps of the memory.
            memory: inputs of keys and values (batch, keys, width), x itself for self-attention; or what was read of
                them, see `read`.
            absent: where the memory is padded (batch, keys), which gets no weight; None: nowhere.
        """
        queries = self._split(self.query(x))
        keys, values = memory if isinstance(memory, Heads) else self.read(memory)
        if self.rotary:
            queries = rotate(queries, keys.shape[2] - queries.shape[2])
        scores = self.scores(queries, keys)
        if absent is not None:
            scores = scores.masked_fill(absent[:, None, None], -torch.inf)
        mixed = self.probabilities(scores) @ values
        return self.merge(mixed.transpose(1, 2).flatten(2))

    def read(self, memory: Tensor, past: Heads | None = None) -> Heads:
        """Return keys and values of a memory (batch, time, width), behind those of its earlier steps if there are."""
        keys, values = self._split(self.key(memory)), self._split(self.value(memory))
        if self.rotary:
            keys = rotate(keys, 0 if past is None else past.keys.shape[2])
        if past is None:
            return Heads(keys, values)
        return Heads(torch.cat([past.keys, keys], 2), torch.cat([past.values, values], 2))

    def scores(self, queries: Tensor, keys: Tensor) -> Tensor:
        """Return the scores (batch, heads, queries, keys) of heads (batch, heads, time, d); -inf where not allowed."""
        if self.additive is not None:
            found = self.additive((queries.unsqueeze(3) + keys.unsqueeze(2)).tanh()).squeeze(-1)
        else:
            found = self.factor * (queries @ keys.transpose(2, 3))
        queried, read = found.shape[-2:]
        if self.causal and queried > 1:  # all is earlier than the last step
            later = torch.ones(queried, read, dtype=torch.bool, device=found.device).triu(1 + read - queried)
            found = found.masked_fill(later, -torch.inf)
        return found

    def _split(self, x: Tensor) -> Tensor:
        return x.unflatten(2, (self.heads, -1)).transpose(1, 2)
