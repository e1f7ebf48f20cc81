"""What a file may try to set in Hydra's own node, each in a form that would execute code or write outside."""

from __future__ import annotations

import json
from typing import Any

CALL = {"_target_": "evil.touch"}  # what Hydra would call
FUNCTIONS: dict[str, dict[str, Any]] = {  # calls that no list of forbidden names has
    "a function of the working folder": CALL,
    "distutils.spawn.spawn": {"_target_": "distutils.spawn.spawn", "cmd": ["touch", "MARKER"]},
    "Path.write_text": {
        "_target_": "pathlib.Path.write_text",
        "_args_": [{"_target_": "pathlib.Path", "_args_": ["MARKER"]}, "written"],
    },
    "open": {"_target_": "io.open", "file": "MARKER", "mode": "w"},
    "joblib.load": {"_target_": "joblib.load", "filename": "HERE/bomb.pkl"},
    "torch.load": {"_target_": "torch.load", "f": "HERE/bomb.ckpt", "weights_only": False},
    "a partial function": {**CALL, "_partial_": True},
    "a function in an argument": {"_target_": "builtins.dict", "x": CALL, "_recursive_": True},
}
LOGGING: dict[str, dict[str, Any]] = {
    "a class below logging that is another module's": {
        "version": 1,
        "handlers": {"x": {"class": "logging.io.open", "file": "MARKER", "mode": "w"}},
        "root": {"handlers": ["x"]},
    },
    "a handler that writes a file": {
        "version": 1,
        "handlers": {"x": {"class": "logging.FileHandler", "filename": "MARKER"}},
        "root": {"handlers": ["x"]},
    },
    "a factory": {"version": 1, "formatters": {"x": {"()": "evil.touch"}}},
    "a filter's factory": {"version": 1, "filters": {"x": {"()": "evil.touch"}}},
    "a formatter's class": {"version": 1, "formatters": {"x": {"class": "evil.Evil"}}},
    "an external object": {
        "version": 1,
        "handlers": {"x": {"class": "logging.StreamHandler", "stream": "ext://evil.touch"}},
        "root": {"handlers": ["x"]},
    },
    "a logger's class in a list": {
        "version": 1,
        "handlers": {"x": {"class": "logging.handlers.QueueHandler", "queue": {"()": "evil.touch"}}},
        "root": {"handlers": ["x"]},
    },
}
NODES: dict[str, dict[str, Any]] = {
    **{f"callbacks with {what}": {"callbacks": {"x": call}} for what, call in FUNCTIONS.items()},
    **{f"job_logging with {what}": {"job_logging": node} for what, node in LOGGING.items()},
    **{f"hydra_logging with {what}": {"hydra_logging": node} for what, node in LOGGING.items()},
    "a launcher of one's own": {"launcher": CALL},
    "a launcher's argument that is built": {"launcher": {"x": CALL}},
    "a launcher that pretends to be a plugin": {"launcher": {"_target_": "hydra_plugins.evil.Evil"}},
    "a sweeper of one's own": {"sweeper": CALL},
    "a sweeper's params that are built": {"sweeper": {"params": {"x": CALL}}},
    "a folder for the run": {"run": {"dir": "OUTSIDE/run"}},
    "a folder for the sweep": {"sweep": {"dir": "OUTSIDE/sweep"}},
    "a subfolder for the runs": {"sweep": {"subdir": "OUTSIDE/sub"}},
    "a folder for Hydra's files": {"output_subdir": "OUTSIDE/.hydra"},
    "a folder for Hydra's files above": {"output_subdir": "../../../../../outside/.hydra"},
    "a search path": {"searchpath": ["file://HERE/more"]},
    "a variable that admits a module": {"job": {"env_set": {"DLX_ADMIT": "evil"}}},
    "a variable of the linker": {"job": {"env_set": {"LD_PRELOAD": "HERE/evil.so"}}},
    "a variable copied into the record": {"job": {"env_copy": ["DLX_TEST_SECRET"]}},
    "another current folder": {"job": {"chdir": True}},
    "a name of the job": {"job": {"name": "../../evil"}},
    "a template for help": {"help": {"template": "x"}},
}


def text(*parts: dict[str, Any], package: str = "_global_") -> str:
    """Return nodes as the text of a YAML file that is merged into a package."""
    merged: dict[str, Any] = {}
    for part in parts:
        merged |= part
    return f"# @package {package}\n{json.dumps(merged)}\n"
