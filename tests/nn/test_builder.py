"""What all models have in common: frozen parts, weights of an earlier run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from dlx.assembly.assemble import assemble
from dlx.config.shared_keys import NetworkKeys
from dlx.errors import ConfigError
from dlx.results.checkpoint import load_checkpoint
from dlx.run.run import run

Config = Callable[..., dict[str, Any]]
QUICK = ("trainer.accelerator=cpu", "trainer.max_epochs=2", "trainer.test_weights=last")
FROZEN = [
    ("hidden.0", {"hidden.0.0.weight", "hidden.0.0.bias"}),
    ("1", {"hidden.0.0.weight", "hidden.0.0.bias"}),
    ("3", {"output.weight", "output.bias"}),
    ("'*.bias'", {"hidden.0.0.bias", "hidden.1.0.bias", "output.bias"}),
    ("output.weight", {"output.weight"}),
]


@pytest.mark.parametrize(("pattern", "names"), FROZEN)
def test_frozen_parts_stay_and_the_others_move(pattern: str, names: set[str], config: Config, tmp_path: Path) -> None:
    composed = config(f"model.frozen=[{pattern}]", *QUICK)
    before = assemble(composed).network().state_dict()
    run(composed, tmp_path / "run", raises=True)
    checkpoint = load_checkpoint(tmp_path / "run" / "checkpoints" / "last.ckpt")
    assert checkpoint is not None
    same = {name for name, t in before.items() if torch.equal(t, checkpoint["state_dict"][f"network.{name}"])}
    assert same == names


def test_frozen_with_weight_normalization(config: Config) -> None:
    network = assemble(config("model.frozen=[1]", "normalization=weight")).network()
    still = {name for name, p in network.named_parameters() if not p.requires_grad}
    assert still == {f"hidden.0.0.{n}" for n in ("bias", "parametrizations.weight.original0")} | {
        "hidden.0.0.parametrizations.weight.original1"
    }


def test_a_wholly_frozen_network_is_evaluated_as_it_is(config: Config, tmp_path: Path) -> None:
    frozen = run(config("model.frozen=[hidden,output]", *QUICK), tmp_path / "frozen", raises=True)
    untrained = run(config(*QUICK, "trainer.max_epochs=0"), tmp_path / "untrained", raises=True)
    assert frozen["steps"] == 0
    assert frozen["metrics"]["test/loss"] == untrained["metrics"]["test/loss"]


def test_weights_of_a_run_go_on_in_another(config: Config, tmp_path: Path) -> None:
    run(config(*QUICK), tmp_path / "source", raises=True)
    for name, source in (("folder", tmp_path / "source"), ("file", tmp_path / "source" / "checkpoints" / "last.ckpt")):
        copied = config(f"model.init_from={source}", *QUICK, "trainer.max_epochs=0", "streams.init=7")
        summary = run(copied, tmp_path / name, raises=True)
        assert summary["status"] == "finished"
    last, best, file = (
        np.load(tmp_path / name / "predictions.npz")["prediction"] for name in ("source", "folder", "file")
    )
    np.testing.assert_array_equal(last, file)
    assert best.shape == last.shape


def test_only_matching_weights_are_copied(config: Config, tmp_path: Path) -> None:
    run(config("model=mlp", *QUICK), tmp_path / "source", raises=True)
    composed = config("model=mlp", "dataset=digits", "model.depth=4", f"model.init_from={tmp_path / 'source'}")
    checkpoint = load_checkpoint(tmp_path / "source" / "checkpoints" / "best.ckpt")
    assert checkpoint is not None
    network = assemble(composed).network()
    torch.testing.assert_close(network.hidden[1][0].weight, checkpoint["state_dict"]["network.hidden.1.0.weight"])
    fresh = assemble(config("model=mlp", "model.depth=4")).network()
    torch.testing.assert_close(network.hidden[2][0].weight, fresh.hidden[2][0].weight)


MISTAKES = [
    (["model.frozen=[hiden.0]"], "did you mean 'hidden.0'"),
    (["model.frozen=[7]"], "expected weight layers 1 to 3, got 7"),
    (["model.frozen=[hidden.0,nothing]"], "no parameter is called 'nothing'"),
    (["model.frozen=hidden"], "model.frozen: expected list of str or int"),
    (["model.frozen=[1.5]"], "model.frozen: expected list"),
    (["model.init_from=nowhere"], "nowhere is not there"),
    (["initializer.recurrent=orthogona"], "did you mean 'orthogonal'"),
    (["initializer.recurrent_gain=0"], "initializer.recurrent_gain"),
    (["initializer.bias=high"], "initializer.bias: expected float or null"),
]


@pytest.mark.parametrize(("overrides", "message"), MISTAKES, ids=[" ".join(m[0]) for m in MISTAKES])
def test_mistakes_are_refused_before_training(overrides: list[str], message: str, config: Config) -> None:
    with pytest.raises(ConfigError) as caught:
        assemble(config(*overrides))
    assert message in str(caught.value)


def test_foreign_weights_must_match(config: Config, tmp_path: Path) -> None:
    run(config("model=linear", "dataset=diabetes", *QUICK), tmp_path / "source", raises=True)
    with pytest.raises(ConfigError, match=r"layers that match: none; of another shape: output"):
        assemble(config("model=linear", f"model.init_from={tmp_path / 'source'}"))
    (tmp_path / "cut.ckpt").write_bytes(b"PK")
    with pytest.raises(ConfigError, match="cannot be read"):
        assemble(config(f"model.init_from={tmp_path / 'cut.ckpt'}"))


def test_a_models_own_yaml_may_leave_out_what_all_have_in_common(config: Config) -> None:
    composed = config("model=linear")
    for key in build_keys():
        composed["model"].pop(key)
    assemble(composed).network()


def build_keys() -> list[str]:
    """Return the names of the common keys."""
    return list(NetworkKeys.__dataclass_fields__)
