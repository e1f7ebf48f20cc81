"""Files of JSON: whatever they hold, they are read in their form or named as broken, and no reader stumbles.

`DLX_INPUTS=20000` sets the number of inputs of each property test; without it there are few.
"""

from __future__ import annotations

import contextlib
import copy
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dlx.cli.evaluate import compare as compare_metrics
from dlx.cli.explain import facts_of
from dlx.errors import ConfigError
from dlx.results.compare import compare
from dlx.results.formats import WRITERS
from dlx.results.frame import load_results
from dlx.results.runs import read_runs
from dlx.results.summary import new_summary
from dlx.run.restore import recorded
from dlx.stored.read import BrokenFileError, stored
from dlx.stored.result import RESULT, read_result
from dlx.stored.run import IDENTITY, SUMMARY
from dlx.stored.sweep import SWEEP, TUNING
from dlx.study.book.lab_book import book
from dlx.study.book.page import tuning
from tests.conftest import compose_config

INPUTS = int(os.environ.get("DLX_INPUTS", "60"))
FEW = settings(
    max_examples=INPUTS,
    deadline=None,
    derandomize="DLX_INPUTS" not in os.environ,
    suppress_health_check=list(HealthCheck),
)
CLAIM = {
    "said": "a is greater", "expected": "holds", "verdict": "holds", "value": 1.0, "low": 0.5, "high": None, "n": 5,
    "control": False, "statistics": "", "instead": "", "where": "", "sentence": "", "expect": "", "closest": "",
    "reason": "", "level": None, "p": None, "needed": None,
}  # fmt: skip
GOOD: dict[str, dict[str, Any]] = {
    "sweep": {
        "schema": 1,
        "command": ["seed=0,1"],
        "runs": [{"identity": "a", "folder": "run", "overrides": ["seed=0"]}],
        "cells": [{"labels": {"seed": "0"}, "run": 0}],
    },
    "tuning": {
        "key": "optimizer.lr", "by": "val/loss", "runs": 2, "seconds": 1.5,
        "chosen": [{"labels": {"arm": "a"}, "value": "0.1", "scores": {"0.1": 1.0, "0.2": None}}],
    },
    "result": {
        "schema": 2, "name": "made", "title": "A title", "label": "", "question": "q", "why": "w", "date": "",
        "chapter": "foundations", "concepts": ["A1.2"], "by_fact": [], "command": "dlx study run made",
        "reference": {"work": "W", "figure": "3"}, "look": 0, "verdict": "holds", "as_expected": True,
        "looks": [{"date": "", "seeds": [0, 1], "level": 0.95, "verdict": "holds", "claims": ["holds"], "needed": [3]}],
        "claims": [CLAIM, {**CLAIM, "expected": "refuted", "verdict": "refuted"}], "facts": [CLAIM],
        "arms": {"axes": ["arm"], "metrics": ["m"], "rows": [
            {"levels": ["a"], "runs": 2, "values": [[0.5, None]], "statuses": {"finished": 2}}]},
        "seeds": [0, 1], "runs": 4, "statuses": {"finished": 4}, "seconds": {"runs": 2.0, "wall": 3.0},
        "tuning": None, "versions": {"dlx": "0.1"}, "machine": "m", "sweep": "s",
    },
}  # fmt: skip
FORMS: dict[str, Callable[[Any, str], Any]] = {
    "summary": SUMMARY, "identity": IDENTITY, "sweep": SWEEP, "tuning": TUNING, "result": RESULT,
}  # fmt: skip
config = compose_config("dataset=iris", "model.width=4")
GOOD["summary"] = {
    **new_summary(config, "0123abcd", ["dataset=iris"], {"model": "mlp", "regularizer": ["none"]}),
    "status": "finished",
    "metrics": {"test/accuracy": 0.5, "test/loss": 1.0},
    "metric_info": {"accuracy": {"better": "max", "headline": True, "counted": True, "unit": ""}},
    "best": {"val/loss": {"value": 1.0, "epoch": 1}},
    "examples": {"test": 30},
    "baseline": {"test/accuracy": 0.3},
}
GOOD["identity"] = {
    "identity": "0123abcd", "config": config, "data_hash": "ab", "launcher": "single",
    "target": {"kind": "class", "classes": ["a", "b"]}, "full_config": config,
}  # fmt: skip

texts = st.one_of(
    st.text(max_size=8), st.sampled_from(["\x1b[2J", "[/red]", "=1+1", "$x$", "<b>", "a\nb", "\u202e", "finished"])
)
leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    texts,
    st.sampled_from([10**400, -(10**400), 1e308, -1, 2**70]),
)
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=5
)


def places(value: Any) -> list[tuple[Any, ...]]:
    """Return the places of all values in containers."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, one in items for found in ((key,), *((key, *rest) for rest in places(one)))]


PLACES = {kind: places(content) for kind, content in GOOD.items()}


@st.composite
def files(draw: st.DrawFn, kind: str) -> bytes:
    """Draw a file: a good one with up to three values replaced, removed or added, sometimes cut off, or anything."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.one_of(st.binary(max_size=40), values.map(lambda value: json.dumps(value).encode())))
    content = copy.deepcopy(GOOD[kind])
    for _ in range(draw(st.integers(1, 3))):
        *way, last = draw(st.sampled_from(PLACES[kind]))
        at: Any = content
        with contextlib.suppress(KeyError, IndexError, TypeError):  # an earlier change has removed the place
            for key in way:
                at = at[key]
        if not isinstance(at, dict) and not (isinstance(at, list) and isinstance(last, int) and last < len(at)):
            continue
        change = draw(st.sampled_from(["replace", "replace", "remove", "add"]))
        if change == "remove" and (isinstance(at, list) or last in at):
            del at[last]
        elif change == "add" and isinstance(at, dict):
            at[draw(texts)] = draw(values)
        else:
            at[last] = draw(values)
    text = json.dumps(content).encode()
    return text[: draw(st.integers(0, len(text)))] if draw(st.integers(0, 19)) == 0 else text


def read(kind: str, content: bytes, folder: Path) -> Any:
    """Return what a file with a content is read as, or the error if it is broken."""
    path = folder / f"{kind}.json"
    path.write_bytes(content)
    try:
        return stored(path, FORMS[kind])
    except BrokenFileError as error:
        return error


def visible(text: str) -> bool:
    """Return whether a text has no control characters."""
    return text.replace("\n", "").replace("\t", "").isprintable()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that the examples of a test share."""
    return tmp_path_factory.mktemp("files")


@pytest.mark.parametrize("kind", GOOD)
def test_a_good_file_is_read_as_it_is(kind: str, tmp_path: Path) -> None:
    found = read(kind, json.dumps(GOOD[kind]).encode(), tmp_path)
    assert isinstance(found, dict)
    known = {key: value for key, value in found.items() if key in GOOD[kind]}
    assert known == {key: value for key, value in GOOD[kind].items() if key in known}


@FEW
@given(content=files("summary"))
def test_any_summary(content: bytes, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken: list[BrokenFileError] = []
    for name in ("a", "b"):
        (place / name).mkdir(exist_ok=True)
    (place / "a" / "summary.json").write_bytes(content)
    (place / "b" / "summary.json").write_text(json.dumps({**GOOD["summary"], "identity": "other", "seed": 1}))
    runs = read_runs([place / "a", place / "b"], broken.append)
    assert len(runs) + len(broken) == 2
    found = compare(runs)
    for name, write in WRITERS.items():
        assert visible(write(found.table)), name
    assert len(load_results(place / "b")) == 1
    if len(runs) == 2:
        facts_of(Path("run"), runs[0].summary, "test")
        compare_metrics({"test/loss": 1.0}, runs[0].summary, "ab")
        assert visible(capsys.readouterr().out)


@FEW
@given(content=files("identity"))
def test_any_identity(content: bytes, place: Path) -> None:
    folder = place / "identity"
    folder.mkdir(exist_ok=True)
    (folder / "identity.json").write_bytes(content)
    (folder / "summary.json").write_text(json.dumps(GOOD["summary"]))
    with contextlib.suppress(ConfigError):
        assert isinstance(recorded(folder)[0], dict)
    assert len(read_runs([folder], lambda error: None)) <= 1


@FEW
@given(content=files("sweep"))
def test_any_sweep(content: bytes, place: Path) -> None:
    folder = place / "sweep"
    (folder / "run").mkdir(exist_ok=True, parents=True)
    (folder / "run" / "summary.json").write_text(json.dumps(GOOD["summary"]))
    (folder / "sweep.json").write_bytes(content)
    broken: list[BrokenFileError] = []
    runs = read_runs([folder], broken.append)
    assert len(runs) == 1 or not broken


@FEW
@given(content=files("result"))
def test_any_result(content: bytes, place: Path) -> None:
    folder = place / "result"
    folder.mkdir(exist_ok=True)
    (folder / "result.json").write_bytes(content)
    try:
        result = read_result(folder)
    except BrokenFileError:
        return
    assert result is not None
    page = book([(result, folder)])
    assert visible(page)
    assert "<b>" not in page


@FEW
@given(content=files("tuning"))
def test_any_tuning(content: bytes, place: Path) -> None:
    found = read("tuning", content, place)
    if isinstance(found, BrokenFileError):
        assert str(found).startswith(str(place / "tuning.json"))
        assert visible(found.reason)
        assert len(found.reason) < 300
    else:
        assert isinstance(tuning(found), str)


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")  # reading it would never end
    (tmp_path / "folder").mkdir()
    os.symlink("/dev/zero", tmp_path / "zeros")
    for name in ("pipe", "folder", "zeros"):
        with pytest.raises(BrokenFileError, match=f"{name}: is broken"):
            stored(tmp_path / name, SUMMARY)
    assert stored(tmp_path / "missing", SUMMARY) is None
    assert stored(tmp_path / ("x" * 300), SUMMARY) is None
