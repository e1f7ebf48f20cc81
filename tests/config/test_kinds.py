"""Every key of every option: what lies outside its kind is refused by name and kind, before anything is trained.

At the edges of a kind a value is taken, or refused in one line by name, and never in a traceback.
"""

from __future__ import annotations

import copy
import re
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, get_origin

import pandas as pd
import pytest

from dlx import spec
from dlx.assembly.assemble import assemble
from dlx.config import catalog, gate, kinds, settings
from dlx.errors import ConfigError
from tests.config.values import SAMPLES, inside, outside
from tests.conftest import compose_config
from tests.crossings import HUB, archive, pictures, series, source, table
from tests.test_options import WITH

OPTIONS = [
    f"{group}={name}" for group in catalog.groups() if group != "experiment" for name in catalog.option_files(group)
]
BESIDE = {
    **WITH,
    "dataset=csv": ["dataset.path=table.csv", "dataset.target=y"],
    "dataset=csv_series": ["dataset.path=series.csv"],
    "dataset=parquet": ["dataset.path=table.parquet", "dataset.target=y"],
    **{f"dataset={name}": ["dataset.path=pictures"] for name in ("image_folder", *HUB)},
    "dataset=arrays": ["dataset.path=arrays.npz"],
    **{f"transfer={name}": ["transfer.source=source"] for name in catalog.option_files("transfer") if name != "none"},
    "trainer=ddp": ["trainer.devices=1"],
    "trainer=gpu": ["trainer.accelerator=cpu"],
    "trainer=mps": ["trainer.accelerator=cpu"],
}
NAMED = re.compile(rf"(a run|seed|{'|'.join(catalog.groups())})[.:=]|\S+: there is no|\S+, line")


def keys_of(group: str, name: str) -> dict[str, Any]:
    """Return every key of an option as it is typed, nested ones too, with its annotation."""
    option = catalog.read(group, name)
    if group in ("trainer", "streams", "metrics"):
        classes = {"trainer": settings.TrainerSettings, "streams": settings.StreamSettings}
        return {f"{group}.{key}": kind for key, kind in kinds.keys(classes.get(group, settings.MetricSettings)).items()}
    found = {}
    for path, node in catalog.parts(option):
        known: dict[str, Any] = {}
        for target in catalog.IN_COMMON.get(group, ()):
            module, _, cls = target.rpartition(".")
            known |= kinds.keys(getattr(__import__(module, fromlist=[cls]), cls))
        if node["_target_"] != "auto":
            known |= kinds.keys(gate.find(node["_target_"], group, path))
        listed = {item.path.removeprefix(f"{path}.") for item in catalog.keys(option)}
        found |= {f"{path}.{key}": kind for key, kind in known.items() if key in listed}
    nested = {path: kind for path, kind in found.items() if is_dataclass(kind)}
    return found | {f"{path}.{key}": k for path, kind in nested.items() for key, k in kinds.keys(kind).items()}


def put(config: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return a configuration with another value at a path."""
    changed = copy.copy(config)
    head, _, rest = path.partition(".")
    changed[head] = put(changed[head], rest, value) if rest else value
    return changed


def answer(config: dict[str, Any]) -> str:
    """Return what is answered to a configuration, or nothing."""
    try:
        assemble(config)
    except ConfigError as error:
        return str(error)
    return ""


def told(message: str, path: str, annotation: Any, value: Any) -> bool:
    """Tell whether a message names the key as it is typed, and what was expected."""
    if is_dataclass(annotation) and isinstance(value, dict):
        return message.startswith(f"{path}.a: no such key")
    return message.startswith(f"{path}: ") and kinds.describe(annotation) in message and "\n" not in message


@cache
def composed(option: str) -> dict[str, Any]:
    """Compose an option, with what it needs beside itself; the result is not to be changed."""
    return compose_config(option, *BESIDE.get(option, []))


@pytest.mark.parametrize("option", OPTIONS)
def test_every_key_refuses_what_is_outside_its_kind(option: str) -> None:
    group, _, name = option.partition("=")
    for path, annotation in keys_of(group, name).items():
        bad = outside(annotation)
        assert len(bad) >= len(SAMPLES) - 5, f"{path} takes anything: {kinds.describe(annotation)}"
        for _, value in bad:
            message = answer(put(composed(option), path, value))
            assert told(message, path, annotation, value), f"{path}={value!r}: {message or 'is taken'}"


def common_keys(group: str, name: str) -> set[str]:
    """Return the keys that all options of a group have, but for the first option, which is tried with them."""
    everywhere = [{path.split(".")[-1] for path in keys_of(group, other)} for other in catalog.option_files(group)]
    return set.intersection(*everywhere) if name != next(iter(catalog.option_files(group))) else set()


@pytest.mark.parametrize("option", OPTIONS)
def test_the_edges_of_each_kind(option: str, tmp_path: Path) -> None:
    table(tmp_path), series(tmp_path), pictures(tmp_path), archive(tmp_path)
    group, _, name = option.partition("=")
    if group == "transfer":
        source(tmp_path)
    if option == "dataset=parquet":
        pytest.importorskip("pyarrow")
        pd.read_csv("table.csv").to_parquet("table.parquet")
    message = answer(composed(option))
    if "not installed" in message:
        pytest.skip(message)
    assert message == ""
    own = {path.split(".")[-1] for path, _ in keys_of(group, name).items()} - common_keys(group, name)
    for path, annotation in keys_of(group, name).items():
        if path.split(".")[-1] in own:
            for value in inside(annotation):
                assert kinds.admits(annotation, value), f"{path}={value!r} is no value of its kind"
                message = answer(put(composed(option), path, value))
                assert not message or (NAMED.match(message) and "\n" not in message), f"{path}={value!r}: {message}"


RUN = {name: kind for name, kind in kinds.keys(settings.RunSettings).items() if get_origin(kind) is not dict}


def test_every_key_of_a_run_refuses_what_is_outside_its_kind() -> None:
    for name, annotation in RUN.items():
        for _, value in outside(annotation):
            message = answer(put(composed("job=train"), name, value))
            assert told(message, name, annotation, value), f"{name}={value!r}: {message or 'is taken'}"


def test_no_kind_of_the_vocabulary_goes_untried() -> None:
    tried = {
        kind.removeprefix("list of ")
        for option in OPTIONS
        for annotation in keys_of(*option.split("=")).values()
        for kind, _ in outside(annotation)
    }
    assert set(spec.KINDS) | {"Literal"} | {f"not {name}" for name in SAMPLES} <= tried


def test_what_stands_when_nothing_is_said_is_of_its_kind() -> None:
    for target in {target for targets in catalog.IN_COMMON.values() for target in targets}:
        module, _, name = target.rpartition(".")
        cls = getattr(__import__(module, fromlist=[name]), name)
        for key in fields(cls):
            neutral = key.default_factory() if key.default_factory is not MISSING else key.default
            assert neutral is MISSING or kinds.admits(kinds.keys(cls)[key.name], neutral), f"{name}.{key.name}"
