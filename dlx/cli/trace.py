"""`dlx trace`: one forward and backward pass and one update by numbers, operation by operation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dlx.cli.line import admit, folder_flags, understood
from dlx.cli.text import Help
from dlx.cli.trace_tables import print_trace, shape
from dlx.config import catalog
from dlx.config.suggest import accepted
from dlx.errors import ConfigError
from dlx.results.escape import plain

if TYPE_CHECKING:
    from torch import Tensor, nn

    from dlx.assembly.assembly import Assembly
    from dlx.run.trace import Quantity, Trace

HELP = Help(
    usage=["dlx trace [OPTIONS] [OVERRIDE ...]", "dlx trace [OPTIONS] RUN"],
    summary="Follow one training step of a small network by numbers: each operation of the forward pass with its "
    "shapes, the chain rule backwards beside finite differences, and the update of the optimizer; and draw the graph.",
    sections={
        "examples": {
            "dlx trace model=mlp model.depth=2": "a network with two inputs, two hidden units and two classes",
            "dlx trace model=linear dataset=linear optim=momentum": "linear regression, and a step of momentum",
            "dlx trace model=lstm --examples 2": "the gates of an LSTM over a few steps",
            "dlx trace RUN": "the same with the weights of a finished run",
        },
        "options": {
            "--examples N": "number of training examples in the batch (default: 1)",
            "--output NAME": "write the picture to NAME.svg and NAME.png",
            "--admit MODULE": "allow classes of your own module ./MODULE.py, as in dlx train",
            "-h, --help": "print this page",
        },
    },
    notes=[
        "Sizes are small unless you choose others: model.depth=2, model.width=2, dataset=moons for models of vectors, "
        "short windows of a series; optimizer=sgd. All numbers are in double precision and evaluation mode; finite "
        "differences are (L(v + h) - L(v - h)) / 2h with h = 1e-5."
    ],
)
# What is chosen for a model that has the key, unless it is typed: sizes that can be followed by hand.
SMALL = {"model.depth": "2", "model.width": "2", "dataset.context_length": "3"}
MOST_EXAMPLES = 64


def main(arguments: list[str]) -> int:
    """Trace a step of a configuration or of a run, print it, draw its graph and return the exit code."""
    flags = folder_flags("trace")
    flags.add_argument("--examples", type=examples_of, default=1)
    flags.add_argument("--output")
    found = flags.read(arguments)
    if found.help:
        print(HELP)
        return 0
    admit(found.admit)
    folders = [word for word in found.words if "=" not in word or Path(word).is_dir()]
    if folders and len(found.words) > 1:
        raise ConfigError("dlx trace: expected the folder of one run, or overrides such as model=mlp")
    from dlx.run.trace import trace

    if folders:
        assembly, network = of_run(Path(folders[0]))
        stem = Path(folders[0]) / "trace"
    else:
        from dlx.sweep.start import assembled

        typed = [each for word in found.words for each in understood(word)]
        assembly = assembled([*small(typed), *typed])
        network = assembly.network()
        stem = Path("outputs") / "trace" / assembly.checked.model.option
    traced = trace(assembly, network, found.examples)
    print_trace(traced, assembly, found.examples)
    for path in draw(traced, assembly, Path(found.output) if found.output else stem):
        print(f"plot  {plain(path)}")
    return 0


def examples_of(text: str) -> int:
    """Return the number of examples that a text represents.

    Raises:
        ConfigError: It is not a number from 1 to 64.
    """
    if not text.isdigit() or not 0 < int(text[:9]) <= MOST_EXAMPLES:
        raise ConfigError(f"--examples: expected a number from 1 to {MOST_EXAMPLES}, got {plain(text)!r}")
    return int(text)


def small(typed: Sequence[str]) -> list[str]:
    """Return overrides that make the network small where nothing else is typed."""
    keys = {word.lstrip("+").partition("=")[0]: word.partition("=")[2] for word in typed}
    model = keys.get("model", catalog.defaults()["model"][0])
    option = catalog.read("model", model)
    having = {key.path for key in catalog.keys(option)}
    found = []
    data = option.implied.get("dataset")
    if "dataset" not in keys and data is None and accepted(model)[0] == "vector":
        data = "moons"
        found.append(f"dataset={data}")
    having |= (
        {key.path for key in catalog.keys(catalog.read("dataset", data))} if data and "dataset" not in keys else set()
    )
    heads = "model.heads" in having  # the width is a multiple of it
    found += [
        f"{key}={value}" for key, value in SMALL.items() if key in having - set(keys) and not (heads and "width" in key)
    ]
    return found + (["optimizer=sgd"] if "optimizer" not in keys and "optimizer" not in option.implied else [])


def of_run(folder: Path) -> tuple[Assembly, nn.Module]:
    """Return the configuration of a run, and its network with the weights that its metrics belong to."""
    from dlx.files import refuse_links
    from dlx.run import restore

    config, summary = restore.recorded(folder)
    restore.refuse_untrained(folder, summary)
    assembly = restore.reassemble(folder, config)
    refuse_links(folder, within=False)
    return assembly, restore.network(folder, assembly, say=lambda text: print(plain(text)))


def draw(traced: Trace, assembly: Assembly, stem: Path) -> list[Path]:
    """Write the picture of the graph as SVG and PNG and return the paths."""
    from dlx.results.figure import files
    from dlx.results.graph import Box, draw_graph

    def box(each: Quantity, weight: bool) -> Box:
        head = f"{each.name} = {each.formula}" if each.formula else f"{each.name}  {each.meaning}"
        lines = [head, f"value    {short(each.value)}"]
        lines += [f"gradient {short(each.gradient)}"] if each.gradient is not None else []
        return Box(each.name, lines, each.takes, weight)

    boxes = [box(traced.inputs, False), *(box(each, True) for each in traced.weights)]
    boxes += [box(each, False) for each in traced.operations]
    title = f"One training step of model={assembly.checked.model.option}: values and gradients"
    return files(draw_graph(boxes, title), stem, "trace")


def short(value: Tensor) -> str:
    """Return a value in one line: its numbers if they are few, else its shape and norm."""
    if value.numel() <= 4:
        return "[" + " ".join(f"{number:.3g}" for number in value.flatten().tolist()) + "]"
    return f"{shape(value)}, norm {float(value.norm()):.3g}"
