"""Preparation of a table: selection, changes, split and scaling, as splits of tensors."""

from __future__ import annotations

from dataclasses import replace
from math import prod

import numpy as np
import torch

from dlx.config.shared_keys import Preparation, TablePreparation
from dlx.data.corrupt import append_noise, replace_labels, shuffle_labels
from dlx.data.fitted import fit_columns
from dlx.data.image_transforms import Transform
from dlx.data.images import KEYS as IMAGE_KEYS
from dlx.data.images import change_images, check_places
from dlx.data.keys import refuse_unless_neutral
from dlx.data.prepared import Data, Images, Split
from dlx.data.preprocessing import Preprocessing
from dlx.data.raw import Table
from dlx.data.scale import Units, random, scale, scale_in_blocks, target_units
from dlx.data.select import given, places, select_classes, select_columns, select_prevalence
from dlx.data.split import Index, split_table
from dlx.data.store import MIB, is_mapped, taken
from dlx.data.windows import reorder
from dlx.errors import ConfigError, pasted
from dlx.seeds import Streams
from dlx.spec import DataSpec

PIECE = 1 << 22  # numbers in the inputs of one forward pass of an evaluation, of data that may be large
ALTERS = (  # keys that copy all examples
    "classes", "prevalence", "noise_features", "canvas", "stride", "bits", "permute_pixels", "shuffle_labels",
)  # fmt: skip


def changed_table(
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


def prepare_table(raw: Table, common: Preparation, keys: TablePreparation, streams: Streams) -> Data:
    """Return a table selected, changed, split, limited and standardized; see `dlx.data.prepare.prepare`."""
    table, rows = changed_table(raw, common, keys, streams)
    order = table.inputs if table.targets is None else table.targets  # of which the length counts, and classes
    index = split_table(order, bool(table.classes), common, streams.split, table.parts)
    check_classes(table, index, common)
    table, fitted = fit_columns(table, index["train"])
    spec = spec_of(table)
    if table.memory is None:
        scaled, (mean, sd) = scale(table.inputs, index, spec, common, streams)
    else:
        scaled, (mean, sd) = scale_in_blocks(table.inputs, index, spec, common, streams, table.memory)
    real = table.targets[index["train"]] if table.usual == "number" and table.targets is not None else None
    units = target_units(real, common.standardize, table.double)
    parts = {}
    for name, chosen in index.items():
        targets = targets_of(table, keys, name, chosen, units, streams)
        parts[name] = split_of(table, scaled[name], targets, chosen, rows[chosen])
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


def spec_of(table: Table) -> DataSpec:
    """Return the specification of a network for a table."""
    outputs = len(table.classes) or (0 if table.targets is None else table.targets.shape[1])
    return DataSpec(
        table.input,
        table.inputs.shape[1:],
        table.usual,
        outputs,
        table.features,
        table.classes,
        symbols=len(table.symbols),
    )


def split_of(
    table: Table, inputs: torch.Tensor, targets: torch.Tensor | None, chosen: np.ndarray, rows: np.ndarray
) -> Split:
    """Return a split of a table with all that it offers.

    Args:
        table: the table.
        inputs: scaled inputs of the split.
        targets: usual targets of the split.
        chosen: its rows in the table.
        rows: their numbers in the data set.
    """
    weighted = {kind: label.weights for kind, label in table.offers.items() if label.weights is not None}
    return Split(
        inputs,
        targets,
        rows,
        extra={key: values[chosen] for key, values in table.extra.items()},
        offers={kind: tensor(label.values, chosen, table.memory) for kind, label in table.offers.items()},
        offered_weights={kind: tensor(weights, chosen) for kind, weights in weighted.items()},
        on_disk=table.memory is not None and inputs.nbytes > table.memory,
        piece=None if table.memory is None else max(1, PIECE // prod(inputs.shape[1:])),
    )


def targets_of(
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
