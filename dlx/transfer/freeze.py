"""Freezing all copied layers."""

from __future__ import annotations

from torch import Tensor, nn

from dlx.contracts.transfer import Transfer
from dlx.nn.network import is_output
from dlx.nn.source import Copied


class Freeze(Transfer):
    """Keep all copied layers as they are and train only the others (Yosinski et al. 2014, the networks AnB).

    The output layer is trained even if it is copied, and so are layers that are new or did not fit, such as an input
    layer for other features. Frozen layers do not change in any bit: their running statistics keep their values too.

    Example:
        dlx train transfer=freeze transfer.source=outputs/runs/2026-01-01/12-00-00-0a1b2c3d
    """

    def frozen(self, network: nn.Module, copied: Copied, inputs: Tensor) -> set[str]:
        """Return the names of all copied weights except those of output layers.

        Raises:
            ValueError: If nothing else is copied.
        """
        still = {name for name in copied.same if not is_output(name)}
        if not still:
            raise ValueError("transfer=freeze: no layer besides the output layer is copied; try transfer=finetune")
        return still
