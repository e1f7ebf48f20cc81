"""The base class of loggers that hand the metrics to one of Lightning's own."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

from lightning.pytorch import loggers

from dlx.contracts.logger import Logger
from dlx.errors import ConfigError


class LightningLogger(Logger):
    """Hands metrics and hyperparameters to a logger of Lightning.

    Args:
        logger: the logger of Lightning.
    """

    def __init__(self, logger: loggers.Logger) -> None:
        self.logger = logger

    def metrics(self, values: Mapping[str, float], step: int) -> None:
        """Log the metrics."""
        self.logger.log_metrics(dict(values), step)

    def hyperparameters(self, hparams: Mapping[str, Any], metrics: Mapping[str, float]) -> None:
        """Log the keys of the configuration; the final metrics are logged as metrics."""
        self.logger.log_hyperparams(dict(hparams))

    def flush(self) -> None:
        """Save what is pending."""
        self.logger.save()

    def close(self) -> None:
        """Save the rest, and close the connection."""
        self.logger.finalize("success")


def opened(package: str, extra: str, make: Callable[[], Any]) -> Any:
    """Return a logger of a package that an extra of dlx installs.

    Args:
        package: name of the package to import.
        extra: name of the extra, which is that of the option too.
        make: function that returns the logger.

    Raises:
        ConfigError: The package is not installed, or it refuses to start (a server that cannot be reached).
    """
    try:
        importlib.import_module(package)
    except ImportError:
        raise ConfigError(
            f"logger={extra}: needs a package that is not installed; install it with: pip install 'dlx[{extra}]'"
        ) from None
    try:
        logger = make()
        logger.experiment  # noqa: B018 (the connection is made at the first use)
    except ConfigError:
        raise
    except Exception as error:  # of any kind: the package's own, or the network's
        reason = str(error).partition("\n")[0]
        raise ConfigError(f"logger={extra}: {package} cannot start: {type(error).__name__}: {reason}") from error
    return logger
