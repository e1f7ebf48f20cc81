"""Minimization of a known function."""

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
    """Minimize a test function with a known minimum, to compare optimizers without data.

    With z the rotated point and d its dimension, the functions are:
    `quadratic`: sum c_i z_i²/2, with curvatures c_i from 1 to `condition_number`, evenly spaced on a log scale;
    `rosenbrock`: sum 100 (z_{i+1} - z_i²)² + (1 - z_i)² (Rosenbrock 1960), a curved valley;
    `rastrigin`: 10 d + sum z_i² - 10 cos(2 pi z_i) (Rastrigin 1974), a lattice of local minima;
    `styblinski_tang`: sum (z_i⁴ - 16 z_i² + 5 z_i)/2 (Styblinski & Tang 1990), with 2^d local minima.

    Args:
        function: the function to minimize.
        condition_number: ratio of the largest to the smallest curvature of `quadratic`, at least 1.
        rotation: angle in degrees of a rotation in the planes of the (first, last), (second, second to last), ...
            coordinates. At 0 the quadratic is axis-aligned, which favors optimizers with a step size per coordinate.
        scale: factor on the loss.

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
        """Return the single phase, which updates the coordinates of the point."""
        return [Phase("train", (), self.plain_loss)]

    def plain_loss(self, net: Net, batch: Batch, generator: Generator) -> Tensor:
        """Return the loss at the network's point."""
        return self.loss(net(batch.inputs))

    def height(self, place: Tensor) -> Tensor:
        """Return the values (batch,) of the function at points (batch, dimension)."""
        z = place @ self.rotation.to(place).T
        if self.function == "quadratic":
            return (self.curvatures.to(z) * z.square()).sum(1) / 2
        if self.function == "rosenbrock":
            return (100 * (z[:, 1:] - z[:, :-1].square()).square() + (1 - z[:, :-1]).square()).sum(1)
        if self.function == "rastrigin":
            return 10 * z.shape[1] + (z.square() - 10 * (2 * math.pi * z).cos()).sum(1)
        return (z**4 - 16 * z.square() + 5 * z).sum(1) / 2

    def loss(self, place: Tensor) -> Tensor:
        """Return `scale` times the mean value of the function at points (batch, dimension)."""
        return self.scale * self.height(place).mean()

    def quick(self, outputs: Tensor, batch: Batch) -> dict[str, Tensor]:
        """Return the loss and the distances to the minimum, as tensors on the device of the outputs."""
        return {"loss": self.loss(outputs), **self._distances(outputs)}

    def _distances(self, place: Tensor) -> dict[str, Tensor]:
        distance = (place - self.minimum.to(place)).norm(dim=1).mean()
        return {"excess": self.height(place).mean() - self.lowest, "distance": distance}

    def predictions(self, outputs: Tensor, part: Split, data: Data) -> dict[str, np.ndarray]:
        """Return the points (examples, dimension)."""
        return in_units(outputs, part, data)

    def judged(self, predictions: Mapping[str, np.ndarray]) -> dict[str, float]:
        """Return the distances to the minimum: in function value (`excess`) and Euclidean (`distance`)."""
        place = torch.from_numpy(predictions["prediction"]).double()
        return {name: value.item() for name, value in self._distances(place).items()}

    def metrics(self, outputs: Tensor, part: Split, data: Data) -> dict[str, float]:
        """Return the distances to the minimum and the loss."""
        return {**super().metrics(outputs, part, data), "loss": float(self.loss(outputs))}

    def figures(self, predictions: Mapping[str, np.ndarray], data: Data) -> dict[str, np.ndarray]:
        """Return a scatter plot of the first coordinate; the targets of the dataset are zeros."""
        prediction, target = predictions["prediction"][:, 0], predictions["target"][:, 0]
        return {"test/predicted_against_true": picture.scatter(target, prediction)}

    def baseline(self, data: Data, part: Split) -> tuple[str, Tensor]:
        """Return a naive point: all coordinates 0, or all 1 if the minimum is at 0."""
        place = 1.0 if self.minimum.abs().max() < 1e-9 else 0.0
        return f"all coordinates {place:g}", torch.full((len(part), self.spec.outputs), place)


def turn(dimension: int, degrees: float) -> Tensor:
    """Return a matrix that rotates the planes of the (first, last), (second, second to last), ... coordinates."""
    angle = math.radians(degrees)
    matrix = torch.eye(dimension, dtype=torch.float64)
    for i in range(dimension // 2):
        j = dimension - 1 - i
        matrix[i, i] = matrix[j, j] = math.cos(angle)
        matrix[i, j], matrix[j, i] = -math.sin(angle), math.sin(angle)
    return matrix
