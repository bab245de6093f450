"""What the browser's side asks of whoever makes its screens: the owner's pages, and a few names both sides know.

Knows no HTML and no server. A conversation is `sheets_crm.wizard.conversation.Conversation`; pages are `Pages` below.

How pages are shown: GET /p/PATH?QUERY calls `screen(PATH, QUERY, lang)`; the first page is PATH "". A form sent from it calls
`act(PATH, given, action, lang)`, then the browser is led to `Acted.path`, where `said` stands above the page once. Where
`wrong` names fields, or `path` is None, the same page is shown again (its query too), with what was typed and each error beside
its field: the page need not remember anything. `Cell.href` and `Search.path` are addresses on this server: "/p/clients/17" and
"/s/columns" (`href` makes one of any page's path, names of sheets and clients too).
An action named `conversation.CLOSE` ends the server after a last page, when nothing is wrong with it (of a conversation the draft
is forgotten then); every page has besides a way to leave that keeps the draft. An `Action` with `loses` is asked twice before `act` is called. All calls come from one thread, one after the other.
An OwnerError from any of them is shown as its sentence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import quote, urlencode

from sheets_crm.wizard.shapes import Given, Place, Screen, Sentence
from sheets_crm.words import Lang


@dataclass(frozen=True)
class Acted:
    """What became of a form on a page.

    path, query: the page to be shown; path None: the same, its query too. said: once above it.
    wrong: what to mend, by field name ("" of the page as a whole); the same page is shown again.
    """

    path: str | None = None
    said: Sentence | None = None
    wrong: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)


class Pages(Protocol):
    """Pages by path, made anew each time they are shown. PATH has no slash before or after it: "", "problems", "card/17"."""

    def screen(self, path: str, query: Mapping[str, str], lang: Lang) -> Screen | None:
        """The page; None where there is none. `places` may be left empty: `places()` is shown."""
        ...

    def act(self, path: str, given: Given, action: str, lang: Lang) -> Acted:
        """Do what was asked on the page of this path."""
        ...

    def places(self, lang: Lang) -> Sequence[Place]:
        """The pages of the navigation; their ids are paths. Where we are is told by the path: the longest id it begins with."""
        ...


def href(path: str, query: Mapping[str, str] | None = None, *, under: str = "/p/") -> str:
    """Where a page of this path lies on the server: any text may stand between its slashes."""
    place = under + "/".join(_segment(part) for part in path.split("/"))
    return f"{place}?{urlencode(query)}" if query else place


def path_of(place: str) -> str:
    """The path that `href` was made of, from what follows "/p/" in an address whose % signs are already resolved."""
    return "/".join(part.removeprefix("~") for part in place.split("/"))


def _segment(text: str) -> str:
    """Browsers take "." and ".." for steps in the tree, so these (and what begins with our own mark) get a mark before them."""
    return quote(f"~{text}" if text in {".", ".."} or text.startswith("~") else text, safe="")
