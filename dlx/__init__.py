"""dlx: a laboratory for deep-learning concepts on the command line."""

from typing import Any

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Give `from dlx import load_results, load_model` without making `import dlx` import pandas or torch."""
    if name == "load_results":
        from dlx.results.frame import load_results

        return load_results
    if name == "load_model":
        from dlx.run.loaded import load_model

        return load_model
    raise AttributeError(f"module 'dlx' has no attribute {name!r}")
