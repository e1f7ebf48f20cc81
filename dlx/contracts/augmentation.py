"""The contract of the group augmentation."""

from __future__ import annotations

from typing import ClassVar

from torch import Generator

from dlx.contracts import Batch
from dlx.contracts.contract import Contract


class Augmentation(Contract):
    """A random change of training images.

    Attributes:
        needs_black: whether images are shifted so that black is 0 before they are changed. False where the change does
            not depend on it: the images are then given as the model sees them.
    """

    given: ClassVar[tuple[str, ...]] = ("shape",)  # (channels, height, width) of an image
    needs_black: bool = True

    def change_batch(self, batch: Batch, generator: Generator) -> Batch:
        """Return the batch with its images (batch, channels, height, width) changed; by default as it is."""
        return batch

    @classmethod
    def changes_images(cls) -> bool:
        """Return whether there is anything to do: the class has a `change_batch` of its own."""
        return cls.change_batch is not Augmentation.change_batch
