"""Arrays as a table: images, sequences or vectors, with classes, numbers or masks as targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from dlx.data.raw import Table
from dlx.data.readers.array_inputs import Choices, Kind, channel_axis, check_numbers, code_of, inputs_of, kind_of
from dlx.data.readers.array_targets import Targets, targets_of
from dlx.data.readers.arrays import PARTS, Pair
from dlx.data.reading import Reading
from dlx.errors import ConfigError

PLURALS: dict[Kind, str] = {"vector": "vectors", "image": "images", "sequence": "sequences"}


def table_of(path: Path, pairs: Mapping[str, Pair], unused: Sequence[str], choices: Choices) -> Table:
    """Return inputs and targets, part behind part, as a table.

    Raises:
        ConfigError: the arrays hold no finite numbers, differ between parts, or do not say what they are.
    """
    parts = [pairs[part] for part in ("", *PARTS) if part in pairs]
    for pair in parts:
        check_numbers(pair.x, pair.x_name, path)
        if pair.x.shape[1:] != parts[0].x.shape[1:] or (pair.y is None) != (parts[0].y is None):
            raise ConfigError(
                f"dataset.path: {pair.x_name!r} in {path} has the shape {pair.x.shape}, {parts[0].x_name!r} "
                f"{parts[0].x.shape}; expected the same but for the number of examples, with targets for both"
            )
    kind = kind_of(parts[0], choices, path)
    inputs = inputs_of(parts, kind, choices, path)
    targets = targets_of(parts, kind, inputs.shape[2:], choices, path)
    sizes = tuple(len(pairs[part].x) if part in pairs else 0 for part in PARTS)
    return Table(
        inputs,
        targets.values,
        kind,
        classes=targets.classes,
        white=1.0 if parts[0].x.dtype.kind in "bu" else max(1.0, float(inputs[:1000].max())),
        parts=None if "" in pairs else sizes,  # type: ignore[arg-type]
        offers={} if targets.masks is None else {"mask": targets.masks},
        memory=choices.memory,
        encoding=code_of(parts[0], kind, channel_axis(parts[0], choices, path), "" in pairs),
        double=targets.kind == "number",
        reading=reading_of(path, inputs, kind, targets, parts[0], notes_of(pairs, unused)),
    )


def notes_of(pairs: Mapping[str, Pair], unused: Sequence[str]) -> tuple[str, ...]:
    """Return what a user should know of the arrays, in sentences."""
    notes = [f"arrays that are not used: {', '.join(unused)}"] if unused else []
    if "" not in pairs:
        cut = [part for part in PARTS if part not in pairs]
        rest = f"; {' and '.join(cut)} cut out of train by dataset.split" if cut else ""
        names = ", ".join(pairs[part].x_name for part in PARTS if part in pairs)
        notes.append(f"the arrays {names} define the splits{rest}")
    return tuple(notes)


def reading_of(
    path: Path, inputs: np.ndarray, kind: Kind, targets: Targets, first: Pair, notes: tuple[str, ...]
) -> Reading:
    """Return how arrays were read."""
    return Reading(
        str(path),
        "arrays",
        rows=len(inputs),
        used=len(inputs),
        target=targets.name,
        target_kind=targets.kind,
        classes=targets.counts,
        notes=notes,
        unit="examples",
        given=f"{PLURALS[kind]} of {'x'.join(map(str, inputs.shape[1:]))} ({first.x_name}, {first.x.dtype})",
    )
