"""Several optimizers behind one, for a network whose parts have optimizers of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from dlx.contracts.optimizer import Optimizer, is_finished


class Together(torch.optim.Optimizer, Optimizer):
    """An optimizer whose step is a step of each of several optimizers, over different parameters.

    Args:
        optimizers: the optimizers; `param_groups` are theirs, so that a schedule of one of them changes its own.
    """

    def __init__(self, optimizers: Sequence[torch.optim.Optimizer]) -> None:
        groups = [group for optimizer in optimizers for group in optimizer.param_groups]
        super().__init__([{"params": group["params"]} for group in groups], {})
        self.optimizers, self.param_groups = list(optimizers), groups

    @property
    def finished(self) -> bool:  # type: ignore[override]
        """Whether all of them have converged."""
        return all(map(is_finished, self.optimizers))

    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """Take a step with each optimizer; a closure, which Lightning passes, is called once before them."""
        if closure is not None:
            with torch.enable_grad():
                closure()
        for optimizer in self.optimizers:
            optimizer.step()

    def state_dict(self) -> dict[str, Any]:
        """Return the states of all optimizers."""
        return {"optimizers": [optimizer.state_dict() for optimizer in self.optimizers]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load the states of all optimizers."""
        for optimizer, state in zip(self.optimizers, state_dict["optimizers"], strict=True):
            optimizer.load_state_dict(state)
        self.param_groups = [group for optimizer in self.optimizers for group in optimizer.param_groups]


def by_rate(
    optimizer: torch.optim.Optimizer, weights: Mapping[str, Tensor]
) -> Iterator[tuple[Mapping[str, Tensor], float]]:
    """Yield the weights of each parameter group of an optimizer by name, and the learning rate of the group."""
    if len(optimizer.param_groups) == 1:
        yield weights, optimizer.param_groups[0]["lr"]
        return
    for group in optimizer.param_groups:
        own = {id(parameter) for parameter in group["params"]}
        yield {name: weight for name, weight in weights.items() if id(weight) in own}, group["lr"]
