"""The form of the result of a study, result.json."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dlx.stored.form import (
    Fields,
    amount,
    count,
    flag,
    listed,
    mapped,
    misfit,
    number,
    one_of,
    optional,
    scalar,
    text,
)
from dlx.stored.read import stored
from dlx.stored.sweep import TUNING

WORDS = ("holds", "refuted", "inconclusive", "true", "false", "unknown")
verdict = one_of(*WORDS)
CLAIM = Fields(
    needed={"said": text, "expected": verdict, "verdict": verdict},
    others={
        **dict.fromkeys(("where", "sentence", "statistics", "expect", "instead", "closest", "reason"), text),
        "control": flag,
        **dict.fromkeys(("value", "low", "high", "level", "p"), optional(number)),
        **dict.fromkeys(("n", "needed"), optional(count)),
    },
    defaults={
        "control": False,
        **dict.fromkeys(("where", "sentence", "statistics", "expect", "instead", "closest", "reason"), ""),
    },
)
LOOK = Fields(
    needed={"seeds": listed(scalar), "verdict": text, "claims": listed(verdict)},
    others={"date": text, "level": optional(number), "needed": listed(optional(count))},
    defaults={"date": "", "needed": []},
)
ARMS = Fields(
    needed={
        "axes": listed(text),
        "metrics": listed(text),
        "rows": listed(
            Fields(
                {
                    "levels": listed(scalar),
                    "runs": count,
                    "values": listed(listed(optional(number), 2)),
                    "statuses": mapped(count),
                }
            )
        ),
    }
)
REFERENCE = Fields(others={"work": text, "figure": text}, defaults={"work": "", "figure": ""})
SECONDS = Fields(others={"runs": amount, "wall": amount}, defaults={"runs": 0.0, "wall": 0.0})


def arms(value: Any, place: str) -> dict[str, Any]:
    """Accept a table of arms whose rows have as many cells as it has columns."""
    found = ARMS(value, place)
    for number_, row in enumerate(found["rows"]):
        for cells, columns in (("levels", "axes"), ("values", "metrics")):
            if len(row[cells]) != len(found[columns]):
                raise misfit(f"{place}.rows[{number_}].{cells}", f"{len(found[columns])} values", row[cells])
    return found


RESULT = Fields(
    needed={
        **dict.fromkeys(("name", "title"), text),
        "verdict": verdict,
        "claims": listed(CLAIM),
        "arms": arms,
        "seeds": listed(scalar),
    },
    others={
        "schema": count,
        **dict.fromkeys(("question", "why", "chapter", "date", "command", "label", "machine", "sweep"), text),
        "concepts": listed(text),
        "by_fact": listed(text),
        "reference": REFERENCE,
        "look": optional(count),
        "looks": listed(LOOK),
        "as_expected": flag,
        "facts": listed(CLAIM),
        "runs": count,
        "statuses": mapped(count),
        "seconds": SECONDS,
        "tuning": optional(TUNING),
        "versions": mapped(text),
    },
    defaults={
        **dict.fromkeys(("question", "why", "chapter", "date", "command", "label", "machine", "sweep"), ""),
        **{key: [] for key in ("concepts", "by_fact", "looks", "facts")},
        **{key: {} for key in ("statuses", "versions")},
        "reference": {"work": "", "figure": ""},
        "as_expected": False,
        "runs": 0,
        "seconds": {"runs": 0.0, "wall": 0.0},
    },
)


def read_result(folder: Path) -> dict[str, Any] | None:
    """Return the result of a study in a folder with all keys, or None if there is none.

    Raises:
        BrokenFileError: The file is broken.
    """
    return stored(folder / "result.json", RESULT)  # type: ignore[no-any-return]
