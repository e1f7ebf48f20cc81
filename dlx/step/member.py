"""The training step of one network, applied in place with torch's autograd and optimizers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Generator, Tensor, nn
from torch.optim import Optimizer

from dlx.contracts import Batch, Phase
from dlx.contracts.optimizer import how_it_steps
from dlx.data.tree import joined
from dlx.step.step import Losses, Step
from dlx.step.together import by_rate


class Member:
    """A network in training: applies a step in place, with torch's autograd and optimizers.

    Args:
        step: the training step.
        module: the network.
        optimizers: one optimizer for each phase, over the parameters that the phase updates.
        backward: `Tensor.backward`, or Lightning's wrapper of it (mixed precision, ddp).
        deferred: whether Lightning's optimizers call `before_update`. In half precision the gradients are multiplied by
            a loss scale until then.
    """

    def __init__(
        self,
        step: Step,
        module: nn.Module,
        optimizers: Sequence[Optimizer],
        backward: Callable[..., None] = Tensor.backward,
        deferred: bool = False,
    ) -> None:
        assert step.phases[0].begins == 0, "the first phase takes part in every step"
        assert len({phase.name for phase in step.phases}) == len(step.phases), "the phases have different names"
        self.step, self.module, self.optimizers, self.backward = step, module, optimizers, backward
        self.deferred = deferred
        self._ready: tuple[dict[str, Tensor], Generator] = {}, Generator()
        moving = {name: tensor for name, tensor in module.named_parameters() if tensor.requires_grad}
        self.moved: list[dict[str, Tensor]] = [
            {name: tensor for name, tensor in moving.items() if phase.takes(name)} for phase in step.phases
        ]
        self.changes_batch = bool(step.having("change_batch"))
        self.changes_gradients = bool(step.having("change_gradients"))
        self.changes_weights = bool(step.having("change_weights"))

    def __call__(
        self,
        batches: Sequence[Batch],
        generator: Generator,
        share: float = 1.0,
        number: int = 0,
        further: Callable[[int], tuple[Sequence[Batch], float]] | None = None,
    ) -> dict[str, Losses]:
        """Take one training step and return the loss and penalty of each phase before its update.

        For a phase with several updates per step they are those before the last update.

        Args:
            batches: batches of the step, usually one; the gradients of several are averaged, weighted by their number
                of examples.
            generator: source of the random numbers of regularizers and losses.
            share: weight of these gradients in the mean over devices.
            number: index of the step, from 0; a phase takes part from its step `begins` on.
            further: function that returns the batches and the share for the n-th additional update of a repeated phase;
                None: use the same batches.
        """
        batches = self._changed(batches, generator)
        losses: dict[str, Losses] = {}
        for phase, moved, optimizer in zip(self.step.phases, self.moved, self.optimizers, strict=True):
            if number < phase.begins:
                continue
            losses[phase.name] = self._phase(phase, moved, optimizer, batches, generator, share)
            for update in range(1, phase.repeat):
                others, weight = (batches, share) if further is None else further(update)
                others = others if further is None else self._changed(others, generator)
                losses[phase.name] = self._phase(phase, moved, optimizer, others, generator, weight)
        return losses

    def _changed(self, batches: Sequence[Batch], generator: Generator) -> Sequence[Batch]:
        """Return the batches after regularizers and augmentations have been applied."""
        return [self.step.change_batch(batch, generator) for batch in batches] if self.changes_batch else batches

    def _phase(
        self,
        phase: Phase,
        moved: dict[str, Tensor],
        optimizer: Optimizer,
        batches: Sequence[Batch],
        generator: Generator,
        share: float,
    ) -> Losses:
        def gradients() -> Losses:
            optimizer.zero_grad(set_to_none=True)
            parts = self._accumulate(phase, moved, batches, generator, share)
            self._ready = moved, generator
            if not self.deferred:
                self.before_update()
            return parts

        steps_by = how_it_steps(type(optimizer))
        if steps_by == "solve":
            batch = batches[0] if len(batches) == 1 else joined(batches)
            before = self._solve(phase, moved, optimizer, batch, generator)
        elif steps_by == "closure":
            first: list[Losses] = []

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
                for weights, lr in by_rate(optimizer, moved):
                    copy_into(weights, self.step.change_weights(weights, lr))
        if phase.after is not None:
            with torch.no_grad():
                copy_into(moved, phase.after(moved))
        return before

    def _solve(
        self, phase: Phase, moved: dict[str, Tensor], optimizer: Optimizer, batch: Batch, generator: Generator
    ) -> Losses:
        """Minimize the quadratic loss with the optimizer in one step, and return the losses before it."""
        parts = self.step.loss(phase, self.module, moved, batch, generator)
        optimizer.step(lambda: self.step.loss(phase, self.module, moved, batch, generator).total)  # type: ignore[arg-type,return-value]
        return parts.detached()

    def _accumulate(
        self, phase: Phase, moved: dict[str, Tensor], batches: Sequence[Batch], generator: Generator, share: float
    ) -> Losses:
        """Accumulate the gradients of the mean over all batches, and return its loss and penalty."""
        examples = sum(len(batch.inputs) for batch in batches)
        # The graph may contain parameters of other phases, which must not accumulate gradients here.
        only = {"inputs": list(moved.values())} if len(self.step.phases) > 1 else {}
        whole: Losses | None = None
        for batch in batches:
            parts = self.step.loss(phase, self.module, moved, batch, generator)
            size = len(batch.inputs)
            weight = share * size / examples
            self.backward(parts.total if weight == 1 else parts.total * weight, **only)
            parts = parts.detached()
            if len(batches) > 1:
                parts = parts.weighted(size / examples)
            whole = parts if whole is None else whole.plus(parts)
        assert whole is not None, "a step has a batch"
        return whole

    def before_update(self) -> None:
        """Apply regularizers to the gradients of the current phase, just before its optimizer uses them."""
        if not self.changes_gradients:
            return
        moved, generator = self._ready
        present = {name: tensor.grad for name, tensor in moved.items() if tensor.grad is not None}
        for name, gradient in self.step.change_gradients(present, generator).items():
            moved[name].grad = gradient


def copy_into(weights: Mapping[str, Tensor], changed: Mapping[str, Tensor]) -> None:
    """Copy new values into the weights of the same names, in place."""
    if changed:
        torch._foreach_copy_([weights[name] for name in changed], list(changed.values()))
