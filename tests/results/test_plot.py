"""Curves over the epochs: their mean is that of all runs, and they end with the first of them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dlx.results.figure import new_figure
from dlx.results.plot import over_epochs
from dlx.results.runs import finished
from tests.study.synthetic import run_with


def test_a_curve_ends_where_the_first_run_ends() -> None:
    # The run that early stopping ends is the worse one; the mean of the rest would fall from 3 to 0.
    runs = [[4.0, 5.0, 6.0], [2.0, 1.0, 0.0, 0.0, 0.0], []]
    _, (own,) = new_figure()
    over_epochs(own, runs, "C0", "arm")
    line, dot = own.get_lines()
    assert line.get_xdata().tolist() == [1, 2, 3]
    assert line.get_ydata().tolist() == [3, 3, 3]
    assert (dot.get_xdata().tolist(), dot.get_ydata().tolist()) == ([3], [3])


def test_runs_that_end_together_have_no_dot() -> None:
    _, (own,) = new_figure()
    over_epochs(own, [[1.0, 2.0, 3.0], [3.0, math.inf, 5.0]], "C0", "arm")
    (line,) = own.get_lines()
    np.testing.assert_allclose(line.get_ydata(), [2, 2, 4])  # what is not finite is left out of the mean


@pytest.mark.parametrize("broken", [True, False])
def test_a_single_epoch_is_a_line_from_side_to_side(broken: bool) -> None:
    _, (own,) = new_figure()
    over_epochs(own, [[0.5], [0.7]], "C0", "arm", broken)
    across = own.get_lines()[0]
    assert across.get_linestyle() == ":"
    assert across.get_ydata() == pytest.approx([0.6, 0.6])


def test_runs_without_an_epoch_draw_nothing() -> None:
    _, (own,) = new_figure()
    over_epochs(own, [[], []], "C0", "arm")
    assert not own.get_lines()


def test_runs_that_diverged_are_left_out_where_others_did_not() -> None:
    good, bad = run_with({"m": 1.0}), run_with("diverged")
    assert finished([good, bad]) == [good]
    assert finished([bad, bad]) == [bad, bad]
