"""Damaged checkpoints are found, whichever bit of them is wrong."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import torch

from dlx.config.source import source_identity
from dlx.errors import ConfigError
from dlx.files import has_checksum, with_checksum, write_whole
from dlx.results.checkpoint import load_checkpoint, load_last, readable, unchecked
from dlx.training.checkpoint import content_of

STATE = {"state_dict": {"network.weight": torch.arange(40.0)}, "epoch": 3}


def saved(file: Path, **more: Any) -> Path:
    """Write a checkpoint as a run does."""
    write_whole(file, content_of({**STATE, **more}))
    return file


def test_300_random_bit_flips_are_found(tmp_path: Path) -> None:
    file, draw = saved(tmp_path / "last.ckpt"), random.Random(0)
    content = file.read_bytes()
    for bit in draw.sample(range(len(content) * 8), 300):
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        file.write_bytes(damaged)
        with pytest.raises(ConfigError, match=r"last\.ckpt: expected a checkpoint of dlx, but it cannot be read"):
            load_checkpoint(file)
        assert source_identity(str(file)) == str(file)  # no identity of weights that are not those of the run


def test_every_bit_of_the_places_that_are_not_weights_counts(tmp_path: Path) -> None:
    content = saved(tmp_path / "last.ckpt").read_bytes()
    ends = [*range(60 * 8), *range(len(content) * 8 - 200 * 8, len(content) * 8)]
    for bit in ends:
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(ValueError, match="damaged"):
            has_checksum(bytes(damaged))


@pytest.mark.parametrize("left_out", [1, 22, 75, 97, 400])
def test_a_truncated_one_is_found(left_out: int, tmp_path: Path) -> None:
    file = saved(tmp_path / "last.ckpt")
    file.write_bytes(file.read_bytes()[:-left_out])
    with pytest.raises(ConfigError, match="damaged or truncated"):
        load_checkpoint(file)


def test_plain_torch_reads_it(tmp_path: Path) -> None:
    found = torch.load(saved(tmp_path / "last.ckpt"), weights_only=True)
    assert torch.equal(found["state_dict"]["network.weight"], torch.arange(40.0))


def test_one_of_an_earlier_version_loads_with_a_note(tmp_path: Path) -> None:
    file = tmp_path / "last.ckpt"
    torch.save(STATE, file)
    last = load_last(tmp_path)
    assert last is not None
    assert last.checkpoint["epoch"] == 3
    assert last.notes == [f"{file}: has no checksum; an earlier version of dlx wrote it"]
    content = bytearray(file.read_bytes())
    content[content.index(torch.arange(40.0).numpy().tobytes()) + 7] ^= 64  # the CRC-32 of the archive finds this
    file.write_bytes(content)
    with pytest.raises(ConfigError, match="CRC-32"):
        load_checkpoint(file)


def test_a_file_in_the_old_format_of_torch_has_no_checksum(tmp_path: Path) -> None:
    torch.save(STATE, tmp_path / "a.pt", _use_new_zipfile_serialization=False)
    assert readable(tmp_path / "a.pt") is not None
    assert unchecked(tmp_path / "a.pt")


def test_an_archive_with_a_comment_gets_no_second_one(tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        with_checksum(saved(tmp_path / "last.ckpt").read_bytes())


def test_the_old_file_is_kept_under_another_name(tmp_path: Path) -> None:
    for epoch in range(3):
        write_whole(tmp_path / "last.ckpt", content_of({**STATE, "epoch": epoch}), former=tmp_path / "previous.ckpt")
    found = [readable(tmp_path / f"{name}.ckpt") for name in ("last", "previous")]
    assert [checkpoint and checkpoint["epoch"] for checkpoint in found] == [2, 1]
    assert len(list(tmp_path.iterdir())) == 2


def test_killed_between_two_renames_the_previous_one_serves(tmp_path: Path) -> None:
    saved(tmp_path / "previous.ckpt", epoch=2)
    last = load_last(tmp_path)
    assert last is not None
    assert (last.file.name, last.checkpoint["epoch"]) == ("previous.ckpt", 2)
    assert last.notes == [f"{tmp_path / 'last.ckpt'}: is missing; resumed from the previous checkpoint"]
