"""A loaded and an exported network give the predictions of `dlx predict`, with the preprocessing inside."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from dlx import load_model
from dlx.cli.main import main
from dlx.errors import ConfigError
from dlx.run import export
from dlx.run.run import run
from tests.conftest import compose_config

SMALL = ("model.width=4", "model.depth=2", "trainer.max_epochs=2", "trainer.accelerator=cpu")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two runs: a table with words and holes, and a series of second differences."""
    place = tmp_path_factory.mktemp("runs")
    rows = [f"{'abc'[n % 3]},{n if n % 5 else ''},{'yes' if n % 2 else 'no'}" for n in range(30)]
    (place / "table.csv").write_text("\n".join(["city,age,answer", *rows]) + "\n")
    pd.DataFrame({"x": np.arange(60) ** 1.5, "y": 7.0 + np.arange(60) % 5}).to_csv(place / "series.csv", index=False)
    table = ["data=csv", f"data.path={place}/table.csv", "data.target=answer"]
    series = ["data=csv_series", f"data.path={place}/series.csv", "data.horizon=3", "data.context_length=4"]
    for name, words in {"table": table, "series": [*series, "data.difference=2", "data.target=y"]}.items():
        assert run(compose_config(*SMALL, *words), place / name, raises=True)["status"] == "finished"
    return place


def test_a_loaded_model_is_a_module_that_predicts_frames_and_tensors(runs: Path) -> None:
    model = load_model(runs / "table")
    frame = pd.read_csv(runs / "table.csv")
    with np.load(runs / "table" / "predictions.npz") as found:
        scores, places = found["prediction"], found["index"]
    predicted = model.predict(frame.iloc[places].drop(columns="answer"))
    shares = torch.from_numpy(scores).softmax(1).numpy()
    np.testing.assert_array_equal(predicted[["probability_no", "probability_yes"]].to_numpy(), shares)
    assert model.input_names == ("city=a", "city=b", "city=c", "age", "age missing")
    inputs = torch.tensor([[1.0, 0, 0, 6, 0], [0, 0, 1, 20, 0]], dtype=torch.float64)
    by_name = model.predict(pd.DataFrame({"city": ["a", "c"], "age": [6, 20]}))
    np.testing.assert_allclose(model(inputs).numpy(), by_name.iloc[:, 2:].to_numpy(float), atol=1e-6)
    with pytest.warns(UserWarning, match="row 1: column 'city' holds 'd'"):
        assert len(model.predict(pd.DataFrame({"city": ["a", "d"], "age": [6, 20]}))) == 1


def test_the_summary_counts_the_parameters_of_each_layer(runs: Path) -> None:
    table = load_model(runs / "table").summary().set_index("layer")
    assert table.loc["hidden.0.0", "parameters"] == 5 * 4 + 4
    assert table.loc["hidden.0.0", "output"] == "1x4"
    assert table.loc["total", "parameters"] == json.loads((runs / "table" / "summary.json").read_text())["parameters"]


def test_the_windows_of_a_series_are_differenced_inside(runs: Path) -> None:
    model = load_model(runs / "series")
    frame = pd.read_csv(runs / "series.csv")
    inside = model(torch.tensor(frame.to_numpy()[None, -model.length :]))
    assert model.shape == (6, 2)
    np.testing.assert_allclose(inside[0].numpy(), model.predict(frame)["y"], rtol=1e-6)


def test_an_exported_program_takes_raw_numbers(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(runs / "series"), "-o", "out.pt2"]) == 0
    frame = pd.read_csv(runs / "series.csv")
    windows = np.stack([frame.to_numpy()[begin : begin + 6] for begin in range(3)])
    program = torch.export.load("out.pt2").module()
    expected = load_model(runs / "series")(torch.from_numpy(windows))
    torch.testing.assert_close(program(torch.from_numpy(windows)), expected, rtol=0, atol=1e-5)
    about = json.loads(Path("out.json").read_text())
    assert about["inputs"]["shape"] == ["batch", 6, 2]
    assert about["inputs"]["names"] == ["x", "y"]
    assert about["outputs"]["series"] == ["y"]


def test_outputs_that_differ_are_not_written(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(model: object, examples: torch.Tensor) -> tuple[bytes, export.Again]:
        return b"", lambda inputs: torch.full((len(inputs), 2), 0.5, dtype=torch.float32)

    monkeypatch.setitem(export.FORMS, "torch-export", broken)
    with pytest.raises(ConfigError, match="outputs differ by"):
        export.export(load_model(runs / "table"), "torch-export", Path("out.pt2"))
    assert not Path("out.pt2").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--format", "onyx"], "--format onyx: no such format; did you mean 'onnx'?"),
        (["-o", "out.onnx"], "expected a file that ends in .pt2"),
        (["-o", "gone/out.pt2"], "there is no folder 'gone'"),
    ],
)
def test_bad_input(runs: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(runs / "table"), *words]) == 2
    assert said in capsys.readouterr().err


def test_a_missing_package_is_named_with_its_command(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if find_spec("onnx") is None:
        assert main(["export", str(runs / "table"), "--format", "onnx"]) == 2
        assert "pip install 'dlx[onnx]'" in capsys.readouterr().err
