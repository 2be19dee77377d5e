"""``python -m ftcore``: the same engine and the same workspace from the command line."""

import sys

from ftcore.cli import main

sys.exit(main())
