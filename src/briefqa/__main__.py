"""``python -m briefqa``."""

import sys

from briefqa.cli import main

sys.exit(main())
