"""Boxes: intersections by counting pixels, suppression by a slow loop, average precision by pycocotools."""

from __future__ import annotations

import contextlib
import io

import numpy as np
import pytest

from dlx.metrics.boxes import average_precisions, box_iou, detection_metrics, matched, suppress


def random_boxes(random: np.random.Generator, *shape: int, side: int = 12) -> np.ndarray:
    corners = random.integers(0, side - 1, (*shape, 2))
    return np.concatenate([corners, corners + random.integers(1, 8, (*shape, 2))], -1).astype(float)


def scene(images: int = 40, found: int = 8, most: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Return detections near objects, with some of another class and some of none."""
    random = np.random.default_rng(3)
    objects = np.concatenate([random_boxes(random, images, most), random.integers(0, 3, (images, most, 1))], 2)
    objects[np.arange(most) >= random.integers(0, most + 1, images)[:, None]] = -1
    pick = random.integers(0, most, found)
    near = objects[:, pick, :4] + random.normal(0, 0.2, (images, found, 4))
    near = np.where(random.random((images, found, 1)) < 0.3, random_boxes(random, images, found), near)
    near[..., 2:] = np.maximum(near[..., 2:], near[..., :2] + 0.5)
    kinds = np.where(random.random((images, found)) < 0.7, objects[:, pick, 4], 1)
    scores = -np.sort(-random.random((images, found)), 1)
    detections = np.concatenate([near, np.maximum(kinds, 0)[..., None], scores[..., None]], 2)
    detections[random.random((images, found)) < 0.1] = [-1, -1, -1, -1, -1, 0]
    return detections, objects


def test_intersection_over_union_by_counting_pixels() -> None:
    boxes = random_boxes(np.random.default_rng(0), 12)
    pixels = np.zeros((12, 20, 20), dtype=bool)
    for mask, (top, left, bottom, right) in zip(pixels, boxes.astype(int), strict=True):
        mask[top:bottom, left:right] = True
    expected = [[(a & b).sum() / (a | b).sum() for b in pixels] for a in pixels]
    np.testing.assert_allclose(box_iou(boxes, boxes), expected)
    assert box_iou(-np.ones((1, 4)), boxes).max() == 0


def test_suppression_by_a_slow_loop() -> None:
    detections, _ = scene()
    for image, kept in zip(detections, suppress(detections, 0.3), strict=True):
        slow: list[int] = []
        for rank, one in enumerate(image):
            rivals = [image[other] for other in slow if image[other, 4] == one[4]]
            if one[4] >= 0 and all(box_iou(one[None], rival[None])[0, 0] <= 0.3 for rival in rivals):
                slow.append(rank)
        assert np.flatnonzero(kept).tolist() == slow


def test_a_detection_takes_the_free_object_that_it_overlaps_most() -> None:
    objects = np.array([[[0, 0, 10, 10, 0], [0, 2, 10, 12, 0]]], dtype=float)
    detections = np.array([[[0, 1, 10, 11, 0, 0.9], [0, 0, 10, 10, 0, 0.8], [0, 2, 10, 12, 1, 0.7]]])
    assert matched(detections, objects, np.array([0.5, 0.9])).tolist() == [
        [[True, True, False]],
        [[False, True, False]],
    ]


def test_average_precision_by_hand() -> None:
    found = np.array([[True, False, True, False]])
    scores = np.array([0.9, 0.8, 0.7, 0.6])
    # recall .5 at precision 1, recall 1 at precision 2/3: 51 recalls up to .5, 50 beyond
    assert average_precisions(found, scores, 2)[0] == pytest.approx((51 + 50 * 2 / 3) / 101)
    later = np.array([[False, True, True, False]])  # recall .5 at precision 1/2, but recall 1 at 2/3
    assert average_precisions(later, scores, 2)[0] == pytest.approx(2 / 3)
    assert average_precisions(found, scores, 4)[0] == pytest.approx((26 + 25 * 2 / 3) / 101)


def test_metrics_of_the_detections_that_count() -> None:
    objects = np.array([[[0, 0, 4, 4, 0], [6, 6, 9, 9, 1]], [[1, 1, 5, 5, 1], [-1, -1, -1, -1, -1]]], dtype=float)
    right = np.concatenate([objects, [[[0.9], [0.8]], [[0.7], [0.0]]]], 2)
    whole = dict.fromkeys(("exact_match", "precision", "ap", "ap50", "recall", "localization"), 1.0)
    assert detection_metrics(right, objects, 0.5) == pytest.approx(whole)
    wrong = right.copy()
    wrong[1, 0, 4] = 0  # found, but called something else
    found = detection_metrics(wrong, objects, 0.5)
    assert (found["localization"], found["exact_match"]) == (1, 0.5)
    assert found["recall"] == found["precision"] == pytest.approx(2 / 3)
    assert "precision" not in detection_metrics(right, objects, 0.95)


def test_average_precision_by_pycocotools() -> None:
    coco = pytest.importorskip("pycocotools.coco", reason="pycocotools is not installed")
    evaluation = pytest.importorskip("pycocotools.cocoeval")
    detections, objects = scene()
    truth, results = coco.COCO(), []
    truth.dataset = {
        "images": [{"id": i} for i in range(len(objects))],
        "categories": [{"id": k} for k in range(3)],
        "annotations": [],
    }
    for i, rows in enumerate(objects):
        for top, left, bottom, right, kind in rows[rows[:, 4] >= 0]:
            box, area = [left, top, right - left, bottom - top], (right - left) * (bottom - top)
            row = {"image_id": i, "category_id": int(kind), "bbox": box, "area": area, "iscrowd": 0}
            truth.dataset["annotations"].append({**row, "id": len(truth.dataset["annotations"]) + 1})
    for i, rows in enumerate(detections):
        for top, left, bottom, right, kind, score in rows[rows[:, 4] >= 0]:
            box = [left, top, right - left, bottom - top]
            results.append({"image_id": i, "category_id": int(kind), "bbox": box, "score": score})
    with contextlib.redirect_stdout(io.StringIO()):
        truth.createIndex()
        judge = evaluation.COCOeval(truth, truth.loadRes(results), "bbox")
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
    found = detection_metrics(detections, objects, 0.5)
    assert 0.05 < judge.stats[0] < 0.95
    assert (found["ap"], found["ap50"]) == pytest.approx((judge.stats[0], judge.stats[1]), abs=1e-9)
