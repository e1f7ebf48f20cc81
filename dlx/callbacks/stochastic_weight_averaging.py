"""Stochastic weight averaging."""

from __future__ import annotations

from typing import Annotated

from lightning.pytorch import LightningModule, Trainer

from dlx.callbacks._averaging import AveragesNetwork
from dlx.spec import OpenFraction


class StochasticWeightAveraging(AveragesNetwork):
    """Ends with the mean of the weights after each of the last epochs (Izmailov et al. 2018).

    It is built on Lightning's WeightAveraging, by which an epoch is validated with the mean of the weights so far.
    Lightning's older StochasticWeightAveraging works with automatic optimization only. It also sets a learning rate of
    its own (here the group scheduler does), and computes the statistics of batch normalization in a further epoch,
    where this class averages them like weights.

    Args:
        swa_epoch_start: fraction of the epochs after which the averaging begins.

    Example:
        dlx train -m callbacks=none,stochastic_weight_averaging optimizer=sgd optimizer.lr=0.1
    """

    def __init__(self, *, swa_epoch_start: Annotated[float, OpenFraction]) -> None:
        super().__init__()
        self.swa_epoch_start = swa_epoch_start
        self._first_epoch = 0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Compute the first epoch that is averaged."""
        self._first_epoch = int((trainer.max_epochs or 1) * self.swa_epoch_start)

    def should_update(self, step_idx: int | None = None, epoch_idx: int | None = None) -> bool:
        """Return whether the weights after this epoch are part of the mean."""
        return epoch_idx is not None and epoch_idx >= self._first_epoch
