"""Preparation of a series: windows, split and scaling, as splits of tensors."""

from __future__ import annotations

import torch

from dlx.config.shared_keys import Preparation, SeriesPreparation
from dlx.data.prepared import Data, Split
from dlx.data.preprocessing import Preprocessing
from dlx.data.raw import Series
from dlx.data.scale import random, scale, target_units
from dlx.data.select import places
from dlx.data.split import split_series
from dlx.data.windows import cut, reorder
from dlx.seeds import Streams
from dlx.spec import DataSpec


def prepare_series(raw: Series, common: Preparation, keys: SeriesPreparation, streams: Streams) -> Data:
    """Return the windows of a series split, limited and standardized; see `dlx.data.prepare.prepare`."""
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
