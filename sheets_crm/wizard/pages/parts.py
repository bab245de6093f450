"""What the owner's pages are put together from: a page over the base or a page that says why there is none, lists cut to pages.

Knows no single page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import TypeVar
from urllib.parse import urlencode

from sheets_crm.wizard.pages.desk import Desk, Looked, Seen, Trouble, told
from sheets_crm.wizard.shapes import Action, Block, Cell, Facts, Progress, Screen, Sentence
from sheets_crm.wizard.web.ports import href
from sheets_crm.words import Lang, say, show

T = TypeVar("T")
Query = Mapping[str, str]
ROWS = 50  # of a list on one page
LONGEST = 240  # signs of a value in a list: fifty rows of them must stay a small page
_NAME = 120  # ... of a client's name
WHOLE = 2000  # ... and where it stands alone
SOON_S = 2  # a page that shows work under way looks again after so long


@dataclass(frozen=True)
class Asked:
    """One call of a page. rest: of the path, after the page's own name."""

    desk: Desk
    rest: tuple[str, ...]
    query: Query
    lang: Lang

    def say(self, key: str, **values: object) -> str:
        """A sentence of `pages`."""
        return say(f"pages.{key}", self.lang, **values)

    @property
    def page(self) -> int:
        """Which part of a list, from 1."""
        typed = self.query.get("page", "")
        return max(int(typed), 1) if typed.isascii() and typed.isdigit() and len(typed) < 7 else 1


def over_base(
    asked: Asked, path: str, title: str, make: Callable[[Seen], Sequence[Block]], *, actions: Sequence[Action] = ()
) -> Screen:
    """A page over the base. While it is read for the first time, or where it can't be read, the page says so."""
    looked = asked.desk.look()
    if looked.seen is None:
        return _nothing_yet(asked, path, title, looked)
    blocks = (*stale(asked, looked), *make(looked.seen))
    errors = (Sentence(told(looked.error, asked.lang), "error"),) if looked.error else ()
    return Screen(path, title, blocks, tuple(actions), errors=errors, refresh_s=SOON_S if looked.is_busy else None)


def _nothing_yet(asked: Asked, path: str, title: str, looked: Looked) -> Screen:
    if looked.error is None:
        return Screen(path, title, (Progress(asked.say("reading")),), refresh_s=1)
    meanwhile = Facts(
        asked.say("meanwhile"),
        (
            (asked.say("backups.title"), Cell(asked.say("backups.go"), href("backups"))),
            (asked.say("history.title"), Cell(asked.say("history.go"), href("history"))),
        ),
    )
    return Screen(path, title, (meanwhile,), errors=(Sentence(told(looked.error, asked.lang), "error"),))


def stale(asked: Asked, looked: Looked) -> tuple[Block, ...]:
    """That what is shown is not what stands in the workbook now."""
    if looked.seen is None or not (looked.is_busy or looked.error):
        return ()
    zone = looked.seen.result.opened.config.zone
    key = "being_read" if looked.is_busy else "as_read_last"
    return (Sentence(asked.say(key, at=moment(looked.seen.at, zone, asked.lang)), "warning"),)


def failed(error: Trouble, lang: Lang) -> Sentence:
    """Why something was not done."""
    return Sentence(told(error, lang), "error")


# --- lists ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cut:
    """A part of a list. first, last: from 1; 0 where the list is empty. total: None where nobody counted."""

    first: int
    last: int
    total: int | None
    more: bool

    @property
    def is_whole(self) -> bool:
        return self.first <= 1 and not self.more


def cut(rows: Sequence[T], page: int, size: int = ROWS) -> tuple[Sequence[T], Cut]:
    """The rows of a page, and which they are; the last page for a number beyond it."""
    page = min(page, max(-(-len(rows) // size), 1))
    start = (page - 1) * size
    part = rows[start : start + size]
    return part, Cut(start + 1 if part else 0, start + len(part), len(rows), start + size < len(rows))


def cut_note(asked: Asked, which: Cut) -> str:
    """Which rows of how many; "" where all are shown."""
    if which.is_whole or not which.last:
        return ""
    if which.total is None:
        return asked.say("list.rows", first=which.first, last=which.last)
    return asked.say("list.rows_of", first=which.first, last=which.last, total=which.total)


def turning(asked: Asked, path: str, which: Cut, size: int = ROWS) -> tuple[Block, ...]:
    """The way to the rows before and after; nothing where all are shown."""
    if which.is_whole:
        return ()
    page = (which.first - 1) // size + 1
    pairs: list[tuple[str, str | Cell]] = []
    if page > 1:
        rows = asked.say("list.range", first=which.first - size, last=which.first - 1)
        pairs.append((asked.say("list.before"), Cell(rows, _page(path, asked.query, page - 1))))
    if which.more:
        end = which.last + size if which.total is None else min(which.last + size, which.total)
        rows = asked.say("list.range", first=which.last + 1, last=end)
        pairs.append((asked.say("list.after"), Cell(rows, _page(path, asked.query, page + 1))))
    return (Facts("", tuple(pairs)),)


def _page(path: str, query: Query, page: int) -> str:
    return with_query(path, {**query, "page": str(page) if page > 1 else ""})


def with_query(path: str, query: Query) -> str:
    """Where a page lies, with what is asked of it; what is blank is left out."""
    kept = {name: value for name, value in query.items() if value}
    return href(path, kept)


def query_path(path: str, query: Query) -> str:
    """The same as `Acted.path` wants it."""
    kept = {name: value for name, value in query.items() if value}
    return f"{path}?{urlencode(kept)}" if kept else path


# --- values -----------------------------------------------------------------------------------------------------------


def shown(value: object, lang: Lang, longest: int = LONGEST) -> str:
    """A value of the base as people write it, not endlessly long."""
    if isinstance(value, float):
        value = Decimal(str(round(value, 2)))
    if isinstance(value, Decimal):
        value = round(value, 2)
    if isinstance(value, (list, set)):
        value = tuple(value)
    return short(show(value, lang), longest)


def short(text: str, longest: int = LONGEST) -> str:
    """The text; of one that is too long the beginning."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def moment(when: datetime, zone: tzinfo, lang: Lang) -> str:
    """A moment where the firm is: day and time."""
    here = when.astimezone(zone)
    return f"{show(here, lang)}, {here:%H:%M}"


def day(value: date, lang: Lang) -> str:
    """A day as people write it."""
    return show(value, lang)


def client_cell(seen: Seen, name: str, identity: str) -> str | Cell:
    """A client's name, leading to the card where there is one."""
    code, name = seen.client_code(identity), short(name, _NAME)
    return Cell(name or "—", href(f"clients/{code}")) if code else name
