"""The common keys stand in the YAML at their neutral values, each with a meaning."""

from __future__ import annotations

from dataclasses import MISSING, fields

import pytest
import yaml

from dlx import paths
from dlx.config import schema
from dlx.config.choice import Choice
from dlx.config.shared_keys import AugmentationKeys, Preparation, SeriesPreparation, TablePreparation
from dlx.errors import ConfigError

FILES = {
    Preparation: "dataset/_common.yaml",
    TablePreparation: "dataset/_table.yaml",
    SeriesPreparation: "dataset/_series.yaml",
    AugmentationKeys: "augmentation/_common.yaml",
}


@pytest.mark.parametrize("cls", FILES)
def test_yaml_and_class_have_the_same_keys_and_neutral_values(cls: type) -> None:
    node = yaml.safe_load((paths.shipped("conf") / FILES[cls]).read_text())
    node.pop("defaults", None)
    assert set(node) == {key.name for key in fields(cls)}
    for key in fields(cls):
        neutral = key.default_factory() if key.default_factory is not MISSING else key.default
        assert neutral is MISSING or node[key.name] == neutral, key.name


@pytest.mark.parametrize("cls", FILES)
def test_every_key_has_a_meaning_for_dlx_axes(cls: type) -> None:
    source = schema.read_class(f"{cls.__module__}.{cls.__name__}")
    assert source is not None
    assert [parameter.name for parameter in source.parameters] == [key.name for key in fields(cls)]
    assert all(parameter.meaning for parameter in source.parameters)


def test_keys_without_a_neutral_value_are_asked_for() -> None:
    chosen = Choice("digits", "", object, "dataset", {}, {"standardize": True, "batch_size": 8})
    with pytest.raises(ConfigError, match=r"^dataset\.split: missing; every such dataset needs it"):
        chosen.common(Preparation)
