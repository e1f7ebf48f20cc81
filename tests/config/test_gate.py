"""The gate: which classes it finds, which values it admits, and in which words it refuses."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
import torch

from dlx.config import gate, kinds, node
from dlx.errors import ConfigError, distance, nearest
from dlx.spec import BelowOne, Fraction, NonNegative, Pair, Positive

ADMITTED: list[tuple[Any, list[Any], list[Any]]] = [
    (int, [0, -3], [True, 1.0, "1", None, [1]]),
    (float, [0, 1.5, -2], [True, float("nan"), float("inf"), "1e-3", None]),
    (bool, [True, False], [0, 1, "true", None]),
    (str, ["", "a"], [1, None, ["a"]]),
    (Annotated[int, Positive], [1, 7], [0, -1, 0.5, True]),
    (Annotated[float, NonNegative] | None, [0, 0.0, None], [-1e-9, "null"]),
    (Annotated[float, BelowOne], [0, 0.999], [1, 1.0, -0.1]),
    (Annotated[list[float], Fraction], [[], [0, 1], [0.5]], [[2], 0.5, ["a"], None]),
    (Annotated[list[float], BelowOne, Pair], [[0, 0.9]], [[0.9], [0, 0, 0], [0, 1]]),
    (Literal["a", "b"], ["a"], ["c", 1, None, ["a"]]),
    (Literal[1, 2], [1], [True, 1.0, "1"]),
    (Literal["auto"] | Annotated[float, Positive], ["auto", 2], ["none", 0]),
    (int | list[int], [3, [3, 5]], [[3.0], "3"]),
    (dict[str, Any], [{}, {"a": 1}], [[], None, "a"]),
    (Any, [1, None, "a"], []),
]


@pytest.mark.parametrize(("annotation", "good", "bad"), ADMITTED, ids=[kinds.describe(row[0]) for row in ADMITTED])
def test_admits(annotation: Any, good: list[Any], bad: list[Any]) -> None:
    assert all(kinds.admits(annotation, value) for value in good)
    assert [value for value in bad if kinds.admits(annotation, value)] == []


@pytest.mark.parametrize(
    ("group", "target", "cls"),
    [
        ("optimizer", "torch.optim.SGD", torch.optim.SGD),
        ("activation", "torch.nn.ReLU", torch.nn.ReLU),
        ("scheduler", "torch.optim.lr_scheduler.StepLR", torch.optim.lr_scheduler.StepLR),
    ],
)
def test_finds_classes_of_torch(group: str, target: str, cls: type) -> None:
    assert gate.find(target, group, group) is cls


def test_an_option_of_torchs_own_class_is_named_by_its_file() -> None:
    names = {"torch.optim.lr_scheduler.StepLR": "step", "torch.nn.LeakyReLU": "leaky_relu", "torch.optim.Adam": "adam"}
    assert {target: node.option_of(target) for target in names} == names
    assert node.option_of("dlx.model.mlp.MLP") == "mlp"


@pytest.mark.parametrize(
    ("group", "target"),
    [
        ("model", "torch.nn.Linear"),
        ("optimizer", "torch.nn.ReLU"),
        ("optimizer", "torch.optim.Optimizer"),
        ("optimizer", "torch.optim.sgd.sgd"),
        ("optimizer", "torch.optim.lr_scheduler.StepLR"),
        ("activation", "torch.nn.Module"),
        ("activation", "torch.nn.functional.relu"),
        ("activation", "torch.nn.init"),
        ("model", "dlx.optimizer.gd.GD"),
        ("model", "dlx.model.mlp.nn"),
        ("model", "dlx.model.mlp.DataSpec"),
        ("model", "dlx.model.mlp.pairwise"),
        ("model", "dlx.model"),
        ("model", "dlx.paths.Path"),
        ("model", "dlx.run.run"),
        ("model", "builtins.open"),
        ("model", "os.system"),
        ("model", ""),
        ("model", "."),
        ("model", "dlx.model.mlp.MLP.forward"),
        ("model", "dlx.model..MLP"),
        ("model", None),
        ("model", ["dlx.model.mlp.MLP"]),
    ],
)
def test_finds_nothing_else(group: str, target: object) -> None:
    with pytest.raises(ConfigError, match=rf"^{group}\._target_: "):
        gate.find(target, group, group)


def test_keys_that_do_not_go_together_are_told_with_their_group() -> None:
    chosen = gate.choice({"_target_": "torch.optim.SGD", "lr": 0.1, "nesterov": True}, "optimizer")
    with pytest.raises(ConfigError, match=r"^optimizer: Nesterov momentum requires a momentum"):
        chosen.make([torch.nn.Parameter(torch.zeros(1))])


@pytest.mark.parametrize(
    ("word", "choices", "hint"),
    [
        ("depht", ["depth", "width"], "; did you mean 'depth'?"),
        ("adma", ["adam", "adamax"], "; did you mean 'adam'?"),
        ("he", ["he_normal", "he_uniform", "zeros"], "; did you mean 'he_normal' or 'he_uniform'?"),
        ("zzz", ["a", "b"], "; choose from: a, b"),
        ("z", ["a"], "; choose from: a"),
        ("x", [], ""),
        ("zzz", [f"option_{n:02}" for n in range(30)], "; choose from: option_00, option_01"),
    ],
)
def test_nearest(word: str, choices: list[str], hint: str) -> None:
    assert nearest(word, choices).startswith(hint)


@pytest.mark.parametrize(
    ("a", "b", "letters"),
    [
        ("", "abc", 3),
        ("abc", "", 3),
        ("abc", "abc", 0),
        ("ab", "ba", 1),
        ("kitten", "sitting", 3),
        ("adma", "adamax", 2),
    ],
)
def test_distance(a: str, b: str, letters: int) -> None:
    assert distance(a, b) == distance(b, a) == letters
