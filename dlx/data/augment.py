"""Augmentation of training batches: on images with black at 0, for any form of input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from torch import Generator

from dlx.config.choice import Choice
from dlx.contracts import Batch
from dlx.contracts.augmentation import Augmentation
from dlx.contracts.hooks import Hooks
from dlx.data.adapt import as_images, reshape
from dlx.data.prepared import Data, Images, Split
from dlx.data.tree import joined
from dlx.data.warp import move_boxes, sample, sample_mask
from dlx.errors import ConfigError
from dlx.spec import Target


@dataclass(frozen=True)
class Augmenter(Hooks):
    """An augmentation as part of the training step.

    Attributes:
        augmentation: changes images in which black is 0; with `needs_black = False` it is independent of the value of
            black and receives the images unchanged.
        images: form of the images before they were adapted to the model.
        form: kind of input that the model receives.
        target: kind of target; masks and boxes are moved as their images are.
    """

    augmentation: Augmentation
    images: Images
    form: str
    target: Target

    def change_batch(self, batch: Batch, generator: Generator) -> Batch:
        """Return the batch with its images changed, and with them the targets that have places."""
        inputs, targets = batch.inputs, batch.targets
        images = as_images(inputs, self.images.shape)
        black = self.images.black.to(inputs) if self.augmentation.needs_black else None
        images = images if black is None else images - black
        grid = self.augmentation.grid(images, generator)
        changed = self.augmentation.change_images(images, generator) if grid is None else sample(images, grid)
        changed = changed.to(inputs.dtype)
        changed = changed if black is None else changed + black
        if grid is not None and self.target == "mask":
            targets = sample_mask(targets, grid)
        if grid is not None and self.target == "boxes":
            targets = move_boxes(targets, grid, images.shape[2:])
        changed = changed if self.form == "image" else reshape(changed, self.form)
        return batch._replace(inputs=changed, targets=targets)

    def chosen_object(self) -> Augmentation:
        """Return the augmentation."""
        return self.augmentation


def augmenters(chosen: Mapping[str, Choice], data: Data, form: str) -> list[Augmenter]:
    """Return the augmentations as parts of the training step, in the order in which they are applied.

    Args:
        chosen: the chosen augmentations by name.
        data: data before adaptation.
        form: kind of input that the model receives.

    Raises:
        ConfigError: the data are not images, or keys do not go together.
    """
    made = []
    for name, augmentation in chosen.items():
        if data.images is None:
            raise ConfigError(f"augmentation={name}: needs images; the dataset gives {data.spec}; try dataset=digits")
        made.append(Augmenter(augmentation.make(shape=data.images.shape), data.images, form, data.spec.target))
    return made


def enlarged(part: Split, changes: Sequence[Augmenter], copies: int, seed: int) -> Split:
    """Return a split with changed copies of each example, drawn once, after the originals."""
    generator = Generator().manual_seed(seed)
    batches = [part.batch(), *(changed(part.batch(), changes, generator) for _ in range(copies))]
    inputs, targets, weights = joined(batches)
    index = np.tile(part.index, copies + 1)
    return replace(part, inputs=inputs, targets=targets, weights=weights, index=index, extra={}, offers={})


def changed(batch: Batch, changes: Sequence[Augmenter], generator: Generator) -> Batch:
    """Return a batch after all augmentations, one after another."""
    for change in changes:
        batch = change.change_batch(batch, generator)
    return batch
