"""New examples, treated as those of the training: read, filled, scaled, and in the form that the model accepts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from dlx.config.choice import Choice
from dlx.config.shared_keys import Preparation, TablePreparation
from dlx.data.fitted import apply_columns
from dlx.data.images import change_images
from dlx.data.prepared import Data, Images, Split
from dlx.data.preprocessing import Preprocessing
from dlx.data.raw import NewExamples, Series, Table
from dlx.data.readers.ahead import following, time_texts
from dlx.data.readers.inputs import read_inputs
from dlx.data.scale import random
from dlx.data.windows import complete, reorder, slide
from dlx.errors import ConfigError
from dlx.seeds import Streams

Source = Path | np.ndarray | Any  # a file, a folder, an array, or a pandas frame


@dataclass(frozen=True)
class NewData:
    """New examples with what tells them apart.

    Attributes:
        data: the examples, as all three splits, before they are adapted to a model; their targets are zeros.
        ids: a value for each example, by the name of the column.
        refused: a message for each example that cannot be predicted.
        notes: what else a user should know.
        steps: for the forecast behind the last value of a series, the time of each step; (): it has none.
    """

    data: Data
    ids: dict[str, Sequence[Any]]
    refused: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()


def new_data(source: Source, dataset: Choice, fitted: Preprocessing, streams: Streams, every: bool = False) -> NewData:
    """Return the examples in a file, a folder, a frame or an array, preprocessed as those of the training.

    Args:
        source: what the dataset reads, or the inputs themselves.
        dataset: the dataset of the run with its keys; its own file is not read.
        fitted: what the training split of the run decided.
        streams: the seeds of the run, for changes of the inputs that are drawn once for all examples.
        every: of a series, all windows; otherwise the last one, whose continuation is not known.

    Raises:
        ConfigError: nothing can be predicted; the message names the file and what was expected.
    """
    keys, table = dataset.common(Preparation), dataset.common(TablePreparation)
    refuse_changed(keys, table)
    notes = ("dataset.noise is not added to new examples",) if keys.noise else ()
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        found = read_new(source, dataset, fitted)
        if isinstance(found, Series):
            return new_windows(found, fitted, keys, streams, str(source) if isinstance(source, Path) else "it", every)
        inputs = new_inputs(found.inputs, fitted, keys, table, streams)
    data = new_split(fitted, torch.from_numpy(np.asarray(inputs, dtype=np.float32)))
    return NewData(data, dict(found.ids), found.refused, (*found.notes, *notes))


def refuse_changed(keys: Preparation, table: TablePreparation) -> None:
    """Refuse datasets whose inputs were changed at random, example by example.

    Raises:
        ConfigError: names the key.
    """
    wrong = {
        "noise_features": table.noise_features > 0,
        "position": table.position != "center",
        "time_order": keys.time_order == "shuffled",
    }
    for key, changed in wrong.items():
        if changed:
            raise ConfigError(
                f"dataset.{key}: the run was trained on inputs that were changed at random, which new ones are not; "
                "train a run without it"
            )


def read_new(source: Source, dataset: Choice, fitted: Preprocessing) -> NewExamples | Series:
    """Return new examples as the dataset reads them, or inputs from arrays and tables.

    Raises:
        ConfigError: they cannot be read.
    """
    made = dataset.make()
    is_array = not isinstance(source, Path) and isinstance(source, np.ndarray)
    if made.reads_files() and not is_array:
        try:
            found: NewExamples | Series = made.read(source, fitted.encoding)
        except ConfigError as error:
            if isinstance(source, Path) and source.is_dir() and "there is no file" in str(error):
                raise ConfigError(f"{source}: is a folder; dataset={dataset.option} reads a file") from None
            raise ConfigError(str(error).removeprefix("dataset.path: ")) from None
        return found
    return read_inputs(source, fitted, lambda frame: made.read(frame, fitted.encoding) if made.reads_files() else None)


def new_inputs(
    inputs: np.ndarray, fitted: Preprocessing, keys: Preparation, table: TablePreparation, streams: Streams
) -> np.ndarray:
    """Return raw inputs (examples, *shape) selected, changed, filled and scaled as those of the training.

    Raises:
        ConfigError: their shape is another one.
    """
    kind, names = fitted.spec.input, list(fitted.columns)
    if fitted.inputs_at:
        inputs = inputs[..., list(fitted.inputs_at)]
        names = [names[place] for place in fitted.inputs_at]
    if kind == "image":
        images = Table(inputs, None, "image", white=fitted.white)
        inputs = change_images(images, table, random(streams, "images")).inputs
    if kind == "sequence":
        inputs = reorder(inputs, keys.time_order, random(streams, "time_order"))
    if inputs.shape[1:] != fitted.spec.shape:
        shapes = ("x".join(map(str, shape)) for shape in (inputs.shape[1:], fitted.spec.shape))
        raise ConfigError("the inputs have the shape {} each, expected {} as in the training".format(*shapes))
    if fitted.filled or fitted.shares:
        inputs = apply_columns(np.array(inputs, dtype=np.float64), names, fitted.filled, fitted.shares)
    # Rows are taken as a split takes them, since the order of numbers in memory decides how a product is summed.
    return (inputs[np.arange(len(inputs))] - fitted.mean) / fitted.std


def new_windows(
    series: Series, fitted: Preprocessing, keys: Preparation, streams: Streams, name: str, every: bool
) -> NewData:
    """Return the last window of a series, or all windows, as inputs.

    Raises:
        ConfigError: the series is too short, or a value of the last window is missing.
    """
    differences, (context, _) = fitted.differences, fitted.spec.shape
    assert differences is not None, "a series is forecast"
    length = context + differences.order
    values = series.values
    if len(values) < length:
        raise ConfigError(
            f"{name}: has {len(values)} values in order of time, expected at least {length}: the run forecasts from "
            f"the {context} values before" + (f" as differences ({differences.how})" if differences.order else "")
        )
    inputs = values[:, list(fitted.inputs_at)] if fitted.inputs_at else values
    targets = values[:, list(fitted.targets_at)] if fitted.targets_at else values
    stretches = slide(inputs, length)
    past = differences.apply(stretches)
    before = slide(targets, length)[:, -max(differences.order, 1) :]
    kept = np.flatnonzero(complete(past, before)) if every else np.array([len(past) - 1])
    if not complete(past[kept], before[kept]).all() or not len(kept):
        raise ConfigError(
            f"{name}: a value among the last {length} is missing, or the time leaps there; expected {length} values "
            "in a row to forecast from"
        )
    if not np.isfinite(past[kept]).all():
        raise ConfigError(f"{name}: a return cannot be computed from a value of 0; expected values above 0")
    past, before = past[kept], before[kept]
    scaled = (reorder(past, keys.time_order, random(streams, "time_order")) - fitted.mean) / fitted.std
    data = new_split(fitted, torch.from_numpy(np.asarray(scaled, dtype=np.float32)), before)
    notes = ("dataset.noise is not added to new examples",) if keys.noise else ()
    ends = kept + length - 1  # the place of the last value of each window
    times = series.times
    ids = {"last": ends.tolist() if times is None else time_texts(times[ends])}
    steps = () if times is None or every else tuple(time_texts(following(times, fitted.horizon)))
    return NewData(data, ids, notes=notes, steps=steps)


def new_split(fitted: Preprocessing, inputs: torch.Tensor, history: np.ndarray | None = None) -> Data:
    """Return data whose three splits are some inputs, with zeros as targets."""
    spec = fitted.spec
    if spec.target in ("class", "mask"):
        size: tuple[int, ...] = spec.shape[1:] if spec.target == "mask" else ()
        targets = torch.zeros(1, dtype=torch.long).expand(len(inputs), *size)
    else:
        targets = torch.zeros(1).expand(len(inputs), spec.outputs)
    part = Split(inputs, targets, np.arange(len(inputs)), history=history)
    black = torch.from_numpy(-fitted.mean / fitted.std).float()
    images = Images(spec.shape, black) if spec.input == "image" else None
    return Data(spec, part, part, part, fitted.units, "", images=images, differences=fitted.differences)


def blank_data(fitted: Preprocessing) -> Data:
    """Return data of two examples of zeros, which take hardly any memory, to build a network for."""
    spec = fitted.spec
    kind = torch.long if spec.input == "tokens" else torch.float32
    inputs = torch.zeros(1, dtype=kind).expand(2, *spec.shape)
    order = 0 if fitted.differences is None else max(fitted.differences.order, 1)
    return new_split(fitted, inputs, np.zeros((2, order, fitted.series)) if order else None)
