"""The command line: aliases in every form of override, flags anywhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dlx.cli.flag_values import modules_of
from dlx.cli.line import parse, take
from dlx.cli.main import main
from dlx.config import catalog
from dlx.config.aliases import ALIASES, full_name
from dlx.errors import ConfigError

FORMS = [
    ("optim=adam", "optimizer=adam"),
    ("+optim=adam", "+optimizer=adam"),
    ("++optim=adam", "++optimizer=adam"),
    ("~optim", "~optimizer"),
    ("~optim=adam", "~optimizer=adam"),
    ("~reg", "~regularizer"),
    ("~optim.lr", "~optimizer.lr"),
    ("optim.lr=0.1", "optimizer.lr=0.1"),
    ("+optim.lr=0.1", "+optimizer.lr=0.1"),
    ("++optim.lr=0.1", "++optimizer.lr=0.1"),
    ("optim@other=adam", "optimizer@other=adam"),
    ("+optim@other=adam", "+optimizer@other=adam"),
    ("optim@here:there=adam", "optimizer@here:there=adam"),
    ("~optim@other", "~optimizer@other"),
    ("optim=sgd,adam", "optimizer=sgd,adam"),
    ("optim=[sgd,adam]", "optimizer=[sgd,adam]"),
    ("reg=none,l2,[l2,dropout]", "regularizer=none,l2,[l2,dropout]"),
    ("optim=choice(sgd,adam)", "optimizer=choice(sgd,adam)"),
    ("optim=", "optimizer="),
    ("exp=dropout", "experiment=dropout"),
    # only the first segment of a path, and only whole
    ("model.optim=1", "model.optim=1"),
    ("optimum=1", "optimum=1"),
    ("optim_x=1", "optim_x=1"),
    ("xoptim=1", "xoptim=1"),
    ("model=optim", "model=optim"),
    ("optimizer=init", "optimizer=init"),
    ("optim@optim=adam", "optimizer@optim=adam"),
    ("optim.init=1", "optimizer.init=1"),
    ("hydra.job.name=norm", "hydra.job.name=norm"),
]


@pytest.mark.parametrize(("typed", "meant"), FORMS)
def test_alias_in_every_form(typed: str, meant: str) -> None:
    assert full_name(typed) == meant
    assert full_name(meant) == meant


@pytest.mark.parametrize(("alias", "group"), ALIASES.items())
def test_every_alias_names_a_group(alias: str, group: str) -> None:
    assert group in catalog.groups()
    assert alias not in catalog.groups()


@pytest.mark.parametrize(
    ("typed", "path", "value"),
    [
        (["optim=sgd"], "optimizer._target_", "torch.optim.SGD"),
        (["optim.lr=0.25"], "optimizer.lr", 0.25),
        (["++optim.lr=0.25"], "optimizer.lr", 0.25),
        (["+optim@other=sgd"], "other._target_", "torch.optim.SGD"),
        (["reg=[l2,dropout]", "reg.l2.strength=0.5"], "regularizer.l2.strength", 0.5),
        (["~optim.amsgrad"], "optimizer.amsgrad", None),
        (["init=he_normal"], "initializer._target_", "dlx.initializer.he_normal.HeNormal"),
        (["data=iris", "norm=batch"], "normalization._target_", "dlx.normalization.batch.Batch"),
        (["act=tanh"], "activation._target_", "torch.nn.Tanh"),
    ],
)
def test_hydra_takes_every_form(
    typed: list[str], path: str, value: object, config: Callable[..., dict[str, Any]]
) -> None:
    if "data=iris" in typed and "iris" not in catalog.option_files("dataset"):
        typed = ["data=digits", *typed[1:]]
    node: Any = config(*typed)
    for part in path.split("."):
        node = node.get(part)
    assert node == value


def test_flags_may_stand_anywhere() -> None:
    for words in (
        ["optim=sgd", "--cfg", "job", "--package", "optim"],
        ["--package=optim", "optim=sgd", "-c", "job"],
        ["--cfg=job", "-p", "optim", "optim=sgd"],
    ):
        line = parse(words)
        assert line.overrides == ["optimizer=sgd"]
        assert not line.multirun
        assert line.showing
        flags = " ".join(line.flags)
        assert "-c job" in flags
        assert "-p optimizer" in flags
    for words in (["-m", "optim=sgd,adam"], ["optim=sgd,adam", "--multirun"]):
        assert parse(words).multirun
    assert parse(["model=mlp", "-h"]).help
    assert parse(["--again", "model=mlp"]).again
    assert parse(["model=mlp", "--info", "defaults"]).flags == ["--info", "defaults"]
    assert parse(["--info", "model=mlp"]).flags == ["--info", "all"]
    assert parse(["--admit", "mine,yours", "model=mine", "--admit=theirs"]).admit == ["mine", "yours", "theirs"]
    assert take(["a", "--admit", "mine", "b"], "--admit", modules_of) == (["mine"], ["a", "b"])
    assert parse(["--env", "HOME,USER", "model=mine", "--env=SHELL"]).env == ["HOME", "USER", "SHELL"]


@pytest.mark.parametrize(
    "words", [["--cfg", "jobs"], ["--cfg"], ["--multrun"], ["-x"], ["lstm"], ["--admit", "a b"], ["--env", "a=b"]]
)
def test_wrong_words_are_refused(words: list[str]) -> None:
    with pytest.raises(ConfigError, match=words[0].lstrip("-")):
        parse(words)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--cfg", "job", "optim.lr=0.5"], "lr: 0.5"),
        (["optim=sgd", "--cfg", "job", "--package", "optim"], "torch.optim.SGD"),
        (["optim=sgd", "-p", "optim.lr", "-c", "job"], "0.1"),
        (["--cfg", "job", "--resolve", "sched=none"], ""),
        (["--info", "defaults", "model=lstm"], "dataset/sunspots"),
        (["--info", "searchpath"], "dlx-experiments"),
        (["model=lstm", "-h"], "usage: dlx train"),
        (["--hydra-help"], "hydra"),
        (["--cfg", "hydra", "--resolve"], "outputs/runs"),
        (["--cfg", "all"], "sweeper"),
    ],
)
def test_hydra_shows_what_is_asked(
    words: list[str], expected: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    if "sched=none" in words:  # no alias: refused by name, not taken for something else
        assert main(["train", *words]) == 2
        assert "scheduler" in capsys.readouterr().err
        return
    assert main(["train", *words]) == 0
    assert expected in capsys.readouterr().out
    assert not (tmp_path / "outputs").exists()


def test_every_command_has_help_with_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    from dlx.cli.main import COMMANDS

    for name in COMMANDS:
        for flag in ("-h", "--help"):
            assert main([name, flag]) == 0
            assert f"dlx {name}" in capsys.readouterr().out
    assert main(["--help"]) == 0
    assert main([]) == 0
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("dlx ")


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("dataset.target=품종", "품종"),
        ("dataset.target=꽃잎 길이 (cm)", "꽃잎 길이 (cm)"),
        ('dataset.target="품종"', "품종"),
        ("dataset.features=[꽃잎,꽃받침 길이,a]", ["꽃잎", "꽃받침 길이", "a"]),
        ("dataset.where=종목=삼성 전자", "종목=삼성 전자"),
        ("data.path=자료/표.csv", "자료/표.csv"),
    ],
)
def test_letters_beyond_ascii_need_no_quotes(typed: str, value: object) -> None:
    from dlx.cli.data import plain
    from dlx.config import overrides

    (word,) = parse([typed]).overrides
    assert plain(overrides.parse(word).value()) == value
