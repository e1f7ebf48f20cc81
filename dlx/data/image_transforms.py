"""Transforms of the test images on which a trained network is also evaluated."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from dlx.contracts.augmentation import Augmentation
from dlx.data.warp import affine, mirrors, rotation, scaling, shearing, shifts, signs
from dlx.errors import ConfigError, nearest

EXAMPLES = ("rotation_15", "translation_2", "scale_0.7", "shear_30", "flip", "noise_0.3")


@dataclass(frozen=True)
class Transform(Augmentation):
    """A transform by a fixed amount; its direction, one of two or four, is drawn for each image.

    Attributes:
        name: name as typed, e.g. `rotation_15`.
        kind: `rotation` (degrees), `translation` (whole pixels, filled with black), `scale` (factor), `shear`
            (degrees), `flip` (left to right) or `noise` (standard deviation).
        amount: amount of the change.
    """

    name: str
    kind: str
    amount: float

    @classmethod
    def parse(cls, name: str) -> Transform:
        """Return the transform that a name such as `rotation_15` describes.

        Raises:
            ConfigError: names the nearest valid choice.
        """
        kind, _, text = name.partition("_")
        kinds = {example.partition("_")[0]: example for example in EXAMPLES}
        if kind not in kinds:
            close = difflib.get_close_matches(kind, kinds, n=1)
            hint = f"; did you mean {kinds[close[0]]!r}?" if close else nearest(name, EXAMPLES)
            raise ConfigError(f"dataset.test_transforms: no such transform {name!r}{hint}")
        try:
            amount = float(text) if "_" in kinds[kind] else float("nan" if text else "1")
        except ValueError:
            amount = float("nan")
        bound = {"shear": 90.0, "rotation": 360.0, "noise": 1e6}.get(kind, float("inf"))
        if not 0 < amount < bound or (kind == "translation" and amount % 1):
            expected = {"translation": "a whole number of pixels above 0", "flip": "nothing"}.get(
                kind, "a number above 0" + (f" and below {bound:g}" if bound < float("inf") else "")
            )
            raise ConfigError(
                f"dataset.test_transforms: {name!r}: expected {expected} behind {kind}, as in {kinds[kind]}"
            )
        return cls(name, kind, amount)

    def check(self, shape: tuple[int, ...]) -> None:
        """Refuse a transform that leaves nothing of images of this shape (channels, height, width).

        Raises:
            ConfigError: names the transform and the maximum amount.
        """
        side = min(shape[1:])
        if self.kind == "translation" and self.amount >= side:
            raise ConfigError(f"dataset.test_transforms: {self.name!r}: expected less than the image's side {side}")
        if self.kind == "scale" and not 1 / side <= self.amount <= side:
            raise ConfigError(f"dataset.test_transforms: {self.name!r}: expected a factor from 1/{side} to {side}")

    def grid(self, images: Tensor, generator: Generator) -> Tensor | None:
        """Return where the pixels of images (batch, channels, height, width) come from; None of noise."""
        count = len(images)
        if self.kind == "noise":
            return None
        if self.kind == "flip":
            return mirrors(images, {3: torch.ones(count, dtype=torch.bool)})
        if self.kind == "scale":
            return affine(images, scaling(torch.full((count,), self.amount)))
        side = signs(count, generator)
        if self.kind == "translation":
            along = torch.randint(0, 2, (count,), generator=generator) * side * int(self.amount)
            return shifts(images, along, (along == 0) * side * int(self.amount))
        return affine(images, (rotation if self.kind == "rotation" else shearing)(side * self.amount))

    def change_images(self, images: Tensor, generator: Generator) -> Tensor:
        """Return images (batch, channels, height, width) with noise; black is 0."""
        noise = torch.randn(images.shape, generator=generator, device=generator.device, dtype=images.dtype)
        return images + self.amount * noise
