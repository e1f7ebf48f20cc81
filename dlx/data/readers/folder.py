"""Where the pictures of a folder lie: folders of classes, pictures with masks, or pictures alone, in parts or not."""

from __future__ import annotations

import shlex
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dlx.data.readers.picture import SUFFIXES
from dlx.errors import ConfigError, nearest, pasted
from dlx.files import is_folder, is_there

PARTS = {  # names of folders that hold a split
    "train": ("train", "training"),
    "val": ("val", "valid", "validation", "dev"),
    "test": ("test", "testing"),
}
IMAGES, MASKS = "images", "masks"
OF_THE_SYSTEM = ("thumbs.db", "desktop.ini")  # left by file managers
EXPECTED = "expected a folder for each class ({0}/cats, {0}/dogs), or {0}/images and {0}/masks"


@dataclass(frozen=True)
class Example:
    """A picture with its class or its mask.

    Attributes:
        picture: its file.
        label: the name of its class, or "".
        mask: the file of its mask, or None.
    """

    picture: Path
    label: str = ""
    mask: Path | None = None


@dataclass
class Found:
    """The pictures of a folder.

    Attributes:
        parts: examples of each split; the only part is called "" where the folder defines no split.
        other: files that are no pictures.
    """

    parts: dict[str, list[Example]] = field(default_factory=dict)
    other: list[Path] = field(default_factory=list)


@dataclass(frozen=True)
class Listing:
    """The folders, pictures and other files directly in a folder, by name; hidden ones are left out."""

    folders: list[Path]
    pictures: list[Path]
    other: list[Path]

    @classmethod
    def of(cls, folder: Path) -> Listing:
        """Return what lies in a folder."""
        try:
            seen = sorted(path for path in folder.iterdir() if not path.name.startswith((".", "__MACOSX")))
        except OSError as error:
            raise ConfigError(f"dataset.path: {folder} cannot be read ({error.strerror})") from None
        files = [path for path in seen if is_there(path) and path.name.casefold() not in OF_THE_SYSTEM]
        pictures = [path for path in files if path.suffix.casefold() in SUFFIXES]
        return cls([p for p in seen if is_folder(p)], pictures, [p for p in files if p not in set(pictures)])


def find_pictures(root: Path, nested: bool) -> Found:
    """Return the pictures of a folder with their classes or masks.

    Args:
        root: the folder.
        nested: whether pictures in folders below that of a class belong to the class.

    Raises:
        ConfigError: there is no such folder, or its layout is none of those that are known; it says what to do.
    """
    check_folder(root)
    top, found = Listing.of(root), Found()
    split = {part_of(folder): folder for folder in top.folders if part_of(folder)}
    if "train" in split and len(split) == len(top.folders) > 1:
        beside(root, top, "the folders train, val and test")
        for part in (name for name in PARTS if name in split):
            found.parts[part] = examples_of(split[part], nested, found)
        check_same_classes(root, split, found)
    else:
        found.parts[""] = examples_of(root, nested, found, top)
    return found


def check_folder(root: Path) -> None:
    """Refuse a path that is no folder.

    Raises:
        ConfigError: it says what it is.
    """
    if is_folder(root):
        return
    if is_there(root):
        packed = zipfile.is_zipfile(root) or root.name.endswith((".tar", ".gz", ".tgz", ".xz"))
        what = "an archive; unpack it first" if packed else "a file; " + EXPECTED.format("FOLDER")
        raise ConfigError(f"dataset.path: {root} is {what}")
    near = [path.name for path in root.parent.iterdir() if is_folder(path)] if is_folder(root.parent) else []
    raise ConfigError(f"dataset.path: there is no folder {str(root)!r}{nearest(root.name, near)}")


def part_of(folder: Path) -> str:
    """Return the split that a folder holds by its name, or ""."""
    return next((part for part, names in PARTS.items() if folder.name.casefold() in names), "")


def examples_of(folder: Path, nested: bool, found: Found, listing: Listing | None = None) -> list[Example]:
    """Return the examples of a folder that holds classes, images and masks, or pictures alone."""
    here = listing or Listing.of(folder)
    found.other += here.other
    names = {path.name.casefold(): path for path in here.folders}
    if {IMAGES, MASKS} <= set(names):
        beside(folder, here, "the folders images and masks")
        return pairs(names[IMAGES], names[MASKS], found)
    if not here.folders:
        if not here.pictures:
            raise ConfigError(
                f"dataset.path: {folder} holds no pictures ({', '.join(SUFFIXES[:3])}, ...); {EXPECTED.format(folder)}"
            )
        return [Example(picture) for picture in here.pictures]
    beside(folder, here, "the folders of the classes")
    return [example for place in here.folders for example in of_class(place, nested, found, here)]


def of_class(place: Path, nested: bool, found: Found, beside: Listing) -> Iterator[Example]:
    """Yield the pictures of the folder of a class."""
    here = Listing.of(place)
    pictures = list(here.pictures)
    found.other += here.other
    deeper = [path for path in sorted(place.rglob("*")) if path.suffix.casefold() in SUFFIXES and is_there(path)]
    deeper = [path for path in deeper if path not in set(pictures) and not hidden(path.relative_to(place))]
    if deeper and nested:
        pictures += deeper
    elif deeper:
        inner = deeper[0].parent
        alone = len(beside.folders) == 1 and not pictures
        remedy = (
            f"if the classes are the folders in {place}: {pasted('dataset.path', str(place))}"
            if alone
            else f"if they belong to the class {place.name!r}: dataset.nested=true"
        )
        raise ConfigError(
            f"dataset.path: {inner} is a folder inside the folder of a class, with {len(deeper)} pictures below "
            f"{place.name!r}; {remedy}"
        )
    if not pictures:
        raise ConfigError(
            f"dataset.path: {place}, the folder of a class, holds no pictures; put some there, or remove it: "
            f"rm -r {shlex.quote(str(place))}"
        )
    for picture in pictures:
        yield Example(picture, place.name)


def hidden(path: Path) -> bool:
    """Return whether a path, or a folder on it, is hidden."""
    return any(part.startswith((".", "__MACOSX")) for part in path.parts)


def beside(folder: Path, here: Listing, what: str) -> None:
    """Refuse pictures that lie beside folders.

    Raises:
        ConfigError: it names the first one.
    """
    if here.pictures:
        count = f" and {len(here.pictures) - 1} more" if len(here.pictures) > 1 else ""
        verb = "lie" if count else "lies"
        raise ConfigError(
            f"dataset.path: {here.pictures[0]}{count} {verb} beside {what} in {folder}; move them into one of them"
        )


def pairs(images: Path, masks: Path, found: Found) -> list[Example]:
    """Return pictures with the masks of the same names, whatever their endings.

    Raises:
        ConfigError: one of a pair is missing, or two files have the same name.
    """
    sides = []
    for folder in (images, masks):
        here = Listing.of(folder)
        found.other += here.other
        if here.folders:
            raise ConfigError(
                f"dataset.path: {here.folders[0]} is a folder inside {folder.name}; expected the files themselves"
            )
        if not here.pictures:
            raise ConfigError(f"dataset.path: {folder} holds no pictures; expected one for each of the other folder")
        named: dict[str, Path] = {}
        for path in here.pictures:
            if path.stem in named:
                raise ConfigError(f"dataset.path: {named[path.stem]} and {path.name} have the same name; keep one")
            named[path.stem] = path
        sides.append(named)
    for one, other, kind in ((sides[0], sides[1], MASKS), (sides[1], sides[0], IMAGES)):
        lonely = [path for name, path in one.items() if name not in other]
        if lonely:
            raise ConfigError(
                f"dataset.path: {len(lonely)} of {len(one)} files in {lonely[0].parent.name} have no file of the same "
                f"name in {kind}, the first is {lonely[0]}{nearest(lonely[0].stem, other)}"
            )
    return [Example(path, mask=sides[1][name]) for name, path in sides[0].items()]


def check_same_classes(root: Path, split: dict[str, Path], found: Found) -> None:
    """Refuse parts that do not hold the same classes, or not the same kind of examples.

    Raises:
        ConfigError: it names the class and the folder that lacks it.
    """
    kinds = {
        part: "masks" if examples[0].mask else "classes" if examples[0].label else ""
        for part, examples in found.parts.items()
    }
    for part, kind in kinds.items():
        if kind != kinds["train"]:
            said = {"masks": "masks", "classes": "folders of classes", "": "pictures without classes"}
            raise ConfigError(
                f"dataset.path: {split[part]} holds {said[kind]}, {split['train']} {said[kinds['train']]}; expected "
                "the same in both, or move it elsewhere (dlx predict takes pictures without classes)"
            )
    labels = {part: {example.label for example in examples} for part, examples in found.parts.items()}
    for one in labels:
        for other in labels:
            missing = sorted(labels[one] - labels[other])
            if missing:
                hint = nearest(missing[0], labels[other])
                raise ConfigError(
                    f"dataset.path: {split[other]} has no folder {missing[0]!r}, which {split[one]} has"
                    f"{hint if 'did you mean' in hint else ''}"
                )
