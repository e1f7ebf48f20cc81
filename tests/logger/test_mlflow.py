"""A server of MLflow that does not answer is named at once; stores in files need none."""

from __future__ import annotations

import socket

import pytest

from dlx.errors import ConfigError
from dlx.logger.mlflow import check_server


def test_a_server_that_does_not_answer_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        uri = f"http://127.0.0.1:{server.getsockname()[1]}"
        check_server(uri)
    with pytest.raises(ConfigError, match=rf"logger.mlflow.tracking_uri: {uri} does not answer"):
        check_server(uri)


@pytest.mark.parametrize("uri", ["sqlite:///mlflow.db", "mlruns", "file:mlruns"])
def test_a_store_in_files_needs_no_server(uri: str) -> None:
    check_server(uri)
