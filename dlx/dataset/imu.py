"""Activities in windows of a motion sensor."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from dlx.data.raw import Table
from dlx.dataset._motion import ACTIVITIES, CHANNELS, MotionSensor
from dlx.spec import NonNegative, Positive


class IMU(MotionSensor):
    """Windows of an inertial measurement unit, six channels over time, generated; the class is the activity.

    Three channels are accelerations with gravity (m/s²), three are rates of rotation (rad/s). Each activity but rest is
    periodic, with its own frequency and strength; each window has its own phase, pace, direction of the sensor, bias
    and drift. As in real sensors (Woodman 2007), the error of a channel is a constant bias, a random walk and white
    noise.

    Args:
        examples: number of windows, equally many of each activity.
        length: number of steps in a window.
        rate: number of steps in a second.
        bias: standard deviation of the constant error of each channel, in m/s² and rad/s.
        drift: standard deviation of the change of that error in one second.
        noise_sd: standard deviation of the white noise of each channel.

    Example:
        dlx train -m dataset=imu model=mlp,cnn,lstm dataset.bias=0,1
    """

    def __init__(
        self,
        *,
        examples: Annotated[int, Positive],
        length: Annotated[int, Positive],
        rate: Annotated[float, Positive],
        bias: Annotated[float, NonNegative],
        drift: Annotated[float, NonNegative],
        noise_sd: Annotated[float, NonNegative],
    ) -> None:
        super().__init__(rate=rate, bias=bias, drift=drift, noise_sd=noise_sd)
        self.examples, self.length = examples, length

    def load(self, seed: int) -> Table:
        """Return windows (examples, length, 6) and activities (examples,)."""
        activities = np.arange(self.examples) % len(ACTIVITIES)
        steps = np.broadcast_to(activities[:, None], (self.examples, self.length))
        inputs = self.recorded(steps, np.random.default_rng(seed))
        return Table(inputs, activities, "sequence", features=CHANNELS, classes=tuple(ACTIVITIES))
