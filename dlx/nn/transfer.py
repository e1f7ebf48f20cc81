"""Transfer learning: copying the weights of another run that fit, and saying which they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from torch import Tensor, nn

from dlx.errors import ConfigError
from dlx.nn.network import is_output
from dlx.nn.source import Copied, Source
from dlx.spec import DataSpec

LISTED = 6  # largest number of layers that a message lists


def matching(network: nn.Module, source: Source, spec: DataSpec, model: str = "") -> Copied:
    """Return which weights of a source can be copied into a network.

    Args:
        network: the network.
        source: weights of another run.
        spec: specification of the network's targets.
        model: the option of the network, compared with that of the source; "": not compared.

    Raises:
        ConfigError: If the source is of another architecture: of another model, or without any fitting layer, the
            output layer aside.
    """
    ours, theirs, output = network.state_dict(), source.state, source.gives_output(spec)
    same = [
        name
        for name, tensor in ours.items()
        if name in theirs and theirs[name].shape == tensor.shape and (output or not is_output(name))
    ]
    learned = {name for name, _ in network.named_parameters()}
    bodiless = all(map(is_output, learned))
    fits = learned & {name for name in same if bodiless or not is_output(name)}
    if not fits or foreign(source, model):
        raise ConfigError(of_another_architecture(ours, source, same, model))
    if source.output == "copy" and any(is_output(name) and name not in same for name in ours):
        raise ConfigError(
            f"transfer.output: copy needs an output layer of the shape that the source has; {source.file} has "
            f"{shapes(theirs, filter(is_output, theirs))}, this model {shapes(ours, filter(is_output, ours))}; "
            "expected auto or new"
        )
    new = [name for name in ours if name not in theirs]
    return Copied(tuple(same), tuple(new), tuple(name for name in ours if name not in {*same, *new}))


def foreign(source: Source, model: str) -> bool:
    """Return whether a source is known to be of another model."""
    return bool(model and source.model and source.model != model)


def of_another_architecture(ours: Mapping[str, Tensor], source: Source, same: list[str], model: str) -> str:
    """Return the message that lists the layers of a source that match those of a network, and those that do not."""
    theirs = source.state
    unfit = [name for name in ours if name in theirs and theirs[name].shape != ours[name].shape]
    classes = [name for name in ours if name in theirs and name not in {*same, *unfit}]
    partly = {name.rpartition(".")[0] for name in unfit}  # layers of which the bias alone has the same shape
    matching = [name for name in same if ours[name].dim() and name.rpartition(".")[0] not in partly]
    parts = [f"layers that match: {of_layers(matching)}"]
    if unfit:
        sizes = [f"{name} {shapes(ours, [name])} here, {shapes(theirs, [name])} there" for name in unfit[:LISTED]]
        parts.append(f"of another shape: {of_layers(unfit)} ({'; '.join(sizes)})")
    if classes:
        why = "other classes" if source.output == "auto" else "transfer.output=new"
        parts.append(f"not copied: {of_layers(classes)} (its output layer stands for {why})")
    parts.append(f"only here: {of_layers(name for name in ours if name not in theirs)}")
    parts.append(f"only in the source: {of_layers(name for name in theirs if name not in ours)}")
    named = f"model={source.model}" if foreign(source, model) else "another architecture"
    remedy = f"expected a run of model={model} with the same keys" if model else "expected a run of the same model"
    return f"{source.key}: {source.file} is of {named}; {'; '.join(parts)}; {remedy}"


def copy_matching(network: nn.Module, source: Source, spec: DataSpec, model: str = "") -> Copied:
    """Copy the weights of a source that fit into a network in place, and return which were copied.

    The arguments are those of `matching`.

    Raises:
        ConfigError: If the source is of another architecture.
    """
    copied = matching(network, source, spec, model)
    network.load_state_dict({name: source.state[name] for name in copied.same}, strict=False)
    return copied


def transfer_note(copied: Copied, source: Source, spec: DataSpec, frozen: Iterable[str] = ()) -> str:
    """Return a note that names the layers that were copied, that are new, that did not fit and that stay frozen."""
    parts = [f"copied {of_layers(copied.same)}"]
    parts += [f"new are {of_layers(copied.new)}"] if copied.new else []
    if copied.unfit:
        why = "of another shape, or an output layer for other classes"
        if source.output == "new":
            why = "of another shape, or an output layer, which is new"
        parts.append(f"{of_layers(copied.unfit)} did not fit ({why})")
    if source.output == "auto" and source.same_target(spec) is None and any(map(is_output, copied.same)):
        parts.append("the output layer by its shape alone, for the source does not record its classes")
    if still := list(frozen):
        parts.append(f"frozen are {of_layers(name for name in copied.same if name in still)}")
    return f"{source.key}: " + "; ".join([*parts, *source.notes])


def shapes(state: Mapping[str, Tensor], names: Iterable[str]) -> str:
    """Return the shapes of the first few of these weights, e.g. `64x128, 128`."""
    return ", ".join("x".join(map(str, state[name].shape)) or "1" for name in list(names)[:LISTED]) or "none"


def of_layers(names: Iterable[str]) -> str:
    """Return the comma-separated names of the layers that parameters belong to, without duplicates."""
    found = list(dict.fromkeys(name.rpartition(".")[0] or name for name in names))
    rest = f" and {len(found) - LISTED} more" if len(found) > LISTED + 1 else ""
    return ", ".join(found[:LISTED] if rest else found) + rest or "none"
