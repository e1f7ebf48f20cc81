"""Lightning's monitor of the device."""

from __future__ import annotations

from importlib.util import find_spec

from lightning.pytorch import callbacks

from dlx.contracts.callbacks import Callback
from dlx.errors import ConfigError


class DeviceStats(callbacks.DeviceStatsMonitor, Callback):
    """Hands the load and the memory of the device to the loggers, as Lightning's DeviceStatsMonitor does.

    Args:
        cpu_stats: log the load and the memory of the CPU; null: only if it is the device that trains.

    Raises:
        ConfigError: The package psutil, which measures the CPU, is not installed.

    Example:
        dlx train callbacks=device_stats
    """

    def __init__(self, *, cpu_stats: bool | None) -> None:
        if cpu_stats is not False and find_spec("psutil") is None:
            raise ConfigError(
                "callbacks=device_stats: needs a package that is not installed; install it with: pip install psutil"
            )
        super().__init__(cpu_stats)
