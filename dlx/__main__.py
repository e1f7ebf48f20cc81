"""`python -m dlx` is `dlx`."""

import sys

from dlx.cli.main import main

sys.exit(main())
