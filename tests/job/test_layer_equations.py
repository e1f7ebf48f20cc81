"""The networks of dlx against their equations: what differs is seen, what does not fit is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
import torch
from torch import Tensor

from dlx.errors import ConfigError
from dlx.job._layer_equations import EQUATIONS
from dlx.job.layer_equations import LayerEquations
from dlx.nn.recurrent import Unrolled
from dlx.normalization import rms
from dlx.run.run import run

Config = Callable[..., dict[str, Any]]


def error(config: Config, folder: Path, *words: str) -> float:
    composed = config("job=layer_equations", "trainer.accelerator=cpu", *words)
    return run(composed, folder, raises=True)["metrics"]["error"]


def test_the_key_lists_every_equation() -> None:
    assert get_args(get_type_hints(LayerEquations.__init__)["equation"]) == tuple(EQUATIONS)


def test_a_network_is_its_equation(config: Config, tmp_path: Path) -> None:
    assert error(config, tmp_path / "run", "job.equation=residual", "model.depth=4", "model.skip=true") < 1e-9


def test_another_equation_differs(config: Config, tmp_path: Path) -> None:
    assert error(config, tmp_path / "a", "job.equation=mlp", "model.depth=4", "model.skip=true") > 1
    words = ("job.equation=rnn", "model=rnn", "dataset=adding")
    assert error(config, tmp_path / "b", *words, "activation=relu") > 1e-3


def test_a_wrong_layer_is_caught(config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("job.equation=rms_norm", "normalization=rms")
    assert error(config, tmp_path / "right", *words) < 1e-9

    def centered(self: rms.RootMeanSquare, x: Tensor) -> Tensor:
        return self.weight * (x - x.mean(1, keepdim=True)) / x.std(1, keepdim=True)

    monkeypatch.setattr(rms.RootMeanSquare, "forward", centered)
    assert error(config, tmp_path / "wrong", *words) > 1e-3


def test_a_wrong_recurrence_is_caught(config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gates = [f"model.gates.{gate}=false" for gate in ("input", "forget", "output")]
    words = ("job.equation=lstm_without_gates", "model=lstm", "dataset=adding", *gates)
    read = Unrolled._read
    monkeypatch.setattr(Unrolled, "_read", lambda self, x, suffix, state: read(self, x.flip(1), suffix, state))
    assert error(config, tmp_path / "wrong", *words) > 1e-3


def test_an_equation_of_other_weights_is_refused(config: Config, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"job\.equation=lstm: model=gru has other weights: .*try job\.equation=gru$"):
        error(config, tmp_path / "run", "job.equation=lstm", "model=gru", "dataset=adding")
    assert torch.get_default_dtype() == torch.float32
