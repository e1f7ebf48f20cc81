"""YAML files that would hang the program, exhaust its memory or be misread: each is answered by one message."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from dlx import paths
from dlx.config.yaml_file import DEEPEST, LARGEST, MOST, defaults_of, read_mapping, read_yaml
from dlx.errors import ConfigError

BOMB = "a0: &a0 [1, 1]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))
BAD: list[tuple[str, str]] = [
    (BOMB, f"at most {MOST:,} values"),
    ("a: &a [*a]\n", r"\*a in line 1 refers to itself"),
    ("{a: " * 800 + "1" + "}" * 800, f"at most {DEEPEST} levels"),
    ("[" * 100_000, "maximum nesting depth"),
    ("a:\n\tb: 1\n", "line 2, column 1.*spaces, not with tabs"),
    ("a: 1\na: 2\n", "a is given twice .line 2"),
    ("a: !!int x\n", "cannot be read as YAML"),
    ("a: !!int\n", "cannot be read as YAML"),
    ("a: !!python/object/apply:os.system [x]\n", "could not determine a constructor"),
    (f"a: {'9' * 400}\n", "more than 300 digits"),
    (f"a: {'9' * 5000}\n", "cannot be read as YAML"),
    ("a: \x00\n", "cannot be read as YAML"),
    ("- 1\n", "expected keys and values"),
    ("1: 2\n", "expected words as keys"),
]


@pytest.mark.parametrize(("text", "message"), BAD, ids=range(len(BAD)))
def test_what_cannot_be_read(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=rf"(?s)mine\.yaml: .*{message}") as caught:
        read_mapping(file)
    assert "\n" not in str(caught.value)


def test_what_is_no_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    os.mkfifo(file)
    with pytest.raises(ConfigError, match=r"mine\.yaml: expected a file of YAML, got a pipe"):
        read_yaml(file)
    file.unlink()
    file.mkdir()
    with pytest.raises(ConfigError, match="got a folder"):
        read_yaml(file)
    file.rmdir()
    file.symlink_to("/dev/zero")
    with pytest.raises(ConfigError, match="got a device"):
        read_yaml(file)
    file.unlink()
    file.symlink_to(file)
    with pytest.raises(ConfigError, match=r"mine\.yaml: cannot be read"):
        read_yaml(file)
    with socket.socket(socket.AF_UNIX) as own:
        own.bind("s.yaml")  # a short name: the test stands in its own folder
        with pytest.raises(ConfigError, match="got a socket"):
            read_yaml(Path("s.yaml"))


def test_a_large_file_and_another_encoding(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    with file.open("wb") as stream:
        stream.truncate(LARGEST * 1000)  # a sparse file of 1 GB
    with pytest.raises(ConfigError, match=r"mine\.yaml: expected at most 1,000,000 bytes of YAML, got 1,000,000,000"):
        read_yaml(file)
    file.write_bytes("a: 1\nb: Käse\n".encode("latin-1"))
    with pytest.raises(ConfigError, match=r"expected text in UTF-8, but line 2 holds the byte 0xe4"):
        read_yaml(file)
    file.write_bytes("\ufeffb: Käse\n".encode())
    assert read_yaml(file) == {"b": "Käse"}


@pytest.mark.parametrize(
    "defaults", [5, "e", [5], [[1]], [{"a": "b", "c": "d"}], [{"a": 5}], [{"a": {"b": 1}}], [None]]
)
def test_a_defaults_list_of_another_form(defaults: object) -> None:
    with pytest.raises(ConfigError, match=r"mine\.yaml: defaults: expected"):
        defaults_of({"defaults": defaults}, Path("mine.yaml"))


def test_reads_what_omegaconf_reads(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("a: 1e-3\nb: 2024-01-01\nc: .5\nd: -.5\ne: 1_000\nf: 1:30\ng: [on, null, .inf]\nh: +1.5E+2\n")
    assert read_yaml(file) == OmegaConf.to_container(OmegaConf.load(file))
    for shipped in sorted((paths.shipped("conf") / "model").glob("*.yaml"))[:5]:
        assert read_yaml(shipped) == OmegaConf.to_container(OmegaConf.load(shipped))
