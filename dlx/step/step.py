"""The training step, composed of pure functions: loss, penalties, and changes of batch, gradients and weights.

Regularizers and augmentations take part by overriding methods of `dlx.contracts.hooks.Hooks`. Since all functions are
pure, the step can also be used under torch.func transforms.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from dlx.contracts import Batch, Net, Phase
from dlx.contracts.hooks import Hook, Hooks

Tensors = Mapping[str, Tensor]


@dataclass(frozen=True)
class Losses:
    """The loss of one step and the penalties of the regularizers, which are logged separately.

    Attributes:
        loss: scalar loss.
        penalty: scalar sum of the penalties; None if there are none.
    """

    loss: Tensor
    penalty: Tensor | None

    @property
    def total(self) -> Tensor:
        """Return the sum of loss and penalty, whose gradient is computed."""
        return self.loss if self.penalty is None else self.loss + self.penalty

    def detached(self) -> Losses:
        """Return the values detached from the graph."""
        return Losses(self.loss.detach(), None if self.penalty is None else self.penalty.detach())

    def weighted(self, weight: float) -> Losses:
        """Return loss and penalty multiplied by a weight."""
        return Losses(self.loss * weight, None if self.penalty is None else self.penalty * weight)

    def plus(self, other: Losses) -> Losses:
        """Return the sums of the losses and of the penalties; a missing penalty counts as 0."""
        penalties = [penalty for penalty in (self.penalty, other.penalty) if penalty is not None]
        return Losses(self.loss + other.loss, sum_of(penalties))


def total_penalty(losses: Mapping[str, Losses]) -> Tensor | None:
    """Return the sum of the penalties of all phases, or None if there are none."""
    return sum_of([each.penalty for each in losses.values() if each.penalty is not None])


@dataclass(frozen=True)
class Step:
    """The composition of one training step.

    Attributes:
        phases: updates within a step, in order; see `dlx.contracts.Phase`.
        regularizers: active regularizers and augmentations.
    """

    phases: Sequence[Phase]
    regularizers: Sequence[Hooks]

    def having(self, hook: Hook) -> list[Hooks]:
        """Return the regularizers that use a hook."""
        return [regularizer for regularizer in self.regularizers if regularizer.acts_in(hook)]

    def change_batch(self, batch: Batch, generator: Generator) -> Batch:
        """Return the batch after all regularizers have changed it."""
        for regularizer in self.having("change_batch"):
            batch = regularizer.change_batch(batch, generator)
        return batch

    def loss(self, phase: Phase, net: Net, tensors: Tensors, batch: Batch, generator: Generator) -> Losses:
        """Return loss and penalty of a batch.

        Args:
            phase: phase whose loss is computed.
            net: the network.
            tensors: weights of the penalties, by name.
            batch: the batch.
            generator: source of random numbers.
        """
        # The loss is computed first, so that the backward pass processes the penalties before it holds gradients of the
        # loss. This saves a fifth of the cost of the penalties.
        loss = phase.loss(net, batch, generator)
        penalties = [regularizer.penalty(regularized(tensors, regularizer)) for regularizer in self.having("penalty")]
        return Losses(loss, sum_of(penalties))

    def change_gradients(self, gradients: dict[str, Tensor], generator: Generator) -> dict[str, Tensor]:
        """Return the gradients after all regularizers have changed them."""
        for regularizer in self.having("change_gradients") if gradients else ():
            gradients = regularizer.change_gradients(gradients, generator)
        return gradients

    def change_weights(self, tensors: Tensors, lr: float) -> dict[str, Tensor]:
        """Return new values of the weights that regularizers change after the optimizer's step, by name."""
        changed: dict[str, Tensor] = {}
        for regularizer in self.having("change_weights"):
            latest = {name: changed.get(name, w) for name, w in regularized(tensors, regularizer).items()}
            changed |= regularizer.change_weights(latest, lr) if latest else {}
        return changed


def sum_of(terms: Sequence[Tensor]) -> Tensor | None:
    """Return the sum of scalars, or None if there are none."""
    if len(terms) == 1:
        return terms[0]
    return torch.stack(list(terms)).sum() if terms else None


def regularized(tensors: Tensors, regularizer: Hooks) -> dict[str, Tensor]:
    """Return the tensors that a regularizer applies to: weight matrices, or all tensors if `biases` is true."""
    return {name: tensor for name, tensor in tensors.items() if regularizer.biases or tensor.dim() >= 2}
