"""`dlx completion`: print the completion script of a shell, which calls `dlx completion --words` for candidates."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from dlx.cli.completion_scripts import SCRIPTS
from dlx.cli.line import CONFIGS, INFO
from dlx.cli.new import groups
from dlx.cli.text import Help
from dlx.config import catalog
from dlx.config.aliases import ALIASES, full_name
from dlx.config.words import beginning
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
FILES = ("path", "init_from", "source", "folder")  # keys whose values are files


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


def starting(word: str, choices: Iterable[str]) -> Iterator[str]:
    """Yield the choices that start with a token."""
    return (choice for choice in choices if choice.startswith(word))


def override(word: str, before: list[str], ends: str = "=") -> Iterator[str]:
    """Yield the overrides that complete a token: groups and keys, or after `=` options and values."""
    match = re.match(r"(\+\+|\+|~)?", word)
    sign = match.group() if match else ""
    body = word.removeprefix(sign)
    key, equals, value = body.partition("=")
    if equals:
        yield from (f"{sign}{key}={rest}" for rest in values(key, value, before))
        return
    ends = " " if sign == "~" else ends
    yield from (f"{sign}{rest}" for rest in list(names(body, before, ends)) or meant(body, ends))


def meant(body: str, ends: str) -> list[str]:
    """Return the group or key that a word of the field begins to name (`epo`: `trainer.max_epochs=`), if it is one.

    Bash puts it in the place of the word; zsh and fish offer only what begins with the typed letters.
    """
    head, dot, rest = body.rpartition(".")
    found = [name for name in beginning(rest) if "=" not in name and name.startswith(f"{full_name(head)}{dot}")]
    return [f"{found[0]}{ends}"] if len(found) == 1 else []


def names(body: str, before: list[str], ends: str) -> Iterator[str]:
    """Yield the groups, aliases and keys that complete the typed part of a key by one segment."""
    head, dot, _ = body.partition(".")
    if not dot:
        for name in starting(body, [*catalog.groups(), *ALIASES]):
            yield from (f"{name}=", f"{name}.", *([f"{name} "] if ends == " " else []))
        yield from (f"{key.path}{ends}" for key in catalog.run_keys() if key.path.startswith(body))
        return
    depth = body.count(".") + 1
    for key in keys(full_name(head), before):
        parts = [head, *key.path.split(".")[1:]]
        shown = ".".join(parts[:depth])
        if shown.startswith(body):
            yield f"{shown}." if len(parts) > depth else f"{shown}{ends}"


def values(key: str, value: str, before: list[str]) -> Iterator[str]:
    """Yield the values that complete the typed part; in a list, those of its last item."""
    place = max(value.rfind(","), value.rfind("[")) + 1
    done, item = value[:place], value[place:]
    taken = set(re.split(r"[,\[\]]", done))
    group = full_name(key.split("@")[0])
    if group in catalog.groups():
        more = "" if "[" in done and "]" not in done else " "  # an open list continues
        found = list(starting(item, catalog.option_files(group))) or option_meant(group, item)
        yield from (f"{done}{option}{more}" for option in found if option not in taken)
        return
    full = full_name(key)
    for known in [*keys(full.split(".")[0], before), *catalog.run_keys()]:
        if known.path == full:
            if full.rpartition(".")[2] in FILES:
                yield from (f"{done}{path}" for path in files(item))
            else:
                yield from (f"{done}{v} " for v in starting(item, literals(known)) if v not in taken)


def option_meant(group: str, item: str) -> list[str]:
    """Return the option that a word of the field begins to name (`gradient_desc`: `sgd`), if it is one."""
    found = [name for name in beginning(item) if name.startswith(f"{group}=")]
    return [found[0].partition("=")[2]] if len(found) == 1 and " " not in found[0] else []


def literals(key: catalog.Key) -> Iterator[str]:
    """Yield the values that the type of a key enumerates, and its default."""
    from dlx.cli.axes import shown

    for kind in key.kind.split(" or "):
        if kind == "bool":
            yield from ("true", "false")
        elif kind == "null" or "|" in kind:
            yield from kind.split("|")
    if key.default != "???" and not isinstance(key.default, dict):
        yield shown(key.default)


def keys(group: str, before: list[str]) -> list[catalog.Key]:
    """Return the keys of a group on this command line: those of its chosen or default option."""
    if group not in catalog.groups() or group == "experiment":
        return []
    chosen = catalog.option_files(group) if group in catalog.STANDING else chosen_options(before).get(group, [])
    return [key for name in chosen for key in catalog.keys(catalog.read(group, name))]


def chosen_options(before: list[str]) -> dict[str, list[str]]:
    """Return the chosen options of each group on this command line."""
    typed = {}
    for word in before:
        group, equals, value = full_name(word.lstrip("+")).partition("=")
        if equals and group.split("@")[0] in catalog.groups():
            known = catalog.option_files(group.split("@")[0])
            typed[group.split("@")[0]] = [name for name in re.split(r"[,\[\]]", value) if name in known]
    chosen = {**catalog.defaults(), **typed}
    for group in ("model", "dataset"):  # a model chooses its natural dataset, a dataset its objective
        for name in chosen.get(group, []):
            chosen |= {other: [o] for other, o in catalog.read(group, name).implied.items() if other not in typed}
    return chosen


def files(word: str) -> Iterator[str]:
    """Yield the files and folders that start with a token."""
    folder, name = os.path.split(word)
    place = Path(folder).expanduser()
    for path in sorted(place.iterdir() if place.is_dir() else []):
        if path.name.startswith(name) and (name.startswith(".") or not path.name.startswith(".")):
            yield os.path.join(folder, path.name) + ("/" if path.is_dir() else " ")


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
