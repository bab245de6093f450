"""What is wrong with a pack or a setting, and where: built here, said by `words` under `engine.*`.

Does not decide what is wrong. Pure.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sheets_crm.errors import ConfigError, OwnerError, PackError
from sheets_crm.words import Lang, Spot, say


@dataclass(frozen=True)
class Place:
    """Where a text stands: its file, its key, and how an offset in the text becomes (line, column) of the file."""

    source: str = ""
    key: str = ""
    locate: Callable[[int], tuple[int, int]] | None = None

    def at(self, text: str, offset: int) -> Spot:
        """`file:line:column (key)` for editors, in words for people; parts that are not known are left out."""
        if self.locate:
            line, column = self.locate(offset)
        else:
            before = text[:offset]
            line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        return Spot(self.source, line, column, self.key)


NOWHERE = Place()


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that looks most like `name`; "" when none does."""
    candidates = {item.casefold(): item for item in sorted(known)}
    close = difflib.get_close_matches(name.casefold(), list(candidates), n=1, cutoff=0.6)
    return candidates[close[0]] if close else ""


def unknown(what: str, name: str, known: Iterable[str], where: str) -> PackError:
    """A name that nothing answers to. `what`: field, function, key, rule, param, placeholder, ... (a key of `engine.unknown`)."""
    known = sorted(known)
    near = nearest(name, known)
    key = f"engine.unknown.{what}_near" if near else f"engine.unknown.{what}"
    return PackError(key, where=where, name=name, near=near, allowed=", ".join(known))


def as_config(error: PackError) -> ConfigError:
    """The same fault, found in the owner's settings and not in a pack."""
    return ConfigError(error.key, **error.values)


def sentence(error: OwnerError, lang: Lang) -> str:
    """The error as a sentence: where, what we saw, what to do. The error's key must be a full words key (`engine.*`)."""
    return say(error.key, lang, **error.values)
