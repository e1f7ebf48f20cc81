"""`dlx board`: TensorBoard on this machine only, on a free port, with every run of a sweep."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

from dlx.cli.board import address, free_port, link, main, places, port_of
from dlx.cli.board_columns import write_columns
from dlx.errors import ConfigError
from dlx.results.run_names import named


def events(folder: Path) -> Path:
    """Make a folder with TensorBoard events."""
    folder.mkdir(parents=True)
    (folder / "events.out.tfevents.1").touch()
    return folder


def test_runs_of_a_sweep_are_linked_by_what_differs(tmp_path: Path) -> None:
    sweep, view = tmp_path / "sweep", tmp_path / "view"
    runs = [events(sweep / f"{number:03d}") for number in range(3)]
    levels = [("relu", "2", "0"), ("relu", "2", "1"), ("a/b\x1b", "2", "0")]
    cells = [
        {"labels": {"activation": act, "model.depth": depth, "seed": seed}, "run": number}
        for number, (act, depth, seed) in enumerate(levels)
    ]
    (sweep / "sweep.json").write_text(json.dumps({"runs": [{"folder": str(run)} for run in runs], "cells": cells}))
    view.mkdir()
    link([sweep], view)
    assert {path.name: path.resolve() for path in view.iterdir()} == {
        "relu seed=0": runs[0],
        "relu seed=1": runs[1],
        "a_b_x1b seed=0": runs[2],  # what is not visible, or would be a folder, is not part of a name
    }
    late = events(sweep / "later")
    link([sweep], view)
    assert (view / "later").resolve() == late
    assert len(list(view.iterdir())) == 4
    assert sorted(path.name for path in runs[0].iterdir()) == ["events.out.tfevents.1"]


def test_other_runs_are_named_by_their_overrides_or_their_path(tmp_path: Path) -> None:
    named_run, bare, sweep = (events(tmp_path / "outputs" / name) for name in ("12-00-00-ab", "runs/a", "s/000-ab"))
    summary = {"status": "finished", "overrides": ["model=lstm", "trainer.max_epochs=3", "seed=1"]}
    (named_run / "summary.json").write_text(json.dumps(summary))
    cells = [{"labels": {"seed": "0"}, "run": 0}]
    (sweep.parent / "sweep.json").write_text(json.dumps({"runs": [{"folder": str(sweep)}], "cells": cells}))
    found = named([tmp_path / "outputs"], [named_run, bare, sweep])
    assert list(found) == ["lstm max_epochs=3 seed=1 12-00-00", "runs/a", "s/000-ab"]
    twice = named([tmp_path], [named_run, named_run])
    assert list(twice)[1] == "lstm max_epochs=3 seed=1 12-00-00 (2)"


def test_the_columns_of_several_sweeps_and_runs(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.plugins.hparams.metadata import parse_experiment_plugin_data

    def write(name: str, overrides: list[str]) -> dict[str, object]:
        folder = events(tmp_path / "outputs" / name)
        info = {"accuracy": {"better": "max", "headline": True}, "f1": {"better": "max", "headline": False}}
        summary = {"status": "finished", "overrides": overrides, "metric_info": info}
        (folder / "summary.json").write_text(json.dumps(summary))
        return {"folder": str(folder), "overrides": overrides}

    swept = [write(f"s/{number}", ["dataset=iris", "model.depth=" + depth]) for number, depth in enumerate("25")]
    (tmp_path / "outputs/s/sweep.json").write_text(json.dumps({"runs": swept, "cells": []}))
    write("12-00-00-ab", ["optimizer=sgd"])
    view, runs = tmp_path / "view", sorted((tmp_path / "outputs").rglob("events*"))
    view.mkdir()
    write_columns(view, [tmp_path / "outputs" / "s"], [run.parent for run in runs[1:]])
    assert not list(view.iterdir()), "the events of a single sweep name its columns"
    write_columns(view, [tmp_path / "outputs"], [run.parent for run in runs])
    content = EventAccumulator(str(view)).Reload().SummaryMetadata("_hparams_/experiment").plugin_data.content
    experiment = parse_experiment_plugin_data(content)
    assert {info.name: info.type for info in experiment.hparam_infos} == {"seed": 3, "model.depth": 3, "optimizer": 1}
    shown = [info.name.tag for info in experiment.metric_infos]
    assert shown == ["val/accuracy", "val/loss", "test/accuracy", "test/loss"]


def test_the_address_pins_the_curves_and_colors_arms(tmp_path: Path) -> None:
    run = events(tmp_path / "run")
    info = {"accuracy": {"better": "max", "headline": True}, "loss": {"better": "min"}}
    (run / "summary.json").write_text(json.dumps({"status": "finished", "metric_info": info}))
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(address(6006, [run])).query)
    pinned = json.loads(query["pinnedCards"][0])
    assert [card["tag"] for card in pinned] == ["train/loss", "val/loss", "val/accuracy"]
    arm = re.compile(query["runColorGroup"][0].removeprefix("regex:"))
    groups = [arm.match(name).groups() for name in ("relu depth=2 seed=0", "relu depth=2 seed=1", "relu depth=4")]
    assert groups == [("relu depth=2",), ("relu depth=2",), ("relu depth=4",)]


def test_runs_that_a_sweep_took_over_are_shown(tmp_path: Path) -> None:
    sweep, inside, elsewhere = tmp_path / "sweep", tmp_path / "sweep" / "000", tmp_path / "runs" / "a"
    for folder in (inside, elsewhere):
        folder.mkdir(parents=True)
    runs = [{"folder": str(inside)}, {"folder": str(elsewhere)}, {"folder": str(tmp_path / "gone")}]
    (sweep / "sweep.json").write_text(json.dumps({"runs": runs}))
    assert places([sweep]) == [sweep, elsewhere]


def test_a_free_port() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"{port} is in use"):
            free_port(port)
    assert free_port(port) == port
    assert port_of("7000") == 7000


def test_nothing_to_show(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match="contains no runs with TensorBoard events"):
        main(["empty"])
    with pytest.raises(ConfigError, match="there is no such folder"):
        main([])


def test_serves_on_loopback_until_interrupted(tmp_path: Path) -> None:
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(tmp_path / "outputs" / "runs" / "a")) as writer:
        writer.add_scalar("val/loss", 0.5, 1)
    board = subprocess.Popen([sys.executable, "-m", "dlx", "board"], stdout=subprocess.PIPE, text=True)
    try:
        assert board.stdout is not None
        line = board.stdout.readline()
        address = re.search(r"http://127\.0\.0\.1:\d+/", line)
        assert address is not None
        for _ in range(300):
            try:
                with urllib.request.urlopen(f"{address.group()}data/runs", timeout=2) as reply:
                    runs = json.load(reply)
                if runs:
                    break
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                pass
            time.sleep(0.1)
        assert runs == ["runs/a"]
    finally:
        board.send_signal(signal.SIGINT)
        assert board.wait(20) == 0
        assert board.stdout is not None
        board.stdout.close()
