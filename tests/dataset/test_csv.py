"""The user's own tables: what is written is read, and each mistake is answered with file and line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlx.assembly.assemble import assemble
from dlx.data.readers.cells import read_column
from dlx.data.readers.csv import read_csv
from dlx.data.readers.form import Wanted
from dlx.dataset.csv import CSV
from dlx.errors import ConfigError
from dlx.run.run import run


def read(text: str | bytes, **changed: Any):
    """Write a file and load it."""
    content = text if isinstance(text, bytes) else text.encode()
    Path("table.csv").write_bytes(content)
    keys = {"path": "table.csv", "target": "y", "features": None, "target_kind": "auto", "delimiter": "auto"}
    return CSV(**{**keys, **changed}).load(0)


@given(
    st.lists(
        st.tuples(st.floats(-1e6, 1e6), st.floats(allow_nan=False, allow_infinity=False, width=32), st.booleans()),
        min_size=2,
        max_size=30,
    ),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["\n", "\r\n"]),
)
@settings(max_examples=40, deadline=None)
def test_numbers_are_read_as_they_were_written(tmp_path_factory, rows: list, delimiter: str, end: str) -> None:
    file = tmp_path_factory.mktemp("csv") / "table.csv"
    lines = [delimiter.join(["a", "b", "word"])] + [
        delimiter.join([repr(a), repr(b), "yes" if word else "no"]) for a, b, word in rows
    ]
    file.write_bytes((end.join(lines) + end).encode())
    sheet = read_csv(file, Wanted())
    for place, name in enumerate("ab"):
        column = read_column(sheet, name)
        assert column.kind == "number"
        assert column.numbers.tolist() == [row[place] for row in rows]
    assert read_column(sheet, "word").kind == "word"


def test_words_become_columns_of_zero_and_one() -> None:
    table = read("size,color,y\n1,red,2.5\n2,blue,3.5\n3,red,4.25\n")
    assert table.features == ("size", "color=blue", "color=red")
    assert table.inputs.tolist() == [[1, 0, 1], [2, 1, 0], [3, 0, 1]]
    assert table.targets.tolist() == [[2.5], [3.5], [4.25]]
    assert table.classes == ()


def test_targets_are_classes_where_they_look_so() -> None:
    assert read("a,y\n1,cat\n2,dog\n3,cat\n").classes == ("cat", "dog")
    numbers = read("a,y\n1,10\n2,9\n3,10\n")
    assert (numbers.classes, numbers.targets.tolist()) == (("9", "10"), [1, 0, 1])
    assert read("a,y\n1,10\n2,9\n3,10\n", target_kind="number").targets.tolist() == [[10], [9], [10]]


def test_a_tab_can_be_typed() -> None:
    assert read("a\ty\n1\t2\n3\t4\n", delimiter="\\t").inputs.tolist() == [[1], [3]]


def test_a_byte_order_mark_and_quotes_are_no_part_of_the_names() -> None:
    table = read(b'\xef\xbb\xbf"a, b",y\n1,0.5\n2,1.5\n')
    assert table.features == ("a, b",)


@pytest.mark.parametrize(
    ("text", "changed", "message"),
    [
        ("", {}, "table.csv is empty"),
        ("a,y\n", {}, "has a header but no rows"),
        ("a,y\n1,2\n3\n", {}, "table.csv, line 3: 1 cells, expected 2"),
        ("a,y\n1,2\n3,\n", {"missing": "refuse"}, "line 3: column 'y' is empty"),
        ("a,y\n,2\n3,1\n", {"missing": "refuse"}, "line 2: column 'a' is empty; .* dataset.missing=fill fills it"),
        ("a,a\n1,2\n", {}, "line 1: column name 'a' stands twice"),
        ("a,z\n1,2\n", {}, r"dataset.target: table.csv has no column 'y'"),
        ("age,y\n1,2\n", {"features": ["aeg"]}, r"dataset.features: .* no column 'aeg'; did you mean 'age'"),
        ("y\n1\n2\n", {}, r"dataset.features: table.csv has no column beside the target"),
        ("a,y\n1,2\n", {"features": ["a", "y"]}, "'y' is the target"),
        ("a,y\n1,2\n", {"delimiter": ",,"}, r"dataset.delimiter: expected one character"),
        ("a,y\n1,2\nx,3\n4,5\n", {}, "line 3: column 'a' holds 'x', expected a number"),
        ("a,y\n1,one\n2,one\n", {}, "has one value only"),
        ("a,y\n1,0.5\n2,x\n", {"target_kind": "number"}, "line 3: column 'y' holds 'x', expected a number"),
        (b"a,y\n\xff\0\x03,1\n", {}, "cannot be read as CSV"),
        # blank lines count as lines of the file, though not as rows
        ("a,y\n\n1,2\n\nx,3\n4,5\n", {}, "line 5: column 'a' holds 'x', expected a number"),
        ("a,y\n\n1,0.5\n\n\n2,x\n", {"target_kind": "number"}, "line 6: column 'y' holds 'x'"),
        ("a,y\n\n1,2\n3,\n", {"missing": "refuse"}, "line 4: column 'y' is empty"),
        ("\na,a\n1,2\n", {}, "line 2: column name 'a' stands twice"),
        # what a computer writes where a number is missing, or too large for single precision
        ("a,y\n1,0.5\n2,1.5\ninf,2.5\n", {}, "line 4: column 'a' holds 'inf', expected a number"),
        ("a,y\n1,0.5\n2,1.5\n1e300,2.5\n", {}, "line 4: column 'a' holds '1e\\+300', expected a number"),
        ("a,y\n1,0.5\n2,1.5\n3,1e300\n", {}, "line 4: column 'y' holds '1e\\+300', expected a number"),
        # another mark between the columns
        (
            "a;y\n1;2\n",
            {"delimiter": ","},
            r"dataset.delimiter: .* a single column 'a;y'.*; did you mean 'dataset.delimiter=\";\"'",
        ),
        ("a\ty\n1\t2\n", {"delimiter": ","}, r"did you mean dataset.delimiter=tab"),
        ("a,,y\n1,2,3\n", {}, "line 1: column 2 has no name"),
        ('a,y\n1,"2\n', {}, "line 2: cannot be read as CSV: unexpected end of data"),
        ("a,b,y\n1,2,3\n", {"features": ["a", "a"]}, "dataset.features: a column stands twice"),
        ("a,b,y\n1,2,3\n", {"features": []}, "dataset.features: .* no column beside the target"),
        (
            "a,y\n" + "".join(f"w{n},{n}\n" for n in range(21)),
            {},
            "no column beside the target 'y' .*'a': 21 different words",
        ),
        (
            "a,y\n" + "".join(f"w{n},{n}\n" for n in range(21)),
            {"features": ["a"]},
            "line 2: column 'a' cannot be an input: 21 different words",
        ),
    ],
)
def test_mistakes(text: str | bytes, changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read(text, **changed)


def test_a_missing_file_names_the_nearest() -> None:
    Path("houses.csv").write_text("a,y\n1,2\n")
    with pytest.raises(ConfigError, match=r"dataset.path: there is no file 'house.csv'; did you mean 'houses.csv'"):
        CSV(path="house.csv", target="y", features=None, target_kind="auto", delimiter="auto").load(0)
    Path("barn.csv").mkdir()
    for path in ("barn.csv", 3000 * "x", 3000 * "x" + "/a", "a\0b"):
        with pytest.raises(ConfigError, match=r"dataset.path: there is no file '[^']+'($|; choose from: houses.csv$)"):
            CSV(path=path, target="y", features=None, target_kind="auto", delimiter="auto").load(0)


def test_a_table_trains_and_a_changed_file_is_read_again(config: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    for slope in (1, -1):
        x = random.normal(size=200)
        Path("line.csv").write_text("x,y\n" + "".join(f"{a},{slope * a + 0.5}\n" for a in x))
        words = ("dataset=csv", "dataset.path=line.csv", "dataset.target=y", "model=linear", "optimizer.lr=0.05")
        composed = config(*words, "trainer.accelerator=cpu", "trainer.max_epochs=30")
        summary = run(composed, tmp_path / f"run{slope}", raises=True)
        assert summary["metrics"]["test/r2"] > 0.99
        truth = assemble(composed).data
        np.testing.assert_allclose(truth.units.mean, slope * x[truth.train.index].mean() + 0.5, atol=1e-5)
