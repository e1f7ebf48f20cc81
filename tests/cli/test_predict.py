"""`dlx predict`: the numbers of the training for its own examples, and a message for everything that cannot be."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlx.cli.main import main
from dlx.run.restore import reassemble, recorded
from dlx.run.run import run
from tests.conftest import compose_config

SMALL = ("model.width=4", "model.depth=2", "trainer.max_epochs=2", "trainer.accelerator=cpu", "optim.lr=0.05")
HEADER = "id,city,size,age,answer"
ROWS = [f"{500 + n},{'abc'[n % 3]},{n / 7:.3f},{n if n % 5 else ''},{'yes' if n % 2 else 'no'}" for n in range(30)]
PRICES = [f"{1.7e9 + n * 3600:.0f},{1e9 + n}" for n in range(30)]


def lines(header: str, rows: list[str]) -> str:
    """Return a table as text."""
    return "\n".join([header, *rows]) + "\n"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of runs: classes, prices far from 0, a series of returns, and points without a file."""
    place = tmp_path_factory.mktemp("runs")
    (place / "answers.csv").write_text(lines(HEADER, ROWS))
    (place / "prices.csv").write_text(lines("second,price", PRICES))
    days = [f"2024-{1 + n // 28:02d}-{1 + n % 28:02d},{100 + n},{7 + n % 3}" for n in range(56)]
    (place / "series.csv").write_text(lines("day,x,y", days))
    chosen: dict[str, list[str]] = {
        "answers": ["data=csv", f"data.path={place}/answers.csv", "data.target=answer"],
        "prices": ["data=csv", f"data.path={place}/prices.csv", "data.target=price"],
        "series": [
            "data=csv_series",
            f"data.path={place}/series.csv",
            "data.time=day",
            "data.difference=returns",
            "data.horizon=2",
            "data.context_length=4",
            "data.gaps=ignore",
        ],
        "moons": ["data=moons", "regularizer=dropout", "regularizer.dropout.monte_carlo_samples=3"],
    }
    for name, words in chosen.items():
        summary = run(compose_config(*SMALL, *words), place / name, raises=True)
        assert summary["status"] == "finished"
    return place


def predict(*words: str, capsys: pytest.CaptureFixture[str]) -> tuple[list[dict[str, str]], str]:
    """Return the rows of the CSV that a command prints, and its notes."""
    capsys.readouterr()
    assert main(["predict", *words]) == 0
    said = capsys.readouterr()
    return list(csv.DictReader(io.StringIO(said.out))), said.err


def arrays(*words: str) -> dict[str, Any]:
    """Return the arrays that a command writes."""
    assert main(["predict", *words, "-o", "out.npz"]) == 0
    with np.load("out.npz") as found:
        return dict(found)


def of_test(folder: Path) -> dict[str, Any]:
    """Return the predictions of a run on its test split."""
    with np.load(folder / "predictions.npz") as found:
        return dict(found)


@pytest.mark.parametrize("name", ["answers", "prices"])
def test_the_test_rows_in_their_order_have_the_scores_of_the_run(runs: Path, name: str) -> None:
    header, *rows = (runs / f"{name}.csv").read_text().splitlines()
    expected = of_test(runs / name)
    Path("new.csv").write_text(lines(header, [rows[place] for place in expected["index"]]))
    found = arrays(str(runs / name), "new.csv")
    np.testing.assert_array_equal(found["prediction"], expected["prediction"])
    assert found["prediction"].dtype == expected["prediction"].dtype


def test_names_probabilities_and_ids(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    expected = of_test(runs / "answers")
    places = expected["index"][:3]
    Path("new.csv").write_text(lines("age,size,id,city", [
        ",".join(ROWS[place].split(",")[column] for column in (3, 2, 0, 1)) for place in places
    ]))  # fmt: skip
    rows, notes = predict(str(runs / "answers"), "new.csv", capsys=capsys)
    assert [int(row["id"]) for row in rows] == [500 + place for place in places]
    scores = expected["prediction"][:3].astype(float)
    shares = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    for row, share, score in zip(rows, shares, scores, strict=True):
        assert row["prediction"] == ["no", "yes"][score.argmax()]
        assert [float(row["probability_no"]), float(row["probability_yes"])] == pytest.approx(share, abs=1e-6)
    assert not notes


def test_rows_that_cannot_be_predicted_are_named(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("new.csv").write_text("city,size,age,extra\na,1,2,0\nd,1,2,0\na,x,2,0\nb,2,,0\n")
    rows, notes = predict(str(runs / "answers"), "new.csv", capsys=capsys)
    assert [row["row"] for row in rows] == ["0", "3"]
    assert "new.csv, line 3: column 'city' holds 'd'" in notes
    assert "new.csv, line 4: column 'size' holds 'x', expected a number" in notes
    assert "ignored: extra" in notes


def test_a_series_goes_on_behind_its_end(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    expected = of_test(runs / "series")
    every = arrays(str(runs / "series"), str(runs / "series.csv"), "--every")
    np.testing.assert_array_equal(every["prediction"][expected["index"]], expected["prediction"])
    header, *rows = (runs / "series.csv").read_text().splitlines()
    Path("new.csv").write_text(lines(header, rows[:-2]))  # before the last targets
    ahead, _ = predict(str(runs / "series"), "new.csv", capsys=capsys)
    numbers = [[float(row["x"]), float(row["y"])] for row in ahead]
    np.testing.assert_allclose(numbers, expected["prediction"][-1].reshape(2, 2), rtol=1e-6)
    assert [row["step"] for row in ahead] == ["1", "2"]
    Path("new.csv").write_text(lines(header, rows[:4]))
    assert main(["predict", str(runs / "series"), "new.csv"]) == 2
    assert "has 4 values in order of time, expected at least 5" in capsys.readouterr().err


def test_inputs_of_a_dataset_without_files(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assembly = reassemble(runs / "moons", recorded(runs / "moons")[0])
    test = assembly.data.test
    inputs = assembly.data.input_units.restore(test.inputs.double()).numpy()
    np.save("new.npy", inputs)
    expected = of_test(runs / "moons")["prediction"]
    np.testing.assert_allclose(arrays(str(runs / "moons"), "new.npy")["prediction"], expected, atol=1e-5)
    np.savetxt("new.csv", inputs[:4], delimiter=",", header="a,b", comments="")
    rows, _ = predict(str(runs / "moons"), "new.csv", capsys=capsys)
    assert [row["prediction"] for row in rows] == [("upper", "lower")[best] for best in expected[:4].argmax(1)]
    np.save("new.npy", inputs[:, :1])
    assert main(["predict", str(runs / "moons"), "new.npy"]) == 2
    assert "expected (examples, 2)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["answers", "gone.csv"], "there is no file 'gone.csv'"),
        (["answers", "empty.csv"], "empty.csv is empty"),
        (["answers", "head.csv"], "has a header but no rows"),
        (["answers", "few.csv"], "has no columns 'size', 'age', expected the inputs of the training: city, size, age"),
        (["answers", "few.csv", "-o", "few.csv"], "is the file of the new examples"),
        (["answers", "few.csv", "-o", "nowhere/out.csv"], "there is no folder 'nowhere'"),
        (["answers", "few.csv", "-o", "out.xlsx"], "expected a file that ends in .csv or .npz"),
        (["answers", "few.csv", "dataset.target=x"], "dataset.target: was decided in the training"),
        (["answers"], "expected the folder of a run and a file"),
        (["gone", "few.csv"], "there is no such folder"),
    ],
)
def test_bad_input(runs: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    for name, text in {"empty.csv": "", "head.csv": "city,size,age\n", "few.csv": "city\na\n"}.items():
        Path(name).write_text(text)
    assert main(["predict", str(runs / words[0]), *words[1:]]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_a_record_of_a_stranger_is_checked(runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = Path(shutil.copytree(runs / "answers", tmp_path / "copy"))
    record = json.loads((folder / "data.json").read_text())
    changes: list[tuple[str, Any]] = [
        ("mean", {"shape": [3], "values": [1, 2, 3]}),
        ("inputs_at", [99]),
        ("encoding", {"columns": [{"name": "city", "kind": "word", "labels": [1]}]}),
        ("spec", {**record["preprocessing"]["spec"], "shape": [10**6]}),
        ("difference", -1),
    ]
    for key, value in changes:
        changed = {**record, "preprocessing": {**record["preprocessing"], key: value}}
        (folder / "data.json").write_text(json.dumps(changed))
        assert main(["predict", str(folder), str(runs / "answers.csv")]) == 2, key
        assert capsys.readouterr().err.count("\n") == 1
    (folder / "data.json").unlink()  # a run of an earlier version: its data are read again
    assert main(["predict", str(folder), str(runs / "answers.csv")]) == 0
