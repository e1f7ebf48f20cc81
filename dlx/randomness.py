"""The states of torch's global random generators, which dropout draws from: a resumed run goes on from them."""

from __future__ import annotations

import torch
from torch import Tensor


def seed_noise(seed: int, device: torch.device) -> None:
    """Seed the global generators that a training on the device draws from."""
    if device.type == "cpu":
        torch.default_generator.manual_seed(seed)  # torch.manual_seed asks every backend: half a millisecond
    else:
        torch.manual_seed(seed)


def random_states(device: torch.device) -> dict[str, Tensor]:
    """Return the state of the CPU's generator, and of the device's where it has one."""
    states = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(device)
    elif device.type == "mps":
        states["mps"] = torch.mps.get_rng_state()
    return states


def set_random_states(states: dict[str, Tensor], device: torch.device) -> None:
    """Go on drawing where `random_states` was taken."""
    torch.set_rng_state(states["cpu"])
    if "cuda" in states and device.type == "cuda":
        torch.cuda.set_rng_state(states["cuda"], device)
    elif "mps" in states and device.type == "mps":
        torch.mps.set_rng_state(states["mps"])
