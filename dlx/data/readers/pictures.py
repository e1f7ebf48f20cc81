"""The pictures of a folder as arrays: one size, one number of channels, with their classes or their masks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from dlx.data.raw import Table
from dlx.data.readers.folder import PARTS, Example, Found, find_pictures
from dlx.data.readers.masks import label_of
from dlx.data.readers.new_pictures import form_code
from dlx.data.readers.picture import Form, Head, UnreadableError, mask_values, opened, pixels
from dlx.data.readers.picture_heads import Candidate, Wanted, candidates, or_refuse
from dlx.data.reading import Reading, listed
from dlx.data.store import allocated
from dlx.errors import ConfigError, pasted

SIDE = 64  # largest side in pixels, unless another one is chosen
MULTIPLE = 8  # of which a side is one where it is chosen here: it can be halved three times


def read_folder(root: Path, wanted: Wanted) -> Table:
    """Return the pictures of a folder as a table of images with classes, with masks, or without targets.

    Raises:
        ConfigError: the layout of the folder is not known, a picture cannot be read, or there is a single class.
    """
    found = find_pictures(root, wanted.nested)
    classes = classes_of(root, found)
    failed: dict[Path, str] = {}
    opened_ones = candidates(found, wanted, failed)
    form = form_of([one.head for one in opened_ones], wanted)
    images, masks, used = decoded(opened_ones, form, wanted, failed)
    if not used:
        raise ConfigError(f"dataset.path: no picture in {root} can be read; the first: {next(iter(failed.values()))}")
    examples = [one.example for one in used]
    check_left(classes, examples, failed)
    sizes = tuple(sum(one.part == part for one in used) for part in PARTS)
    offers, notes = {}, notes_of(root, found, used, form)
    if masks is not None:
        paths = [example.mask for example in examples if example.mask is not None]
        offers = {"mask": label_of(*masks, paths, wanted.mask_classes)}
        notes.append(f"masks of {len(offers['mask'].classes)} classes: {listed(list(offers['mask'].classes))}")
    if failed:
        notes.append(f"cannot be read and left out: {listed([str(path) for path in failed])}")
    kind: Literal["class", "mask", "none"] = "class" if classes else "mask" if offers else "none"
    counts = Counter(example.label for example in examples)
    return Table(
        images,
        np.array([classes.index(example.label) for example in examples]) if classes else None,
        "image",
        classes=classes,
        parts=None if "" in found.parts else sizes,  # type: ignore[arg-type]
        offers=offers,  # type: ignore[arg-type]
        memory=wanted.memory,
        encoding=form_code(form),
        reading=Reading(
            str(root),
            "pictures",
            rows=sum(map(len, found.parts.values())),
            used=len(examples),
            left_out={"cannot be read": len(failed)} if failed else {},
            target={"class": "the folder of a picture", "mask": "the mask of a picture", "none": ""}[kind],
            target_kind=kind,
            classes={name: counts[name] for name in classes},
            notes=tuple(notes),
            unit="pictures",
            given="images of " + "x".join(map(str, images.shape[1:])),
            files=tuple(str(example.picture.relative_to(root)) for example in examples),
        ),
    )


def classes_of(root: Path, found: Found) -> tuple[str, ...]:
    """Return the names of the classes in order: of numbers if all are whole numbers, otherwise of the alphabet.

    Raises:
        ConfigError: there is a single class.
    """
    names = {example.label for part in found.parts.values() for example in part} - {""}
    if len(names) == 1:
        name = next(iter(names))
        raise ConfigError(
            f"dataset.path: {root} has a single class, {name!r}; expected a folder for each of two or more; to train "
            f"without classes: {pasted('dataset.path', str(root / name))} objective=reconstruction model=autoencoder"
        )
    return tuple(sorted(names, key=int) if all(name.isdecimal() for name in names) else sorted(names))


def form_of(heads: Sequence[Head], wanted: Wanted) -> Form:
    """Return the form that all pictures are brought into."""
    gray = wanted.color == "gray" or (wanted.color == "auto" and all(seen.gray for seen in heads))
    if wanted.size != "auto":
        height, width = (wanted.size, wanted.size) if isinstance(wanted.size, int) else wanted.size
    else:
        sizes = {(seen.height, seen.width) for seen in heads}
        own, side = next(iter(sizes)), min(SIDE, int(np.median([min(seen.height, seen.width) for seen in heads])))
        side = side // MULTIPLE * MULTIPLE or side
        height, width = own if len(sizes) == 1 and max(own) <= SIDE else (side, side)
    return Form(height, width, 1 if gray else 3, wanted.resize)


def decoded(
    found: Sequence[Candidate], form: Form, wanted: Wanted, failed: dict[Path, str]
) -> tuple[np.ndarray, tuple[np.ndarray, bool] | None, list[Candidate]]:
    """Return images (pictures, channels, height, width), their masks and whether these are colors, and what was read.

    Masks are (pictures, height, width), or None where there are none.
    """
    images = allocated((len(found), form.channels, form.height, form.width), np.float32, wanted.memory)
    masked = any(one.example.mask is not None for one in found)
    masks = allocated((len(found), form.height, form.width), np.int64, wanted.memory) if masked else None
    used: list[Candidate] = []
    kinds: dict[bool, Path] = {}
    for one in found:
        path, mask = one.example.picture, one.example.mask
        try:
            images[len(used)] = pixels(opened(path, str(path)), form, str(path))
            if masks is not None and mask is not None:
                masks[len(used)], colored = mask_values(opened(mask, str(mask)), form, str(mask))
                kinds.setdefault(colored, mask)
        except UnreadableError as error:
            failed[path] = or_refuse(error, wanted)
            continue
        used.append(one)
    if len(kinds) > 1:
        raise ConfigError(
            f"dataset.path: {kinds[True]} has colors, {kinds[False]} one number a pixel; expected masks of one kind"
        )
    count = len(used)
    return images[:count], None if masks is None else (masks[:count], True in kinds), used


def check_left(classes: tuple[str, ...], examples: Sequence[Example], failed: dict[Path, str]) -> None:
    """Refuse a class of which no picture could be read.

    Raises:
        ConfigError: it names the class.
    """
    gone = sorted(set(classes) - {example.label for example in examples})
    if gone:
        raise ConfigError(f"dataset.path: no picture of class {gone[0]!r} can be read: {next(iter(failed.values()))}")


def notes_of(root: Path, found: Found, used: Sequence[Candidate], form: Form) -> list[str]:
    """Return what a user should know of how the pictures were changed, in sentences."""
    heads, size = [one.head for one in used], f"{form.height}x{form.width}"
    changed = [seen for seen in heads if (seen.height, seen.width) != (form.height, form.width)]
    how = {"crop": "cropped in the middle to the same proportions", "pad": "padded", "stretch": "stretched"}[
        form.resize
    ]
    notes = []
    if changed:
        low, high = (of(changed, key=lambda seen: seen.height * seen.width) for of in (min, max))
        span = f"from {low.height}x{low.width} to {high.height}x{high.width}, height first"
        notes.append(f"{how} and scaled to {size}: {len(changed)} of {len(heads)} pictures ({span})")
    counts = {
        "turned upright, as their orientation says (EXIF)": sum(seen.turned for seen in heads),
        "of 16 bits": sum(seen.deep for seen in heads),
        "transparent, laid over white": sum(seen.transparent for seen in heads),
        "made gray": 0 if form.channels == 3 else sum(not seen.gray for seen in heads),
        "gray, repeated in three channels": 0 if form.channels == 1 else sum(seen.gray for seen in heads),
        "of several frames, of which the first is taken": sum(seen.frames > 1 for seen in heads),
    }
    notes += [f"{said}: {count} of {len(heads)} pictures" for said, count in counts.items() if count]
    if "" not in found.parts:
        cut = [part for part in PARTS if part not in found.parts]
        rest = f"; {' and '.join(cut)} cut out of train by dataset.split" if cut else ""
        notes.append(f"the folders {', '.join(found.parts)} define the splits{rest}")
    if found.other:
        notes.append(f"left out, being no pictures: {listed([str(path.relative_to(root)) for path in found.other])}")
    return notes
