"""A variation of a study: other overrides or other seeds than its own, with their label, sweep and command."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from dlx import paths
from dlx.config.aliases import full_name
from dlx.study.looks import Looks
from dlx.sweep.plan import quoted

FAST_SEEDS = 3


@dataclass(frozen=True)
class Variation:
    """A study with overrides, other seeds or both; without them, the study itself.

    Attributes:
        name: the name of its file in experiments/.
        overrides: further overrides as typed.
        seeds: other seeds than those of the study; None: its own.
        own: the seeds of the study.
        fast: whether the seeds are the first three of the study, or were given for a fast try.
    """

    name: str
    overrides: Sequence[str]
    seeds: Sequence[int] | None
    own: Sequence[int]
    fast: bool = False

    @classmethod
    def of(
        cls, name: str, overrides: Sequence[str], seeds: Sequence[int] | None, own: Sequence[int], fast: bool
    ) -> Self:
        """Return the variation that was typed; with `fast`, only the first three seeds of a study with more."""
        if fast and seeds is None and len(own) > FAST_SEEDS:
            seeds = own[:FAST_SEEDS]
        return cls(name, overrides, seeds, own, fast and seeds is not None)

    def place(self, looks: Looks, further: bool) -> tuple[int | None, str]:
        """Return the number of the look at the study and "", or None and the label of a variation.

        Args:
            looks: the looks at the study so far.
            further: the seeds are those of a further look.
        """
        look = None if self.overrides or self.fast else looks.number(self.seeds, further)
        return look, self.label() if look is None else ""

    def label(self) -> str:
        """Return the overrides and seeds that make this a variation; empty for the study itself."""
        words = list(self.overrides)
        if self.fast and self.seeds is not None:
            words.append(f"fast: seeds {span(self.seeds)} of {len(self.own)}")
        elif self.seeds is not None and list(self.seeds) != list(self.own):
            words.append(f"seeds {span(self.seeds)}")
        return " ".join(words)

    def sweep_words(self, label: str, jobs: int) -> list[str]:
        """Return the arguments of `dlx train -m` for the sweep; a variation has its own folder.

        Args:
            label: the label of the variation; "" for the study itself.
            jobs: number of parallel processes.
        """
        words = [f"experiment={self.name}", *(full_name(word) for word in self.overrides)]
        if self.seeds is not None:
            words.append(f"seed={','.join(map(str, self.seeds))}")
        if label:
            digest = hashlib.sha256(" ".join(sorted(words)).encode()).hexdigest()[:8]
            words.append(f"hydra.sweep.dir={quoted(paths.outputs() / 'sweeps' / f'{self.name}-{digest}')}")
        return words + (["hydra/launcher=pool", f"hydra.launcher.n_jobs={jobs}"] if jobs > 1 else [])

    def command(self) -> str:
        """Return the command that repeats the study."""
        flags = ["--fast"] if self.fast else []
        if not self.fast and self.seeds is not None and list(self.seeds) != list(self.own):
            flags = ["--seeds", span(self.seeds)]
        return shlex.join(["dlx", "study", "run", self.name, *self.overrides, *flags])


def span(seeds: Sequence[int]) -> str:
    """Return seeds as they are typed: `A..B` if they are consecutive, otherwise `A,B,C`."""
    if list(seeds) == list(range(seeds[0], seeds[0] + len(seeds))):
        return f"{seeds[0]}..{seeds[-1]}"
    return ",".join(map(str, seeds))
