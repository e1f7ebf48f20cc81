"""`dlx explain`: what a trained network does, in pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlx.cli.flags import several
from dlx.cli.line import admit, folder_flags, one_folder
from dlx.cli.study_line import whole
from dlx.cli.text import Help

if TYPE_CHECKING:
    from dlx.run.explain import Explanation

HELP = Help(
    usage=["dlx explain [--only NAME,...] [--example N] [--admit MODULE] RUN"],
    summary="Show what a trained network does, in pictures with captions: its predictions and errors, the inputs that "
    "matter, its inner values and its training. Writes RUN/explain/index.html, one PNG for each picture, and images "
    "for TensorBoard.",
    sections={
        "examples": {
            "dlx explain outputs/runs/2026-01-31/12-00-00-3f2a1b4c": "all pictures that fit the model and the data",
            "dlx explain RUN --only grad_cam,confusion": "two of them",
            "dlx explain RUN --example 3": "what matters in one input",
            "dlx board RUN": "the same pictures in TensorBoard",
        },
        "options": {
            "--only NAME,...": "diagnostics (dlx axes diagnostics), or the objective; by default all that fit",
            "--example N": "one example of the split, the first is 1; by default in the pictures of what matters in it",
            "--admit MODULE": "allow classes of your own module ./MODULE.py, as in dlx train",
            "-h, --help": "print this page",
        },
    },
    notes=[
        "The network is restored from the run's checkpoint and nothing is trained. The page says why a picture is left "
        "out. Pictures show examples of the test split, or of the validation split if trainer.test=false."
    ],
)
MOST = 10**9  # largest number of an example
CHAPTERS = {
    "predictions": "What it predicts",
    "attribution": "What it looks at",
    "inside": "What happens inside",
    "training": "How it was trained",
}


def main(arguments: list[str]) -> int:
    """Explain one run and return the exit code."""
    flags = folder_flags("explain")
    flags.add_argument("--only", type=several("--only"), action="extend", default=[])
    flags.add_argument("--example", type=lambda text: whole(text, "--example", "the number of an example", MOST))
    found = flags.read(arguments)
    if found.help:
        print(HELP)
        return 0
    admit(found.admit)
    folder = one_folder("explain", found.words)
    from dlx.config.words import option_meant
    from dlx.results.escape import plain
    from dlx.run.explain import explain

    only = tuple(dict.fromkeys(option_meant("diagnostics", name) for name in found.only))
    explanation = explain(folder, only, example=found.example)
    path = write(folder, explanation)
    for place in explanation.shown:
        print(f"  {plain(place.name):<24}  {plain(place.picture.title)}")
    if explanation.left_out:
        print(f"  left out: {plain(', '.join(explanation.left_out))}; the page says why")
    if any(place.option == "confusion" for place in explanation.shown):
        from dlx.cli.confusion import print_confusion

        print_confusion(folder)
    print(f"page {plain(path)}")
    return 0


def write(folder: Path, explanation: Explanation) -> Path:
    """Write the page of an explanation to the folder of its run, and return its path."""
    from dlx.files import refuse_links
    from dlx.results.gallery import Chapter, write_gallery

    refuse_links(folder)
    chapters = []
    for key, title in CHAPTERS.items():
        pictures = {place.name: place.picture for place in explanation.shown if place.chapter == key}
        if pictures:
            chapters.append(Chapter(title, pictures))
    facts = facts_of(folder, explanation.summary, explanation.split)
    return write_gallery(folder / "explain", "What the network does", facts, chapters, explanation.left_out)


def facts_of(folder: Path, summary: Mapping[str, Any], split: str) -> dict[str, str]:
    """Return what the page says of the run: model, data, final metrics and the split that is shown."""
    choices = summary["choices"]
    facts = {"Run": str(folder)}
    facts |= {key.capitalize(): said(choices[key]) for key in ("model", "dataset", "objective") if key in choices}
    facts["Seed"] = str(summary["seed"])
    info, metrics = summary["metric_info"] or {}, summary["metrics"]
    headlines = [f"{split}/{name}" for name, about in info.items() if about["headline"]]
    results = [f"{name} {metrics[name]:.4g}" for name in headlines if name in metrics]
    facts["Result"] = ", ".join(results) or f"the run is {summary['status']}"
    for name in (name.removeprefix(f"{split}/") for name in headlines[:1]):
        start, end = f"{split}/class_", f"/{name}"
        classes = {path[len(start) : -len(end)]: value for path, value in metrics.items() if path.startswith(start)}
        shown = [f"{key} {value:.4g}" for key, value in classes.items() if f"{start}{key}{end}" in metrics]
        facts |= {f"{name} by class": ", ".join(shown)} if shown else {}
    facts["Examples"] = f"from the {'validation' if split == 'val' else split} split"
    return facts


def said(choice: str | Sequence[str]) -> str:
    """Return the chosen option, or several."""
    return choice if isinstance(choice, str) else ", ".join(choice)
