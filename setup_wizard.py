"""`python setup_wizard.py` will be `sheets-crm setup`. This version has no wizard: says so, and how to do without it."""

from __future__ import annotations

import os
import sys

from sheets_crm.words import language_of, say


def main() -> int:
    """Exit code 2: there is nothing to run yet."""
    sys.stderr.write(say("house.no_wizard", language_of(os.environ)) + "\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
