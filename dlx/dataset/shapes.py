"""Drawn shapes."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.images import corner
from dlx.data.raw import Label, Table
from dlx.dataset._stamps import CLASSES, VARIANTS, number_of, stamp
from dlx.errors import ConfigError
from dlx.spec import AtLeastTwo, NonNegative, Positive, Target

ATTEMPTS = 1000  # layouts tried for the objects of an image that must not overlap


class Shapes(Dataset):
    """White squares, circles, triangles or crosses on black; the class of an image is the kind of its objects.

    Objectives can choose among further targets of the same images:

    - masks (height, width): 0 is the background, 1 + class the pixels of an object. Later objects cover earlier ones.
    - boxes (most objects of an image, 5): top, left, bottom and right in pixels, the last two excluded, and the class
      of the object; rows without an object are -1.
    - labels (classes,): 1 for each class that occurs in the image, 0 for the others.

    The boxes, the masks as true or false, and the `size` of the objects are also stored as attributes of the images:
    `metrics.by=size` reports the metrics for each size. `label` says what the classes are, so that detection,
    recognition and identification (Johnson 1958) are three tasks on the same images.

    Args:
        examples: number of images, equally many of each kind.
        canvas: side of the images in pixels.
        objects: number of objects in each image, or a list from which one is drawn for each image. With 0 in the list
            some images are empty, and `nothing` is the first class.
        object_size: side of an object in pixels, or a list from which one is drawn for each image; below 5 some kinds
            look alike, below 6 some variants.
        position: `center` of the canvas, anywhere at `random`, or touching its `border`.
        pixel_noise: standard deviation of the Gaussian noise on every pixel; black is 0 and white 1.
        kinds: `same`: all objects of an image are of one kind; `mixed`: the kind of each object is drawn, and an image
            has several labels instead of a class.
        fill: objects are `filled`, `outlined` with a line of one pixel, or `any` of the two with equal probability.
        tilt: objects are `upright`, `tilted` by 45 degrees, or `any` of the two with equal probability. Circles are
            always upright.
        label: class of an object: its `kind`, its `presence` (all objects are of the class `object`), or its `variant`
            (the kind with the attributes that `fill` and `tilt` leave open).
        overlap: objects may overlap; false: their boxes do not.

    Example:
        dlx train dataset=shapes model=cnn 'dataset.object_size=[3,5,7,9]' metrics.by=size
    """

    def __init__(
        self,
        *,
        examples: Annotated[int, AtLeastTwo],
        canvas: Annotated[int, AtLeastTwo],
        objects: Annotated[int, Positive] | Annotated[list[int], NonNegative],
        object_size: Annotated[int, AtLeastTwo] | Annotated[list[int], AtLeastTwo],
        position: Literal["center", "random", "border"],
        pixel_noise: Annotated[float, NonNegative],
        kinds: Literal["same", "mixed"] = "same",
        fill: Literal["filled", "outlined", "any"] = "filled",
        tilt: Literal["upright", "tilted", "any"] = "upright",
        label: Literal["kind", "presence", "variant"] = "kind",
        overlap: bool = True,
    ) -> None:
        sizes = [object_size] if isinstance(object_size, int) else object_size
        if not sizes:
            raise ValueError("object_size: expected at least one size, got []")
        if max(sizes) > canvas:
            raise ValueError(f"object_size: expected at most the canvas {canvas}, got {object_size}")
        counts = [objects] if isinstance(objects, int) else objects
        if max(counts, default=0) < 1:
            raise ValueError(f"objects: expected a number of at least 1 in the list, got {objects}")
        self.examples, self.canvas, self.counts, self.sizes = examples, canvas, sorted(set(counts)), sorted(set(sizes))
        self.position, self.pixel_noise, self.overlap = position, pixel_noise, overlap
        self.kinds, self.fill, self.tilt, self.label = kinds, fill, tilt, label

    def load(self, seed: int) -> Table:
        """Return images (examples, 1, canvas, canvas) and their classes (examples,), with masks, boxes and labels.

        Raises:
            ConfigError: there is no room for objects that must not overlap.
        """
        random = np.random.default_rng(seed)
        drawn = np.random.default_rng([seed, 1]).choice(self.sizes, self.examples)
        variants = self._variants(seed)
        names, numbers = self._classes()
        classes = np.where(variants < 0, -1, numbers[variants])
        masks = np.zeros((self.examples, self.canvas, self.canvas), dtype=np.int64)
        boxes = np.full((*variants.shape, 4), -1, dtype=np.int64)
        for size in self.sizes:
            stamps = np.stack([stamp(variant.kind, size, variant.outlined, variant.tilted) for variant in VARIANTS])
            of_size = np.flatnonzero(drawn == size)
            places = self._places(variants[of_size] >= 0, size, random)
            for number in range(variants.shape[1]):
                there = variants[of_size, number] >= 0
                chosen, corners = of_size[there], places[there, number]
                boxes[chosen, number] = np.concatenate([corners, corners + size], 1)
                rows, columns = (corners[:, axis : axis + 1] + np.arange(size) for axis in (0, 1))
                place = chosen[:, None, None], rows[:, :, None], columns[:, None, :]
                inside, kind = stamps[variants[chosen, number]], classes[chosen, number, None, None]
                masks[place] = np.where(inside, 1 + kind, masks[place])
        images = (masks > 0)[:, None].astype(np.float32)
        images += self.pixel_noise * random.standard_normal(images.shape, dtype=np.float32)
        extra = {"mask": masks > 0, "box": boxes, "size": drawn, **self._attributes(variants)}
        targets, of_images = self._targets(classes, names)
        offers = offered(masks, boxes, classes, names, in_hash=targets is None)
        return Table(images, targets, "image", classes=of_images, extra=extra, offers=offers)

    def _variants(self, seed: int) -> np.ndarray:
        """Return the variant of each object (examples, most objects), an index of VARIANTS; -1: no object."""
        streams = [np.random.default_rng([seed, number]) for number in (2, 3, 4, 5)]
        most = max(self.counts)
        shape = (self.examples, 1 if self.kinds == "same" else most)
        kinds = np.arange(self.examples)[:, None] % len(CLASSES)
        if self.kinds == "mixed":
            kinds = streams[0].integers(0, len(CLASSES), shape)
        outlined = streams[1].random(shape) < {"filled": 0, "outlined": 1, "any": 0.5}[self.fill]
        tilted = streams[2].random(shape) < {"upright": 0, "tilted": 1, "any": 0.5}[self.tilt]
        tilted &= kinds != CLASSES.index("circle")
        table = np.array([[[number_of(kind, o, t) for t in (False, True)] for o in (False, True)] for kind in CLASSES])
        variants = np.broadcast_to(table[kinds, outlined * 1, tilted * 1], (self.examples, most))
        counts = streams[3].choice(self.counts, (self.examples, 1))
        return np.where(np.arange(most) < counts, variants, -1)

    def _classes(self) -> tuple[tuple[str, ...], np.ndarray]:
        """Return the names of the classes of objects, and the class of each variant (variants,), -1 if none."""
        if self.label == "presence":
            return ("object",), np.zeros(len(VARIANTS), dtype=np.int64)
        if self.label == "kind":
            return CLASSES, np.array([CLASSES.index(variant.kind) for variant in VARIANTS])
        fills = {"filled": (False,), "outlined": (True,), "any": (False, True)}[self.fill]
        tilts = {"upright": (False,), "tilted": (True,), "any": (False, True)}[self.tilt]
        kept = [v for v in VARIANTS if v.outlined in fills and (v.tilted in tilts or v.kind == "circle")]
        return tuple(map(str, kept)), np.array([kept.index(v) if v in kept else -1 for v in VARIANTS])

    def _targets(self, classes: np.ndarray, names: tuple[str, ...]) -> tuple[np.ndarray | None, tuple[str, ...]]:
        """Return the class of each image (examples,) and the names of the classes, or None if images have no class."""
        one_kind = self.kinds == "same" or self.label == "presence" or classes.shape[1] == 1
        empty = 0 in self.counts
        if not one_kind or len(names) + empty < 2:
            return None, ()
        return (classes[:, 0] + 1, ("nothing", *names)) if empty else (classes[:, 0], names)

    def _attributes(self, variants: np.ndarray) -> dict[str, np.ndarray]:
        """Return the attributes that differ between images, for strata."""
        found = {"objects": (variants >= 0).sum(1)} if len(self.counts) > 1 else {}
        if self.kinds == "same":
            outlined, tilted = np.array([(v.outlined, v.tilted) for v in VARIANTS] + [(False, False)], dtype=np.int64).T
            found |= {"outlined": outlined[variants[:, 0]]} if self.fill == "any" else {}
            found |= {"tilted": tilted[variants[:, 0]]} if self.tilt == "any" else {}
        return found

    def _places(self, there: np.ndarray, size: int, random: np.random.Generator) -> np.ndarray:
        """Return corners (images, objects, 2) of objects, apart from each other unless they may overlap.

        All objects of an image are drawn again until they are apart, which makes all such layouts equally likely.

        Args:
            there: whether an image has this object (images, objects).
            size: side of the objects.
            random: generator of the positions.
        """
        corners = self._drawn(there, size, random)
        again = np.arange(0 if self.overlap else len(there))
        for _ in range(ATTEMPTS):
            again = again[overlapping(corners[again], there[again], size)]
            if not len(again):
                return corners
            corners[again] = self._drawn(there[again], size, random)
        raise ConfigError(
            f"dataset.overlap: there is no room for {max(self.counts)} objects of {size} x {size} apart from each "
            f"other on a canvas of {self.canvas} x {self.canvas}; expected fewer or smaller objects, a larger "
            "dataset.canvas or dataset.overlap=true"
        )

    def _drawn(self, there: np.ndarray, size: int, random: np.random.Generator) -> np.ndarray:
        """Return random corners (images, objects, 2), see `_places`."""
        corners = np.zeros((*there.shape, 2), dtype=np.int64)
        for number in range(there.shape[1]):
            images = np.flatnonzero(there[:, number])
            corners[images, number] = corner(len(images), np.array([self.canvas - size] * 2), self.position, random)
        return corners


def overlapping(corners: np.ndarray, there: np.ndarray, size: int) -> np.ndarray:
    """Return which images (images,) have objects whose boxes overlap; see `Shapes._places`."""
    distance = np.abs(corners[:, :, None] - corners[:, None])
    pairs = there[:, :, None] & there[:, None] & np.triu(np.ones((there.shape[1],) * 2, dtype=bool), 1)
    return ((distance < size).all(3) & pairs).any((1, 2))


def offered(
    masks: np.ndarray, boxes: np.ndarray, classes: np.ndarray, names: tuple[str, ...], in_hash: bool
) -> dict[Target, Label]:
    """Return labels, boxes and masks as kinds of target.

    Args:
        masks: 0, or 1 + class (examples, height, width).
        boxes: boxes (examples, objects, 4), -1 if there is no object.
        classes: classes (examples, objects), -1 if there is no object.
        names: names of the classes.
        in_hash: whether the hash of the data includes them.
    """
    occurs = (classes[:, :, None] == np.arange(len(names))).any(1).astype(np.float32)
    with_class = np.concatenate([boxes, classes[:, :, None]], 2).astype(np.float32)
    return {
        "labels": Label(occurs, names, in_hash),
        "boxes": Label(with_class, names, in_hash),
        "mask": Label(masks, ("background", *names), in_hash),
    }
