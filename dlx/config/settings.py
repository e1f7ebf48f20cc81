"""Settings of a run that are not options: the top level, the trainer, the random streams and the metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from dlx.spec import Kind, NonNegative, Positive

Share = Kind("Share", low=0, high=1, open_low=True)
Precision = Literal["32-true", "64-true", "16-mixed", "bf16-mixed", "bf16-true"]


@dataclass(frozen=True, kw_only=True)
class TrainerSettings:
    """Length, hardware and precision of training.

    Attributes:
        max_epochs: number of passes over the training split; 0 builds and evaluates the network without training it.
        max_steps: maximum number of training steps; null: no limit.
        accelerator: hardware to train on; auto uses the accelerator of the machine, or the CPU.
        devices: number of devices.
        strategy: Lightning's strategy for several devices: ddp copies the network to each, fsdp (GPUs) shards it.
        precision: number format; use 64-true to measure tiny gradients.
        threads: number of CPU threads of torch; one is fastest for small models. Results depend on it in the last bits.
        accumulate: number of batches over which gradients are averaged before each step.
        truncated_bptt_steps: length of the chunks into which the sequence of a recurrent model is cut; gradients do not
            flow from one chunk to the previous one (Williams & Peng 1990). null: backpropagate through the whole
            sequence.
        monitor: metric that selects the best weights and drives early stopping, e.g. val/accuracy; auto: chosen by the
            objective.
        test: evaluate on the test split after training; set it to false while you tune hyperparameters.
        test_weights: weights that are evaluated after training: those of the best epoch or of the last one.
        divergence_factor: a run whose loss exceeds this multiple of its first loss ends with status `diverged`.
        limit_train_batches: train on the first batches of each epoch only: a number of batches (int) or a fraction of
            them (float); null: all.
        limit_val_batches: validate on the first batches of the validation split only, a number or a fraction of them;
            null: all.
        limit_test_batches: test on the first batches of the test split only, a number or a fraction of them; null: all.
        overfit_batches: train in every epoch on the same first batches of the training split, in the order of the data,
            and validate on as many; a number or a fraction of them; null: do not.
        fast_dev_run: one epoch of one batch (true), or of this number of batches, for training, validation and test,
            without loggers, early_stopping and model_checkpoint: a quick check that a configuration runs at all.
        max_time: end the training after a duration, given as DD:HH:MM:SS; null: do not. How many epochs fit into it
            depends on the machine.
        profiler: measure how long each part of the training takes and write it to the folder of the run (Lightning's
            simple, advanced or pytorch profiler); null: do not.
        detect_anomaly: let torch stop at the operation in which a gradient first became NaN; slow.
        enable_model_summary: print Lightning's table of the layers and their numbers of parameters before training.
    """

    max_epochs: Annotated[int, NonNegative]
    max_steps: Annotated[int, Positive] | None
    accelerator: Literal["auto", "cpu", "gpu", "mps"]
    devices: Annotated[int, Positive]
    strategy: Literal["auto", "ddp", "fsdp"]
    precision: Precision
    threads: Annotated[int, Positive] | None
    accumulate: Annotated[int, Positive]
    truncated_bptt_steps: Annotated[int, Positive] | None
    monitor: str
    test: bool
    test_weights: Literal["last", "best"]
    divergence_factor: Annotated[float, Positive]
    limit_train_batches: Annotated[int, Positive] | Annotated[float, Share] | None = None
    limit_val_batches: Annotated[int, Positive] | Annotated[float, Share] | None = None
    limit_test_batches: Annotated[int, Positive] | Annotated[float, Share] | None = None
    overfit_batches: Annotated[int, Positive] | Annotated[float, Share] | None = None
    fast_dev_run: bool | Annotated[int, Positive] = False
    max_time: str | None = None
    profiler: Literal["simple", "advanced", "pytorch"] | None = None
    detect_anomaly: bool = False
    enable_model_summary: bool = False

    def limits(self) -> dict[str, int | float | None]:
        """Return the limit of the batches of each split: a number, a fraction, or None for all of them."""
        if self.fast_dev_run:
            return dict.fromkeys(("train", "val", "test"), int(self.fast_dev_run))
        same = self.overfit_batches
        return {
            "train": self.limit_train_batches if same is None else same,
            "val": self.limit_val_batches if same is None else same,
            "test": self.limit_test_batches,
        }

    def by_batch(self) -> bool:
        """Return whether a training step of Lightning is one batch, so that each of its hooks is called."""
        return self.max_time is not None or self.profiler is not None

    def quick(self) -> bool:
        """Return whether the training runs on one device in full precision."""
        return self.devices == 1 and self.precision in ("32-true", "64-true")


@dataclass(frozen=True, kw_only=True)
class StreamSettings:
    """Seeds of individual random streams, to keep one fixed while `seed` is swept; null: derived from `seed`.

    Attributes:
        split: seed of the split into training, validation and test examples; null: derived from `seed`.
        init: seed of the initial weights; null: derived from `seed`.
        order: seed of the order of the batches, dropout and noise; null: derived from `seed`.
        data: seed of the draw of a synthetic dataset; null: derived from `seed`.
    """

    split: Annotated[int, NonNegative] | None = None
    init: Annotated[int, NonNegative] | None = None
    order: Annotated[int, NonNegative] | None = None
    data: Annotated[int, NonNegative] | None = None


@dataclass(frozen=True, kw_only=True)
class MetricSettings:
    """Metrics in addition to those of the objective.

    Attributes:
        steps_to: target values of metrics, e.g. {val/accuracy: 0.9}. `steps_to/val/accuracy` is the training step at
            which the target was first reached, `reached/val/accuracy` is 1 if it was and 0 otherwise.
        by: also report the final metrics for each stratum of the test split: `class` for each true class, `output` for
            each target (each step of a forecast), or an attribute of the data.
    """

    steps_to: dict[str, Any] | None
    by: str | None


@dataclass(frozen=True, kw_only=True)
class RunSettings:
    """The top level of the configuration.

    Attributes:
        seed: seed of the run, from which all random streams are derived.
        model: network architecture.
        dataset: training, validation and test data.
        augmentation: random changes of the training images, drawn anew in each epoch (several can be combined).
        objective: loss to minimize and metrics to report.
        optimizer: optimization algorithm.
        scheduler: learning-rate schedule.
        initializer: weight initialization.
        regularizer: regularization methods (several can be combined).
        activation: activation function.
        normalization: normalization layers.
        transfer: start from the weights of another run.
        trainer: length of training, hardware and precision.
        streams: seeds of individual random streams.
        metrics: metrics in addition to those of the objective.
        diagnostics: measurements inside the network (several can be combined).
        callbacks: callbacks of Lightning's trainer (several can be combined).
        logger: where metrics are written besides the files of the run (several can be combined).
        job: train a model, or compute a quantity without training.
        study: question and claims of an experiment; not part of the identity of a run.
    """

    seed: Annotated[int, NonNegative]
    model: dict[str, Any]
    dataset: dict[str, Any]
    augmentation: dict[str, Any]
    objective: dict[str, Any]
    optimizer: dict[str, Any]
    scheduler: dict[str, Any]
    initializer: dict[str, Any]
    regularizer: dict[str, Any]
    activation: dict[str, Any]
    normalization: dict[str, Any]
    transfer: dict[str, Any]
    trainer: dict[str, Any]
    streams: dict[str, Any]
    metrics: dict[str, Any]
    diagnostics: dict[str, Any]
    callbacks: dict[str, Any]
    logger: dict[str, Any]
    job: dict[str, Any]
    study: dict[str, Any] | None
