"""Random seeds: the streams split, init, order and data, derived from `seed`, and the states of torch's generators."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

NAMES = ("split", "init", "order", "data")


def derive(seed: int, *words: str | int) -> int:
    """Return a 63-bit seed that depends on `seed` and on every word, mixed by BLAKE2 (microseconds: once an epoch)."""
    text = "/".join(map(str, (seed, *words)))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


@dataclass(frozen=True)
class Streams:
    """Seeds of a run: of the split, the initial weights, the order of batches, and synthetic data."""

    split: int
    init: int
    order: int
    data: int

    @classmethod
    def of(cls, seed: int, fixed: Mapping[str, int | None]) -> Streams:
        """Return streams derived from `seed`, or from their own seed if one is given."""
        chosen = {name: seed if fixed.get(name) is None else fixed[name] for name in NAMES}
        return cls(**{name: derive(int(chosen[name]), name) for name in NAMES})  # type: ignore[arg-type]


def seed_noise(seed: int, device: torch.device) -> None:
    """Seed the global generators of torch on the CPU and the device."""
    if device.type == "cpu":
        torch.default_generator.manual_seed(seed)  # torch.manual_seed asks every backend: half a millisecond
    else:
        torch.manual_seed(seed)


def random_states(device: torch.device) -> dict[str, Tensor]:
    """Return the states of the CPU's generator and, if it has one, the device's."""
    states = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(device)
    elif device.type == "mps":
        states["mps"] = torch.mps.get_rng_state()
    return states


def set_random_states(states: dict[str, Tensor], device: torch.device) -> None:
    """Restore the states that `random_states` returned."""
    torch.set_rng_state(states["cpu"])
    if "cuda" in states and device.type == "cuda":
        torch.cuda.set_rng_state(states["cuda"], device)
    elif "mps" in states and device.type == "mps":
        torch.mps.set_rng_state(states["mps"])
