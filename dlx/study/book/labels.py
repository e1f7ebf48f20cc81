"""Metrics and keys in the words of the field, with their units, for the axes of pictures and for badges."""

from __future__ import annotations

import re
from collections.abc import Callable

SPLITS = {"train": "training", "val": "validation", "test": "test"}
METRICS = {
    "accuracy": "accuracy (share of right answers)",
    "loss": "loss",
    "mse": "mean squared error",
    "rmse": "root mean squared error",
    "mae": "mean absolute error",
    "nmse": "squared error relative to the variance",
    "r2": "share of the variance explained (R²)",
    "skill": "skill (1: perfect, 0: as the naive forecast)",
    "excess": "height above the minimum",
    "token_accuracy": "share of right symbols",
    "exact_match": "share of images with all classes right",
    "boundary_accuracy": "share of right pixels at boundaries",
    "hole_mse": "mean squared error in the hole",
    "shot_accuracy": "accuracy from one example of each class",
    "intra_inter": "distance within classes, relative to that between",
    "calibration_slope": "calibration slope (1: calibrated)",
    "mmd_squared": "distance from the data (squared MMD)",
    "psnr": "signal-to-noise ratio (dB)",
    "f1": "F1 (harmonic mean of precision and recall)",
    "height": "height above the minimum (log10)",
}
WHOLE = {
    "init/gradient/ratio": "gradient of the second layer, relative to the last",
    "init/gradient/time_ratio": "gradient at the first step, relative to the last",
    "gradient/peak_norm": "largest norm of the gradient",
    "weight/norm": "norm of the weights",
    "weight/norm/output": "norm of the weights",
    "weight/unused_inputs/output": "inputs left out (of 60)",
    "flops/ratio": "operations of a gradient, in forward passes",
    "memory/saved": "stored values (bytes per example)",
    "ratio/both": "time, relative to ReLU",
    "cam/pointing": "share of maps that point to the object",
    "alignment/accuracy": "share of words aligned rightly",
    "probe/h/lag_0/r2": "newest input, explained by the hidden state (R²)",
    "probe/c/lag_0/r2": "newest input, explained by the cell (R²)",
    "source/test/accuracy": "accuracy on the old digits",
    "test/output_1/r2": "first task: share of the variance explained (R²)",
    "test/noise_0.3/mse": "squared error from the noisy image",
    "init/activation/sd/hidden.10.2": "standard deviation of the last hidden layer",
    "codes/random": "distance of decoded random codes from the data",
    "effective / formula": "side that counts, relative to the formula",
    "hidden.0.0.weight": "filters of the first layer",
    "gradient/norm/generator.output": "gradient of the generator",
    "error + 1e-17": "difference of the two sides",
    "gradient_norm": "norm of the gradient",
    "bias_squared": "squared bias",
    "mean_square_to_truth": "squared error to the truth",
    "weights": "number of weights",
    "measured": "pixels a side of the output",
    "posterior": "share of the sick among the positive",
    "sd": "standard deviation of the accuracy",
    "optimism": "accuracy of the best above chance",
    "alias_share": "share of aliases",
    "score_variance": "variance of the scores",
    "gap": "error on new relative to training data (log10)",
    "decades": "mean squared error (log10)",
    "shifted": "accuracy on digits moved by one pixel",
    "style": "distance from the style (log10)",
    "generator_gradient": "gradient of the generator (log10)",
    "change_of_spread": "change of the mean square (powers of ten)",
}
KEYS = {
    "optimizer.lr": "learning rate",
    "model.depth": "depth (layers)",
    "model.width": "width (units)",
    "model.degree": "degree of the polynomial",
    "model.features": "random features",
    "model.latent": "numbers in the code",
    "dataset.limit": "training examples",
    "dataset.n": "tosses",
    "dataset.batch_size": "examples in a batch",
    "dataset.length": "length of the sequence (steps)",
    "dataset.lag": "steps back",
    "dataset.context_length": "steps since the cut",
    "dataset.label_noise": "share of wrong labels",
    "initializer.gain": "gain of the initial weights",
    "initializer.bias": "initial bias",
    "objective.scale": "factor on the loss",
    "objective.rotation": "rotation of the valley (degrees)",
    "objective.test_noise": "standard deviation of the noise",
    "job.kernel_size": "size of the kernel (pixels)",
    "job.padding": "padding (pixels)",
    "job.size": "side of the image (pixels)",
    "job.models": "networks tried",
    "job.bits": "bits for each gray level",
    "job.stride": "stride (pixels)",
    "job.dimension": "dimension d of queries and keys",
    "job.prevalence": "prevalence",
    "job.antialias": "averaging before",
    "regularizer.dropout.monte_carlo_samples": "thinned networks averaged",
    "test_examples": "examples in the test split",
    "data": "data",
    "arm": "",
}


def metric_words(text: str) -> str:
    """Return a metric or an expression of metrics in words: `test/accuracy` -> `test accuracy (share of ...)`."""
    return " ".join(metric_parts(text))


def metric_parts(text: str) -> list[str]:
    """Return the words of a metric in parts, such as the split and the name."""
    inner = re.fullmatch(r"log10\((.*)\)", text)
    if inner:
        return [*metric_parts(inner[1].strip()), "(log10)"]
    if text in WHOLE:
        return [WHOLE[text]]
    if not re.fullmatch(r"[\w./*-]+", text):
        return [text]
    *path, last = text.split("/")
    before = [SPLITS.get(part, plain(part)) for part in path if part != "*"]
    return [*before, METRICS.get(last, plain(last))]


def short_metric(text: str, say: Callable[[str], str] = str) -> str:
    """Return a metric in words, without what explains it in parentheses; `say` puts each part in another language."""
    if re.search(r"[+*^]| - |/", metric_words(text)):
        return ""
    return " ".join(say(re.sub(r" \((?!log10)[^)]*\)", "", part)) for part in metric_parts(text))


def key_words(path: str) -> str:
    """Return a key or an axis in words: `optimizer.lr` -> `learning rate`."""
    return KEYS.get(path, plain(path.rsplit(".", 1)[-1]))


def plain(name: str) -> str:
    """Return a name without its underscores."""
    return name.replace("_", " ").strip()
