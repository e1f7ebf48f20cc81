"""How low on the surface?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

import numpy as np
import torch
from torch import Generator, Tensor

from dlx.contracts import Batch, Metric, Net, Phase
from dlx.contracts.objective import Objective
from dlx.data.prepared import Data, Split
from dlx.objective._real_targets import in_units
from dlx.results import picture
from dlx.spec import DataSpec, Positive

STYBLINSKI_TANG = -2.9035340277711770951  # root of 4 x³ - 32 x + 5, the minimum in each coordinate


class Surface(Objective):
    """The height of a known function at a point: optimizers without data, with a known minimum.

    With z the rotated point and d its dimension:
    `quadratic` sum c_i z_i²/2, curvatures c_i from 1 to `condition_number` in equal ratios;
    `rosenbrock` sum 100 (z_{i+1} - z_i²)² + (1 - z_i)² (Rosenbrock 1960), a bent valley;
    `rastrigin` 10 d + sum z_i² - 10 cos(2 pi z_i) (Rastrigin 1974), a lattice of local minima;
    `styblinski_tang` sum (z_i⁴ - 16 z_i² + 5 z_i)/2 (Styblinski & Tang 1990), 2^d basins.

    Args:
        function: which surface.
        condition_number: of the quadratic, its largest curvature over its smallest one, >= 1.
        rotation: degrees by which the planes (first, last), (second, last but one), ... are turned; at 0 the axes of
            the quadratic are the coordinates, which is what steps scaled by coordinate gain from.
        scale: multiplies the loss.

    Example:
        dlx train -m model=point objective.rotation=0,45 optimizer=momentum,adagrad trainer.max_epochs=300
    """

    metric_info: ClassVar[Mapping[str, Metric]] = {
        "loss": Metric(headline=True),
        "excess": Metric(),
        "distance": Metric(),
    }

    def __init__(
        self,
        spec: DataSpec,
        *,
        function: Literal["quadratic", "rosenbrock", "rastrigin", "styblinski_tang"],
        condition_number: Annotated[float, Positive],
        rotation: float,
        scale: Annotated[float, Positive],
    ) -> None:
        if spec.input != "none":
            raise ValueError(
                f"a surface has no data; the data are {spec}; try model=point, which comes with dataset=none"
            )
        if condition_number < 1:
            raise ValueError(f"condition_number: expected at least 1, got {condition_number}")
        if function == "rosenbrock" and spec.outputs < 2:
            raise ValueError("function: rosenbrock's valley needs dataset.dimension >= 2")
        self.function, self.scale, self.spec = function, scale, spec.aimed(spec.outputs)
        steps = torch.linspace(0, 1, spec.outputs, dtype=torch.float64)
        self.curvatures = condition_number**steps
        self.rotation = turn(spec.outputs, rotation)
        place = {"rosenbrock": 1.0, "styblinski_tang": STYBLINSKI_TANG}.get(function, 0.0)
        self.minimum = torch.full((spec.outputs,), place, dtype=torch.float64) @ self.rotation
        self.lowest = float(self.height(self.minimum[None]))

    def phases(self) -> list[Phase]:
        """Return one phase: the coordinates."""
        return [Phase("train", (), self.plain_loss)]

    def plain_loss(self, net: Net, batch: Batch, generator: Generator) -> Tensor:
        """Return the loss at the network's place."""
        return self.loss(net(batch.inputs))

    def height(self, place: Tensor) -> Tensor:
        """Return the height (batch,) of places (batch, dimension)."""
        z = place @ self.rotation.to(place).T
        if self.function == "quadratic":
            return (self.curvatures.to(z) * z.square()).sum(1) / 2
        if self.function == "rosenbrock":
            return (100 * (z[:, 1:] - z[:, :-1].square()).square() + (1 - z[:, :-1]).square()).sum(1)
        if self.function == "rastrigin":
            return 10 * z.shape[1] + (z.square() - 10 * (2 * math.pi * z).cos()).sum(1)
        return (z**4 - 16 * z.square() + 5 * z).sum(1) / 2

    def loss(self, place: Tensor) -> Tensor:
        """Return the scaled mean height of places (batch, dimension)."""
        return self.scale * self.height(place).mean()

    def quick(self, outputs: Tensor, batch: Batch) -> dict[str, Tensor]:
        """Return loss and distances of places (batch, dimension), as tensors on the device."""
        return {"loss": self.loss(outputs), **self._distances(outputs)}

    def _distances(self, place: Tensor) -> dict[str, Tensor]:
        distance = (place - self.minimum.to(place)).norm(dim=1).mean()
        return {"excess": self.height(place).mean() - self.lowest, "distance": distance}

    def predictions(self, outputs: Tensor, part: Split, data: Data) -> dict[str, np.ndarray]:
        """Return the places (examples, dimension)."""
        return in_units(outputs, part, data)

    def judged(self, predictions: Mapping[str, np.ndarray]) -> dict[str, float]:
        """Return how far the place is from the minimum: in height (`excess`) and in the plane (`distance`)."""
        place = torch.from_numpy(predictions["prediction"]).double()
        return {name: value.item() for name, value in self._distances(place).items()}

    def metrics(self, outputs: Tensor, part: Split, data: Data) -> dict[str, float]:
        """Return the distances and the loss."""
        return {**super().metrics(outputs, part, data), "loss": float(self.loss(outputs))}

    def figures(self, predictions: Mapping[str, np.ndarray], data: Data) -> dict[str, np.ndarray]:
        """Return the place against nothing: the dataset's targets are zeros."""
        prediction, target = predictions["prediction"][:, 0], predictions["target"][:, 0]
        return {"test/predicted_against_true": picture.scatter(target, prediction)}

    def baseline(self, data: Data, part: Split) -> tuple[str, Tensor]:
        """Return the naive place: all coordinates 0, or all 1 where the minimum is at 0."""
        place = 1.0 if self.minimum.abs().max() < 1e-9 else 0.0
        return f"all coordinates {place:g}", torch.full((len(part), self.spec.outputs), place)


def turn(dimension: int, degrees: float) -> Tensor:
    """Return the matrix that turns the planes (first, last), (second, last but one), ... of the coordinates."""
    angle = math.radians(degrees)
    matrix = torch.eye(dimension, dtype=torch.float64)
    for i in range(dimension // 2):
        j = dimension - 1 - i
        matrix[i, i] = matrix[j, j] = math.cos(angle)
        matrix[i, j], matrix[j, i] = -math.sin(angle), math.sin(angle)
    return matrix
