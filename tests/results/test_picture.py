"""The confusion matrix as a picture: colors of its cells, with room for names and counts of few classes only."""

from __future__ import annotations

import numpy as np

from dlx.results.picture import GRAY, LABELED, confusion

TRUE, TAKEN = np.array([0, 0, 1, 1, 1]), np.array([0, 1, 1, 1, 1])


def test_cells_hold_the_share_of_each_true_class() -> None:
    image = confusion(TAKEN, TRUE, 2, ["cat", "dog"], cell=40)
    top, left = image.shape[0] - 80, 7 * 7
    corners = [image[top + row * 40 + 4, left + column * 40 + 4] for row in (0, 1) for column in (0, 1)]
    white, blue = np.array([255, 255, 255]), np.array([8, 48, 107])
    for found, share in zip(corners, (0.5, 0.5, 0.0, 1.0), strict=True):
        np.testing.assert_array_equal(found, (white + share * (blue - white)).astype(np.uint8))


def test_names_change_the_picture_and_many_classes_have_none() -> None:
    one, other = (confusion(TAKEN, TRUE, 2, names) for names in (["cat", "dog"], ["cot", "dog"]))
    assert one.shape == other.shape
    assert not np.array_equal(one, other)
    plain = confusion(TAKEN, TRUE, LABELED + 1)
    assert plain.shape == (24 * (LABELED + 1),) * 2 + (3,)
    assert tuple(plain[0, 0]) == GRAY
