"""Positions of the steps of a sequence: added to the features of each step, or as rotations of queries and keys."""

from __future__ import annotations

import torch
from torch import Tensor, nn

BASE = 10000.0  # the longest wavelength is 2π times this (Vaswani et al. 2017, section 3.5)
SPREAD = 0.02  # standard deviation of learned positions before training (Radford et al. 2018)


def angles(time: int, features: int, like: Tensor, first: int = 0) -> Tensor:
    """Return the angles t / 10000^(2i / features) of step t and pair i (time, half of features, rounded up).

    Args:
        time: number of steps.
        features: number of features, two for each angle.
        like: tensor whose device is used, and whose precision if it is at least single.
        first: position of the first step.
    """
    kind = torch.promote_types(like.dtype, torch.float32)
    steps = torch.arange(first, first + time, device=like.device, dtype=kind)
    pairs = torch.arange(0, features, 2, device=like.device, dtype=kind)
    return steps.unsqueeze(1) * BASE ** (-pairs / features)


def sinusoids(time: int, features: int, like: Tensor, first: int = 0) -> Tensor:
    """Return sines (even features) and cosines (odd features) of the angles of each step (time, features).

    Vaswani et al. 2017, section 3.5. See `angles` for the arguments.
    """
    angle = angles(time, features, like, first)
    return torch.stack([angle.sin(), angle.cos()], -1).flatten(1)[:, :features].to(like.dtype)


def rotate(x: Tensor, first: int = 0) -> Tensor:
    """Return queries or keys with each pair of features rotated by the angle of its step.

    The dot product of a rotated query and a rotated key depends on their distance in time, not on their positions (Su
    et al. 2021, eq. 34).

    Args:
        x: queries or keys (..., time, features), with an even number of features.
        first: position of the first step.
    """
    angle = angles(x.shape[-2], x.shape[-1], x, first)
    sine, cosine = angle.sin().to(x.dtype), angle.cos().to(x.dtype)
    even, odd = x[..., ::2], x[..., 1::2]
    return torch.stack([even * cosine - odd * sine, even * sine + odd * cosine], -1).flatten(-2)


class NoPositions(nn.Module):
    """Add nothing to sequences (batch, time, features)."""

    def forward(self, x: Tensor, first: int = 0) -> Tensor:
        """Return the sequences."""
        return x


class SinusoidalPositions(nn.Module):
    """Add sines and cosines of the position to each step of sequences (batch, time, features)."""

    def forward(self, x: Tensor, first: int = 0) -> Tensor:
        """Return sequences of the same shape; `first` is the position of their first step."""
        return x + sinusoids(x.shape[1], x.shape[2], x, first)


class LearnedPositions(nn.Module):
    """Add a learned vector for the position to each step of sequences (batch, time, features) (Gehring et al. 2017).

    The vectors are drawn from a normal distribution with standard deviation 0.02, as in Radford et al. (2018);
    initializers do not change them.

    Args:
        length: number of positions, which is the length of the longest sequence.
        features: number of features of a step.
    """

    def __init__(self, length: int, features: int) -> None:
        super().__init__()
        self.vectors = nn.Embedding(length, features)
        nn.init.normal_(self.vectors.weight, std=SPREAD)

    def forward(self, x: Tensor, first: int = 0) -> Tensor:
        """Return sequences of the same shape; `first` is the position of their first step.

        Raises:
            ValueError: If the sequences have more steps than there are positions.
        """
        after = first + x.shape[1]
        check_length(after, self.vectors.num_embeddings)
        return x + self.vectors(torch.arange(first, after, device=x.device))


def check_length(time: int, positions: int) -> None:
    """Refuse sequences that are longer than the learned positions.

    Raises:
        ValueError: If they are; the message names the key of the model.
    """
    if time > positions:
        raise ValueError(
            f"max_length: learned positions exist for {positions} steps, the sequences have {time}; expected at least "
            f"{time}, or positions=sinusoidal"
        )
