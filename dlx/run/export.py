"""Exporting a trained network with its preprocessing, checked to give the same outputs before it is written."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from importlib.util import find_spec
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dlx.errors import ConfigError
from dlx.files import write_json, write_whole
from dlx.run.loaded import LoadedModel
from dlx.stored.run import read_identity

NEEDS = {
    "torch-export": (),
    "onnx": ("onnx", "onnxscript", "onnxruntime"),
    "safetensors": ("safetensors",),
}
TOLERANCE = 1e-5  # largest difference of probabilities, or of numbers in standard deviations of the target
EXAMPLES = 5  # on which the outputs are compared; the graph is made with two


def export(model: LoadedModel, form: str, path: Path) -> float:
    """Write a network to a file, and a description beside it, and return the largest difference of its outputs.

    Args:
        model: the network with its preprocessing, which is part of the graph; `safetensors` holds the weights alone.
        form: `torch-export`, `onnx` or `safetensors`.
        path: the file; the description has the same name and ends in .json.

    Raises:
        ConfigError: A package is missing, the network cannot be exported, or its outputs differ.
    """
    refuse_without(form)
    examples = probes(model, EXAMPLES)
    try:
        with quiet():
            content, again = FORMS[form](model, examples[:2])
            found = again(examples)
    except ConfigError:
        raise
    except Exception as error:  # exporters raise errors of many kinds
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        other = "safetensors" if form != "safetensors" else "torch-export"
        option = model.trained.checked.model.option
        raise ConfigError(
            f"--format {form}: model={option} cannot be exported so ({reason}); expected another one, e.g. {other}"
        ) from None
    difference = distance(model, examples, found)
    if not difference <= TOLERANCE:
        raise ConfigError(
            f"--format {form}: the exported network's outputs differ by {difference:.2g}, expected at most "
            f"{TOLERANCE:g}; nothing is written"
        )
    write_whole(path, lambda partial: partial.write_bytes(content))
    write_json(path.with_suffix(".json"), description(model, form, difference))
    return difference


def refuse_without(form: str) -> None:
    """Refuse a format whose packages are not installed.

    Raises:
        ConfigError: Names them and the command that installs them.
    """
    missing = [name for name in NEEDS[form] if find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"--format {form}: needs {' and '.join(missing)}; install with: pip install {' '.join(missing)}, or "
            f"pip install 'dlx[{form}]'"
        )


def probes(model: LoadedModel, count: int) -> Tensor:
    """Return inputs (count, *shape) as likely as those of the training: its mean and standard deviation, and noise."""
    fitted, generator = model.trained.fitted, torch.Generator().manual_seed(0)
    noise = torch.randn(count, *model.shape, generator=generator, dtype=torch.float64)
    if fitted.spec.input == "tokens":
        return (noise.abs() * fitted.spec.symbols).long() % fitted.spec.symbols
    if fitted.spec.input != "series":
        return model.mean + model.std * noise
    if fitted.differences is not None and fitted.differences.order:
        return 100 + noise  # levels, of which neither mean nor standard deviation is kept
    return model.mean.mean() + model.std.mean() * noise


def distance(model: LoadedModel, examples: Tensor, found: Tensor) -> float:
    """Return the largest difference of outputs from those of the network, in standard deviations of the target."""
    with torch.no_grad():
        expected = model(examples)
    unit = model.target_std.max() if model.restores and not model.order else torch.ones(())
    apart = (found.double() - expected.double()).abs() / unit
    return float("inf") if found.shape != expected.shape or not apart.isfinite().all() else float(apart.max())


Again = Callable[[Tensor], Tensor]


def as_program(model: LoadedModel, examples: Tensor) -> tuple[bytes, Again]:
    """Return the network as a program of torch.export, and what computes its outputs after it was read again."""
    content = BytesIO()
    torch.export.save(torch.export.export(model, (examples,), dynamic_shapes=dynamic()), content)
    loaded = torch.export.load(BytesIO(content.getvalue())).module()
    return content.getvalue(), lambda inputs: loaded(inputs)


def as_onnx(model: LoadedModel, examples: Tensor) -> tuple[bytes, Again]:
    """Return the network as ONNX, and what computes its outputs with onnxruntime."""
    import onnxruntime

    program = torch.onnx.export(
        model, (examples,), dynamo=True, dynamic_shapes=dynamic(), input_names=["inputs"], output_names=["outputs"],
        verbose=False,
    )  # fmt: skip
    assert program is not None, "no file was named"
    content: bytes = program.model_proto.SerializeToString()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return content, lambda inputs: torch.from_numpy(np.asarray(session.run(None, {name: inputs.numpy()})[0]))


def as_safetensors(model: LoadedModel, examples: Tensor) -> tuple[bytes, Again]:
    """Return the weights of the network, and what computes its outputs with those that were read again."""
    from safetensors.torch import load, save

    state = {name: tensor.detach().clone().contiguous() for name, tensor in model.network.state_dict().items()}
    content: bytes = save(state, metadata={"dlx": json.dumps(description(model, "safetensors", 0.0))})

    def again(inputs: Tensor) -> Tensor:
        model.network.load_state_dict(load(content))
        with torch.no_grad():
            return model(inputs)

    return content, again


FORMS: dict[str, Callable[[LoadedModel, Tensor], tuple[bytes, Again]]] = {
    "torch-export": as_program,
    "onnx": as_onnx,
    "safetensors": as_safetensors,
}


def dynamic() -> dict[str, dict[int, Any]]:
    """Return that the number of examples is free."""
    return {"inputs": {0: torch.export.Dim("batch", min=1, max=2**20)}}


@contextmanager
def quiet() -> Iterator[None]:
    """Silence what exporters print and log in the block."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def description(model: LoadedModel, form: str, difference: float) -> dict[str, Any]:
    """Return what a reader of the file must know: its inputs and outputs, and how a table becomes such inputs."""
    fitted, spec = model.trained.fitted, model.trained.fitted.spec
    identity = read_identity(model.trained.folder)
    inside = form != "safetensors"
    numbers = "numbers in the units of the data" if inside else "standardized numbers: (x - mean) / std"
    steps = "; words, dates and missing values as in `encoding`, `filled` and `shares`" if fitted.encoding else ""
    what = "outputs of the network"
    if inside:
        what = "probabilities of the classes" if model.classes else "numbers in the units of the data"
    return {
        "format": form,
        "identity": "" if identity is None else identity["identity"],
        "model": model.trained.checked.model.option,
        "inputs": {
            "shape": ["batch", *(model.shape if inside else model.trained.blank.spec.shape)],
            "dtype": str(model.dtype).removeprefix("torch.") if inside else "float32",
            "names": list(model.input_names),
            "meaning": numbers + steps,
        },
        "outputs": {
            "meaning": what,
            "classes": list(model.classes),
            "series": list(fitted.targets) if model.length else [],
            "horizon": fitted.horizon,
        },
        "preprocessing_inside": inside,
        "largest_difference": difference,
        "preprocessing": fitted.record(),
        "input_kind": spec.input,
    }
