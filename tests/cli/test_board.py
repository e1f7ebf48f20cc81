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
import urllib.request
from pathlib import Path

import pytest

from dlx.cli.board import free_port, main, places, port_of, where
from dlx.errors import ConfigError


def test_one_folder_or_several_by_name(tmp_path: Path) -> None:
    assert where([tmp_path]) == ["--logdir", str(tmp_path)]
    a, b, c = tmp_path / "x" / "run", tmp_path / "y" / "run", tmp_path / "other"
    assert where([a, b, c]) == ["--logdir_spec", f"run:{a},y_run:{b},other:{c}"]


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
