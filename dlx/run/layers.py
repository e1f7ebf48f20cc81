"""The layers of the network of a configuration, before any training."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlx.assembly.threads import threads
from dlx.nn.layer_table import LayerRow, layer_table

if TYPE_CHECKING:
    from dlx.assembly.assembly import Assembly


def layers_of(assembly: Assembly) -> list[LayerRow]:
    """Return the layers of the network of a configuration, as `dlx.nn.layer_table.layer_table` describes."""
    with threads(assembly.trainer.threads):
        return layer_table(assembly.network(), assembly.data.train)
