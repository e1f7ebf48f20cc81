"""Preparation of raw arrays: a table or a series becomes splits of tensors."""

from __future__ import annotations

from dataclasses import fields

from dlx.config.choice import Choice
from dlx.config.shared_keys import SHARED, Preparation, SeriesPreparation, TablePreparation
from dlx.data.prepare_series import prepare_series
from dlx.data.prepare_table import prepare_table
from dlx.data.prepared import Data
from dlx.data.raw import Series, Table
from dlx.errors import ConfigError
from dlx.seeds import Streams


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
        return prepare_series(raw, keys, dataset.common(SeriesPreparation), streams)
    return prepare_table(raw, keys, dataset.common(TablePreparation), streams)
