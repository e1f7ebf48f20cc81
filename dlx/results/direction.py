"""Which way a metric is better."""

from __future__ import annotations

HIGHER_IS_BETTER = ("accuracy", "precision", "recall", "f1", "auroc", "r2", "skill")


def direction(metric: str) -> str:
    """Return `max` where more of a metric is better, else `min`."""
    return "max" if metric.rsplit("/", 1)[-1] in HIGHER_IS_BETTER else "min"
