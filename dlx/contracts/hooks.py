"""What takes part in a training step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from torch import Generator, Tensor

from dlx.contracts import Batch

Hook = Literal["change_batch", "penalty", "change_gradients", "change_weights"]
HOOKS: tuple[Hook, ...] = ("change_batch", "penalty", "change_gradients", "change_weights")


class Hooks:
    """Four moments of a training step; a class takes part in those that it overrides.

    All are pure functions of tensors. The defaults change nothing and are never called.

    Attributes:
        without: hooks that the class has and yet does not take part in, as its keys are now.
        biases: whether `penalty` and `change_weights` are given biases and the parameters of norms too, not weight
            matrices alone.
    """

    without: tuple[Hook, ...] = ()
    biases: bool = False

    def change_batch(self, batch: Batch, generator: Generator) -> Batch:
        """Return the batch as the loss is to see it: input noise, mixup."""
        return batch

    def penalty(self, weights: Mapping[str, Tensor]) -> Tensor:
        """Return a scalar that is added to the loss: l1, l2, priors."""
        raise NotImplementedError

    def change_gradients(self, gradients: Mapping[str, Tensor], generator: Generator) -> dict[str, Tensor]:
        """Return the gradients as the optimizer is to see them: clipping, noise."""
        return dict(gradients)

    def change_weights(self, weights: Mapping[str, Tensor], lr: float) -> dict[str, Tensor]:
        """Return the weights after the optimizer's step: decoupled decay, max norm, proximal steps."""
        return dict(weights)

    def acts_in(self, hook: Hook) -> bool:
        """Return whether the class overrides a hook and `without` does not exclude it."""
        # By name, for `without` holds names; the four are declared above, so a wrong one is an error here.
        return hook not in self.without and getattr(type(self), hook) is not getattr(Hooks, hook)

    def chosen_object(self) -> Any:
        """Return the object of the option that was chosen: this one, unless it wraps another."""
        return self
