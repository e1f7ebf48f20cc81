"""The available groups, options and keys, read from conf/ and the source files of the classes without Hydra."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from dlx import paths
from dlx.config import schema
from dlx.config.formula import formula_in
from dlx.config.node import is_node, keys_of, option_of, target_of
from dlx.config.shared_keys import BESIDE, SHARED, PlainKeys
from dlx.config.yaml_file import defaults_of, mapping_of, parsed, read_mapping, read_text
from dlx.errors import ConfigError, nearest

RUN = "dlx.config.settings.RunSettings"
WORD = r"\w[\w-]*(?:\.[\w-]+)*"  # name of an option: a file of its group's folder, never a path
STANDING = ("regularizer",)  # list groups whose members are all present in a configuration, at neutral values
# Classes that declare the keys of a group itself, which is a record of settings or has keys beside its members.
OF_THE_GROUP = {
    **{group: f"{cls.__module__}.{cls.__name__}" for group, cls in BESIDE.items()},
    "trainer": "dlx.config.settings.TrainerSettings",
    "streams": "dlx.config.settings.StreamSettings",
    "metrics": "dlx.config.settings.MetricSettings",
}
# Classes that declare the keys that all options of a group have in addition to those of their own class.
IN_COMMON = {group: tuple(f"{cls.__module__}.{cls.__name__}" for cls in records) for group, records in SHARED.items()}
IN_COMMON["model"] += (f"{PlainKeys.__module__}.{PlainKeys.__name__}",)  # in files of modules that know nothing of dlx


@dataclass(frozen=True)
class Option:
    """An option of a group, as read from its file.

    Attributes:
        group: name of the group.
        name: name of the option.
        file: path of its YAML file.
        meaning: one line that describes it.
        node: its keys and values, including those of the files in its defaults list (e.g. `_table`).
        implied: options of other groups that it also selects, e.g. the default dataset of a model.
        comments: comment after each key, e.g. `lr: 0.1  # learning rate`.
        formula: its formula in LaTeX, from the comment `# formula: ...` at the head of its file; empty without one.
    """

    group: str
    name: str
    file: Path
    meaning: str
    node: Mapping[str, Any]
    implied: Mapping[str, str]
    comments: Mapping[str, str]
    formula: str = ""


@dataclass(frozen=True)
class Key:
    """A key of the configuration.

    Attributes:
        path: its full path as typed on the command line, e.g. `optimizer.lr`.
        kind: the values that it accepts, e.g. `float > 0`.
        default: its default value.
        meaning: one sentence that describes it.
    """

    path: str
    kind: str
    default: Any
    meaning: str


def groups() -> dict[str, str]:
    """Return all groups with a one-line description of each, in the order of the configuration."""
    folders = {path.name for root in paths.roots("conf") for path in root.iterdir() if any(path.glob("*.yaml"))}
    run = schema.read_class(RUN)
    assert run is not None
    known = {key.name: key.meaning for key in run.parameters if key.name in folders}
    others = dict.fromkeys(sorted(folders - set(known) - {"hydra"}), "")
    return {**known, **others, "experiment": "experiments and studies: sweeps that ship with dlx, or your own"}


def option_files(group: str) -> dict[str, Path]:
    """Return the file of each option of a group by its name, one word, including the user's own options."""
    found = (
        [file for root in paths.roots("experiments") for file in root.glob("*.yaml")]
        if group == "experiment"
        else [file for root in paths.roots("conf") for file in (root / group).glob("*.yaml")]
    )
    named = [file for file in found if re.fullmatch(WORD, file.stem) and not file.stem.startswith("_")]
    return {file.stem: file for file in sorted(named, key=lambda file: file.stem)}


def meaning(file: Path) -> str:
    """Return the one-line description of an option: the first comment of its file, or the title of a study."""
    for line in read_text(file).splitlines():
        text = line.lstrip("# ").rstrip()
        if line.startswith("#") and text and not text.startswith("@package") and text != f"experiments/{file.name}":
            return text
        if re.match(r"  title: ", line):
            return line.partition(":")[2].strip().strip("\"'")
    return ""


def read(group: str, name: str) -> Option:
    """Read an option together with the files in its defaults list.

    Raises:
        ConfigError: If the group or the option does not exist, or a file cannot be read.
    """
    files = option_files(group)
    if not files:
        raise ConfigError(f"{group}: no such group{nearest(group, groups(), 'dlx axes')}")
    if name not in files:
        raise ConfigError(f"{group}={name}: no such {group}{nearest(name, files, f'dlx axes {group}')}")
    node: dict[str, Any] = {}
    implied: dict[str, str] = {}
    comments: dict[str, str] = {}
    _include(files[name], node, implied, comments)
    formula = formula_in(read_text(files[name]))
    return Option(group, name, files[name], meaning(files[name]), node, implied, comments, formula)


def _include(
    file: Path,
    node: dict[str, Any],
    implied: dict[str, str],
    comments: dict[str, str],
    including: tuple[Path, ...] = (),
) -> None:
    """Merge a file and the files of the same group in its defaults list into the three mappings, in Hydra's order."""
    text = read_text(file)
    own = mapping_of(parsed(text, file), file)
    entries = defaults_of(own, file)
    own.pop("defaults", None)
    if "_self_" not in entries:
        entries = [*entries, "_self_"]
    folders = [root / file.parent.name for root in paths.roots("conf")]
    for entry in entries:
        if entry == "_self_":
            node.update(own)
            comments.update(re.findall(r"^ *(\w+): .*?\s# (.*)$", text, re.M))
        elif isinstance(entry, str):
            if not re.fullmatch(rf"/?(\w+/)*{WORD}", entry.partition("@")[0]):
                raise ConfigError(f"{file}: defaults: {entry!r} is a path; expected the name of an option")
            beside = [folder / f"{entry}.yaml" for folder in (*folders, file.parent)]
            for path in [path for path in beside if path.is_file()][:1]:
                if path in (*including, file):
                    raise ConfigError(f"{file}: its defaults list includes {path}, which includes this file")
                _include(path, node, implied, comments, (*including, file))
        else:
            for key, value in entry.items():
                group, _, place = key.removeprefix("/").partition("@")
                nested = place and not key.startswith("override ") and not place.startswith("_global_")
                if nested and isinstance(value, str):
                    node[place] = dict(read(group, value).node)  # a nested option
                else:
                    implied[re.sub(r"^(override )?/?|@.*$", "", key)] = value


def parts(option: Option) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield path and node of each class that an option names: the option itself, or each member of a list group."""
    if is_node(option.node):
        yield option.group, option.node
    for name, node in option.node.items():
        if is_node(node):
            yield f"{option.group}.{name}", node


def keys(option: Option) -> list[Key]:
    """Return the keys of an option: those of its classes and those that all options of its group share."""
    found = []
    common = {item.name: item for target in IN_COMMON.get(option.group, ()) for item in _parameters(target)}
    for path, node in parts(option):
        target = target_of(node)
        own = {item.name: item for item in _parameters(target)}
        values = {**schema.neutral_values(target), **keys_of(node)}
        for name in dict.fromkeys([*own, *values]):
            known = own.get(name) or common.get(name) or schema.Parameter(name, _kind(target, name, values.get(name)))
            text = known.meaning or option.comments.get(name, "")
            value = values.get(name, "???")
            value = option_of(target_of(value)) if is_node(value) else value
            found.append(Key(f"{path}.{name}", known.kind, value, text))
            for item in _parameters(known.below) if known.below else ():
                default = value.get(item.name, "???") if isinstance(value, dict) else "???"
                found.append(Key(f"{path}.{name}.{item.name}", item.kind, default, item.meaning))
    if option.group in OF_THE_GROUP:
        record = OF_THE_GROUP[option.group]
        values = {**schema.neutral_values(record), **option.node}
        found += [
            Key(f"{option.group}.{item.name}", item.kind, values.get(item.name), item.meaning)
            for item in _parameters(record)
        ]
    return found


def run_keys() -> list[Key]:
    """Return the top-level keys of a run that are not groups, e.g. `seed`."""
    defaults = read_mapping(paths.shipped("conf") / "train.yaml")
    known = groups()
    return [
        Key(item.name, item.kind, defaults.get(item.name), item.meaning)
        for item in _parameters(RUN)
        if item.name not in known
    ]


def defaults() -> dict[str, list[str]]:
    """Return the default options of each group."""
    return {group: option if isinstance(option, list) else [option] for group, option in _chosen().items() if option}


def list_groups() -> set[str]:
    """Return the groups from which several options can be chosen at once."""
    return {group for group, option in _chosen().items() if isinstance(option, list)}


def _chosen() -> dict[str, Any]:
    """Return the option, or list of options, that train.yaml selects in each group."""
    entries = read_mapping(paths.shipped("conf") / "train.yaml")["defaults"]
    pairs = [pair for entry in entries if isinstance(entry, dict) for pair in entry.items()]
    return {group: option for group, option in pairs if re.fullmatch(r"\w+", group)}


def _parameters(target: str) -> tuple[schema.Parameter, ...]:
    source = schema.read_class(target)
    return source.parameters if source else ()


def _kind(target: str, name: str, value: object) -> str:
    """Return a description of the kind of a key that no source declares: of torch's own, or the type of its value.

    torch is imported here, not at the top of the module, so that `dlx axes` starts quickly.
    """
    if not target.startswith("torch."):
        return type(value).__name__ if isinstance(value, bool | int | float) else "any"
    from dlx.config.kinds import describe
    from dlx.config.torch_classes import keys_of, kind_of

    kind = kind_of(target.rpartition(".")[2], name) or keys_of(resolve_name(target)).get(name)
    return describe(kind) if kind is not None else "any"


def file_of(config: str) -> Path:
    """Return the file of a Hydra config name (`model/mine` -> conf/model/mine.yaml), preferably the user's own file."""
    return next((f for r in reversed(paths.roots("conf")) if (f := r / f"{config}.yaml").is_file()), Path(config))
