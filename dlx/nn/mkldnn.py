"""torch's oneDNN kernels, switched off for a while: some things can be seen only without them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def without_mkldnn() -> Iterator[None]:
    """Use torch's plain kernels inside the block (`torch.backends.mkldnn.flags` would warn on a CPU)."""
    before = torch._C._get_mkldnn_enabled()
    torch._C._set_mkldnn_enabled(False)
    try:
        yield
    finally:
        torch._C._set_mkldnn_enabled(before)
