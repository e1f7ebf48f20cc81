"""Activities of people with a smart watch."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Table
from dlx.dataset._shipped import extra_file

CHANNELS = ("acceleration_x", "acceleration_y", "acceleration_z", "rotation_x", "rotation_y", "rotation_z")
COMMAND = "pip install --no-deps aeon"  # its data alone are read; its dependencies would change NumPy


class BasicMotions(Dataset):
    """80 recordings of a smart watch in four activities: six channels of a motion sensor, 100 steps in ten seconds.

    BasicMotions of the UEA archive (Bagnall et al. 2018; in aeon), both of its parts. aeon is an extra, of which the
    file alone is read: `pip install --no-deps aeon`.

    Example:
        dlx train -m dataset=basic_motions model=mlp,cnn,lstm
    """

    seeded = False

    def load(self, seed: int) -> Table:
        """Return recordings (80, 100, 6) and activities (80,)."""
        folder = ("datasets", "data", "BasicMotions")
        files = [extra_file("aeon", "aeon", COMMAND, *folder, f"BasicMotions_{part}.ts") for part in ("TRAIN", "TEST")]
        parts = [recordings(file) for file in files]
        words = [word for _, labels in parts for word in labels]
        classes = tuple(sorted(set(words)))
        targets = np.array([classes.index(word) for word in words], dtype=np.int64)
        inputs = np.concatenate([values for values, _ in parts])
        return Table(inputs, targets, "sequence", features=CHANNELS, classes=classes)


def recordings(file: Path) -> tuple[np.ndarray, list[str]]:
    """Return recordings (examples, time, channels) and their activities from a file of the UEA archive.

    Below the line `@data` there is one recording in a line: the values of a channel separated by commas, channels
    separated by colons, and the activity behind the last colon.
    """
    lines = file.read_text(encoding="utf-8").splitlines()
    rows = [line.split(":") for line in lines[lines.index("@data") + 1 :] if line.strip()]
    values = [[[float(value) for value in channel.split(",")] for channel in row[:-1]] for row in rows]
    return np.array(values, dtype=np.float32).transpose(0, 2, 1), [row[-1] for row in rows]
