"""`dlx new`: write an option of your own into the current folder, with its YAML file and a test that passes."""

from __future__ import annotations

import builtins
import keyword
import sys
from importlib.machinery import PathFinder
from pathlib import Path
from string import Template

from dlx import paths
from dlx.cli.flags import Flags
from dlx.cli.text import Help
from dlx.config import catalog
from dlx.config.aliases import full_name
from dlx.errors import ConfigError, nearest
from dlx.files import write_new

TEMPLATES = Path(__file__).parent / "templates"  # a folder for each group, laid out as the files that are written
NEXT = "next.txt"  # the commands to give afterwards
HELP = Help(
    usage=["dlx new GROUP NAME"],
    summary="Write an option of your own into the current folder: a class in NAME.py, its keys in conf/GROUP/NAME.yaml "
    "and a test in test_NAME.py; or a study in experiments/NAME.yaml. They work as they are; change them to what you "
    "need. Existing files are left alone.",
    sections={
        "examples": {
            "dlx new model mine": "a model: dlx train model=mine --admit mine",
            "dlx new dataset rings": "a dataset",
            "dlx new study depth": "a study: dlx study run depth",
        },
        "options": {"-h, --help": "print this page"},
    },
)


def main(arguments: list[str]) -> int:
    """Write the files of one option and return the exit code."""
    wanted = Flags("dlx new").read(arguments)
    if wanted.help:
        print(HELP)
        return 0
    if len(wanted.words) != 2:
        raise ConfigError(f"dlx new: expected GROUP NAME, e.g. model mine; a group is one of {', '.join(groups())}")
    group, name = full_name(wanted.words[0]), wanted.words[1]
    if group not in groups():
        raise ConfigError(f"dlx new {group}: there is no template{nearest(group, groups())}")
    check_name(group, name)
    files = contents(group, name)
    check_places(files)
    for file, text in files.items():
        write_new(Path.cwd() / file, text)
        print(f"new   {file}")
    for line in filled(TEMPLATES / group / NEXT, name).splitlines():
        print(f"next  {line}")
    return 0


def groups() -> list[str]:
    """Return the groups that have a template."""
    return sorted(folder.name for folder in TEMPLATES.iterdir() if folder.is_dir())


def check_name(group: str, name: str) -> None:
    """Refuse a name that cannot be that of a module and an option, or that is taken.

    Raises:
        ConfigError: It cannot; the message says why.
    """
    options = "experiment" if group == "study" else group
    if not name.isidentifier() or name.startswith("_"):
        raise ConfigError(f"dlx new {group} {name}: expected a name of letters, digits and _, such as my_{group}")
    if keyword.iskeyword(name) or name in vars(builtins):
        raise ConfigError(f"dlx new {group} {name}: is a word of Python; expected another name, such as my_{name}")
    if name in catalog.option_files(options):
        file = catalog.option_files(options)[name]
        raise ConfigError(f"dlx new {group} {name}: {options}={name} exists ({file}); expected another name")
    if group != "study" and (name in sys.stdlib_module_names or installed(name)):
        raise ConfigError(f"dlx new {group} {name}: a module of this name is installed; expected another one")


def installed(name: str) -> bool:
    """Return whether Python finds a module of this name outside the current folder."""
    here = {"", str(Path.cwd())}
    return PathFinder.find_spec(name, [place for place in sys.path if place not in here]) is not None


def contents(group: str, name: str) -> dict[Path, str]:
    """Return the text of each file of an option by its path, relative to the current folder."""
    folder = TEMPLATES / group
    files = sorted(file for file in folder.rglob("*.txt") if file.name != NEXT)
    return {
        Path(str(file.relative_to(folder)).removesuffix(".txt").replace("NAME", name)): filled(file, name)
        for file in files
    }


def filled(template: Path, name: str) -> str:
    """Return the text of a template with the name of the option and of its class."""
    cls = "".join(word[:1].upper() + word[1:] for word in name.split("_"))
    return Template(template.read_text(encoding="utf-8")).substitute(name=name, cls=cls)


def check_places(files: dict[Path, str]) -> None:
    """Refuse to write over a file, or among the options that ship with dlx.

    Raises:
        ConfigError: A file exists; the message names it.
    """
    for file in files:
        place, top = Path.cwd() / file, file.parts[0]
        if place.exists() or place.is_symlink():
            raise ConfigError(f"{file}: exists, and dlx new writes over nothing; choose another name or move it away")
        if len(file.parts) > 1 and (Path.cwd() / top).resolve() == paths.shipped(top).resolve():
            raise ConfigError(f"{top}: belongs to dlx itself; change to a folder of your own (CONTRIBUTING.md for dlx)")
