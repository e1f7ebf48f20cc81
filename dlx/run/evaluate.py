"""The final metrics of a network on each split, and those of the naive baseline."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from dlx.assembly.assembly import Assembly, Recipe
from dlx.contracts import Tree
from dlx.contracts.objective import Objective
from dlx.data.augment import Augmenter
from dlx.data.prepared import Split
from dlx.data.tree import joined, mapped, rows
from dlx.metrics.strata import strata
from dlx.nn.predict import in_pieces, place_of, predict
from dlx.seeds import Streams, derive
from dlx.step.step import regularized


def judge(objective: Objective, network: nn.Module, part: Split, seed: int) -> Tree:
    """Return the outputs of a network for a split, in evaluation mode, on the CPU and at least in single precision.

    Args:
        objective: computes the outputs.
        network: the network, on its device.
        part: the split, on the CPU.
        seed: seed of samples that the objective draws; see `judging_seed`.
    """
    return mapped(predict(objective, network, part.like(place_of(network)), seed), at_least_single)


def judging_seed(assembly: Assembly, name: str) -> int:
    """Return the seed of all random numbers that are drawn during the evaluation of a split."""
    return derive(assembly.streams.order, "judge", name)


def at_least_single(output: Tensor) -> Tensor:
    """Return a tensor on the CPU; real numbers are in single precision unless they are in double precision."""
    exact = output.dtype == torch.float64 or not output.is_floating_point()
    return (output if exact else output.float()).cpu()


def averaged(assembly: Assembly, network: nn.Module, name: str) -> Tree:
    """Return the outputs for a split: of one forward pass, or averaged over those of Monte Carlo dropout.

    Monte Carlo dropout: Gal and Ghahramani, 2016.
    """
    return outputs_for(assembly.recipe, assembly.streams, network, assembly.data.splits()[name], name)


def outputs_for(recipe: Recipe, streams: Streams, network: nn.Module, part: Split, name: str) -> Tree:
    """Return the outputs of a network for examples that are evaluated as the split of a name, see `averaged`."""
    objective, seed = recipe.objective, derive(streams.order, "judge", name)
    samples = max((r.monte_carlo_samples for r in recipe.regularizers.values()), default=0)
    if not samples:
        return judge(objective, network, part, seed)
    split = part.like(place_of(network))
    network.eval()
    for module in network.modules():
        if isinstance(module, nn.modules.dropout._DropoutNd | nn.RNNBase):
            module.train()
    try:
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            torch.manual_seed(derive(streams.order, "monte_carlo"))
            passes = [in_pieces(objective, network, split, seed) for _ in range(samples)]
    finally:
        network.eval()
    stacked = joined([mapped(each, lambda output: output[None]) for each in passes])
    return mapped(stacked, lambda output: objective.average(at_least_single(output)))


def penalties(assembly: Assembly, network: nn.Module) -> dict[str, float]:
    """Return the sum of the penalties at these weights as `train/penalty`; an empty dict without penalties."""
    weights = dict(network.named_parameters())
    with torch.no_grad():
        found = [part.penalty(regularized(weights, part)) for part in assembly.step().having("penalty")]
    return {"train/penalty": float(sum(found))} if found else {}


def evaluate_parts(
    assembly: Assembly, network: nn.Module
) -> tuple[dict[str, float], dict[str, float], dict[str, np.ndarray]]:
    """Return the metrics on all splits, those of the naive baseline, and the test predictions.

    With `trainer.test=false` the test split is not used.
    """
    metrics: dict[str, float] = penalties(assembly, network)
    baseline: dict[str, float] = {}
    predictions: dict[str, np.ndarray] = {}
    for name, part in assembly.data.splits().items():
        if name == "test" and not assembly.trainer.test:
            continue
        output = averaged(assembly, network, name)
        metrics |= {f"{name}/{key}": value for key, value in score(assembly, output, part).items()}
        baseline |= {f"{name}/{key}": value for key, value in naive_score(assembly, name, part).items()}
        if name == "test":
            predictions = {**assembly.objective.predictions(output, part, assembly.data), "index": part.index}
            metrics |= by_stratum(assembly, output, part)
            baseline |= naive_strata(assembly, part)
    if assembly.trainer.test:
        for name, part in transformed(assembly):
            output = judge(assembly.objective, network, part, judging_seed(assembly, name))
            metrics |= {f"test/{name}/{key}": value for key, value in score(assembly, output, part).items()}
            naive = naive_score(assembly, f"test/{name}", part)
            baseline |= {f"test/{name}/{key}": value for key, value in naive.items()}
    return derived(metrics, baseline), derived(baseline, baseline), predictions


def naive_score(assembly: Assembly, name: str, part: Split) -> dict[str, float]:
    """Return the metrics of the naive baseline on a split; they do not depend on the network and are cached."""

    def found() -> dict[str, float]:
        return score(assembly, assembly.objective.baseline(assembly.data, part)[1], part)

    return cached(assembly, name, found)


def naive_strata(assembly: Assembly, part: Split) -> dict[str, float]:
    """Return the metrics of the naive baseline for each stratum of the test split; they are cached like the others."""

    def found() -> dict[str, float]:
        return by_stratum(assembly, assembly.objective.baseline(assembly.data, part)[1], part)

    return cached(assembly, f"by {assembly.checked.metrics.by}", found)


def cached(assembly: Assembly, name: str, found: Callable[[], dict[str, float]]) -> dict[str, float]:
    """Return what is kept of the naive baseline under a name for the data and the objective; compute it once."""
    objective = assembly.recipe.objective_choice
    key = json.dumps([name, objective.target, dict(objective.keys)], sort_keys=True)
    kept = assembly.data.naive
    if key not in kept:
        kept[key] = found()
    return kept[key]


def derived(metrics: dict[str, float], baseline: dict[str, float]) -> dict[str, float]:
    """Return the metrics, extended by the skill and the generalization gap."""
    metrics = dict(metrics)
    for name in ("train", "val", "test"):  # skill: 1 - MSE / MSE of the naive baseline
        if baseline.get(f"{name}/mse", 0) > 0:
            metrics[f"{name}/skill"] = 1 - metrics[f"{name}/mse"] / baseline[f"{name}/mse"]
    if "test/loss" in metrics:  # absent with trainer.test=false
        metrics["generalization_gap"] = metrics["test/loss"] - metrics["train/loss"]
    return metrics


def by_stratum(assembly: Assembly, output: Tree, part: Split) -> dict[str, float]:
    """Return the test metrics of each stratum of `metrics.by`: `test/class_3/accuracy`, `test/output_2/mse`."""
    by, objective, found = assembly.checked.metrics.by, assembly.objective, dict[str, float]()
    if by == "output":  # for a single series, the k-th output is the forecast k steps ahead
        arrays = objective.predictions(output, part, assembly.data)
        for k in range(arrays["target"].shape[1]):
            scores = objective.judged({name: values[:, k : k + 1] for name, values in arrays.items()})
            found |= {f"test/output_{k + 1}/{key}": value for key, value in scores.items()}
    elif by is not None:
        for stratum, chosen in strata(by, part):
            scores = score(assembly, rows(output, chosen), part.rows(chosen))
            scores |= objective.stratum(by, output, part, chosen)
            found |= {f"test/{stratum}/{key}": value for key, value in scores.items()}
    return found


def transformed(assembly: Assembly) -> Iterator[tuple[str, Split]]:
    """Yield name and test split of each transform of the test images (`dataset.test_transforms`).

    Random transforms are drawn from the seed stream `data`.
    """
    data = assembly.data
    for transform in data.transforms:
        assert data.images is not None, "transforms are refused for other data"
        generator = torch.Generator().manual_seed(derive(assembly.streams.data, "test_transforms", transform.name))
        change = Augmenter(transform, data.images, data.spec.input, data.spec.target)
        batch = change.change_batch(data.test.batch(), generator)
        yield transform.name, replace(data.test, inputs=batch.inputs, targets=batch.targets)


def score(assembly: Assembly, output: Tree, part: Split) -> dict[str, float]:
    """Return the metrics of the outputs for a split."""
    return assembly.objective.metrics(output, part, assembly.data)


def pictures(assembly: Assembly, predictions: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the figures of the test predictions by name; an empty dict if a prediction is not finite."""
    arrays = [values for values in predictions.values() if np.issubdtype(values.dtype, np.floating)]
    if not predictions or not all(np.isfinite(values).all() for values in arrays):
        return {}
    return assembly.objective.figures(predictions, assembly.data)
