"""Metrics of sequences of symbols, of which some steps may be padded."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

LONGEST_RUN = 4  # words in the longest runs that BLEU compares


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
    both = torch.cat([written, target]).cpu()
    order = (both < first).long().argsort(dim=1, stable=True)  # the words of each row, in order, before all else
    words, lengths = both.gather(1, order).numpy(), (both >= first).sum(1).numpy()
    found, wanted = lengths[: len(written)].sum(), lengths[len(written) :].sum()
    matches, counts = torch.tensor(matching_runs(words, lengths, LONGEST_RUN)).float().unbind(1)
    if not matches.all():
        return 0.0
    mean = (matches / counts).log().mul(1 / LONGEST_RUN).sum().exp()
    brevity = 1.0 if found > wanted else torch.exp(1 - torch.tensor(float(wanted)) / float(found))
    return float(brevity * mean)


def matching_runs(words: np.ndarray, lengths: np.ndarray, longest: int) -> list[tuple[int, int]]:
    """Return the number of runs of words in answers that their references have, and of all, for each length of a run.

    A run counts at most as often as it occurs in the reference.

    Args:
        words: answers, and below them their references (2 · examples, steps).
        lengths: number of words in each row; what is behind them is ignored.
        longest: length of the longest runs.
    """
    examples, found = len(words) // 2, []
    codes = words
    for length in range(1, longest + 1):
        if length > 1:  # a run is the run before its last word, and this word
            codes = codes[:, :-1] * (words.max() + 1) + words[:, length - 1 :]
        codes = np.unique(codes, return_inverse=True)[1].reshape(codes.shape)
        there = np.arange(words.shape[1] + 1 - length) <= lengths[:, None] - length
        keys = (codes + np.arange(2 * examples)[:, None] % examples * (codes.max(initial=0) + 1)).astype(np.int64)
        ours, times = np.unique(keys[:examples][there[:examples]], return_counts=True)
        theirs, often = np.unique(keys[examples:][there[examples:]], return_counts=True)
        _, one, other = np.intersect1d(ours, theirs, assume_unique=True, return_indices=True)
        found.append((int(np.minimum(times[one], often[other]).sum()), int(times.sum())))
    return found
