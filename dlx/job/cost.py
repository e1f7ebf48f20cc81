"""Cost of a gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import torch
from torch import Tensor, nn

from dlx.contracts.job import Job
from dlx.nn.cost import flops, seconds
from dlx.spec import Positive

if TYPE_CHECKING:
    from dlx.run.trials import Trials


class Cost(Job):
    """Operations and seconds of the gradient of the configured model, by backpropagation and finite differences.

    Reports for one example `flops/forward`, `flops/backward`, `flops/gradient` (both) and `flops/finite_differences`:
    one more forward pass for each parameter; `flops/ratio` = gradient over forward, a small constant for any number of
    parameters (Baur & Strassen 1983), and `flops/finite_difference_ratio`, which grows with it; the same for seconds
    (those of finite differences are calculated, not measured); and `parameters`.

    Args:
        examples: number of examples in the batch, from the training split.
        repeats: number of timed passes, of which the median is taken.

    Example:
        dlx train -m job=cost model=mlp model.depth=2,4,8,16
    """

    def __init__(self, *, examples: Annotated[int, Positive], repeats: Annotated[int, Positive]) -> None:
        self.examples, self.repeats = examples, repeats

    def measure(self, trials: Trials) -> dict[str, float]:
        """Return operations and seconds for one example."""
        network = trials.network()
        like = next(network.parameters(), torch.zeros(0))
        train = trials.data.train.to(like.device, like.dtype)  # trainer.precision may be another than the data's
        inputs, targets = train.inputs[: self.examples], train.targets[: self.examples]
        objective = trials.assembly.objective

        def loss(network: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
            return objective.loss(network(inputs), targets)

        parameters = sum(p.numel() for p in network.parameters() if p.requires_grad)
        result: dict[str, float] = {"parameters": parameters}
        counted = flops(network, inputs, targets, loss)
        timed = seconds(network, inputs, targets, loss, self.repeats)
        for name, (forward, backward) in (("flops", counted), ("seconds", timed)):
            result[f"{name}/forward"] = forward / len(inputs)
            result[f"{name}/backward"] = backward / len(inputs)
            result[f"{name}/gradient"] = (forward + backward) / len(inputs)
            result[f"{name}/finite_differences"] = forward * (parameters + 1) / len(inputs)
            if forward > 0:
                result[f"{name}/ratio"] = (forward + backward) / forward
                result[f"{name}/finite_difference_ratio"] = float(parameters + 1)
        return result
