"""The command line: parse arguments, call one function, print words, choose an exit code.

Heavy imports wait until a command needs them: a run that finds nothing changed costs milliseconds.
"""

from sheets_crm.cli.app import main
from sheets_crm.cli.process import program

__all__ = ["main", "program"]
