"""A random hundred of all pairs of options: each trains a step, or is refused in one message."""

from __future__ import annotations

import random
from pathlib import Path

from tests.crossings import attempt, pairs

HUNDRED = 100


def test_a_random_hundred(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(2**32)
    broken = []
    for pair in random.Random(seed).sample(list(pairs()), HUNDRED):
        outcome = attempt(pair, tmp_path)
        if outcome.status == "broken":
            broken.append(f"{' '.join(pair)}: {outcome.reason}")
        elif outcome.status == "refused":
            assert outcome.reason, f"{pair} is refused without a reason"
    assert not broken, f"seed {seed}:\n" + "\n".join(broken)
