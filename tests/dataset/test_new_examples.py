"""New files are read as the file of the training was: the same numbers, or a message that names line and column."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dlx.config import gate
from dlx.contracts.dataset import Dataset
from dlx.data.raw import NewExamples, Series, Table
from dlx.errors import ConfigError

CITIES, DAYS = ["Oslo", "Rome", "Bern"], pd.date_range("2024-01-05", periods=48)
LINES = [
    f"{1000 + n},{CITIES[n % 3]},{n * 0.5},{n if n % 9 else ''},{DAYS[n]:%d.%m.%Y},w{n % 24},{['no', 'yes'][n % 2]}"
    for n in range(48)
]
TRAINED = "id,city,size,age,day,word,answer\n" + "\n".join(LINES) + "\n"


def dataset(text: str, option: str = "csv", **keys: Any) -> tuple[Dataset, Table | Series, dict[str, Any]]:
    """Return a dataset of a file with this text, what it loads, and its encoding as a run keeps it."""
    Path("trained.csv").write_text(text)
    made = gate.option("dataset", option, "dataset", {"path": "trained.csv", **keys}).make()
    loaded = made.load(0)
    return made, loaded, json.loads(json.dumps(loaded.encoding))


def again(text: str) -> NewExamples:
    """Return what the dataset of TRAINED reads in another file."""
    made, _, encoding = dataset(TRAINED, target="answer")
    Path("new.csv").write_text(text)
    found = made.read(Path("new.csv"), encoding)
    assert isinstance(found, NewExamples)
    return found


def test_the_file_of_the_training_gives_the_inputs_of_the_training_to_the_last_bit() -> None:
    made, loaded, encoding = dataset(TRAINED, target="answer")
    assert isinstance(loaded, Table)
    for source in (Path("trained.csv"), pd.read_csv("trained.csv"), pd.read_csv("trained.csv").drop(columns="answer")):
        found = made.read(source, encoding)
        assert isinstance(found, NewExamples)
        np.testing.assert_array_equal(found.inputs, loaded.inputs)
        assert not found.refused
        assert not found.notes
        assert [int(value) for value in found.ids["id"]] == list(range(1000, 1048))


def test_columns_may_stand_in_another_order_and_without_target_and_id() -> None:
    found = again("day,age,extra,word,size,city\n05.01.2024,3,?,w3,1.5,Rome\n2024-02-01,,?,w99,2.5,Oslo\n")
    expected = [[0, 0, 1, 1.5, 3, 0, 0, 1, 4, 17], [0, 1, 0, 2.5, np.nan, 1, 27, 2, 3, -1]]
    np.testing.assert_array_equal(found.inputs, expected)
    assert found.ids == {"row": [0, 1]}
    assert any("share 0: w99" in note for note in found.notes)
    assert any("extra" in note for note in found.notes)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("Rom,1,1,05.01.2024,w1", "line 3: column 'city' holds 'Rom', which did not occur in the training"),
        ("Rome,x,1,05.01.2024,w1", "line 3: column 'size' holds 'x', expected a number"),
        ("Rome,1e300,1,05.01.2024,w1", "line 3: column 'size' holds '1e+300', expected a number up to"),
        ("Rome,,1,05.01.2024,w1", "line 3: column 'size' is empty, expected a value"),
        ("Rome,1,1,01/05/2024,w1", "line 3: column 'day' holds '01/05/2024', expected a date in the form '%d.%m.%Y'"),
        ("Rome,1,1,,w1", "line 3: column 'day' is empty"),
    ],
)
def test_a_row_that_cannot_be_predicted_is_named_and_the_others_are_read(row: str, said: str) -> None:
    found = again(f"city,size,age,day,word\nOslo,1,1,06.01.2024,w1\n{row}\nBern,2,2,07.01.2024,w2\n")
    assert found.ids == {"row": [0, 2]}
    assert len(found.inputs) == 2
    assert len(found.refused) == 1
    assert said in found.refused[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("city,size,age,word\nOslo,1,1,w1\n", "new.csv: has no column 'day'"),
        ("city,size,years,word\nOslo,1,1,w1\n", "has no columns 'age', 'day'"),
        ("city,size,age,day,word\nRom,1,1,06.01.2024,w1\n", "line 2: .*no row can be predicted"),
    ],
)
def test_a_file_without_a_row_to_predict_is_refused(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        again(text)


def test_words_that_look_like_numbers_stay_words() -> None:
    lines = "".join(f"{['01', '1', 'x', 'y'][n % 4]},{n % 2}\n" for n in range(12))
    made, loaded, encoding = dataset(f"code,y\n{lines}", target="y")
    Path("new.csv").write_text("code\n01\n1\n")
    found = made.read(Path("new.csv"), encoding)
    assert isinstance(loaded, Table)
    assert isinstance(found, NewExamples)
    np.testing.assert_array_equal(found.inputs, loaded.inputs[:2])


def test_missing_values_are_named_where_the_training_left_their_rows_out() -> None:
    made, _, encoding = dataset(TRAINED, target="answer", missing="drop")
    Path("new.csv").write_text("city,size,age,day,word\nOslo,1,,06.01.2024,w1\nOslo,1,2,06.01.2024,w1\n")
    found = made.read(Path("new.csv"), encoding)
    assert isinstance(found, NewExamples)
    assert len(found.inputs) == 1
    assert "column 'age' is empty (dataset.missing=drop)" in found.refused[0]


def test_a_percentage_without_its_mark_is_noted() -> None:
    lines = "".join(f"{n}%,{n % 2}\n" for n in range(12))
    made, _, encoding = dataset(f"share,y\n{lines}", target="y")
    Path("new.csv").write_text("share\n0.5\nx\n")
    found = made.read(Path("new.csv"), encoding)
    assert isinstance(found, NewExamples)
    assert found.inputs.tolist() == [[0.5]]
    assert "has no % here" in found.notes[0]
    assert "'x'" in found.refused[0]


def test_another_series_has_the_series_of_the_training_in_their_order() -> None:
    lines = [f"2024-01-{n + 1:02d},{n * 1.5},{n**2}" for n in range(20)]
    made, loaded, encoding = dataset("\n".join(["day,x,y", *lines]) + "\n", "csv_series", time="day")
    Path("new.csv").write_text("\n".join(["y,z,day,x", *(f"{n},7,2024-02-{n + 1:02d},{2 * n}" for n in range(5))]))
    found = made.read(Path("new.csv"), encoding)
    assert isinstance(loaded, Series)
    assert isinstance(found, Series)
    assert found.times is not None
    assert found.names == ("x", "y")
    assert found.values[4].tolist() == [8.0, 4.0]
    assert str(found.times[-1]).startswith("2024-02-05")
    Path("new.csv").write_text("day,x\n2024-02-01,1\n2024-02-02,2\n2024-02-03,2\n")
    with pytest.raises(ConfigError, match="no column 'y'"):
        made.read(Path("new.csv"), encoding)
