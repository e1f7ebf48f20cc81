"""Predictions of a trained run for new examples, which need neither its data nor their targets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from dlx.assembly.aim import aimed, objective_of
from dlx.assembly.assemble import fitted as adapted
from dlx.assembly.assemble import make_builder, make_recipe
from dlx.assembly.assembly import Examples, Recipe
from dlx.assembly.threads import threads
from dlx.config.checked import Checked, check_config
from dlx.config.revision import revision_of
from dlx.config.shared_keys import Preparation
from dlx.data.adapt import adapt
from dlx.data.new import NewData, Source, blank_data, new_data
from dlx.data.prepared import Data
from dlx.data.preprocessing import Preprocessing
from dlx.errors import ConfigError, nearest
from dlx.run import restore
from dlx.run.evaluate import outputs_for
from dlx.seeds import Streams
from dlx.stored.data import read_preprocessing
from dlx.stored.form import MisfitError


@dataclass(frozen=True)
class Trained:
    """A trained network with everything that it needs to predict.

    Attributes:
        folder: the folder of its run.
        checked: the configuration of the run.
        streams: the seeds of the run.
        fitted: what the training split decided about inputs and targets.
        recipe: the objective and the regularizers.
        network: the network, in evaluation mode.
        blank: two examples in the form that the network takes.
        summary: the summary of the run.
    """

    folder: Path
    checked: Checked
    streams: Streams
    fitted: Preprocessing
    recipe: Recipe
    network: nn.Module
    blank: Data
    summary: Mapping[str, Any]


@dataclass(frozen=True)
class Predictions:
    """Predictions for new examples.

    Attributes:
        ids: a value for each row, by the name of the column.
        columns: predictions (rows,) or (rows, ...) by name, in the original units of the data.
        scores: the arrays that predictions.npz has, apart from the targets, for the same examples.
        refused: a message for each example that could not be predicted.
        notes: what else a user should know.
    """

    ids: Mapping[str, Sequence[Any]]
    columns: Mapping[str, np.ndarray]
    scores: Mapping[str, np.ndarray]
    refused: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def load_trained(folder: Path, say: Callable[[str], None] = print, form: Mapping[str, Any] | None = None) -> Trained:
    """Return the trained network of the run in a folder; its data are not read.

    Args:
        folder: the folder of the run, which may be a stranger's: nothing in it is executed.
        say: called with each note about the checkpoint.
        form: keys of the dataset that say how a file of new examples is written.

    Raises:
        ConfigError: There is no trained network in the folder, or one of its files is broken.
    """
    restore.refuse_sweep(folder)
    config, summary = restore.recorded(folder)
    restore.refuse_untrained(folder, summary)
    try:
        checked = check_config(with_form(config, form or {}))
    except ConfigError as error:
        raise ConfigError(f"{folder / 'identity.json'}: {error}" if not form else str(error)) from None
    except (KeyError, TypeError, AttributeError) as error:  # a group is missing or is not a mapping
        raise ConfigError(f"{folder / 'identity.json'}: is no configuration of a run ({error!r})") from None
    if checked.dataset.common(Preparation).fold == "all":
        raise ConfigError(f"{folder}: dataset.fold=all keeps no network of a fold; expected a run of one fold")
    fitted = preprocessing_of(folder, config, summary)
    restore.refuse_earlier(folder, config, revision_of(config, len(fitted.spec.classes)))
    streams = Streams.of(checked.seed, vars(checked.streams))
    try:
        data, recipe = recipe_for(checked, blank_data(fitted))
        empty = make_builder(checked, recipe).empty(streams.init)
    except (RuntimeError, ValueError) as error:
        if isinstance(error, ConfigError):
            raise
        raise ConfigError(f"{folder / 'data.json'}: does not fit the network of the run ({error})") from None
    network = restore.with_weights(folder, checked.trainer.test_weights, empty, None, say).eval()
    for parameter in network.parameters():
        parameter.requires_grad_(False)
    return Trained(folder, checked, streams, fitted, recipe, network, data, summary)


def recipe_for(checked: Checked, blank: Data) -> tuple[Data, Recipe]:
    """Return two examples in the form that the model accepts, and the objective and regularizers of a run."""
    data, adapter = adapted(checked.model, blank)
    chosen = objective_of(checked, blank.spec)
    data = aimed(chosen, data)
    examples = Examples(data, data.train, len(data.train), False, (), adapter, aimed(chosen, blank).spec, None)
    return data, make_recipe(checked, chosen, examples)


def with_form(config: Mapping[str, Any], form: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a configuration with other keys of its dataset that say how a file is written.

    Raises:
        ConfigError: A key says something else, which was decided in the training.
    """
    if not form:
        return config
    from dlx.config.node import option_of, target_of
    from dlx.config.schema import constant

    dataset = config["dataset"]
    allowed = constant(target_of(dataset), "keys_of_form") or ()
    for key in form:
        if key not in allowed:
            option = option_of(target_of(dataset))
            known = nearest(f"dataset.{key}", [f"dataset.{name}" for name in allowed])
            raise ConfigError(
                f"dataset.{key}: was decided in the training; of dataset={option}, keys that say how a file is written "
                f"may differ{known}"
                if allowed
                else f"dataset.{key}: dataset={option} has no keys for new files"
            )
    return {**config, "dataset": {**dataset, **form}}


def preprocessing_of(folder: Path, config: Mapping[str, Any], summary: Mapping[str, Any]) -> Preprocessing:
    """Return what the training split of a run decided, as it kept it; that of an earlier version is found again.

    Raises:
        ConfigError: The record is broken, or the run has none and its data are no longer the same.
    """
    kept = read_preprocessing(folder)
    if kept is not None:
        try:
            return Preprocessing.restored(kept)
        except MisfitError as error:
            raise ConfigError(f"{folder / 'data.json'}: is broken ({error})") from None
    assembly = restore.reassemble(folder, config)
    if assembly.data.hash != summary["data_hash"] or assembly.data.preprocessing is None:
        raise ConfigError(
            f"{folder}: an earlier version of dlx trained it, which did not keep how inputs are scaled, and its data "
            "have changed since; restore them, or train it again"
        )
    return replace(assembly.data.preprocessing, spec=assembly.examples.offered)


def predict_new(trained: Trained, source: Source, every: bool = False) -> Predictions:
    """Return the predictions of a trained network for new examples.

    Args:
        trained: the network.
        source: a file, a folder, a pandas frame, or an array of inputs.
        every: of a series, the forecasts from all windows, instead of that of the values that follow the last one.

    Raises:
        ConfigError: The network predicts nothing of new examples, or none of them can be predicted.
    """
    refuse_no_answer(trained)
    try:
        found = new_data(source, trained.checked.dataset, trained.fitted, trained.streams, every)
    except MisfitError as error:
        raise ConfigError(f"{trained.folder / 'data.json'}: is broken ({error})") from None
    data, _ = adapt(found.data, trained.checked.model.cls.accepts, trained.checked.model.option)  # type: ignore[attr-defined]
    objective, part = trained.recipe.objective, data.test
    with threads(trained.checked.trainer.threads):
        outputs = outputs_for(trained.recipe, trained.streams, trained.network, part, "test")
        columns = objective.predicted(outputs, part, data)
        scores = {name: x for name, x in objective.predictions(outputs, part, data).items() if name != "target"}
    if data.differences is None:
        return Predictions(found.ids, columns, scores, found.refused, found.notes)
    return forecasts(trained.fitted, found, columns["prediction"], scores, every)


def refuse_no_answer(trained: Trained) -> None:
    """Refuse a run whose objective predicts nothing of single new examples.

    Raises:
        ConfigError: Names the objective.
    """
    if not type(trained.recipe.objective).predicts_new():
        raise ConfigError(
            f"{trained.folder}: objective={trained.recipe.objective_choice.option} predicts nothing of new examples; "
            "expected a run that predicts classes, labels, masks or numbers"
        )


def forecasts(
    fitted: Preprocessing, found: NewData, values: np.ndarray, scores: Mapping[str, np.ndarray], every: bool
) -> Predictions:
    """Return forecasts of series: a row for each step ahead, or with `every` one for each window.

    Args:
        fitted: what the training decided.
        found: the windows.
        values: forecasts (windows, horizon * series), or (windows,).
        scores: the arrays for predictions.npz.
        every: see `predict_new`.
    """
    horizon, names = fitted.horizon, fitted.targets or tuple(f"series_{n + 1}" for n in range(fitted.series))
    values = values.reshape(len(values), horizon, fitted.series)
    if every:
        columns = {
            f"{name}+{step + 1}": values[:, step, place] for step in range(horizon) for place, name in enumerate(names)
        }
        return Predictions(found.ids, columns, scores, found.refused, found.notes)
    ids: dict[str, Sequence[Any]] = {"step": list(range(1, horizon + 1))}
    if found.steps:
        ids["time"] = found.steps
    columns = {name: values[0, :, place] for place, name in enumerate(names)}
    return Predictions(ids, columns, scores, found.refused, found.notes)
