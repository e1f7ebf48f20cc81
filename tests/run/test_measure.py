"""When and what is measured."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from torch import nn

from dlx import paths
from dlx.assembly.assemble import assemble
from dlx.config import catalog, schema
from dlx.contracts.diagnostics import Diagnostic
from dlx.errors import ConfigError
from dlx.run.measure import Measuring
from dlx.run.run import run
from tests.test_options import WITH

QUICK = ("trainer.accelerator=cpu", "model.depth=2", "model.width=8", "dataset.limit=64", "trainer.test=false")


def columns(folder: Path) -> dict[str, list[str]]:
    with (folder / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    return {key: [row[key] for row in rows] for key in rows[0]}


@pytest.mark.parametrize("chosen", ["none", "[]"])
def test_nothing_when_off(chosen: str, config: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    composed = config(f"diagnostics={chosen}", "trainer.max_epochs=1", *QUICK)
    assert composed["diagnostics"] == {}
    metrics = run(composed, tmp_path / "run", raises=True)["metrics"]
    assert not [name for name in metrics if name.split("/")[0] not in ("train", "val", "generalization_gap")]


def test_members_of_a_list_stand_under_their_own_keys(config: Callable[..., dict[str, Any]]) -> None:
    composed = config("diagnostics=[gradients,weights]", "diagnostics.weights.every=3")
    assert sorted(composed["diagnostics"]) == ["gradients", "weights"]
    assert composed["diagnostics"]["weights"]["every"] == 3


def test_at_the_start_at_intervals_and_at_the_end(config: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    composed = config("diagnostics=weights", "diagnostics.weights.every=2", "trainer.max_epochs=5", *QUICK)
    summary = run(composed, tmp_path / "run", raises=True)
    rows = columns(tmp_path / "run")["weight/norm"]
    assert [bool(cell) for cell in rows] == [False, True, False, True, False]
    norms = [summary["metrics"]["init/weight/norm"], *[float(cell) for cell in rows if cell]]
    assert len({*norms, summary["metrics"]["weight/norm"]}) == 4  # each of another moment of the training


def test_measuring_changes_nothing(config: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    losses = []
    for number, chosen in enumerate(("none", "full")):
        composed = config(f"diagnostics={chosen}", "regularizer=dropout", "trainer.max_epochs=3", *QUICK)
        losses.append(run(composed, tmp_path / str(number), raises=True)["metrics"]["train/loss"])
    assert losses[0] == losses[1]


@pytest.mark.parametrize("model", sorted(file.stem for file in (paths.shipped("conf") / "model").glob("[a-z]*.yaml")))
def test_any_model_can_be_measured(model: str, config: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    words = WITH.get(f"model={model}", [])
    composed = config(f"model={model}", *words, "diagnostics=full", "trainer.max_epochs=0", "trainer.accelerator=cpu")
    summary = run(composed, tmp_path / "run", raises=True)
    assert summary["status"] == "finished"
    measured = {name: value for name, value in summary["metrics"].items() if name.startswith(("init/", "cost/"))}
    assert "cost/flops/forward" in measured
    assert all(math.isfinite(value) for value in measured.values())


FITTING = {
    "mlp": ({"gradients", "activations", "weights", "sensitivity", "shapes", "cost", "integrated_gradients"}, []),
    "cnn": (
        {
            "gradients",
            "activations",
            "weights",
            "sensitivity",
            "shapes",
            "cost",
            "integrated_gradients",
            "receptive_field",
            "filters",
            "cam",
        },
        ["dataset=shapes", "model.head=global_avg"],
    ),
    "lstm": (
        {
            *("gradients", "activations", "weights", "sensitivity", "shapes", "cost", "integrated_gradients"),
            *("receptive_field", "probe", "stationarity"),
        },
        ["dataset=sunspots"],
    ),
}
PREFIX = {"gradients": "gradient", "activations": "activation", "weights": "weight", "shapes": "shape"} | {
    "filters": "filter"
}


@pytest.mark.parametrize("model", FITTING)
def test_full_is_all_that_fit_and_names_the_rest(
    model: str, config: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    fitting, words = FITTING[model]
    composed = config(f"model={model}", *words, "diagnostics=full", "trainer.max_epochs=0", "trainer.accelerator=cpu")
    summary = run(composed, tmp_path / "run", raises=True)
    begin = {name.split("/")[1] for name in summary["metrics"] if name.startswith("init/")}
    assert begin == {PREFIX.get(name, name) for name in fitting}
    (note,) = (note for note in summary["notes"] if note.startswith("diagnostics=full leaves out"))
    left_out = set(composed["diagnostics"]) - {"full"} - fitting
    assert left_out
    for name in left_out:
        assert name in note
        assert f"diagnostics.{name} is left out: " in (tmp_path / "run" / "dlx.log").read_text()


def test_full_holds_every_diagnostic(config: Callable[..., dict[str, Any]]) -> None:
    """Those that only draw pictures for `dlx explain` are left out; samples of a text are shown as it is learned."""
    measuring = {name for name in catalog.option_files("diagnostics") if name != "none" and measures(name)}
    assert set(config("diagnostics=full")["diagnostics"]) == measuring | {"full", "samples"}


def measures(name: str) -> bool:
    target = yaml.safe_load(catalog.option_files("diagnostics")[name].read_text())[name]["_target_"]
    module, _, cls = target.rpartition(".")
    found = getattr(import_module(module), cls)
    return found.measure is not Diagnostic.measure or found.watched is not Diagnostic.watched


def test_full_refuses_a_wrong_key_all_the_same(config: Callable[..., dict[str, Any]]) -> None:
    with pytest.raises(ConfigError, match=r"diagnostics.cam.threshold: expected float in \[0, 1\], got 7"):
        assemble(config("diagnostics=full", "diagnostics.cam.threshold=7"))
    with pytest.raises(ConfigError, match=r"diagnostics.cam: needs images"):  # chosen by its own name
        assemble(config("diagnostics=cam"))


def hooks(network: nn.Module) -> int:
    on_modules = sum(
        len(m._forward_hooks) + len(m._forward_pre_hooks) + len(m._backward_hooks) for m in network.modules()
    )
    return on_modules + sum(len(p._post_accumulate_grad_hooks or ()) for p in network.parameters())


@pytest.mark.parametrize("model", FITTING)
def test_no_hook_is_left_on_the_network(model: str, config: Callable[..., dict[str, Any]]) -> None:
    words = [f"model={model}", *FITTING[model][1], "trainer.accelerator=cpu"]
    assembly = assemble(config(*words, "diagnostics=full", "diagnostics.gradients.every_step=true"))
    network, measuring = assembly.network(), Measuring(assembly)
    measuring.at_start(network, assembly.data)
    assert hooks(network) == sum(p.dim() > 1 for p in network.parameters())  # those that watch each step
    measuring.at_end(network, assembly.data)
    assert hooks(network) == 0
    assert measuring.seconds > 0


def test_off_the_network_is_not_even_asked(config: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    assembly = assemble(config())
    network, measuring = assembly.network(), Measuring(assembly)
    network.forward = None  # type: ignore[assignment]
    assert measuring.at_start(network, assembly.data) == measuring.at_end(network, assembly.data) == {}
    assert (measuring.over_training(), measuring.seconds, hooks(network)) == ({}, 0.0, 0)
    summary = run(config("trainer.max_epochs=1", *QUICK), tmp_path / "off", raises=True)
    assert sorted(summary["seconds"]) == ["fit", "total"]
    summary = run(config("trainer.max_epochs=1", "diagnostics=weights", *QUICK), tmp_path / "on", raises=True)
    assert 0 < summary["seconds"]["diagnostics"] < summary["seconds"]["total"]


def test_each_says_what_it_costs() -> None:
    for name, file in catalog.option_files("diagnostics").items():
        if name != "none":
            assert "cost" in catalog.meaning(file), name
            target = yaml.safe_load(file.read_text())[name]["_target_"]
            source = schema.read_class(target)
            assert source is not None
            assert any("cost" in text.lower() or "no pass over the data" in text.lower() for text in source.details), (
                name
            )


def test_all_folds_are_measured_and_averaged(config: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    words = [
        "dataset=iris",
        "dataset.folds=3",
        "diagnostics=[gradients,weights]",
        "diagnostics.gradients.every_step=true",
    ]
    words += ["trainer.max_epochs=2", "trainer.accelerator=cpu", "trainer.test_weights=last"]
    pooled = run(config(*words, "dataset.fold=all"), tmp_path / "all", raises=True)
    single = [run(config(*words, f"dataset.fold={k}"), tmp_path / f"{k}", raises=True)["metrics"] for k in range(3)]
    for name in ("init/gradient/ratio", "gradient/max_norm", "weight/norm", "gradient/peak_norm"):
        assert pooled["metrics"][name] == pytest.approx(sum(metrics[name] for metrics in single) / 3), name
    assert pooled["seconds"]["diagnostics"] > 0


def test_a_job_that_keeps_no_network_says_so(config: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    summary = run(config("job=parameter_count", "diagnostics=gradients"), tmp_path / "run", raises=True)
    assert summary["notes"] == ["diagnostics: not used by this job, which keeps no network"]
