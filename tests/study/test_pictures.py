"""Recorded pictures in a study's picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dlx.errors import ConfigError
from dlx.logger.tensorboard import TensorBoard
from dlx.results.runs import Run
from dlx.study.book.pictures import recorded


def test_the_last_picture_of_a_name_is_read_as_it_was_recorded(tmp_path: Path) -> None:
    first, last, other = (np.random.default_rng(seed).integers(0, 256, (4, 6, 3), np.uint8) for seed in range(3))
    record = TensorBoard(tmp_path)
    record.draw({}, {"test/samples": first, "test/other": other}, 1)
    record.draw({}, {"test/samples": last}, 2)
    record.flush()
    run = Run(tmp_path, {})
    np.testing.assert_allclose(recorded(run, "*/samples"), last / 255, atol=1e-6)
    np.testing.assert_allclose(recorded(run, "test/*"), other / 255, atol=1e-6)  # the first of two names
    with pytest.raises(ConfigError, match=r"no picture called 'test/sample'.*test/samples"):
        recorded(run, "test/sample")
    record.close()
