"""Cost of a gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from torch import Generator, Tensor

from dlx.contracts import Batch, Net
from dlx.contracts.job import Job
from dlx.nn.cost import flops, forward_mode_flops, saved_bytes, seconds
from dlx.nn.predict import place_of
from dlx.spec import Positive

if TYPE_CHECKING:
    from dlx.run.trials import Trials


class Cost(Job):
    """Operations, seconds and memory of the gradient of the configured model, by backpropagation and without it.

    Reports for one example `flops/forward`, `flops/backward`, `flops/gradient` (both) and `flops/finite_differences`:
    one more forward pass for each parameter; `flops/ratio` = gradient over forward, a small constant for any number of
    parameters (Baur & Strassen 1983), and `flops/finite_difference_ratio`, which grows with it; the same for seconds
    (those of finite differences are calculated, not measured); and `parameters`. `flops/forward_mode_pass` are the
    operations of one pass of forward-mode differentiation, `flops/forward_mode` those of a gradient, with one pass for
    each parameter (both are left out where torch has no forward mode for a layer). `memory/saved` is the number of
    bytes that the forward pass stores for backpropagation, without the weights.

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
        train = trials.data.train.like(place_of(network))  # trainer.precision may be another than the data's
        batch, objective, generator = train.batch(slice(self.examples)), trials.assembly.objective, Generator()

        def loss(network: Net, batch: Batch) -> Tensor:
            return objective.plain_loss(network, batch, generator)

        parameters = sum(p.numel() for p in network.parameters() if p.requires_grad)
        result: dict[str, float] = {"parameters": parameters}
        counted = flops(network, batch, loss)
        timed = seconds(network, batch, loss, self.repeats)
        for name, (forward, backward) in (("flops", counted), ("seconds", timed)):
            result[f"{name}/forward"] = forward / len(batch.inputs)
            result[f"{name}/backward"] = backward / len(batch.inputs)
            result[f"{name}/gradient"] = (forward + backward) / len(batch.inputs)
            result[f"{name}/finite_differences"] = forward * (parameters + 1) / len(batch.inputs)
            if forward > 0:
                result[f"{name}/ratio"] = (forward + backward) / forward
                result[f"{name}/finite_difference_ratio"] = float(parameters + 1)
        result["memory/saved"] = saved_bytes(network, batch, loss) / len(batch.inputs)
        one_pass = forward_mode_flops(network, batch, loss)
        if one_pass is not None:
            result["flops/forward_mode_pass"] = one_pass / len(batch.inputs)
            result["flops/forward_mode"] = one_pass * parameters / len(batch.inputs)
        return result
