"""Boxes: intersection over union, non-maximum suppression, matching, and average precision as COCO defines it.

A box is top, left, bottom, right, the last two excluded. Detections (images, detections, 6) are boxes with class and
score, in descending order of score within an image; objects (images, objects, 5) are boxes with class. Rows with class
-1 are padding.
"""

from __future__ import annotations

import numpy as np

THRESHOLDS = np.linspace(0.5, 0.95, 10)  # intersections over union, over which COCO averages
RECALLS = np.linspace(0, 1, 101)  # at which COCO reads the precision


def box_iou(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the intersection over union (..., n, m) of boxes (..., n, 4) with boxes (..., m, 4); 0 if both are empty.

    Args:
        first: boxes.
        second: boxes with the same leading axes.
    """
    a, b = first[..., :, None, :4], second[..., None, :, :4]
    sides = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    shared = np.clip(sides, 0, None).prod(-1)
    areas = [np.clip(x[..., 2:] - x[..., :2], 0, None).prod(-1) for x in (a, b)]
    union = areas[0] + areas[1] - shared
    return shared / np.where(union > 0, union, 1)


def suppress(detections: np.ndarray, threshold: float) -> np.ndarray:
    """Return which detections (images, detections) non-maximum suppression keeps.

    A detection is left out if a kept one of the same class with a higher score overlaps it by more than `threshold`
    (intersection over union).
    """
    same = detections[:, :, None, 4] == detections[:, None, :, 4]
    rivals = same & (box_iou(detections, detections) > threshold)
    kept = detections[:, :, 4] >= 0
    for rank in range(1, detections.shape[1]):
        kept[:, rank] &= ~(kept[:, :rank] & rivals[:, :rank, rank]).any(1)
    return kept


def matched(detections: np.ndarray, objects: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """Return whether each detection finds an object at each threshold (thresholds, images, detections).

    In descending order of score, a detection takes the object of its class that it overlaps most and that none before
    it has taken, if their intersection over union reaches the threshold.
    """
    same = (detections[:, :, None, 4] == objects[:, None, :, 4]) & (objects[:, None, :, 4] >= 0)
    overlap = np.where(same, box_iou(detections, objects), -1.0)
    free = np.ones((len(thresholds), *objects.shape[:2]), dtype=bool)
    found = np.zeros((len(thresholds), *detections.shape[:2]), dtype=bool)
    if not objects.shape[1]:
        return found
    for rank in range(detections.shape[1]):
        left = np.where(free & (overlap[:, rank] >= thresholds[:, None, None]), overlap[:, rank], -1.0)
        best = left.argmax(2)[..., None]
        found[:, :, rank] = np.take_along_axis(left, best, 2)[..., 0] >= 0
        hit = found[:, :, rank, None]
        np.put_along_axis(free, best, np.take_along_axis(free, best, 2) & ~hit, 2)
    return found


def average_precisions(found: np.ndarray, scores: np.ndarray, objects: int) -> np.ndarray:
    """Return the average precision at each threshold (thresholds,), the mean over 101 recalls (Lin et al. 2014).

    The precision at a recall is the largest one at this recall or a higher one.

    Args:
        found: whether each detection finds an object (thresholds, detections).
        scores: score of each detection (detections,).
        objects: number of objects, at least 1.
    """
    order = np.argsort(-scores, kind="mergesort")
    right = found[:, order].cumsum(1)
    recall, precision = right / objects, right / np.arange(1, len(order) + 1)
    highest = np.maximum.accumulate(precision[:, ::-1], 1)[:, ::-1]
    highest = np.concatenate([highest, np.zeros((len(found), 1))], 1)  # recalls that are not reached
    places = [np.searchsorted(row, RECALLS, side="left") for row in recall]
    return np.array([row[place].mean() for row, place in zip(highest, places, strict=True)])


def detection_metrics(detections: np.ndarray, objects: np.ndarray, threshold: float) -> dict[str, float]:
    """Return the metrics of detections.

    `ap50` is the average precision at an intersection over union of .5, `ap` the mean over .5, .55, ..., .95, both
    averaged over the classes that occur. Of the detections with at least the score `threshold`, `precision` is the
    share that finds an object (intersection over union of at least .5, right class), `recall` the share of objects
    found, and `exact_match` the share of images in which all objects are found and nothing else is detected.
    `localization` is the share of objects found whatever the class. Metrics without an object or a detection to count
    are left out.
    """
    present, sure = objects[:, :, 4] >= 0, (detections[:, :, 4] >= 0) & (detections[:, :, 5] >= threshold)
    found = matched(detections, objects, THRESHOLDS)
    hits = found[0] & sure
    whole = (hits == sure).all(1) & (hits.sum(1) == present.sum(1))
    metrics = {"exact_match": float(whole.mean())}
    if sure.any():
        metrics["precision"] = float(hits.sum() / sure.sum())
    if present.any():
        of_class = [average_of_class(detections, objects, found, k) for k in np.unique(objects[present][:, 4])]
        each = np.mean(of_class, 0)
        anywhere = matched(one_class(detections), one_class(objects), THRESHOLDS[:1])[0] & sure
        metrics |= {
            "ap": float(each.mean()),
            "ap50": float(each[0]),
            "recall": float(hits.sum() / present.sum()),
            "localization": float(anywhere.sum() / present.sum()),
        }
    return metrics


def one_class(rows: np.ndarray) -> np.ndarray:
    """Return detections or objects that are all of class 0, with padding as it is."""
    alike = rows.copy()
    alike[..., 4] = np.minimum(alike[..., 4], 0)
    return alike


def average_of_class(detections: np.ndarray, objects: np.ndarray, found: np.ndarray, number: float) -> np.ndarray:
    """Return the average precision of one class at each threshold (thresholds,)."""
    own = detections[:, :, 4] == number
    return average_precisions(found[:, own], detections[own][:, 5], int((objects[:, :, 4] == number).sum()))
