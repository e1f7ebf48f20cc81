"""The contract of the group callbacks: Lightning's own, with the values that the program passes."""

from __future__ import annotations

from typing import ClassVar

import lightning

from dlx.contracts.contract import Contract


class Callback(lightning.Callback, Contract):
    """A callback of Lightning's trainer; a user's class inherits from `lightning.Callback` and needs nothing else.

    With a callback the training takes Lightning's ordinary path: a training step is one batch (a
    `dlx.contracts.Batch`), a validation step the whole validation split, and every hook is called where Lightning's
    documentation says. Metrics such as `val/loss` are in `trainer.callback_metrics` from the end of the first
    validation on. The network is `pl_module.network`. A state (`state_dict`) may hold tensors, numbers, words and
    containers of these, and is part of the checkpoint from which a run is resumed.

    Attributes:
        ends_with_run: whether it changes the weights when a run ends, or counts from its end, as averages of weights
            do; a finished run with it cannot be trained longer.

    Run-time values, for a constructor that has parameters of these names before the star:
        monitor_of_run: the metric that selects the best weights of the run, e.g. `val/loss`.
        better: function that returns `min` or `max` for the name of a metric.
        folder: the folder of the run, a `pathlib.Path`.
    """

    given: ClassVar[tuple[str, ...]] = ("monitor_of_run", "better", "folder")
    ends_with_run: ClassVar[bool] = False
