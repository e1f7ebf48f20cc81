"""Zero initialization."""

from __future__ import annotations

from torch import Generator, Tensor

from dlx.contracts.initializer import Initializer
from dlx.nn.weights import Place


class Zeros(Initializer):
    """Set every weight to 0: all units of a layer stay identical (symmetry).

    A network with a hidden layer then learns no feature at all (Goodfellow, Bengio & Courville 2016, section 8.4).

    Example:
        dlx train -m initializer=zeros,constant,he_normal
    """

    def fill(self, weight: Tensor, place: Place, generator: Generator) -> None:
        """Fill one weight matrix."""
        weight.zero_()
