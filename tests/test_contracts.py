"""Every class of every group against the contract of its group, and classes that break it."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import pytest
import torch

from dlx import paths
from dlx.cli.main import main
from dlx.config import catalog
from dlx.config.contract import contract_of, declared, fulfilled, misspelt, unknown_values
from dlx.contracts.activation import Activation, pieces_of
from dlx.contracts.augmentation import Augmentation
from dlx.contracts.dataset import Dataset
from dlx.contracts.hooks import HOOKS, Hooks
from dlx.contracts.model import Model
from dlx.contracts.optimizer import Optimizer, Stepping
from dlx.contracts.regularizer import Regularizer
from dlx.contracts.scheduler import Scheduler, Scheduling
from dlx.errors import ConfigError

KEYS_ONLY = ("experiment", "trainer", "streams", "metrics")  # groups without classes
GROUPS = [group for group in catalog.groups() if group not in KEYS_ONLY]


def classes(group: str) -> dict[str, Any]:
    """Return every class that a shipped option of a group names, those of torch too."""
    options = [catalog.read(group, name) for name in catalog.option_files(group)]
    targets = {node["_target_"] for option in options for _, node in catalog.parts(option)} - {"auto"}
    return {target: resolve_name(target) for target in sorted(targets)}


OWN = {target: cls for group in GROUPS for target, cls in classes(group).items() if target.startswith("dlx.")}


@pytest.mark.parametrize("target", OWN)
def test_a_class_has_its_groups_contract_and_misspells_nothing(target: str) -> None:
    contract = contract_of(target.split(".")[1])
    assert issubclass(OWN[target], contract), f"class {OWN[target].__name__}({contract.__name__}):"
    assert not list(misspelt(OWN[target], contract))
    assert not list(unknown_values(OWN[target], contract))


@pytest.mark.parametrize("group", GROUPS)
def test_every_attribute_of_a_contract_has_a_sentence(group: str) -> None:
    contract = contract_of(group)
    docs = "\n".join(base.__doc__ or "" for base in contract.__mro__)
    for name in declared(contract):
        found = getattr(contract, name)
        assert found.__doc__ if callable(found) else f"        {name}: " in docs, name


def test_few_attributes_are_asked_for_by_name() -> None:
    """Each has a reason: the name stands in a configuration, is a declared hook, or is kept by argparse."""
    calls = [
        f"{file.relative_to(paths.PACKAGE)}:{node.lineno}"
        for file in sorted(paths.PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("getattr", "hasattr")
    ]
    assert len(calls) <= 15, f"{calls}: declare the attribute in dlx/contracts/ and ask for it plainly"


WRONG: list[tuple[type, dict[str, Any], str, str]] = [
    (Augmentation, {"needs_blck": False}, "needs_blck", "needs_black"),
    (Augmentation, {"change_image": lambda self, images, generator: images}, "change_image", "change_images"),
    (Regularizer, {"penalti": lambda self, weights: 0}, "penalti", "penalty"),
    (Regularizer, {"monte_carlo_sample": 3}, "monte_carlo_sample", "monte_carlo_samples"),
    (Optimizer, {"full_bacth": True}, "full_bacth", "full_batch"),
    (Scheduler, {"wants_metrics": True}, "wants_metrics", "wants_metric"),
    (Activation, {"peices": 2}, "peices", "pieces"),
]


@pytest.mark.parametrize(("contract", "body", "typed", "meant"), WRONG, ids=[row[2] for row in WRONG])
def test_a_misspelt_attribute_is_named(contract: Any, body: dict[str, Any], typed: str, meant: str) -> None:
    assert (typed, meant) in list(misspelt(type("Mine", (), {"__module__": "mine", **body}), contract))


def test_a_misspelt_attribute_that_a_method_sets_is_named() -> None:
    class Mine:
        def __init__(self) -> None:
            self.withot = ("penalty",)
            self._actve = True
            self.strength = 1.0

    assert list(misspelt(Mine, Regularizer)) == [("withot", "without")]

    class Net(torch.nn.Module):
        def __init__(self) -> None:
            self.target = "class"
            self.after_initialisation = 1

    assert list(misspelt(Net, Model)) == [("after_initialisation", "after_initialization")]


def refusal(group: str, **body: Any) -> str:
    """Return in which words an own class is refused."""
    with pytest.raises(ConfigError) as caught:
        fulfilled(type("Mine", (), {"__module__": "mine", **body}), group, group)
    return str(caught.value)


def test_a_constructor_asks_only_for_what_the_program_gives() -> None:
    def init(self: Any, spec: Any, activation: Any, p_drop: float = 0.0, *, width: int) -> None: ...

    assert "Mine asks for p_drop: no such run-time value" in refusal("model", __init__=init)
    assert "did you mean 'dropout'?" not in refusal("regularizer", __init__=init)

    def right(
        self: Any, anything: Any, activation: Any, dropout: float, *more: Any, width: int, **rest: Any
    ) -> None: ...

    fulfilled(type("Mine", (), {"__module__": "mine", "__init__": right}), "model", "model")


def test_a_missing_method_is_named() -> None:
    assert "Mine needs load, see dlx/contracts/dataset.py" in refusal("dataset")
    assert "Mine needs fill" in refusal("initializer", fil=lambda self: None)


def test_an_own_class_has_the_defaults_and_stays_what_it_is() -> None:
    class Mine(torch.nn.Module):
        """Of my own."""

        pieces = 3

    found = fulfilled(Mine, "activation", "activation")
    assert (found.__name__, found.__qualname__, found.__module__, found.__doc__) == (
        Mine.__name__,
        Mine.__qualname__,
        Mine.__module__,
        Mine.__doc__,
    )
    assert isinstance(found(), Mine)
    assert pieces_of(found()) == 3
    assert pieces_of(torch.nn.ReLU()) == 1
    assert fulfilled(found, "activation", "activation") is found
    assert fulfilled(torch.nn.ReLU, "activation", "activation") is torch.nn.ReLU


def test_hooks_are_those_that_a_class_overrides() -> None:
    class Mine(Hooks):
        def penalty(self, weights: Any) -> Any:
            return 0

        def change_batch(self, batch: Any, generator: Any) -> Any:
            return batch

    mine = Mine()
    assert [hook for hook in HOOKS if mine.acts_in(hook)] == ["change_batch", "penalty"]
    mine.without = ("penalty",)
    assert [hook for hook in HOOKS if mine.acts_in(hook)] == ["change_batch"]
    assert not any(Hooks().acts_in(hook) for hook in HOOKS)


OPTIMIZERS = classes("optimizer") | {
    f"torch.optim.{name}": cls
    for name, cls in vars(torch.optim).items()
    if isinstance(cls, type) and issubclass(cls, torch.optim.Optimizer) and cls is not torch.optim.Optimizer
}
FUSED = {"Adam", "AdamW", "SGD", "Adagrad", "GD", "Momentum", "Nesterov"}


@pytest.mark.parametrize("target", OPTIMIZERS)
def test_an_optimizer_is_fused_where_its_constructor_takes_it(target: str) -> None:
    cls = OPTIMIZERS[target]
    assert Stepping.of(cls).fused == ("fused" in inspect.signature(cls).parameters) == (cls.__name__ in FUSED)


def test_how_an_optimizer_steps() -> None:
    found = {target: Stepping.of(cls) for target, cls in OPTIMIZERS.items()}
    assert {t.split(".")[-1] for t, how in found.items() if how.steps_by != "gradient"} == {"LBFGS", "ClosedForm"}
    assert {t.split(".")[-1] for t, how in found.items() if how.full_batch} == {"LBFGS", "ClosedForm", "GD"}

    class Mine(torch.optim.LBFGS):
        pass

    assert Stepping.of(fulfilled(Mine, "optimizer", "optimizer")) == Stepping("closure", False, True)


def test_when_a_scheduler_steps() -> None:
    plateau = torch.optim.lr_scheduler.ReduceLROnPlateau
    assert Scheduling.of(plateau) == Scheduling.of(fulfilled(type("Mine", (plateau,), {}), "scheduler", "scheduler"))
    assert Scheduling.of(plateau) == Scheduling("epoch", True)
    found = {target.split(".")[-1]: Scheduling.of(cls) for target, cls in classes("scheduler").items()}
    assert {name for name, when in found.items() if when.wants_metric} == {"ReduceOnPlateau"}
    assert {name for name, when in found.items() if when.interval == "step"} == {"OneCycle", "WarmupCosine"}


CODE = '''
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, spec, activation, p_drop=0.0):
        super().__init__()


class Blur:
    needs_blck = False

    def change_batch(self, batch, generator):
        return batch


class Square:
    """Without a base: the gate gives it the contract's defaults."""

    active = True

    def penalty(self, weights):
        return 1e-3 * sum(w.square().sum() for w in weights.values())


class Numbers:
    def laod(self, seed):
        return None
'''


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], None]]:
    """Lay ./mine.py where the test stands; the function makes an option of one of its classes."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "mine.py").write_text(CODE)

    def option(group: str, text: str) -> None:
        (tmp_path / "conf" / group).mkdir(parents=True)
        (tmp_path / "conf" / group / "own.yaml").write_text(f"# of my own\n{text}\n")

    yield option
    sys.modules.pop("mine", None)


@pytest.mark.parametrize(
    ("group", "cls", "expected"),
    [
        (
            "model",
            "Net",
            "Net asks for p_drop: no such run-time value; did you mean 'dropout'?",
        ),
        (
            "augmentation",
            "Blur",
            "Blur.needs_blck is never asked for; did you mean 'needs_black'?",
        ),
        ("dataset", "Numbers", "Numbers needs load, see dlx/contracts/dataset.py"),
    ],
)
def test_an_admitted_class_is_held_against_its_contract(
    group: str, cls: str, expected: str, mine: Callable[[str, str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    member = group == "augmentation"  # of a list group: below its own name
    mine(group, f"own:\n  _target_: mine.{cls}" if member else f"_target_: mine.{cls}")
    assert main(["train", f"{group}=own", "--admit", "mine"]) == 2
    assert f"{group}{'.own' * member}: mine.{expected}" in capsys.readouterr().err


def test_an_admitted_regularizer_without_a_base_trains(
    mine: Callable[[str, str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    mine("regularizer", "own:\n  _target_: mine.Square")
    quick = ["trainer.max_epochs=1", "trainer.accelerator=cpu", "dataset.limit=64"]
    assert main(["train", "regularizer=own", "--admit", "mine", *quick]) == 0
    assert "train/penalty" in next(Path("outputs").rglob("metrics.csv")).read_text()


def test_dropout_and_label_smoothing_are_declared() -> None:
    declaring = {cls.__name__: cls for target, cls in classes("regularizer").items()}
    assert declaring["Dropout"](p=0.3).dropout == 0.3
    assert {"dropout", "label_smoothing"} <= declared(Regularizer)
    assert "dropout" in Model.given
    assert Dataset.given == ()
