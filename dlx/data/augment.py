"""How augmentations reach the training batches: on images with black at 0, whatever form the model wants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Annotated, Any

import numpy as np
from torch import Generator

from dlx.config import gate
from dlx.contracts import Augmentation, Batch
from dlx.data.adapt import as_images, reshape
from dlx.data.prepared import Data, Images, Split
from dlx.data.tree import joined
from dlx.data.warp import sample, sample_mask
from dlx.errors import ConfigError
from dlx.spec import Positive, Target


@dataclass(frozen=True, kw_only=True)
class AugmentationKeys:
    """What every augmentation has in common.

    Attributes:
        fresh: draw anew in each epoch; false: draw once, and train on the originals with their changed copies.
        copies: with fresh=false, how many changed copies of each example join the training split.
    """

    fresh: bool = True
    copies: Annotated[int, Positive] = 1


@dataclass(frozen=True)
class Augmenter:
    """An augmentation as part of the training step.

    Attributes:
        augmentation: changes images in which black is 0; one that says `needs_black = False` is given the images as
            they are.
        images: the form of the images before they were adapted to the model.
        form: kind of input that the model is given.
        target: kind of target; masks are moved as their images are.
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
        changed = changed if self.form == "image" else reshape(changed, self.form)
        return batch._replace(inputs=changed, targets=targets)


def augmenter(node: Mapping[str, Any], data: Data, form: str) -> tuple[Augmenter | None, AugmentationKeys]:
    """Build the augmentation of a configuration; None where nothing is changed.

    Args:
        node: the configuration's `augmentation`.
        data: before adaptation.
        form: kind of input that the model is given.

    Raises:
        ConfigError: the data are no images, or a key is wrong.
    """
    cls: type[Augmentation] = gate.check(node, "augmentation", gate.keys(AugmentationKeys))
    if not cls.changes:
        return None, AugmentationKeys()
    if data.images is None:
        name = str(node["_target_"]).split(".")[-2]
        raise ConfigError(f"augmentation={name}: needs images; the dataset gives {data.spec}; try dataset=digits")
    common = AugmentationKeys(**{key.name: node[key.name] for key in fields(AugmentationKeys) if key.name in node})
    made = gate.factory(node, "augmentation", gate.keys(AugmentationKeys))(shape=data.images.shape)
    return Augmenter(made, data.images, form, data.spec.target), common


def enlarged(part: Split, augmenter: Augmenter, copies: int, seed: int) -> Split:
    """Return a part with changed copies of each example behind the originals, drawn once."""
    generator = Generator().manual_seed(seed)
    batches = [part.batch(), *(augmenter.change_batch(part.batch(), generator) for _ in range(copies))]
    inputs, targets, weights = joined(batches)
    index = np.tile(part.index, copies + 1)
    return replace(part, inputs=inputs, targets=targets, weights=weights, index=index, extra={}, offers={})
