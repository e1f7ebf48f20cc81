"""The pictures of a trained network: those of every diagnostic that fits it, and those of its objective."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from torch import Tensor, nn

from dlx.assembly.assembly import Assembly
from dlx.assembly.diagnostics import FULL
from dlx.assembly.threads import threads
from dlx.config.catalog import option_files, read
from dlx.contracts import Picture, captioned
from dlx.contracts.diagnostics import Chapter, Diagnostic, Subject
from dlx.data.prepared import Data
from dlx.errors import ConfigError, nearest
from dlx.run import restore
from dlx.run.evaluate import averaged, pictures
from dlx.run.measure import as_array
from dlx.stored.metrics import read_metrics


class Shown(NamedTuple):
    """A picture with its place on the page.

    Attributes:
        option: the diagnostic or the objective that draws it.
        name: its name.
        chapter: heading under which it stands.
        picture: the picture.
    """

    option: str
    name: str
    chapter: Chapter
    picture: Picture


@dataclass(frozen=True)
class Explanation:
    """The pictures of a run.

    Attributes:
        summary: summary of the run.
        split: the split whose examples the pictures show.
        shown: pictures in the order of the page.
        left_out: reasons why the others are left out, by diagnostic.
    """

    summary: Mapping[str, Any]
    split: str
    shown: Sequence[Shown]
    left_out: Mapping[str, str]


def explain(
    folder: Path, only: Sequence[str] = (), say: Callable[[str], None] = print, example: int | None = None
) -> Explanation:
    """Return the pictures of the run in a folder.

    Args:
        folder: the folder of the run.
        only: diagnostics to draw, or the objective; (): all that fit.
        say: called with each note about the checkpoint.
        example: number of the only example to show, the first of the split is 1, by default in the pictures of what
            matters in an input; None: several.

    Raises:
        ConfigError: The folder holds no trained network, a name or the example does not exist, or a chosen diagnostic
            does not apply.
    """
    config, summary = restore.recorded(folder)
    restore.refuse_untrained(folder, summary)
    assembly = restore.reassemble(folder, {**config, "diagnostics": every_diagnostic(config["diagnostics"])})
    objective = assembly.recipe.objective_choice.option
    drawing = [name for name, choice in assembly.checked.diagnostics.items() if draws(choice.cls)]
    check_names(only, [*drawing, objective], assembly)
    network = restore.network(folder, assembly, say).eval()
    with threads(assembly.trainer.threads):
        split = "test" if assembly.trainer.test else "val"
        first = assembly.network().to(next(network.parameters(), None)).eval() if has_weights(network) else None
        data = assembly.data if example is None else of_example(assembly.data, split, example)
        subject = Subject(network, data, assembly.objective, split, first, read_metrics(folder))
        wanted = only or (drawing if example is None else attributing(assembly))
        shown, left_out = drawn(assembly, subject, [name for name in drawing if name in wanted])
        if objective in wanted or (not only and example is None):
            # A diagnostic of the same name draws the same with more detail.
            taken = () if objective in only else {place.name for place in shown}
            shown += [place for place in results(assembly, network, objective) if last(place.name) not in taken]
    for name in only:
        if name in left_out:
            raise ConfigError(f"--only {name}: does not apply to this run: {left_out[name]}")
        if not any(place.option == name for place in shown):
            raise ConfigError(f"--only {name}: this run has no picture of it")
    return Explanation(summary, split, shown, left_out)


def of_example(data: Data, split: str, number: int) -> Data:
    """Return the data with a single example in a split.

    Raises:
        ConfigError: There is no such example.
    """
    part = data.splits()[split]
    if number > len(part):
        raise ConfigError(f"--example: expected a number from 1 to {len(part)} in the {split} split, got {number}")
    chosen: dict[str, Any] = {split: part.rows(np.array([number - 1]))}
    return replace(data, **chosen)


def attributing(assembly: Assembly) -> list[str]:
    """Return the diagnostics that show what matters in an input."""
    return [name for name, measure in assembly.measures.items() if measure.chapter == "attribution"]


def every_diagnostic(chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Return the nodes of all diagnostics, those that the run has chosen with its own keys."""
    nodes: dict[str, Any] = {}
    for name in option_files("diagnostics"):
        nodes |= {key: node for key, node in read("diagnostics", name).node.items() if isinstance(node, Mapping)}
    return {**nodes, **chosen}


def draws(cls: type[Diagnostic]) -> bool:
    """Return whether a diagnostic has pictures."""
    return cls.draws()


def has_weights(network: nn.Module) -> bool:
    """Return whether a network has parameters."""
    return any(True for _ in network.parameters())


def check_names(only: Sequence[str], known: Sequence[str], assembly: Assembly) -> None:
    """Refuse a name that is neither that of a diagnostic with pictures nor that of the run's objective."""
    for name in only:
        if name in known:
            continue
        if name in assembly.checked.diagnostics and name != FULL:
            raise ConfigError(f"--only {name}: measures numbers and draws no picture{nearest('', known)}")
        raise ConfigError(f"--only {name}: no such picture{nearest(name, known, 'dlx axes diagnostics')}")


def drawn(assembly: Assembly, subject: Subject, names: Sequence[str]) -> tuple[list[Shown], dict[str, str]]:
    """Return the pictures of diagnostics, and the reasons why others have none."""
    shown: list[Shown] = []
    left_out: dict[str, str] = {}
    for name in names:
        measure = assembly.measures.get(name)
        if measure is None:
            left_out[name] = assembly.left_out[name]
            continue
        try:
            found = measure.explain(subject)
        except ValueError as error:
            left_out[name] = str(error)
            continue
        shown += [Shown(name, key, measure.chapter, drawable(picture)) for key, picture in found.items()]
    return shown, left_out


def drawable(picture: Picture) -> Picture:
    """Return a picture whose drawing is no tensor but an array."""
    return picture._replace(drawing=as_array(picture.drawing)) if isinstance(picture.drawing, Tensor) else picture


def results(assembly: Assembly, network: nn.Module, option: str) -> list[Shown]:
    """Return the pictures of the objective, which show the predictions on the test split; none without one."""
    if not assembly.trainer.test:
        return []
    output = averaged(assembly, network, "test")
    figures = pictures(assembly, predictions_of(assembly, output, assembly.data))
    shown = []
    for name, picture in captioned(figures, assembly.objective.captions).items():
        caption = picture.caption or f"Drawn by objective={option} from its predictions on the test split."
        shown.append(Shown(option, name, "predictions", picture._replace(caption=caption)))
    return shown


def predictions_of(assembly: Assembly, output: Any, data: Data) -> dict[str, Any]:
    """Return the test predictions of a run as arrays."""
    return assembly.objective.predictions(output, data.test, data)


def last(name: str) -> str:
    """Return the last segment of a name: `test/confusion` -> `confusion`."""
    return name.rsplit("/", 1)[-1]
