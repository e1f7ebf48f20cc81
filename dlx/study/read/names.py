"""The names that claims can use: axes, their levels, and named expressions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dlx.config.reading import known
from dlx.errors import ConfigError, nearest
from dlx.study.read.expression import Expression, parse
from dlx.sweep.cells import ARM, SEED, Axes, level_of


@dataclass(frozen=True)
class Names:
    """The axes and the named expressions of a study, by which claims are read.

    Attributes:
        axes: the levels that the runs have.
        replicate: the axis whose levels are the statistical units.
        expressions: the named expressions of the study.
    """

    axes: Axes
    replicate: str
    expressions: Mapping[str, str]

    def axis(self, name: Any, where: str) -> str:
        """Return the name of an axis other than that of the statistical units.

        Raises:
            ConfigError: There is no such axis.
        """
        if name not in self.axes or name in (SEED, self.replicate):
            raise ConfigError(f"{where}: no such axis: {name!r}{nearest(str(name), self.free())}")
        return str(name)

    def free(self) -> list[str]:
        """Return the axes that claims can use."""
        return [axis for axis in self.axes if axis not in (SEED, self.replicate)]

    def texts(self, axis: str) -> tuple[str, ...]:
        """Return the levels of an axis as texts."""
        return tuple(level.text for level in self.axes[axis])

    def levels(self, node: Any, where: str) -> dict[str, tuple[str, ...]]:
        """Return the levels that `{axis: level}` or `{axis: [levels]}` selects.

        Raises:
            ConfigError: There is no such axis or level.
        """
        found = {}
        for axis, value in known(node, where, node if isinstance(node, Mapping) else ()).items():
            self.axis(axis, where)
            values = [value]
            if isinstance(value, list) and not any(level.value == value for level in self.axes[axis]):
                values = value
            found[axis] = tuple(level_of(self.axes, axis, v, f"{where}.{axis}").text for v in values)
        return found

    def selection(self, node: Mapping[str, Any], where: str) -> dict[str, tuple[str, ...]]:
        """Return the levels that the keys `arm` and `at` of a claim select."""
        found = self.levels(node.get("at") or {}, f"{where}.at")
        if node.get("arm") is not None:
            found[ARM] = (level_of(self.axes, ARM, node["arm"], f"{where}.arm").text,)
        return found

    def expression(self, written: Any, where: str) -> Expression:
        """Return an expression, which may contain the named expressions of the study."""
        return parse(written, where, self.expressions)
