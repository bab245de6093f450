"""`python setup_wizard.py` is `sheets-crm setup`. Says so, and how to do without, where the wizard is not there yet."""

from __future__ import annotations

import importlib
import os
import sys
from importlib.util import find_spec

from sheets_crm.words import language_of, say


def main() -> int:
    """Exit code of the wizard; 2 when this version has none."""
    if find_spec("sheets_crm.wizard") is None:
        sys.stderr.write(say("house.no_wizard", language_of(os.environ)) + "\n")
        return 2
    sys.argv.insert(1, "setup")
    code = importlib.import_module("sheets_crm.cli").main()
    return int(code or 0)


if __name__ == "__main__":
    sys.exit(main())
