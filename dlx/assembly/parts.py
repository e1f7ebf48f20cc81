"""Checks of the groups that a part of the network has of its own."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from dlx.assembly.assembly import Examples, Recipe
from dlx.assembly.closed_form import check_full_batch, check_proximal
from dlx.config.choice import Choice
from dlx.config.shared_keys import StepSize
from dlx.contracts import in_part
from dlx.contracts.initializer import Initializer
from dlx.contracts.optimizer import how_it_steps
from dlx.errors import ConfigError, located


def check_parts(recipe: Recipe, model: Choice, network: nn.Module, examples: Examples) -> None:
    """Refuse groups of a part that would have no effect or cannot be used for a part alone.

    Args:
        recipe: the recipe, with the options of parts.
        model: the chosen model.
        network: a draft of the network.
        examples: the training examples.

    Raises:
        ConfigError: A group does not fit; the message names it and what was expected.
    """
    for part, own in recipe.parts.items():
        if not any(in_part(name, part) for name, _ in network.named_parameters()):
            raise ConfigError(f"{part}: this part of model={model.option} has no parameters")
        check_style(part, own, model)
        if "optimizer" in own or "scheduler" in own:
            check_optimizer(part, own, recipe, network, examples)


def check_style(part: str, own: Mapping[str, Choice], model: Choice) -> None:
    """Refuse an activation or a normalization of a part that is not a model of its own, and initializers of a whole.

    Raises:
        ConfigError: There is one.
    """
    for group in ("activation", "normalization"):
        if group not in own:
            continue
        if part not in model.nodes:
            nested = ", ".join(model.nodes) or "none"
            raise ConfigError(
                f"{part}.{group}: only a part that is a model of its own has one (of model={model.option}: {nested}); "
                f"try {group}={own[group].option}"
            )
        if not model.nodes[part].takes(group):
            raise ConfigError(f"{part}.{group}: not used by model.{part}={model.nodes[part].option}")
    if "initializer" in own and own["initializer"].cls.refine is not Initializer.refine:  # type: ignore[attr-defined]
        name = own["initializer"].option
        raise ConfigError(f"{part}.initializer: {name} adjusts a whole network; expected one that draws each weight")


def check_optimizer(
    part: str, own: Mapping[str, Choice], recipe: Recipe, network: nn.Module, examples: Examples
) -> None:
    """Refuse an optimizer or a schedule of a part that cannot work beside another one.

    Raises:
        ConfigError: It cannot.
    """
    choice = own.get("optimizer", recipe.optimizer)
    if choice.common(StepSize).lr_scale != "absolute":
        raise ConfigError(f"{part}.optimizer.lr_scale: the curvature is that of the whole loss; expected absolute")
    try:
        made = choice.make([nn.Parameter(torch.empty(1))])
        recipe.schedule(made, part)
    except (ValueError, TypeError) as error:
        group = "scheduler" if "scheduler" in own else "optimizer"
        raise ConfigError(located(f"{part}.{group}", str(error))) from error
    check_full_batch(type(made), choice.option, examples.batch_size, examples.data)
    check_proximal(recipe.step(), made)
    for phase in recipe.objective.phases():
        found = recipe.optimizers(phase, network, fused=False)
        special = [each for each in found.values() if how_it_steps(type(each)) != "gradient"]
        if part in found and len(found) > 1 and special:
            raise ConfigError(
                f"{part}.optimizer: {choice.option} and {recipe.optimizer.option} cannot take turns in one step; "
                "expected optimizers that take a step along a gradient, e.g. sgd or adam"
            )
