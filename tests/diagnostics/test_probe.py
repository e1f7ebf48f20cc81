"""Probes of states whose content is known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from dlx.assembly.assemble import assemble
from dlx.diagnostics.probe import fit_and_score
from dlx.errors import ConfigError
from dlx.run.run import run

UNTRAINED = ("trainer.max_epochs=0", "trainer.accelerator=cpu", "trainer.test=false")


def test_reads_what_is_there_and_not_what_is_not() -> None:
    random = np.random.default_rng(0)
    x, new_x, weights = random.normal(size=(400, 5)), random.normal(size=(200, 5)), random.normal(size=5)
    assert fit_and_score(x, x @ weights, new_x, new_x @ weights) == ("r2", pytest.approx(1, abs=1e-3))
    kind, score = fit_and_score(x, x @ weights > 0, new_x, new_x @ weights > 0)
    assert kind == "accuracy"
    assert score > 0.97
    assert fit_and_score(x, random.random(400) > 0.5, new_x, random.random(200) > 0.5)[1] < 0.6
    assert fit_and_score(x, np.zeros(400, int), new_x, np.zeros(200, int)) == ("accuracy", 1.0)


def test_ridge_is_scikit_learns_on_standardized_states() -> None:
    random = np.random.default_rng(1)
    x, y, new_x, new_y = (random.normal(size=shape) for shape in ((50, 4), 50, (30, 4), 30))
    scaler = StandardScaler().fit(x)
    expected = Ridge(alpha=1.0).fit(scaler.transform(x), y).score(scaler.transform(new_x), new_y)
    assert fit_and_score(x, y, new_x, new_y) == ("r2", pytest.approx(expected))


def test_h_and_c_hold_the_newest_bit(config: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    """Even an untrained LSTM's state tells the last step's sign; that of long ago is lost under the noise."""
    composed = config(
        "model=lstm",
        "dataset=latch",
        "dataset.length=30",
        "diagnostics=probe",
        "diagnostics.probe.states=[h,c]",
        "diagnostics.probe.target=sign",
        "diagnostics.probe.lags=[0,25]",
        *UNTRAINED,
    )
    metrics = run(composed, tmp_path / "run", raises=True)["metrics"]
    for state in "hc":
        assert metrics[f"probe/{state}/lag_0/accuracy"] > 0.9 > 0.7 > metrics[f"probe/{state}/lag_25/accuracy"]


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["model=gru", "dataset=latch", "dataset.length=6", "diagnostics.probe.states=[h]"], "probe/h/label/accuracy"),
        (["model=mlp", "diagnostics.probe.states=[hidden.0]"], "probe/hidden.0/label/accuracy"),
        (
            ["model=lstm", "model.gates.forget=false", "dataset=adding", "diagnostics.probe.states=[c]"],
            "probe/c/label/r2",
        ),
        (
            ["model=lstm", "diagnostics.probe.target=input", "diagnostics.probe.lags=[0]"],
            "probe/h/lag_0/r2",
        ),
    ],
)
def test_states_of_all_kinds(
    words: list[str], name: str, config: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    metrics = run(config("diagnostics=probe", *words, *UNTRAINED), tmp_path / "run", raises=True)["metrics"]
    assert np.isfinite(metrics[name])
    assert metrics[name] == metrics[f"init/{name}"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["model=mlp"], r"diagnostics\.probe\.states: the model has no 'h'; expected one of: hidden"),
        (["model=constant"], "this network has no layer to read"),
        (["model=gru", "dataset=latch", "diagnostics.probe.states=[c]"], "no 'c'"),
        (["model=mlp", "diagnostics.probe.target=input"], "target=input needs sequences"),
        (["model=lstm", "diagnostics.probe.target=sign", "diagnostics.probe.lags=[99]"], "expected a step"),
    ],
)
def test_mistakes(words: list[str], message: str, config: Callable[..., dict[str, Any]]) -> None:
    with pytest.raises(ConfigError, match=message):
        assemble(config("diagnostics=probe", *words))
