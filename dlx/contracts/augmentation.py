"""The contract of the group augmentation."""

from __future__ import annotations

from typing import ClassVar

from torch import Generator, Tensor

from dlx.contracts.contract import Contract


class Augmentation(Contract):
    """A random transform of training images (batch, channels, height, width), of pixel positions or of pixel values.

    Several are applied one after another, each to the images that the one before it returns.

    Attributes:
        needs_black: whether it requires images in which black has the value 0.
    """

    given: ClassVar[tuple[str, ...]] = ("shape",)  # (channels, height, width) of an image
    needs_black: bool = True

    def grid(self, images: Tensor, generator: Generator) -> Tensor | None:
        """Return a sampling grid (dlx/data/warp.py), which is also applied to masks, or None to use `change_images`."""
        return None

    def change_images(self, images: Tensor, generator: Generator) -> Tensor:
        """Return images of the same shape with changed pixel values."""
        return images
