"""A recording of a motion sensor."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from dlx.data.raw import Series
from dlx.dataset._motion import ACTIVITIES, CHANNELS, MotionSensor
from dlx.spec import NonNegative, Positive


class IMUSeries(MotionSensor):
    """One recording of an inertial measurement unit through changing activities, six series; see `dataset=imu`.

    The activity of each bout is drawn, never the same one twice in a row.

    Args:
        length: number of steps.
        bout: seconds that an activity lasts.
        rate: number of steps in a second.
        bias: standard deviation of the constant error of each channel, in m/s² and rad/s.
        drift: standard deviation of the change of that error in one second.
        noise_sd: standard deviation of the white noise of each channel.

    Example:
        dlx train dataset=imu_series model=lstm dataset.target=acceleration_z
    """

    def __init__(
        self,
        *,
        length: Annotated[int, Positive],
        bout: Annotated[float, Positive],
        rate: Annotated[float, Positive],
        bias: Annotated[float, NonNegative],
        drift: Annotated[float, NonNegative],
        noise_sd: Annotated[float, NonNegative],
    ) -> None:
        super().__init__(rate=rate, bias=bias, drift=drift, noise_sd=noise_sd)
        self.length, self.bout = length, bout

    def load(self, seed: int) -> Series:
        """Return the recording (length, 6)."""
        random = np.random.default_rng(seed)
        steps = round(min(max(self.bout * self.rate, 1), self.length))
        bouts = -(-self.length // steps)
        kinds = len(ACTIVITIES)
        changes = random.integers(1, kinds, bouts)
        changes[0] = random.integers(kinds)
        activities = np.repeat(np.cumsum(changes) % kinds, steps)[None, : self.length]
        return Series(self.recorded(activities, random)[0], CHANNELS)
