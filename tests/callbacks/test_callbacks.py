"""Callbacks, loggers and Trainer flags do what they do in a plain Lightning script."""

from __future__ import annotations

import csv
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightning
import pytest
import torch
from lightning.pytorch.accelerators import CPUAccelerator
from lightning.pytorch.callbacks import DeviceStatsMonitor, EarlyStopping, RichProgressBar
from lightning.pytorch.loggers import CSVLogger
from torch import nn

from dlx.assembly.assemble import assemble
from dlx.callbacks import device_stats
from dlx.config import own
from dlx.config.identity import identity
from dlx.errors import ConfigError
from dlx.run.run import run

SMALL = ("dataset=iris", "model=mlp", "model.width=4", "dataset.batch_size=16", "trainer.max_epochs=4")
Config = Callable[..., dict[str, Any]]


def trained(config: Config, folder: Path, *words: str, **more: Any) -> dict[str, Any]:
    summary = run(config(*SMALL, *words), folder, raises=True, **more)
    assert summary["status"] == "finished", summary
    return dict(summary)


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "metrics.csv").open() as file:
        return list(csv.DictReader(file))


def weights(folder: Path, name: str = "last") -> dict[str, torch.Tensor]:
    found: dict[str, torch.Tensor] = torch.load(folder / f"checkpoints/{name}.ckpt", weights_only=True)["state_dict"]
    return found


class Seen(lightning.Callback):
    """Notes each hook that is called, and what a callback of a plain script would look at."""

    notes: list[str] = []  # noqa: RUF012 (the class is named by a configuration, so that the test has no object)

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        self.notes.append(f"start at epoch {trainer.current_epoch}, step {trainer.global_step}")

    def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        assert batch.inputs.shape[1:] == (4,)
        assert outputs["loss"].dim() == 0
        self.notes.append(f"batch {batch_idx} of epoch {trainer.current_epoch}")

    def on_before_optimizer_step(self, trainer: Any, pl_module: Any, optimizer: Any) -> None:
        assert all(p.grad is not None for p in pl_module.parameters())
        self.notes.append("step")

    def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
        assert 0 <= trainer.callback_metrics["val/accuracy"] <= 1
        self.notes.append("validated")

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        pl_module.log("mine", 3.0)
        self.notes.append(f"epoch {trainer.current_epoch}")

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        self.notes.append(f"end at step {trainer.global_step}")


class Stops(lightning.Callback):
    """Asks for the end of the training, as Lightning's documentation says."""

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        trainer.should_stop = trainer.current_epoch == 1


class Keeps(lightning.Callback):
    """Has a state that no checkpoint can hold."""

    def state_dict(self) -> dict[str, Any]:
        return {"module": nn.Linear(1, 1)}


class Raises(lightning.Callback):
    """Fails."""

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        raise ValueError("the callback has failed")


@pytest.fixture
def mine(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], tuple[str, ...]]:
    """Give the words that choose a callback of this module."""
    monkeypatch.setenv(own.ADMIT, __name__.partition(".")[0])
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2]))
    return lambda name: (f"+callbacks.mine={{_target_: {__name__}.{name}}}",)


def test_every_hook_is_called_where_lightning_calls_it(config: Config, tmp_path: Path, mine: Any) -> None:
    Seen.notes.clear()
    trained(config, tmp_path, *mine("Seen"), "trainer.max_epochs=2", "trainer.limit_train_batches=3", "logger=csv")
    batches = [[f"batch {n} of epoch {epoch}" for n in range(3)] for epoch in range(2)]
    expected = ["start at epoch 0, step 0"]
    for epoch, names in enumerate(batches):
        expected += [word for name in names for word in ("step", name)] + ["validated", f"epoch {epoch}"]
    assert Seen.notes == [*expected, "end at step 6"]
    logged = (tmp_path / "lightning_logs/version_0/metrics.csv").read_text()
    assert "mine" in logged.splitlines()[0]


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("optimizer=sgd", "scheduler=cosine", "regularizer=[dropout,gradient_clipping,weight_decay]"),
        ("optimizer=lbfgs", "dataset.batch_size=null"),
        ("trainer.accumulate=2", "model=mlp", "normalization=batch"),
        ("trainer.max_steps=11", "scheduler=one_cycle"),
        ("regularizer=[input_noise,gradient_noise]", "normalization=batch", "optimizer=adamw"),
    ],
)
def test_the_ordinary_path_has_the_numbers_of_the_quick_one(
    config: Config, tmp_path: Path, mine: Any, words: tuple[str, ...]
) -> None:
    quick = trained(config, tmp_path / "quick", *words)
    ordinary = trained(config, tmp_path / "ordinary", *words, "callbacks=learning_rate_monitor")
    assert rows(tmp_path / "quick") == rows(tmp_path / "ordinary")
    assert quick["metrics"] == ordinary["metrics"]
    for name in ("last", "best"):
        one, other = (weights(tmp_path / path, name) for path in ("quick", "ordinary"))
        assert all(torch.equal(one[key], other[key]) for key in one)


def test_early_stopping_stops_when_lightnings_own_would(config: Config, tmp_path: Path) -> None:
    words = ("trainer.max_epochs=40", "optimizer.lr=0.3", "callbacks.early_stopping.patience=2")
    summary = trained(config, tmp_path, "callbacks=early_stopping", *words)
    found = [float(row["val/loss"]) for row in rows(tmp_path)]
    twin = EarlyStopping("val/loss", patience=2)
    stops = [twin._evaluate_stopping_criteria(torch.tensor(value, dtype=torch.float32))[0] for value in found]
    assert stops == [False] * (len(found) - 1) + [True]
    assert summary["epochs"] == len(found) < 40


def test_a_callback_that_asks_for_the_end_is_heard(config: Config, tmp_path: Path, mine: Any) -> None:
    assert trained(config, tmp_path, *mine("Stops"))["epochs"] == 2


@pytest.mark.parametrize("stop_at", [3, 9, 20])
def test_a_resumed_run_ends_with_the_same_numbers_and_states(
    config: Config, tmp_path: Path, mine: Any, stop_at: int
) -> None:
    words = ("callbacks=[early_stopping,ema,learning_rate_monitor]", "logger=[tensorboard,csv]")
    words += ("callbacks.ema.decay=0.9", *mine("Seen"), "scheduler=cosine")
    trained(config, tmp_path / "whole", *words)
    Seen.notes.clear()
    asked = iter(range(1000))
    first = run(config(*SMALL, *words), tmp_path / "cut", interrupted=lambda: next(asked) >= stop_at)
    assert first["status"] == "interrupted"
    trained(config, tmp_path / "cut", *words, resume=True)
    assert rows(tmp_path / "whole") == rows(tmp_path / "cut")
    one, other = (torch.load(tmp_path / path / "checkpoints/last.ckpt", weights_only=True) for path in ("whole", "cut"))
    for part in ("state_dict", "current_model_state", "averaging_state"):
        assert all(torch.equal(one[part][key], other[part][key]) for key in one[part])
    assert str(one["lightning"]) == str(other["lightning"])
    assert len([note for note in Seen.notes if note.startswith("batch")]) == 4 * 6
    tables = [(tmp_path / path / "lightning_logs/version_0/metrics.csv").read_text() for path in ("whole", "cut")]
    epochs = [[line for line in csv.DictReader(table.splitlines()) if line["val/loss"]] for table in tables]
    assert [row["val/loss"] for row in epochs[0]] == [row["val/loss"] for row in epochs[1]]


def test_the_average_of_the_weights_is_that_of_the_formula(config: Config, tmp_path: Path) -> None:
    words = ("trainer.max_epochs=2", "trainer.limit_train_batches=2", "trainer.test_weights=last")
    steps = [trained_steps(config, tmp_path / f"{n}", *words, f"trainer.max_steps={n}") for n in (1, 2, 3, 4)]
    trained(config, tmp_path / "ema", *words, "callbacks=ema", "callbacks.ema.decay=0.9")
    found = torch.load(tmp_path / "ema/checkpoints/last.ckpt", weights_only=True)["state_dict"]
    for name in found:
        mean = steps[0][name]  # the first update copies the weights
        for step in steps[1:]:
            mean = 0.9 * mean + 0.1 * step[name]
        assert torch.allclose(found[name], mean, atol=1e-6)


def trained_steps(config: Config, folder: Path, *words: str) -> dict[str, torch.Tensor]:
    trained(config, folder, *words)
    return weights(folder)


def test_the_mean_of_the_last_epochs(config: Config, tmp_path: Path) -> None:
    words = ("trainer.test_weights=last",)
    ends = [trained_steps(config, tmp_path / f"{n}", *words, f"trainer.max_steps={6 * n}") for n in (3, 4)]
    trained(
        config,
        tmp_path / "swa",
        *words,
        "callbacks=stochastic_weight_averaging",
        "callbacks.stochastic_weight_averaging.swa_epoch_start=0.5",
    )
    found = weights(tmp_path / "swa")
    assert all(torch.allclose(found[name], (ends[0][name] + ends[1][name]) / 2, atol=1e-6) for name in found)


def test_model_checkpoint_keeps_the_best_epochs(config: Config, tmp_path: Path) -> None:
    trained(config, tmp_path, "callbacks=model_checkpoint", "callbacks.model_checkpoint.save_top_k=2")
    losses = [float(row["val/loss"]) for row in rows(tmp_path)]
    best = sorted(sorted(range(4), key=lambda epoch: losses[epoch])[:2])
    assert sorted(file.name for file in (tmp_path / "model_checkpoint").iterdir()) == [
        f"epoch={epoch}-step={6 * (epoch + 1)}.ckpt" for epoch in best
    ]


def test_fast_dev_run_is_one_batch_of_each_split(config: Config, tmp_path: Path) -> None:
    summary = trained(config, tmp_path, "trainer.fast_dev_run=true", "callbacks=[early_stopping,model_checkpoint]")
    assert (summary["epochs"], summary["steps"]) == (1, 1)
    assert (summary["examples"]["val"], summary["examples"]["test"]) == (16, 16)
    assert not list(tmp_path.glob("events*"))
    assert not (tmp_path / "model_checkpoint").exists()


def test_limits_count_batches_as_lightning_does(config: Config) -> None:
    words = ("trainer.limit_train_batches=0.5", "trainer.limit_val_batches=1", "trainer.limit_test_batches=0.6")
    assembly = assemble(config(*SMALL, *words))
    assert assembly.recipe.steps == 3  # int(0.5 · 7 batches)
    assert (len(assembly.data.val), len(assembly.data.test)) == (16, 16)  # one of two batches
    with pytest.raises(ConfigError, match=r"trainer\.limit_train_batches: 0\.1 of 6 batches is less than one"):
        assemble(config(*SMALL, "trainer.limit_train_batches=0.1"))


def test_overfit_batches_trains_on_the_same_batches_in_order(config: Config, tmp_path: Path, mine: Any) -> None:
    assembly = assemble(config(*SMALL, "trainer.overfit_batches=2"))
    assert (assembly.recipe.steps, len(assembly.data.val)) == (2, min(32, len(assembly.data.val)))
    summary = trained(config, tmp_path, "trainer.overfit_batches=1", "trainer.max_epochs=60", "optimizer.lr=0.05")
    assert float(rows(tmp_path)[-1]["train/loss"]) < 0.2 * float(rows(tmp_path)[0]["train/loss"])
    assert summary["steps"] == 60


def test_max_time_ends_the_training(config: Config, tmp_path: Path) -> None:
    summary = trained(config, tmp_path, "trainer.max_time=00:00:00:00", "trainer.max_epochs=1000")
    assert summary["epochs"] < 3


def test_the_profiler_writes_to_the_folder_of_the_run(config: Config, tmp_path: Path) -> None:
    trained(config, tmp_path, "trainer.profiler=simple", "trainer.max_epochs=1")
    (report,) = tmp_path.glob("*profile*")
    assert "training_step" in report.read_text()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ("callbacks=early_stopping", "callbacks.early_stopping.monitor=val/los"),
            "no such metric 'val/los'.*val/loss",
        ),
        (("callbacks=timer", "callbacks.timer.duration=10s"), "expected DD:HH:MM:SS"),
        (("trainer.max_time=10s",), r"trainer\.max_time: expected DD:HH:MM:SS"),
        (("callbacks=early_stopping", "job=parameter_count"), "callbacks=early_stopping: belongs to the training"),
        (("callbacks=early_stopping", "dataset.folds=3", "dataset.fold=all"), "dataset.fold=all keeps none"),
        (("trainer.overfit_batches=1", "trainer.limit_train_batches=2"), "leave out limit_train_batches"),
        (("callbacks=model_checkpoint", "callbacks.model_checkpoint.filename=../x"), "inside the folder of the run"),
        (("trainer.accumulate=2", "trainer.limit_train_batches=3"), "no whole number of steps"),
    ],
)
def test_what_cannot_work_is_refused(config: Config, words: tuple[str, ...], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        assemble(config(*SMALL, *words))


class Plain(lightning.LightningModule):
    """A plain script of Lightning: the data and the number of batches are those of the runs of dlx here."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 3)

    def training_step(self, batch: Any, number: int) -> torch.Tensor:
        return nn.functional.cross_entropy(self.layer(batch[0]), batch[1])

    def validation_step(self, batch: Any, number: int) -> None: ...

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters())


def plainly(folder: Path, callback: lightning.Callback) -> None:
    """Train two epochs of six batches with a callback, in a script as Lightning's documentation has it."""
    data = torch.utils.data.TensorDataset(torch.randn(90, 4), torch.randint(0, 3, (90,)))
    load = torch.utils.data.DataLoader
    trainer = lightning.Trainer(
        max_epochs=2, accelerator="cpu", callbacks=[callback], logger=CSVLogger(folder), log_every_n_steps=6,
        enable_checkpointing=False, enable_model_summary=False, num_sanity_val_steps=0,
        enable_progress_bar=isinstance(callback, RichProgressBar),
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the number of workers, and of torch about Lightning
        trainer.fit(Plain(), load(data, batch_size=16), load(data, batch_size=90))


def test_device_stats_logs_what_it_logs_in_a_plain_script(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lightning.pytorch.callbacks.device_stats_monitor._PSUTIL_AVAILABLE", True)
    monkeypatch.setattr(device_stats, "find_spec", lambda name: True)
    monkeypatch.setattr(CPUAccelerator, "get_device_stats", lambda self, device: {"cpu_percent": 12.5})
    plainly(tmp_path / "plain", DeviceStatsMonitor())
    summary = run(config(*SMALL, "trainer.max_epochs=2", "callbacks=device_stats", "logger=csv"), tmp_path / "dlx")
    assert summary["status"] == "finished"

    def logged(folder: Path) -> set[tuple[str, str, str]]:
        (file,) = folder.rglob("lightning_logs/version_0/metrics.csv")
        with file.open() as lines:
            table = list(csv.DictReader(lines))
        return {
            (name.partition(".")[2], row["step"], value)
            for row in table
            for name, value in row.items()
            if name.startswith("DeviceStats") and value
        }

    assert logged(tmp_path / "dlx") == logged(tmp_path / "plain") != set()


def test_rich_progress_bar_counts_the_batches_of_a_plain_script(
    config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plainly(tmp_path / "plain", RichProgressBar())
    found = re.findall(r"Epoch \d+/\d+|\d+/6", capsys.readouterr().out)
    run(config(*SMALL, "trainer.max_epochs=2", "callbacks=rich_progress_bar"), tmp_path / "dlx")
    assert re.findall(r"Epoch \d+/\d+|\d+/6", capsys.readouterr().out) == found != []


def test_a_callback_that_raises_or_cannot_be_saved_is_a_failed_run(config: Config, tmp_path: Path, mine: Any) -> None:
    by = "raised by the callback Raises"
    summary = run(config(*SMALL, *mine("Raises")), tmp_path / "a")
    assert (summary["status"], summary["error"]) == ("failed", f"ValueError: the callback has failed ({by})")
    with pytest.raises(ConfigError, match="state_dict of Keeps holds an object of class Linear"):
        run(config(*SMALL, *mine("Keeps")), tmp_path / "b")


def test_a_logger_without_its_package_names_the_extra(config: Config, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"pip install 'dlx\[wandb\]'"):
        run(config(*SMALL, "logger=wandb"), tmp_path)


def test_runs_without_these_groups_keep_their_identity(config: Config) -> None:
    whole = config(*SMALL)
    former = {key: value for key, value in whole.items() if key not in ("callbacks", "logger")}
    flags = ("limit_train_batches", "limit_val_batches", "limit_test_batches", "overfit_batches", "fast_dev_run")
    flags += ("max_time", "profiler", "detect_anomaly", "enable_model_summary")
    former["trainer"] = {key: value for key, value in whole["trainer"].items() if key not in flags}
    assert identity(whole) == identity(former)
    assert identity(config(*SMALL, "callbacks=ema")) != identity(whole)
    assert identity(config(*SMALL, "logger=csv")) != identity(whole)
