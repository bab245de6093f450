"""The owner's pages: how it stands, tasks, problems, clients, rules, copies, history. What the server draws, as screens.

Knows no server and no HTML; what the daemon says is handed in. Reads only, but for the buttons that say what they write.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

from sheets_crm.wizard.pages import backups, card, history, problems, rules, search, status, tasks
from sheets_crm.wizard.pages.desk import Desk
from sheets_crm.wizard.pages.parts import Asked
from sheets_crm.wizard.pages.status import Keeper
from sheets_crm.wizard.shapes import Given, Place, Screen
from sheets_crm.wizard.web.ports import Acted
from sheets_crm.words import Lang, say

__all__ = ["Desk", "Keeper", "OwnerPages"]

_PLACES = ("", tasks.PATH, search.PATH, problems.PATH, rules.PATH, backups.PATH, history.PATH)
_TITLES = {"": "status", search.PATH: "search"}


def _clients(asked: Asked) -> Screen | None:
    """The search and what it found, or the card of one client."""
    is_card = asked.rest and not asked.rest[0].startswith(search.FIND)
    return card.screen(asked) if is_card else search.screen(asked)


class OwnerPages:
    """The pages of one configuration. keeper: what the daemon says of the workbook; nothing where there is no daemon."""

    def __init__(self, desk: Desk, keeper: Keeper = lambda _: ()) -> None:
        self._desk = desk
        self._screens: dict[str, Callable[[Asked], Screen | None]] = {
            "": lambda asked: None if asked.rest else status.screen(asked, keeper),
            status.SYNC: status.sync_screen,
            tasks.PATH: tasks.screen,
            problems.PATH: problems.screen,
            search.PATH: _clients,
            rules.PATH: rules.screen,
            backups.PATH: backups.screen,
            history.PATH: history.screen,
        }
        self._acts: dict[str, Callable[[Asked, Given, str], Acted]] = {
            "": lambda asked, _, action: status.act(asked, action),
            status.SYNC: lambda asked, _, action: status.sync_act(asked, action),
            search.PATH: search.act,
            rules.PATH: rules.act,
            backups.PATH: backups.act,
        }

    @classmethod
    def of(cls, config: Path, keeper: Keeper = lambda _: (), *, today: date | None = None) -> OwnerPages:
        """The pages of a crm.yaml."""
        return cls(Desk(config, today=today), keeper)

    def finish(self, seconds: float = 60.0) -> bool:
        """Before the program ends: wait for what is being written. Is all of it over?"""
        return self._desk.finish(seconds)

    def screen(self, path: str, query: Mapping[str, str], lang: Lang) -> Screen | None:
        """The page at a path; None where there is none."""
        name, *rest = path.split("/")
        make = self._screens.get(name)
        if make is None or len(rest) > 1:
            return None
        return make(Asked(self._desk, tuple(rest), query, lang))

    def act(self, path: str, given: Given, action: str, lang: Lang) -> Acted:
        """Do what was asked on the page at a path."""
        name, *rest = path.partition("?")[0].split("/")
        do = self._acts.get(name)
        return do(Asked(self._desk, tuple(rest), {}, lang), given, action) if do is not None else Acted()

    def places(self, lang: Lang) -> Sequence[Place]:
        """The navigation."""
        return tuple(Place(path, say(f"pages.{_TITLES.get(path, path)}.title", lang)) for path in _PLACES)
