"""The form of a study: which keys hold words, lists or keys of their own. It is checked before anything reads a study.

Ranges of numbers, names of axes and unknown keys are checked where they are read (dlx/sweep, dlx/study/read).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dlx.config.yaml_file import short
from dlx.errors import ConfigError

Check = Callable[[Any, str], None]
LONGEST = 100_000  # letters of a word or a sentence


def refuse(value: Any, where: str, what: str) -> None:
    """Raise the error for a value of another form.

    Raises:
        ConfigError: Always; the message names the key and what was expected.
    """
    raise ConfigError(f"{where}: expected {what}, got {short(value)}")


def word(what: str) -> Check:
    """Return a check for text that is not empty."""

    def check(value: Any, where: str) -> None:
        if not isinstance(value, str) or not value.strip() or len(value) > LONGEST:
            refuse(value, where, what)

    return check


def scalar(what: str) -> Check:
    """Return a check for a word, a number or a boolean."""

    def check(value: Any, where: str) -> None:
        if not isinstance(value, str | int | float) or (isinstance(value, str) and not value.strip()):
            refuse(value, where, what)

    return check


def expression(value: Any, where: str) -> None:
    """Check an expression of metrics: a text or a number; `true`, which YAML also reads from `yes`, is neither."""
    if (
        isinstance(value, bool)
        or not isinstance(value, str | int | float)
        or (isinstance(value, str) and not value.strip())
    ):
        refuse(value, where, "an expression such as 'train/loss - test/loss'")


def level(value: Any, where: str) -> None:
    """Check a level of an axis: a word, a number, true, false or null, or a list of these."""
    for item in value if isinstance(value, list) else [value]:
        if not isinstance(item, str | int | float | None):
            refuse(value, where, "a value that an override can have, or a list of such values")


def list_of(item: Check, what: str, least: int = 1) -> Check:
    """Return a check for a list with at least `least` items."""

    def check(value: Any, where: str) -> None:
        if not isinstance(value, list) or len(value) < least:
            refuse(value, where, what)
        for place, one in enumerate(value):
            item(one, f"{where}[{place}]")

    return check


def one_or_more(item: Check, what: str) -> Check:
    """Return a check for one item or a list of items."""
    several = list_of(item, what)
    return lambda value, where: several(value, where) if isinstance(value, list) else item(value, where)


def named(item: Check, what: str, name: Check) -> Check:
    """Return a check for names with an item each."""

    def check(value: Any, where: str) -> None:
        if not isinstance(value, Mapping) or not value:
            refuse(value, where, what)
        for key, one in value.items():
            name(key, f"{where}: a name")
            item(one, f"{where}.{key}")

    return check


def keys(known: Mapping[str, Check], what: str) -> Check:
    """Return a check for known keys; null counts as not given, and unknown keys are left to the reader."""

    def check(value: Any, where: str) -> None:
        if not isinstance(value, Mapping):
            refuse(value, where, what)
        for key, one in known.items():
            if value.get(key) is not None:
                one(value[key], f"{where}.{key}")

    return check


def either(first: Check, form: type | tuple[type, ...], other: Check) -> Check:
    """Return a check that is `other` for values of a type, and `first` for the rest."""
    return lambda value, where: (other if isinstance(value, form) else first)(value, where)


NAME = word("a word")
OVERRIDES = list_of(word("an override such as optimizer=sgd"), "a list of overrides such as [optimizer=sgd]", 0)
CHOICES = named(OVERRIDES, "names with lists of overrides", scalar("a word or a number"))
LEVELS = list_of(level, "a list of values or named lists of overrides")
AXIS = word("the name of an axis")
AT = named(level, "axes with levels, such as {model.depth: 4}", AXIS)

ARM = scalar("the name of an arm")
CONCEPTS = one_or_more(word("the id of a concept such as A1.2"), "the ids of concepts such as [A1.2]")
FOLD = keys({"over": AXIS, "by": NAME}, "keys such as {over: model.depth, by: slope}")
CHOOSE = keys({"over": AXIS, "by": expression}, "keys such as {over: optimizer.lr, by: val/loss}")
ACROSS = keys({"by": NAME, "truth": expression}, "a statistic such as sd, or {by: bias, truth: 0.5}")
THAN = keys({"metric": expression}, "an arm, a number or levels of axes")
ENTRY = keys(
    {
        "metric": expression,
        "share": expression,
        "when": expression,
        "arm": ARM,
        "at": either(AT, Mapping, lambda value, where: AT(value, where) if value else None),
        "than": either(scalar("an arm, a number or levels of axes"), Mapping, THAN),
        "minus": AT,
        "each": one_or_more(AXIS, "the names of axes"),
        "over": AXIS,
        "reduce": one_or_more(FOLD, "one reduction or a list of them"),
        "choose": CHOOSE,
        "across": either(NAME, (Mapping, list), ACROSS),
    },
    "keys with values",
)
CURVES = named(expression, "names with expressions", word("a name"))
PLOT = keys(
    {
        "x": AXIS,
        "by": AXIS,
        "y": expression,
        "at": either(AT, Mapping, lambda v, where: AT(v, where) if v else None),
        "terms": CURVES,
        "theory": CURVES,
    },
    "keys such as {kind: lines, x: model.depth, y: test/loss}",
)
STUDY = keys(
    {
        "concepts": either(
            CONCEPTS, Mapping, keys({"claims": CONCEPTS, "facts": CONCEPTS}, "keys such as {claims: [A1.2]}")
        ),
        "reference": either(
            word("a work such as 'He et al. 2015', or {work: …, figure: …}"),
            Mapping,
            keys({"work": word("the work in words"), "figure": scalar("a figure in words")}, "keys"),
        ),
        "arms": CHOICES,
        "axes": named(either(LEVELS, Mapping, CHOICES), "axes with lists of values", AXIS),
        "exclude": list_of(
            named(level, "axes with the levels to leave out", AXIS), "a list such as [{arm: sgd, model.depth: 4}]", 0
        ),
        "replicate": AXIS,
        "metrics": named(expression, "names with expressions", word("a word")),
        "tune": keys(
            {
                "key": word("a key such as optimizer.lr"),
                "values": list_of(level, "a list of two values at least", 2),
                "by": word("a validation metric such as val/accuracy"),
            },
            "keys such as {key: optimizer.lr, values: [0.1, 0.01], by: val/accuracy}",
        ),
        "pretrain": keys(
            {
                "overrides": one_or_more(word("an override such as dataset=digits"), "a list of overrides"),
                "into": word("a key such as model.init_from"),
                "arms": one_or_more(ARM, "names of arms"),
                "with": one_or_more(AXIS, "names of axes"),
            },
            "keys such as {overrides: [dataset=digits]}",
        ),
        "claims": list_of(ENTRY, "a list of claims", 0),
        "facts": list_of(ENTRY, "a list of facts", 0),
        "plot": one_or_more(PLOT, "one plot or a list of plots"),
    },
    "keys with values",
)


def check_study(node: Any) -> None:
    """Check that every key of a study has the form in which it is read.

    Args:
        node: the node `study` of a file, as plain containers.

    Raises:
        ConfigError: A key has another form; the message names it and what was expected.
    """
    STUDY(node, "study")
