"""Augmentation of training batches: on images with black at 0, for any form of input."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Generator

from dlx.config.choice import Choice
from dlx.config.shared_keys import AugmentationKeys
from dlx.contracts import Batch
from dlx.contracts.augmentation import Augmentation
from dlx.contracts.hooks import Hooks
from dlx.data.adapt import as_images, reshape
from dlx.data.prepared import Data, Images, Split
from dlx.errors import ConfigError


@dataclass(frozen=True)
class Augmenter(Hooks):
    """An augmentation as part of the training step.

    Attributes:
        augmentation: receives images in which black is 0, or, with `needs_black = False`, the images unchanged.
        images: form of the images before they were adapted to the model.
        form: kind of input that the model receives.
    """

    augmentation: Augmentation
    images: Images
    form: str

    def change_batch(self, batch: Batch, generator: Generator) -> Batch:
        """Return the batch with its inputs changed; targets may be changed too."""
        inputs, targets = batch
        images = as_images(inputs, self.images.shape)
        if self.augmentation.needs_black:
            black = self.images.black.to(inputs)
            changed, targets = self.augmentation.change_batch((images - black, targets), generator)
            changed = changed.to(inputs.dtype) + black
        else:
            changed, targets = self.augmentation.change_batch((images, targets), generator)
            changed = changed.to(inputs.dtype)
        return (changed if self.form == "image" else reshape(changed, self.form)), targets

    def chosen_object(self) -> Augmentation:
        """Return the augmentation."""
        return self.augmentation


def augmenter(augmentation: Choice, data: Data, form: str) -> tuple[Augmenter | None, AugmentationKeys]:
    """Return the augmentation, or None if nothing is changed, and its common keys.

    Args:
        augmentation: the chosen augmentation.
        data: data before adaptation.
        form: kind of input that the model receives.

    Raises:
        ConfigError: the data are not images, or keys do not go together.
    """
    cls: type[Augmentation] = augmentation.cls
    if not cls.changes_images():
        return None, AugmentationKeys()
    if data.images is None:
        raise ConfigError(
            f"augmentation={augmentation.option}: needs images; the dataset gives {data.spec}; try dataset=digits"
        )
    made = augmentation.make(shape=data.images.shape)
    return Augmenter(made, data.images, form), augmentation.common(AugmentationKeys)


def enlarged(part: Split, augmenter: Augmenter, copies: int, seed: int) -> Split:
    """Return a split with changed copies of each example, drawn once, after the originals."""
    generator = Generator().manual_seed(seed)
    batches = [(part.inputs, part.targets)]
    batches += [augmenter.change_batch((part.inputs, part.targets), generator) for _ in range(copies)]
    inputs, targets = (torch.cat(tensors) for tensors in zip(*batches, strict=True))
    return replace(part, inputs=inputs, targets=targets, index=np.tile(part.index, copies + 1), extra={})
