"""dlx: a laboratory for deep-learning concepts on the command line."""

from typing import Any

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Give `from dlx import load_results` without making `import dlx` import pandas."""
    if name == "load_results":
        from dlx.results.frame import load_results

        return load_results
    raise AttributeError(f"module 'dlx' has no attribute {name!r}")
