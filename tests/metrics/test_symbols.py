"""BLEU against torchmetrics, which counts words of texts."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torchmetrics.functional.text import bleu_score

from dlx.metrics.symbols import bleu


@pytest.mark.parametrize(("examples", "steps", "symbols"), [(1, 1, 5), (3, 6, 4), (40, 8, 9), (20, 12, 5), (9, 7, 300)])
def test_bleu_is_that_of_torchmetrics(examples: int, steps: int, symbols: int) -> None:
    torch.manual_seed(0)
    target = torch.randint(symbols, (examples, steps))  # those below 3 are left out, also between words
    written = torch.where(torch.rand(examples, steps) < 0.7, target, torch.randint(symbols, (examples, steps)))
    if steps == 8:
        written[:, 4:] = 0  # shorter than the references

    def texts(rows: Tensor) -> list[str]:
        return [" ".join(str(symbol) for symbol in row if symbol >= 3) for row in rows.tolist()]

    expected = float(bleu_score(texts(written), [[text] for text in texts(target)]))
    assert bleu(written, target, 3) == expected
    assert (expected > 0) == (examples > 3)
