"""`python setup_wizard.py ...` is `sheets-crm setup ...`: the wizard, for those who run it from a folder."""

from __future__ import annotations

import sys

from sheets_crm.cli import program

if __name__ == "__main__":
    sys.argv.insert(1, "setup")
    program()
