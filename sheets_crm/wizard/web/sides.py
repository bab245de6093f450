"""The two things a server may show, behind one face: the setup conversation under /s/, the owner's pages under /p/.

Knows no HTML and no requests. Called from one thread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from sheets_crm.wizard.conversation import BACK, CLOSE, Conversation
from sheets_crm.wizard.shapes import Given, Place, Screen, Sentence
from sheets_crm.wizard.web.draw import Area
from sheets_crm.wizard.web.ports import Pages
from sheets_crm.words import Lang


@dataclass(frozen=True)
class Went:
    """What became of a form. path None: the same page, its query too. wrong: to be laid over it by us. is_end: all is done."""

    path: str | None
    said: Sentence | None = None
    wrong: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    is_end: bool = False


class Side(Protocol):
    """One half of the server. Paths are as in `ports`: without slashes around them."""

    area: Area

    def first(self) -> str:
        """Where to begin."""
        ...

    def language(self, lang: Lang) -> Lang:
        """The language it goes on in; `lang` where it has none of its own."""
        ...

    def screen(self, path: str, query: Mapping[str, str], lang: Lang) -> Screen | None:
        """The screen of this path; None: it can't be shown (now)."""
        ...

    def answer(self, path: str, given: Given, action: str, lang: Lang) -> Went:
        """Take in a form of the screen that `screen` has just given."""
        ...

    def about(self, screen: Screen) -> str:
        """What the screen's questions are about, beside its path: a form about something else is not taken."""
        ...

    def has_back(self, screen: Screen) -> bool:
        """Is a way back to be added to its actions?"""
        ...

    def speak(self, lang: Lang) -> None:
        """Go on in this language."""
        ...

    def leave_for(self, path: str, to: str, given: Given) -> str:
        """Go to another screen, keeping what was typed on this one. Where we are then."""
        ...


class Talk:
    """The setup conversation, begun when it is first needed."""

    area: Area = "s"

    def __init__(self, begin: Callable[[], Conversation]) -> None:
        self._begin = begin
        self._begun: Conversation | None = None
        self._refused: tuple[str, Given, str] | None = None

    @property
    def talk(self) -> Conversation:
        """The conversation."""
        if self._begun is None:
            self._begun = self._begin()
        return self._begun

    def first(self) -> str:
        return self.talk.here

    def language(self, lang: Lang) -> Lang:  # noqa: ARG002
        return self.talk.draft.language

    def screen(self, path: str, query: Mapping[str, str], lang: Lang) -> Screen | None:  # noqa: ARG002
        here = self.talk.here
        return self.talk.screen() if here == path or self.talk.go(path) == path else None

    def answer(self, path: str, given: Given, action: str, lang: Lang) -> Went:  # noqa: ARG002
        after = self.talk.answer(given, action)
        is_refused = after == path and path in self.talk.draft.given and action != BACK
        self._refused = (path, given, action) if is_refused else None
        is_end = action == CLOSE or bool(self.talk.draft.notes.get("finished"))  # a last step may note it
        if is_end and not is_refused and action != BACK:
            self.talk.forget()
            return Went(after, is_end=True)
        return Went(after)

    def about(self, screen: Screen) -> str:
        is_first = bool(screen.places) and screen.places[0].id == screen.id
        return "" if is_first else self.talk.draft.workbook

    def has_back(self, screen: Screen) -> bool:
        is_first = bool(screen.places) and screen.places[0].id == screen.id
        return not is_first and all(action.name != BACK for action in screen.actions)

    def speak(self, lang: Lang) -> None:
        """What is to be mended is said anew in the other language: the answer is looked at again."""
        self.talk.speak(lang)
        if self._refused and self._refused[0] == self.talk.here:
            self.talk.answer(self._refused[1], self._refused[2])

    def leave_for(self, path: str, to: str, given: Given) -> str:
        if self.talk.here == path:
            self.talk.answer(given, BACK)
        return self.talk.go(to)


class Sheaf:
    """The owner's pages."""

    area: Area = "p"

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    def first(self) -> str:
        return ""

    def language(self, lang: Lang) -> Lang:
        return lang

    def screen(self, path: str, query: Mapping[str, str], lang: Lang) -> Screen | None:
        screen = self._pages.screen(path, query, lang)
        if screen is None or screen.places:
            return screen
        return replace(screen, places=marked(self._pages.places(lang), path))

    def answer(self, path: str, given: Given, action: str, lang: Lang) -> Went:
        acted = self._pages.act(path, given, action, lang)
        if acted.wrong or acted.path is None:
            return Went(None, said=acted.said, wrong=acted.wrong)
        return Went(acted.path, acted.said, query=acted.query, is_end=action == CLOSE)

    def about(self, screen: Screen) -> str:  # noqa: ARG002
        return ""

    def has_back(self, screen: Screen) -> bool:  # noqa: ARG002
        return False

    def speak(self, lang: Lang) -> None:
        pass

    def leave_for(self, path: str, to: str, given: Given) -> str:  # noqa: ARG002
        return to


def marked(places: Sequence[Place], path: str) -> tuple[Place, ...]:
    """The places, the one that we are in or below marked: the longest id that the path begins with."""
    above = [place.id for place in places if path == place.id or path.startswith(f"{place.id}/")]
    here = max(above, key=len, default=None)
    return tuple(replace(place, is_here=place.id == here) for place in places)
