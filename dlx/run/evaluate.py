"""The final metrics of a network, on each part, beside the naive baseline."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from dlx.assembly.assembly import Assembly
from dlx.data.augment import Augmenter
from dlx.data.prepared import Split
from dlx.metrics.classes import of_class
from dlx.metrics.strata import strata
from dlx.nn.predict import PIECE, predict
from dlx.results import picture
from dlx.seeds import derive
from dlx.step.step import regularized


def outputs(network: nn.Module, part: Split) -> Tensor:
    """Return the outputs (examples, outputs) in evaluation mode, on the CPU, single precision or better."""
    parameter = next(network.parameters(), torch.zeros(0))
    return at_least_single(predict(network, part.inputs.to(parameter.device, parameter.dtype))).cpu()


def at_least_single(output: Tensor) -> Tensor:
    """Return outputs of half precision as single ones; double ones stay what they are."""
    return output if output.dtype == torch.float64 else output.float()


def averaged(assembly: Assembly, network: nn.Module, part: Split) -> Tensor:
    """Return the outputs (examples, outputs) that are judged: of one pass, or averaged over Monte Carlo dropout."""
    samples = max((r.monte_carlo_samples for r in assembly.recipe.regularizers.values()), default=0)
    if not samples:
        return outputs(network, part)
    parameter = next(network.parameters())
    inputs = part.inputs.to(parameter.device, parameter.dtype)
    network.eval()
    for module in network.modules():
        if isinstance(module, nn.modules.dropout._DropoutNd | nn.RNNBase):
            module.train()
    try:
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            torch.manual_seed(derive(assembly.streams.order, "monte_carlo"))
            passes = [torch.cat([network(x) for x in inputs.split(PIECE)]) for _ in range(samples)]
    finally:
        network.eval()
    return assembly.objective.average(at_least_single(torch.stack(passes)).cpu())


def penalties(assembly: Assembly, network: nn.Module) -> dict[str, float]:
    """Return what the penalties add to the loss at these weights, as `train/penalty`; nothing where there are none."""
    weights = dict(network.named_parameters())
    with torch.no_grad():
        found = [part.penalty(regularized(weights, part)) for part in assembly.step().having("penalty")]
    return {"train/penalty": float(sum(found))} if found else {}


def evaluate_parts(
    assembly: Assembly, network: nn.Module
) -> tuple[dict[str, float], dict[str, float], dict[str, np.ndarray]]:
    """Return the metrics of all parts, those of the baseline, and the test predictions.

    Without `trainer.test` the test part is not touched.
    """
    metrics: dict[str, float] = penalties(assembly, network)
    baseline: dict[str, float] = {}
    predictions: dict[str, np.ndarray] = {}
    for name, part in assembly.data.splits().items():
        if name == "test" and not assembly.trainer.test:
            continue
        output = averaged(assembly, network, part)
        metrics |= {f"{name}/{key}": value for key, value in score(assembly, output, part).items()}
        baseline |= {f"{name}/{key}": value for key, value in naive_score(assembly, name, part).items()}
        if name == "test":
            predictions = in_units(assembly, output, part)
            predictions["index"] = part.index
            metrics |= by_stratum(assembly, output, part)
    if assembly.trainer.test:
        metrics |= under_transforms(assembly, network)
    return derived(metrics, baseline), baseline, predictions


def naive_score(assembly: Assembly, name: str, part: Split) -> dict[str, float]:
    """Return the metrics of the naive baseline on a part: no network has a share in them, so they are taken once."""
    objective = assembly.recipe.objective_choice
    key = json.dumps([name, objective.target, dict(objective.keys)], sort_keys=True)
    kept = assembly.data.naive
    if key not in kept:
        kept[key] = score(assembly, assembly.objective.baseline(assembly.data, part)[1], part)
    return kept[key]


def derived(metrics: dict[str, float], baseline: dict[str, float]) -> dict[str, float]:
    """Return the metrics with those that compare two of them: skill and generalization gap."""
    metrics = dict(metrics)
    for name in ("train", "val", "test"):  # skill: the share of the naive baseline's squared error that is saved
        if baseline.get(f"{name}/mse", 0) > 0:
            metrics[f"{name}/skill"] = 1 - metrics[f"{name}/mse"] / baseline[f"{name}/mse"]
    if "test/loss" in metrics:  # how much worse the network is on examples that it has not seen
        metrics["generalization_gap"] = metrics["test/loss"] - metrics["train/loss"]
    return metrics


def by_stratum(assembly: Assembly, output: Tensor, part: Split) -> dict[str, float]:
    """Return the test metrics of each stratum of `metrics.by`: `test/class_3/accuracy`, `test/output_2/mse`."""
    by, found = assembly.checked.metrics.by, dict[str, float]()
    if by == "output":  # one series: the k-th output is the forecast k steps ahead
        arrays = in_units(assembly, output, part)
        for k in range(arrays["target"].shape[1]):
            prediction, target = (torch.from_numpy(arrays[name][:, k : k + 1]) for name in ("prediction", "target"))
            scores = assembly.objective.metrics(prediction, target)
            found |= {f"test/output_{k + 1}/{key}": value for key, value in scores.items()}
    elif by is not None:
        for stratum, rows in strata(by, part):
            some = replace(part, inputs=part.inputs[rows], targets=part.targets[rows], index=part.index[rows])
            scores = score(assembly, output[rows], some)
            if by == "class":  # a mean over classes has no meaning where all examples are of one
                decided = assembly.objective.decide(assembly.objective.scores(output))
                scores |= of_class(decided, part.targets, int(part.targets[rows[0]]))
            found |= {f"test/{stratum}/{key}": value for key, value in scores.items()}
    return found


def under_transforms(assembly: Assembly, network: nn.Module) -> dict[str, float]:
    """Return the metrics on changed test images: `test/rotation_15/accuracy`; the changes are drawn once for a seed."""
    data, metrics = assembly.data, dict[str, float]()
    for transform in data.transforms:
        assert data.images is not None, "transforms are refused for other data"
        generator = torch.Generator().manual_seed(derive(assembly.streams.data, "test_transforms", transform.name))
        change = Augmenter(transform, data.images, data.spec.input)
        inputs, _ = change.change_batch((data.test.inputs, data.test.targets), generator)
        part = replace(data.test, inputs=inputs)
        scores = score(assembly, outputs(network, part), part)
        metrics |= {f"test/{transform.name}/{key}": value for key, value in scores.items()}
    return metrics


def score(assembly: Assembly, output: Tensor, part: Split) -> dict[str, float]:
    """Return the metrics of outputs: the loss in the model's units, errors in the data's own."""
    targets = part.targets.to(output) if part.targets.is_floating_point() else part.targets
    loss = float(assembly.objective.loss(output, targets))
    values = in_units(assembly, output, part)
    found = assembly.objective.metrics(torch.from_numpy(values["prediction"]), torch.from_numpy(values["target"]))
    return {**found, "loss": loss}


def in_units(assembly: Assembly, output: Tensor, part: Split) -> dict[str, np.ndarray]:
    """Return prediction and target as arrays: scores and classes, or numbers in the data's own units."""
    if assembly.data.spec.target == "class":
        return {"prediction": assembly.objective.scores(output).numpy(), "target": part.targets.numpy()}
    restore = assembly.data.restore
    return {"prediction": restore(output, part).numpy(), "target": restore(part.targets, part).numpy()}


def evaluation_picture(assembly: Assembly, predictions: dict[str, Any]) -> tuple[str, np.ndarray] | None:
    """Return name and picture of the test predictions: confusion, forecast, or predicted against true."""
    if not predictions:
        return None
    prediction, target = predictions["prediction"], predictions["target"]
    if not np.isfinite(prediction).all():
        return None
    if assembly.data.spec.target == "class":
        decided = assembly.objective.decide(torch.from_numpy(prediction)).numpy()
        return "test/confusion", picture.confusion(decided, target, assembly.data.spec.outputs)
    if assembly.data.spec.target == "series":
        return "test/forecast", picture.lines(target[:, 0], prediction[:, 0])
    return "test/predicted_against_true", picture.scatter(target[:, 0], prediction[:, 0])
