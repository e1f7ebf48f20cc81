"""Reading and checking a study from experiments/ before anything runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dlx.config.reading import choice, flag, known, listed, number, text
from dlx.config.study_form import check_study
from dlx.errors import ConfigError, nearest
from dlx.study.read.claim import Claim
from dlx.study.read.claims import claims_of
from dlx.study.read.concepts import concepts
from dlx.study.read.expression import parse
from dlx.study.read.falsifiable import check_claims
from dlx.study.read.names import Names
from dlx.sweep.cells import ARM, SEED, Axes, study_axes
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
PLOT_TEXTS = ("title", "caption", "x_label", "y_label")
CURVES = ("terms", "theory")
PLOTS = ("lines", "points", "heatmap", "profile", "epochs", "filters", "pictures", "confusion")


@dataclass(frozen=True)
class Plot:
    """A plot of a study.

    Attributes:
        kind: lines, points, heatmap, profile, epochs, filters, pictures or confusion.
        x: the axis of the study on the x axis; empty without one.
        y: the plotted expression; for filters, the name of a weight; for pictures, that of a picture; for
            confusion, the metric that stands in the title of each matrix.
        by: the axis of the study that distinguishes lines or rows; empty without one.
        at: the levels of other axes to which the plot is restricted.
        log_x: True for a logarithmic x axis.
        log_y: True for a logarithmic y axis.
        title: the finding that the plot shows; empty for the words of the claim on its metric.
        caption: what to see in it; empty for that of its kind.
        x_label: the x axis in words with its unit; empty for the words of its key.
        y_label: the y axis in words with its unit; empty for the words of its metric.
        terms: for lines, expressions by their names, each of which has a line; empty for a line of y for each level.
        theory: for lines, expressions of x by their names, drawn as broken lines.
    """

    kind: str
    x: str
    y: str
    by: str
    at: Mapping[str, tuple[str, ...]]
    log_x: bool
    log_y: bool
    title: str = ""
    caption: str = ""
    x_label: str = ""
    y_label: str = ""
    terms: Mapping[str, str] = field(default_factory=dict)
    theory: Mapping[str, str] = field(default_factory=dict)


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


def plot_of(node: Any, axes: Axes, names: Mapping[str, str], replicate: str) -> Plot:
    """Return the plot that an entry of `study.plot` describes.

    Raises:
        ConfigError: A key is invalid; the message names it and what was expected.
    """
    where = "study.plot"
    known(node, where, ("kind", "x", "y", "by", "at", "log_x", "log_y", *PLOT_TEXTS, *CURVES), ("kind", "y"))
    kind = choice(node["kind"], PLOTS, f"{where}.kind")
    for key in ("x", "by"):
        if node.get(key) is not None and node[key] not in axes:
            raise ConfigError(f"{where}.{key}: no such axis {node[key]!r}{nearest(str(node[key]), axes)}")
    if kind in ("lines", "heatmap") and not node.get("x"):
        raise ConfigError(f"{where}.x: missing; {kind} runs along an axis")
    if kind == "profile" and "*" not in str(node["y"]):
        raise ConfigError(f"{where}.y: a profile needs a star, such as gradient/norm/*; got {node['y']!r}")
    if kind not in ("epochs", "profile", "filters", "pictures", "confusion"):
        parse(node["y"], f"{where}.y", names)
    at = Names(axes, replicate, names).levels(node.get("at") or {}, f"{where}.at")
    by = node.get("by") or (ARM if ARM in axes and node.get("x") != ARM else "")
    said = {key: text(node, key, where) for key in PLOT_TEXTS}
    curves = {key: {str(one): str(words) for one, words in (node.get(key) or {}).items()} for key in CURVES}
    for key, names_of_key in (("terms", names), ("theory", {})):
        if curves[key] and kind != "lines":
            raise ConfigError(f"{where}.{key}: expected kind: lines, got kind: {kind}")
        for one, words in curves[key].items():
            found = parse(words, f"{where}.{key}.{one}", names_of_key)
            if key == "theory" and set(found.names) - {"x"}:
                raise ConfigError(f"{where}.theory.{one}: expected an expression of x, got {words!r}")
    scales = {key: flag(node, key, where) for key in ("log_x", "log_y")}
    fields: dict[str, Any] = {**scales, **said, **curves}
    return Plot(kind, node.get("x") or "", str(node["y"]), by, at, **fields)
