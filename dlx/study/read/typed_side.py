"""One side of a typed comparison: overrides or a number, and the factor before or behind it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from dlx.config.aliases import full_name, meant
from dlx.config.overrides import check, quoted
from dlx.errors import ConfigError

EXAMPLE = "'test/loss: regularizer=dropout < regularizer=none'"


@dataclass(frozen=True)
class Arm:
    """One side of a comparison: the overrides of its runs, or a number."""

    overrides: tuple[str, ...] = ()
    number: float | None = None


def split(text: str) -> list[str]:
    """Return the parts of a text between the commas that stand outside of brackets and quotes."""
    return re.findall(r"(?:[^,\[\]'\"(){}]|\[[^\]]*\]|\([^)]*\)|\{[^}]*\}|'[^']*'|\"[^\"]*\")+", text)


def side(text: str) -> tuple[Arm, float | None]:
    """Return one side of a comparison, and the factor before or behind it.

    Raises:
        ConfigError: The side is empty or no override; the message shows the form.
    """
    text, factor = without_factor(text.strip())
    if not text:
        raise ConfigError(
            f"claim: a side of the comparison is empty; expected overrides or a number, such as {EXAMPLE}"
        )
    number = number_in(text)
    if number is not None:
        return Arm((), number), factor
    tokens = text.split()
    for token in tokens:
        if "=" not in token:
            raise ConfigError(f"claim: {token}: expected an override, group=option or key=value{meant(token)}")
    overrides = [full_name(quoted(token)) for token in tokens]
    for override in overrides:
        refuse(override)
    check(overrides)
    return Arm(tuple(overrides)), factor


def refuse(override: str) -> None:
    """Refuse an override that cannot belong to an arm.

    Raises:
        ConfigError: It deletes, sweeps, or sets the seed, a study or a key of Hydra's.
    """
    key, _, value = override.partition("=")
    if len(split(value)) > 1 or value.startswith(("range(", "choice(", "glob(")):
        raise ConfigError(f"claim: {override}: one value a side; at {override} judges the claim at each of them")
    if key.lstrip("+").split(".")[0].split("/")[0] in ("seed", "study", "experiment", "hydra"):
        hint = "--seeds gives the seeds" if key == "seed" else "a claim is a study of its own"
        raise ConfigError(f"claim: {key}: not available here; {hint}")
    if override.startswith("~"):
        raise ConfigError(f"claim: {override}: not available here; choose another option instead")


def without_factor(text: str) -> tuple[str, float | None]:
    """Return a side without its factor (`1.2 * …`, `… *1.2`), and the factor.

    Raises:
        ConfigError: The factor is not above 0.
    """
    behind = re.fullmatch(r"(.*\S)\s*\*\s*([-+\d.eE]+)", text) if not number_in(text) else None
    before = re.fullmatch(r"([-+\d.eE]+)\s*\*\s*(\S.*)", text)
    rest, factor = (behind[1], behind[2]) if behind else (before[2], before[1]) if before else (text, "")
    if not factor:
        return text, None
    size = number_in(factor)
    if size is None or size <= 0:
        raise ConfigError(f"claim: *{factor}: expected a factor above 0, such as *1.2")
    return rest, size


def number_in(text: str) -> float | None:
    """Return the finite number that a text represents; None if it represents none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def words(arm: Arm, shown: Callable[[str], bool] = lambda override: True) -> str:
    """Return a side as it is typed, with the overrides that are to be shown."""
    if arm.number is not None:
        return f"{arm.number:g}"
    return " ".join(override for override in arm.overrides if shown(override)) or " ".join(arm.overrides)
