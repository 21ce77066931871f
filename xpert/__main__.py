"""``python -m xpert`` is the `xpert` command."""

import sys

from xpert.cli import main

sys.exit(main())
