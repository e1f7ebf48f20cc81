"""Weight normalization."""

from __future__ import annotations

from torch import nn
from torch.nn.utils.parametrizations import weight_norm

from dlx.contracts.normalization import Network, Normalization
from dlx.nn.network import is_output
from dlx.nn.weights import OwnFans

LAYERS = (nn.Linear, nn.modules.conv._ConvNd, OwnFans)


class Weight(Normalization):
    """Parametrize the weights of each hidden unit by length and direction, w = g · v / |v| (Salimans & Kingma 2016, eq.
    2).

    Length and direction are learned separately. Initially g = |v|, so the initial weights are those of the initializer.

    Example:
        dlx train -m normalization=none,weight
    """

    def __call__(self, features: int, dimensions: int) -> nn.Module:
        """Return the identity: the weights are normalized, not the activations."""
        return nn.Identity()

    def wrap(self, network: Network) -> Network:
        """Parametrize the weights of all hidden linear and convolutional layers by length and direction, in place."""
        for name, module in list(network.named_modules()):
            if has_weights(module) and not is_output(name):
                weight_norm(module, "weight", dim=0)
        return network


def has_weights(module: nn.Module) -> bool:
    """Return whether a module is a layer with a weight for each of its units."""
    return isinstance(module, LAYERS)
