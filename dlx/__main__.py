"""`python -m dlx` is `dlx`."""

import sys
from pathlib import Path

from dlx import paths


def main() -> int:
    """Run a command without the current folder on the module path, where `-m` puts it first."""
    if not sys.flags.safe_path and Path(sys.path[0]).resolve() != paths.PACKAGE.parent:
        del sys.path[0]
    from dlx.cli.main import main

    return main()


sys.exit(main())
