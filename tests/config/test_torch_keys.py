"""A class of torch whose keys stand in no table of ours works from a YAML alone."""

from __future__ import annotations

import csv
import inspect
import math
from pathlib import Path

import pytest
import torch

from dlx.cli.main import main
from dlx.config.kinds import admits, describe
from dlx.config.torch_classes import SWITCHES, keys_of

QUICK = ["trainer.max_epochs=1", "trainer.max_steps=1", "trainer.accelerator=cpu", "dataset.limit=64"]
FILES = {
    "asgd": (
        "# averaged stochastic gradient descent (Polyak & Juditsky 1992)\n_target_: torch.optim.ASGD\nlr: 0.01\n"
        "lr_scale: absolute\nlambd: 1.0e-4  # decay term\nalpha: 0.75  # power of the step size\n"
        "t0: 1.0e6  # where averaging begins\nweight_decay: 0.0\n"
    ),
    "rprop": (
        "# resilient backpropagation (Riedmiller & Braun 1993)\n_target_: torch.optim.Rprop\nlr: 0.01\n"
        "lr_scale: absolute\netas: [0.5, 1.2]  # factors\nstep_sizes: [1.0e-6, 50]  # smallest and largest step\n"
    ),
    "adafactor": (
        "# adafactor (Shazeer & Stern 2018)\n_target_: torch.optim.Adafactor\nlr: 0.01\nlr_scale: absolute\n"
        "beta2_decay: -0.8  # exponent\neps: [null, 1.0e-3]  # for squares and for sizes\nd: 1.0  # clipping\n"
        "weight_decay: 0.0\n"
    ),
}


@pytest.fixture(autouse=True)
def own_files(tmp_path: Path) -> None:
    """Lay the YAML files in ./conf where the test stands."""
    folder = tmp_path / "conf" / "optimizer"
    folder.mkdir(parents=True)
    for name, text in FILES.items():
        (folder / f"{name}.yaml").write_text(text)


@pytest.mark.parametrize("name", FILES)
def test_an_optimizer_of_torch_takes_a_step(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", f"optimizer={name}", *QUICK]) == 0
    (row,) = csv.DictReader(next(tmp_path.rglob("metrics.csv")).read_text().splitlines())
    assert math.isfinite(float(row["val/loss"]))
    assert main(["axes", f"optimizer={name}"]) == 0
    assert "any" not in capsys.readouterr().out.split()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("optimizer=asgd optimizer.lr=-1", "optimizer.lr: expected float > 0, got -1"),
        ("optimizer=asgd optimizer.lambd=-1", "optimizer.lambd: expected float >= 0, got -1"),
        ("optimizer=asgd optimizer.t0=soon", "optimizer.t0: expected float >= 0, got 'soon'"),
        ("optimizer=asgd optimizer.t0=null", "optimizer.t0: needs a value (float >= 0)"),
        ("optimizer=asgd +optimizer.maximize=true", "optimizer.maximize: no such key of ASGD"),
        ("optimizer=rprop optimizer.etas=0.5", "optimizer.etas: expected list of float >= 0 (2 values), got 0.5"),
        ("optimizer=rprop optimizer.etas=[0.5]", "optimizer.etas: expected list of float >= 0 (2 values), got [0.5]"),
        ("optimizer=rprop optimizer.etas=[1.5,1.2]", "optimizer: Invalid eta values: 1.5, 1.2"),
        ("optimizer=adafactor optimizer.eps=0.1", "optimizer.eps: expected list of float >= 0 or null (2 values)"),
    ],
)
def test_a_value_outside_its_kind_is_refused_by_key(
    words: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", *words.split(), *QUICK]) == 2
    assert expected in capsys.readouterr().err


OPTIMIZERS = [
    cls
    for cls in vars(torch.optim).values()
    if isinstance(cls, type) and issubclass(cls, torch.optim.Optimizer) and cls is not torch.optim.Optimizer
]


@pytest.mark.parametrize("cls", OPTIMIZERS, ids=lambda cls: cls.__name__)
def test_torchs_own_defaults_are_of_their_kinds(cls: type) -> None:
    """Every number that torch itself would take, tuples written as lists, as YAML has them."""
    kinds, parameters = keys_of(cls), inspect.signature(cls).parameters
    assert set(parameters) - SWITCHES == set(kinds)
    for name, kind in kinds.items():
        default = parameters[name].default
        value = list(default) if isinstance(default, tuple) else default
        assert admits(kind, value), f"{name}={value!r} is no {describe(kind)}"
