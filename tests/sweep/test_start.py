"""A single run is checked, made and trained once; a mistake leaves nothing behind."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from dlx.assembly import assemble
from dlx.cli.main import main
from dlx.config import gate
from dlx.config.choice import Choice
from dlx.config.hydra import session as hydra_session
from dlx.data import load
from dlx.nn.builder import NetworkBuilder
from dlx.run.run import run

TINY = ("trainer.max_epochs=1", "dataset.limit=64", "model.width=8", "trainer.accelerator=cpu")


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count what is checked, assembled and built, each by its place in the configuration."""
    counts: Counter[str] = Counter()
    load._load.cache_clear()
    load._raw.cache_clear()

    def count(owner: Any, name: str, label: Callable[..., str]) -> None:
        original = getattr(owner, name)

        def noted(*args: Any, **given: Any) -> Any:
            counts[label(*args)] += 1
            return original(*args, **given)

        monkeypatch.setattr(owner, name, noted)

    def built(choice: Choice, *args: Any) -> str:
        stands_in = choice.path == "optimizer" and sum(weight.numel() for weight in args[0]) == 1
        return f"built {choice.path}" + " for one parameter" * stands_in

    count(assemble, "put_together", lambda checked: "assembled")
    count(gate, "choice", lambda node, path, *group: f"checked {path}")
    count(Choice, "make", built)
    count(NetworkBuilder, "make", lambda *args: "network")
    return counts


ONCE = (
    "assembled", "network", "checked dataset", "checked model", "checked optimizer", "checked objective",
    "checked regularizer.l1", "built dataset", "built objective", "built regularizer.l1", "built augmentation.noise",
    "built normalization", "built initializer", "built job", "built diagnostics.shapes",
    # The optimizer that trains; and its class asked once, before anything is written, whether it takes its keys.
    "built optimizer", "built optimizer for one parameter",
)  # fmt: skip
WORDS = (*TINY, "reg=l1", "augmentation=noise", "diagnostics=shapes")


def test_a_single_run_is_made_once(counted: Counter[str], tmp_path: Path) -> None:
    assert main(["train", *WORDS]) == 0
    assert {name: counted[name] for name in ONCE} == dict.fromkeys(ONCE, 1)
    # A draft on the meta device tells how large the network is, one that is small enough is tried on two examples.
    assert counted["built model"] == 3
    assert [json.loads(file.read_text())["status"] for file in tmp_path.rglob("summary.json")] == ["finished"]


@pytest.mark.parametrize("lr_scale", ["absolute", "inverse_lipschitz"])
def test_scaling_the_step_size_builds_no_second_optimizer(counted: Counter[str], lr_scale: str) -> None:
    words = ["model=linear", "dataset=diabetes", "optim=gd", "trainer.max_epochs=1", f"optim.lr_scale={lr_scale}"]
    assert main(["train", *words, "trainer.accelerator=cpu"]) == 0
    assert (counted["built optimizer"], counted["built optimizer for one parameter"]) == (1, 1)


def test_a_resumed_run_is_assembled_once(counted: Counter[str], tmp_path: Path) -> None:
    assert main(["train", *TINY]) == 0
    (summary,) = tmp_path.rglob("summary.json")
    summary.write_text(json.dumps({**json.loads(summary.read_text()), "status": "interrupted"}))
    counted.clear()
    assert main(["resume", str(summary.parent)]) == 0
    assert counted["assembled"] == 1


def test_a_sweep_checks_each_configuration_once_and_makes_each_run_once(counted: Counter[str]) -> None:
    assert main(["train", "-m", *TINY, "model.depth=2,3", "seed=0,1"]) == 0
    assert counted["assembled"] == 2 + 4  # of runs that differ in the seed alone the first stands for all
    assert counted["network"] == 4


def test_a_key_of_swept_options_is_set_where_the_default_lacks_it(tmp_path: Path) -> None:
    assert main(["train", "-m", *TINY, "optimizer=momentum,nesterov", "optimizer.momentum=0.8"]) == 0
    found = [json.loads(file.read_text())["config"]["optimizer.momentum"] for file in tmp_path.rglob("summary.json")]
    assert found == [0.8, 0.8]


def test_a_key_goes_to_those_of_swept_options_that_have_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "-m", *TINY, "optimizer=adam,momentum", "optimizer.momentum=0.8"]) == 0
    found = [
        json.loads(file.read_text())["config"].get("optimizer.momentum") for file in tmp_path.rglob("summary.json")
    ]
    assert sorted(found, key=str) == [0.8, None]
    assert "optimizer.momentum: optimizer=adam has no such key and ran without it" in capsys.readouterr().out
    assert main(["train", "-m", *TINY, "optimizer=adam,sgd", "optimizer.momentm=0.8"]) == 2
    assert "optimizer.momentm: no such key" in capsys.readouterr().err


def test_what_was_assembled_serves_its_own_configuration_alone(
    config: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(hydra_session.current, "assembly", assemble.assemble(config("model=linear")))
    assert main(["train", "-m", *TINY, "hydra/launcher=basic"]) == 0
    (checkpoint,) = tmp_path.rglob("last.ckpt")
    assert "network.hidden.0.0.weight" in torch.load(checkpoint, weights_only=True)["state_dict"]  # an mlp's


@pytest.mark.parametrize("typed", ["model.width=0", "model.frozen=[9]", "job=bias_variance", "optim=lbfgs optim.lr=-1"])
def test_a_mistake_leaves_nothing_behind(typed: str, tmp_path: Path) -> None:
    assert main(["train", *TINY[:2], *typed.split()]) == 2
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def threads_at(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Collect the threads that assemblies are made with, on a machine that has more than one."""
    before, seen = torch.get_num_threads(), list[int]()
    original = assemble.put_together

    def noted(checked: Any) -> Any:
        seen.append(torch.get_num_threads())
        return original(checked)

    monkeypatch.setattr(assemble, "put_together", noted)
    torch.set_num_threads(2)
    yield seen  # type: ignore[misc]
    torch.set_num_threads(before)


@pytest.mark.parametrize("flags", [[], ["-m", "seed=0,1"]])
def test_threads_are_set_before_anything_is_made(flags: list[str], threads_at: list[int]) -> None:
    assert main(["train", *flags, *TINY, "trainer.threads=1"]) == 0
    assert set(threads_at) == {1}
    assert torch.get_num_threads() == 2


def test_a_process_that_will_fork_starts_no_further_threads(
    config: Callable[..., dict[str, Any]], threads_at: list[int], tmp_path: Path
) -> None:
    torch.set_num_threads(1)
    assemble.assemble(config(*TINY, "trainer.threads=2"))
    assert threads_at == [1]
    torch.set_num_threads(2)
    run(config(*TINY, "trainer.threads=null"), tmp_path / "run", raises=True)
    assert threads_at == [1, 2]
