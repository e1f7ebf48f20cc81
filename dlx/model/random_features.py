"""Random features with ridge regression."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dlx.contracts.activation import pieces_of
from dlx.nn.network import Network
from dlx.spec import DataSpec, NonNegative, Positive


class RandomFeatures(Network):
    """A fixed random hidden layer with ridge regression on top (Rahimi & Recht 2007).

    The features are f(W x + b) with W ~ N(0, 1 / fan_in), b ~ N(0, 1) and f the option of the group activation. The
    output weights minimize mean squared error + ridge · Σw², with one-hot codes if the targets are classes. Without
    ridge they are pinv(features) targets: with more features than examples the minimum-norm interpolation, whose error
    peaks where both numbers are equal and decreases again (Belkin et al. 2019). Solved from the training split instead
    of by gradient descent. The model sets `objective.loss` to the squared error that it minimizes; its outputs are not
    log-odds, so their cross-entropy would mean little.

    Args:
        features: number of random features. With ridge=0 choose it well below or well above the number of training
            examples: the error peaks where the two are equal.
        ridge: weight of the sum of squared output weights; 0 gives the minimum-norm least-squares solution.

    Example:
        dlx train -m model=random_features model.ridge=0 model.features=50,100,200,400,2000 dataset.limit=200
    """

    accepts = ("vector",)
    output: nn.Linear

    def __init__(
        self,
        spec: DataSpec,
        activation: Callable[[], nn.Module],
        *,
        features: Annotated[int, Positive],
        ridge: Annotated[float, NonNegative],
    ) -> None:
        super().__init__()
        self.ridge = ridge
        self.classes = len(spec.classes) if spec.target == "class" else 0
        if self.classes and spec.outputs != self.classes:
            raise ValueError("model=random_features regresses on one-hot codes; expected objective.codes=one_hot")
        self.labels = spec.target == "labels"
        self.activation = activation()
        units = features * pieces_of(self.activation)
        self.hidden = nn.Linear(spec.shape[0], units)
        nn.init.normal_(self.hidden.weight, 0.0, spec.shape[0] ** -0.5)
        nn.init.normal_(self.hidden.bias)
        self.output = nn.Linear(features, spec.outputs, bias=False)
        nn.init.zeros_(self.output.weight)
        self.requires_grad_(False)

    def features(self, x: Tensor) -> Tensor:
        """Map (batch, inputs) to (batch, features)."""
        return self.activation(self.hidden(x))

    def solve(self, inputs: Tensor, targets: Tensor, penalties: Sequence[Any] = ()) -> None:
        """Set the output weights to the ridge or minimum-norm least-squares solution, in double precision."""
        hidden = self.features(inputs).double()
        wanted = (F.one_hot(targets, self.classes) if self.classes else targets).double()
        wanted = 2 * wanted - 1 if self.labels else wanted  # a label is predicted where its score is positive
        if self.ridge > 0:  # an example more for each weight, that asks it to be 0
            penalty = torch.eye(hidden.shape[1], dtype=hidden.dtype, device=hidden.device)
            hidden = torch.cat([hidden, (self.ridge * len(hidden)) ** 0.5 * penalty])
            wanted = torch.cat([wanted, wanted.new_zeros(hidden.shape[1], wanted.shape[1])])
        # gelsd, by singular values: torch 2.13 gives wrong solutions with gelsy, which leaves out columns.
        # The features are as precise as their weights: directions below that are rounding, not to be divided by.
        rounding = 10 * torch.finfo(self.hidden.weight.dtype).eps
        found = torch.linalg.lstsq(hidden.cpu(), wanted.cpu(), rcond=rounding, driver="gelsd").solution
        self.output.weight.copy_(found.T)
