"""A `Screen` as an HTML page: templates filled in, everything escaped, no style or script within the page.

Knows neither server nor conversation. Templates stand in templates/, sentences in words (`web`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final, Literal

from markupsafe import Markup

from sheets_crm.wizard.conversation import CLOSE
from sheets_crm.wizard.shapes import Action, Choice, Field, Place, Screen, Sentence
from sheets_crm.wizard.web import forms
from sheets_crm.words import LANGS, Lang, say

if TYPE_CHECKING:
    from jinja2 import Environment, Template

STATIC: Final = {"style.css": "text/css", "page.js": "text/javascript", "icon.svg": "image/svg+xml"}
MANY_OPTIONS: Final = 400  # on one page; beyond that each list is shortened
SHORT: Final = 8  # options of a shortened list
SHORT_LABEL: Final = 16  # letters
STACKED_ROWS: Final = 60  # longer tables are scrolled on narrow screens, for stacking costs bytes in every cell
BACK_LANG, AGAIN, LEAVE, GO = "_speak/", "_again", "_leave", "_go/"
"""Actions of every page: other language, look again, leave, another screen. They keep what was typed."""

Area = Literal["s", "p"]


@dataclass(frozen=True)
class View:
    """What a page needs beside its screen. to: where its form goes. said: above all, once. wide: a field shown in full."""

    screen: Screen
    lang: Lang
    area: Area
    to: str
    csrf: str
    stamp: str
    said: Sequence[Sentence] = ()
    places: Sequence[tuple[Place, str]] = ()  # with where each leads
    back: bool = False  # a way back is to be added
    other: tuple[str, str] | None = None  # the other half of the server: address and words key
    full: str = ""
    typed: bool = False
    searches: Mapping[int, str] = field(default_factory=dict)  # place of a search among the blocks -> where it goes


def page(view: View) -> str:
    """The whole page."""
    screen = view.screen
    lists = _Lists(view)
    asks = bool(screen.fields)
    return _template("screen.html").render(
        view=view,
        screen=screen,
        lang=view.lang,
        langs=LANGS,
        t=_speaker(view.lang),
        number={name.name: f"f{at}" for at, name in enumerate(screen.fields)},
        default=_default(screen),
        faults=[field for field in screen.fields if field.error],
        lists=lists,
        refresh=None if asks else screen.refresh_s,
        look_again=asks and screen.refresh_s is not None,
        sureness=sureness,
        versions=versions(),
    )


def sure(screen: Screen, action: Action, lang: Lang, to: str, csrf: str) -> str:
    """The page that asks whether it is really meant."""
    return _template("sure.html").render(
        screen=screen, action=action, lang=lang, langs=LANGS, t=_speaker(lang), to=to, csrf=csrf, versions=versions()
    )


def opening() -> str:
    """The first answer to our address; leads on by itself."""
    return _template("plain.html").render(kind="opening", title="opening", langs=LANGS, versions=versions())


def refusal(why: str) -> str:
    """What to do now, in every language, for we do not know whose."""
    return _template("plain.html").render(kind=why, title=why, langs=LANGS, versions=versions())


def ended(lang: Lang, *, is_done: bool) -> str:
    """The last page."""
    kind = "done" if is_done else "left"
    return _template("plain.html").render(kind=kind, title=kind, langs=[lang], versions=versions())


def told(lang: Lang, sentence: str, back: str) -> str:
    """A page that says one thing only: no such page, or an error beyond any screen."""
    return _template("plain.html").render(
        kind="", title="note", langs=[lang], versions=versions(), sentence=sentence, back=back
    )


def sureness(confidence: float) -> str:
    """high, fair or low: how a guess is called."""
    return "high" if confidence >= 0.9 else "fair" if confidence >= 0.6 else "low"


class _Lists:
    """Which options each list shows: all, or where there are very many of them the likely ones and a way to the rest."""

    def __init__(self, view: View) -> None:
        fields = [field for field in view.screen.fields if field.kind == "choice"]
        self._full = view.full
        self.is_short = sum(len(field.choices) for field in fields) > MANY_OPTIONS
        sets = dict.fromkeys(field.choices for field in fields if self.is_short and len(field.choices) > SHORT)
        self.whole = {choices: f"c{at}" for at, choices in enumerate(sets)}

    def of(self, field: Field) -> Sequence[Choice]:
        """The options of a list, the chosen one among them."""
        if field.choices not in self.whole or field.name == self._full:
            return field.choices
        chosen = next((choice for choice in field.choices if choice.value == field.value), None)
        near = [choice for value in field.likely for choice in field.choices if choice.value == value]
        kin = [choice for choice in field.choices if chosen and choice.group == chosen.group]
        wanted = list(dict.fromkeys([*([chosen] if chosen else []), *near, *kin, *field.choices[:1]]))[:SHORT]
        return [choice for choice in field.choices if choice in wanted]

    def whole_of(self, field: Field) -> str:
        """Where the rest of a shortened list stands; "" of a list that is shown in full."""
        return "" if field.name == self._full else self.whole.get(field.choices, "")


def is_brief(field: Field) -> bool:
    """May its choices stand side by side?"""
    return all(len(choice.label) <= SHORT_LABEL and not (choice.note or choice.group) for choice in field.choices)


def options(choices: Sequence[Choice], value: str) -> Markup:
    """The options of a list. End tags may be left out (HTML, 4.10.10), and on a page with 25 lists that counts."""
    parts, group = [], ""
    for choice in choices:
        if choice.group != group:
            parts.append(Markup("</optgroup>") if group else Markup())
            parts.append(Markup('<optgroup label="{}">').format(choice.group) if choice.group else Markup())
            group = choice.group
        chosen = Markup(" selected") if choice.value == value else Markup()
        parts.append(Markup('<option value="{}"{}>{}').format(choice.value, chosen, choice.label))
    return Markup().join(parts)


def _default(screen: Screen) -> Action | None:
    """What Enter does: said first in the page, for browsers press the first button there is."""
    return next((action for action in screen.actions if action.primary), None)


def _speaker(lang: Lang) -> object:
    return lambda key, **values: say(f"web.{key}", lang, **values)


@cache
def static(name: str) -> bytes:
    """A file of ours. KeyError for any other name."""
    if name not in STATIC:
        raise KeyError(name)
    return resources.files(__package__).joinpath("static", name).read_bytes()


@cache
def versions() -> dict[str, str]:
    """Addresses of our files, each with a mark of what is in it, so that browsers may keep them."""
    return {name: f"/static/{name}?v={hashlib.sha256(static(name)).hexdigest()[:8]}" for name in STATIC}


def _template(name: str) -> Template:
    return _environment().get_template(name)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("sheets_crm.wizard.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(
        say=say, options=options, csrf_name=forms.CSRF, stamp_name=forms.STAMP, action_name=forms.ACTION
    )
    made.globals.update(is_brief=is_brief, stacked_rows=STACKED_ROWS, close=CLOSE)
    made.globals.update(more=forms.MORE, speak=BACK_LANG, again=AGAIN, leave=LEAVE, go=GO)
    made.tests["of_kind"] = lambda block, name: type(block).__name__ == name
    return made
