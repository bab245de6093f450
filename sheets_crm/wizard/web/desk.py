"""What happens to a page that is asked for and to a form that is sent: between the requests and the two sides.

Remembers for one browser, while the server runs: the language, what was typed and not yet taken in, what is to be said once, and
what was asked "really?". Knows no requests and no cookies; called from one thread.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from sheets_crm.wizard.conversation import BACK
from sheets_crm.wizard.shapes import Given, Progress, Screen, Search, Sentence
from sheets_crm.wizard.web import draw, forms
from sheets_crm.wizard.web.forms import Form
from sheets_crm.wizard.web.ports import href
from sheets_crm.wizard.web.sides import Side, Went
from sheets_crm.words import LANGS, Lang, say

MOST_ASKED: Final = 20  # unanswered "really?", the oldest forgotten
CLOSED: Final = "/closed"


@dataclass(frozen=True)
class Goes:
    """Lead the browser there."""

    to: str


@dataclass(frozen=True)
class Shows:
    """A page. is_again: it looked at itself again, nobody need be there. is_missing: it says that there is no such page."""

    html: str
    is_again: bool = False
    is_missing: bool = False


@dataclass(frozen=True)
class _Typed:
    """What was typed on a page and is to be seen on it again. full: the list that is to be shown whole."""

    given: Given
    wrong: Mapping[str, str] = field(default_factory=dict)
    full: str = ""


@dataclass(frozen=True)
class _Asked:
    side: Side
    path: str
    query: Mapping[str, str]
    given: Given
    action: str


class Desk:
    """All that one browser sees and says. ended: None while it goes on, else whether all was done (or left for later)."""

    def __init__(self, sides: Sequence[Side], csrf: str, lang: Lang) -> None:
        self._sides: dict[str, Side] = {side.area: side for side in sides}
        self._csrf = csrf
        self.lang: Lang = lang
        self.ended: bool | None = None
        self._last = ""
        self._typed: dict[str, _Typed] = {}
        self._said: list[Sentence] = []
        self._asked: dict[str, _Asked] = {}

    def begin(self) -> Goes:
        """The first page."""
        side = next(iter(self._sides.values()))
        self.lang = side.language(self.lang)
        return Goes(_address(side, side.first()))

    def show(self, area: str, path: str, query: Mapping[str, str]) -> Goes | Shows:
        """The page of a path, or a way to where we may be."""
        side = self._sides.get(area)
        self.lang = side.language(self.lang) if side else self.lang
        screen = side.screen(path, query, self.lang) if side else None
        if side is None or screen is None:
            return self._elsewhere(side)
        here = _address(side, path, query)
        if side.area == "p":  # what was typed on a page and then left is not what holds: the page says that itself
            self._typed = {at: typed for at, typed in self._typed.items() if at == here or at.startswith("/s/")}
        typed = self._typed.get(here)
        if typed:
            screen = forms.overlaid(screen, typed.given, typed.wrong)
            errors = (*screen.errors, Sentence(typed.wrong[""], "error")) if typed.wrong.get("") else screen.errors
            screen = replace(screen, errors=errors)
        said, self._said = self._said, []
        html = draw.page(self._view(side, screen, here, said, typed))
        is_working = any(isinstance(block, Progress) for block in screen.blocks)
        is_again = self._last == here and screen.refresh_s is not None and not is_working
        self._last = here
        return Shows(html, is_again)

    def take(self, area: str, path: str, query: Mapping[str, str], form: Form) -> Goes | Shows:
        """What a form leads to."""
        side = self._sides.get(area)
        self.lang = side.language(self.lang) if side else self.lang
        screen = side.screen(path, query, self.lang) if side else None
        if side is None or screen is None:
            return self._elsewhere(side)
        here = _address(side, path, query)
        ours = self._ours(side, path, here, form)
        if ours:
            return ours
        known = forms.actions(screen)
        if form.stamp != forms.stamp(screen, side.about(screen)) or form.action not in {*known, BACK}:
            self._typed[here] = _Typed(form.given)
            self._said.append(Sentence(say("web.changed", self.lang), "warning"))
            return Goes(here)
        full = forms.asks_for_more(form.given)
        if full and form.action != BACK:
            self._typed[here] = _Typed(form.given, full=full)
            return Goes(here)
        if form.action in known and known[form.action].loses:
            return self._ask(_Asked(side, path, query, form.given, form.action))
        return self._went(side, here, form.given, side.answer(path, form.given, form.action, self.lang))

    def show_asked(self, mark: str) -> Goes | Shows:
        """The page that asks "really?"; where it was answered already, the first page."""
        asked = self._asked.get(mark)
        screen = asked.side.screen(asked.path, asked.query, self.lang) if asked else None
        action = forms.actions(screen).get(asked.action) if asked and screen else None
        if asked is None or screen is None or action is None:
            return self.begin()
        return Shows(draw.sure(screen, action, self.lang, f"/sure/{mark}", self._csrf))

    def take_asked(self, mark: str, form: Form) -> Goes | Shows:
        """Do what was asked, once; or go back to where it was asked."""
        asked = self._asked.get(mark)
        if asked is None:
            return self.begin()
        here = _address(asked.side, asked.path, asked.query)
        if form.action.startswith(draw.BACK_LANG):
            self._speak(form.action)
            return Goes(f"/sure/{mark}")
        del self._asked[mark]
        screen = asked.side.screen(asked.path, asked.query, self.lang)
        if form.action != "yes" or screen is None or asked.action not in forms.actions(screen):
            self._typed[here] = _Typed(asked.given)
            return Goes(here)
        went = asked.side.answer(asked.path, asked.given, asked.action, self.lang)
        return self._went(asked.side, here, asked.given, went)

    def _ours(self, side: Side, path: str, here: str, form: Form) -> Goes | None:
        """What every page offers. It keeps what was typed."""
        if form.action == draw.LEAVE:
            self.ended = False
            if side.area == "s":
                side.leave_for(path, path, form.given)
            return Goes(CLOSED)
        if form.action.startswith(draw.GO):
            self._typed.pop(here, None)
            return Goes(_address(side, side.leave_for(path, form.action.removeprefix(draw.GO), form.given)))
        if form.action.startswith(draw.BACK_LANG):
            self._typed[here] = replace(self._typed.get(here, _Typed({})), given=form.given)
            self._speak(form.action)
            return Goes(here)
        if form.action == draw.AGAIN:
            self._typed[here] = _Typed(form.given, full=forms.asks_for_more(form.given))
            return Goes(here)
        return None

    def _speak(self, action: str) -> None:
        lang = action.removeprefix(draw.BACK_LANG)
        if lang in LANGS:
            self.lang = lang
            for side in self._sides.values():
                side.speak(self.lang)

    def _ask(self, asked: _Asked) -> Goes:
        mark = secrets.token_urlsafe(12)
        self._asked[mark] = asked
        while len(self._asked) > MOST_ASKED:
            del self._asked[next(iter(self._asked))]
        return Goes(f"/sure/{mark}")

    def _went(self, side: Side, here: str, given: Given, went: Went) -> Goes:
        self._typed.pop(here, None)
        if went.said:
            self._said.append(went.said)
        if went.is_end:
            self.ended = True
            return Goes(CLOSED)
        if went.wrong:
            self._typed[here] = _Typed(given, went.wrong)
        return Goes(here if went.path is None else _address(side, went.path, went.query))

    def _elsewhere(self, side: Side | None) -> Goes | Shows:
        """The page can't be shown: in the conversation we go to where it stands, and say so."""
        if side is None or side.area == "p":
            return Shows(draw.told(self.lang, say("web.no_page", self.lang), "/"), is_missing=True)
        self._said.append(Sentence(say("web.not_yet", self.lang), "warning"))
        return Goes(_address(side, side.first()))

    def _view(self, side: Side, screen: Screen, here: str, said: Sequence[Sentence], typed: _Typed | None) -> draw.View:
        other = next((one for one in self._sides.values() if one is not side), None)
        return draw.View(
            screen=screen,
            lang=self.lang,
            area=side.area,
            to=here,
            csrf=self._csrf,
            stamp=forms.stamp(screen, side.about(screen)),
            said=said,
            places=[(place, _address(side, place.id)) for place in screen.places],
            back=side.has_back(screen),
            other=(f"/{other.area}/", f"to_{other.area}") if other else None,
            full=typed.full if typed else "",
            searches={at: block.path for at, block in enumerate(screen.blocks) if isinstance(block, Search)},
        )


def _address(side: Side, path: str, query: Mapping[str, str] | None = None) -> str:
    """Where a page lies."""
    return href(path, query, under=f"/{side.area}/")
