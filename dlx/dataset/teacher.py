"""Regression tasks of a teacher network, related by the subspace of the inputs that matters."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Table
from dlx.spec import Kind, NonNegative, Positive

Rotation = Kind("Rotation", low=0, high=90)


class Teacher(Dataset):
    """Targets of a teacher network, `y_k = a_k · tanh(2 Wᵀx) + noise` with standard normal inputs x.

    The columns of W span a random subspace, which `seed` (or `streams.data`) selects; all else about x is without
    meaning for y. Data sets of the same seed are related tasks: `angle` rotates the subspace away from that of angle 0,
    by the same angle in all its directions, until at 90 degrees both have nothing in common; `draw` draws new examples
    and read-outs a_k of the same subspace. Read-outs have unit length.

    Args:
        examples: number of examples.
        dimensions: number of inputs.
        subspace: dimension of the subspace.
        tasks: number of targets, each with a read-out of its own.
        angle: angle in degrees between the subspace and that of angle 0.
        related: whether all tasks share the subspace; false: each has one of its own.
        draw: number of the draw of examples and read-outs.
        target_noise: standard deviation of the Gaussian noise on the targets.

    Example:
        dlx train dataset=teacher dataset.angle=90 dataset.draw=1 transfer=freeze transfer.source=RUN
    """

    def __init__(
        self,
        *,
        examples: Annotated[int, Positive],
        dimensions: Annotated[int, Positive],
        subspace: Annotated[int, Positive],
        tasks: Annotated[int, Positive],
        angle: Annotated[float, Rotation],
        related: bool,
        draw: Annotated[int, NonNegative],
        target_noise: Annotated[float, NonNegative],
    ) -> None:
        if 2 * subspace > dimensions:
            raise ValueError(f"subspace: expected at most half of the {dimensions} dimensions, got {subspace}")
        self.examples, self.dimensions, self.subspace, self.tasks = examples, dimensions, subspace, tasks
        self.angle, self.related, self.draw, self.target_noise = angle, related, draw, target_noise

    def load(self, seed: int) -> Table:
        """Return inputs (examples, dimensions), targets (examples, tasks), and the subspace as truth."""
        shared = np.random.default_rng([seed, 0])
        own = np.random.default_rng([seed, 1, self.draw])
        inputs = own.standard_normal((self.examples, self.dimensions))
        readouts = own.standard_normal((self.subspace, self.tasks))
        readouts /= np.linalg.norm(readouts, axis=0)
        noise = own.standard_normal((self.examples, self.tasks))
        common = self.basis(shared)
        spans = [common if self.related or task == 0 else self.basis(shared) for task in range(self.tasks)]
        values = [np.tanh(2 * inputs @ span) @ readout for span, readout in zip(spans, readouts.T, strict=True)]
        targets = np.stack(values, 1) + self.target_noise * noise
        return Table(
            inputs.astype(np.float32),
            targets.astype(np.float32),
            features=tuple(f"x{number}" for number in range(1, self.dimensions + 1)),
            truth={"subspace": common, "readouts": readouts},
        )

    def basis(self, random: np.random.Generator) -> np.ndarray:
        """Return an orthonormal basis (dimensions, subspace) of a random subspace, rotated by `angle`."""
        drawn, _ = np.linalg.qr(random.standard_normal((self.dimensions, 2 * self.subspace)))
        turned = np.deg2rad(self.angle)
        return np.cos(turned) * drawn[:, : self.subspace] + np.sin(turned) * drawn[:, self.subspace :]
