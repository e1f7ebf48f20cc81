"""Looking again: which seeds are a look, what stays decided, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dlx.errors import ConfigError
from dlx.files import write_json
from dlx.study.judge.looks import ALPHA, SHARES, alpha_of_look
from dlx.study.judge.verdict import Verdict
from dlx.study.looks import Looks
from dlx.study.read.study import Study
from tests.study.synthetic import ARMS, study

EFFECT = {"metric": "m", "arm": "a", "than": "b", "expect": "greater", "margin": 0}
CONTROL = {"metric": "n", "arm": "a", "than": "b", "expect": "equal", "within": 1, "control": True}


def made(**more: Any) -> Study:
    """Return a study of two claims and five seeds."""
    return study([EFFECT, CONTROL], **{"arms": ARMS, "seeds": 5, **more})


def look(seeds: int, *claims: str, needed: int | None = None) -> dict[str, Any]:
    """Return the record of a look."""
    own = {"date": "", "seeds": list(range(seeds)), "claims": list(claims), "needed": [needed, None]}
    return {**own, "verdict": "", "level": None}


RESULT = {
    "name": "made", "title": "", "verdict": "inconclusive", "claims": [], "seeds": [],
    "arms": {"axes": [], "metrics": [], "rows": []},
}  # fmt: skip
OPEN = look(5, "inconclusive", "holds", needed=12)


def looks(*past: dict[str, Any]) -> Looks:
    """Return the looks at the study, as its result.json records them."""
    write_json(Path("outputs/studies/made/result.json"), {**RESULT, "looks": list(past)})
    return Looks.of(made())


def test_the_looks_share_the_error_rate() -> None:
    assert sum(SHARES) == pytest.approx(1)
    assert sum(map(alpha_of_look, range(len(SHARES)))) == pytest.approx(ALPHA)


def test_the_same_seeds_are_the_same_look() -> None:
    found = looks(OPEN, look(9, "inconclusive", "holds"))
    assert found.number(None, False) == 0
    assert found.number(range(5), False) == 0
    assert found.number(range(9), False) == 1
    assert found.number(range(12), True) == 2
    assert found.number(range(12), False) is None  # a variation
    assert Looks.of(made(seeds=6)).past == ()  # another study


def test_a_look_takes_its_place_in_the_record() -> None:
    found = looks(OPEN)
    first, second = (Verdict(claim, "holds") for claim in found.study.claims)
    again = found.record(0, [first, second], range(5))
    assert [(one["seeds"], one["claims"], one["level"]) for one in again] == [
        ([0, 1, 2, 3, 4], ["holds", "holds"], 1 - alpha_of_look(0))
    ]
    more = found.record(1, [first, second], range(7))
    assert [len(one["seeds"]) for one in more] == [5, 7]
    assert more[1]["level"] == 1 - alpha_of_look(1)
    assert more[0] == OPEN
    assert found.command(1, 7) == "dlx study run made --more-seeds 2"


def test_what_a_look_has_decided_stays_decided() -> None:
    found = looks(look(5, "inconclusive", "holds"))
    effect, control = found.study.claims
    kept = found.keep([Verdict(effect, "holds"), Verdict(control, "inconclusive", needed=50)], 1)
    assert [one.verdict for one in kept] == ["holds", "holds"]
    assert (kept[1].reason, kept[1].needed) == ("decided at look 1", None)
    assert found.keep([Verdict(effect, "holds"), Verdict(control, "refuted")], 1)[1].verdict == "refuted"
    assert found.keep([Verdict(effect, "holds"), Verdict(control, "inconclusive")], 0)[1].verdict == "inconclusive"


def test_the_next_look_adds_seeds() -> None:
    found = looks(OPEN)
    assert found.next_seeds(3) == list(range(8))
    assert found.next_seeds(0) == list(range(12))
    assert found.plan(found.next_seeds(0), False) == (
        "look 2 of 3 at made: 7 further seeds, 12 in all (about 12 seeds would decide with 80 % power)"
    )
    many = looks(look(5, "inconclusive", "holds", needed=400))
    assert many.next_seeds(0) == list(range(55))
    assert "about 400 seeds would decide with 80 % power, and a look adds 50 unless" in many.plan(
        list(range(55)), False
    )
    assert many.plan(many.next_seeds(9), True) == "look 2 of 3 at made: 9 further seeds, 14 in all"


@pytest.mark.parametrize(
    ("past", "more", "message"),
    [
        ((), 3, "made as it is now has not been run here; dlx study run made is the first look"),
        (
            (look(5, "holds", "holds"),),
            3,
            r"every claim of made is decided; .*: dlx study run made --seeds 1000\.\.1004",
        ),
        (
            (OPEN, OPEN, look(20, "inconclusive", "holds")),
            3,
            r"has had all 3 looks of its plan; .*: dlx study run made --seeds 1000\.\.1019",
        ),
        (
            (look(5, "inconclusive", "holds"),),
            0,
            "names no number of seeds that would decide; dlx study run made --more",
        ),
    ],
)
def test_a_look_that_is_refused(past: tuple[dict[str, Any], ...], more: int, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        (looks(*past) if past else Looks.of(made())).next_seeds(more)


def test_folds_and_facts_take_no_more_seeds() -> None:
    folds = made(axes={"dataset.fold": [0, 1, 2]}, replicate="dataset.fold")
    with pytest.raises(ConfigError, match=r"the units of made are levels of dataset\.fold, not seeds"):
        Looks(folds, (OPEN,)).next_seeds(3)
    alone = study([], facts=[{"metric": "m", "expect": "identity", "tolerance": 0}])
    with pytest.raises(ConfigError, match="made has facts alone, which no seed can change"):
        Looks(alone, ()).next_seeds(3)


def test_the_result_of_an_earlier_version_is_one_look() -> None:
    words = {"said": "", "expected": "holds"}
    claims = [{**words, "verdict": "inconclusive", "needed": 7}, {**words, "verdict": "holds", "needed": None}]
    old = {**RESULT, "schema": 1, "date": "", "seeds": [0, 1, 2, 3, 4], "verdict": "inconclusive", "claims": claims}
    write_json(Path("outputs/studies/made/result.json"), old)
    assert Looks.of(made()).next_seeds(0) == list(range(7))
