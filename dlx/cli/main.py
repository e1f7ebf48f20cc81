"""The front: one word a command; torch is imported only inside the command that needs it."""

from __future__ import annotations

import importlib
import os
import sys

from dlx.errors import ConfigError, nearest

# command: (line of help, example). The module is dlx/cli/<command>.py with `main(arguments) -> exit code`.
COMMANDS = {
    "train": ("one run; with -m, or an experiment with axes: a sweep", "dlx train model=lstm optim=adam"),
    "axes": ("what can be swept: options, keys, types, ranges, meaning", "dlx axes optimizer=adam"),
    "evaluate": ("the metrics of a run again, from its checkpoint", "dlx evaluate outputs/runs/…"),
    "resume": ("go on after an interruption", "dlx resume outputs/runs/…"),
    "report": (
        "compare any runs: what differs, mean and interval over seeds",
        "dlx report outputs/sweeps/he_30_layers",
    ),
    "study": ("claims, verdicts, the lab book", "dlx study run he_30_layers"),
    "board": ("TensorBoard on what runs wrote", "dlx board outputs/sweeps/dropout"),
    "completion": ("print the completion script for bash, zsh or fish", 'eval "$(dlx completion bash)"'),
}
FAILED, BAD_INPUT, INTERRUPTED = 1, 2, 130


def usage() -> str:
    """Return the help page."""
    width = max(map(len, COMMANDS))
    lines = ["dlx: a laboratory for deep-learning concepts", "", "usage: dlx COMMAND [arguments]", ""]
    for name, (line, example) in COMMANDS.items():
        lines += [f"  {name:<{width}}  {line}", f"  {'':<{width}}  e.g. {example}"]
    lines += [
        "",
        "Overrides are Hydra's: group=option, key.of.group=value, key=1,2,3 with -m to sweep.",
        "Short names: optim, init, reg, act, norm, data, exp (optimizer, initializer, ...).",
        "dlx COMMAND --help says more; --traceback shows where an error came from; --version prints the version.",
    ]
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return the exit code: 0 fine, 1 a run failed, 2 bad input, 130 interrupted."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    traceback = "--traceback" in arguments
    arguments = [word for word in arguments if word != "--traceback"]
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(usage())
        return 0
    if arguments[0] == "--version":
        from dlx import __version__

        print(f"dlx {__version__}")
        return 0
    command, *rest = arguments
    try:
        if command not in COMMANDS:
            raise ConfigError(f"{command}: no such command{nearest(command, COMMANDS)}")
        return importlib.import_module(f"dlx.cli.{command}").main(rest)
    except ConfigError as error:
        if traceback:
            print_traceback()
        print(f"dlx: {error}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        print("dlx: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader (head, less) has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # ours, not the user's: say where, so that it can be reported
        if traceback:
            print_traceback()
        print(f"dlx: {bug(error)}", file=sys.stderr)
        return FAILED


def print_traceback() -> None:
    """Print where the error under way came from."""
    import traceback

    traceback.print_exc()


def bug(error: Exception) -> str:
    """Say in a line what went wrong inside dlx, and in which of its lines."""
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if f"{os.sep}dlx{os.sep}" in frame.filename] or frames
    place = f"{own[-1].filename}:{own[-1].lineno}"
    return f"a bug of dlx: {type(error).__name__}: {error} ({place}); the same command with --traceback shows all"


if __name__ == "__main__":
    sys.exit(main())
