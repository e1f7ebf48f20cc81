"""Tables as people have them: each kind of file is read as it was meant, or refused with a remedy that works."""

from __future__ import annotations

import gzip
import json
import re
import shlex
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dlx.config import gate, overrides
from dlx.data.load import load
from dlx.data.raw import Series, Table
from dlx.errors import ConfigError
from dlx.run.run import run
from dlx.seeds import Streams

A = [0.5, 1.5, 2.5, 3.25]


def read(text: str | bytes, option: str = "csv", name: str = "t.csv", **keys: Any) -> Table | Series:
    """Write a file and read it with an option; a table's target is y unless another one is given."""
    Path(name).write_bytes(text if isinstance(text, bytes) else text.encode())
    target = {} if option == "csv_series" else {"target": "y"}
    return gate.option("dataset", option, "dataset", {**target, "path": name, **keys}).make().load(0)


def table(text: str | bytes, **keys: Any) -> Table:
    """Return a table."""
    found = read(text, **keys)
    assert isinstance(found, Table)
    return found


def series(text: str, **keys: Any) -> Series:
    """Return a series."""
    found = read(text, "csv_series", **keys)
    assert isinstance(found, Series)
    return found


def column(cells: list[str], delimiter: str = ",") -> str:
    """Return a table of a column x and a real target."""
    return "\n".join([f"x{delimiter}y", *(f"{cell}{delimiter}{n + 1}" for n, cell in enumerate(cells))]) + "\n"


MARKERS = ["", "NA", "N/A", "NaN", "nan", "null", "None", "?", "-", " NA "]


@pytest.mark.parametrize("marker", MARKERS)
def test_a_missing_marker_is_no_value_in_any_column(marker: str) -> None:
    rows = [f"{n},{'ab'[n % 2]},{'no' if n % 3 else 'yes'}" for n in range(8)]
    rows[2], rows[5], rows[6] = f"{marker},a,yes", f"5,{marker},no", f"6,a,{marker}"
    found = table("\n".join(["n,w,y", *rows]) + "\n")
    assert found.features == ("n", "n missing", "w=a", "w=b", "w=missing")
    assert found.classes == ("no", "yes")
    assert len(found.inputs) == 7
    assert np.isnan(found.inputs[:, 0]).tolist() == [n == 2 for n in range(7)]
    assert found.inputs[:, 1].tolist() == [float(n == 2) for n in range(7)]
    assert found.inputs[5, 2:].tolist() == [0, 0, 1]
    assert found.rows is not None
    assert found.rows.tolist() == [0, 1, 2, 3, 4, 5, 7]
    assert found.reading is not None
    assert found.reading.left_out == {"no y": 1}


def test_rows_with_a_missing_input_are_left_out_or_refused() -> None:
    text = "a,w,y\n1,u,0.5\n,v,1.5\n3,,2.5\n4,v,\n5,u,4.5\n"
    assert table(text, missing="drop").inputs[:, 0].tolist() == [1, 5]
    with pytest.raises(ConfigError, match=r"t.csv, line 5: column 'y' is empty"):
        table(text, missing="refuse")
    assert np.isnan(table("a,y\n1,1.5\n-999,2.5\n", markers=[-999]).inputs[1, 0])


FORMS = {
    "decimal comma": column(["0,5", "1,5", "2,5", "3,25"], ";"),
    "quoted decimal comma": column(['"0,5"', '"1,5"', '"2,5"', '"3,25"']),
    "percent": column(["0.5%", "1.5%", "2.5 %", "3.25%"]),
    "currency": column(["$0.5", "$1.5", "$2.5", "$3.25"]),
    "single quotes": column(["'0.5'", "'1.5'", "'2.5'", "'3.25'"]).replace("x,y", "'x','y'"),
    "spaces": column(["  0.5 ", "1.5  ", " 2.5", "3.25"]),
    "comment lines": "# made by hand\n\nx,y\n0.5,1\n# halfway\n1.5,2\n2.5,3\n3.25,4\n",
    "a tab": column(["0.5", "1.5", "2.5", "3.25"], "\t"),
    "a bar": column(["0.5", "1.5", "2.5", "3.25"], "|"),
    "sep=": "sep=;\n" + column(["0.5", "1.5", "2.5", "3.25"], ";"),
    "utf-16": column(["0.5", "1.5", "2.5", "3.25"]).encode("utf-16"),
    "gzip": gzip.compress(column(["0.5", "1.5", "2.5", "3.25"]).encode()),
    "windows": b"\xef\xbb\xbf" + column(["0.5", "1.5", "2.5", "3.25"]).replace("\n", "\r\n").encode(),
    "header with #": "#" + column(["0.5", "1.5", "2.5", "3.25"]),
}


@pytest.mark.parametrize("form", FORMS)
def test_numbers_in_every_form(form: str) -> None:
    found = table(FORMS[form])
    assert found.features == ("x",)
    assert found.inputs[:, 0].tolist() == A
    assert found.targets is not None
    assert found.targets[:, 0].tolist() == [1, 2, 3, 4]


def test_a_header_that_goes_on_over_a_line_break_costs_no_row() -> None:
    found = table('"x\nin cm",y\n' + column(["0.5", "1.5", "2.5", "3.25"]).partition("\n")[2])
    assert found.inputs[:, 0].tolist() == A


@pytest.mark.parametrize("text", [b"\n#\x91+", b'"\n"', b"#\n#"])
def test_a_text_without_cells_is_refused(text: bytes) -> None:
    with pytest.raises(ConfigError, match=r"t.csv holds no cells; expected a header line and rows"):
        read(text)


def test_a_name_with_a_line_break_is_shown_on_one_line() -> None:
    with pytest.raises(ConfigError, match=r"no column 'y'; choose from: a\\nb, c$"):
        read('"a\nb",c\n1,2\n2,3\n3,4\n')


@pytest.mark.parametrize(
    ("cells", "delimiter", "numbers"),
    [
        (['"1,234"', '"12,345.5"', "6"], ",", [1234, 12345.5, 6]),
        (["1.234,5", "1.234.567", "6"], ";", [1234.5, 1234567, 6]),
        (["1 234", "12 345", "6"], ",", [1234, 12345, 6]),
        (["1e3", "-.5", "+2."], ",", [1000, -0.5, 2]),
    ],
)
def test_thousands(cells: list[str], delimiter: str, numbers: list[float]) -> None:
    assert table(column(cells, delimiter)).inputs[:, 0].tolist() == numbers


@pytest.mark.parametrize("encoding", ["cp949", "utf-16", "utf-8", "utf-8-sig"])
def test_korean_in_every_encoding(encoding: str) -> None:
    text = "꽃잎,품종\n" + "".join(f"{n},{'버지니카' if n % 2 else '부채붓꽃'}\n" for n in range(6))
    for key in ("auto", encoding):
        found = table(text.encode(encoding), encoding=key, target="품종")
        assert found.features == ("꽃잎",)
        assert found.classes == ("버지니카", "부채붓꽃")


def test_latin_letters_are_found() -> None:
    found = table("größe,café\n1,2.5\n2,3.5\n".encode("latin-1"), target="café")
    assert found.features == ("größe",)


LEFT_OUT = {
    "pandas' index": (",a,y\n0,1,0.5\n1,2,1.5\n", "column 1 (no name)"),
    "R's row names": ('"a","y"\n"1",1,0.5\n"2",2,1.5\n', "column 1 (no name)"),
    "a delimiter at the end": ("a,y,\n1,0.5,\n2,1.5,\n", "column 3 (no name)"),
    "a delimiter at the end of the rows": ("a,y\n1,0.5,\n2,1.5,\n", "column 3 (no name)"),
    "an empty column": ("a,e,y\n1,,0.5\n2,NA,1.5\n", "e"),
    "ids": ("a,id,y\n1,7,0.5\n2,9,1.5\n", "id"),
    "names": ("a,name,y\n" + "".join(f"{n % 3},n{n},{n + 0.5}\n" for n in range(30)), "name"),
}


@pytest.mark.parametrize("kind", LEFT_OUT)
def test_what_is_no_input_is_left_out_with_a_note(kind: str) -> None:
    text, name = LEFT_OUT[kind]
    found = table(text)
    assert found.features == ("a",)
    assert found.reading is not None
    assert [item.name for item in found.reading.columns if item.role == "left out"] == [name]
    assert any(name in line for line in found.reading.lines())


def test_columns_are_excluded_by_name() -> None:
    assert table("a,b,y\n1,2,0.5\n2,5,1.5\n", exclude=["b"]).features == ("a",)
    with pytest.raises(ConfigError, match=r"dataset.exclude: .* no column 'c'; .*"):
        table("a,b,y\n1,2,0.5\n", exclude=["c"])


def test_a_date_becomes_numbers() -> None:
    days = pd.date_range("2023-12-30", periods=40)
    for form in ("%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%b %d %Y", "%Y년 %m월 %d일"):
        found = table(column([day.strftime(form) for day in days]))
        assert found.features == ("x days", "x year", "x month", "x weekday")
        assert found.inputs[:, 0].tolist() == list(range(40))
        assert found.inputs[:, 3].tolist() == [day.weekday() for day in days]


@pytest.mark.parametrize(
    ("cells", "classes"),
    [
        (["0", "1.0", "1", "0.0"] * 3, ("0", "1")),
        (["yes", "Yes", "no", "yes"] * 3, ("Yes", "no", "yes")),
        (["3", "1", "2"] * 3, ("1", "2", "3")),
        (["10", "20", "30"] * 5, ("10", "20", "30")),
        (["true", "False"] * 5, ("False", "true")),
        ([str(300 + n) for n in range(12)], ()),  # all differ
        ([str(100 * (n % 15)) for n in range(20)], ()),  # prices, some of which are equal
        (["0.5", "1.5"] * 5, ()),
    ],
)
def test_what_becomes_of_a_target(cells: list[str], classes: tuple[str, ...]) -> None:
    found = table("a,y\n" + "".join(f"{n},{cell}\n" for n, cell in enumerate(cells)))
    assert found.classes == classes
    assert found.reading is not None
    assert any("two different words" in note for note in found.reading.notes) == ("Yes" in classes)


def test_many_words_become_their_share_of_the_training_rows() -> None:
    words = [f"w{n % 25}" for n in range(200)]
    words[:60] = ["w0"] * 60
    Path("t.csv").write_text("city,y\n" + "".join(f"{word},{n / 7}\n" for n, word in enumerate(words)))
    keys = {"path": "t.csv", "target": "y", "split": [0.5, 0.25, 0.25], "standardize": False, "batch_size": None}
    data, _ = load(gate.option("dataset", "csv", "dataset", keys), Streams(0, 0, 0, 0))
    held = np.array(words)[data.train.index]
    for part in (data.train, data.test):
        shares = [(held == words[row]).mean() for row in part.index]
        np.testing.assert_allclose(part.inputs[:, 0].numpy(), shares, rtol=1e-6)


def test_scaling_and_filling_are_those_of_scikit_learn_on_the_training_split() -> None:
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    random = np.random.default_rng(0)
    frame = pd.DataFrame({"a": 1.7e9 + random.normal(size=120), "b": random.normal(size=120)})
    frame["w"] = random.choice(["u", "v", "z"], 120)
    frame["y"] = 1e9 + np.arange(120)
    frame.loc[random.choice(120, 20, replace=False), "a"] = np.nan
    frame.to_csv("t.csv", index=False)
    keys = {"path": "t.csv", "target": "y", "split": [0.6, 0.2, 0.2], "standardize": True, "batch_size": None}
    data, _ = load(gate.option("dataset", "csv", "dataset", keys), Streams(0, 0, 0, 0))
    numbers = SimpleImputer(strategy="median", add_indicator=True)
    steps = [("a", numbers, ["a"]), ("b", "passthrough", ["b"]), ("w", OneHotEncoder(), ["w"])]
    truth = make_pipeline(ColumnTransformer(steps, sparse_threshold=0), StandardScaler())
    truth.fit(frame.iloc[data.train.index])
    for part in (data.train, data.val, data.test):
        rows = frame.iloc[part.index]
        np.testing.assert_allclose(part.inputs.numpy(), truth.transform(rows), atol=2e-6)
        np.testing.assert_allclose(data.restore(part.targets, part).numpy()[:, 0], rows["y"], atol=1e-4)
    assert data.reading is not None
    assert data.reading.filled == {"a": pytest.approx(frame["a"].iloc[data.train.index].median(), abs=1e-6)}


TIMES = {
    "months": (["1949-01", "1949-02", "1949-03", "1949-04"], None),
    "slashes": (["2012/01/30", "2012/01/31", "2012/02/01", "2012/02/02"], None),
    "names of months": (["Jan 1 2000", "Feb 1 2000", "Mar 1 2000", "Apr 1 2000"], None),
    "points": (["30.01.2024", "31.01.2024", "01.02.2024", "02.02.2024"], None),
    "one number": (["20240130", "20240131", "20240201", "20240202"], None),
    "day first": (["30/01/2024", "31/01/2024", "01/02/2024", "02/02/2024"], None),
    "month first": (["01/30/2024", "01/31/2024", "02/01/2024", "02/02/2024"], None),
    "told by the order": (["11/01/2024", "12/01/2024", "01/02/2024", "02/02/2024"], "ignore"),
    "daylight saving": (
        [
            "2024-10-27T01:00:00+02:00",
            "2024-10-27T02:00:00+02:00",
            "2024-10-27T02:00:00+01:00",
            "2024-10-27T03:00+01:00",
        ],
        None,
    ),
    "Unix seconds": (["1700000000", "1700000060", "1700000120", "1700000180"], None),
    "hours": (["2024-01-31 22:00", "2024-01-31 23:00", "2024-02-01 00:00", "2024-02-01 01:00"], None),
    "Korean": (["2024년 1월 30일", "2024년 1월 31일", "2024년 2월 1일", "2024년 2월 2일"], None),
}


@pytest.mark.parametrize("form", TIMES)
def test_times_in_every_form(form: str) -> None:
    cells, gaps = TIMES[form]
    text = "t,v\n" + "".join(f"{cell},{n}\n" for n, cell in enumerate(cells))
    keys = {} if gaps is None else {"gaps": gaps}
    found = series(text, time="t", **keys)
    assert found.values[:, 0].tolist() == [0, 1, 2, 3]
    assert found.reading is not None
    assert gaps is not None or not found.reading.notes
    turned = series(
        "t,v\n" + "".join(f"{cell},{n}\n" for n, cell in reversed(list(enumerate(cells)))), time="t", **keys
    )
    assert turned.values.tolist() == found.values.tolist()
    assert turned.reading is not None
    assert "newest row" in turned.reading.notes[0]


def daily(count: int, **changed: str) -> str:
    """Return a table of days and a count; rows by their number are replaced."""
    days = pd.date_range("2024-01-01", periods=count)
    rows = [changed.get(f"r{n}", f"{day.date()},{n}") for n, day in enumerate(days)]
    return "\n".join(["t,v", *(row for row in rows if row)]) + "\n"


def test_gaps_in_time() -> None:
    text = daily(30, r2="", r3="")
    found = series(text, time="t")
    assert np.isnan(found.values[:, 0]).tolist() == [n == 2 for n in range(29)]
    assert found.reading is not None
    assert "1 gap in time, longer than the usual step of a day, after 2024-01-02" in found.reading.notes[0]
    assert not np.isnan(series(text, time="t", gaps="ignore").values).any()
    with pytest.raises(ConfigError, match=r"t.csv, line 4: 1 gap in time"):
        series(text, time="t", gaps="refuse")
    working = pd.bdate_range("2024-01-01", periods=15).delete(7)  # a holiday
    business = "t,v\n" + "".join(f"{day.date()},{n}\n" for n, day in enumerate(working))
    assert not np.isnan(series(business, time="t").values).any()


def prepared(**keys: Any) -> Any:
    """Return the windows of t.csv: three past values and the next one."""
    shape = {"context_length": 3, "horizon": 1, "split": [0.6, 0.2, 0.2], "standardize": False, "batch_size": None}
    return load(gate.option("dataset", "csv_series", "dataset", {"path": "t.csv", "time": "t", **shape, **keys}),
                Streams(0, 0, 0, 0))[0]  # fmt: skip


def test_no_window_goes_over_a_gap_or_a_missing_value() -> None:
    Path("t.csv").write_text(daily(40, r20="", r10="2024-01-11,NA"))
    whole = {n: range(n, n + 4) for n in range(41)}
    for missing, bad in (("drop", {10}), ("fill", set())):
        data = prepared(missing=missing)
        found = np.concatenate([part.inputs[:, 0, 0].numpy() for part in data.splits().values()])
        expected = [n for n, places in whole.items() if n < 37 and not {20, *bad} & set(places)]
        expected = [n for n in expected if missing == "drop" or n + 3 != 10]  # a filled value is no target
        first = [9.0 if n == 10 else float(n) for n in expected]
        assert found.tolist() == first
    assert series(Path("t.csv").read_text(), time="t", missing="fill").values[10, 0] == 9  # the last one before
    with pytest.raises(ConfigError, match=r"t.csv, line 12: column 'v' is empty"):
        series(Path("t.csv").read_text(), time="t", missing="refuse")


LONG = "s,t,p\n" + "".join(f"{s},2024-01-0{n},{n + 10 * (s == 'B')}\n" for s in "AB" for n in range(1, 7))


def test_a_long_table_is_chosen_from_or_laid_side_by_side() -> None:
    assert series(LONG, time="t", where="s=B").values[:, 0].tolist() == [11, 12, 13, 14, 15, 16]
    found = series(LONG, time="t", group="s")
    assert found.names == ("A", "B")
    assert found.values[:, 1].tolist() == [11, 12, 13, 14, 15, 16]
    with pytest.raises(ConfigError, match=r"line 8: .*'s' tells several series apart; 'dataset.where=\"s=A\"' chooses"):
        series(LONG, time="t", columns=["p"])
    with pytest.raises(ConfigError, match=r"dataset.where: column 's' of t.csv never holds 'C'"):
        series(LONG, time="t", where=["s=C"])


REFUSED: list[tuple[str | bytes, dict[str, Any], str]] = [
    (b"PK\x03\x04rest", {}, "is an Excel file or another zip archive; save it as CSV"),
    (b"PAR1rest", {}, "is a parquet file; dataset=parquet reads it"),
    ("a,y\n1,2\n", {"encoding": "cp94"}, "dataset.encoding: no such encoding 'cp94'; did you mean 'cp949'"),
    ("größe,y\n1,2\n".encode("latin-1"), {"encoding": "utf-8"}, "line 1: cannot be read as utf-8"),
    ("1,2\n3,4\n", {"target": "1"}, "line 1: holds numbers only .* dataset.header=false calls them c1 to c2"),
    ("a,y\n1,2\n2,3\nx,4\n", {}, "line 4: column 'a' holds 'x', expected a number .*'dataset.markers=\\[x\\]'"),
    ("a,y\n1,2024-01-01\n2,2024-01-02\n", {}, "dataset.target: column 'y' of t.csv holds dates"),
    ("a,y\n1,\n2,\n", {}, "dataset.target: column 'y' of t.csv is empty"),
    ("a,y\n1,2\n3,4,5\n", {}, "line 3: 3 cells, expected 2"),
    ("a,y\n" + 300 * "1,2\n" + "3\n", {}, "line 302: 1 cells, expected 2"),
    ("a,y\n" + 300 * "1,2\n" + "3,4,5\n", {}, "line 302: 3 cells, expected 2"),
    ("a,y\n" + 300 * "1,2\n" + "x,4\n", {}, "line 302: column 'a' holds 'x'"),
    ("<html><table></table>", {}, "is a page of HTML"),
]


@pytest.mark.parametrize(("text", "keys", "message"), REFUSED, ids=range(len(REFUSED)))
def test_what_is_refused(text: str | bytes, keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        table(text, **keys)


def test_names_are_given_to_a_table_without_a_header() -> None:
    assert table("1,2\n3,4\n", header=False, target="c2").features == ("c1",)
    assert table("1,2\n3,4\n", header=True, target="2").features == ("1",)


def test_remedies_work_when_they_are_pasted() -> None:
    """What a refusal proposes for a column of a Korean name is read by a shell and by Hydra as it was meant."""
    Path("t.csv").write_text("시각,값 (원)\n" + "".join(f"1949-{n:02},{n}\n" for n in range(1, 13)))
    choice = gate.option("dataset", "csv_series", "dataset", {"path": "t.csv"})
    with pytest.raises(ConfigError) as caught:
        choice.make().load(0)
    remedy = re.search(r"'dataset.time[^']*'|dataset.time=\S+", str(caught.value))
    assert remedy is not None
    (word,) = shlex.split(remedy[0])
    found = overrides.parse(overrides.quoted(word))
    value = found.value()
    time = value if isinstance(value, str) else value.text
    assert (found.key_or_group, time) == ("dataset.time", "시각")
    assert gate.option("dataset", "csv_series", "dataset", {"path": "t.csv", "time": time}).make().load(0).names == (
        "값 (원)",
    )


def test_a_class_of_one_row_is_refused_with_the_classes_to_keep() -> None:
    Path("t.csv").write_text("a,y\n" + "".join(f"{n},{'AB'[n % 2]}\n" for n in range(40)) + "9,C\n")
    keys = {"path": "t.csv", "target": "y", "split": [0.6, 0.2, 0.2], "standardize": True, "batch_size": None}
    with pytest.raises(ConfigError, match=r"'C', of which there are 1; .* 'dataset.classes=\[A,B\]' leaves"):
        load(gate.option("dataset", "csv", "dataset", keys), Streams(0, 0, 0, 0))
    data, _ = load(gate.option("dataset", "csv", "dataset", {**keys, "classes": ["A", "B"]}), Streams(0, 0, 0, 0))
    assert data.spec.classes == ("A", "B")
    assert data.reading is not None
    assert data.reading.lines()[0] == (
        "data: t.csv: 40 of 41 rows, 1 left out (of other classes); 1 inputs; target y: 2 classes (A 50.0%, B 50.0%)"
    )


@pytest.mark.skipif(find_spec("pyarrow") is None, reason="dlx[parquet] is not installed")
def test_a_parquet_file_gives_what_the_same_csv_file_gives() -> None:
    frame = pd.DataFrame({"a": [1.5, None, 3], "w": ["u", "v", "NA"], "d": pd.date_range("2024", periods=3)})
    frame["y"] = [1, 2, 4]
    frame.to_parquet("t.parquet")
    found = gate.option("dataset", "parquet", "dataset", {"path": "t.parquet", "target": "y"}).make().load(0)
    same = table(frame.to_csv(index=False))
    assert found.features == same.features
    np.testing.assert_array_equal(found.inputs, same.inputs)


def test_a_parquet_file_without_pyarrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dlx.data.readers.parquet.find_spec", lambda name: None)
    Path("t.parquet").write_bytes(b"PAR1")
    with pytest.raises(ConfigError, match="needs pyarrow; install it: pip install pyarrow"):
        gate.option("dataset", "parquet", "dataset", {"path": "t.parquet", "target": "y"}).make().load(0)


def test_a_run_keeps_how_its_file_was_read(config: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    Path("t.csv").write_text("a,id,y\n" + "".join(f"{n if n % 5 else ''},{n},{n % 2}\n" for n in range(40)))
    words = ("dataset=csv", "dataset.path=t.csv", "dataset.target=y", "trainer.max_steps=1", "trainer.accelerator=cpu")
    summary = run(config(*words), tmp_path / "run", raises=True)
    kept = json.loads((tmp_path / "run" / "data.json").read_text(encoding="utf-8"))
    assert (kept["rows"], kept["used"], kept["inputs"], kept["classes"]) == (
        40,
        40,
        ["a", "a missing"],
        {"0": 20, "1": 20},
    )
    assert "t.csv: 40 of 40 rows; 2 inputs; target y: 2 classes (0 50.0%, 1 50.0%)" in summary["notes"][0]
    assert any("filled by the median of the training split: a (8 by " in note for note in summary["notes"])
