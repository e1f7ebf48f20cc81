"""A configuration is parsed once: each group becomes a choice of class and values, below which nobody sees a node."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import pytest
import torch
from torch import nn

from dlx import paths
from dlx.config import gate, schema
from dlx.config.checked import Checked, check_config, members
from dlx.config.choice import Choice
from dlx.config.kinds import describe
from dlx.config.settings import TrainerSettings
from dlx.config.shared_keys import FirstWeights, NetworkKeys, Preparation, StepSize
from dlx.contracts.contract import Contract
from dlx.dataset.diabetes import Diabetes
from dlx.errors import ConfigError
from dlx.initializer.orthogonal import Orthogonal
from dlx.model.mlp import MLP
from dlx.objective.regression import Regression
from dlx.regularizer.l1 import L1
from dlx.spec import DataSpec, Node, Positive

Config = Callable[..., dict[str, Any]]


def test_every_group_is_a_choice(config: Config) -> None:
    checked = check_config(config("model.depth=5", "model.frozen=[1]", "reg=l1", "dataset=diabetes", "seed=3"))
    assert (checked.model.option, checked.model.cls, checked.model.path) == ("mlp", MLP, "model")
    assert set(checked.model.keys) == {"depth", "width", "skip"}
    assert checked.model.keys["depth"] == 5
    assert checked.model.common(NetworkKeys) == NetworkKeys(frozen=[1])
    assert (checked.optimizer.option, checked.optimizer.cls) == ("adam", torch.optim.Adam)
    assert checked.optimizer.common(StepSize) == StepSize(lr_scale="absolute")
    assert checked.dataset.cls is Diabetes
    assert checked.dataset.common(Preparation).split == config()["dataset"]["split"]
    assert checked.regularizer["l1"].make().strength == config("reg=l1")["regularizer"]["l1"]["strength"]
    assert type(checked.regularizer["l1"].make()) is L1
    assert (checked.regularizer["l1"].path, checked.seed, checked.streams.init) == ("regularizer.l1", 3, None)
    assert checked.trainer == TrainerSettings(**config()["trainer"])


def test_below_the_gate_there_is_no_node(config: Config) -> None:
    checked = check_config(config("diagnostics=full", "reg=[l1,dropout]", "init.recurrent=orthogonal", "model=lstm"))

    def nodes(value: Any, path: str) -> list[str]:
        if isinstance(value, Choice):
            return [found for part in (value.keys, value.shared, value.nodes) for found in nodes(part, path)]
        if isinstance(value, Mapping):
            below = [found for key, item in value.items() for found in nodes(item, f"{path}.{key}")]
            return below + [path] * any(str(key).startswith("_") for key in value)
        return []

    fields = {name: value for name, value in vars(checked).items() if name != "config"}
    assert nodes(fields, "") == []
    assert nodes({"model": config()["model"]}, "") == [".model"]


def test_one_file_of_the_program_knows_the_word() -> None:
    holding = {file.name for file in paths.PACKAGE.rglob("*.py") if "_target_" in file.read_text(encoding="utf-8")}
    assert holding == {"node.py", "spec.py"}


def test_the_data_decide_the_objective(config: Config) -> None:
    checked = check_config(config("objective=auto", "+objective.scale=2.0"))
    chosen = checked.objective(lambda: "regression")
    assert (chosen.cls, chosen.keys) == (Regression, {"loss": "mse", "scale": 2.0})
    with pytest.raises(ConfigError, match=r"^objective: no such objective 'regresion'; did you mean 'regression'"):
        checked.objective(lambda: "regresion")
    wrong = check_config(config("objective=auto", "+objective.scael=2.0"))
    with pytest.raises(ConfigError, match=r"^objective\.scael: no such key of Regression; did you mean 'scale'"):
        wrong.objective(lambda: "regression")
    said = check_config(config("objective=regression", "dataset=diabetes"))
    assert said.objective(lambda: "classification").cls is Regression


def test_an_option_that_a_key_names_is_a_choice_too(config: Config) -> None:
    checked = check_config(config("model=lstm", "init.recurrent=orthogonal"))
    named = checked.initializer.nodes["recurrent"]
    assert (named.option, named.cls, named.path) == ("orthogonal", Orthogonal, "initializer.recurrent")
    assert checked.initializer.common(FirstWeights).recurrent == "orthogonal"
    assert check_config(config("model=lstm")).initializer.nodes == {}
    with pytest.raises(ConfigError, match=r"^initializer\.recurrent: no such initializer 'ortogonal'; did you mean"):
        check_config(config("init.recurrent=ortogonal"))


class Pair(Contract):
    """Two networks, one behind the other."""

    def __init__(
        self, first: str, *, inner: Annotated[Mapping[str, Any], Node("activation")], width: Annotated[int, Positive]
    ) -> None:
        self.first, self.inner, self.width = first, inner, width


def test_a_node_within_a_node_passes_the_gate_as_a_node(monkeypatch: pytest.MonkeyPatch) -> None:
    find = gate.find
    monkeypatch.setattr(gate, "find", lambda target, *where: Pair if target == "mine.Pair" else find(target, *where))
    node = {"_target_": "mine.Pair", "width": 3, "inner": {"_target_": "torch.nn.LeakyReLU", "negative_slope": 0.5}}
    made = gate.choice(node, "model").make("a", unknown=1)
    assert (made.first, made.width, made.inner.option) == ("a", 3, "leaky_relu")
    assert made.inner.make()(torch.tensor(-2.0)) == -1
    for inner, message in (
        ({"_target_": "torch.nn.LeakyReLU", "slope": 1}, r"^model\.inner\.slope: no such key of LeakyReLU"),
        ({"_target_": "torch.optim.SGD"}, r"^model\.inner\._target_: 'torch.optim.SGD' is not allowed here"),
        ("relu", r"^model\.inner: expected option of activation, got 'relu'"),
    ):
        with pytest.raises(ConfigError, match=message):
            gate.choice({**node, "inner": inner}, "model")


def test_a_named_option_reads_alike_from_both_sides(tmp_path: Path) -> None:
    text = 'Annotated[str, Node("initializer")] | None'
    (tmp_path / "mine.py").write_text(f"class Mine:\n    def __init__(self, *, key: {text}): pass\n")
    source = schema.read_class("mine.Mine")
    assert source is not None
    assert source.parameters[0].kind == describe(Annotated[str, Node("initializer")] | None)
    assert source.parameters[0].kind == "option of initializer or null"


@pytest.mark.parametrize(
    ("node", "path", "message"),
    [
        ({"_target_": "dlx.model.mlp.MLP", "depth": 1}, "model", r"^model\.width: missing; MLP needs it \(int > 0\)"),
        (
            {"_target_": "dlx.model.mlp.MLP", "depht": 1},
            "model",
            r"^model\.depht: no such key of MLP; did you mean 'dep",
        ),
        ({"_target_": "torch.optim.SGD", "lr": 0}, "optimizer", r"^optimizer\.lr: expected float > 0, got 0"),
        ({"lr": 1}, "optimizer", r"^optimizer\._target_: expected the dotted name of a class, got None"),
    ],
)
def test_a_choice_is_refused(node: dict[str, Any], path: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        gate.choice(node, path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"trainer": {"max_epochs": 1}}, r"^trainer\.max_steps: missing; expected int > 0 or null"),
        ({"trainer": {"max_epoch": 1}}, r"^trainer\.max_epoch: no such key of the trainer; did you mean 'max_epochs'"),
        ({"streams": {"init": -1}}, r"^streams\.init: expected int >= 0 or null, got -1"),
        ({"metrics": {"by": None}}, r"^metrics\.steps_to: missing"),
        ({"regularizer": {"l3": 1}}, r"^regularizer\.l3: no such regularizer"),
        ({"diagnostics": {"x": {}}}, r"^diagnostics\.x\._target_: expected the dotted name"),
        ({"modle": 1}, r"^modle: no such key of a run; did you mean 'model'"),
        ({"seed": None}, r"^seed: needs a value"),
    ],
)
def test_a_configuration_is_refused(changes: dict[str, Any], message: str, config: Config) -> None:
    with pytest.raises(ConfigError, match=message):
        check_config({**config(), **changes})


def test_a_group_that_is_not_there(config: Config) -> None:
    with pytest.raises(ConfigError, match=r"^job: missing from the configuration"):
        check_config({key: value for key, value in config().items() if key != "job"})


def test_streams_of_an_older_configuration_may_lack_a_name(config: Config) -> None:
    assert check_config({**config(), "streams": {"init": 3}}).streams.init == 3


def test_other_values_leave_the_choice_as_it_was(config: Config) -> None:
    chosen = check_config(config("optimizer=sgd", "optimizer.lr=0.5")).optimizer
    scaled = chosen.having(lr=0.125, lr_scale="inverse_lipschitz")
    assert (scaled.keys["lr"], scaled.common(StepSize).lr_scale) == (0.125, "inverse_lipschitz")
    assert (chosen.keys["lr"], chosen.common(StepSize).lr_scale) == (0.5, "absolute")
    assert scaled.make([nn.Parameter(torch.zeros(1))]).param_groups[0]["lr"] == 0.125


def test_a_class_is_given_the_run_time_values_that_it_names(config: Config) -> None:
    chosen = check_config(config("reg=mixup", "reg.mixup.alpha=1")).regularizer["mixup"]
    with pytest.raises(ConfigError, match=r"^regularizer\.mixup: mixup needs classes as targets"):
        chosen.make(spec=DataSpec("vector", (3,), "number", 1), loss="mae", model="mlp", unknown=1)
    assert check_config(config()).model.takes("dropout")
    assert not check_config(config()).model.takes("depht")


def test_checking_builds_nothing(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Choice, *args: Any, **runtime: Any) -> None:
        raise AssertionError(f"{self.path} is built")

    monkeypatch.setattr(Choice, "make", refuse)
    assert isinstance(check_config(config("dataset=diabetes", "reg=l1", "init.recurrent=identity")), Checked)


def test_an_option_of_a_list_group_without_its_name_is_refused() -> None:
    with pytest.raises(
        ConfigError, match=r"callbacks: expected each option under its own name, .* the line NAME: first"
    ):
        members({"_target_": "mine.Mine"}, "callbacks")
