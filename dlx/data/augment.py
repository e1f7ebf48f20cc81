"""How augmentations reach the training batches: on images with black at 0, whatever form the model wants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Annotated, Any

import numpy as np
import torch
from torch import Generator

from dlx.config import gate
from dlx.contracts import Batch
from dlx.contracts.augmentation import Augmentation
from dlx.contracts.hooks import Hooks
from dlx.data.adapt import as_images, reshape
from dlx.data.prepared import Data, Images, Split
from dlx.errors import ConfigError
from dlx.spec import Positive


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
class Augmenter(Hooks):
    """An augmentation as part of the training step.

    Attributes:
        augmentation: changes images in which black is 0, or images as they are where `needs_black` is False.
        images: the form of the images before they were adapted to the model.
        form: kind of input that the model is given.
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
    if not cls.changes_images():
        return None, AugmentationKeys()
    if data.images is None:
        name = str(node["_target_"]).split(".")[-2]
        raise ConfigError(f"augmentation={name}: needs images; the dataset gives {data.spec}; try dataset=digits")
    common = AugmentationKeys(**{key.name: node[key.name] for key in fields(AugmentationKeys) if key.name in node})
    made = gate.factory(node, "augmentation", gate.keys(AugmentationKeys))(shape=data.images.shape)
    return Augmenter(made, data.images, form), common


def enlarged(part: Split, augmenter: Augmenter, copies: int, seed: int) -> Split:
    """Return a part with changed copies of each example behind the originals, drawn once."""
    generator = Generator().manual_seed(seed)
    batches = [(part.inputs, part.targets)]
    batches += [augmenter.change_batch((part.inputs, part.targets), generator) for _ in range(copies)]
    inputs, targets = (torch.cat(tensors) for tensors in zip(*batches, strict=True))
    return replace(part, inputs=inputs, targets=targets, index=np.tile(part.index, copies + 1), extra={})
