"""Builds everything that a run needs, except the network itself, and reports every configuration error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import prod
from typing import Any

import torch

from dlx.assembly.aim import aimed, check_fit, check_label_noise, objective_of
from dlx.assembly.assembly import Assembly, Examples, Recipe
from dlx.assembly.checks import check_assembly, check_devices, check_recipe, fitting_network
from dlx.assembly.closed_form import absolute_lr
from dlx.assembly.diagnostics import FULL, fit_measures, make_measures
from dlx.assembly.likelihood import likelihood_factor
from dlx.assembly.memory import within_memory
from dlx.assembly.parts import check_parts
from dlx.assembly.source import source_reader
from dlx.assembly.threads import at_most, threads
from dlx.config.checked import Checked, check_config
from dlx.config.choice import Choice
from dlx.contracts.model import Model
from dlx.contracts.objective import Objective
from dlx.data.adapt import adapt, check_targets
from dlx.data.augment import Augmenter, augmenters, enlarged
from dlx.data.batches import first_batches
from dlx.data.load import load
from dlx.data.prepared import Data, Split
from dlx.errors import ConfigError
from dlx.nn.builder import NetworkBuilder
from dlx.seeds import Streams, derive

# The dtype of the weights by precision; with mixed precision they stay float32.
NUMBERS = {"64-true": torch.float64, "bf16-true": torch.bfloat16}


def assemble(config: Mapping[str, Any] | Checked) -> Assembly:
    """Check a configuration, first each key and then their combination, and build its parts.

    Args:
        config: plain containers with all interpolations resolved, or a configuration whose keys have been checked.

    Raises:
        ConfigError: The configuration is invalid. The message names the key, what was expected and the nearest valid
            choice.
    """
    checked = config if isinstance(config, Checked) else check_config(config)
    check_devices(checked.trainer)
    with threads(at_most(checked.trainer.threads)):
        return put_together(checked)


def put_together(checked: Checked) -> Assembly:
    """Build the parts of a configuration and refuse combinations of parts that do not fit each other."""
    streams = Streams.of(checked.seed, vars(checked.streams))
    examples, objective = make_examples(checked, streams)
    recipe = make_recipe(checked, objective, examples)
    raw = examples  # what training batches are taken from, and the loss of a phase is computed on
    seen = recipe.objective.evaluated(examples.data, derive(streams.data, "evaluated"))
    examples = replace(examples, data=seen)
    measures, left_out = make_measures(checked.diagnostics, examples.data.spec)
    job = checked.job.make()
    builder = make_builder(checked, recipe)
    with within_memory(f"model={checked.model.option}"):
        network, outputs, batch = fitting_network(builder, recipe, examples)
        left_out |= fit_measures(measures, FULL in checked.diagnostics, network, examples.data)

        def first_weights() -> torch.nn.Module:
            return builder.make(examples.data.train.inputs, streams.init)

        check_recipe(recipe, raw, network, first_weights, checked.model.option)
        check_parts(recipe, checked.model, network, examples)
        optimizer = absolute_lr(recipe.optimizer, recipe.step(), first_weights, raw.data)
        assembly = Assembly(
            checked=checked,
            streams=streams,
            examples=examples,
            builder=builder,
            recipe=replace(recipe, optimizer=optimizer),
            measures={name: measure for name, measure in measures.items() if name not in left_out},
            left_out=left_out,
            job=job,
        )
        check_assembly(assembly, outputs, batch)
    return assembly


def make_examples(checked: Checked, streams: Streams) -> tuple[Examples, Choice]:
    """Load the data, convert them to the form that the model accepts, select the targets and augment them.

    Raises:
        ConfigError: A key does not apply to the data, or the model, objective or augmentation cannot process them.
    """
    with within_memory("dataset"):
        loaded, preparation = load(checked.dataset, streams)
    data, adapter = fitted(checked.model, loaded)
    objective = objective_of(checked, loaded.spec)
    loaded, data = aimed(objective, loaded), aimed(objective, data)
    check_label_noise(checked.dataset, objective.option, data)
    with within_memory("augmentation"):
        train, changes = changed_examples(checked, loaded, data, streams)
    size, limits = preparation.batch_size or len(train), checked.trainer.limits()
    examples = Examples(
        data=limited_data(data, size, limits),
        train=train,
        batch_size=size,
        drop_last=preparation.drop_last,
        augmenters=changes,
        adapter=adapter,
        offered=loaded.spec,
        all_folds=preparation.folds if preparation.fold == "all" and isinstance(preparation.folds, int) else None,
        limit=limits["train"],
    )
    return examples, objective


def limited_data(data: Data, batch_size: int, limits: Mapping[str, int | float | None]) -> Data:
    """Return the data with the first batches of the validation and the test split that are used."""
    if limits["val"] is None and limits["test"] is None:
        return data
    val, test = (
        first_batches(part, batch_size, limits[name], f"trainer.limit_{name}_batches")
        for name, part in (("val", data.val), ("test", data.test))
    )
    return replace(data, val=val, test=test, naive={})


def fitted(model: Choice, loaded: Data) -> tuple[Data, str]:
    """Return the data in the form that a model accepts, and a description of how they were adapted."""
    cls: type[Model] = model.cls
    check_targets(loaded.spec, (loaded.spec.target, *loaded.offers, "self", "none"), cls.targets, model.option)
    data, adapter = adapt(loaded, cls.accepts, model.option)
    works = cls.over_time if data.spec.input == "sequence" else ""  # the model's own adaptation
    return data, "; ".join(filter(None, (adapter, works)))


def changed_examples(
    checked: Checked, loaded: Data, data: Data, streams: Streams
) -> tuple[Split, tuple[Augmenter, ...]]:
    """Return the training examples, including fixed augmented copies, or else with the augmentations of each batch."""
    changes, common = augmenters(checked.augmentation, loaded, data.spec.input), checked.all_augmentations
    if not changes or common.fresh:
        return data.train, tuple(changes)
    return enlarged(data.train, changes, common.copies, derive(streams.data, "augmentation")), ()


def make_recipe(checked: Checked, chosen: Choice, examples: Examples) -> Recipe:
    """Build the objective and the active regularizers; the objective applies label smoothing.

    Raises:
        ConfigError: Keys exclude each other, or one does not apply to the data.
    """
    spec, model = examples.offered, checked.model.option
    values = prod(spec.shape) if spec.target == "self" else spec.outputs  # numbers in one target
    places = prod(spec.shape[1:]) if spec.target == "mask" else spec.steps  # over which the loss is averaged too
    made = {
        name: part.make(
            spec=spec,
            model=model,
            loss=chosen.keys.get("loss"),
            likelihood=likelihood_factor(chosen.keys, values, places) if values else None,
            examples=len(examples.data.train),
        )
        for name, part in checked.regularizer.items()
    }
    regularizers = {name: part for name, part in made.items() if part.active}
    smoothing = next((part.label_smoothing for part in regularizers.values() if part.label_smoothing), 0.0)
    data = examples.data
    given = {"model": model, "label_smoothing": smoothing, "truth": data.truth, "class_counts": class_counts(data)}
    objective: Objective = chosen.make(data.spec, **given)
    check_fit(objective, chosen.option, checked.model)
    monitor = checked.trainer.monitor
    return Recipe(
        objective=objective,
        objective_choice=chosen,
        regularizers=regularizers,
        transfer=checked.transfer.make(),
        augmenters=examples.augmenters,
        optimizer=checked.optimizer,
        scheduler=checked.scheduler,
        trainer=checked.trainer,
        monitor=objective.monitor if monitor == "auto" else monitor,
        steps=examples.steps(checked.trainer.accumulate),
        parts=checked.parts,
    )


def class_counts(data: Data) -> tuple[int, ...]:
    """Return the number of training examples of each class; () if the targets are no classes."""
    if data.spec.target != "class":
        return ()
    return tuple(torch.bincount(data.train.targets, minlength=data.spec.outputs).tolist())


def make_builder(checked: Checked, recipe: Recipe) -> NetworkBuilder:
    """Return the builder of a network with the outputs that the objective needs.

    Raises:
        ConfigError: A key does not apply to the model.
    """
    chunk = checked.trainer.truncated_bptt_steps
    if chunk is not None and not checked.model.takes("truncated_bptt_steps"):
        raise ConfigError(
            f"trainer.truncated_bptt_steps: model={checked.model.option} reads no sequence step by step; try model=rnn"
        )
    return NetworkBuilder(
        checked.model,
        checked.initializer,
        checked.activation,
        checked.normalization,
        recipe.objective.spec,
        NUMBERS.get(checked.trainer.precision, torch.float32),
        checked.parts,
        recipe.transfer,
        source_reader(checked, assemble),
        dropout=next((part.dropout for part in recipe.regularizers.values() if part.dropout), 0.0),
        truncated_bptt_steps=chunk,
    )
