"""Preparation of raw arrays: selection, corruption, split, scaling and conversion to tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from math import prod

import numpy as np
import torch

from dlx.config.choice import Choice
from dlx.config.shared_keys import SHARED, Preparation, SeriesPreparation, TablePreparation
from dlx.data.corrupt import append_noise, replace_labels, shuffle_labels
from dlx.data.fitted import fit_columns
from dlx.data.image_transforms import Transform
from dlx.data.images import KEYS as IMAGE_KEYS
from dlx.data.images import change_images, check_places
from dlx.data.keys import refuse_unless_neutral
from dlx.data.prepared import Data, Images, Split
from dlx.data.preprocessing import Preprocessing
from dlx.data.raw import Series, Table
from dlx.data.scale import Units, random, scale, scale_in_blocks, target_units
from dlx.data.select import given, select_classes, select_columns, select_prevalence
from dlx.data.split import Index, split_series, split_table
from dlx.data.store import MIB, is_mapped, taken
from dlx.data.windows import cut, reorder
from dlx.errors import ConfigError, pasted
from dlx.seeds import Streams
from dlx.spec import DataSpec

PIECE = 1 << 22  # numbers in the inputs of one forward pass of an evaluation, of data that may be large
ALTERS = (  # keys that copy all examples
    "classes", "prevalence", "noise_features", "canvas", "stride", "bits", "permute_pixels", "shuffle_labels",
)  # fmt: skip


def prepare(raw: Table | Series, dataset: Choice, streams: Streams) -> Data:
    """Return raw data selected, split, limited and standardized.

    Args:
        raw: arrays that the dataset returned.
        dataset: the chosen dataset, whose shared keys control the preparation.
        streams: seeds; `split` for the split, `data` for noise.

    Raises:
        ConfigError: a key does not apply to these data, a split would be empty, or a series is too short.
    """
    specific = SeriesPreparation if isinstance(raw, Series) else TablePreparation
    keys = dataset.common(Preparation)
    for key in dataset.shared:
        owners = [cls for cls in SHARED["dataset"] if key in {field.name for field in fields(cls)}]
        if not {Preparation, specific} & set(owners):
            needs = "a series" if specific is TablePreparation else "a table of examples"
            raise ConfigError(f"dataset.{key}: needs {needs}; the dataset gives a {type(raw).__name__.lower()}")
    if isinstance(raw, Series):
        return _prepare_series(raw, keys, dataset.common(SeriesPreparation), streams)
    return _prepare_table(raw, keys, dataset.common(TablePreparation), streams)


def _prepare_series(raw: Series, common: Preparation, keys: SeriesPreparation, streams: Streams) -> Data:
    windows, differences = cut(raw, common, keys)
    index = split_series(len(windows.inputs), keys.horizon - 1, common)
    reading = raw.reading and raw.reading.with_windows(len(windows.places), windows.left_out)
    inputs = reorder(windows.inputs, common.time_order, random(streams, "time_order"))
    spec = DataSpec("series", inputs.shape[1:], "series", windows.targets.shape[1], windows.names)
    scaled, (mean, sd) = scale(inputs, index, spec, common, streams)
    units = target_units(windows.targets[index["train"]], common.standardize, raw.double)
    fitted = Preprocessing(
        spec,
        mean,
        sd,
        columns=raw.names,
        inputs_at=places(raw.names, common.features),
        targets_at=places(raw.names, None if common.target is None else [common.target]),
        encoding=raw.encoding,
        difference=keys.difference,
        series=differences.series,
    )
    parts = {}
    for name, chosen in index.items():
        history = windows.history[chosen]
        last = torch.from_numpy(differences.persistence(history, keys.horizon)).to(units.mean.dtype)
        y = torch.from_numpy(windows.targets[chosen]).to(units.mean.dtype)
        numbers = windows.places[chosen]
        parts[name] = Split(scaled[name], units.standardize(y), numbers, units.standardize(last), history)
    return Data(
        spec,
        parts["train"],
        parts["val"],
        parts["test"],
        units,
        raw.hash,
        differences=differences,
        series=windows.series,
        reading=reading,
        preprocessing=fitted.with_units(units),
    )


def places(names: tuple[str, ...], chosen: Sequence[str] | None) -> tuple[int, ...]:
    """Return the places of the chosen names, () if none are chosen."""
    return () if chosen is None else tuple(names.index(name) for name in chosen)


def _changed_table(
    raw: Table, common: Preparation, keys: TablePreparation, streams: Streams
) -> tuple[Table, np.ndarray]:
    """Return the table after selection and changes, before it is split, and the original rows of its examples."""
    if is_mapped(raw.inputs):
        size = f"{raw.inputs.nbytes / MIB:,.0f} MiB"
        refuse_unless_neutral(
            keys, ALTERS, f"all examples in memory (dataset.memory above {size})", f"a file of {size}"
        )
    table = select_columns(raw, common.features, common.target)
    table, rows = select_classes(table, keys.classes)
    table, kept = select_prevalence(table, keys.prevalence, random(streams, "prevalence"))
    rows = rows[kept]
    refuse_unless_neutral(
        keys, ["design"], "a law with noise, as dataset=linear, logistic and polynomial_curve", "none"
    )
    if table.input == "image":
        table = change_images(table, keys, random(streams, "images"))
        check_places(table)
    else:
        refuse_unless_neutral(keys, IMAGE_KEYS, "images", f"{table.input}s")
    if table.input == "tokens":
        refuse_unless_neutral(common, ["noise"], "real numbers as inputs", "symbols")
    table = append_noise(table, keys.noise_features, random(streams, "noise_features"))
    if table.input == "sequence":
        table = replace(table, inputs=reorder(table.inputs, common.time_order, random(streams, "time_order")))
    else:
        refuse_unless_neutral(common, ["time_order"], "sequences or a series", f"{table.input}s")
    if keys.shuffle_labels:
        table = shuffle_labels(table, random(streams, "shuffle_labels"))
    if not table.classes:
        refuse_unless_neutral(keys, ["label_noise"], "classes as targets", given(table))
    return table, rows if raw.rows is None else raw.rows[rows]


def _prepare_table(raw: Table, common: Preparation, keys: TablePreparation, streams: Streams) -> Data:
    table, rows = _changed_table(raw, common, keys, streams)
    order = table.inputs if table.targets is None else table.targets  # of which the length counts, and classes
    index = split_table(order, bool(table.classes), common, streams.split, table.parts)
    check_classes(table, index, common)
    table, fitted = fit_columns(table, index["train"])
    outputs = len(table.classes) or (0 if table.targets is None else table.targets.shape[1])
    spec = DataSpec(
        table.input,
        table.inputs.shape[1:],
        table.usual,
        outputs,
        table.features,
        table.classes,
        symbols=len(table.symbols),
    )
    if table.memory is None:
        scaled, (mean, sd) = scale(table.inputs, index, spec, common, streams)
    else:
        scaled, (mean, sd) = scale_in_blocks(table.inputs, index, spec, common, streams, table.memory)
    real = table.targets[index["train"]] if table.usual == "number" and table.targets is not None else None
    units = target_units(real, common.standardize, table.double)
    parts = {}
    for name, chosen in index.items():
        extra = {key: values[chosen] for key, values in table.extra.items()}
        offers = {kind: tensor(label.values, chosen, table.memory) for kind, label in table.offers.items()}
        weights = {
            kind: tensor(label.weights, chosen) for kind, label in table.offers.items() if label.weights is not None
        }
        y = _targets(table, keys, name, chosen, units, streams)
        parts[name] = Split(
            scaled[name],
            y,
            rows[chosen],
            extra=extra,
            offers=offers,
            offered_weights=weights,
            on_disk=table.memory is not None and scaled[name].nbytes > table.memory,
            piece=None if table.memory is None else max(1, PIECE // prod(spec.shape)),
        )
    transforms = tuple(map(Transform.parse, keys.test_transforms))
    for transform in transforms:
        transform.check(spec.shape)
    images = Images(spec.shape, torch.from_numpy((0 - mean) / sd).float()) if spec.input == "image" else None
    data = Data(
        spec,
        parts["train"],
        parts["val"],
        parts["test"],
        units,
        raw.hash,
        images=images,
        transforms=transforms,
        truth=table.truth,
        offers={kind: label.classes for kind, label in table.offers.items()},
        input_units=Units(torch.from_numpy(mean).float(), torch.from_numpy(sd).float()),
        reading=table.reading,
        preprocessing=Preprocessing(
            spec,
            mean,
            sd,
            columns=raw.features,
            inputs_at=selected(raw, common),
            encoding=raw.encoding,
            filled=fitted.filled,
            shares=fitted.shares,
            white=raw.white,
        ).with_units(units),
    )
    usual = data.aimed(tuple(table.offers)) if table.targets is None else None  # the first that is offered
    return usual or data


def selected(raw: Table, common: Preparation) -> tuple[int, ...]:
    """Return the places of the columns that are inputs, () if all are."""
    if common.features is None and common.target is None:
        return ()
    return places(raw.features, common.features or [name for name in raw.features if name != common.target])


def _targets(
    table: Table, keys: TablePreparation, name: str, chosen: np.ndarray, units: Units, streams: Streams
) -> torch.Tensor | None:
    """Return the usual targets of a split: classes, some of them replaced, or standardized numbers."""
    if table.targets is None:
        return None
    targets = table.targets[chosen]
    if keys.label_noise and name != "test":
        noise = random(streams, "label_noise", name)
        targets = replace_labels(targets, keys.label_noise, len(table.classes), noise)
    y = torch.from_numpy(np.ascontiguousarray(targets))
    return y.long() if table.classes else units.standardize(y.to(units.mean.dtype))


def tensor(values: np.ndarray, chosen: np.ndarray, memory: int | None = None) -> torch.Tensor:
    """Return rows of an array as a tensor: whole numbers as they are, others in single precision.

    Args:
        values: the array.
        chosen: numbers of the rows.
        memory: largest number of bytes in memory; None: all.
    """
    kind = np.float32 if np.issubdtype(values.dtype, np.floating) else np.int64
    return torch.from_numpy(taken(values, chosen, kind, memory))


def check_classes(table: Table, index: Index, common: Preparation) -> None:
    """Refuse a split without an example of a class; a fold may be too small to contain every class.

    Raises:
        ConfigError: names the class and the split.
    """
    if not table.classes or table.targets is None:
        return
    for name, chosen in index.items():
        if common.folds is not None and name != "train":
            continue
        missing = sorted(set(range(len(table.classes))) - set(table.targets[chosen].tolist()))
        if missing:
            key = "limit" if name == "train" and common.limit is not None else "split"
            counts = np.bincount(table.targets, minlength=len(table.classes))
            held = [set(table.targets[part].tolist()) for part in index.values()]
            kept = [label for number, label in enumerate(table.classes) if all(number in part for part in held)]
            remedy = (
                f"{pasted('dataset.classes', kept)} leaves the others out" if len(kept) > 1 else "or gather more rows"
            )
            raise ConfigError(
                f"dataset.{key}: the {len(chosen)} {name} examples hold none of class {table.classes[missing[0]]!r}, "
                f"of which there are {counts[missing[0]]}; expected at least one of each; take a larger share; {remedy}"
            )
