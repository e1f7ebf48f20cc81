"""Training steps per second: dlx with its defaults, Lightning with its defaults, and a bare loop by hand, in one run.

    python benchmarks/throughput.py [--rounds 5] [--threads 1]

The bare loop does the same work as dlx: slices of tensors in memory, fused Adam, validation loss and accuracy each
epoch, best weights kept. The figures of dlx count only after its checkpoints and events were seen on disk. Rounds are
interleaved, and ratios are taken within a round, so that a noisy machine disturbs all alike; medians are printed.
Exit code 1 if dlx falls below its bound.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import logging
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning
import torch
import torch.nn.functional as F
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from dlx import paths
from dlx.assembly.assemble import Assembly, assemble
from dlx.run.run import run
from dlx.sweep import register


@dataclass(frozen=True)
class Case:
    """One network and its data, with the share of the bare loop's speed that dlx must reach."""

    name: str
    overrides: tuple[str, ...]
    epochs: int
    bound: float


HUNDRED_STEPS = ("dataset=sunspots", "dataset.context_length=100", "dataset.batch_size=32")
CASES = (
    Case("digits MLP 64-128-128-10, batch 64", ("model=mlp", "dataset=digits"), 100, 0.7),
    Case("LSTM over 100 steps, batch 32", ("model=lstm", *HUNDRED_STEPS), 150, 0.9),
    Case("GRU over 100 steps, batch 32", ("model=gru", *HUNDRED_STEPS), 40, 0.9),
    Case("digits CNN, batch 64", ("model=cnn", "dataset=digits"), 20, 0.9),
)


def configuration(case: Case, threads: int) -> dict[str, Any]:
    """Compose a case as the command line would."""
    register.register()
    fixed = [f"trainer.max_epochs={case.epochs}", "trainer.accelerator=cpu", f"trainer.threads={threads}"]
    with initialize_config_dir(str(paths.shipped("conf")), version_base="1.3"):
        config = OmegaConf.to_container(compose("train", overrides=[*case.overrides, *fixed]), resolve=True)
    assert isinstance(config, dict)
    return config  # type: ignore[return-value]


def with_dlx(config: dict[str, Any]) -> float:
    """Train with dlx and return steps per second of the fit; refuse to count a run that left nothing behind."""
    epochs = config["trainer"]["max_epochs"]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "run"
        summary = run(config, folder, raises=True)
        for name in ("best.ckpt", "last.ckpt"):
            assert torch.load(folder / "checkpoints" / name, weights_only=True)["state_dict"], name
        events = list(folder.glob("events.out.tfevents.*"))
        assert events, "no events were written"
        assert events[0].stat().st_size > 100 * epochs, "the events are too few"
        assert len((folder / "metrics.csv").read_text().splitlines()) == epochs + 1
    return summary["steps"] / summary["seconds"]["fit"]


def bare_loop(assembly: Assembly, epochs: int) -> float:
    """Do the same work by hand and return steps per second."""
    network, data, size = assembly.network(), assembly.data, assembly.examples.batch_size
    classes = data.spec.target == "class"
    loss_of: Callable[..., Tensor] = F.cross_entropy if classes else F.mse_loss
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, fused=True)
    best, kept, steps = float("inf"), {}, 0
    began = time.perf_counter()
    for _ in range(epochs):
        order = torch.randperm(len(data.train))
        inputs, targets = data.train.inputs[order], data.train.targets[order]
        losses = []
        network.train()
        for begin in range(0, len(order), size):
            optimizer.zero_grad(set_to_none=True)
            loss = loss_of(network(inputs[begin : begin + size]), targets[begin : begin + size])
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
            steps += 1
        network.eval()
        with torch.no_grad():
            output = network(data.val.inputs)
            value = loss_of(output, data.val.targets).item()
            if classes:
                (output.argmax(1) == data.val.targets).float().mean().item()
        torch.stack(losses).mean().item()
        if value < best:
            best = value
            kept = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    assert kept
    return steps / (time.perf_counter() - began)


class Plain(lightning.LightningModule):
    """The same network as people write it for Lightning."""

    def __init__(self, network: nn.Module, classes: bool) -> None:
        super().__init__()
        self.network, self.classes = network, classes

    def _loss(self, batch: list[Tensor]) -> tuple[Tensor, Tensor]:
        output = self.network(batch[0])
        return (F.cross_entropy if self.classes else F.mse_loss)(output, batch[1]), output

    def training_step(self, batch: list[Tensor], number: int) -> Tensor:
        """Log and return the loss."""
        loss, _ = self._loss(batch)
        self.log("train/loss", loss)
        return loss

    def validation_step(self, batch: list[Tensor], number: int) -> None:
        """Log loss and accuracy."""
        loss, output = self._loss(batch)
        self.log("val/loss", loss)
        if self.classes:
            self.log("val/accuracy", (output.argmax(1) == batch[1]).float().mean())

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Adam."""
        return torch.optim.Adam(self.parameters(), lr=1e-3)


def with_lightning(assembly: Assembly, epochs: int) -> float:
    """Train with Lightning's defaults (loaders, logger, checkpoints) and return steps per second of the fit."""
    data = assembly.data
    loaders = [
        DataLoader(TensorDataset(part.inputs, part.targets), assembly.examples.batch_size, shuffle=part is data.train)
        for part in (data.train, data.val)
    ]
    with tempfile.TemporaryDirectory() as place, warnings.catch_warnings(), quiet():
        warnings.simplefilter("ignore")
        trainer = lightning.Trainer(max_epochs=epochs, accelerator="cpu", default_root_dir=place)
        module = Plain(assembly.network(), data.spec.target == "class")
        began = time.perf_counter()
        trainer.fit(module, *loaders)
        return trainer.global_step / (time.perf_counter() - began)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Let Lightning's bar and hints go nowhere."""
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


def measure(case: Case, rounds: int, threads: int) -> bool:
    """Print the medians of a case; tell whether dlx reaches its bound."""
    config = configuration(case, threads)
    assembly = assemble(config)
    torch.set_num_threads(threads)
    with_dlx({**config, "trainer": {**config["trainer"], "max_epochs": 2}})  # warm up
    few = max(case.epochs // 20, 2)
    rows = [(bare_loop(assembly, case.epochs), with_dlx(config), with_lightning(assembly, few)) for _ in range(rounds)]
    bare, ours, plain = (statistics.median(column) for column in zip(*rows, strict=True))
    ratio = statistics.median(row[1] / row[0] for row in rows)
    print(f"{case.name}, {threads} thread{'s' if threads > 1 else ''} ({rounds} rounds)")
    print(f"  bare loop  {bare:8.0f} steps/s")
    print(f"  dlx        {ours:8.0f} steps/s  {ratio:.2f} of the bare loop (bound {case.bound})")
    print(
        f"  Lightning  {plain:8.0f} steps/s  {statistics.median(row[2] / row[0] for row in rows):.2f} of the bare loop"
    )
    return ratio >= case.bound


def main() -> int:
    """Measure all cases."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    results = [measure(case, arguments.rounds, arguments.threads) for case in CASES]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
