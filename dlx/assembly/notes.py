"""Notes about a run: adaptations of the data, and choices without effect."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import nn

from dlx.assembly.assembly import Assembly
from dlx.config.plain_module import PlainModule
from dlx.config.schema import unused_keys
from dlx.config.shared_keys import AugmentationKeys
from dlx.contracts.normalization import Normalization
from dlx.nn.network import is_output
from dlx.nn.weights import is_recurrent


def notes(assembly: Assembly, overrides: list[str]) -> list[str]:
    """Return the notes about a run: how its data were read and adapted, and choices without effect."""
    checked, measured = assembly.checked, not assembly.job.is_training()
    model, optimizer = checked.model, checked.optimizer
    typed = {word.lstrip("+~").split("=")[0].split(".")[0]: word.lstrip("+").split("=")[0] for word in overrides}
    found = ["diagnostics: not used by this job, which keeps no network"] * (measured and bool(assembly.measures))
    if assembly.job.stands_alone:  # it uses neither model nor data
        used = {"job", "seed", "trainer", "streams", "experiment", "diagnostics", *assembly.job.uses}
        idle = (key for group, key in typed.items() if group not in used)
        return found + [f"{key}: not used by job={checked.job.option}" for key in idle]
    found += [] if assembly.data.reading is None else assembly.data.reading.lines()
    found += list(filter(None, (assembly.examples.adapter, assembly.builder.transferred)))
    wired = "; give one of its arguments the value run.{}" if issubclass(model.cls, PlainModule) else ""
    for group in ("activation", "normalization"):
        wraps = group == "normalization" and checked.normalization.cls.wrap is not Normalization.wrap  # type: ignore[attr-defined]
        if not model.takes(group) and group in typed and not wraps:
            found.append(f"{group}: not used by model={model.option}{wired.format(group)}")
    if "lr" in unused_keys(optimizer.target) and optimizer.keys["lr"] is not None:
        found.append(f"optimizer.lr: not used by optimizer={optimizer.option}, which takes no steps")
    if not model.takes("dropout") and any(part.dropout for part in assembly.recipe.regularizers.values()):
        found.append(f"regularizer.dropout: not used by model={model.option}{wired.format('dropout')}")
    found += drawn_alike(assembly)
    found += limited(assembly)
    found += [f"no effect here: {sentence}" for sentence in idle_keys(assembly)]
    if assembly.left_out and not measured:
        found.append(f"diagnostics=full leaves out what does not fit: {', '.join(assembly.left_out)} (see dlx.log)")
    return found


def drawn_alike(assembly: Assembly) -> list[str]:
    """Return a note if an initializer cannot tell the output layer of a module from its hidden layers."""
    model, initializer = assembly.checked.model, assembly.checked.initializer
    if not issubclass(model.cls, PlainModule) or not initializer.cls.redraws:  # type: ignore[attr-defined]
        return []
    if any(is_output(name) for name, _ in draft(assembly).named_parameters()):
        return []
    return [
        f"initializer: draws the last layer of model={model.option} as a hidden one; "
        "output_layer in its YAML file names it"
    ]


def limited(assembly: Assembly) -> list[str]:
    """Return a sentence for each split of which only the first batches are used."""
    examples, data = assembly.examples, assembly.data
    trained = assembly.recipe.steps * assembly.trainer.accumulate * examples.batch_size
    sizes = {"train": min(trained, len(examples.train)), "val": len(data.val), "test": len(data.test)}
    return [
        f"only the first batches of the {split} split are used: {sizes[split]} examples"
        for split, limit in assembly.trainer.limits().items()
        if limit is not None and sizes[split]
    ]


def idle_keys(assembly: Assembly) -> Iterator[str]:
    """Yield a sentence for each key that has been set but has no effect."""
    checked, first = assembly.checked, assembly.builder.start.common
    model, augmentation = checked.model.keys, checked.all_augmentations
    dropout = checked.regularizer["dropout"].keys if "dropout" in checked.regularizer else {}
    wanted = first.recurrent is not None or first.recurrent_gain != 1
    if wanted and not any(map(is_recurrent, draft(assembly).modules())):
        yield "initializer.recurrent, recurrent_gain: the model has no recurrent weights"
    if first.bias is not None and not has_hidden_biases(draft(assembly)):
        yield "initializer.bias: the model has no hidden layer with biases"
    if model.get("carry_state") is False and assembly.trainer.truncated_bptt_steps is None:
        yield "model.carry_state: there are no chunks without trainer.truncated_bptt_steps"
    if model.get("antialias") and model.get("stride") == 1 and model.get("pooling") == "none":
        yield "model.antialias: no places are left out without a stride or pooling"
    if model.get("padding_mode", "zeros") != "zeros" and model.get("padding") == "valid":
        yield "model.padding_mode: model.padding=valid adds no places"
    if dropout.get("monte_carlo_samples") and not dropout.get("p"):
        yield "regularizer.dropout.monte_carlo_samples: nothing is dropped (regularizer.dropout.p=0)"
    if not checked.augmentation and augmentation != AugmentationKeys():
        yield "augmentation.fresh, copies: no augmentation is chosen"
    elif augmentation.copies != 1 and augmentation.fresh:
        yield "augmentation.copies: augmentation.fresh=true draws anew in each epoch and keeps no copies"


def draft(assembly: Assembly) -> nn.Module:
    """Return the network on the meta device, without data."""
    with torch.device("meta"):
        return assembly.builder.draft()


def has_hidden_biases(network: nn.Module) -> bool:
    """Return True if a layer with weights, other than the output layer, has a bias."""
    for prefix, module in network.named_modules():
        own = dict(module.named_parameters(recurse=False))
        weighted = any(parameter.dim() >= 2 for parameter in own.values())
        if weighted and any("bias" in name for name in own) and not is_output(prefix):
            return True
    return False
