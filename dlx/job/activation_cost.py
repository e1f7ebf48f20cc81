"""Cost of an activation."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Annotated

import torch
from torch import Tensor, nn

from dlx.contracts import Batch, Net
from dlx.contracts.activation import pieces_of
from dlx.contracts.job import Job
from dlx.nn.cost import seconds
from dlx.spec import Positive

if TYPE_CHECKING:
    from dlx.run.trials import Trials


class ActivationCost(Job):
    """Measure the time of the configured activation on standard normal numbers, relative to ReLU (Glorot et al. 2011).

    Reports `seconds/forward`, `seconds/backward` and `seconds/both` for one number, and `ratio/forward`,
    `ratio/backward`, `ratio/both`: the time relative to that of ReLU on the same numbers. The two are measured in turn
    and the median of the ratios is taken, so that load on the machine affects both alike. Model and data are not used.

    Args:
        elements: number of elements in one pass; a few thousand measure the overhead of the call, a million the
            arithmetic.
        repeats: number of timed passes.

    Example:
        dlx train -m job=activation_cost activation=identity,relu,leaky_relu,sigmoid,tanh,elu,gelu
    """

    stands_alone = True
    uses = ("activation",)

    def __init__(self, *, elements: Annotated[int, Positive], repeats: Annotated[int, Positive]) -> None:
        self.elements, self.repeats = elements, repeats

    def measure(self, trials: Trials) -> dict[str, float]:
        """Return seconds and ratios."""
        random = torch.Generator().manual_seed(trials.seed("numbers"))
        pieces = pieces_of(trials.assembly.builder.activation())
        x = torch.randn(self.elements, pieces, generator=random)  # maxout joins several numbers to one
        ours, relu = [], []
        for _ in range(self.repeats):
            trials.pause()
            ours.append(timed(trials.assembly.builder.activation(), x))
            relu.append(timed(nn.ReLU(), x[:, :1].contiguous()))
        found = {}
        for name, place in (("forward", 0), ("backward", 1), ("both", 2)):
            found[f"seconds/{name}"] = median(one[place] for one in ours) / self.elements
            found[f"ratio/{name}"] = median(a[place] / b[place] for a, b in zip(ours, relu, strict=True))
        return found


def timed(activation: nn.Module, x: Tensor) -> tuple[float, float, float]:
    """Return the seconds of one pass over numbers (elements, pieces): forward, backward and both."""

    def loss(network: Net, batch: Batch) -> Tensor:
        return network(batch.inputs).sum()

    forward, backward = seconds(activation, Batch(x.requires_grad_(), None), loss, 1)
    return forward, backward, forward + backward
