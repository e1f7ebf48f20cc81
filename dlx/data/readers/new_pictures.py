"""New pictures in the form of those that a run was trained on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from dlx.data.raw import NewExamples
from dlx.data.readers.folder import IMAGES, MASKS, OF_THE_SYSTEM, hidden
from dlx.data.readers.picture import SUFFIXES, Form, UnreadableError, opened, pixels
from dlx.data.reading import listed
from dlx.data.store import allocated
from dlx.errors import ConfigError, nearest
from dlx.files import is_folder, is_there
from dlx.stored.form import Fields, count, one_of

FORM = Fields(needed={"height": count, "width": count, "channels": count, "resize": one_of("crop", "pad", "stretch")})


def form_code(form: Form) -> dict[str, Any]:
    """Return the form of pictures as a run keeps it."""
    return {"height": form.height, "width": form.width, "channels": form.channels, "resize": form.resize}


def read_new_pictures(source: object, encoding: Mapping[str, Any], memory: int) -> NewExamples:
    """Return the pictures of a folder and of all folders in it, or a single one, without those that cannot be read.

    Args:
        source: the folder or the file.
        encoding: the form of the pictures, see `form_code`.
        memory: largest number of bytes that are held in memory.

    Raises:
        ConfigError: there is no such file or folder, or no picture in it can be read.
    """
    if not isinstance(source, Path):
        raise ConfigError("expected a picture or a folder of pictures, got a table")
    form = Form(**FORM(encoding, "encoding"))
    files, other = new_files(source)
    inputs = allocated((len(files), form.channels, form.height, form.width), np.float32, memory)
    refused: list[str] = []
    read: list[str] = []
    for file in files:
        try:
            inputs[len(read)] = pixels(opened(file, str(file)), form, str(file))
        except UnreadableError as error:
            refused.append(str(error))
            continue
        read.append(file.name if file == source else str(file.relative_to(source)))
    if not read:
        raise ConfigError(f"{refused[0]}; no picture can be predicted")
    notes = (f"left out, being no pictures: {listed(other)}",) if other else ()
    return NewExamples(inputs[: len(read)], {"file": read}, tuple(refused), notes)


def new_files(source: Path) -> tuple[list[Path], list[str]]:
    """Return the pictures of a folder in order, and the names of its other files; masks of pictures are left out.

    Raises:
        ConfigError: there is none.
    """
    if is_there(source):
        return [source], []
    if not is_folder(source):
        near = [path.name for path in source.parent.iterdir()] if is_folder(source.parent) else []
        raise ConfigError(f"there is no file or folder {str(source)!r}{nearest(source.name, near)}")
    inside = [path for path in sorted(source.rglob("*")) if is_there(path) and not hidden(path.relative_to(source))]
    masks = {path for path in inside if path.parent.name == MASKS and is_folder(path.parent.parent / IMAGES)}
    inside = [path for path in inside if path not in masks and path.name.casefold() not in OF_THE_SYSTEM]
    files = [path for path in inside if path.suffix.casefold() in SUFFIXES]
    if not files:
        raise ConfigError(f"{source} holds no pictures ({', '.join(SUFFIXES[:3])}, ...)")
    return files, [str(path.relative_to(source)) for path in inside if path not in set(files)]
