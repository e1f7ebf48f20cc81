"""Values that a kind admits, at its very edges: taken, or refused in one line by name, and never in a traceback."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import pytest

from dlx import catalog, kinds
from dlx.run import run
from dlx.spec import LARGEST
from tests.test_kinds import BESIDE, OPTIONS, answer, bare, keys_of, members, put

WORDS = ("", "abc", "é{}[]", "..", "a\0b", 3000 * "x")
NAMED = re.compile(rf"(a run|seed|{'|'.join(catalog.groups())})[.:=]|\S+: there is no|\S+, line")
ONE_STEP = ("trainer.accelerator=cpu", "trainer.max_epochs=1", "trainer.max_steps=1")


def inside(annotation: Any) -> Iterator[Any]:
    """Yield the smallest and largest values of a kind that any machine can hold, empty lists, odd words."""
    for member in members(annotation):
        base, ranges, lengths = bare(member)
        low = max((kind.low for kind in ranges), default=-math.inf)
        high = min((kind.high for kind in ranges), default=math.inf)
        open_low, open_high = any(kind.open_low for kind in ranges), any(kind.open_high for kind in ranges)
        if base is type(None):
            yield None
        elif base is bool:
            yield from (True, False)
        elif get_origin(base) is Literal:
            yield from get_args(base)
        elif base is str:
            yield from WORDS
        elif base is int:
            yield from (-(2**62), 0, 1) if low == -math.inf else (int(low) + open_low, int(low) + open_low + 1)
        elif base is float:
            yield -LARGEST if low == -math.inf else math.nextafter(low, math.inf) if open_low else low
            yield LARGEST if high == math.inf else math.nextafter(high, -math.inf) if open_high else high
        elif get_origin(base) is list:
            (inner,) = get_args(base)
            items = list(inside(Annotated[inner, *ranges] if ranges else inner))
            counts = [length.count for length in lengths] or [0, 1, 3]
            yield from ([item] * count for item in items for count in counts)


@pytest.mark.parametrize("option", OPTIONS)
def test_the_edges_of_each_kind(option: str, config: Callable[..., dict[str, Any]]) -> None:
    group, _, name = option.partition("=")
    composed = config(option, *BESIDE.get(option, []))
    own = {path.split(".")[-1] for path, _ in keys_of(group, name).items()} - common_keys(group, name)
    for path, annotation in keys_of(group, name).items():
        if path.split(".")[-1] in own:
            for value in inside(annotation):
                assert kinds.admits(annotation, value), f"{path}={value!r} is no value of its kind"
                message = answer(put(composed, path, value))
                assert not message or (NAMED.match(message) and "\n" not in message), f"{path}={value!r}: {message}"


def common_keys(group: str, name: str) -> set[str]:
    """Return the keys that all options of a group have, but for the first option, which is tried with them."""
    everywhere = [{path.split(".")[-1] for path in keys_of(group, other)} for other in catalog.option_files(group)]
    return set.intersection(*everywhere) if name != next(iter(catalog.option_files(group))) else set()


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["optimizer=adamax", "optimizer.lr=3e38"], "diverged"),
        (["optimizer=muon", "optimizer.lr=3e38"], "diverged"),
        (["optimizer=sgd", "optimizer.lr=3e38"], "diverged"),
        (["optimizer=adam", "optimizer.eps=1e-30"], "finished"),
        (["initializer=normal", "initializer.std=3e38"], "diverged"),
        (["model=lstm", "dataset=latch", "model.forget_bias=3e38"], "finished"),
        (["regularizer=l2", "regularizer.l2.strength=3e38", "optimizer=sgd"], "diverged"),
        (["regularizer=dropout", "regularizer.dropout.p=0.9999999"], "finished"),
        (["dataset.noise=1e35"], "diverged"),
        (["dataset.limit=10", "dataset.batch_size=1"], "finished"),
        (["objective.scale=1e-45"], "finished"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, list) else words,
)
def test_a_run_at_the_edge_ends_with_a_status(
    words: list[str], status: str, config: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    summary = run(config(*ONE_STEP, *words), tmp_path / "run", raises=True)
    assert summary["status"] == status, summary["error"]
    assert bool(summary["error"]) == (status == "diverged")
