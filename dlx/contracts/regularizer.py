"""The contract of the group regularizer."""

from __future__ import annotations

from typing import ClassVar

from dlx.contracts.contract import Contract
from dlx.contracts.hooks import Hooks


class Regularizer(Hooks, Contract):
    """A regularization method: hooks of a training step, and values that are passed to the model and the objective.

    Attributes:
        active: whether it has an effect, which its first key decides; inactive regularizers are left out of the step.
        dropout: dropout probability of hidden units, passed to the model as `dropout`.
        label_smoothing: share of the target that is spread over all classes, passed to the objective as
            `label_smoothing`.
        monte_carlo_samples: number of forward passes with dropout whose predictions are averaged in the final
            evaluation; 0: one pass without dropout.
        proximal: whether `change_weights` is the proximal operator of a penalty, to be applied after one gradient step.
    """

    given: ClassVar[tuple[str, ...]] = (
        "spec",  # DataSpec of the model's inputs
        "model",  # option of the group model
        "loss",  # objective.loss, None if the objective has no such key
        "likelihood",  # c if the loss is c times the mean negative log-likelihood, None if it is not a likelihood
        "examples",  # number of training examples
    )
    active: bool = True
    dropout: float = 0.0
    label_smoothing: float = 0.0
    monte_carlo_samples: int = 0
    proximal: bool = False

    def stops(self, history: list[float], mode: str) -> bool:
        """Return whether training stops after this epoch; the default never stops.

        Args:
            history: values of the monitored metric, one per epoch.
            mode: `min` or `max`, the direction of improvement.
        """
        return False
