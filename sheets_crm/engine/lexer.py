"""The text of a condition, cut into tokens and rewritten as Python's grammar knows them.

Russian words, `=` for `==`, typographic quotes and signs are accepted here. Knows nothing of fields or types.
The rewritten text is only ever given to `ast.parse`; nothing is executed.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cache
from importlib import resources
from keyword import iskeyword

import yaml

from sheets_crm.engine.faults import NOWHERE, Place
from sheets_crm.errors import PackError

MAX_LENGTH = 2000
MAX_TOKENS = 400
MAX_BRACKETS = 25

_TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<text>"[^"]*"|'[^']*'|\u00ab[^\u00bb]*\u00bb|[\u201c\u201e\u201d][^\u201c\u201d]*[\u201c\u201d])
    | (?P<number>\d+(?:_\d+)*(?:\.\d+)?(?![\w.]))
    | (?P<name>[^\W\d]\w*)
    | (?P<sign>==|!=|<>|<=|>=|//|\*\*|[-+*/%<>=()\[\],;\u2260\u2264\u2265\u2212\u00d7\u00f7])
    """,
    re.VERBOSE,
)
_OPENING, _CLOSING = "([", ")]"


@dataclass(frozen=True)
class Source:
    """A condition as typed, as rewritten on one line, and which offset of the one answers to which of the other."""

    text: str
    python: str
    place: Place
    starts: tuple[tuple[int, int], ...]  # (offset in `python`, offset in `text`) of each token

    def offset(self, python_offset: int) -> int:
        """Offset in the typed text of the token that stands at an offset (characters) of the rewritten one."""
        index = bisect_right(self.starts, (python_offset, len(self.text))) - 1
        return self.starts[index][1] if index >= 0 else 0

    def offset_of(self, node: ast.AST) -> int:
        """Offset in the typed text of a syntax node (its own offsets count bytes of UTF-8)."""
        column = getattr(node, "col_offset", 0)
        return self.offset(len(self.python.encode()[:column].decode(errors="ignore")))

    def typed(self, node: ast.AST) -> str:
        """The part of the typed text that a node stands for (without brackets around it)."""
        end = len(self.python.encode()[: getattr(node, "end_col_offset", 0)].decode(errors="ignore"))
        after = bisect_left(self.starts, (end, 0))
        stop = self.starts[after][1] if after < len(self.starts) else len(self.text)
        return " ".join(self.text[self.offset_of(node) : stop].split())

    def fault(self, key: str, node: ast.AST | int, **values: object) -> PackError:
        """The error `engine.<key>` at a node or at an offset of the typed text."""
        offset = node if isinstance(node, int) else self.offset_of(node)
        return PackError(f"engine.{key}", where=self.where(offset), **values)

    def where(self, offset: int) -> str:
        return self.place.at(self.text, offset)


@cache
def keywords() -> dict[str, dict[str, str]]:
    """Words, names and signs people may type -> ours (keywords.yaml)."""
    data: dict[str, dict[str, str]] = yaml.safe_load(
        resources.files(__package__ or "").joinpath("keywords.yaml").read_text("utf-8")
    )
    return data


def parse(text: str, place: Place = NOWHERE) -> tuple[Source, ast.expr]:
    """The syntax tree of a condition. PackError with the position when it can't be read, is too long or too deep."""
    source = _rewritten(text, place)
    try:
        tree = ast.parse(source.python, mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise _unreadable(source, error) from None
    return source, tree.body


def _unreadable(source: Source, error: BaseException) -> PackError:
    """Python's complaint as ours: where it stands, and whether something is missing at the end."""
    column = (error.offset or 0) - 1 if isinstance(error, SyntaxError) else 0
    offset = source.offset(max(column, 0))
    if "never closed" in str(error):
        return source.fault("unclosed", offset, saw=source.text[offset])
    if column < 0 or column >= len(source.python):
        return source.fault("unfinished", len(source.text.rstrip()))
    return source.fault("unreadable", offset, saw=_around(source.text, offset))


def _rewritten(text: str, place: Place) -> Source:
    if len(text) > MAX_LENGTH:
        raise PackError("engine.too_long", where=place.at(text, 0), limit=MAX_LENGTH)
    if not text.strip():
        raise PackError("engine.empty_condition", where=place.at(text, 0))
    draft = Source(text, "", place, ())
    pieces: list[str] = []
    starts: list[tuple[int, int]] = []
    length = depth = position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise draft.fault("odd_sign", position, saw=_around(text, position))
        if match.lastgroup != "space":
            piece = _piece(match, draft)
            depth += (piece in _OPENING) - (piece in _CLOSING)
            starts.append((length, position))
            if depth > MAX_BRACKETS or len(starts) > MAX_TOKENS:
                raise draft.fault("too_deep", position)
            pieces.append(piece)
            length += len(piece) + 1
        position = match.end()
    return Source(text, " ".join(pieces), place, tuple(starts))


def _piece(match: re.Match[str], source: Source) -> str:
    token = match.group()
    if match.lastgroup == "text":
        return repr(token[1:-1].replace("\n", " "))
    if match.lastgroup == "number":
        return _plain_number(token)
    if match.lastgroup == "sign":
        return keywords()["signs"].get(token, token)
    return _word(token, match.start(), source)


def _plain_number(token: str) -> str:
    """A number as Python reads it: no underscores, no leading zeros."""
    whole, point, fraction = token.replace("_", "").partition(".")
    return (whole.lstrip("0") or "0") + point + fraction


def _word(token: str, offset: int, source: Source) -> str:
    folded = token.lower()
    known = keywords()
    if folded in known["words"]:
        return known["words"][folded]
    folded = known["names"].get(folded, folded)
    if iskeyword(folded) or folded == "none" or not folded.isidentifier():
        raise source.fault("not_part", offset, saw=token)
    return folded


def _around(text: str, offset: int) -> str:
    """A few words from the offset on, for quoting."""
    rest = " ".join(text[offset : offset + 40].split())
    return rest[:24] + ("…" if len(rest) > 24 else "")
