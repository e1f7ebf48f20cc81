"""The contract of the group augmentation."""

from __future__ import annotations

from typing import ClassVar

from torch import Generator, Tensor

from dlx.contracts.contract import Contract


class Augmentation(Contract):
    """A random change of training images (batch, channels, height, width): of where pixels lie, or of their values.

    Attributes:
        needs_black: whether it must know where black lies: it is given images in which black is 0.
    """

    given: ClassVar[tuple[str, ...]] = ("shape",)  # (channels, height, width) of an image
    needs_black: bool = True

    def grid(self, images: Tensor, generator: Generator) -> Tensor | None:
        """Return where each pixel comes from (dlx/data/warp.py), for masks too; None: see `change_images`."""
        return None

    def change_images(self, images: Tensor, generator: Generator) -> Tensor:
        """Return images with other values at the same places."""
        return images

    @classmethod
    def changes_anything(cls) -> bool:
        """Return whether there is anything to do: the class has a `grid` or a `change_images` of its own."""
        return cls.grid is not Augmentation.grid or cls.change_images is not Augmentation.change_images
