"""Classes that a network predicts for some examples, for the diagnostics that draw them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from dlx.contracts.diagnostics import Subject
from dlx.data.adapt import as_images
from dlx.data.prepared import Data
from dlx.nn.predict import place_of
from dlx.spec import DataSpec

MOST = 1000  # examples among which right and wrong ones are looked for


class Decisions(NamedTuple):
    """The inputs (n, *shape) of some examples with the probabilities (n, classes), true and predicted classes (n,)."""

    inputs: Tensor
    shares: np.ndarray
    true: np.ndarray
    predicted: np.ndarray


def decisions(subject: Subject) -> Decisions:
    """Return the decisions of the network on the first examples of the split.

    Raises:
        ValueError: If the network has no score for each class.
    """
    batch = subject.part.like(place_of(subject.network)).batch(slice(MOST))
    with torch.no_grad():
        scores = subject.network(batch.inputs)
    classes = subject.data.spec.outputs
    if scores.dim() != 2 or scores.shape[1] != classes:
        raise ValueError(f"needs one output for each of the {classes} classes; try objective.codes=one_hot")
    return Decisions(
        batch.inputs,
        probabilities(subject, scores).numpy(),
        batch.targets.cpu().numpy(),
        scores.argmax(1).cpu().numpy(),
    )


def probabilities(subject: Subject, scores: Tensor) -> Tensor:
    """Return the probabilities of classes (n, classes); outputs of a squared error are probabilities themselves."""
    shares = scores.softmax(1) if subject.objective.spec.softmax else scores.clamp(0, 1)
    return shares.cpu().float()


def class_names(spec: DataSpec) -> list[str]:
    """Return the names of the classes, their numbers where they have none."""
    return list(spec.classes) or [str(number) for number in range(spec.outputs)]


def verdict(names: list[str], true: int, predicted: int) -> str:
    """Return the title of an example: its class, or what it was taken for."""
    return names[true] if true == predicted else f"{names[true]}, taken for {names[predicted]}"


def pictures_of(data: Data) -> Callable[[Tensor], np.ndarray] | None:
    """Return a function from inputs (n, *shape) to gray or RGB images; None if the inputs are no images."""
    if data.images is None:
        return None
    shape, black = data.images.shape, data.images.black

    def changed(inputs: Tensor) -> np.ndarray:
        images = as_images(inputs.detach().cpu().float(), shape)
        if shape[0] != 3:
            return images.mean(1).numpy()
        low = black.reshape(1, -1, 1, 1)
        top = (images - low).amax((1, 2, 3), keepdim=True).clamp_min(1e-6)
        return ((images - low) / top).clamp(0, 1).permute(0, 2, 3, 1).numpy()

    return changed
