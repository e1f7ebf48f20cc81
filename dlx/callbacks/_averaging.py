"""The base class of callbacks that average weights."""

from __future__ import annotations

from typing import Any

import lightning
from lightning.pytorch.callbacks import WeightAveraging
from torch import nn
from torch.optim.swa_utils import AveragedModel

from dlx.contracts.callbacks import Callback


class AveragesNetwork(WeightAveraging, Callback):
    """Averages the weights of the network alone, so that the data of the run are not copied with the module."""

    ends_with_run = True

    def setup(self, trainer: lightning.Trainer, pl_module: Any, stage: str) -> None:
        """Create the averaged network."""
        if stage == "fit":
            holder = nn.Module()
            holder.network = pl_module.network  # so that the names of the weights are those of the module
            self._average_model = AveragedModel(
                holder, device=self._device, use_buffers=self._use_buffers, **self._kwargs
            )
