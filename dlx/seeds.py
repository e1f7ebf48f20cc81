"""Streams of randomness: split, init, order and data, each its own, all derived from `seed` unless fixed alone."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

NAMES = ("split", "init", "order", "data")


def derive(seed: int, *words: str | int) -> int:
    """Return a 63-bit seed that depends on `seed` and on every word, mixed by BLAKE2 (microseconds: once an epoch)."""
    text = "/".join(map(str, (seed, *words)))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


@dataclass(frozen=True)
class Streams:
    """The seeds of a run: which examples are held out, the first weights, the order of batches, the drawn data."""

    split: int
    init: int
    order: int
    data: int

    @classmethod
    def of(cls, seed: int, fixed: Mapping[str, int | None]) -> Streams:
        """Derive each stream from `seed`; a stream that is fixed alone stays the same while `seed` is swept."""
        chosen = {name: seed if fixed.get(name) is None else fixed[name] for name in NAMES}
        return cls(**{name: derive(int(chosen[name]), name) for name in NAMES})  # type: ignore[arg-type]
