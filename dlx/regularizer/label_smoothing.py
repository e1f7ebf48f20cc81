"""Label smoothing."""

from __future__ import annotations

from typing import Annotated

from dlx.contracts.regularizer import Regularizer
from dlx.spec import BelowOne, DataSpec


class LabelSmoothing(Regularizer):
    """Use targets 1 - smoothing + smoothing/K for the true one of K classes and smoothing/K for the others.

    The network then has no incentive to drive its scores to infinity (Szegedy et al. 2016, section 7). The reported
    cross-entropy and loss are those of the true classes. With labels, each decision is smoothed as one of two classes.

    Args:
        smoothing: fraction of the target that is spread over all classes; 0: no smoothing.

    Example:
        dlx train -m regularizer=label_smoothing regularizer.label_smoothing.smoothing=0,0.1,0.3
    """

    def __init__(self, spec: DataSpec, *, smoothing: Annotated[float, BelowOne] = 0.0) -> None:
        if smoothing and spec.target not in ("class", "tokens", "mask", "labels"):
            raise ValueError(f"label smoothing needs classes as targets; the data are {spec}; set smoothing=0")
        self.label_smoothing, self.active = smoothing, smoothing > 0
