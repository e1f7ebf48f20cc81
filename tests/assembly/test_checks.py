"""Losses that are right by themselves and do not go together: one clear message before anything is trained."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from dlx.assembly import checks
from dlx.assembly.assemble import assemble
from dlx.errors import ConfigError, located

SERIES = "dataset=sunspots"
# What is typed, and how the answer begins.
PAIRS = [
    # maps and kernels
    (
        "model=cnn model.kernel_size=9 model.padding=valid",
        "model.kernel_size: a kernel over 9 places does not fit a map",
    ),
    ("model=cnn model.padding=valid model.depth=9", "model.kernel_size: a kernel over 3 places does not fit a map of"),
    ("model=cnn model.kernel_size=[3,3,3,3]", "model.kernel_size: expected one size for each of the 2 hidden layers"),
    ("model=cnn model.kernel_size=[]", "model.kernel_size: expected one size for each of the 2 hidden layers"),
    ("model=cnn model.stride=9", "model.stride: expected at most the 8 places of a side, got 9"),
    ("model=cnn model.padding_mode=reflect model.kernel_size=19", "model.padding_mode: reflect can add at most 7"),
    (f"model=cnn {SERIES} model.kernel_size=25 model.padding=valid", "model.kernel_size: a kernel over 25 places"),
    ("model=locally_connected model.kernel_size=9", "model.kernel_size: a kernel over 9 places does not fit"),
    # normalization
    ("norm=group norm.groups=7", "normalization.groups: expected a divisor of the 128 features, got 7"),
    ("model=cnn norm=group model.width=10", "normalization.groups: expected a divisor of the 10 features, got 8"),
    ("norm=instance", "model: normalization=instance needs maps over space or time"),
    (
        "model=cnn norm=instance model.depth=2 model.kernel_size=8 model.padding=valid",
        "normalization=instance: the maps of model=cnn shrink to one place",
    ),
    ("norm=batch dataset.batch_size=1077", "dataset.batch_size: a training batch has one example"),
    ("norm=batch dataset.batch_size=359 trainer.accumulate=3", "dataset.batch_size: a training batch has one example"),
    ("dataset=iris norm=batch dataset.limit=3 dataset.batch_size=2", "dataset.batch_size: a training batch has one"),
    ("dataset=nile norm=batch dataset.batch_size=1", "dataset.batch_size: a training batch has one example"),
    (
        "model=cnn norm=batch dataset.batch_size=1 model.depth=2 model.kernel_size=8 model.padding=valid",
        "dataset.batch_size: a training batch has one example",
    ),
    # how examples are divided and chosen
    ("dataset=iris dataset.folds=151", "dataset.folds: expected at most the 150 examples, got 151"),
    ("dataset=iris dataset.folds=5 dataset.fold=5", "dataset.fold: expected 0 to 4 (dataset.folds=5), got 5"),
    ("dataset=iris dataset.fold=2", "dataset.fold: 2 needs dataset.folds=..."),
    ("dataset.fold=all", "dataset.fold: all needs dataset.folds=..."),
    (
        "dataset=iris dataset.folds=5 dataset.split=[1,0,0]",
        "dataset.split: [1, 0, 0] with dataset.folds=5 leaves no val",
    ),
    ("dataset=iris dataset.split=[]", "dataset.split: expected three shares"),
    ("dataset=iris dataset.split=[0.9,0.1,0.1]", "dataset.split: expected three shares"),
    ("dataset=iris dataset.split=[0.6,0.4,0]", "dataset.split: [0.6, 0.4, 0] leaves no test example of 150"),
    ("dataset=iris dataset.split=[0.97,0.01,0.02]", "dataset.split: the 2 val examples hold none of class"),
    ("dataset=iris dataset.limit=2", "dataset.limit: the 2 train examples hold none of class 'virginica'"),
    ("dataset=iris dataset.prevalence=0.5", "dataset.prevalence: needs two classes; the dataset has 3"),
    (
        "dataset=breast_cancer dataset.prevalence=0.999",
        "dataset.prevalence: 0.999 of 569 examples leaves a class without",
    ),
    ("dataset=iris dataset.classes=[setosa,virginca]", "dataset.classes: no such class 'virginca'; did you mean 'virg"),
    ("dataset=iris dataset.classes=[setosa]", "dataset.classes: expected at least two different classes"),
    ("dataset=diabetes dataset.classes=[1,2]", "dataset.classes: needs classes as targets"),
    ("dataset=diabetes dataset.features=[bmi,bpp]", "dataset.features: no such column 'bpp'; did you mean 'bp'?"),
    ("dataset=diabetes dataset.features=[bmi,bmi]", "dataset.features: a column stands twice; choose from: age"),
    ("dataset=diabetes dataset.target=bmii", "dataset.target: no such column 'bmii'; did you mean 'bmi'?"),
    ("dataset=diabetes dataset.target=bmi dataset.features=[bmi]", "dataset.features: 'bmi' is the target"),
    ("dataset=digits dataset.features=[a]", "dataset.features: the columns of this dataset have no names"),
    ("dataset=diabetes dataset.label_noise=0.1", "dataset.label_noise: needs classes as targets"),
    ("dataset=spirals dataset.arms=2000", "dataset.arms: expected at most the 1000 examples, got 2000"),
    ("dataset=blobs dataset.centers=2000", "dataset.centers: expected at most the 1000 examples, got 2000"),
    ("dataset=linear dataset.nonzero=11", "dataset.nonzero: expected at most the 10 dimensions, got 11"),
    # time
    (f"{SERIES} dataset.context_length=308", "dataset.context_length: 308 past and 1 future values do not fit"),
    (f"{SERIES} dataset.horizon=307", "dataset.horizon: 307 future values do not fit three times into a series of 309"),
    (f"{SERIES} dataset.difference=400", "dataset.difference: 400 leaves 0 of 309 values; expected at most 305"),
    (f"{SERIES} dataset.difference=returns", "dataset.difference: returns need values above 0"),
    (f"{SERIES} dataset.features=[foo]", "dataset.features: no such series 'foo'"),
    (f"{SERIES} dataset.features=[sunspots,sunspots]", "dataset.features: a series stands twice"),
    (f"{SERIES} dataset.folds=400", "dataset.folds: expected at most the 284 examples, got 400"),
    (f"{SERIES} model=tdnn model.window=25", "model.window: expected at most the 24 steps of a sequence, got 25"),
    ("dataset=delayed_recall dataset.lag=16", "dataset.lag: expected less than the length 16, got 16"),
    ("dataset=latch dataset.signal=21", "dataset.signal: expected at most the length 20, got 21"),
    ("dataset=digits dataset.time_order=reversed", "dataset.time_order: needs sequences or a series"),
    ("trainer.truncated_bptt_steps=3", "trainer.truncated_bptt_steps: model=mlp reads no sequence step by step"),
    (
        "model=lstm model.bidirectional=true trainer.truncated_bptt_steps=3",
        "model.bidirectional: trainer.truncated_bptt_steps cuts a sequence that is read forwards only",
    ),
    # weights that are given
    ("model.frozen=[hiden]", "model.frozen: no parameter is called 'hiden'; did you mean 'hidden'?"),
    ("model.frozen=[4]", "model.frozen: expected weight layers 1 to 3, got 4"),
    ("model.init_from=corrupt.ckpt", "corrupt.ckpt: expected a checkpoint of dlx, but it cannot be read"),
    ("model.init_from=" + 3000 * "x", "model.init_from: xxx"),
    ("initializer.recurrent=orthogonl", "initializer.recurrent: no such initializer 'orthogonl'; did you mean 'ortho"),
    ("initializer=edges", "initializer: edges needs convolutions"),
    ("initializer=truncated_normal initializer.cut=1e-9", "initializer.cut: expected at least 0.001"),
    # targets
    ("dataset=diabetes reg=mixup", "regularizer.mixup: mixup needs classes as targets"),
    ("dataset=diabetes reg=label_smoothing", "regularizer.label_smoothing: label smoothing needs classes as targets"),
    (f"{SERIES} reg=mixup", "regularizer.mixup: mixup needs classes as targets"),
    ("dataset=digits objective.threshold=0.5", "objective.threshold: decides between two classes"),
    ("objective.codes=[0,1]", "objective.codes: only objective.loss=mse regresses on codes"),
    ("objective.loss=mse objective.codes=[0,1]", "objective.codes: expected 10 different numbers, one for each class"),
    ("objective=regression", "objective: regression needs real numbers"),
    ("dataset=diabetes model=naive_bayes", "model=naive_bayes needs classes as targets"),
    ("objective=surface", "objective: a surface has no data"),
    ("model=point model.start=[1]", "model.start: expected 2 numbers, one for each coordinate"),
    ("dataset=none", "model=mlp needs vectors; the dataset gives none at all"),
    ("reg=gaussian_prior reg.gaussian_prior.sd=1e-300", "regularizer.gaussian_prior.sd: expected at least 1e-12"),
    # images
    ("dataset=diabetes augmentation=rotation", "augmentation=rotation: needs images; the dataset gives vectors"),
    (f"{SERIES} augmentation=noise", "augmentation=noise: needs images; the dataset gives series"),
    ("augmentation=color", "augmentation.color: color needs images of several channels"),
    (
        "augmentation=cutout augmentation.cutout.size=16",
        "augmentation.cutout.size: expected less than twice",
    ),
    (
        "augmentation=translation augmentation.translation.pixels=8",
        "augmentation.translation.pixels: expected less than the image's side 8, got 8",
    ),
    (
        "augmentation=flip augmentation.flip.horizontal=false",
        "augmentation.flip: horizontal, vertical: expected",
    ),
    ("dataset=diabetes dataset.test_transforms=[flip]", "dataset.test_transforms: needs images; the dataset gives vec"),
    ("dataset.test_transforms=[rotatoin_15]", "dataset.test_transforms: no such transform 'rotatoin_15'; did you mean"),
    ("dataset.test_transforms=[translation_8]", "dataset.test_transforms: 'translation_8': expected less than the im"),
    ("dataset.test_transforms=[scale_9]", "dataset.test_transforms: 'scale_9': expected a factor from 1/8 to 8"),
    ("dataset.test_transforms=[noise_1e300]", "dataset.test_transforms: 'noise_1e300': expected a number above 0"),
    ("dataset=digits dataset.canvas=4", "dataset.canvas: expected at least the image's side 8, got 4"),
    ("dataset=diabetes dataset.canvas=20", "dataset.canvas: needs images; the dataset gives vectors"),
    # metrics
    ("metrics.by=foo", "metrics.by: the data have no attribute 'foo'; choose from: class"),
    ("dataset=diabetes metrics.by=class", "metrics.by: the data have no attribute 'class'; choose from: output"),
    ("trainer.monitor=test/accuracy", "trainer.monitor: no such metric 'test/accuracy'; did you mean 'val/accuracy'?"),
    ("+metrics.steps_to.foo=3", "metrics.steps_to: no metric 'foo' is watched in training"),
    ("metrics.steps_to={val/accuracy:nan}", "metrics.steps_to.val/accuracy: expected a number, got nan"),
    # steps
    ("optim=lbfgs dataset.batch_size=32", "dataset.batch_size: optimizer=lbfgs takes the whole training split at once"),
    ("optim=lbfgs optim.weight_decay=0.1", "optimizer.weight_decay: lbfgs has none; expected 0, got 0.1"),
    ("optim=lbfgs reg=l1 reg.l1.proximal=true", "regularizer.l1.proximal: goes with single gradient steps"),
    ("optim=muon optim.ns_steps=100", "optimizer.ns_steps: expected less than 100, got 100"),
    ("optim=closed_form", "optimizer=closed_form: needs a loss that is quadratic in the weights"),
    ("optim=closed_form model=linear dataset=diabetes dataset.batch_size=32", "dataset.batch_size: optimizer=closed_f"),
    ("optim=closed_form model=linear dataset=diabetes scheduler=cosine", "scheduler=cosine: optimizer=closed_form has"),
    ("optim.lr_scale=inverse_lipschitz", "optimizer.lr_scale: inverse_lipschitz needs a loss that is quadratic"),
    ("scheduler=cosine trainer.max_epochs=0", "scheduler.T_max: cosine needs at least one epoch, got 0"),
    ("scheduler=one_cycle trainer.max_epochs=0", "scheduler: one_cycle needs at least one training step"),
    (
        "reg=gradient_clipping reg.gradient_clipping.value=1",
        "regularizer.gradient_clipping: expected max_norm or value",
    ),
    # the machine
    ("trainer.threads=100000", "trainer.threads: expected at most"),
    ("model.width=1000000000", "model=mlp: its weights take"),
    ("model.width=4000000000000000000", "model=mlp: needs more memory than there is"),
    ("dataset=linear dataset.examples=4000000000000000000", "dataset: needs more memory than there is"),
    ("dataset.noise=1e38", "dataset=digits: a number in it is larger than single precision holds"),
    ("dataset=ar1 dataset.sd=3e38", "dataset=ar1: a number in it is larger than single precision holds"),
    ("seed=9223372036854775808", "seed: expected int >= 0, got 9223372036854775808; whole numbers go up to 2^63 - 1"),
    ("optim.lr=1e39", "optimizer.lr: expected float > 0, got 1e+39; numbers go up to 3.4e38"),
    # jobs
    ("job=data_split dataset=diabetes model=linear", "job: data_split needs classes"),
    ("dataset.folds=3 dataset.fold=all job=cost", "dataset.fold: job=cost works on one division of the data"),
]


@pytest.mark.parametrize(("typed", "expected"), PAIRS, ids=[typed[:80] for typed, _ in PAIRS])
def test_what_does_not_go_together_is_refused(
    typed: str, expected: str, config: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    (tmp_path / "corrupt.ckpt").write_text("weights")
    with pytest.raises(ConfigError) as refused:
        assemble(config("trainer.accelerator=cpu", *typed.split()))
    assert str(refused.value).startswith(expected)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("accelerator", ["gpu", "mps"])
def test_a_device_that_is_not_here(
    accelerator: str, config: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(ConfigError, match=f"trainer.accelerator: this machine has no {accelerator}; choose from: cpu"):
        assemble(config(f"trainer={accelerator}"))
    with pytest.raises(ConfigError, match=r"trainer\.strategy: fsdp divides a network over GPUs"):
        assemble(config("trainer.strategy=fsdp"))


def test_weights_that_this_machine_cannot_hold(
    config: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    small = config("trainer.accelerator=cpu", "model=linear")  # 650 weights of 4 bytes
    monkeypatch.setattr(checks, "machine_memory", lambda: 2600)
    assemble(small)
    monkeypatch.setattr(checks, "machine_memory", lambda: 2599)
    with pytest.raises(ConfigError, match=r"model=linear: its weights take .* GiB, this machine has "):
        assemble(small)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("window: too long", "model.window: too long"),
        ("normalization.groups: no divisor", "normalization.groups: no divisor"),
        ("model=mlp needs vectors", "model=mlp needs vectors"),
        ("needs images: there are none", "model: needs images: there are none"),
        ("window: too long; try window=3", "model.window: too long; try model.window=3"),
        ("window: set head.window=3 or 'window=3'", "model.window: set head.window=3 or 'window=3'"),
    ],
)
def test_a_key_is_told_as_it_is_typed(message: str, expected: str) -> None:
    assert located("model", message, ["window"]) == expected
