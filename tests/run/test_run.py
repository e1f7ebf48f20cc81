"""What a run leaves behind, and which outcomes it can have."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import dlx
from dlx import paths
from dlx.assembly.assemble import assemble
from dlx.config.identity import canonical, identity
from dlx.data.batches import Batches
from dlx.files import write_json, write_whole
from dlx.results.checkpoint import load_checkpoint
from dlx.results.summary import flatten
from dlx.results.version import git_revision
from dlx.run.run import run
from tests.conftest import read_json

Compose = Callable[..., dict[str, Any]]
SMALL = ("trainer.accelerator=cpu", "dataset.limit=64", "dataset.batch_size=16", "model.width=8", "model.depth=3")
KEYS = [
    "schema", "status", "error", "identity", "job", "seed", "overrides", "choices", "config", "metrics",
    "metric_info", "examples", "best", "baseline", "baseline_name", "epochs", "steps", "parameters",
    "flops_per_example", "seconds", "memory_mb", "versions", "git", "data_hash", "notes",
]  # fmt: skip


def events(folder: Path) -> EventAccumulator:
    found = EventAccumulator(str(folder), size_guidance={"histograms": 0, "scalars": 0, "images": 0})
    found.Reload()
    return found


# --- streams of randomness


def trained(config: dict[str, Any], folder: Path) -> tuple[dict[str, torch.Tensor], dict[str, float]]:
    summary = run(config, folder, raises=True)
    checkpoint = load_checkpoint(folder / "checkpoints" / "last.ckpt")
    assert checkpoint is not None
    return checkpoint["state_dict"], summary["metrics"]


@pytest.mark.parametrize("seed", [0, 7])
def test_the_same_configuration_gives_the_same_numbers(seed: int, config: Compose, tmp_path: Path) -> None:
    composed = config(*SMALL, f"seed={seed}", "trainer.max_epochs=2", "regularizer=dropout", "normalization=batch")
    torch.manual_seed(123)
    weights, metrics = trained(composed, tmp_path / "a")
    torch.manual_seed(456)  # whatever happened in the process before
    np.random.seed(3)
    again, metrics_again = trained(composed, tmp_path / "b")
    assert metrics == metrics_again
    assert all(torch.equal(weights[name], again[name]) for name in weights)


def test_how_many_epochs_share_a_lightning_step_changes_nothing(
    config: Compose, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    composed = config(*SMALL, "trainer.max_epochs=6", "regularizer=[dropout,early_stopping]", "scheduler=cosine")
    tables = []
    for stretch in (0.0, 60.0):
        monkeypatch.setattr("dlx.training.task.STRETCH", stretch)
        assert run(composed, tmp_path / str(stretch), raises=True)["epochs"] == 6
        tables.append((tmp_path / str(stretch) / "metrics.csv").read_text())
    assert tables[0] == tables[1]


def test_seed_zero_is_a_seed_like_any_other(config: Compose, tmp_path: Path) -> None:
    default, zero, one = (trained(config(*SMALL, *seed, "trainer.max_epochs=1"), tmp_path / name)[0] for name, seed in
                          {"default": [], "zero": ["seed=0"], "one": ["seed=1"]}.items())  # fmt: skip
    name = "network.output.weight"
    assert torch.equal(default[name], zero[name])
    assert not torch.equal(zero[name], one[name])


@pytest.mark.parametrize("fixed", ["split", "init", "order"])
def test_a_stream_fixed_alone_stays_while_the_seed_is_swept(fixed: str, config: Compose) -> None:
    def drawn(seed: int) -> dict[str, torch.Tensor]:
        assembly = assemble(config(*SMALL, f"seed={seed}", f"streams.{fixed}=5"))
        return {
            "split": torch.from_numpy(assembly.data.train.index),
            "init": next(assembly.network().parameters()),
            "order": Batches(assembly.data.train, assembly.streams.order, 16).order(0),
        }

    one, other = drawn(1), drawn(2)
    same = {name for name in one if torch.equal(one[name], other[name])}
    assert same == {fixed}


def test_the_data_stream_draws_synthetic_data(config: Compose) -> None:
    def hash_of(*words: str) -> str:
        return assemble(config("dataset=sine", *words)).data.hash

    assert hash_of("seed=1") != hash_of("seed=2")
    assert hash_of("seed=1", "streams.data=5") == hash_of("seed=2", "streams.data=5")


# --- what is left behind


def test_files(config: Compose, tmp_path: Path) -> None:
    composed = config(*SMALL, "trainer.max_epochs=2")
    summary = run(composed, tmp_path, overrides=["model.width=8"], choices={"model": "mlp"}, raises=True)
    found = {re.sub(r"tfevents\..*", "tfevents", str(p.relative_to(tmp_path))) for p in tmp_path.rglob("*.*")}
    assert found == {
        "identity.json", "summary.json", "data.json", "metrics.csv", "predictions.npz", "dlx.log",
        "events.out.tfevents", "checkpoints/best.ckpt", "checkpoints/last.ckpt",
    }  # fmt: skip
    assert list(summary) == KEYS
    assert read_json(tmp_path / "summary.json") == summary
    assert summary["overrides"] == ["model.width=8"]
    assert summary["choices"] == {"model": "mlp"}
    assert summary["baseline_name"] == "majority class"
    assert summary["notes"] == ["images are flattened"]
    assert summary["versions"]["dlx"] == dlx.__version__
    kept = read_json(tmp_path / "identity.json")
    assert kept["identity"] == summary["identity"] == identity(composed)
    assert kept["config"] == canonical(composed)
    assert kept["launcher"] == "single"
    predictions = np.load(tmp_path / "predictions.npz")
    accuracy = (predictions["prediction"].argmax(1) == predictions["target"]).mean()
    assert accuracy == pytest.approx(summary["metrics"]["test/accuracy"])


def test_rows_of_metrics(config: Compose, tmp_path: Path) -> None:
    run(config(*SMALL, "trainer.max_epochs=3", "regularizer=l2"), tmp_path, raises=True)
    with (tmp_path / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["epoch"], row["step"]) for row in rows] == [("1", "4"), ("2", "8"), ("3", "12")]
    assert {"train/loss", "train/penalty", "val/loss", "val/accuracy", "lr"} <= set(rows[0])
    scalars = events(tmp_path).Scalars("val/loss")
    assert [event.step for event in scalars] == [4, 8, 12]
    assert [event.value for event in scalars] == pytest.approx([float(row["val/loss"]) for row in rows])


def test_tensorboard(config: Compose, tmp_path: Path) -> None:
    words = ("diagnostics=[gradients,weights]", "diagnostics.gradients.every=1", "diagnostics.weights.every=1")
    run(config(*SMALL, "trainer.max_epochs=2", *words), tmp_path, raises=True)
    tags = events(tmp_path).Tags()
    assert {"train/loss", "val/accuracy", "test/accuracy", "gradient/norm/hidden.0.0"} <= set(tags["scalars"])
    assert {"gradient/histogram/hidden.0.0", "weight/histogram/output"} <= set(tags["histograms"])
    assert tags["images"] == ["test/confusion"]


def test_log(config: Compose, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dlx.objective.classification import Classification

    quick = Classification.quick

    def warning(self: Any, *given: Any) -> Any:
        warnings.warn("mind the gap", stacklevel=1)
        return quick(self, *given)

    with warnings.catch_warnings(), monkeypatch.context() as patch:
        warnings.simplefilter("always")
        patch.setattr("warnings.showwarning", lambda *given, **more: None)
        patch.setattr(Classification, "quick", warning)
        run(config(*SMALL, "trainer.max_epochs=3"), tmp_path, raises=True)
    text = (tmp_path / "dlx.log").read_text()
    for line in ("begins", f"dlx {dlx.__version__}", "torch ", "epoch 1/3", "epoch 3/3", "UserWarning: mind the gap"):
        assert line in text
    assert re.search(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d finished after [\d.]+ s$", text, re.M)


def test_code_version_is_that_of_git() -> None:
    done = subprocess.run(
        ["git", "-C", str(paths.PACKAGE.parent), "rev-parse", "HEAD"], capture_output=True, text=True, check=False
    )
    assert git_revision() == (done.stdout.strip() or None)


def test_code_version_of_packed_references(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (tmp_path / ".git" / "packed-refs").write_text("# pack-refs\nabc123 refs/heads/other\ndef456 refs/heads/main\n")
    assert git_revision(tmp_path) == "def456"
    assert git_revision(tmp_path / "nowhere") is None


def test_written_whole_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "summary.json"
    write_json(file, {"a": 1})

    def torn(path: Path) -> None:
        path.write_text('{"a": ')
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        write_whole(file, torn)
    assert json.loads(file.read_text()) == {"a": 1}
    assert list(tmp_path.iterdir()) == [file]


def test_flat_keys_name_options(config: Compose) -> None:
    flat = flatten(canonical(config("activation=leaky_relu", "scheduler=cosine", "regularizer=[l2,dropout]")))
    assert (flat["activation"], flat["scheduler"]) == ("leaky_relu", "cosine")
    assert flat["model.depth"] == 3
    assert {key for key in flat if key.startswith("regularizer")} >= {"regularizer.l2", "regularizer.dropout.p"}


def test_choices_without_effect_are_named(config: Compose, tmp_path: Path) -> None:
    words = ["activation=tanh", "regularizer=dropout", "normalization=layer"]
    composed = config("model=linear", "dataset=digits", "trainer.max_epochs=1", *words)
    assert run(composed, tmp_path, overrides=words, raises=True)["notes"] == [
        "images are flattened",
        "activation: not used by model=linear",
        "normalization: not used by model=linear",
        "regularizer.dropout: not used by model=linear",
    ]


def test_a_job_that_stands_alone_names_what_plays_no_part(config: Compose, tmp_path: Path) -> None:
    words = ["job=receptive_field", "model.depth=4", "trainer.threads=1", "job.draws=1"]
    assert run(config(*words), tmp_path / "a", overrides=words, raises=True)["notes"] == [
        "model.depth: not used by job=receptive_field"
    ]
    words = ["job=activation_cost", "activation=gelu", "job.elements=10", "job.repeats=1"]
    assert run(config(*words), tmp_path / "b", overrides=words, raises=True)["notes"] == []


# --- outcomes


def test_a_loss_that_is_not_finite(config: Compose, tmp_path: Path) -> None:
    summary = run(config(*SMALL, "optimizer=sgd", "optimizer.lr=1e30", "trainer.max_epochs=3"), tmp_path)
    assert summary["status"] == "diverged"
    assert re.fullmatch(r"the loss is not finite at step [23] \(epoch 1\): (nan|inf)", summary["error"])
    assert (tmp_path / "checkpoints" / "last.ckpt").is_file()
    assert "test/accuracy" not in summary["metrics"]


def test_a_loss_far_above_the_first(config: Compose, tmp_path: Path) -> None:
    words = ("optimizer=sgd", "optimizer.lr=30", "trainer.divergence_factor=2", "trainer.max_epochs=3")
    summary = run(config(*SMALL, *words), tmp_path)
    assert summary["status"] == "diverged"
    first, limit = 2.3, float(re.search(r"exceeds ([\d.]+)", summary["error"]).group(1))  # type: ignore[union-attr]
    assert limit == pytest.approx(2 * first, rel=0.2)


def test_a_monitored_metric_that_is_not_finite(config: Compose, tmp_path: Path) -> None:
    words = ("optimizer=sgd", "optimizer.lr=1e30", "dataset.batch_size=64", "trainer.max_epochs=3")
    summary = run(config(*SMALL, *words), tmp_path)
    assert (summary["status"], summary["error"]) == ("diverged", "val/loss is not finite at step 1 (epoch 1): nan")


def test_a_failure_leaves_its_traceback(config: Compose, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*given: Any) -> Any:
        raise ZeroDivisionError("deep inside")

    monkeypatch.setattr("dlx.run.training.evaluate_parts", broken)
    summary = run(config(*SMALL, "trainer.max_epochs=1"), tmp_path)
    assert (summary["status"], summary["error"]) == ("failed", "ZeroDivisionError: deep inside")
    assert "in broken" in (tmp_path / "dlx.log").read_text()
    assert read_json(tmp_path / "summary.json")["status"] == "failed"
