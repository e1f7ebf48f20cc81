"""Metrics of sequences of symbols, of which some steps may be padded."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def symbol_loss(scores: Tensor, target: Tensor, weights: Tensor | None = None, label_smoothing: float = 0.0) -> Tensor:
    """Return the mean of -log softmax(scores)[symbol] over examples and steps.

    Args:
        scores: a score for each symbol (batch, time, symbols).
        target: symbols (batch, time), or probabilities of the symbols (batch, time, symbols).
        weights: weights of the steps (batch, time), 0 in padding; None: all are equal.
        label_smoothing: share of the target that is spread over all symbols.
    """
    flat = scores.flatten(0, 1), target.flatten(0, 1)
    if weights is None:
        return F.cross_entropy(*flat, label_smoothing=label_smoothing)
    return mean_of(F.cross_entropy(*flat, label_smoothing=label_smoothing, reduction="none"), weights.flatten())


def mean_of(values: Tensor, weights: Tensor | None) -> Tensor:
    """Return the mean of values, weighted if there are weights."""
    return values.mean() if weights is None else (values * weights).sum() / weights.sum()


def every(hits: Tensor, weights: Tensor | None) -> Tensor:
    """Return for each row whether all of its entries hold (batch,), except those with a weight of 0."""
    return (hits if weights is None else hits | (weights == 0)).all(1)


def bleu(written: Tensor, target: Tensor, first: int) -> float:
    """Return the BLEU of written answers (examples, steps) with one reference each (Papineni et al. 2002).

    Args:
        written: symbols of the answers.
        target: symbols of the references.
        first: the symbols below this one are no words (padding and the like) and are left out.
    """
    from torchmetrics.functional.text import bleu_score

    def texts(rows: Tensor) -> list[str]:
        return [" ".join(str(symbol) for symbol in row if symbol >= first) for row in rows.tolist()]

    return float(bleu_score(texts(written), [[text] for text in texts(target)]))
