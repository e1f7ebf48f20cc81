"""Suggestions of datasets and models that fit together, read from the source files without loading data."""

from __future__ import annotations

import ast
from collections.abc import Collection

from dlx.config import catalog, schema
from dlx.config.node import target_of

DATASETS, MODELS = 3, 2  # largest number of each that is suggested


def alternatives(model: str, given: str, adapters: Collection[tuple[str, str]]) -> str:
    """Return a hint such as "; try dataset=digits, model=mlp", or "" if nothing fits.

    Args:
        model: option of the group model that does not fit the data.
        given: kind of the data's inputs.
        adapters: pairs (from, to) of kinds of input that can be converted.
    """
    wanted = accepted(model)
    datasets = [name for name in catalog.option_files("dataset") if fits(input_of(name), wanted, adapters)]
    natural = catalog.read("model", model).implied.get("dataset")
    datasets = sorted(datasets, key=lambda name: (name != natural, name not in catalog.defaults()["dataset"]))
    models = [name for name in catalog.option_files("model") if fits(given, accepted(name), adapters)]
    models.sort(key=lambda name: (name not in catalog.defaults()["model"], name != "linear"))
    tries = [f"dataset={name}" for name in datasets[:DATASETS]] + [f"model={name}" for name in models[:MODELS]]
    return f"; try {', '.join(tries)}" if tries else ""


def models_giving(form: str, target: str) -> str:
    """Return a hint that names the models that give outputs of a form for a kind of target, or "".

    An example is "; try model=gru, model=lstm".
    """
    names = [
        name
        for name in catalog.option_files("model")
        if form in (_constant(name, "gives") or ("vector",)) and target in (_constant(name, "targets") or (target,))
    ]
    return f"; try {', '.join(f'model={name}' for name in names)}" if names else ""


def models_with(names: tuple[str, ...]) -> str:
    """Return a hint that names the models with all these parts or methods, or ""."""
    found = [
        model
        for model in catalog.option_files("model")
        if set(names)
        <= {*(_constant(model, "parts") or ()), *schema.methods(target_of(catalog.read("model", model).node))}
    ]
    return f"; try {', '.join(f'model={model}' for model in found)}" if found else ""


def fits(given: str | None, wanted: tuple[str, ...], adapters: Collection[tuple[str, str]]) -> bool:
    """Return whether a kind of input is one of those that a model accepts, or can be converted to one of them."""
    return given is not None and any(given == kind or (given, kind) in adapters for kind in wanted)


def accepted(model: str) -> tuple[str, ...]:
    """Return the kinds of input that a model accepts."""
    return _constant(model, "accepts") or ("vector",)


def _constant(model: str, name: str) -> tuple[str, ...] | None:
    node = catalog.read("model", model).node
    if name in node:  # the file of a module that knows nothing of dlx
        return (node[name],) if isinstance(node[name], str) else tuple(node[name])
    return schema.constant(target_of(node), name)


def input_of(dataset: str) -> str | None:
    """Return the kind of a dataset's inputs, read from the `Table(...)` or `Series(...)` that its class returns.

    None is returned if it cannot be known without loading the data.
    """
    target = target_of(catalog.read("dataset", dataset).node)
    declared, source = schema.constant(target, "inputs"), schema.read_class(target)
    if declared:
        return str(declared)
    if source is None or dataset.startswith("csv"):
        return None
    for node in ast.walk(ast.parse(source.file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("Table", "Series"):
            if ast.unparse(node.func) == "Series":
                return "series"
            named = [word.value for word in node.keywords if word.arg == "input"]
            kind = (named or node.args[2:3] or [ast.Constant("vector")])[0]
            return str(ast.literal_eval(kind)) if isinstance(kind, ast.Constant) else None
    return None
