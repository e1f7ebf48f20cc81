"""Titles, labels and captions of a study's plots: the finding, the axes in words, and what to see."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from dlx.study.book.labels import key_words, metric_words
from dlx.study.book.words import correction, is_myth, statement
from dlx.study.judge.verdict import Verdict
from dlx.study.read.claim import Claim
from dlx.study.read.local import local
from dlx.study.read.plot import Plot
from dlx.study.read.study import Study

LETTERS = 53  # in a line of a title; wider ones would be too small on a phone
MOST_LINES = 3
CAPTIONS = {
    "lines": "Each line is an arm: its mean over seeds, with the 95 % interval as a band; small dots are single seeds.",
    "points": "Each dot is one seed; the diamond is the mean of an arm, the bar its 95 % interval.",
    "heatmap": "Each cell is the mean over seeds; bright cells have high values.",
    "profile": "Each line is an arm: its mean over seeds, with the 95 % interval as a band.",
    "epochs": "Each line is an arm over the course of training: its mean over seeds, with the 95 % interval as a band. "
    "It ends with a dot where the first of its runs ends; an arm that takes one epoch is a dotted line. Runs that "
    "diverged are left out where others did not.",
    "filters": "The kernels of the first seed; white weights are positive, black ones negative.",
    "confusion": "Counts over all seeds; right answers are on the diagonal, and dark cells are large shares of a row.",
    "pictures": "Pictures that the run of the first seed has recorded.",
}


def title_of(plot: Plot, study: Study, verdicts: Sequence[Verdict]) -> str:
    """Return the finding that a plot shows, as a title of a few lines."""
    return wrapped(finding_of(plot, study, verdicts))


def finding_of(plot: Plot, study: Study, verdicts: Sequence[Verdict]) -> str:
    """Return the finding that a plot shows.

    It is the title that the plot gives itself, or else the words of the claim on its metric with the measured numbers.
    Without such a claim it is the title of the study. What is not confirmed is no finding: the question of the study
    then takes its place.
    """
    if plot.title:
        return plot.title
    own = next((one for one in verdicts if shows(plot, one.claim) and not one.claim.control), None)
    if own is None:  # no claim is on this metric: the title of the study, if its claims came out
        return study.title if all(one.as_expected for one in verdicts) else study.question
    if not own.as_expected:
        return study.question
    return (correction(own) if is_myth(own.claim) else statement(own)).rstrip(".")


def shows(plot: Plot, claim: Claim) -> bool:
    """Return True if a claim is about the metric that a plot shows, at a level that it shows."""
    side = claim.parts[0].left
    if plot.y not in (side.metric.text, *side.metric.names):
        return False
    return all(set(texts) & set(side.where.get(axis, texts)) for axis, texts in plot.at.items())


def wrapped(words: str) -> str:
    """Return a title in lines that fit a narrow picture."""
    lines = textwrap.wrap(" ".join(words.split()), LETTERS)
    return "\n".join(lines if len(lines) <= MOST_LINES else [*lines[: MOST_LINES - 1], f"{lines[MOST_LINES - 1]} …"])


def caption_of(plot: Plot) -> str:
    """Return what to see in a plot: what it says itself, and how seeds and arms are drawn."""
    return f"{plot.caption} {local(CAPTIONS[plot.kind])}".strip()


def x_words(plot: Plot, key: str) -> str:
    """Return the label of the x axis: the words of the plot, or those of a key or an axis."""
    return plot.x_label or key_words(key)


def y_words(plot: Plot) -> str:
    """Return the label of the y axis: the words of the plot, or those of its metric."""
    return plot.y_label or metric_words(plot.y)
