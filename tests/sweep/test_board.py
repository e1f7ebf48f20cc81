"""What TensorBoard shows of a sweep, asked over its own HTTP interface."""

from __future__ import annotations

import json
import re
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from dlx.cli.main import main

SWEEP = (
    "optimizer=sgd,adam", "optimizer.lr=1e30,0.01", "regularizer=none,l2", "diagnostics=gradients",
    "diagnostics.gradients.every=1", "trainer.max_epochs=2", "dataset.limit=64", "dataset.batch_size=16",
    "model.width=8", "model.depth=3", "trainer.accelerator=cpu",
)  # fmt: skip


class Board:
    """TensorBoard over a folder."""

    def __init__(self, folder: Path) -> None:
        from tensorboard import program

        board = program.TensorBoard()
        board.configure(argv=["tensorboard", "--logdir", str(folder), "--port", "0", "--load_fast", "false"])
        self.address = board.launch()

    def get(self, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            self.address + "data/" + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Board:
    folder = tmp_path_factory.mktemp("board")
    assert main(["train", "-m", *SWEEP, f"hydra.sweep.dir={folder}/sweep"]) == 0
    shown = Board(folder)
    end = time.monotonic() + 60
    while len(shown.get("plugin/scalars/tags")) < 8 and time.monotonic() < end:
        time.sleep(0.2)
    return shown


@pytest.mark.filterwarnings("ignore")
def test_scalars_of_all_runs(board: Board) -> None:
    tags = board.get("plugin/scalars/tags")
    assert len(tags) == 8
    finished = [shown for shown in tags.values() if "test/accuracy" in shown]
    assert len(finished) == 4
    for shown in finished:
        assert {"train/loss", "val/loss", "val/accuracy", "lr", "gradient/norm/hidden.0.0"} <= set(shown)


@pytest.mark.filterwarnings("ignore")
def test_histograms_of_gradients_by_layer(board: Board) -> None:
    shown = list(board.get("plugin/histograms/tags").values())
    layers = {"gradient/histogram/hidden.0.0", "gradient/histogram/hidden.1.0", "gradient/histogram/output"}
    assert sum(layers <= set(tags) for tags in shown) >= 4


@pytest.mark.filterwarnings("ignore")
def test_hparams_with_every_axis_and_metric(board: Board) -> None:
    experiment = board.get("plugin/hparams/experiment", {"experimentName": ""})
    shown = {info["name"] for info in experiment["hparamInfos"]}
    assert {"optimizer", "optimizer.lr", "regularizer.l2", "regularizer.l2.strength"} <= shown
    assert not {"dataset", "model.depth", "seed"} & shown, "what is equal in all runs hides the axes"
    kinds = {info["name"]: info["type"] for info in experiment["hparamInfos"]}
    assert kinds["optimizer.lr"] == kinds["regularizer.l2.strength"] == "DATA_TYPE_FLOAT64", "columns of numbers"
    metrics = {info["name"]["tag"] for info in experiment["metricInfos"]}
    splits = {f"{part}/{name}" for part in ("train", "val", "test") for name in ("accuracy", "loss")}
    assert metrics == {*splits, "generalization_gap"}, "the headline metrics and the losses"
    sessions = board.get(
        "plugin/hparams/session_groups",
        {
            "experimentName": "",
            "allowedStatuses": ["STATUS_UNKNOWN", "STATUS_SUCCESS", "STATUS_FAILURE", "STATUS_RUNNING"],
            "colParams": [{"hparam": "optimizer"}],
            "startIndex": 0,
            "sliceSize": 100,
        },
    )["sessionGroups"]
    assert len(sessions) == 8
    assert sorted(group["hparams"]["optimizer"] for group in sessions) == ["adam"] * 4 + ["sgd"] * 4
    values = [{value["name"]["tag"]: value["value"] for value in group.get("metricValues", [])} for group in sessions]
    assert sum("test/accuracy" in found for found in values) == 4


@pytest.mark.filterwarnings("ignore")
def test_the_graph_of_the_network(board: Board) -> None:
    runs = board.get("plugin/graphs/info")
    assert len(runs) == 8
    address = f"{board.address}data/plugin/graphs/graph?run={urllib.parse.quote(min(runs))}&conceptual=false"
    with urllib.request.urlopen(address, timeout=20) as answer:
        text = answer.read().decode()
    nodes = dict(re.findall(r'name: "([^"]+)"\s+op: "([^"]+)"', text))
    assert nodes == {
        "inputs": "Inputs", "hidden/0/0": "Linear", "hidden/0/2": "ReLU", "hidden/1/0": "Linear", "hidden/1/2": "ReLU",
        "output": "Linear",
    }  # fmt: skip
    assert re.findall(r'input: "([^"]+)"', text) == list(nodes)[:-1], "each layer takes the output of the one before"
