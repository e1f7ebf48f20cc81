"""The keys that all datasets have in common: how raw data become examples. Each is neutral unless it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from typing import Annotated, Any, Literal, TypeVar

from dlx.errors import ConfigError
from dlx.spec import AtLeastTwo, BelowOne, Fraction, NonNegative, OpenFraction, Positive


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """What is done to every dataset; defaults are the neutral values.

    Attributes:
        split: shares of training, validation and test examples; they add up to at most 1.
        folds: cut the data into so many folds, one of which is the test split; the others are divided into training
            and validation in the proportion of `split`. Classes are stratified; of a series each fold is tested on
            the stretch behind its past (rolling origin).
        fold: which fold is tested, from 0 to folds - 1; all: one training for each, their test predictions pooled.
        limit: use only so many training examples (of a series the latest); validation and test stay whole.
        features: names of the columns, or of the series, that the model sees; null: all, of a table all but the target.
        target: name of the column to predict as a number, or of the series to forecast; null: what the dataset says.
        standardize: subtract the mean of the training split and divide by its standard deviation, for each feature,
            channel or series, and for real targets too (metrics are in the original units).
        noise: standard deviation of fixed Gaussian noise added to all inputs, in standard deviations of each feature,
            channel or series over the training split.
        time_order: order in which sequences and contexts are read: permuted draws one order for all examples,
            shuffled another for each.
        batch_size: examples in one training step; null: the whole training split (gradient descent proper).
        drop_last: leave out a last batch that is smaller.
    """

    split: Annotated[list[float], Fraction]
    folds: Annotated[int, AtLeastTwo] | None = None
    fold: Annotated[int, NonNegative] | Literal["all"] = 0
    limit: Annotated[int, Positive] | None = None
    features: list[str] | None = None
    target: str | None = None
    standardize: bool
    noise: Annotated[float, NonNegative] = 0.0
    time_order: Literal["natural", "permuted", "reversed", "shuffled"] = "natural"
    batch_size: Annotated[int, Positive] | None
    drop_last: bool = False


@dataclass(frozen=True, kw_only=True)
class TablePreparation:
    """What can be done to examples that have no order in time.

    Attributes:
        classes: names of the classes that are kept, at least two; null: all.
        prevalence: leave out examples until the second of two classes has this share.
        label_noise: share of the labels replaced by another class, in training and validation, never in the test split.
        shuffle_labels: deal all targets out anew, so that nothing can be learnt from the inputs.
        noise_features: append so many columns of standard normal noise.
        design: `random` draws the inputs anew for each seed, `fixed` keeps them, so that seeds differ in the noise of
            the targets alone; for data with a law and noise (linear, logistic, polynomial_curve).
        canvas: place images on a larger black canvas of canvas x canvas pixels.
        position: where on the canvas: in the center, anywhere at random, or touching the border.
        stride: keep every so many-th pixel in each direction.
        antialias: average each block of stride x stride pixels instead of keeping its first.
        bits: quantise images to 2^bits grey levels from black to white.
        permute_pixels: one random order of the pixels, the same for all images.
        test_transforms: evaluate the trained network on changed test images as well, e.g. rotation_15, translation_2,
            scale_0.7, shear_30, flip, noise_0.3.
    """

    classes: list[str | int] | None = None
    prevalence: Annotated[float, OpenFraction] | None = None
    label_noise: Annotated[float, BelowOne] = 0.0
    shuffle_labels: bool = False
    noise_features: Annotated[int, NonNegative] = 0
    design: Literal["fixed", "random"] = "random"
    canvas: Annotated[int, Positive] | None = None
    position: Literal["center", "random", "border"] = "center"
    stride: Annotated[int, Positive] = 1
    antialias: bool = False
    bits: Literal[1, 2, 3, 4, 5, 6, 7, 8] | None = None
    permute_pixels: bool = False
    test_transforms: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class SeriesPreparation:
    """How a series becomes examples.

    Attributes:
        context_length: how many past values the model sees.
        horizon: how many future values it predicts at once.
        difference: learn the differences of this order, or the returns x[t] / x[t-1] - 1; metrics are those of the
            forecast in the original units.
    """

    context_length: Annotated[int, Positive]
    horizon: Annotated[int, Positive]
    difference: Annotated[int, NonNegative] | Literal["returns"] = 0


COMMON = (Preparation, TablePreparation, SeriesPreparation)
Keys = TypeVar("Keys")


def select_keys(cls: type[Keys], given: Mapping[str, Any]) -> Keys:
    """Return those of the given keys that belong to a class of common keys; what is not given is neutral.

    Raises:
        ConfigError: a key without a neutral value is missing.
    """
    for key in fields(cls):  # type: ignore[arg-type]
        if key.name not in given and key.default is MISSING and key.default_factory is MISSING:
            raise ConfigError(f"dataset.{key.name}: missing; every such dataset needs it")
    return cls(**{key.name: given[key.name] for key in fields(cls) if key.name in given})  # type: ignore[arg-type]


def refuse_unless_neutral(keys: Any, names: Iterable[str], needs: str, got: object) -> None:
    """Refuse keys that have no meaning for the data, unless they stand at their neutral value.

    Raises:
        ConfigError: names the first such key and what it would need.
    """
    for key in fields(keys):
        neutral = key.default_factory() if key.default_factory is not MISSING else key.default
        if key.name in names and asdict(keys)[key.name] != neutral:
            raise ConfigError(f"dataset.{key.name}: needs {needs}; the dataset gives {got}")
