"""`python sync.py ...` is `sheets-crm ...`: the same program, for those who run it from a folder."""

from __future__ import annotations

from sheets_crm.cli import program

if __name__ == "__main__":
    program()
