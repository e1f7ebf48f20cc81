"""Random input for everything that reads: command lines, studies, expressions, CSV, summaries and checkpoints.

Each input is made by hypothesis and read in this process. Whatever it is, the answer is a result or one message: the
exit code is 0, 1 or 2, and there is never a traceback or "a bug in dlx". Nothing is trained: a run that would start
ends in a message instead.

    python benchmarks/fuzz.py [--inputs N] [--only KIND] [--seed N]

`--inputs` is the number of all inputs (default 100,000), of which most go to the readers that take microseconds.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import re
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from dlx import paths
from dlx.cli.main import main as dlx
from dlx.config import catalog
from dlx.errors import ConfigError
from tests.config.nodes import changed, places

# The share of each kind of input, and the most seconds of CPU time that one may take.
SHARES = {"expressions": 0.5, "studies": 0.25, "yaml": 0.1, "csv": 0.08, "lines": 0.04, "summaries": 0.02}
SHARES |= {"checkpoints": 0.01}
SECONDS = 60
NOTE = re.compile(" is read as |^passed over ")  # a line of stderr beside the message
WEIRD = (
    "", "null", "true", "-1", "0", "1e400", "nan", "inf", "9" * 400, "9" * 5000, "1e-400", "[1,2", "]", "{a:1}", "{a:",
    "[[[[1]]]]", "[" * 60, "${seed}", "${nowhere}", "${oc.env:HOME}", "${study}", "${", "'", '"', "'a", "a b", "a,b",
    "a,", ",", "range(3)", "range(0)", "range(0,1,0)", "range(1000000000000)", "range(1.5,3)", "choice(1,2)",
    "choice()", "interval(0,1)", "glob(*)", "glob(x*)", "shuffle(1,2)", "sort(3,1)", "sort()", "int(x)", "float(1,2)",
    "str([1])", "tag(a,1)", "extend_list(1)", "f(x)", "../x", "/", "a/b", "é", "\u202e", "x" * 300, "\\", "=", "a=b",
    "@", "#", "!x", "%s", "~", "-", "--", "[red]", "[/red]", "\t", "\n", "\x1b[31m", "None", "0x10", "1_000", "0..3",
)  # fmt: skip
plain_text = st.text(max_size=12) | st.sampled_from(WEIRD)
numbers = st.integers() | st.floats() | st.sampled_from([0, 1, -1, 10**300, 2**63, 1e308, 5e-324])
scalars = st.none() | st.booleans() | numbers | plain_text


def trees(names: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """Return a strategy for values of YAML: scalars, lists and mappings inside one another."""
    return st.recursive(
        scalars | names,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names | st.text(max_size=3), inner, max_size=3),
        max_leaves=6,
    )


class FaultError(Exception):
    """An answer that is no result and no single message."""


def refuse_bad(text: str) -> None:
    """Check that a message is one line.

    Raises:
        FaultError: It has several lines, or none.
    """
    if (
        not text.strip()
        or "\n" in text.strip()
        or "Traceback (most recent call last)" in text
        or "a bug in dlx" in text
    ):
        raise FaultError(f"message: {text!r}")


def read(reader: Callable[..., Any], *given_: Any) -> None:
    """Read an input, which gives a result or a `ConfigError` in one line."""
    try:
        reader(*given_)
    except ConfigError as error:
        refuse_bad(str(error))


def would_train(*_: Any, **__: Any) -> Any:
    """Stand in for everything that trains.

    Raises:
        ConfigError: Always.
    """
    raise ConfigError("a run would start here")


def type_(*words: str) -> int:
    """Type a command without training and return its exit code.

    Raises:
        FaultError: The exit code is none of 0, 1 and 2, or what is printed to stderr is not one message.
    """
    out, err = io.StringIO(), io.StringIO()
    stand_ins = [
        mock.patch(name, would_train)
        for name in ("dlx.sweep.start._run", "dlx.sweep.sweeper.launch", "dlx.run.run.run", "dlx.cli.board.serve")
    ]
    try:
        with contextlib.ExitStack() as stack:
            for context in (*stand_ins, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err)):
                stack.enter_context(context)
            code = dlx(list(words))
    except SystemExit as end:
        raise FaultError(f"SystemExit({end.code})") from None
    if code not in (0, 1, 2):
        raise FaultError(f"exit code {code}")
    told = "".join(line for line in err.getvalue().splitlines(True) if not NOTE.search(line))
    if code == 2 or told:
        refuse_bad(told)
    if "Traceback (most recent call last)" in out.getvalue():
        raise FaultError("a traceback was printed")
    return code


# Command lines
@cache
def vocabulary() -> dict[str, list[str]]:
    """Return what can be typed in front of `=`, and options and values behind it."""
    groups = catalog.groups()
    options = {group: list(catalog.option_files(group)) for group in groups}
    keys = [
        key.path
        for group in groups
        if group != "experiment"
        for name in options[group]
        for key in catalog.keys(catalog.read(group, name))
    ]
    return {
        "keys": sorted({*groups, *keys, "seed", "study", "hydra.sweep.dir", "hydra.run.dir", "optim.lr", "act"}),
        "options": sorted({name for own in options.values() for name in own}),
    }


def lines() -> st.SearchStrategy[list[str]]:
    """Return a strategy for command lines."""
    known = vocabulary()
    values = st.sampled_from([*WEIRD, *known["options"]]) | st.text(max_size=6) | numbers.map(str)
    keys = st.sampled_from(known["keys"]) | st.sampled_from(WEIRD) | st.text(max_size=6)
    signs = st.sampled_from(["", "", "", "", "+", "++", "~"])
    joined = st.lists(values, min_size=1, max_size=3).map(",".join)
    overrides = st.tuples(signs, keys, st.sampled_from(["=", "=", "=", "", ".x=", "@a.b="]), joined).map("".join)
    flags = st.sampled_from(
        ["-m", "--cfg", "job", "hydra", "all", "--info", "--resolve", "--package", "model", "--again", "--admit",
         "mine", "--format", "csv", "latex", "--by", "--metric", "--tests", "--seeds", "0..3", "0..1000000000000",
         "--jobs", "--fast", "--more-seeds", "--all", "--only", "--concept", "--coverage", "--help",
         "--port", "runs", "broken"]
    )  # fmt: skip
    words = st.lists(overrides | flags | values, max_size=4)
    heads = st.sampled_from(
        [["train"], ["train"], ["train", "-m"], ["axes"], ["report", "runs"], ["report"], ["study", "show"],
         ["study", "list", "--concept", "Z"], ["study", "run"], ["evaluate"], ["explain"], ["resume"], ["completion"],
         ["completion", "--words", "bash"], ["train", "--cfg", "job"], []]
    )  # fmt: skip
    return st.tuples(heads, words).map(lambda pair: [word.replace("\0", "") for word in (*pair[0], *pair[1])])


# Studies
@cache
def shipped_studies() -> list[dict[str, Any]]:
    """Return the nodes of the studies that ship with dlx."""
    from dlx.study.read.shelf import study_node

    nodes = [study_node(file) for file in sorted(paths.shipped("experiments").glob("*.yaml"))]
    return [node for node in nodes if isinstance(node, dict) and (node.get("claims") or node.get("facts"))]


@st.composite
def mutated(draw: st.DrawFn, nodes: list[Any], words: tuple[str, ...]) -> Any:
    """Draw a node of which one or two values are replaced."""
    node = draw(st.sampled_from(nodes))
    for _ in range(draw(st.integers(1, 2))):
        found = places(node)
        if found:
            node = changed(node, draw(st.sampled_from(found)), draw(trees(st.sampled_from(words))))
    return node


STUDY_WORDS = (
    "metric", "arm", "at", "than", "expect", "margin", "factor", "each", "reduce", "over", "by", "level", "choose",
    "share", "claims", "facts", "axes", "arms", "seeds", "seed", "greater", "equal", "between", "range", "test/loss",
    "model.depth", "x/*", "kind", "lines", "profile", "y", "bias", "truth", "{value}", "{low:percent}", "work",
)  # fmt: skip


def read_study(node: Any) -> None:
    """Read a study as `dlx study run` does before its runs."""
    from dlx.config.study_form import check_study
    from dlx.study.read.study import study_of
    from dlx.sweep.cells import cells, study_axes

    def whole() -> None:
        check_study(node)
        study = study_of("made", node)
        cells(study_axes(node), study.exclude)

    read(whole)


# Expressions
TOKENS = (
    "a", "test/loss", "x/*", "b.c", "1", "0", "2.5", "1e308", "1e400", "9" * 400, "+", "-", "*", "/", "**", "(", ")",
    "<", ">", "==", "!=", "and", "or", "not", "log10(", "abs(", "mean(", "max(", "f(", ",", " ", ".", "if", "else",
    "lambda", "[", "]", "'", "%", "//", "@", "~", "_n0", "True", "None", "é", "１", "\0", ":=", "=", "0x", "1j",
)  # fmt: skip
expressions = (
    st.lists(st.sampled_from(TOKENS), max_size=14).map(" ".join)
    | st.lists(st.sampled_from(TOKENS), max_size=14).map("".join)
    | st.tuples(st.sampled_from(["-", "(", "not ", "abs(", "1+", "2**"]), st.integers(0, 4000)).map(
        lambda pair: pair[0] * pair[1] + "a" + ")" * pair[1] * (pair[0][-1] == "(")
    )
    | trees(st.sampled_from(TOKENS))
)


def read_expression(text: Any) -> None:
    """Read an expression and take its value."""
    from dlx.study.read.expression import parse

    def whole() -> None:
        found = parse(text, "study.metric", {"gap": "a - test/loss"})
        value = found(lambda name: [1.0, -2.0] if "*" in name else 0.5)
        assert isinstance(value, float), value

    read(whole)


# Text of YAML, CSV, summaries and checkpoints
yaml_texts = (
    st.lists(
        st.sampled_from(
            ["a", ": ", "- ", "\n", "  ", "\t", "&x ", "*x", "{", "}", "[", "]", ",", "!!int ", "!!python/object:os.x ",
             "? ", "|", ">", "#", "'", '"', "<<: ", "---\n", "2024-13-45", "1:30", "0x" + "f" * 5000, "9" * 5000, "é",
             "defaults", "study", "!!set ", "!!timestamp ", "!!binary ", "%YAML", "\x00", "~", ".inf", "1e3"]
        ),
        max_size=20,
    ).map("".join)
    | st.text(max_size=60)
    | st.integers(1, 2000).map(lambda n: "{a: " * n + "1" + "}" * n)
    | st.integers(1, 40).map(
        lambda n: "a0: &a0 [1]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, n))
    )
)  # fmt: skip


def read_yaml_text(text: str) -> None:
    """Read the text of a YAML file."""
    from dlx.config.yaml_file import defaults_of, mapping_of, parsed

    file = Path("mine.yaml")
    read(lambda: defaults_of(mapping_of(parsed(text, file), file), file))


cells_of_csv = st.sampled_from(["1", "2.5", "", "x", "nan", "inf", '"', "a,b", "1e400", "é", "-", "a", "y", " 1", "1 "])
tables = (
    st.lists(st.lists(cells_of_csv, max_size=4), max_size=6).map(
        lambda rows: "\n".join(",".join(row) for row in rows).encode()
    )
    | st.binary(max_size=80)
    | st.tuples(
        st.sampled_from([",", ";", "\t", "|"]), st.lists(st.lists(numbers.map(str), min_size=2, max_size=2))
    ).map(lambda pair: "\n".join(["a" + pair[0] + "y", *(pair[0].join(row) for row in pair[1])]).encode())
)


def read_csv(content: bytes) -> None:
    """Read a table of the user with two delimiters."""
    from dlx.dataset.csv import CSV

    Path("table.csv").write_bytes(content)
    for delimiter in ("auto", ","):
        keys: dict[str, Any] = {"path": "table.csv", "target": "y", "features": None, "target_kind": "auto"}
        read(CSV(**keys, delimiter=delimiter).load, 0)


@cache
def shipped_run() -> Path:
    """Return the folder of a short run, which is trained once."""
    folder = Path("run").absolute()
    code = dlx(["train", f"hydra.run.dir='{folder}'", "trainer.max_epochs=1", "dataset.limit=64", "model.width=4",
                "trainer.accelerator=cpu"])  # fmt: skip
    assert code == 0, "the run from which summaries and checkpoints are made has failed"
    return folder


RECORDS = ("summary.json", "identity.json", "sweep.json", "result.json")
RECORD_WORDS = (
    "status", "metrics", "config", "best", "value", "runs", "folder", "identity", "seed", "notes", "finished", "failed",
    "test/loss", "version", "[/red]", "=1+1", "<b>", "error", "epochs", "schema", "cells", "labels",
)  # fmt: skip


@st.composite
def records(draw: st.DrawFn) -> tuple[str, str]:
    """Draw the name of a record of a run and a broken content of it."""
    name = draw(st.sampled_from(RECORDS))
    own = shipped_run() / name
    node = json.loads(own.read_text(encoding="utf-8")) if own.is_file() else {"runs": [{"folder": "run"}], "cells": []}
    text = json.dumps(draw(mutated([node], RECORD_WORDS)))
    if draw(st.integers(0, 4)) == 0:
        place = draw(st.integers(0, len(text)))
        text = text[:place] + draw(st.sampled_from(["", "{", "NaN", "1e400", "9" * 5000, "[" * 2000, "\ud800"]))
    return name, text


def read_record(record: tuple[str, str]) -> None:
    """Let the commands read a run of which one record is broken."""
    import shutil

    name, text = record
    broken = Path("broken")
    shutil.rmtree(broken, ignore_errors=True)
    shutil.copytree(shipped_run(), broken)
    if name == "result.json":
        broken = Path("outputs/studies/dropout")
        broken.mkdir(parents=True, exist_ok=True)
    (broken / name).write_text(text, encoding="utf-8", errors="surrogatepass")
    commands = (
        [["study", "show", "dropout"], ["study", "report", "dropout", "--output", "book.html"]]
        if name == "result.json"
        else [["report", "broken"], ["report", "broken", "--format", "latex", "--tests"], ["evaluate", "broken"]]
    )
    for words in commands:
        type_(*words)


@st.composite
def checkpoints(draw: st.DrawFn) -> bytes:
    """Draw a checkpoint of which bits are flipped, or the end is cut."""
    content = bytearray((shipped_run() / "checkpoints" / "last.ckpt").read_bytes())
    for _ in range(draw(st.integers(0, 3))):
        content[draw(st.integers(0, len(content) - 1))] ^= 1 << draw(st.integers(0, 7))
    return bytes(content[: draw(st.sampled_from([None, 0, 1, 100, len(content) // 2, len(content) - 1]))])


def read_checkpoint(content: bytes) -> None:
    """Read a checkpoint."""
    from dlx.results.checkpoint import load_checkpoint

    file = Path("broken.ckpt")
    file.write_bytes(content)
    read(load_checkpoint, file)


def kinds() -> dict[str, tuple[st.SearchStrategy[Any], Callable[[Any], Any]]]:
    """Return the strategy of each kind of input, and what reads it."""
    return {
        "expressions": (expressions, read_expression),
        "studies": (mutated(shipped_studies(), STUDY_WORDS), read_study),
        "yaml": (yaml_texts, read_yaml_text),
        "csv": (tables, read_csv),
        "lines": (lines(), lambda words: type_(*words)),
        "summaries": (records(), read_record),
        "checkpoints": (checkpoints(), read_checkpoint),
    }


def fuzz(kind: str, number: int, start: int = 0) -> tuple[int, dict[str, str]]:
    """Read inputs of a kind; return how many were read, and one input for each place where a fault was seen."""
    strategy, reader = kinds()[kind]
    faults: dict[str, str] = {}
    count = Counter[str]()

    def attempt(value: Any) -> None:
        count[kind] += 1
        began = time.process_time()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", SyntaxWarning)
                reader(value)
        except Exception as error:
            frames = [f for f in traceback.extract_tb(error.__traceback__) if f"{os.sep}dlx{os.sep}" in f.filename]
            place = f"{frames[-1].filename.rpartition('/dlx/')[2]}:{frames[-1].lineno}" if frames else ""
            told = str(error) if isinstance(error, FaultError) else type(error).__name__
            faults.setdefault(f"{place} {told[:300]}", repr(value)[:600])
        if time.process_time() - began > SECONDS:
            faults.setdefault(f"more than {SECONDS} s of CPU time", repr(value)[:600])

    profile = settings(
        max_examples=number,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    seed(start)(profile(given(strategy)(attempt)))()
    return count[kind], faults


def main() -> int:
    """Read all inputs, print the figures and the faults, and return 1 if there is one."""
    flags = argparse.ArgumentParser(description="Random input for everything that reads.")
    flags.add_argument("--inputs", type=int, default=100_000)
    flags.add_argument("--only", choices=SHARES)
    flags.add_argument("--seed", type=int, default=0)
    chosen = flags.parse_args()
    total, found = 0, 0
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for kind, share in SHARES.items() if chosen.only is None else ((chosen.only, 1.0),):
            began = time.process_time()
            count, faults = fuzz(kind, max(1, round(chosen.inputs * share)), chosen.seed)
            total, found = total + count, found + len(faults)
            seconds = time.process_time() - began
            print(f"{kind:<12} {count:>8,} inputs  {len(faults):>3} faults  {seconds:>7.1f} s", flush=True)
            for place, value in faults.items():
                print(f"  {place}\n    {value}", flush=True)
    print(f"{'all':<12} {total:>8,} inputs  {found:>3} faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
