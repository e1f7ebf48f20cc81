"""Groups of parts: how they are typed, composed, refused and recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dlx.config.aliases import full_name
from dlx.config.identity import identity
from dlx.config.parts import expanded, label

Config = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("discriminator.optimizer=sgd", "++discriminator.optimizer.option=sgd"),
        ("discriminator.optim=sgd,adam", "++discriminator.optimizer.option=sgd,adam"),
        ("trunk.optimizer.lr=1e-4", "++trunk.optimizer.lr=1e-4"),
        ("trunk.optim.lr=1e-4", "++trunk.optimizer.lr=1e-4"),
        ("++trunk.optimizer.lr=1e-4", "++trunk.optimizer.lr=1e-4"),
        ("model.discriminator=cnn", "model@model.discriminator=cnn"),
        ("model.layers=mlp", "model.layers=mlp"),
        ("optimizer.lr=1", "optimizer.lr=1"),
        ("model.depth=3", "model.depth=3"),
    ],
)
def test_overrides_of_parts_are_written_for_hydra(typed: str, written: str) -> None:
    assert full_name(typed) == written
    assert full_name(written) == written
    if written.startswith("++"):
        assert label(written.split("=")[0]) == typed.split("=")[0].replace("optim.", "optimizer.").replace(
            "optim", "optimizer"
        ).replace("optimizerizer", "optimizer").removeprefix("++")


def test_a_part_without_an_option_has_the_runs_with_other_keys(config: Config) -> None:
    found = config("trunk.optimizer.lr=1e-4")
    assert found["trunk"]["optimizer"] == {**found["optimizer"], "lr": 1e-4}
    other = config("trunk.optimizer=sgd", "trunk.optimizer.lr=1e-4")
    assert other["trunk"]["optimizer"] == {**config("optimizer=sgd")["optimizer"], "lr": 1e-4}


def test_a_part_like_the_run_leaves_no_trace(config: Config) -> None:
    plain = config("optimizer.lr=1e-2")
    assert expanded({**plain, "trunk": {"optimizer": {"lr": 1e-2}}}) == plain
    assert expanded({**plain, "trunk": {"optimizer": {"option": "adam", "lr": 1e-2}}}) == plain
    other = expanded({**plain, "trunk": {"optimizer": {"lr": 1e-3}}})
    assert identity(other) != identity(plain)
    assert expanded(other) == other
    assert expanded({**plain, "trunk": {"scheduler": "cosine"}})["trunk"]["scheduler"]["T_max"] == 100
