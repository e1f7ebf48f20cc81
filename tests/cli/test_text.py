"""Text on the terminal: nothing is wider than it, and no word is broken."""

from __future__ import annotations

import re

import pytest

from dlx.cli.main import COMMANDS, main
from dlx.cli.text import command, paragraph, rows

PAGES = [
    *(
        [name, "--help"]
        for name in ("axes", "board", "completion", "evaluate", "resume", "show", "sweep", "trace", "train")
    ),
    ["--help"],
    ["axes"],
    *(["axes", word] for word in ("model", "dataset=shapes", "reg=dropout", "trainer=default", "optimizer.lr", "seed")),
]


def printed(words: list[str], columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """Return what a command prints on a terminal of so many columns."""
    monkeypatch.setenv("COLUMNS", str(columns))
    assert main(words) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("columns", [60, 80])
@pytest.mark.parametrize("words", PAGES, ids=" ".join)
def test_a_page_fits_the_terminal_and_keeps_its_words_whole(
    words: list[str], columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    narrow = printed(words, columns, monkeypatch, capsys)
    too_wide = [line for line in narrow.splitlines() if len(line) > columns and len(line.split()) > 2]
    assert not too_wide, too_wide  # a path that is longer than a line stands in one of its own
    wide = printed(words, 120, monkeypatch, capsys)
    known = set(re.findall(r"[^\s|;,]+", wide)) | {"default", "\\"}
    broken = [word for word in re.findall(r"[^\s|;,]+", narrow) if word not in known]
    assert not broken, broken


def test_help_begins_with_the_usage(capsys: pytest.CaptureFixture[str]) -> None:
    for words in ([], ["--help"], ["train", "--help"], ["axes", "-h"]):
        assert main(words) == 0
        assert capsys.readouterr().out.startswith("usage: dlx ")
    main(["--help"])
    text = capsys.readouterr().out
    assert all(f"\n  {name} " in text for name in COMMANDS)


def test_a_table_beside_below_and_as_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    table = [["model.depth", "int >= 0", "number of layers"], ["model.kind", "a|b", "which one it is"]]
    monkeypatch.setenv("COLUMNS", "80")
    assert rows(table) == ["  model.depth  int >= 0  number of layers", "  model.kind   a|b       which one it is"]
    monkeypatch.setenv("COLUMNS", "40")
    below = ["  model.depth  int >= 0", "      number of layers", "  model.kind   a|b", "      which one it is"]
    assert rows(table) == below
    long = [["optimizer.lr_scale", "absolute|inverse_lipschitz|relative", "how lr is read"]]
    assert rows(long, ("", "one of ", "")) == [
        "  optimizer.lr_scale",
        "      one of absolute |",
        "      inverse_lipschitz | relative",
        "      how lr is read",
    ]


def test_long_words_and_commands_stay_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    path = "/a/folder/whose/name/is/longer/than/a/line/of/the/terminal"
    assert paragraph(f"in {path}") == ["in", path]
    assert command("dlx train model.depth=2,10,30 activation=relu,tanh", "  ") == [
        "  dlx train model.depth=2,10,30 \\",
        "    activation=relu,tanh",
    ]
    quoted = "dlx train 'dataset.object_size=[3, 5, 7, 9, 11, 13]' model=cnn"
    assert command(quoted, "  ") == [f"  {quoted}"]
