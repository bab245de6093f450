"""What one screen shows and asks, for a page, a terminal or a file of answers alike.

Finished sentences of one language; no HTML, no escape codes, no notion of a step's meaning. A screen is made anew each time it is
shown, so the language may change at any moment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "secret", "number", "date", "time", "choice", "radio", "many", "check", "path", "lines"]
Tone = Literal["plain", "good", "warning", "error"]
Given = Mapping[str, Sequence[str]]  # field name -> what was typed or chosen, as forms send it


@dataclass(frozen=True)
class Choice:
    """One of several. group: a heading it stands under."""

    value: str
    label: str
    note: str = ""
    group: str = ""


@dataclass(frozen=True)
class Field:
    """One thing asked. name: unique on its screen. value: as it would be typed; of a check "yes" or "". values: of `many`.

    error: what is wrong with the value and what to do. samples, confidence (0 to 1), why: of a guess that is to be confirmed.
    likely: values of the choices that come near, best first; where there are very many, these are offered and the rest on demand.
    """

    name: str
    label: str
    kind: Kind = "text"
    value: str = ""
    values: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    help: str = ""
    error: str = ""
    required: bool = False
    unit: str = ""
    samples: tuple[str, ...] = ()
    confidence: float | None = None
    why: str = ""
    least: str = ""
    most: str = ""
    likely: tuple[str, ...] = ()


@dataclass(frozen=True)
class Action:
    """Something to press. primary: what Enter does; one a screen. loses: asks twice, for it takes something away."""

    name: str
    label: str
    primary: bool = False
    loses: bool = False


@dataclass(frozen=True)
class Sentence:
    """One sentence or paragraph."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True)
class Cell:
    """One place in a table. href: where it leads (a path of the same server). action: something to press in it."""

    text: str
    href: str = ""
    tone: Tone = "plain"
    action: Action | None = None


@dataclass(frozen=True)
class Table:
    """Rows under headers. numeric: places of the columns that hold numbers. empty: said in place of rows."""

    title: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str | Cell, ...], ...]
    numeric: tuple[int, ...] = ()
    note: str = ""
    empty: str = ""
    is_open: bool = True  # else folded away under its title


@dataclass(frozen=True)
class Bar:
    """One bar of a picture. share: of the longest, 0 to 1. text: the figures, in words."""

    label: str
    text: str
    share: float
    tone: Tone = "plain"


@dataclass(frozen=True)
class Bars:
    """A picture of quantities one below the other, readable without colours."""

    title: str
    bars: tuple[Bar, ...]
    note: str = ""


@dataclass(frozen=True)
class Facts:
    """Names and what holds of them."""

    title: str
    pairs: tuple[tuple[str, str | Cell], ...]


@dataclass(frozen=True)
class Fields:
    """Things asked together. As a table each field is a row with its samples, confidence and why."""

    title: str
    fields: tuple[Field, ...]
    intro: str = ""
    layout: Literal["list", "table"] = "list"
    headers: tuple[str, ...] = ()  # of the table: label, samples, value, how sure and why
    is_open: bool = True


@dataclass(frozen=True)
class Progress:
    """Work under way. total 0: nobody knows how long it takes."""

    text: str
    done: int = 0
    total: int = 0


@dataclass(frozen=True)
class Search:
    """A question that changes nothing: leads to `path` of the same server with what was typed as its query. Of pages only."""

    fields: tuple[Field, ...]
    label: str
    path: str


Block = Sentence | Table | Bars | Facts | Fields | Progress | Search


@dataclass(frozen=True)
class Place:
    """A step or page as it stands in the navigation. href-less: its id is the path."""

    id: str
    title: str
    is_here: bool = False
    is_done: bool = False
    is_reachable: bool = True


@dataclass(frozen=True)
class Screen:
    """All of one screen. errors: said above everything. refresh_s: look again after so many seconds, while work goes on."""

    id: str
    title: str
    blocks: tuple[Block, ...]
    actions: tuple[Action, ...] = ()
    places: tuple[Place, ...] = ()
    intro: str = ""
    errors: tuple[Sentence, ...] = ()
    refresh_s: int | None = None

    @property
    def fields(self) -> tuple[Field, ...]:
        """All that is asked, in order."""
        return tuple(field for block in self.blocks if isinstance(block, Fields) for field in block.fields)
