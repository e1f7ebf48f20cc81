"""The teacher's subspaces by their principal angles, and its targets by the formula."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.linalg import subspace_angles

from dlx.data.raw import Table
from dlx.dataset.teacher import Teacher


def teacher(seed: int = 3, **keys: Any) -> Table:
    given: dict[str, Any] = {
        "examples": 400,
        "dimensions": 20,
        "subspace": 4,
        "tasks": 2,
        "angle": 0.0,
        "related": True,
    }
    return Teacher(**{**given, "draw": 0, "target_noise": 0.0, **keys}).load(seed)


@pytest.mark.parametrize("angle", [0.0, 30.0, 90.0])
def test_all_principal_angles_are_the_angle(angle: float) -> None:
    found = subspace_angles(teacher().truth["subspace"], teacher(angle=angle, draw=1).truth["subspace"])
    np.testing.assert_allclose(np.rad2deg(found), angle, atol=1e-5)


def test_targets_are_the_formula_and_depend_on_the_subspace_alone() -> None:
    table = teacher()
    span, readouts = table.truth["subspace"], table.truth["readouts"]
    expected = np.tanh(2 * table.inputs.astype(float) @ span) @ readouts
    np.testing.assert_allclose(table.targets, expected, atol=1e-5)
    np.testing.assert_allclose(span.T @ span, np.eye(4), atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(readouts, axis=0), 1)


def test_draws_share_the_subspace_and_nothing_else() -> None:
    first, second = teacher(), teacher(draw=1)
    np.testing.assert_array_equal(first.truth["subspace"], second.truth["subspace"])
    assert abs(np.corrcoef(first.inputs.ravel(), second.inputs.ravel())[0, 1]) < 0.05
    assert not np.allclose(first.truth["readouts"], second.truth["readouts"])
    assert not np.allclose(first.truth["subspace"], teacher(seed=4).truth["subspace"])


def test_unrelated_tasks_have_subspaces_of_their_own() -> None:
    """A linear fit on the shared subspace explains a related task, and a fifth of an unrelated one."""

    def explained(table: Table, task: int) -> float:
        projected = table.inputs.astype(float) @ table.truth["subspace"]
        assert table.targets is not None
        _, rest, _, _ = np.linalg.lstsq(projected, table.targets[:, task], rcond=None)
        return float(1 - rest[0] / np.square(table.targets[:, task]).sum())

    assert explained(teacher(examples=5000), 1) > 0.7
    apart = teacher(examples=5000, related=False)
    assert explained(apart, 0) > 0.7
    assert explained(apart, 1) < 0.4


def test_noise_has_the_standard_deviation_that_is_asked_for() -> None:
    clean, noisy = teacher(examples=5000), teacher(examples=5000, target_noise=0.5)
    assert (noisy.targets - clean.targets).std() == pytest.approx(0.5, abs=0.02)


def test_a_subspace_needs_room_to_turn() -> None:
    with pytest.raises(ValueError, match="subspace: expected at most half of the 20 dimensions, got 11"):
        teacher(subspace=11)
