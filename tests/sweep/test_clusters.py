"""Sweeps on a cluster: submitit on this machine, SLURM with stand-ins for its commands, and Ray."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from dlx.cli.main import main
from dlx.config.hydra import session as hydra_session
from dlx.config.hydra.errors import missing_launcher
from dlx.errors import ConfigError
from dlx.results.runs import read_runs
from dlx.sweep.launch import launched
from dlx.sweep.plan import Job

ROOT = Path(__file__).parents[2]
TINY = ("dataset.limit=64", "dataset.batch_size=16", "model.width=8", "trainer.accelerator=cpu", "seed=0,1")
submitit = pytest.mark.skipif(find_spec("submitit") is None, reason="needs hydra-submitit-launcher")
Sweep = Callable[..., str]

# Runs every task of an array in the background, again as long as it is requeued.
SBATCH = """#!/bin/bash
last=$(sed -n 's/^#SBATCH --array=0-\\([0-9]*\\)%.*/\\1/p' "$1")
export SLURM_NTASKS=1 SLURM_JOB_NUM_NODES=1 SLURM_NODEID=0 SLURM_PROCID=0 SLURM_LOCALID=0 SLURM_JOB_NODELIST=here
export SLURM_ARRAY_JOB_ID=70
for SLURM_ARRAY_TASK_ID in $(seq 0 "$last"); do
    export SLURM_ARRAY_TASK_ID SLURM_JOB_ID=$((70 + SLURM_ARRAY_TASK_ID))
    for ATTEMPT in 1 2 3 4; do
        export ATTEMPT
        bash "$1"
        rm "$FAKE/requeued-70_$SLURM_ARRAY_TASK_ID" 2>/dev/null || break
    done >"$FAKE/log-$SLURM_ARRAY_TASK_ID" 2>&1 &
done
echo "Submitted batch job 70"
"""
# Sends SIGUSR2 to the first task after the first epoch of its first and its second attempt.
SRUN = """#!/bin/bash
while [[ $1 == --* ]]; do
    case $1 in --output | --error) shift 2 ;; *) shift ;; esac
done
"$@" &
if [[ $SLURM_ARRAY_TASK_ID == 0 && $ATTEMPT -lt 3 ]]; then
    count() { cat "$SWEEP"/000-*/dlx.log 2>/dev/null | grep -c ' epoch [0-9]*/'; }
    before=$(count)
    until (($(count) > before)) || ! kill -0 $! 2>/dev/null; do sleep 0.05; done
    kill -USR2 $!
fi
wait $!
"""
SCONTROL = '#!/bin/bash\n[[ $1 == requeue ]] && touch "$FAKE/requeued-$2"\n'
SACCT = "#!/bin/bash\necho 'JobID|State|NodeList'\n"


@pytest.fixture
def sweep(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Sweep:
    """Give `sweep(folder, *words)`: what `dlx train -m` prints up to its folder."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])))

    def command(folder: str, *words: str) -> str:
        monkeypatch.setattr(hydra_session, "current", hydra_session.Caller())
        monkeypatch.setattr("dlx.paths.outputs", lambda: Path("nowhere"))
        assert main(["train", "-m", *TINY, *words, f"hydra.sweep.dir={folder}"]) == 0
        return capsys.readouterr().out.partition("\nsweep ")[0]

    return command


def same(one: str, two: str) -> bool:
    """Return True if the runs of two sweeps are equal bit for bit."""
    first, second = (read_runs([Path(folder)]) for folder in (one, two))
    arrays = [[(run.folder / "predictions.npz").read_bytes() for run in runs] for runs in (first, second)]
    rows = [[(run.folder / "metrics.csv").read_text() for run in runs] for runs in (first, second)]
    metrics = [[dict(run.metrics) for run in runs] for runs in (first, second)]
    return len(first) == 2 and arrays[0] == arrays[1] and rows[0] == rows[1] and metrics[0] == metrics[1]


@submitit
@pytest.mark.filterwarnings("ignore")
def test_submitit_on_this_machine(sweep: Sweep) -> None:
    shown = sweep("local", "trainer.max_epochs=2", "hydra/launcher=submitit_local")
    assert shown == sweep("basic", "trainer.max_epochs=2", "hydra/launcher=basic")
    assert same("local", "basic")


@submitit
@pytest.mark.filterwarnings("ignore")
def test_a_job_of_slurm_that_reaches_its_limit_twice(
    sweep: Sweep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "fake"
    fake.mkdir()
    for name, text in (("sbatch", SBATCH), ("srun", SRUN), ("scontrol", SCONTROL), ("sacct", SACCT)):
        (fake / name).write_text(text)
        (fake / name).chmod(stat.S_IRWXU)
    for name, value in (("FAKE", fake), ("SWEEP", tmp_path / "slurm")):
        monkeypatch.setenv(name, str(value))
    monkeypatch.setenv("PATH", f"{fake}{os.pathsep}{os.environ['PATH']}")
    words = ("trainer.max_epochs=150", "regularizer=dropout")
    launcher = ("hydra/launcher=submitit_slurm", "hydra.launcher.timeout_min=1", "hydra.launcher.max_num_timeout=2")
    shown = sweep("slurm", *words, *launcher)
    log = next((tmp_path / "slurm").glob("000-*/dlx.log")).read_text()
    assert log.count("interrupted after") == 2
    assert "finished after" in log
    assert shown == sweep("basic", *words, "hydra/launcher=basic")
    assert same("slurm", "basic")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.skipif(find_spec("ray") is None, reason="needs ray")
def test_ray(sweep: Sweep) -> None:
    shown = sweep("ray", "trainer.max_epochs=2", "hydra/launcher=ray")
    assert shown == sweep("basic", "trainer.max_epochs=2", "hydra/launcher=basic")
    assert same("ray", "basic")


@pytest.mark.parametrize("name", ["ray", "submitit_slurm"])
def test_a_missing_package_is_named_with_its_command(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    extra = {"ray": "ray", "submitit_slurm": "slurm"}[name]
    assert f"which the extra dlx[{extra}] installs: " in missing_launcher(name)
    if name == "ray":
        monkeypatch.setattr("dlx.sweep.ray.find_spec", lambda package: None)
        assert main(["train", "-m", *TINY, "hydra/launcher=ray"]) == 2
        assert capsys.readouterr().err == f"dlx: {missing_launcher('ray')}\n"


def test_a_launcher_that_raises(tmp_path: Path) -> None:
    """Before its jobs it is refused; afterwards the sweep says so."""

    class Broken:
        def launch(self, overrides: Any, initial_job_idx: int) -> Any:
            raise RuntimeError('Could not detect "srun", are you indeed on a slurm cluster?')

    job = Job([], {}, {}, {}, "abc", tmp_path / "run", "", resume=True)
    with pytest.raises(ConfigError, match="Could not detect"):
        launched([job], Broken())
    job.folder.mkdir()
    assert launched([job], Broken()) == ([], 'Could not detect "srun", are you indeed on a slurm cluster?')
