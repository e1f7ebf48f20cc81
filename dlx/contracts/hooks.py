"""The hooks of a training step, which regularizers and augmentations override."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from torch import Generator, Tensor

from dlx.contracts import Batch

Hook = Literal["change_batch", "penalty", "change_gradients", "change_weights"]
HOOKS: tuple[Hook, ...] = ("change_batch", "penalty", "change_gradients", "change_weights")


class Hooks:
    """Four hooks of a training step; a class takes part in those that it overrides.

    All hooks are pure functions of tensors. Hooks that are not overridden are never called.

    Attributes:
        without: hooks that the class overrides but does not use with its current keys.
        biases: whether `penalty` and `change_weights` are given all parameters, including biases and those of
            normalization layers, instead of only weight matrices.
    """

    without: tuple[Hook, ...] = ()
    biases: bool = False

    def change_batch(self, batch: Batch, generator: Generator) -> Batch:
        """Return the batch that the loss is computed on (input noise, mixup)."""
        return batch

    def penalty(self, weights: Mapping[str, Tensor]) -> Tensor:
        """Return a scalar that is added to the loss (L1, L2, priors)."""
        raise NotImplementedError

    def change_gradients(self, gradients: Mapping[str, Tensor], generator: Generator) -> dict[str, Tensor]:
        """Return the gradients that the optimizer uses (gradient clipping, gradient noise)."""
        return dict(gradients)

    def change_weights(self, weights: Mapping[str, Tensor], lr: float) -> dict[str, Tensor]:
        """Return new values of the weights after the optimizer's step (decoupled decay, max norm, proximal steps)."""
        return dict(weights)

    def acts_in(self, hook: Hook) -> bool:
        """Return whether the class overrides a hook and `without` does not exclude it."""
        # By name because `without` contains names; a name that is not declared above raises AttributeError.
        return hook not in self.without and getattr(type(self), hook) is not getattr(Hooks, hook)

    def chosen_object(self) -> Any:
        """Return the object of the chosen option: this object, or the one that it wraps."""
        return self
