"""`dlx completion`: print the completion script of a shell, which calls `dlx completion --words` for candidates."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from dlx.cli.complete_override import files, override, starting
from dlx.cli.completion_scripts import SCRIPTS
from dlx.cli.line import CONFIGS, INFO
from dlx.cli.new import groups
from dlx.cli.text import Help
from dlx.config import catalog
from dlx.config.aliases import ALIASES
from dlx.errors import ConfigError, nearest

HELP = Help(
    usage=["dlx completion bash|zsh|fish"],
    summary="Print the completion script for a shell.",
    sections={
        "examples": {
            'eval "$(dlx completion bash)"': "enable completion in this shell; put it into ~/.bashrc for every shell",
            'eval "$(dlx completion zsh)"': "the same for zsh, or in ~/.zshrc",
            "dlx completion fish | source": "the same for fish, or in ~/.config/fish/config.fish",
        },
        "options": {"-h, --help": "print this page"},
    },
)

FLAGS = {
    "train": [
        "--multirun", "--samples", "--test", "--again", "--cfg", "--package", "--resolve", "--info", "--admit", "--env",
        "--traceback", "--help",
    ],
    "study": [
        "--all", "--seeds", "--more-seeds", "--fast", "--jobs", "--env", "--again", "--concept", "--coverage",
        "--output", "--help",
    ],
    "claim": ["--seeds", "--jobs", "--save", "--admit", "--env", "--traceback", "--help"],
    "board": ["--port", "--help"],
    "explain": ["--only", "--example", "--admit", "--traceback", "--help"],
    "predict": ["--output", "--every", "--admit", "--traceback", "--help"],
    "export": ["--format", "--output", "--admit", "--traceback", "--help"],
    "show": ["--layers", "--admit", "--traceback", "--help"],
    "trace": ["--examples", "--output", "--admit", "--traceback", "--help"],
    "evaluate": ["--admit", "--traceback", "--help"],
    "resume": ["--admit", "--env", "--traceback", "--help"],
    "sweep": ["--admit", "--traceback", "--help"],
}  # fmt: skip


def main(arguments: list[str]) -> int:
    """Print a script, or the candidates for a command line."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print(HELP)
        return 0
    if arguments[0] == "--words" and len(arguments) == 3:
        print("\n".join(answer(arguments[1], arguments[2])))
        return 0
    if arguments[0] not in SCRIPTS or len(arguments) > 1:
        raise ConfigError(f"dlx completion {' '.join(arguments)}: no such shell{nearest(arguments[0], SCRIPTS)}")
    print(SCRIPTS[arguments[0]])
    return 0


def answer(shell: str, line: str) -> list[str]:
    """Return the candidates for the last token of a command line, in the form that the shell expects.

    A complete token ends in a space, unless the shell adds it.
    """
    words, quoted = split(line)
    try:
        found = list(dict.fromkeys(candidates(words)))
    except ConfigError:  # a file of the user is not valid YAML; `dlx train` reports it
        return []
    if shell == "fish" or quoted is not None:
        found = [word.rstrip() for word in found]
    if shell == "bash":
        breaks = os.environ.get("COMP_WORDBREAKS", "=:@") if quoted is None else ""
        done = max((words[-1].rfind(sign) for sign in breaks), default=-1) + 1 if quoted is None else quoted
        found = [word[done:] for word in found]
    return found


def split(line: str) -> tuple[list[str], int | None]:
    """Return the tokens of a command line without quotes, and the position of an open quote in the last token."""
    words, quote, start = [""], "", None
    for sign in line:
        if quote:
            quote = "" if sign == quote else quote
            words[-1] += sign if quote else ""
        elif sign in "'\"":
            quote, start = sign, len(words[-1])
        elif sign.isspace():
            if words[-1]:
                words.append("")
        else:
            words[-1] += sign
    return words, start if quote else None


def candidates(words: list[str]) -> Iterator[str]:
    """Yield the candidates for the last token; complete ones end in a space."""
    from dlx.cli.main import COMMANDS

    *before, word = words
    if len(before) <= 1:
        yield from starting(word, (f"{name} " for name in [*COMMANDS, "--help", "--version"]))
        return
    command, previous = before[1], before[-1]
    if previous in ("--cfg", "-c", "--info", "-i", "--package", "-p"):
        known = {"c": CONFIGS, "i": INFO, "p": [*catalog.groups(), *ALIASES]}[previous.lstrip("-")[0]]
        yield from starting(word, (f"{name} " for name in known))
    elif word.startswith("-"):
        yield from starting(word, (f"{flag} " for flag in FLAGS.get(command, ["--help"])))
    elif command in ("train", "claim"):
        yield from override(word, before[2:])
    elif command in ("show", "trace"):
        yield from [*override(word, before[2:]), *folders(word)]
    elif command == "axes":
        yield from override(word, before[2:], ends=" ")
    elif command == "completion":
        yield from starting(word, (f"{shell} " for shell in SCRIPTS))
    elif command == "study":
        yield from starting(word, (f"{name} " for name in study_words(before[2:])))
    elif command == "new":
        yield from starting(word, (f"{group} " for group in groups() if len(before) == 2))
    elif command == "sweep" and len(before) == 2:
        yield from starting(word, (f"{name} " for name in ("status", "retry")))
    else:
        yield from folders(word)


def study_words(before: list[str]) -> Iterable[str]:
    """Return the candidates after `dlx study ...`."""
    return ("list", "show", "run", "check", "report") if not before else catalog.option_files("experiment")


def folders(word: str) -> Iterator[str]:
    """Yield the folders of runs and sweeps that start with a token, the newest last; if none do, any folder."""
    known = [
        f"{path} "
        for kind in ("runs", "sweeps")
        for path in sorted(Path("outputs", kind).glob("*/*"))
        if (path / "summary.json").is_file()
    ]
    known += [f"{path.parent} " for path in sorted(Path("outputs").glob("sweeps/*/sweep.json"))]
    found = [path for path in known if path.startswith(word)]
    yield from found or (path for path in files(word) if path.endswith("/"))
