"""The keys of the configuration that belong to no class: the run itself, its trainer and its streams."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from dlx.spec import NonNegative, Positive

Precision = Literal["32-true", "64-true", "16-mixed", "bf16-mixed", "bf16-true"]


@dataclass(frozen=True, kw_only=True)
class TrainerSettings:
    """How long, where and how exactly a run trains.

    Attributes:
        max_epochs: passes over the training split; 0 builds, measures and evaluates without training.
        max_steps: end after so many steps, whatever the epoch; null: no such limit.
        accelerator: cpu, gpu or mps; auto takes what the machine has.
        devices: how many devices.
        strategy: Lightning's strategy for several devices: ddp copies the network to each, fsdp (GPUs) divides it.
        precision: number format; 64-true for measurements of tiny gradients.
        threads: threads of torch on the CPU; one is fastest for small models, and part of what makes runs repeatable.
        accumulate: batches whose gradients are averaged before a step.
        truncated_bptt_steps: cut what a recurrent model reads into chunks of so many steps, over which gradients do not
            flow (Williams & Peng 1990); null: backpropagation through the whole sequence.
        monitor: metric that picks the best weights and stops early, e.g. val/accuracy; auto: the objective's own.
        test: evaluate on the test split at the end; false while hyperparameters are chosen.
        test_weights: which weights the final metrics are of: those of the last epoch or of the best one.
        divergence_factor: a loss above so many times the first one ends the run with status `diverged`.
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


@dataclass(frozen=True, kw_only=True)
class StreamSettings:
    """Streams of randomness that are fixed alone while `seed` is swept; null: derived from `seed`.

    Attributes:
        split: which examples are held out.
        init: the first weights.
        order: the order of the batches, dropout and noise.
        data: the realisation of a synthetic dataset.
    """

    split: Annotated[int, NonNegative] | None = None
    init: Annotated[int, NonNegative] | None = None
    order: Annotated[int, NonNegative] | None = None
    data: Annotated[int, NonNegative] | None = None


@dataclass(frozen=True, kw_only=True)
class MetricSettings:
    """What is measured beside the metrics of the task.

    Attributes:
        steps_to: values that watched metrics are to reach, e.g. {val/accuracy: 0.9}; `steps_to/val/accuracy` is the
            training step after which it was first seen to be as good, `reached/val/accuracy` is 1 or 0.
        by: the final metrics once more for each stratum of the test split: `class` for each true class, `output` for
            each target (each step ahead of a forecast), or an attribute of the data.
    """

    steps_to: dict[str, Any] | None
    by: str | None


@dataclass(frozen=True, kw_only=True)
class RunSettings:
    """The top level of the configuration.

    Attributes:
        seed: the seed that all streams of randomness are derived from; 0 is a seed like any other.
        model: the network.
        dataset: the data.
        augmentation: how training images are changed; anew in each epoch.
        objective: what is minimised and measured.
        optimizer: how the weights move.
        scheduler: how the step size changes.
        initializer: the first weights.
        regularizer: what holds the weights back; a list group.
        activation: the nonlinearity.
        normalization: what keeps activations in scale.
        trainer: how long and where.
        streams: streams of randomness fixed alone.
        metrics: what is measured beside the metrics of the task.
        diagnostics: what is measured inside the network; a list group.
        job: what the run does: train, or a measurement that is no training.
        study: question and claims of an experiment; not part of a run's identity.
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
    trainer: dict[str, Any]
    streams: dict[str, Any]
    metrics: dict[str, Any]
    diagnostics: dict[str, Any]
    job: dict[str, Any]
    study: dict[str, Any] | None
