"""Photographs that come with scikit-learn, and image files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dlx.dataset._shipped import library_file
from dlx.errors import ConfigError

NAMES = ("china", "flower")


def photograph(name: str) -> np.ndarray:
    """Return a photograph by its name in `NAMES` or by its path (height, width, 3), with values in [0, 1].

    Raises:
        ConfigError: If the file is no image.
    """
    from PIL import Image, UnidentifiedImageError  # comes with matplotlib

    shipped = name in NAMES
    path = library_file("sklearn", "datasets", "images", f"{name}.jpg") if shipped else Path(name).expanduser()
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB"), dtype=np.float32) / 255
    except UnidentifiedImageError as error:
        raise ConfigError(f"dataset: {name} is no image; expected a file such as PNG or JPEG") from error
