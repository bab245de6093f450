"""What a step of the conversation is, and what it may reach: the draft, the workbook as it was read, and the world outside.

Knows no screen technology and no other step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from sheets_crm.wizard.draft import Draft
from sheets_crm.wizard.shapes import Given, Screen
from sheets_crm.words import Lang


class Autostart(Protocol):
    """What only the daemon's room can do; the command line hands it in."""

    def planned(self, config: Path) -> str:
        """What would be installed, in one sentence's worth of text; "" where this system has no such thing."""
        ...

    def install(self, config: Path) -> Sequence[str]:
        """Let the daemon begin now and at log-on: the commands left to type, none where it runs. OwnerError: not written."""
        ...


class Messenger(Protocol):
    """Sends messages; the daemon's room too."""

    def is_address(self, url: str) -> bool:
        """Is that the address of a service, by how it is written?"""
        ...

    def send(self, url: str, title: str, body: str) -> str | None:
        """Send it; None where it was taken, else what the service said ("" where it said nothing). Raises nothing."""
        ...


@dataclass(frozen=True)
class World:
    """What lies outside the conversation. home: of the owner. drafts: a folder of our own (0700).

    autostart, messenger: None: not offered. here: where relative paths start; None: at home, as in a page that is nowhere.
    """

    home: Path
    drafts: Path
    environ: Mapping[str, str]
    autostart: Autostart | None = None
    messenger: Messenger | None = None
    here: Path | None = None
    run_later: Callable[[Callable[[], None]], None] | None = None  # work beside the conversation; None: done at once


@dataclass(frozen=True)
class Answered:
    """What became of an answer: the new draft, or what to mend by field name ("" of the screen as a whole)."""

    draft: Draft
    wrong: Mapping[str, str] = field(default_factory=dict)
    stay: bool = False  # accepted, but the same screen is shown again (another folder, a try-out)


class Step(Protocol):
    """One step. It may consist of several screens, `columns/Сделки`, when there is too much for one.

    A step may have an attribute `reads`, a frozenset of the settings (and "workbook") that its screens are made from: when an
    earlier answer changes one of them, its screens have to be looked at again. Without it any change counts.
    """

    id: str

    def parts(self, draft: Draft) -> Sequence[str]:
        """Ids of its screens for this draft, each the step's own id or beginning with it and "/"; none: it is passed over."""
        ...

    def title(self, part: str, draft: Draft, lang: Lang) -> str:
        """As it stands in the navigation."""
        ...

    def screen(self, part: str, draft: Draft, wrong: Mapping[str, str], lang: Lang) -> Screen:
        """What is shown and asked. wrong: of the answer that was not accepted; its values stand in draft.given."""
        ...

    def answer(self, part: str, draft: Draft, given: Given, action: str, lang: Lang) -> Answered:
        """The draft with the answer in it."""
        ...
