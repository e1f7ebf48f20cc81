"""One training step, composed of pure functions: loss, penalties, changes of batch, gradient and weights.

A regularizer takes part by having one or more of these methods; all are pure functions of tensors:

    change_batch(batch, generator) -> batch                  input noise, mixup
    penalty(weights) -> scalar                               l1, l2, priors
    change_gradients(gradients, generator) -> gradients      clipping, noise
    change_weights(weights, lr) -> weights                   decoupled decay, max norm, proximal steps

The same step serves one member (Lightning drives it) and many members at once (under torch.func.vmap).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Generator, Tensor, nn
from torch.optim import LBFGS, Optimizer

from dlx.contracts import Batch, Phase, Predict

Tensors = Mapping[str, Tensor]


@dataclass(frozen=True)
class Parts:
    """The loss of one step and what the penalties add to it, logged apart."""

    loss: Tensor
    penalty: Tensor | None

    @property
    def total(self) -> Tensor:
        """What the gradient is taken of."""
        return self.loss if self.penalty is None else self.loss + self.penalty

    def detached(self) -> Parts:
        """Return the values without their graph."""
        return Parts(self.loss.detach(), None if self.penalty is None else self.penalty.detach())

    def weighted(self, weight: float) -> Parts:
        """Return both times a weight."""
        return Parts(self.loss * weight, None if self.penalty is None else self.penalty * weight)

    def plus(self, other: Parts) -> Parts:
        """Return the sum; a penalty that one of them lacks counts nothing."""
        penalties = [penalty for penalty in (self.penalty, other.penalty) if penalty is not None]
        return Parts(self.loss + other.loss, sum_of(penalties))


@dataclass(frozen=True)
class Step:
    """The composition of one training step.

    Attributes:
        phases: updates within a step, in order; see `dlx.contracts.Phase`.
        regularizers: the active ones.
    """

    phases: Sequence[Phase]
    regularizers: Sequence[Any]

    def having(self, method: str) -> list[Any]:
        """Return the regularizers that have a method, and whose `without` does not say that it would do nothing."""
        return [r for r in self.regularizers if hasattr(r, method) and method not in getattr(r, "without", ())]

    def change_batch(self, batch: Batch, generator: Generator) -> Batch:
        """Apply what regularizers do to a batch."""
        for regularizer in self.having("change_batch"):
            batch = regularizer.change_batch(batch, generator)
        return batch

    def loss(self, phase: Phase, predict: Predict, tensors: Tensors, batch: Batch, generator: Generator) -> Parts:
        """Return loss and penalty of a batch as functions of the tensors; nothing is changed."""
        # The loss first: autograd then meets the penalties first, while no gradient of the loss is held (a fifth of the
        # penalty's cost).
        loss = phase.loss(predict, batch, generator)
        penalties = [regularizer.penalty(regularized(tensors, regularizer)) for regularizer in self.having("penalty")]
        return Parts(loss, sum_of(penalties))

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


def regularized(tensors: Tensors, regularizer: Any) -> dict[str, Tensor]:
    """Return the tensors that a regularizer counts: weight matrices, and all where it says `biases=true`."""
    everything = getattr(regularizer, "biases", False)
    return {name: tensor for name, tensor in tensors.items() if everything or tensor.dim() >= 2}


def joined(batches: Sequence[Batch]) -> Batch:
    """Return several batches as one."""
    if len(batches) == 1:
        return batches[0]
    return torch.cat([batch[0] for batch in batches]), torch.cat([batch[1] for batch in batches])


class Member:
    """One network under training: applies a step in place, with torch's autograd and optimizer.

    Args:
        step: what is done.
        module: the network.
        optimizers: one for each phase, over the parameters that the phase moves.
        backward: `Tensor.backward`, or Lightning's wrapper of it (mixed precision, ddp).
        unscale: takes the loss scale of half precision off an optimizer's gradients, before regularizers see them.
    """

    def __init__(
        self,
        step: Step,
        module: nn.Module,
        optimizers: Sequence[Optimizer],
        backward: Callable[[Tensor], None] = Tensor.backward,
        unscale: Callable[[Any], None] | None = None,
    ) -> None:
        self.step, self.module, self.optimizers, self.backward = step, module, optimizers, backward
        self.unscale = unscale
        moving = {name: tensor for name, tensor in module.named_parameters() if tensor.requires_grad}
        self.moved: list[dict[str, Tensor]] = [
            {name: tensor for name, tensor in moving.items() if phase.moves(name)} for phase in step.phases
        ]
        self.changes_batch = bool(step.having("change_batch"))
        self.changes_gradients = bool(step.having("change_gradients"))
        self.changes_weights = bool(step.having("change_weights"))

    def __call__(self, batches: Sequence[Batch], generator: Generator, share: float = 1.0) -> list[Parts]:
        """Take one step and return loss and penalty of each phase, detached, as they were before it.

        Args:
            batches: usually one; the gradients of several are averaged, each by its number of examples.
            generator: draws the noise of regularizers.
            share: the weight of these gradients in the mean over devices.
        """
        if self.changes_batch:
            batches = [self.step.change_batch(batch, generator) for batch in batches]
        return [
            self._phase(phase, moved, optimizer, batches, generator, share)
            for phase, moved, optimizer in zip(self.step.phases, self.moved, self.optimizers, strict=True)
        ]

    def _phase(
        self,
        phase: Phase,
        moved: dict[str, Tensor],
        optimizer: Optimizer,
        batches: Sequence[Batch],
        generator: Generator,
        share: float,
    ) -> Parts:
        def gradients() -> Parts:
            optimizer.zero_grad(set_to_none=True)
            parts = self._accumulate(phase, moved, batches, generator, share)
            if self.changes_gradients:
                if self.unscale is not None:
                    self.unscale(optimizer)
                self._change_gradients(moved, generator)
            return parts

        raw = getattr(optimizer, "optimizer", optimizer)
        if getattr(raw, "solves", False):
            before = self._solve(phase, moved, raw, joined(batches), generator)
        elif isinstance(raw, LBFGS):
            first: list[Parts] = []

            def closure() -> Tensor:
                first.append(gradients())
                return first[-1].total

            optimizer.step(closure)  # type: ignore[arg-type]
            before = first[0]
        else:
            before = gradients()
            optimizer.step()
        if self.changes_weights:
            with torch.no_grad():
                changed = self.step.change_weights(moved, optimizer.param_groups[0]["lr"])
                if changed:
                    torch._foreach_copy_([moved[name] for name in changed], list(changed.values()))
        return before

    def _solve(
        self, phase: Phase, moved: dict[str, Tensor], optimizer: Optimizer, batch: Batch, generator: Generator
    ) -> Parts:
        """Let the optimizer find the minimum of the quadratic loss."""
        parts = self.step.loss(phase, self.module, moved, batch, generator)
        optimizer.step(lambda: self.step.loss(phase, self.module, moved, batch, generator).total)  # type: ignore[arg-type,return-value]
        return parts.detached()

    def _accumulate(
        self, phase: Phase, moved: dict[str, Tensor], batches: Sequence[Batch], generator: Generator, share: float
    ) -> Parts:
        """Add up the gradients of the batches' mean, and return its loss and penalty."""
        examples = sum(len(batch[1]) for batch in batches)
        whole: Parts | None = None
        for batch in batches:
            parts = self.step.loss(phase, self.module, moved, batch, generator)
            weight = share * len(batch[1]) / examples
            self.backward(parts.total if weight == 1 else parts.total * weight)
            parts = parts.detached()
            if len(batches) > 1:
                parts = parts.weighted(len(batch[1]) / examples)
            whole = parts if whole is None else whole.plus(parts)
        assert whole is not None, "a step has a batch"
        return whole

    def _change_gradients(self, moved: dict[str, Tensor], generator: Generator) -> None:
        present = {name: tensor.grad for name, tensor in moved.items() if tensor.grad is not None}
        for name, gradient in self.step.change_gradients(present, generator).items():
            moved[name].grad = gradient
