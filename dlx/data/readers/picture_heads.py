"""The pictures of a folder that can be opened, each with what it says of itself: size, channels, orientation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from dlx.data.readers.folder import Example, Found
from dlx.data.readers.picture import Head, Resize, UnreadableError, head, opened
from dlx.data.split import shuffled
from dlx.errors import ConfigError

Size = int | list[int] | Literal["auto"]
Color = Literal["auto", "rgb", "gray"]


@dataclass(frozen=True)
class Wanted:
    """How pictures are to be read: the keys of the dataset, see `dlx.dataset.image_folder`; `memory` is in bytes."""

    size: Size
    color: Color
    resize: Resize
    unreadable: Literal["refuse", "leave_out"]
    nested: bool
    mask_classes: tuple[str, ...]
    memory: int


@dataclass(frozen=True)
class Candidate:
    """A picture that could be opened: where it lies, what it says of itself, and its split ("": none is defined)."""

    example: Example
    head: Head
    part: str


def candidates(found: Found, wanted: Wanted, failed: dict[Path, str]) -> list[Candidate]:
    """Return the pictures that can be opened, part by part; the examples of a part that is defined are mixed."""
    seen = []
    for part, examples in found.parts.items():
        numbers = {name: number for number, name in enumerate(sorted({e.label for e in examples}))}
        order: Sequence[int] = range(len(examples))
        if part:  # so that dataset.limit takes some of each class
            labels = np.array([numbers[example.label] for example in examples])
            order = shuffled(labels, True, np.random.default_rng(0)).tolist()
        for place in order:
            example = examples[place]
            try:
                seen.append(Candidate(example, head_of(example), part))
            except UnreadableError as error:
                failed[example.picture] = or_refuse(error, wanted)
    if not seen and failed:
        raise ConfigError(f"dataset.path: {next(iter(failed.values()))}; none of {len(failed)} pictures can be read")
    return seen


def head_of(example: Example) -> Head:
    """Return what a picture says of itself.

    Raises:
        UnreadableError: the picture or its mask cannot be read.
        ConfigError: they differ in size.
    """
    with opened(example.picture, str(example.picture)) as image:
        seen = head(image, str(example.picture))
    if example.mask is not None:
        with opened(example.mask, str(example.mask)) as image:
            mask = head(image, str(example.mask))
        if (mask.width, mask.height) != (seen.width, seen.height):
            raise ConfigError(
                f"dataset.path: {example.mask} has {mask.width}x{mask.height} pixels, its image {example.picture} "
                f"{seen.width}x{seen.height}; expected a mask of the size of its image"
            )
    return seen


def or_refuse(error: UnreadableError, wanted: Wanted) -> str:
    """Return why a picture is left out, or refuse it.

    Raises:
        ConfigError: the user does not leave out what cannot be read.
    """
    if wanted.unreadable == "refuse":
        raise ConfigError(
            f"dataset.path: {error}; mend or remove it, or leave such pictures out: dataset.unreadable=leave_out"
        ) from None
    return str(error)
