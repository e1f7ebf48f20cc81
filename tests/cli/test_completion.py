"""Completion, asked for by real shells: what TAB inserts and what it offers."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dlx import paths
from dlx.cli.completion import SCRIPTS, answer, split
from dlx.cli.main import COMMANDS, main
from dlx.config import catalog


@pytest.fixture
def shim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A command `dlx` on the PATH, as an installed one would be."""
    folder = tmp_path / "bin"
    folder.mkdir()
    command = folder / "dlx"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m dlx "$@"\n')
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(paths.PACKAGE.parent))
    return folder


def bash(*lines: str) -> list[list[str]]:
    """Let bash's own completion function answer: COMPREPLY for each line with the cursor at its end."""
    script = (
        'eval "$(dlx completion bash)"; complete -p dlx >&2; for COMP_LINE in "$@"; do\n'
        "COMP_POINT=${#COMP_LINE}; COMP_WORDS=($COMP_LINE); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
        '_dlx dlx "${COMP_WORDS[COMP_CWORD]}"; printf "%s\\n" "${COMPREPLY[@]}" "=="; done'
    )
    done = subprocess.run(["bash", "--norc", "-c", script, "bash", *lines], capture_output=True, text=True, check=True)
    assert "complete -o nospace -F _dlx dlx" in done.stderr
    return [[word for word in answers.split("\n") if word] for answers in done.stdout.split("==\n")[:-1]]


def press(shell: list[str], keys: str) -> str:
    """Type keys into an interactive shell with the completion loaded, and return what the screen shows."""
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(TERM="dumb", PS1="$ ", PROMPT="$ ", COLUMNS="200")
        os.execvp(shell[0], shell)
    seen = ""

    def read_until(mark: str, seconds: float = 20) -> None:
        nonlocal seen
        end = time.monotonic() + seconds
        while mark not in seen and time.monotonic() < end:
            if select.select([terminal], [], [], 0.1)[0]:
                seen += os.read(terminal, 4096).decode(errors="replace")
        assert mark in seen, f"{mark!r} never came: {seen!r}"

    try:
        os.write(terminal, f'eval "$(dlx completion {shell[0]})"; echo rea""dy\n'.encode())
        read_until("ready")
        # Ctrl-A and `echo :` in front turn the completed command into words that are printed.
        os.write(terminal, f'{keys}\x01echo : \x05 :en""d\n'.encode())
        read_until(":end")
    finally:
        os.close(terminal)
        os.waitpid(child, 0)
    return seen


OFFERED = [
    ("dlx tr", ["train ", "trace "]),
    ("dlx completion z", ["zsh "]),
    ("dlx train optim=ad", ["adadelta ", "adagrad ", "adam ", "adamax ", "adamw "]),
    ("dlx train optimizer=sg", ["sgd "]),
    ("dlx train -m 'optim=sgd,adamw", ["optim=sgd,adamw"]),
    ("dlx train -m optim=sgd,adamw", ["sgd,adamw "]),
    ("dlx train reg=[dropout,early", ["[dropout,early_stopping"]),
    ("dlx train +optim@other=adamw", ["adamw "]),
    ("dlx train ~optim.ams", ["~optim.amsgrad "]),
    ("dlx train ++optim.ams", ["++optim.amsgrad="]),
    ("dlx train optim=sgd optim.nest", ["optim.nesterov="]),
    ("dlx train optim.nest", []),
    ("dlx train model=lstm data.context", ["data.context_length="]),
    ("dlx train data.context", []),
    ("dlx train reg.l2.s", ["reg.l2.strength="]),
    ("dlx train trainer.acce", ["trainer.accelerator="]),
    ("dlx train trainer.accelerator=c", ["cpu "]),
    ("dlx train trainer.test=f", ["false "]),
    ("dlx train dataset.limit=n", ["null "]),
    ("dlx train see", ["seed="]),
    ("dlx train model=mlp --mul", ["--multirun "]),
    ("dlx train --cfg h", ["hydra "]),
    ("dlx train --package reg", ["regularizer ", "reg "]),
    ("dlx train --info search", ["searchpath "]),
    ("dlx axes optimizer=lb", ["lbfgs "]),
    ("dlx axes optimizer.amsg", ["optimizer.amsgrad "]),
    ("dlx train nothing_like_this", []),
    ("dlx train model=fc", ["mlp "]),  # words of the field: the option of dlx takes their place
    ("dlx train -m optim=sgd,gradient_desc", ["sgd,gd "]),
    ("dlx train epo", ["trainer.max_epochs="]),
    ("dlx train model.hidden_s", ["model.width="]),
    ("dlx axes reg=weight_d", ["weight_decay "]),
]


@pytest.mark.usefixtures("shim")
def test_bash_is_offered() -> None:
    assert dict(zip((line for line, _ in OFFERED), bash(*(line for line, _ in OFFERED)), strict=True)) == dict(OFFERED)


@pytest.mark.usefixtures("shim")
def test_bash_is_offered_every_command_and_option() -> None:
    commands, models, groups = bash("dlx ", "dlx train model=", "dlx train ")
    assert {f"{name} " for name in COMMANDS} <= set(commands)
    assert [word.strip() for word in models] == list(catalog.option_files("model"))
    assert {"optimizer=", "optim=", "optim.", "experiment=", "seed="} <= set(groups)


@pytest.mark.usefixtures("shim")
def test_tab_in_an_interactive_bash() -> None:
    seen = press(["bash", "--norc", "--noprofile", "-i"], "dlx trai\tmodel=lst\toptim.weight\t0.1 model=fcn\tepo\t5")
    assert ": dlx train model=lstm optim.weight_decay=0.1 model=mlp trainer.max_epochs=5" in seen
    seen = press(["bash", "--norc", "--noprofile", "-i"], "dlx train -m 'optim=sgd,lbf\t")  # bash closes the quote
    assert ": dlx train -m optim=sgd,lbfgs" in seen


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
@pytest.mark.usefixtures("shim")
def test_tab_in_an_interactive_zsh() -> None:
    seen = press(["zsh", "-f", "-i"], "dlx trai\tmodel=lst\toptim.weight\t0.1 model=fcn\tepo\t5")
    assert ": dlx train model=lstm optim.weight_decay=0.1 model=mlp trainer.max_epochs=5" in seen


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
@pytest.mark.usefixtures("shim")
def test_fish_is_offered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    script = "dlx completion fish | source; complete -C 'dlx train model=lst'; complete -C 'dlx trai'"
    done = subprocess.run(["fish", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["model=lstm", "train"]


def test_folders_of_runs(tmp_path: Path) -> None:
    for name in ("outputs/runs/2026-01-01/10-00-00-aaaa", "outputs/sweeps/dropout/000-bbbb"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "summary.json").write_text("{}")
    (tmp_path / "outputs/sweeps/dropout/sweep.json").write_text("{}")
    (tmp_path / "outputs/runs/2026-01-01/empty").mkdir()
    expected = [
        "outputs/runs/2026-01-01/10-00-00-aaaa ",
        "outputs/sweeps/dropout/000-bbbb ",
        "outputs/sweeps/dropout ",
    ]
    for command in ("evaluate", "resume", "board"):
        assert answer("zsh", f"dlx {command} ") == expected
    assert answer("zsh", "dlx resume outputs/r") == expected[:1]
    (tmp_path / "elsewhere").mkdir()
    assert answer("zsh", "dlx board else") == ["elsewhere/"]


def test_files_of_the_user(tmp_path: Path) -> None:
    (tmp_path / "houses.csv").write_text("a,b\n")
    assert answer("bash", "dlx train dataset=csv dataset.path=hou") == ["houses.csv "]
    (tmp_path / "conf" / "model").mkdir(parents=True)
    (tmp_path / "conf" / "model" / "mine.yaml").write_text("# mine\n_target_: mine.Mine\nwidth: 7\n")
    assert answer("zsh", "dlx train model=mi") == ["model=mine "]
    assert answer("zsh", "dlx train model=mine model.") == ["model.width="]
    (tmp_path / "conf" / "model" / "mine.yaml").write_text("a: [")
    assert answer("zsh", "dlx train model=mine model.") == []


@pytest.mark.parametrize(
    ("line", "words", "quoted"),
    [
        ("dlx train ", ["dlx", "train", ""], None),
        ("dlx  train  a=b", ["dlx", "train", "a=b"], None),
        ("dlx 'a b' c", ["dlx", "a b", "c"], None),
        ("dlx 'a=b,", ["dlx", "a=b,"], 0),
        ("dlx a='b,", ["dlx", "a=b,"], 2),
        ("dlx \"a'b", ["dlx", "a'b"], 0),
    ],
)
def test_split(line: str, words: list[str], quoted: int | None) -> None:
    assert split(line) == (words, quoted)


def test_scripts_and_mistakes(capsys: pytest.CaptureFixture[str]) -> None:
    for shell, script in SCRIPTS.items():
        assert main(["completion", shell]) == 0
        assert capsys.readouterr().out.strip() == script
    assert main(["completion", "bsh"]) == 2
    assert "did you mean 'bash'?" in capsys.readouterr().err


def test_imports_neither_torch_nor_hydra() -> None:
    code = "import sys; from dlx.cli.completion import answer; answer('bash', 'dlx train optim.'); print(sorted("
    done = subprocess.run(
        [sys.executable, "-c", code + "{'torch', 'hydra', 'omegaconf', 'rich', 'numpy'} & set(sys.modules)))"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
