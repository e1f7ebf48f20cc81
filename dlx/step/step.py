"""One training step, composed of pure functions: loss, penalties, changes of batch, gradient and weights.

A regularizer takes part by overriding one or more of the methods of `dlx.contracts.hooks.Hooks`.
The same step serves one member (Lightning drives it) and many members at once (under torch.func.vmap).
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
    """The loss of one step and what the penalties add to it, logged apart."""

    loss: Tensor
    penalty: Tensor | None

    @property
    def total(self) -> Tensor:
        """What the gradient is taken of."""
        return self.loss if self.penalty is None else self.loss + self.penalty

    def detached(self) -> Losses:
        """Return the values without their graph."""
        return Losses(self.loss.detach(), None if self.penalty is None else self.penalty.detach())

    def weighted(self, weight: float) -> Losses:
        """Return both times a weight."""
        return Losses(self.loss * weight, None if self.penalty is None else self.penalty * weight)

    def plus(self, other: Losses) -> Losses:
        """Return the sum; a penalty that one of them lacks counts nothing."""
        penalties = [penalty for penalty in (self.penalty, other.penalty) if penalty is not None]
        return Losses(self.loss + other.loss, sum_of(penalties))


def total_penalty(losses: Mapping[str, Losses]) -> Tensor | None:
    """Return the sum of the penalties of all phases, None where there are none."""
    return sum_of([each.penalty for each in losses.values() if each.penalty is not None])


@dataclass(frozen=True)
class Step:
    """The composition of one training step.

    Attributes:
        phases: updates within a step, in order; see `dlx.contracts.Phase`.
        regularizers: the active ones.
    """

    phases: Sequence[Phase]
    regularizers: Sequence[Hooks]

    def having(self, hook: Hook) -> list[Hooks]:
        """Return the regularizers that take part in a hook."""
        return [regularizer for regularizer in self.regularizers if regularizer.acts_in(hook)]

    def change_batch(self, batch: Batch, generator: Generator) -> Batch:
        """Apply what regularizers do to a batch."""
        for regularizer in self.having("change_batch"):
            batch = regularizer.change_batch(batch, generator)
        return batch

    def loss(self, phase: Phase, net: Net, tensors: Tensors, batch: Batch, generator: Generator) -> Losses:
        """Return loss and penalty of a batch as functions of the tensors; nothing is changed."""
        # The loss first: autograd then meets the penalties first, while no gradient of the loss is held (a fifth of the
        # penalty's cost).
        loss = phase.loss(net, batch, generator)
        penalties = [regularizer.penalty(regularized(tensors, regularizer)) for regularizer in self.having("penalty")]
        return Losses(loss, sum_of(penalties))

    def change_gradients(self, gradients: dict[str, Tensor], generator: Generator) -> dict[str, Tensor]:
        """Apply what regularizers do to the gradients."""
        for regularizer in self.having("change_gradients") if gradients else ():
            gradients = regularizer.change_gradients(gradients, generator)
        return gradients

    def change_weights(self, tensors: Tensors, lr: float) -> dict[str, Tensor]:
        """Return the weights that regularizers change after the optimizer's step."""
        changed: dict[str, Tensor] = {}
        for regularizer in self.having("change_weights"):
            latest = {name: changed.get(name, w) for name, w in regularized(tensors, regularizer).items()}
            changed |= regularizer.change_weights(latest, lr) if latest else {}
        return changed


def sum_of(terms: Sequence[Tensor]) -> Tensor | None:
    """Return the sum of scalars, None where there are none."""
    if len(terms) == 1:
        return terms[0]
    return torch.stack(list(terms)).sum() if terms else None


def regularized(tensors: Tensors, regularizer: Hooks) -> dict[str, Tensor]:
    """Return the tensors that a regularizer counts: weight matrices, and all where it says `biases=true`."""
    return {name: tensor for name, tensor in tensors.items() if regularizer.biases or tensor.dim() >= 2}
