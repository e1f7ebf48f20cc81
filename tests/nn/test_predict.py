"""Evaluation in pieces."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from dlx.contracts.model import Model
from dlx.nn.predict import MOST_WEIGHTS, PIECE, piece


class Attending(Model):
    attention_heads = 4

    def forward(self, x: Tensor) -> Tensor:
        return x


@pytest.mark.parametrize(("steps", "expected"), [(10, PIECE), (300, MOST_WEIGHTS // (4 * 300**2)), (20_000, 1)])
def test_the_weights_of_attention_bound_the_number_of_examples(steps: int, expected: int) -> None:
    inputs = torch.empty(5, steps, 2, device="meta")
    assert piece(Attending(), inputs) == expected
    assert piece(Model(), inputs) == piece(torch.nn.Linear(2, 2), inputs) == PIECE
