"""The entry point `dlx`: dispatches to a command; torch is imported only inside the commands that need it."""

from __future__ import annotations

import errno
import importlib
import os
import sys

from dlx.cli import streams
from dlx.cli.text import Help
from dlx.config.aliases import ALIASES
from dlx.config.yaml_file import short
from dlx.errors import ConfigError, nearest
from dlx.files import write_failure
from dlx.results.escape import plain
from dlx.run.signals import INTERRUPTED, AtOnce, Interrupter

# Each command is the module dlx/cli/<command>.py with `main(arguments) -> exit code`.
COMMANDS = {
    "train": "train a model; with -m, sweep over every combination of options",
    "new": "write an option of your own: a model, a dataset, a study",
    "data": "describe a table or series of yours: dlx data describe FILE",
    "axes": "list groups, options and keys with their type, range and meaning",
    "study": "run a study, judge its claims, write the lab book",
    "show": "print a run again, or the layers of a network with shapes, parameters and FLOPs",
    "trace": "follow one training step of a small network by numbers, node by node",
    "claim": "judge a sentence, such as 'test/loss: regularizer=dropout < regularizer=none'",
    "ask": "find the studies and concepts nearest to a question, in English or Korean",
    "read": "read an article, sentence by sentence: what holds, what is a myth, what is untested",
    "report": "compare any runs: mean and interval over seeds",
    "board": "open TensorBoard for your runs",
    "predict": "predict new examples: dlx predict RUN FILE",
    "export": "write a trained network to a file: torch-export, onnx or safetensors",
    "explain": "show what a trained network does, in pictures",
    "evaluate": "recompute a run's metrics from its checkpoint",
    "resume": "resume an interrupted run or sweep",
    "sweep": "show what the runs of a sweep have come to; train failed ones again",
    "completion": "print the completion script for bash, zsh or fish",
}
HELP = Help(
    usage=["dlx COMMAND [ARGUMENT ...]"],
    summary="A laboratory for deep-learning concepts: train a model, sweep over options, judge claims with statistics.",
    sections={
        "commands": COMMANDS,
        "examples": {
            "dlx train model=lstm optim=adam": "train one model",
            "dlx train -m optim=sgd,adam 'seed=range(5)'": "compare two optimizers over five seeds",
            "dlx axes optimizer=adam": "the keys of an option",
            "dlx study run he_30_layers": "judge the claims of a study",
            "dlx claim 'test/loss: reg=dropout < reg=none'": "judge a claim of your own: true, false or undecided",
            "dlx report outputs/sweeps/he_30_layers": "compare the runs of a sweep",
        },
        "options": {
            "-h, --help": "print this page; dlx COMMAND --help prints that of a command",
            "--version": "print the version",
            "--lang ko": "studies and their pages in Korean, with any command; without it LANG decides",
            "--traceback": "print where an error was raised, with any command",
        },
    },
    notes=[
        "Overrides follow Hydra's syntax: GROUP=OPTION chooses an option and GROUP.KEY=VALUE sets one of its keys. "
        "Groups have short names: " + ", ".join(f"{short} ({full})" for short, full in ALIASES.items()) + ".",
        "Exit codes: 0 all runs finished or diverged; 1 a run failed, or a verdict differs from the expected one; "
        "2 bad input; 130 interrupted.",
    ],
)
FAILED, BAD_INPUT = 1, 2
LANGUAGES = ("en", "ko")
MEANT = {  # what other programs call the commands
    "compare": "report", "plot": "report --plot", "options": "axes", "list": "axes", "tensorboard": "board",
    "fit": "train", "run": "train", "test": "evaluate", "eval": "evaluate", "summary": "show", "visualize": "explain",
}  # fmt: skip
# Errors of the names of files, which the user has typed.
OF_NAMES = (errno.ENAMETOOLONG, errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EACCES, errno.EPERM, errno.ELOOP)


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code: 0 success, 1 a run failed, 2 bad input, 130 interrupted.

    Args:
        arguments: the command and its arguments; None: those of this process, whose signals are then handled, and whose
            output never changes the exit code.
    """
    if arguments is not None:
        return run_command(list(arguments))
    signals = Interrupter()
    signals.install()
    try:
        streams.harden()
        code = run_command(sys.argv[1:])
        lost = streams.losses()
        if lost:
            print(f"dlx: the output could not be written ({lost}); what was run is kept", file=sys.stderr)
        return code
    except KeyboardInterrupt:  # between the command and this line
        return INTERRUPTED
    finally:
        signals.ending = True


def run_command(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    traceback = "--traceback" in arguments
    arguments = [word for word in arguments if word != "--traceback"]
    try:
        arguments = take_language(arguments)
        keep_to_letters()
    except ConfigError as error:
        print(f"dlx: {plain(error)}", file=sys.stderr)
        return BAD_INPUT
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(HELP)
        return 0
    if arguments[0] == "--version":
        from dlx import __version__

        print(f"dlx {__version__}")
        return 0
    command, *rest = arguments
    os.environ["PYTHONSAFEPATH"] = "1"  # the processes of launchers do not look into the current folder for modules
    try:
        check_folder()
        if command not in COMMANDS:
            meant = f"; did you mean dlx {MEANT[command]}?" if command in MEANT else nearest(command, COMMANDS)
            raise ConfigError(f"{command}: no such command{meant}")
        return importlib.import_module(f"dlx.cli.{command}").main(rest)
    except ConfigError as error:
        if traceback:
            print_traceback()
        print(f"dlx: {plain(error)}", file=sys.stderr)
        return BAD_INPUT
    except (KeyboardInterrupt, AtOnce):
        print("dlx: interrupted", file=sys.stderr)
        return INTERRUPTED
    except OSError as error:  # a full disk, or a name that is too long
        if traceback:
            print_traceback()
        failure = write_failure(error)
        print(f"dlx: {plain(failure or at_file(error), lines=True)}", file=sys.stderr)
        return FAILED if failure or error.errno not in OF_NAMES else BAD_INPUT
    except MemoryError:
        print("dlx: there is not enough memory for this", file=sys.stderr)
        return FAILED
    except Exception as error:  # a full disk, or a bug; name its place so that it can be reported
        if traceback:
            print_traceback()
        print(f"dlx: {plain(write_failure(error) or bug(error), lines=True)}", file=sys.stderr)
        return FAILED


def take_language(arguments: list[str]) -> list[str]:
    """Return the arguments without `--lang LANGUAGE`, which decides the language of this process.

    Raises:
        ConfigError: The language is missing or not known.
    """
    place = next((n for n, word in enumerate(arguments) if word == "--lang" or word.startswith("--lang=")), None)
    if place is None:
        return arguments
    _, equals, value = arguments[place].partition("=")
    rest = arguments[place + 1 :]
    if not equals:
        value, rest = (rest[0] if rest else ""), rest[1:]
    if value not in LANGUAGES:
        raise ConfigError(f"--lang: expected {' or '.join(LANGUAGES)}, got {short(value)}")
    os.environ["DLX_LANG"] = value
    return [*arguments[:place], *rest]


def keep_to_letters() -> None:
    """Let this process speak English if its output cannot hold Korean letters, and say so if Korean was asked for."""
    try:
        "가".encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        if os.environ.get("DLX_LANG") == "ko":
            remedy = "PYTHONIOENCODING=utf-8 in front of the command prints them"
            print(f"dlx: this output cannot hold Korean letters, so it is in English; {remedy}", file=sys.stderr)
        os.environ["DLX_LANG"] = "en"


def at_file(error: OSError) -> str:
    """Return what the system refused, with the name of the file."""
    name = "" if error.filename is None else f"{short(str(error.filename))}: "
    return f"{name}{error.strerror or error}"


def check_folder() -> None:
    """Refuse to run in a folder that was removed.

    Raises:
        ConfigError: The current folder does not exist.
    """
    try:
        os.getcwd()
    except OSError:
        raise ConfigError("the current folder is not there any more; change to another one (cd) first") from None


def print_traceback() -> None:
    """Print the traceback of the current exception."""
    import traceback

    traceback.print_exc()


def bug(error: Exception) -> str:
    """Return one line that describes an error inside dlx and names the line of code that raised it."""
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if f"{os.sep}dlx{os.sep}" in frame.filename] or frames
    place = f"{own[-1].filename}:{own[-1].lineno}"
    return f"a bug in dlx: {type(error).__name__}: {error} ({place}); the same command with --traceback shows all"


if __name__ == "__main__":
    sys.exit(main())
