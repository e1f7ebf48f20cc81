"""An exponential moving average of the weights."""

from __future__ import annotations

from typing import Annotated

from lightning.pytorch import callbacks

from dlx.callbacks._averaging import AveragesNetwork
from dlx.spec import BelowOne, NonNegative, Positive


class EMA(AveragesNetwork, callbacks.EMAWeightAveraging):
    """Validates and ends with an exponential moving average of the weights, as Lightning's EMAWeightAveraging does.

    After a step the average m becomes decay · m + (1 - decay) · w (Polyak & Juditsky 1992). The best weights of the run
    are those of the average, too. Buffers such as the statistics of batch normalization are averaged like weights.

    Args:
        decay: weight of the former average.
        update_every_n_steps: number of training steps between two updates.
        update_starting_at_step: first training step, counted from 0, after which the average is updated; until then it
            keeps the initial weights; null: the first one.

    Example:
        dlx train -m callbacks=ema callbacks.ema.decay=0.9,0.99
    """

    def __init__(
        self,
        *,
        decay: Annotated[float, BelowOne],
        update_every_n_steps: Annotated[int, Positive],
        update_starting_at_step: Annotated[int, NonNegative] | None,
    ) -> None:
        callbacks.EMAWeightAveraging.__init__(
            self,
            decay=decay,
            update_every_n_steps=update_every_n_steps,
            update_starting_at_step=update_starting_at_step,
        )
