"""Number of steps until a metric reached a target value: `steps_to/val/accuracy`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from dlx.errors import ConfigError, nearest


def check_milestones(wanted: Mapping[str, object] | None, known: set[str]) -> None:
    """Refuse a metric that is not computed during training, or a value that is not a number.

    Raises:
        ConfigError: names the metric and the nearest valid one.
    """
    for name, value in (wanted or {}).items():
        if name not in known:
            raise ConfigError(f"metrics.steps_to: no metric {name!r} is watched in training{nearest(name, known)}")
        if not isinstance(value, int | float) or isinstance(value, bool) or value != value:
            raise ConfigError(f"metrics.steps_to.{name}: expected a number, got {value!r}")


def milestones(
    rows: Sequence[Mapping[str, float]], wanted: Mapping[str, float] | None, better: Callable[[str], str]
) -> dict[str, float]:
    """Return the number of training steps after which each metric first reached its target.

    Metrics are checked after each epoch. `reached/<metric>` is 1 or 0; `steps_to/<metric>` is present only if it is 1.

    Args:
        rows: metrics of each epoch, with `step`.
        wanted: target value of each metric, an upper bound if less is better, otherwise a lower bound.
        better: returns `max` or `min`, the better direction of a metric.
    """
    found: dict[str, float] = {}
    for name, value in (wanted or {}).items():
        sign = 1 if better(name) == "max" else -1
        steps = [row["step"] for row in rows if name in row and sign * row[name] >= sign * value]
        found[f"reached/{name}"] = float(bool(steps))
        if steps:
            found[f"steps_to/{name}"] = float(steps[0])
    return found
