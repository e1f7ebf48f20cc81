"""MLflow."""

from __future__ import annotations

from pathlib import Path

from dlx.files import write_whole
from dlx.logger._lightning import LightningLogger, opened

RUN_ID = "mlflow_run.txt"


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
        logger = opened("mlflow", "mlflow", lambda: MLFlowLogger(experiment, folder.name, uri, run_id=known))
        super().__init__(logger)
        write_whole(file, lambda path: path.write_text(str(logger.version)), sync=False)
