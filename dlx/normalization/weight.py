"""Weight normalization."""

from __future__ import annotations

from torch import nn
from torch.nn.utils.parametrizations import weight_norm

from dlx.nn.network import is_output

LAYERS = (nn.Linear, nn.modules.conv._ConvNd)


class Weight:
    """Parametrize the weights of each hidden unit by length and direction, w = g · v / |v| (Salimans & Kingma 2016, eq.
    2).

    Length and direction are learned separately. Initially g = |v|, so the initial weights are those of the initializer.

    Example:
        dlx train -m normalization=none,weight
    """

    def __call__(self, features: int, dimensions: int) -> nn.Module:
        """Return the identity: the weights are normalized, not the activations."""
        return nn.Identity()

    def wrap(self, network: nn.Module) -> nn.Module:
        """Parametrize the weights of all hidden linear and convolutional layers by length and direction, in place."""
        hidden = [
            module
            for name, module in network.named_modules()
            if (isinstance(module, LAYERS) or hasattr(module, "fans")) and not is_output(name)
        ]
        for module in hidden:
            weight_norm(module, "weight", dim=0)
        return network
