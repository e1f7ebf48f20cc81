"""Pictures of a dataset of the Hugging Face hub, or of local files of the same layout, through their library."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any

import numpy as np

from dlx.data.raw import Table
from dlx.data.readers.hub_library import PARTS, Source, in_parts, loaded
from dlx.data.readers.new_pictures import form_code
from dlx.data.readers.picture import Form, Head, UnreadableError, head, opened, pixels
from dlx.data.readers.picture_heads import Wanted
from dlx.data.readers.pictures import form_of
from dlx.data.reading import Reading
from dlx.data.store import allocated
from dlx.errors import ConfigError, nearest, pasted

LABELS = ("label", "labels", "class", "target", "y")


def read_hub(source: Source, wanted: Wanted) -> Table:
    """Return the pictures of a dataset with their classes.

    Raises:
        ConfigError: the library is missing, the hub cannot be reached, or there is no such dataset or column.
    """
    splits, unused = in_parts(loaded(source), source)
    first = next(iter(splits.values()))
    image, label = columns_of(first.features, source)
    heads = {part: [seen for seen, _ in with_heads(split, part, image)] for part, split in splits.items()}
    form = form_of([seen for part in heads.values() for seen in part], wanted)
    labels = {part: split[label] if label else [None] * len(split) for part, split in splits.items()}
    given = np.array([value is not None and value != -1 for part in labels.values() for value in part])
    given = given if label else ~given
    images = decoded(splits, image, form, wanted, given)
    counts = np.split(given, np.cumsum([len(split) for split in splits.values()])[:-1])
    sizes = {part: int(kept.sum()) for part, kept in zip(splits, counts, strict=True)}
    targets: np.ndarray | None = None
    classes: tuple[str, ...] = ()
    if label:
        values = [value for part in labels.values() for value in part if value is not None and value != -1]
        targets, classes = as_classes(values, first.features[label], label, source)
    gone = {f"no {label}": int((~given).sum())} if not given.all() else {}
    notes = notes_of(splits, unused, sizes)
    shares = Counter([] if targets is None else targets.tolist())
    return Table(
        images,
        targets,
        "image",
        classes=classes,
        parts=None if "" in splits else tuple(sizes.get(part, 0) for part in PARTS),  # type: ignore[arg-type]
        memory=wanted.memory,
        encoding=form_code(form),
        reading=Reading(
            source.path,
            "hub",
            rows=len(given),
            used=len(images),
            left_out=gone,
            target=label or "",
            target_kind="class" if label else "none",
            classes={name: shares[number] for number, name in enumerate(classes)},
            notes=tuple(notes),
            unit="pictures",
            given="images of " + "x".join(map(str, images.shape[1:])),
        ),
    )


def columns_of(features: Mapping[str, Any], source: Source) -> tuple[str, str | None]:
    """Return the names of the columns of pictures and of classes; None if there are no classes.

    Raises:
        ConfigError: there is no such column, or it cannot be told which one it is.
    """
    import datasets

    for key, name in (("image", source.image), ("label", source.label)):
        if name is not None and name not in features:
            has = ", ".join(features)
            raise ConfigError(f"dataset.{key}: {source.path} has no column {name!r}{nearest(name, features)} ({has})")
    pictures = [name for name, kind in features.items() if isinstance(kind, datasets.Image)]
    if source.image is not None and source.image not in pictures:
        raise ConfigError(f"dataset.image: the column {source.image!r} of {source.path} holds no pictures")
    if not pictures:
        raise ConfigError(
            f"dataset.path: {source.path} has no column of pictures ({', '.join(features)}); a table can be saved and "
            "read: dataset=parquet"
        )
    classes = [name for name, kind in features.items() if isinstance(kind, datasets.ClassLabel)]
    usual = [name for name in features if name in LABELS]
    if source.label is None and len(classes) > 1 and not usual:
        raise ConfigError(
            f"dataset.label: {source.path} has several columns of classes ({', '.join(classes)}); choose one: "
            f"{pasted('dataset.label', classes[0])}"
        )
    return source.image or pictures[0], source.label or next(iter([*usual, *classes]), None)


def rows_of(split: Any, part: str, image: str) -> Iterator[tuple[Any, str]]:
    """Yield the pictures of a split, each as an open file, with its name in messages."""
    import datasets

    for number, row in enumerate(split.select_columns([image]).cast_column(image, datasets.Image(decode=False))):
        cell = row[image] or {}
        name = cell.get("path") or f"picture {number} of the split {part or 'train'}"
        yield BytesIO(cell["bytes"]) if cell.get("bytes") else cell.get("path") or BytesIO(), name


def with_heads(split: Any, part: str, image: str) -> Iterator[tuple[Head, str]]:
    """Yield what each picture says of itself.

    Raises:
        ConfigError: one cannot be read.
    """
    for file, name in rows_of(split, part, image):
        try:
            with opened(file, name) as picture:
                yield head(picture, name), name
        except UnreadableError as error:
            raise ConfigError(f"dataset.path: {error}") from None


def decoded(splits: Mapping[str, Any], image: str, form: Form, wanted: Wanted, given: np.ndarray) -> np.ndarray:
    """Return the pictures that are given a class (pictures, channels, height, width), split behind split."""
    images = allocated((int(given.sum()), form.channels, form.height, form.width), np.float32, wanted.memory)
    place, number = 0, 0
    for part, split in splits.items():
        for file, name in rows_of(split, part, image):
            if given[number]:
                try:
                    images[place] = pixels(opened(file, name), form, name)
                except UnreadableError as error:
                    raise ConfigError(f"dataset.path: {error}") from None
                place += 1
            number += 1
    return images


def as_classes(values: list[Any], feature: Any, label: str, source: Source) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the number of each picture's class (pictures,) and the names of the classes.

    Raises:
        ConfigError: the column holds neither words nor whole numbers, or a single class.
    """
    import datasets

    if isinstance(feature, datasets.ClassLabel):
        numbers, names = np.array(values, dtype=np.int64), list(feature.names)
        there = sorted(set(values))
        if len(there) > 1:  # names of classes that do not occur are left out
            return np.searchsorted(there, numbers), tuple(names[number] for number in there)
    elif not values or not all(isinstance(value, str | int) for value in values):
        raise ConfigError(f"dataset.label: the column {label!r} of {source.path} holds neither words nor whole numbers")
    seen, numbers = np.unique(np.array(values), return_inverse=True)
    if len(seen) < 2:
        raise ConfigError(f"dataset.label: the column {label!r} of {source.path} holds a single class, {seen[0]}")
    return numbers.astype(np.int64), tuple(map(str, seen.tolist()))


def notes_of(splits: Mapping[str, Any], unused: list[str], sizes: Mapping[str, int]) -> list[str]:
    """Return what a user should know of the splits, in sentences."""
    if "" in splits:
        return []
    cut = [part for part in PARTS if not sizes.get(part)]
    rest = f"; {' and '.join(cut)} cut out of train by dataset.split" if cut else ""
    kept = ", ".join(f"{part} {sizes[part]:,}" for part in splits if sizes[part])
    return [f"the splits are those of the dataset ({kept}){rest}"] + (
        [f"splits that are not used: {', '.join(unused)}"] if unused else []
    )
