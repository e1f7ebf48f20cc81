"""The keys that all options of a group share. Keys with a default have no effect unless they are set."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from dlx.spec import AtLeastTwo, BelowOne, Form, Fraction, Input, Node, NonNegative, OpenFraction, Positive


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """Preparation of every dataset; the defaults change nothing.

    Attributes:
        split: fractions of training, validation and test examples; they sum to at most 1.
        folds: number of folds for cross-validation. One fold is the test split; the others are divided into training
            and validation in the proportion of `split`. Classes are stratified; for a series each fold is tested on the
            stretch that follows its training data (rolling origin). leave_one_out: as many folds as examples.
            null: no folds.
        fold: index of the test fold, from 0 to folds - 1; all: train once for each fold and pool the test predictions.
        limit: number of training examples to use (for a series the latest ones); null: all. Validation and test splits
            are not affected.
        features: names of the input columns, or of the input series; null: all, except the target of a table.
        target: name of the column to predict as a number, or of the series to forecast; null: the usual target of the
            dataset.
        standardize: subtract the mean and divide by the standard deviation of the training split, for each feature,
            channel or series, and for real targets as well (metrics are reported in the original units). unit_range:
            map the inputs of the training split to [0, 1] instead, by their minimum and maximum.
        noise: standard deviation of fixed Gaussian noise added to all inputs, in units of the standard deviation of
            each feature, channel or series over the training split.
        time_order: order in which sequences are read: natural, reversed, permuted (one random order for all examples)
            or shuffled (another random order for each example).
        batch_size: number of examples in one training step; null: the whole training split (full-batch training).
        drop_last: drop the last batch of an epoch if it is smaller.
    """

    split: Annotated[list[float], Fraction]
    folds: Annotated[int, AtLeastTwo] | Literal["leave_one_out"] | None = None
    fold: Annotated[int, NonNegative] | Literal["all"] = 0
    limit: Annotated[int, Positive] | None = None
    features: list[str] | None = None
    target: str | None = None
    standardize: bool | Literal["unit_range"]
    noise: Annotated[float, NonNegative] = 0.0
    time_order: Literal["natural", "permuted", "reversed", "shuffled"] = "natural"
    batch_size: Annotated[int, Positive] | None
    drop_last: bool = False


@dataclass(frozen=True, kw_only=True)
class TablePreparation:
    """Preparation of tables: examples without an order in time.

    Attributes:
        classes: names of the classes to keep, at least two; null: all.
        prevalence: fraction of the second of two classes, reached by leaving out examples; null: as in the data.
        label_noise: fraction of training and validation labels that are replaced by another class; test labels are
            kept.
        shuffle_labels: permute all targets at random, so that nothing can be learned from the inputs.
        noise_features: number of columns of standard normal noise to append to the inputs; images become vectors of
            pixels.
        design: `random` draws new inputs for each seed, `fixed` uses the same inputs, so that seeds differ only in the
            noise of the targets. Applies to synthetic regression data (linear, logistic, polynomial_curve).
        canvas: side in pixels of a larger black canvas on which images are placed; null: no canvas.
        position: position on the canvas: in the center, anywhere at random, or touching the border.
        stride: keep every stride-th pixel in each direction.
        antialias: average each block of stride x stride pixels instead of keeping its first pixel.
        bits: quantize images to 2^bits gray levels from black to white; null: no quantization.
        permute_pixels: permute the pixels of all images by the same random permutation.
        test_transforms: transforms of the test images on which the trained network is also evaluated, e.g. rotation_15,
            translation_2, scale_0.7, shear_30, flip, noise_0.3.
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


# Keys that have a meaning for sequences and series alone, for images alone, and for synthetic data alone.
OF_SEQUENCES = ("time_order",)
OF_IMAGES = ("canvas", "position", "stride", "antialias", "bits", "permute_pixels", "test_transforms")
OF_SYNTHETIC = ("design",)


@dataclass(frozen=True, kw_only=True)
class SeriesPreparation:
    """Preparation of series: how a series becomes examples.

    Attributes:
        context_length: number of past values that the model sees.
        horizon: number of future values that the model predicts at once.
        difference: order of differencing, or `returns` for x[t] / x[t-1] - 1; metrics are those of the forecast in the
            original units.
    """

    context_length: Annotated[int, Positive]
    horizon: Annotated[int, Positive]
    difference: Annotated[int, NonNegative] | Literal["returns"] = 0


@dataclass(frozen=True, kw_only=True)
class AugmentationKeys:
    """Keys that stand beside the augmentations and apply to all of them together.

    Attributes:
        fresh: draw new changes in each epoch; false: draw once, and train on the originals together with changed
            copies.
        copies: number of changed copies of each example added to the training split if fresh=false.
    """

    fresh: bool = True
    copies: Annotated[int, Positive] = 1


@dataclass(frozen=True, kw_only=True)
class NetworkKeys:
    """Keys that all models share.

    Attributes:
        frozen: parts of the network that are not trained: names or prefixes of names (`hidden.0`, with * as a
            wildcard), or numbers of weight layers counted from the input (1 is the first). Normalization and dropout
            inside a part whose parameters are all frozen stay in evaluation mode.
        init_from: folder of a finished run, or a checkpoint, from which weights of the same name and shape are copied
            before training, the output layer only if the classes are the same: the short form of transfer=finetune
            with transfer.source; null: none.
    """

    frozen: list[str | int] = field(default_factory=list)
    init_from: str | None = None


@dataclass(frozen=True, kw_only=True)
class PlainKeys:
    """The keys that describe a module which knows nothing of dlx, beside the arguments of its constructor.

    Attributes:
        accepts: kinds of input that the module reads, in order of preference; other data are converted.
        gives: forms of its output: one vector per example, per position of a map, or per step of a sequence.
        returns: name or number of the output among several that the module returns; null: it returns a tensor.
        output_layer: name of the layer that computes the outputs, e.g. fc. Its weights get the name `output`, by which
            initializers, transfer and parts know it; null: no layer.
    """

    accepts: Input | list[Input]
    gives: Form | list[Form] = "vector"
    returns: str | int | None = None
    output_layer: str | None = None


@dataclass(frozen=True, kw_only=True)
class SourceKeys:
    """Keys that all kinds of transfer share.

    Attributes:
        source: folder of a finished run, or a checkpoint, from which weights of the same name and shape are copied
            before training.
        output: copy the output layer too (copy) or start it anew (new); auto: copy it if the recorded classes are the
            same.
    """

    source: str | None = None
    output: Literal["auto", "new", "copy"] = "auto"


@dataclass(frozen=True, kw_only=True)
class FirstWeights:
    """Keys that all initializers share.

    Attributes:
        bias: value of the biases of the hidden layers; null: 0, or torch's default if the weights have torch's default.
        recurrent: name of the initializer of the recurrent weights, e.g. orthogonal or identity (Le et al. 2015); null:
            the same as for other weights.
        recurrent_gain: factor on the recurrent weights; for orthogonal weights, their spectral radius.
    """

    bias: float | None = None
    recurrent: Annotated[str, Node("initializer")] | None = None
    recurrent_gain: Annotated[float, Positive] = 1.0


@dataclass(frozen=True, kw_only=True)
class StepSize:
    """Keys that all optimizers share.

    Attributes:
        lr_scale: absolute: lr as given; inverse_lipschitz: lr / L, with L the largest curvature of a quadratic loss.
    """

    lr_scale: Literal["absolute", "inverse_lipschitz"] = "absolute"


# The record of the keys that stand beside the members of a list group, and not among the keys of each member.
BESIDE: dict[str, type] = {"augmentation": AugmentationKeys}
# The records of the shared keys by group. Those of a dataset apply to all data, to tables and to series, respectively.
SHARED: dict[str, tuple[type, ...]] = {
    "dataset": (Preparation, TablePreparation, SeriesPreparation),
    "model": (NetworkKeys,),
    "initializer": (FirstWeights,),
    "transfer": (SourceKeys,),
    "optimizer": (StepSize,),
}
