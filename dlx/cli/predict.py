"""`dlx predict`: predictions of a trained network for new examples."""

from __future__ import annotations

import csv
import io
import os
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlx.cli.flags import some
from dlx.cli.line import admit, folder_flags
from dlx.cli.text import Help
from dlx.config import overrides
from dlx.config.aliases import full_name
from dlx.errors import ConfigError
from dlx.results import escape

if TYPE_CHECKING:
    import numpy as np

    from dlx.run.predict import Predictions

HELP = Help(
    usage=["dlx predict [OPTIONS] RUN FILE|FOLDER [dataset.KEY=VALUE ...]"],
    summary="Predict new examples with the network of a run: the class with the probability of each class, or numbers "
    "in the units of the data; of a series, the values that follow its last one.",
    sections={
        "examples": {
            "dlx predict outputs/runs/2026-01-31/12-00-00-3f2a1b4c new.csv": "print the predictions as CSV",
            "dlx predict RUN new.csv -o predictions.csv": "write them to a file",
            "dlx predict RUN new.csv -o predictions.npz": "as arrays, with the scores that predictions.npz has",
            "dlx predict RUN new.csv dataset.delimiter=tab": "a file that is written in another form",
            "dlx predict RUN prices.csv --every": "of a series, the forecast from each of its windows",
        },
        "options": {
            "-o, --output FILE": "write to a .csv or .npz file instead of the screen",
            "--every": "of a series, a forecast from every window, one row for each",
            "--admit MODULE": "allow classes of your own module ./MODULE.py, as in dlx train",
            "-h, --help": "print this page",
        },
    },
    notes=[
        "Words, dates, missing values and scales are treated as in the training, whose file is not needed; neither are "
        "the target and columns that the training left out. Rows that cannot be predicted are named with their line, "
        "the others are predicted. A run on a dataset without files takes a .npy array or a table of its inputs. The "
        "id of a row is the column of ids of the training, or the number of the row, counted from 0."
    ],
)
FORMATS = (".csv", ".npz")
SHOWN = 100  # rows that cannot be predicted are named, at most
DIGITS = 9  # significant digits, which tell all numbers in single precision apart; others are written in full


def main(arguments: list[str]) -> int:
    """Predict the examples in a file and return the exit code."""
    flags = folder_flags("predict")
    flags.add_argument("-o", "--output", type=some("--output"))
    flags.add_argument("--every", action="store_true")
    found = flags.read(arguments)
    if found.help:
        print(HELP)
        return 0
    admit(found.admit)
    words = [word for word in found.words if not is_override(word)]
    form = form_of([word for word in found.words if is_override(word)])
    if len(words) != 2:
        raise ConfigError(
            f"dlx predict: expected the folder of a run and a file of new examples, got {len(words)} of them: "
            "dlx predict RUN FILE"
        )
    folder, source = Path(words[0]), Path(words[1]).expanduser()
    output = None if found.output is None else output_file(found.output, source)
    from dlx.run.predict import load_trained, predict_new

    trained = load_trained(folder, say, form)
    predictions = predict_new(trained, source, found.every)
    if output is not None and output.suffix == ".npz":
        write_arrays(output, predictions)
    else:
        text = as_csv(predictions)
        if output is None:
            print(text, end="")
        else:
            from dlx.files import write_text

            write_text(output, text)
    conclude(predictions, output)
    return 0


def is_override(word: str) -> bool:
    """Return whether a word sets a key of the dataset."""
    return full_name(word.partition("=")[0]).startswith("dataset.") and "=" in word


def form_of(words: list[str]) -> dict[str, Any]:
    """Return the keys of the dataset that overrides set."""
    from dlx.cli.data import plain

    found = {}
    for word in words:
        override = overrides.parse(full_name(overrides.quoted(word)))
        found[override.key_or_group.removeprefix("dataset.")] = plain(override.value())
    return found


def output_file(name: str, source: Path) -> Path:
    """Return the file to write.

    Raises:
        ConfigError: It is no .csv or .npz file, is the input, or cannot be written.
    """
    path = Path(name).expanduser()
    if path.suffix not in FORMATS:
        raise ConfigError(f"--output: expected a file that ends in {' or '.join(FORMATS)}, got {name!r}")
    if path.exists() and source.exists() and path.samefile(source):
        raise ConfigError(f"--output: {name} is the file of the new examples, expected another one")
    return writable(name)


def writable(name: str) -> Path:
    """Return the path of a file to write.

    Raises:
        ConfigError: It is a folder, or its folder does not exist or cannot be written to.
    """
    path = Path(name).expanduser()
    if path.is_dir():
        raise ConfigError(f"--output: {name} is a folder, expected a file")
    if not path.parent.is_dir():
        raise ConfigError(f"--output: there is no folder {str(path.parent)!r}; make it first: mkdir -p {path.parent}")
    if not os.access(path.parent, os.W_OK):
        raise ConfigError(f"--output: {name} cannot be written; expected a file in a folder that you may write to")
    return path


def say(note: object) -> None:
    """Print a note beside the predictions."""
    print(escape.plain(note), file=sys.stderr)


def conclude(predictions: Predictions, output: Path | None) -> None:
    """Print the number of predicted examples, and the reason for each that was not predicted."""
    for note in predictions.notes:
        say(f"note: {note}")
    refused = predictions.refused
    for message in refused[:SHOWN]:
        say(f"not predicted: {message}")
    if len(refused) > SHOWN:
        say(f"not predicted: {len(refused) - SHOWN} more rows")
    rows = len(next(iter(predictions.ids.values()), ()))
    left = f", {len(refused)} not predicted" if refused else ""
    if output is not None:
        print(f"predictions {escape.plain(output)} ({rows} rows{left})")
    elif refused:
        say(f"{rows} rows predicted{left}")


def as_csv(predictions: Predictions) -> str:
    """Return the predictions as CSV.

    Raises:
        ConfigError: A prediction is an image or the like, which has no place in a table.
    """
    names, columns = [*predictions.ids], [list(values) for values in predictions.ids.values()]
    for name, values in predictions.columns.items():
        for label, column in flat(name, values).items():
            names.append(f"{label} (predicted)" if label in predictions.ids else label)
            columns.append(column)
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow([escape.cell(name) for name in names])
    writer.writerows([[escape.cell(value) for value in row] for row in zip(*columns, strict=True)])
    return lines.getvalue()


def flat(name: str, values: np.ndarray) -> dict[str, list[Any]]:
    """Return an array (rows,) or (rows, several) as columns of a table."""
    if values.ndim > 2:
        shape = "x".join(map(str, values.shape[1:]))
        raise ConfigError(f"{name}: is {shape} numbers an example, which no table holds; write -o predictions.npz")
    columns = {name: values} if values.ndim == 1 else {f"{name}_{n + 1}": values[:, n] for n in range(values.shape[1])}
    if values.dtype == "float32":
        return {label: [f"{value:.{DIGITS}g}" for value in column.tolist()] for label, column in columns.items()}
    return {label: column.tolist() for label, column in columns.items()}


def write_arrays(path: Path, predictions: Predictions) -> None:
    """Write the predictions as arrays: the ids, the columns, and the scores under the names of predictions.npz."""
    import numpy as np

    from dlx.files import write_whole

    def text(values: Any) -> np.ndarray:
        found = np.asarray(values)
        return found.astype(str) if found.dtype == object else found

    columns = {"class" if name == "prediction" and values.dtype == object else name: values
               for name, values in predictions.columns.items()}  # fmt: skip
    arrays = {**predictions.ids, **columns, **predictions.scores}

    def write(partial: Path) -> None:  # numpy.savez takes no array that is called `file`
        with zipfile.ZipFile(partial, "w") as archive:
            for name, values in arrays.items():
                with archive.open(f"{name}.npy".replace("/", "_"), "w", force_zip64=True) as file:
                    np.lib.format.write_array(file, text(values), allow_pickle=False)

    write_whole(path, write)
