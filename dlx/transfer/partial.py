"""Freezing some of the copied layers."""

from __future__ import annotations

from torch import Tensor, nn

from dlx.contracts.transfer import Transfer
from dlx.nn.frozen import frozen_modules, frozen_names
from dlx.nn.source import Copied
from dlx.nn.transfer import of_layers


class Partial(Transfer):
    """Keep some of the copied layers as they are and train the others (Yosinski et al. 2014, the networks AnB by n).

    Frozen layers do not change in any bit: their running statistics keep their values too.

    Args:
        frozen: copied layers that are not trained: names or prefixes of names (`hidden.0`, with * as a wildcard), or
            numbers of weight layers counted from the input (1 is the first).

    Example:
        dlx train transfer=partial transfer.frozen=[1] transfer.source=outputs/runs/2026-01-01/12-00-00-0a1b2c3d
    """

    def __init__(self, *, frozen: list[str | int]) -> None:
        if not frozen:
            raise ValueError("frozen: expected at least one layer; try transfer=finetune to train all of them")
        self.patterns = frozen

    def frozen(self, network: nn.Module, copied: Copied, inputs: Tensor) -> set[str]:
        """Return the names of the copied weights that match the patterns.

        Raises:
            ConfigError: If a pattern matches no parameter.
            ValueError: If it matches one that is not copied.
        """
        names = frozen_names(network, self.patterns, inputs, "transfer.frozen")
        if others := [name for name, _ in network.named_parameters() if name in names - set(copied.same)]:
            raise ValueError(
                f"transfer.frozen: {of_layers(others)} would keep random weights, which the source does not give; "
                f"expected some of {of_layers(copied.same)}"
            )
        whole = frozen_modules(network, names)
        return names | {name for name in copied.same if any(name.startswith(f"{module}.") for module in whole)}
