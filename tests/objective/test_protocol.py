"""What an objective declares: its targets, its metrics, what it needs; and that evaluation asks for nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import torch
from torch import Generator, Tensor, nn

from dlx.assembly.aim import check_fit, usual
from dlx.assembly.assemble import assemble
from dlx.config import catalog, gate, schema
from dlx.contracts import Batch, Metric, Net, Phase
from dlx.contracts.objective import Objective
from dlx.data.prepared import Data, Split
from dlx.errors import ConfigError
from dlx.objective.classification import Classification
from dlx.run.evaluate import averaged, evaluate_parts, judge
from dlx.run.run import run
from dlx.spec import DataSpec, Input, Target

Config = Callable[..., dict[str, Any]]
QUICK = ("trainer.accelerator=cpu", "trainer.max_epochs=1")


@pytest.mark.parametrize(
    ("target", "option"),
    [("class", "classification"), ("number", "regression"), ("series", "forecasting"), ("tokens", "sequence_labeling")],
)
def test_the_usual_objective_is_the_one_that_says_so(target: Target, option: str) -> None:
    assert usual(target, "vector") == option


def test_no_two_objectives_are_usual_for_the_same_data() -> None:
    """Each kind of target, with each kind of input, has one usual objective at most; some have none."""
    classes = [
        (name, str(catalog.read("objective", name).node["_target_"])) for name in catalog.option_files("objective")
    ]
    for target in get_args(Target):
        for given in get_args(Input):
            found = [
                name
                for name, cls in classes
                if target in (schema.constant(cls, "usual_for") or ())
                and given in (schema.constant(cls, "inputs") or (given,))
            ]
            assert len(found) <= 1, (target, given, found)
    assert (usual("none", "tokens"), usual("none", "image")) == ("language_model", "reconstruction")
    with pytest.raises(ConfigError, match="none is usual for data with those of several tasks as targets"):
        usual("tasks", "vector")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["objective=forecasting"], "forecasting needs the values that follow as targets; .*; try objective=class"),
        (["dataset=diabetes", "objective=classification"], "needs classes as targets; .*try objective=regression"),
        (["dataset=sunspots", "objective=classification"], "needs classes as targets; .*try objective=forecasting"),
    ],
)
def test_data_that_do_not_offer_the_target_are_refused(words: list[str], message: str, config: Config) -> None:
    with pytest.raises(ConfigError, match=f"objective: .*{message}"):
        assemble(config(*words))


def test_a_series_may_be_regressed_on(config: Config) -> None:
    assert assemble(config("dataset=sunspots", "objective=regression")).objective.spec.target == "series"


class Adversarial(Objective):
    needs = ("generator", "discriminator")

    def __init__(self, spec: DataSpec) -> None:
        self.spec = spec


def test_parts_and_forms_that_a_model_lacks_are_named(config: Config) -> None:
    model = gate.choice(config("model=mlp")["model"], "model")
    with pytest.raises(
        ConfigError,
        match="objective=adversarial needs a generator and a discriminator; model=mlp has",
    ):
        check_fit(Adversarial(DataSpec("vector", (2,), "none", 0)), "adversarial", model)
    each = Classification(DataSpec("image", (1, 8, 8), "mask", 3), 0.0, (), **LOSS)
    with pytest.raises(ConfigError, match="needs an output for every place of a map; model=mlp gives one for an ex"):
        check_fit(each, "segmentation", model)


LOSS: dict[str, Any] = {"loss": "cross_entropy", "codes": "one_hot", "threshold": None, "scale": 1.0}
DECLARED = {
    "dataset=iris": ["accuracy", "loss", "precision", "recall", "f1", "auroc", "cross_entropy"],
    "dataset=diabetes": ["skill", "mse", "loss", "rmse", "mae", "nmse", "r2"],
    "model=point": ["loss", "excess", "distance"],
}


@pytest.mark.parametrize("words", DECLARED)
def test_a_run_records_what_its_objective_declares(words: str, config: Config, tmp_path: Path) -> None:
    summary = run(config(words, *QUICK), tmp_path / "run", raises=True)
    info = summary["metric_info"]
    assert list(info) == [*DECLARED[words], "generalization_gap"]
    assert all(
        set(each) == {"better", "headline", "counted", "unit"} and each["better"] in ("min", "max")
        for each in info.values()
    )
    headlines = [each["headline"] for each in info.values()]
    assert headlines == sorted(headlines, reverse=True)
    assert any(headlines)
    higher = {name for name, each in info.items() if each["better"] == "max"}
    assert higher <= {"accuracy", "precision", "recall", "f1", "auroc", "skill", "r2"}
    for name in DECLARED[words]:
        assert f"test/{name}" in summary["metrics"]


def test_diagnostics_declare_theirs_behind_the_objective(config: Config, tmp_path: Path) -> None:
    words = ("dataset=diabetes", "model=mlp", "diagnostics=probe", "diagnostics.probe.states=[hidden.0]")
    info = run(config(*words, *QUICK), tmp_path / "run", raises=True)["metric_info"]
    assert info["accuracy"] == {"better": "max", "headline": False, "counted": True, "unit": ""}
    assert list(info).index("accuracy") > list(info).index("mse")


def test_a_job_declares_its_own(config: Config, tmp_path: Path) -> None:
    info = run(config("job=confusion_matrix", "trainer.accelerator=cpu"), tmp_path / "run", raises=True)["metric_info"]
    assert info["accuracy"]["better"] == info["f1"]["better"] == "max"
    assert run(config("job=parameter_count"), tmp_path / "count", raises=True)["metric_info"] == {}


def test_which_way_a_metric_is_better_is_the_objectives_to_say() -> None:
    objective = Classification(DataSpec("vector", (2,), "class", 3), 0.0, (), **LOSS)
    assert [objective.better(name) for name in ("val/accuracy", "test/class_3/f1", "val/loss", "val/unknown")] == [
        *("max", "max", "min", "min")
    ]


class Samples(Objective):
    """Judges what it draws, not what the network returns: evaluation must not look into its outputs."""

    metric_info = {"spread": Metric("max", headline=True)}  # noqa: RUF012

    def phases(self) -> list[Phase]:
        return [Phase("train", (), self.plain_loss)]

    def outputs(self, net: Net, batch: Batch, generator: Generator) -> dict[str, Tensor]:
        return {"drawn": torch.randn(len(batch.inputs), 2, generator=generator), "seen": net(batch.inputs)}

    def predictions(self, outputs: Any, part: Split, data: Data) -> dict[str, np.ndarray]:
        return {"drawn": outputs["drawn"].numpy()}

    def judged(self, predictions: Any) -> dict[str, float]:
        return {"spread": float(predictions["drawn"].std())}

    def baseline(self, data: Data, part: Split) -> tuple[str, Any]:
        return "nothing", {"drawn": torch.zeros(len(part), 2)}


def test_evaluation_is_one_loop_whatever_is_judged(config: Config) -> None:
    assembly = assemble(config("model=linear", *QUICK))
    network, objective = assembly.network(), Samples()
    data = replace(assembly.data, naive={})  # what is kept of the baseline is kept for the objective that was chosen
    examples, recipe = replace(assembly.examples, data=data), replace(assembly.recipe, objective=objective)
    assembly = replace(assembly, examples=examples, recipe=recipe)
    metrics, baseline, predictions = evaluate_parts(assembly, network)
    assert metrics["test/spread"] == pytest.approx(1, abs=0.1)
    assert baseline["test/spread"] == 0
    assert set(predictions) == {"drawn", "index"}
    assert evaluate_parts(assembly, network)[0] == metrics  # the draws are the run's own
    first: Any = [averaged(assembly, network, name) for name in ("train", "val", "test")]
    assert len({float(each["drawn"][0, 0]) for each in first}) == 3  # no split repeats the draws of another


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_outputs_are_joined_in_the_order_of_the_examples(dtype: torch.dtype, config: Config) -> None:
    assembly = assemble(config("model=linear", "dataset=diabetes", *QUICK))
    network = assembly.network().to(dtype).train()
    part = assembly.data.train
    found: Any = judge(assembly.objective, network, part, seed=0)
    assert found.dtype == (torch.float64 if dtype == torch.float64 else torch.float32)
    with torch.no_grad():
        one_by_one = torch.cat([network(x[None]).to(found.dtype) for x in part.inputs.to(dtype)])
    torch.testing.assert_close(found, one_by_one)
    assert network.training


def test_the_loss_of_diagnostics_is_the_sum_of_the_phases_or_the_reported_one(config: Config) -> None:
    from tests.step.test_step import Gan, Nets

    torch.manual_seed(0)
    nets, batch = Nets(3), Batch(torch.randn(4, 3), None)
    phases = [phase.loss(nets, batch, noise) for noise in [Generator().manual_seed(1)] for phase in Gan().phases()]
    found = Gan().plain_loss(nets, batch, Generator().manual_seed(1))
    torch.testing.assert_close(found, phases[0] + phases[1])
    smoothed = Classification(DataSpec("vector", (2,), "class", 3), 0.5, (), **LOSS)
    labeled = Batch(torch.randn(4, 2), torch.tensor([0, 1, 2, 0]))
    network = nn.Linear(2, 3)
    expected = nn.functional.cross_entropy(network(labeled.inputs), labeled.targets)
    torch.testing.assert_close(smoothed.plain_loss(network, labeled, Generator()), expected)
    trained = smoothed.phases()[0].loss(network, labeled, Generator())
    smooth = nn.functional.cross_entropy(network(labeled.inputs), labeled.targets, label_smoothing=0.5)
    torch.testing.assert_close(trained, smooth)
