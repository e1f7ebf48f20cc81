"""The splits of a dataset of the Hugging Face hub, through its library."""

from __future__ import annotations

import os
import shlex
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from dlx.errors import ConfigError

PACKAGE = "datasets>=4"  # earlier ones could run the programs of a dataset
HOST = "huggingface.co"
PARTS = {"train": ("train", "training"), "val": ("validation", "valid", "val", "dev"), "test": ("test", "testing")}
OFFLINE = "without a network: dataset=digits, or files of yours with dataset=image_folder"


@dataclass(frozen=True)
class Source:
    """A dataset of the hub.

    Attributes:
        path: its name, or a local folder of files of the same layout.
        name: name of its configuration; None: the only or usual one.
        revision: a branch, tag or commit of it; None: the newest.
        image: name of the column of pictures; None: it is found.
        label: name of the column of classes; None: it is found.
    """

    path: str
    name: str | None = None
    revision: str | None = None
    image: str | None = None
    label: str | None = None


def loaded(source: Source) -> Mapping[str, Any]:
    """Return the splits of a dataset by name; files are downloaded once, and no program of the dataset is run.

    Raises:
        ConfigError: the library is missing, the hub cannot be reached, or there is no such dataset.
    """
    if find_spec("datasets") is None:
        command = f"{shlex.quote(sys.executable)} -m pip install {shlex.quote(PACKAGE)}"
        raise ConfigError(
            f"dataset: {source.path} is read by Hugging Face datasets, which is not installed; the extra dlx[hub] "
            f"brings it: {command}; {OFFLINE}"
        )
    local = Path(source.path).expanduser()
    if not local.exists() and "datasets" not in sys.modules and not reachable():
        os.environ.setdefault("HF_HUB_OFFLINE", "1")  # what is in the cache is found, and nothing is tried for minutes
    import datasets

    if not sys.stderr.isatty():
        datasets.disable_progress_bars()
    datasets.logging.set_verbosity_error()
    path = str(local) if local.exists() else source.path
    try:
        return datasets.load_dataset(path, source.name, revision=source.revision)  # type: ignore[no-any-return]
    except ConnectionError:
        raise ConfigError(
            f"dataset.path: {source.path} is not on this machine, and the Hugging Face hub ({HOST}) cannot be reached; "
            f"connect to a network, or bring a copy: hf download {shlex.quote(source.path)} --repo-type dataset "
            f"--local-dir COPY, then dataset.path=COPY; {OFFLINE}"
        ) from None
    except FileNotFoundError as error:
        raise ConfigError(
            f"dataset.path: there is no dataset {source.path!r}, neither here nor on the Hugging Face hub, or it is "
            f"for members only: hf auth login ({short(error)})"
        ) from None
    except Exception as error:  # the library raises any error
        scripts = "no program of a dataset is run; " if "script" in str(error).casefold() else ""
        raise ConfigError(f"dataset.path: {source.path} cannot be loaded; {scripts}{short(error)}") from None


def reachable() -> bool:
    """Return whether the address of the hub can be looked up, or a proxy is set that does it."""
    if any(os.environ.get(name) for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "HF_ENDPOINT")):
        return True
    try:
        socket.getaddrinfo(HOST, 443)
    except OSError:
        return False
    return True


def short(error: Exception) -> str:
    """Return the message of an error in one line of limited length."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 200 else text[:200] + "…"


def in_parts(splits: Mapping[str, Any], source: Source) -> tuple[dict[str, Any], list[str]]:
    """Return the splits as `train`, `val` and `test`, a single one as "", and the names of those that are not used.

    Raises:
        ConfigError: there are several, and none is for training.
    """
    if len(splits) == 1:
        return {"": next(iter(splits.values()))}, []
    named = {part: next((name for name in names if name in splits), "") for part, names in PARTS.items()}
    if not named["train"]:
        raise ConfigError(f"dataset.path: {source.path} has the splits {', '.join(splits)}; expected one called train")
    unused = [name for name in splits if name not in named.values()]
    return {part: splits[name] for part, name in named.items() if name}, unused
