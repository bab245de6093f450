"""What the program says when a command can't be done: one sentence in one language, and an exit code.

The language: `--lang`, else the configuration's once it was read, else the system's. Knows nothing of commands.
"""

from __future__ import annotations

import contextlib
import errno
import locale
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import typer

from sheets_crm.errors import ConfigError, OwnerError
from sheets_crm.words import LANGS, Lang, language_of, say

WRONG_USAGE, OUR_FAULT, STOPPED = 2, 70, 130

# Typer brings its own copy of click, or needs one beside it: the family of its errors is found by kinship.
_Shown: type[Exception] = next(one for one in typer.BadParameter.__mro__ if one.__name__ == "ClickException")
_BRACKETS = re.compile(r"\(([^()]*)\)\s*$")


class WrongUsage(Exception):
    """The command was typed wrong. Carries a words key (`cli.usage.*`) and its values."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key, self.values = key, values


@dataclass
class Voice:
    """The language to speak in. asked: by --lang. found: the configuration's."""

    asked: Lang | None = None
    found: Lang | None = None
    environ: dict[str, str] = field(default_factory=lambda: dict(os.environ))

    @property
    def lang(self) -> Lang:
        """The language that holds now."""
        return self.asked or self.found or language_of(self.environ, locale.getlocale()[0] or "")

    def hear(self, lang: Lang) -> None:
        """The configuration was read, and it speaks so."""
        self.found = self.found or lang

    @classmethod
    def of(cls, arguments: Sequence[str]) -> Voice:
        """Listen for --lang before anything else is looked at: a typing mistake is told in it too."""
        stated = [word.removeprefix("--lang=") for word in arguments if word.startswith("--lang=")]
        stated += [word for before, word in pairwise(arguments) if before == "--lang"]
        return cls(asked=next((lang for lang in LANGS if lang in stated), None))

    def complaint(self, error: BaseException) -> tuple[str, int]:
        """The sentence and the exit code of whatever went wrong; what is our fault is kept in the log."""
        if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
            error = ConfigError("config.path_too_long", path=str(error.filename)[:60])
        if isinstance(error, OwnerError):
            return say(error.key, self.lang, **error.values), error.exit_code
        if isinstance(error, WrongUsage):
            return say(error.key, self.lang, **error.values), WRONG_USAGE
        if isinstance(error, (KeyboardInterrupt, typer.Abort)):
            return say("cli.stopped", self.lang), STOPPED
        if isinstance(error, _Shown):
            return self._usage(error), WRONG_USAGE
        return self._our_fault(error), OUR_FAULT

    def _usage(self, error: Any) -> str:
        kind, command = type(error).__name__, _command(error)
        if kind == "NoArgsIsHelpError":
            return str(error.ctx.get_help())
        seen, near = _seen(error), ""
        if kind in {"NoSuchOption", "NoSuchCommand"} or (commands := _commands(error)):
            near = _nearest(seen, _options(error) if kind == "NoSuchOption" else commands)
        key = _USAGE.get(kind) or ("command" if _commands(error) else "extra" if seen else "other")
        if key in {"option", "command"} and near:
            key += "_near"
        return say(f"cli.usage.{key}", self.lang, command=command, seen=seen, near=near)

    def _our_fault(self, error: BaseException) -> str:
        from sheets_crm.sync.fault import log_our_fault

        number, place = log_our_fault(error)
        if place is None:
            return say("cli.our_fault_unlogged", self.lang, number=number)
        return say("cli.our_fault", self.lang, number=number, log=str(place))


# Click's names of a typing mistake -> our sentence `cli.usage.<it>`.
_USAGE = {
    "NoSuchOption": "option", "NoSuchCommand": "command", "MissingParameter": "missing",
    "BadOptionUsage": "no_value", "BadParameter": "bad_value",
}  # fmt: skip


def _command(error: Any) -> str:
    return str(error.ctx.command_path) if getattr(error, "ctx", None) is not None else "sheets-crm"


def _commands(error: Any) -> list[str]:
    """The commands there are, where the mistake is in a command's name; [] elsewhere."""
    group = getattr(getattr(error, "ctx", None), "command", None)
    return [name for name, one in getattr(group, "commands", {}).items() if not one.hidden]


def _options(error: Any) -> list[str]:
    command = getattr(getattr(error, "ctx", None), "command", None)
    return [name for one in getattr(command, "params", ()) for name in one.opts if name.startswith("--")]


def _seen(error: Any) -> str:
    """What was typed, as far as click tells."""
    for name in ("option_name", "command_name"):
        if found := getattr(error, name, None):
            return str(found)
    if (param := getattr(error, "param", None)) is not None:
        return str(param.opts[0] if param.param_type_name == "option" else param.metavar or param.name.upper()).strip(
            "[]."
        )
    message = str(getattr(error, "message", ""))
    quoted = re.search(r"'([^']*)'", message) or _BRACKETS.search(message)
    return quoted[1] if quoted else ""


def _nearest(seen: str, known: Sequence[str]) -> str:
    from difflib import get_close_matches

    return next(iter(get_close_matches(seen, known, n=1)), "")


def complain(sentence: str) -> None:
    """One sentence on standard error; where nothing can be said there, the exit code alone speaks."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError, ValueError):
            print(sentence, file=sys.stderr, flush=True)
