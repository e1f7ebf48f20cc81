"""Layer-sequential unit variance."""

from __future__ import annotations

from typing import Annotated, Any

from torch import Generator, Tensor, nn

from dlx.contracts.initializer import Initializer
from dlx.nn.layers import hooked
from dlx.nn.weights import Place
from dlx.spec import AtLeastTwo

LAYERS = (nn.Linear, nn.modules.conv._ConvNd)


class LSUV(Initializer):
    """Orthogonal weights, scaled layer by layer so that each output has variance 1 (Mishkin & Matas 2016).

    The variance is measured on a batch of training inputs. A layer is linear in its weights, so scaling each layer once
    is exact, in one pass from the first layer to the last. Recurrent layers stay orthogonal.

    Args:
        examples: number of examples in the batch.

    Example:
        dlx train -m initializer=he_normal,lsuv activation=gelu model.depth=30
    """

    def __init__(self, *, examples: Annotated[int, AtLeastTwo]) -> None:
        self.examples = examples

    def fill(self, weight: Tensor, place: Place, generator: Generator) -> None:
        """Fill one weight matrix; the gain of the activation is not used, as it is measured on data."""
        nn.init.orthogonal_(weight, 1.0, generator=generator)

    def refine(self, network: nn.Module, inputs: Tensor) -> None:
        """Divide every linear and convolutional layer by the standard deviation of its output, in forward order."""
        scaled: set[nn.Module] = set()

        def scale(layer: Any, given: Any, output: Tensor) -> Tensor | None:
            sd = output.std()
            if layer in scaled or not sd > 0:
                return None
            scaled.add(layer)
            layer.weight.div_(sd)
            return output / sd  # biases are 0: this is the scaled layer's output

        hooks = {name: scale for name, module in network.named_modules() if isinstance(module, LAYERS)}
        training = network.training
        try:
            with hooked(network, hooks):
                network.eval()(inputs[: self.examples])
        finally:
            network.train(training)
