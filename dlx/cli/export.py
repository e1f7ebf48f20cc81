"""`dlx export`: the trained network of a run as a file for other programs."""

from __future__ import annotations

from pathlib import Path

from dlx.cli.flags import some
from dlx.cli.line import admit, folder_flags, one_folder
from dlx.cli.text import Help
from dlx.errors import ConfigError, nearest
from dlx.results import escape

FORMATS = {"torch-export": ".pt2", "onnx": ".onnx", "safetensors": ".safetensors"}
HELP = Help(
    usage=["dlx export RUN --format torch-export|onnx|safetensors [-o FILE]"],
    summary="Write the trained network of a run to a file that needs no dlx. Its outputs are first compared with those "
    "of the run's network, from which they differ by 1e-5 at most.",
    sections={
        "examples": {
            "dlx export outputs/runs/2026-01-31/12-00-00-3f2a1b4c": "a program of torch.export: RUN/model.pt2",
            "dlx export RUN --format onnx -o house.onnx": "a graph for ONNX Runtime (pip install dlx[onnx])",
            "dlx export RUN --format safetensors": "the weights alone (pip install dlx[safetensors])",
        },
        "options": {
            "--format FORMAT": "torch-export (default), onnx or safetensors",
            "-o, --output FILE": "the file; by default model.pt2, model.onnx or model.safetensors in the run's folder",
            "--admit MODULE": "allow classes of your own module ./MODULE.py, as in dlx train",
            "-h, --help": "print this page",
        },
    },
    notes=[
        "The graph takes numbers in the units of the data, in double precision and any number of examples at once. "
        "Scaling, differencing and the way back are inside; it returns probabilities, or numbers in those units. A "
        ".json file beside it says how words, dates and missing values become such numbers, and names the inputs "
        "and classes. safetensors holds the weights alone; the scales are in the .json file."
    ],
)


def main(arguments: list[str]) -> int:
    """Export one run and return the exit code."""
    flags = folder_flags("export")
    flags.add_argument("--format", type=some("--format"), default="torch-export")
    flags.add_argument("-o", "--output", type=some("--output"))
    found = flags.read(arguments)
    if found.help:
        print(HELP)
        return 0
    admit(found.admit)
    if found.format not in FORMATS:
        raise ConfigError(f"--format {found.format}: no such format{nearest(found.format, FORMATS)}")
    folder = one_folder("export", found.words)
    suffix = FORMATS[found.format]
    if found.output is not None and Path(found.output).suffix != suffix:
        raise ConfigError(f"--output: expected a file that ends in {suffix}, got {found.output!r}")
    from dlx.cli.predict import say, writable
    from dlx.files import refuse_links
    from dlx.run.loaded import LoadedModel
    from dlx.run.predict import load_trained

    path = folder / f"model{suffix}" if found.output is None else writable(found.output)
    trained = load_trained(folder, say)
    if found.output is None:
        refuse_links(folder)
    from dlx.run.export import export

    difference = export(LoadedModel(trained), found.format, path)
    print(f"model {escape.plain(path)} (largest difference of its outputs {difference:.1g})")
    print(f"inputs and preprocessing {escape.plain(path.with_suffix('.json'))}")
    return 0
