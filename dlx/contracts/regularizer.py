"""The contract of the group regularizer."""

from __future__ import annotations

from typing import ClassVar

from dlx.contracts.contract import Contract
from dlx.contracts.hooks import Hooks


class Regularizer(Hooks, Contract):
    """What a regularizer declares, beside the hooks of a training step.

    Attributes:
        active: whether it does anything; one that does not is left out. It follows from the first key.
        dropout: share of hidden units that the model's dropout layers drop; the model is given it as `dropout`.
        label_smoothing: share of the target that the objective spreads over all classes; it is given it as
            `label_smoothing`.
        monte_carlo_samples: passes with dropout whose predictions are averaged in the evaluation at the end; 0: one
            pass without dropout.
        proximal: whether `change_weights` is the proximal step of a penalty, which belongs to one gradient step.
    """

    given: ClassVar[tuple[str, ...]] = (
        "spec",  # DataSpec of what the model is given
        "model",  # option of the group model
        "loss",  # objective.loss, None where the objective has none
        "likelihood",  # what the loss is a multiple of the negative log-likelihood by, None where it is none
        "examples",  # number of training examples
    )
    active: bool = True
    dropout: float = 0.0
    label_smoothing: float = 0.0
    monte_carlo_samples: int = 0
    proximal: bool = False

    def stops(self, history: list[float], mode: str) -> bool:
        """Return whether the training ends after this epoch; by default never.

        Args:
            history: the monitored metric of each epoch so far.
            mode: `min` or `max`, the direction of improvement.
        """
        return False
