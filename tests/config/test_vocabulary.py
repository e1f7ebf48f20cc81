"""The vocabulary: options and keys that are promised, under the names of the literature."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dlx.config import catalog
from dlx.config.identity import is_neutral

OPTIONS = {
    "model": (
        "linear logistic mlp lstm cnn locally_connected rnn gru tdnn deep_sets constant naive_bayes polynomial "
        "random_features bernoulli point transformer unet"
    ),
    "optimizer": (
        "sgd adam gd momentum nesterov adagrad adadelta rmsprop adamw adamax nadam radam lbfgs muon closed_form"
    ),
    "scheduler": "none step exponential cosine warmup_cosine one_cycle reduce_on_plateau",
    "initializer": (
        "default zeros constant uniform normal truncated_normal lecun_normal xavier_uniform xavier_normal he_uniform "
        "he_normal orthogonal identity lsuv auto"
    ),
    "regularizer": (
        "none l1 l2 elastic_net weight_decay dropout max_norm label_smoothing input_noise gradient_noise "
        "gradient_clipping early_stopping mixup gaussian_prior laplace_prior beta_prior"
    ),
    "activation": "identity sigmoid tanh relu leaky_relu prelu elu selu gelu silu softplus softsign maxout",
    "normalization": "none batch layer group instance rms weight",
    "augmentation": "none rotation scale shear translation flip affine noise brightness contrast color cutout",
    "dataset": (
        "sunspots digits diabetes iris wine breast_cancer co2 nile elnino macrodata sample_images linear logistic "
        "moons logic spirals blobs sine ar1 ar2 white_noise random_walk delayed_recall adding copy_memory "
        "temporal_order latch flip_flop bernoulli wilson polynomial_curve shapes csv csv_series reversal sorting"
    ),
    "objective": ("multi_label detection regression classification forecasting surface sequence_labeling segmentation"),
    "transfer": "none finetune freeze partial ewc l2_sp",
    "trainer": "default cpu gpu mps ddp debug",
    "job": "train bias_variance receptive_field convolution_arithmetic parameter_count cost",
    "diagnostics": (
        "none gradients activations weights receptive_field cost shapes stationarity probe sensitivity cam full"
    ),
}
KEYS = {  # of one option, or of every option of the group (*)
    "model=mlp": "depth width skip",
    "model=cnn": "kernel_size depth width dilation stride padding padding_mode pooling head antialias",
    "model=rnn": "depth width bidirectional carry_state",
    "model=lstm": "depth width bidirectional forget_bias gates.forget gates.input gates.output carry_state",
    "model=gru": "depth width bidirectional forget_bias carry_state",
    "model=tdnn": "window",
    "model=transformer": (
        "depth width heads feedforward gated positions max_length attention attention_scale causal norm_first skip"
    ),
    "model=unet": "depth width skip upsample upsample_kernel_size padding",
    "model=polynomial": "degree",
    "model=random_features": "features",
    "model=*": "frozen init_from",
    "transfer=partial": "source output frozen",
    "transfer=ewc": "source output strength",
    "optimizer=*": "lr lr_scale weight_decay",
    "initializer=*": "bias recurrent recurrent_gain",
    "initializer=xavier_normal": "gain",
    "initializer=lecun_normal": "gain",
    "initializer=he_normal": "gain",
    "initializer=orthogonal": "gain",
    "initializer=he_uniform": "gain",
    "initializer=xavier_uniform": "gain",
    "augmentation=*": "fresh copies",
    "augmentation=rotation": "rotation.degrees",
    "augmentation=affine": "affine.degrees affine.factor affine.shear affine.pixels",
    "objective=classification": "loss codes threshold scale",
    "objective=regression": "loss scale",
    "objective=sequence_labeling": "loss scale",
    "objective=forecasting": "loss scale",
    "objective=segmentation": "loss scale",
    "objective=surface": "function condition_number rotation scale",
    "trainer=*": (
        "max_epochs max_steps precision threads accumulate truncated_bptt_steps test_weights test monitor "
        "divergence_factor"
    ),
    "regularizer=l1": "l1.strength l1.proximal l1.biases",
    "regularizer=dropout": "dropout.p dropout.monte_carlo_samples",
    "regularizer=max_norm": "max_norm.limit",
    "regularizer=gradient_clipping": "gradient_clipping.max_norm gradient_clipping.value",
    "dataset=digits": (
        "split limit features target classes label_noise shuffle_labels noise noise_features prevalence standardize "
        "batch_size drop_last folds fold design canvas position bits stride antialias permute_pixels test_transforms"
    ),
    "dataset=sunspots": "context_length horizon difference time_order folds fold",
    "dataset=delayed_recall": "lag",
    "dataset=adding": "length",
    "dataset=shapes": "objects object_size position canvas",
    "dataset=bernoulli": "coins n",
    "dataset=logic": "gate",
    "dataset=csv": "path target features exclude missing encoding decimal delimiter time_format",
    "dataset=parquet": "path target features exclude missing",
    "dataset=image_folder": "path size color resize unreadable nested mask_classes memory",
    "dataset=arrays": "path x y kind channels target_kind class_names memory",
    "dataset=hub": "path name revision image label size color resize memory",
    "dataset=mnist": "path memory",
    "dataset=csv_series": "path time columns exclude where group missing gaps time_format",
    "streams=default": "split init order data",
    "metrics=default": "by steps_to",
    "dataset=*": "split limit features target standardize noise time_order batch_size drop_last folds fold",
}


@pytest.mark.parametrize("group", OPTIONS)
def test_every_option_is_there(group: str) -> None:
    assert set(OPTIONS[group].split()) <= set(catalog.option_files(group))


@pytest.mark.parametrize("word", KEYS)
def test_every_key_is_there(word: str) -> None:
    group, _, name = word.partition("=")
    for option in catalog.option_files(group) if name == "*" else [name]:
        known = {key.path.partition(".")[2] for key in catalog.keys(catalog.read(group, option))}
        assert set(KEYS[word].split()) <= known, option


@pytest.mark.parametrize("chosen", ["none", "[]"])
def test_every_strength_stands_in_the_configuration_and_does_nothing(
    chosen: str, config: Callable[..., dict[str, Any]]
) -> None:
    composed = config(f"regularizer={chosen}")["regularizer"]
    assert set(composed) == set(catalog.option_files("regularizer")) - {"none"}
    assert all(is_neutral(node) for node in composed.values())
    changed = config(f"regularizer={chosen}", "regularizer.l2.strength=0.1")["regularizer"]
    assert [name for name, node in changed.items() if not is_neutral(node)] == ["l2"]
