"""The metrics of an epoch, those of its steps averaged over all devices, and its weights if they are kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from dlx.contracts.objective import Objective
from dlx.data.prepared import Split
from dlx.nn.predict import predict
from dlx.training.progress import Progress


def training_row(
    progress: Progress, divergence_factor: float, each_phase: bool, gather: Callable[[Any], Any] | None = None
) -> dict[str, float]:
    """Return the mean loss of an epoch, its mean penalty if there is one, and the mean loss of each phase.

    Args:
        progress: the state of the training after the last step of the epoch.
        divergence_factor: multiple of the first loss of the run above which a loss counts as diverged.
        each_phase: also return the mean loss of each phase, as `train/<phase>/loss`.
        gather: stacks a tensor of all devices along a new first dimension; None on a single device.

    Raises:
        Diverged: a loss is not finite or too large.
    """
    losses, sizes = step_losses(progress, gather)
    if progress.first_loss is None and losses:
        progress.first_loss = losses[0]
    progress.refuse_divergence(losses, divergence_factor)
    row = {"train/loss": sum(a * b for a, b in zip(losses, sizes, strict=True)) / sum(sizes)}
    penalties = [penalty for _, penalty, _ in progress.losses if penalty is not None]
    if penalties:
        row["train/penalty"] = torch.stack(penalties).mean().item()
    for name, values in progress.phases.items() if each_phase else ():
        row[f"train/{name}/loss"] = torch.stack(values).mean().item()
    return row


def step_losses(progress: Progress, gather: Callable[[Any], Any] | None = None) -> tuple[list[float], list[int]]:
    """Return the loss and the number of examples of each step of the epoch, over all devices."""
    losses = torch.stack([loss for loss, _, _ in progress.losses]).double()
    sizes = torch.tensor([size for _, _, size in progress.losses], device=losses.device)
    if gather is not None:
        losses, shares = gather(losses), gather(sizes)  # (devices, steps)
        losses, sizes = (losses * shares).sum(0) / shares.sum(0), shares.sum(0)
    return losses.tolist(), sizes.tolist()


def validation_row(objective: Objective, network: nn.Module, part: Split, seed: int) -> dict[str, float]:
    """Return the metrics of the validation split that are computed after each epoch, as `val/<name>`.

    Args:
        objective: the objective, which names them.
        network: the network.
        part: the validation split, on the device of the network.
        seed: seed of what the objective draws while it evaluates.
    """
    quick = objective.quick(predict(objective, network, part, seed, True), part.batch())
    values = torch.stack([value.double() for value in quick.values()]).tolist()
    return {f"val/{name}": value for name, value in zip(quick, values, strict=True)}


def copied(state: Mapping[str, Tensor], into: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return a copy of weights, in the memory of an earlier copy unless that is empty."""
    if not into:
        return {name: tensor.detach().clone() for name, tensor in state.items()}
    for name, tensor in state.items():
        into[name].copy_(tensor)
    return into
