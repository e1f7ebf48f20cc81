"""Reading and checking a study from experiments/ before anything runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dlx.config.reading import choice, known, listed, number, text
from dlx.config.study_form import check_study
from dlx.errors import ConfigError, nearest
from dlx.study.read.claim import Claim
from dlx.study.read.claims import claims_of
from dlx.study.read.concepts import concepts
from dlx.study.read.expression import parse
from dlx.study.read.falsifiable import check_claims
from dlx.study.read.names import Names
from dlx.study.read.plot import Plot, plot_of
from dlx.sweep.cells import SEED, Axes, study_axes
from dlx.sweep.stages import Pretrain, Tune, pretrain_of, tune_of

CHAPTERS = (
    "foundations",
    "optimization",
    "initialization",
    "activation",
    "normalization",
    "depth",
    "regularization",
    "statistics",
    "evaluation",
    "vision",
    "sequences",
    "attention",
    "representation",
    "generation",
    "transfer",
    "own",
)
OWN = CHAPTERS[-1]  # claims of the user's own, which need neither a control nor a concept
TEXTS = ("title", "question", "why")
FORMULA = "formula"
KEYS = (
    *TEXTS, FORMULA, "chapter", "concepts", "reference", "seeds", "arms", "axes", "exclude", "replicate", "metrics",
    "diverged", "tune", "pretrain", "claims", "facts", "plot",
)  # fmt: skip


@dataclass(frozen=True)
class Counts:
    """The number of claims, of facts and of myths of a study; a myth counts only as a myth, a control is a claim."""

    claims: int
    facts: int
    myths: int

    def __str__(self) -> str:
        """Return the counts in words: `5 claims, 1 fact, 0 myths`."""
        named = (("claim", self.claims), ("fact", self.facts), ("myth", self.myths))
        return ", ".join(f"{n} {word}{'' if n == 1 else 's'}" for word, n in named)

    @classmethod
    def total(cls, parts: Iterable[Counts]) -> Counts:
        """Return the sums over several studies."""
        found = list(parts)
        return cls(
            sum(part.claims for part in found), sum(part.facts for part in found), sum(part.myths for part in found)
        )


@dataclass(frozen=True)
class Study:
    """A study, checked against the axes of its runs.

    Attributes:
        by_claim: the concepts that a claim or a myth among the claims tests.
        by_fact: the concepts that only facts test.
        formula: the formula behind the claims, in LaTeX; empty without one.
    """

    name: str
    title: str
    question: str
    why: str
    chapter: str
    by_claim: tuple[str, ...]
    by_fact: tuple[str, ...]
    work: str
    figure: str
    axes: Axes
    exclude: tuple[Mapping[str, Any], ...]
    replicate: str
    metrics: Mapping[str, str]
    tune: Tune | None
    pretrain: Pretrain | None
    claims: tuple[Claim, ...]
    facts: tuple[Claim, ...]
    plots: tuple[Plot, ...]
    formula: str = ""

    @property
    def units(self) -> int:
        """The number of statistical units, i.e. of seeds or folds."""
        return len(self.axes[self.replicate])

    @property
    def concepts(self) -> tuple[str, ...]:
        """All concepts that the study tests."""
        return (*self.by_claim, *self.by_fact)

    @property
    def entries(self) -> tuple[Claim, ...]:
        """The claims, followed by the facts."""
        return (*self.claims, *self.facts)

    @property
    def counts(self) -> Counts:
        """The number of claims, facts and myths."""
        own = [entry for entry in self.entries if entry.expected == "holds"]
        facts = sum(entry.fact for entry in own)
        return Counts(len(own) - facts, facts, len(self.entries) - len(own))


def study_of(name: str, node: Any, axes: Axes | None = None) -> Study:
    """Return a study.

    Args:
        name: the name of its file without the suffix.
        node: the node `study` of the file.
        axes: the axes of its runs, if the command line has changed them.

    Raises:
        ConfigError: A key is invalid; the message names it, what was expected and the nearest choice.
    """
    check_study(node)
    chapter = choice(node.get("chapter"), CHAPTERS, "study.chapter")
    known(node, "study", KEYS, TEXTS if chapter == OWN else (*TEXTS, "concepts"))
    names = known(node.get("metrics") or {}, "study.metrics", node.get("metrics") or ())
    for key, expression in names.items():
        parse(expression, f"study.metrics.{key}")
    axes = axes or study_axes(node)
    replicate = node.get("replicate") or SEED
    if replicate not in axes:
        raise ConfigError(f"study.replicate: no such axis {replicate!r}{nearest(str(replicate), axes)}")
    diverged = number(node, "diverged", "study") if node.get("diverged") is not None else None
    reference = node.get("reference") or ""
    if isinstance(reference, Mapping):
        known(reference, "study.reference", ("work", "figure"), ("work",))
    known_names = Names(axes, replicate, names)
    claims = claims_of(node["claims"], known_names, diverged) if "claims" in node else []
    facts = claims_of(node["facts"], known_names, diverged, facts=True) if "facts" in node else []
    tune = tune_of(node.get("tune"))
    check_claims(claims, facts, tune, controlled=chapter != OWN)
    by_claim, by_fact = concepts_of(node.get("concepts"), bool(claims), bool(facts))
    return Study(
        name=name,
        **{key: text(node, key, "study") for key in TEXTS},
        chapter=chapter,
        by_claim=by_claim,
        by_fact=by_fact,
        work=str(reference["work"]) if isinstance(reference, Mapping) else str(reference),
        figure=str(reference.get("figure", "")) if isinstance(reference, Mapping) else "",
        axes=axes,
        exclude=tuple(node.get("exclude") or ()),
        replicate=replicate,
        metrics=names,
        tune=tune,
        pretrain=pretrain_of(node.get("pretrain"), axes),
        claims=tuple(claims),
        facts=tuple(facts),
        plots=tuple(plot_of(item, axes, names, replicate) for item in listed(node.get("plot"))),
        formula=text(node, FORMULA, "study"),
    )


def concepts_of(node: Any, claims: bool, facts: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the concepts that claims test, and those that facts alone test.

    A list of ids belongs to the claims of a study that has any, and otherwise to its facts; `{claims: [ids], facts:
    [ids]}` says which.

    Raises:
        ConfigError: There is no such concept, or the study has no claims or facts that could test it.
    """
    where = "study.concepts"
    found = node if isinstance(node, Mapping) else {"claims" if claims else "facts": node}
    known(found, where, ("claims", "facts"))
    by_claim, by_fact = (tuple(listed(found.get(key))) for key in ("claims", "facts"))
    for item in (*by_claim, *by_fact):
        if item not in concepts():
            raise ConfigError(f"{where}: no such concept {item!r}{nearest(str(item), concepts())}")
    for key, there, named in (("claims", claims, by_claim), ("facts", facts, by_fact)):
        if named and not there:
            raise ConfigError(f"{where}.{key}: the study has no {key} that could test {named[0]}")
    return by_claim, by_fact
