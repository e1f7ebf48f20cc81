"""What a reader of a run's figures should know: adaptations of the data, and choices without effect."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch
from torch import nn

from dlx.config.gate import option_name
from dlx.config.schema import unused_keys
from dlx.nn.weights import is_recurrent

if TYPE_CHECKING:
    from dlx.assembly.assemble import Assembly


def notes(assembly: Assembly, overrides: list[str]) -> list[str]:
    """Return what a reader of the figures should know: adaptations, and choices without effect."""
    config, measured = assembly.config, not assembly.job.is_training()
    model, optimizer = option_name(config["model"]), option_name(config["optimizer"])
    typed = {word.lstrip("+~").split("=")[0].split(".")[0]: word.lstrip("+").split("=")[0] for word in overrides}
    found = ["diagnostics: this job keeps no network to look into"] * (measured and bool(assembly.measures))
    if assembly.job.stands_alone:  # neither model nor data are used
        used = {"job", "seed", "trainer", "streams", "experiment", "diagnostics", *assembly.job.uses}
        idle = (key for group, key in typed.items() if group not in used)
        return found + [f"{key}: plays no part in job={option_name(config['job'])}" for key in idle]
    found += [assembly.adapter] if assembly.adapter else []
    for group in ("activation", "normalization"):
        if group not in assembly.used and group in typed:
            found.append(f"{group}: not used by model={model}")
    if "lr" in unused_keys(config["optimizer"]) and config["optimizer"]["lr"] is not None:
        found.append(f"optimizer.lr: not used by optimizer={optimizer}, which takes no steps")
    if "dropout" not in assembly.used and any(part.dropout for part in assembly.regularizers.values()):
        found.append(f"regularizer.dropout: not used by model={model}")
    found += [f"no effect here: {sentence}" for sentence in idle_keys(assembly)]
    if assembly.left_out and not measured:
        found.append(f"diagnostics=full leaves out what does not fit: {', '.join(assembly.left_out)} (why: dlx.log)")
    return found


def idle_keys(assembly: Assembly) -> Iterator[str]:
    """Yield a sentence for each key that is not neutral and yet plays no part."""
    config, first = assembly.config, assembly.builder.first
    model, dropout = config["model"], config["regularizer"].get("dropout", {})
    wanted = first.recurrent is not None or first.recurrent_gain != 1
    if wanted and not any(map(is_recurrent, draft(assembly).modules())):
        yield "initializer.recurrent, recurrent_gain: the model has no recurrent weights"
    if first.bias is not None and not has_hidden_biases(draft(assembly)):
        yield "initializer.bias: the model has no hidden layer with biases"
    if model.get("carry_state") is False and config["trainer"]["truncated_bptt_steps"] is None:
        yield "model.carry_state: there are no chunks without trainer.truncated_bptt_steps"
    if model.get("antialias") and model.get("stride") == 1 and model.get("pooling") == "none":
        yield "model.antialias: no places are left out without a stride or pooling"
    if model.get("padding_mode", "zeros") != "zeros" and model.get("padding") == "valid":
        yield "model.padding_mode: model.padding=valid adds no places"
    if dropout.get("monte_carlo_samples") and not dropout.get("p"):
        yield "regularizer.dropout.monte_carlo_samples: nothing is dropped (regularizer.dropout.p=0)"
    if config["augmentation"].get("copies", 1) != 1 and config["augmentation"].get("fresh"):
        yield "augmentation.copies: augmentation.fresh=true draws anew in each epoch and keeps no copies"


def draft(assembly: Assembly) -> nn.Module:
    """Return the network without numbers."""
    with torch.device("meta"):
        return assembly.builder.draft()


def has_hidden_biases(network: nn.Module) -> bool:
    """Tell whether a layer with weights, other than the output layer, has a bias."""
    for prefix, module in network.named_modules():
        own = dict(module.named_parameters(recurse=False))
        weighted = any(parameter.dim() >= 2 for parameter in own.values())
        if weighted and any("bias" in name for name in own) and prefix.split(".")[0] != "output":
            return True
    return False
