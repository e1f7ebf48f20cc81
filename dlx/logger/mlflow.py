"""MLflow."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dlx.errors import ConfigError
from dlx.files import write_whole
from dlx.logger._lightning import LightningLogger, opened

RUN_ID = "mlflow_run.txt"
PORTS = {"http": 80, "https": 443}
SECONDS = 5  # for a server to answer


class MLflow(LightningLogger):
    """Logs to MLflow by Lightning's MLFlowLogger; a resumed run goes on with its MLflow run.

    Args:
        folder: the folder of the run.
        resumed_step: the training step that a resumed run continues from.
        experiment: name of MLflow's experiment.
        tracking_uri: address of MLflow's store or server; null: the file mlflow.db in the current folder, which
            `mlflow ui --backend-store-uri sqlite:///mlflow.db` shows.
    """

    leaves_folder = True

    def __init__(
        self, folder: Path, resumed_step: int | None = None, *, experiment: str, tracking_uri: str | None
    ) -> None:
        from lightning.pytorch.loggers import MLFlowLogger

        file = folder / RUN_ID
        known = file.read_text().strip() if resumed_step is not None and file.is_file() else None
        uri = tracking_uri or f"sqlite:///{Path('mlflow.db').absolute()}"

        def make() -> Any:
            check_server(uri)
            return MLFlowLogger(experiment, folder.name, uri, run_id=known)

        logger = opened("mlflow", "mlflow", make)
        super().__init__(logger)
        write_whole(file, lambda path: path.write_text(str(logger.version)), sync=False)


def check_server(uri: str) -> None:
    """Check that a server answers, for which MLflow itself tries again for minutes.

    Raises:
        ConfigError: It does not answer within five seconds.
    """
    address = urlsplit(uri)
    if address.scheme not in PORTS:
        return
    try:
        socket.create_connection((address.hostname or "", address.port or PORTS[address.scheme]), SECONDS).close()
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"logger.mlflow.tracking_uri: {uri} does not answer ({error}); start it with mlflow server, or leave "
            "logger.mlflow.tracking_uri=null for a file in the current folder"
        ) from None
