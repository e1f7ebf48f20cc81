"""Frozen is frozen; what is copied of another run; what a source is known by."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from dlx.assembly.assemble import assemble
from dlx.config.identity import identity
from dlx.errors import ConfigError
from dlx.nn.frozen import frozen_modules
from dlx.nn.source import Source
from dlx.nn.transfer import copy_matching
from dlx.results.checkpoint import load_checkpoint
from dlx.run.run import run
from dlx.spec import DataSpec

Config = Callable[..., dict[str, Any]]
QUICK = ("trainer.accelerator=cpu", "trainer.max_epochs=2", "trainer.test_weights=last", "dataset.limit=128")
FROZEN = [  # what is frozen, and the modules that rest
    ("hidden.0", "normalization=batch", ("hidden.0",)),
    ("1", "normalization.affine=false", ("hidden.0",)),  # nothing else in the layer is trained
    ("hidden", "normalization=batch", ("hidden",)),
    ("1", "normalization=batch", ("hidden.0.0",)),  # the layer's own scale and shift are still trained
]


@pytest.mark.parametrize(("pattern", "norm", "rest"), FROZEN)
def test_frozen_modules_rest_in_training(
    pattern: str, norm: str, rest: tuple[str, ...], config: Config, tmp_path: Path
) -> None:
    norms = dict.fromkeys(["normalization=batch", norm])
    composed = config(f"model.frozen=[{pattern}]", *norms, "regularizer=dropout", *QUICK)
    network = assemble(composed).network()
    assert network.frozen == rest
    network.eval().train()
    asleep = {name for name, module in network.named_modules() if not module.training}
    inside = {name for name, _ in network.named_modules() if any(f"{name}.".startswith(f"{part}.") for part in rest)}
    assert asleep == inside != set()
    before = network.state_dict()
    run(composed, tmp_path / "run", raises=True)
    checkpoint = load_checkpoint(tmp_path / "run" / "checkpoints" / "last.ckpt")
    assert checkpoint is not None
    for name, tensor in before.items():
        still = any(name.startswith(f"{part}.") for part in rest)
        assert torch.equal(tensor, checkpoint["state_dict"][f"network.{name}"]) == still, name


def test_dropout_inside_a_frozen_part_drops_nothing(config: Config) -> None:
    words = ("model.depth=2", "regularizer=dropout", "regularizer.dropout.p=0.9")
    frozen, free = (assemble(config(*words, *more)).network() for more in (("model.frozen=[hidden]",), ()))
    x = torch.randn(4, 64)
    with torch.no_grad():
        assert torch.equal(frozen.train()(x), frozen.eval()(x))
        assert not torch.equal(free.train()(x), free.eval()(x))


def test_numbers_count_layers_from_the_input(config: Config) -> None:
    """In deep_sets the layers on elements come first, whatever the order of registration."""
    network = assemble(config("model=deep_sets", "model.depth=4", "model.frozen=[1]")).network()
    assert {name for name, p in network.named_parameters() if not p.requires_grad} == {
        "element.0.0.weight",
        "element.0.0.bias",
    }


def test_a_module_rests_only_when_all_of_it_is_frozen() -> None:
    network = nn.Sequential(nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)), nn.Linear(2, 1))
    assert frozen_modules(network, {"0.0.weight", "0.0.bias"}) == ("0.0",)
    assert frozen_modules(network, {"0.0.weight", "0.0.bias", "0.1.weight", "0.1.bias"}) == ("0",)
    assert frozen_modules(network, {"0.0.bias", "1.bias"}) == ()


# --- heads

FIRST, SECOND = "dataset.classes=[0,1,2,3,4]", "dataset.classes=[5,6,7,8,9]"


@pytest.fixture
def source(config: Config, tmp_path: Path) -> Path:
    run(config(FIRST, *QUICK), tmp_path / "source", raises=True)
    return tmp_path / "source"


def test_a_head_is_copied_only_for_the_same_classes(source: Path, config: Config, tmp_path: Path) -> None:
    weights = load_checkpoint(source / "checkpoints" / "best.ckpt")
    assert weights is not None
    for classes, copied in ((FIRST, True), (SECOND, False)):
        composed = config(classes, f"model.init_from={source}", *QUICK, "trainer.max_epochs=0", "streams.init=9")
        network = assemble(composed).network()
        state = weights["state_dict"]
        assert torch.equal(network.hidden[0][0].weight, state["network.hidden.0.0.weight"])
        assert torch.equal(network.output.weight, state["network.output.weight"]) is copied
        summary = run(composed, tmp_path / str(copied), raises=True)
        (note,) = (note for note in summary["notes"] if note.startswith("model.init_from"))
        assert note.startswith("model.init_from: copied hidden.0.0, hidden.1.0" + ", output" * copied)
        assert ("output did not fit (of another shape, or an output layer for other classes)" in note) is not copied
    recorded = json.loads((source / "identity.json").read_text())
    assert recorded["target"] == {"kind": "class", "classes": ["0", "1", "2", "3", "4"]}


def test_a_source_without_recorded_classes_is_copied_by_shape_and_says_so(
    source: Path, config: Config, tmp_path: Path
) -> None:
    recorded = json.loads((source / "identity.json").read_text())
    recorded.pop("target")
    (source / "identity.json").write_text(json.dumps(recorded))
    summary = run(config(SECOND, f"model.init_from={source}", *QUICK), tmp_path / "run", raises=True)
    (note,) = (note for note in summary["notes"] if note.startswith("model.init_from"))
    assert "output" in note
    assert "by its shape alone" in note


def test_copied_names_what_is_same_new_and_unfit() -> None:
    spec = DataSpec("vector", (2,), "class", 2, classes=("a", "b"))
    network = nn.ModuleDict({"a": nn.Linear(2, 3), "b": nn.Linear(3, 3), "output": nn.Linear(3, 2)})
    theirs = nn.ModuleDict({"a": nn.Linear(2, 3), "b": nn.Linear(3, 4), "output": nn.Linear(3, 2)})
    state = {name: tensor for name, tensor in theirs.state_dict().items() if name != "a.bias"}
    target = {"kind": "class", "classes": ["a", "c"]}
    before = network.output.bias.clone()
    copied = copy_matching(network, Source(Path("x.ckpt"), state, target), spec)
    assert copied.same == ("a.weight",)
    assert copied.new == ("a.bias",)
    assert set(copied.unfit) == {"b.weight", "b.bias", "output.weight", "output.bias"}
    assert torch.equal(network["a"].weight, theirs["a"].weight)  # type: ignore[arg-type]
    assert torch.equal(network.output.bias, before)


def test_nothing_left_to_copy_names_the_classes(config: Config, tmp_path: Path) -> None:
    run(config("model=linear", FIRST, *QUICK), tmp_path / "source", raises=True)
    with pytest.raises(ConfigError, match="its output layer stands for other classes"):
        assemble(config("model=linear", SECOND, f"model.init_from={tmp_path / 'source'}"))


# --- the identity of a source


def test_a_source_is_known_by_what_it_is_not_by_where_it_lies(source: Path, config: Config, tmp_path: Path) -> None:
    def named(place: Path) -> str:
        return identity(config(f"model.init_from={place}"))

    shutil.copytree(source, tmp_path / "elsewhere" / "moved")
    moved = tmp_path / "elsewhere" / "moved"
    assert named(source) == named(moved) == named(moved / "checkpoints" / "best.ckpt")
    assert named(source) != identity(config())
    file = moved / "checkpoints" / "best.ckpt"
    checkpoint = torch.load(file, weights_only=True)
    checkpoint["state_dict"]["network.output.bias"] += 1e-3
    torch.save(checkpoint, file)
    assert named(source) != named(moved)  # other weights
    recorded = json.loads((source / "identity.json").read_text())
    shutil.rmtree(moved / "checkpoints")
    shutil.copytree(source / "checkpoints", moved / "checkpoints")
    (moved / "identity.json").write_text(json.dumps({**recorded, "identity": "00000000"}))
    assert named(source) != named(moved)  # the same weights of another run


def test_a_run_is_the_same_after_its_source_has_moved(source: Path, config: Config, tmp_path: Path) -> None:
    first = run(config(f"model.init_from={source}", *QUICK), tmp_path / "run", raises=True)
    source.rename(tmp_path / "renamed")
    composed = config(f"model.init_from={tmp_path / 'renamed'}", *QUICK)
    again = run(composed, tmp_path / "run", raises=True, resume=True)
    assert again["identity"] == first["identity"]
    assert str(tmp_path) not in json.dumps(first["config"])


def test_runs_with_frozen_parts_are_not_those_of_earlier_versions(config: Config) -> None:
    from dlx.config.identity import canonical

    assert canonical(config("model.frozen=[1]"))["model"]["frozen_mode"] == "evaluation"
    assert canonical(config())["model"] == config()["model"]
