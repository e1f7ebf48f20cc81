"""What a mistake of the user's must be answered with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from dlx.errors import ConfigError


@contextmanager
def one_message(said: str) -> Iterator[None]:
    """Expect the block to end with a `ConfigError` of one line that matches a regular expression."""
    with pytest.raises(ConfigError, match=said) as raised:
        yield
    assert "\n" not in str(raised.value)
