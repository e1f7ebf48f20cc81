"""Generated recordings of a motion sensor on the body: three axes of acceleration and three of rotation."""

from __future__ import annotations

from typing import Annotated, NamedTuple

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.spec import NonNegative, Positive

CHANNELS = tuple(f"{kind}_{axis}" for kind in ("acceleration", "rotation") for axis in "xyz")
GRAVITY = 9.81  # m/s²
PACE = 0.1  # relative standard deviation of a person's frequency and strength


class Activity(NamedTuple):
    """A periodic movement: frequency in Hz, amplitudes of acceleration in m/s² and of rotation in rad/s."""

    frequency: float
    acceleration: float
    rotation: float


ACTIVITIES = {
    "still": Activity(0.0, 0.0, 0.0),
    "walking": Activity(1.8, 2.0, 0.6),
    "running": Activity(2.7, 6.0, 1.5),
    "cycling": Activity(1.2, 0.8, 1.2),
}
TABLE = np.array(list(ACTIVITIES.values()))


class MotionSensor(Dataset):
    """Base class of datasets of a motion sensor.

    Args:
        rate: number of steps in a second.
        bias: standard deviation of the constant error of each channel, in m/s² and rad/s.
        drift: standard deviation of the change of that error in one second, a random walk.
        noise_sd: standard deviation of the white noise of each channel.
    """

    def __init__(
        self,
        *,
        rate: Annotated[float, Positive],
        bias: Annotated[float, NonNegative],
        drift: Annotated[float, NonNegative],
        noise_sd: Annotated[float, NonNegative],
    ) -> None:
        self.rate, self.bias, self.drift, self.noise_sd = rate, bias, drift, noise_sd

    def recorded(self, activities: np.ndarray, random: np.random.Generator) -> np.ndarray:
        """Return recordings (examples, time, 6) of activities (examples, time), numbered as in `ACTIVITIES`."""
        examples, time = activities.shape
        true = turned(movement(activities, self.rate, random), random)
        bias = self.bias * random.standard_normal((examples, 1, len(CHANNELS)))
        steps = self.drift / self.rate**0.5 * random.standard_normal((examples, time, len(CHANNELS)))
        steps[:, 0] = 0
        noise = self.noise_sd * random.standard_normal((examples, time, len(CHANNELS)))
        return (true + bias + steps.cumsum(1) + noise).astype(np.float32)


def movement(activities: np.ndarray, rate: float, random: np.random.Generator) -> np.ndarray:
    """Return acceleration with gravity and rotation (examples, time, 6) in axes forward, left and up.

    Each step of the body accelerates it forward and up, with a harmonic at twice the frequency, and rolls it from side
    to side at half of it, as left and right foot alternate. Frequency, strength and phase are drawn for each example.
    """
    examples = len(activities)
    frequency, acceleration, rotation = TABLE[activities].transpose(2, 0, 1)  # (examples, time) each
    pace, strength = np.exp(PACE * random.standard_normal((2, examples, 1)))
    phase = 2 * np.pi * (random.random((examples, 1)) + pace * np.cumsum(frequency, 1) / rate)
    waves = [
        0.5 * acceleration * np.sin(phase + 1),
        0.3 * acceleration * np.sin(phase / 2),
        acceleration * (np.sin(phase) + 0.3 * np.sin(2 * phase)),
        rotation * np.sin(phase / 2),
        0.5 * rotation * np.sin(phase + 2),
        0.5 * rotation * np.sin(phase / 2 + 1),
    ]
    found = strength[:, :, None] * np.stack(waves, 2)
    found[:, :, 2] += GRAVITY
    return found


def turned(movement: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return movements (examples, time, 6) in the axes of a sensor worn in any direction around the vertical."""
    angle = 2 * np.pi * random.random((len(movement), 1))
    cos, sin = np.cos(angle), np.sin(angle)
    result = movement.copy()
    for first in (0, 3):
        x, y = movement[:, :, first], movement[:, :, first + 1]
        result[:, :, first], result[:, :, first + 1] = cos * x + sin * y, cos * y - sin * x
    return result
