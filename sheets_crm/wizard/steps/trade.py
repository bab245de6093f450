"""Step "trade": the trade, how much of a CRM to begin with, and the country whose phones, dates and money these are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sheets_crm.base.bind import fields_named
from sheets_crm.cards import Template, template, template_texts
from sheets_crm.errors import OwnerError
from sheets_crm.sync.config import COUNTRIES
from sheets_crm.wizard.draft import Draft
from sheets_crm.wizard.reading import Reader, tabs_language
from sheets_crm.wizard.shapes import Block, Choice, Field, Fields, Given, Screen, Sentence
from sheets_crm.wizard.step import Answered, World
from sheets_crm.wizard.steps.asked import Typed, screen, told, typed
from sheets_crm.wizard.steps.countries import (
    country_choices,
    country_of_zone,
    guessed_country,
    system_zone,
    zone_choices,
)
from sheets_crm.wizard.steps.levels import at_level, level_of, levels
from sheets_crm.wizard.steps.starter import trades
from sheets_crm.wizard.steps.trades import ANY, suggested_trade, trade_so_far
from sheets_crm.words import LANGS, Lang, say

_FROM_2 = {
    "client": {"birthday", "last_purchase_date", "purchase_period", "revenue_total"},
    "payment": {"amount", "date"}, "visit": {"date"}, "order": {"date"},
}  # fmt: skip


class TradeStep:
    """Template, level, country, time zone."""

    id = "trade"
    reads = frozenset({"workbook"})

    def __init__(self, reader: Reader, world: World) -> None:
        self._reader = reader
        self._world = world

    def parts(self, draft: Draft) -> Sequence[str]:
        """Always one screen."""
        del draft
        return ("trade",)

    def title(self, part: str, draft: Draft, lang: Lang) -> str:
        """See `Step`."""
        del part, draft
        return say("setup.trade.title", lang)

    def screen(self, part: str, draft: Draft, wrong: Mapping[str, str], lang: Lang) -> Screen:
        """See `Step`."""
        title = say("setup.trade.title", lang)
        try:
            asked, trade = Typed(draft, part, wrong), trade_so_far(self._reader, draft).id
            blocks: list[Block] = [
                Fields("", (self._trade(draft, trade, asked, lang), self._level(draft, asked, lang))),
                Fields(say("setup.trade.place", lang), self._place(draft, asked, lang)),
            ]
        except OwnerError as error:
            return screen(part, title, (), lang, wrong={"": told(error, lang)})
        if lost := draft.notes.get("trade_lost"):
            blocks.insert(0, Sentence(say("setup.trade.lost", lang, columns=tuple(lost)), "warning"))
        return screen(part, title, blocks, lang, wrong=wrong, intro=say("setup.trade.intro", lang))

    def answer(self, part: str, draft: Draft, given: Given, action: str, lang: Lang) -> Answered:
        """See `Step`."""
        del part, action
        name, level, country = typed(given, "template"), typed(given, "level"), typed(given, "country")
        zone = typed(given, "timezone")
        wrong = {}
        if name not in template_texts():
            wrong["template"] = say("setup.trade.wrong.template", lang)
        if level not in {str(one.number) for one in levels()}:
            wrong["level"] = say("setup.trade.wrong.level", lang)
        if country not in COUNTRIES:
            wrong["country"] = say("setup.trade.wrong.country", lang)
        if wrong:
            return Answered(draft, wrong)
        zones = [choice.value for choice in zone_choices(country, lang, [self._zone(draft, country)])]
        if zone not in zones or (zone != "" and self._is_of_another(draft, zone, country)):
            if len(zones) > 1 and typed(given, "timezone"):
                told_of = draft.model_copy(update={"notes": {**draft.notes, "country": country}})
                return Answered(told_of, {"timezone": say("setup.trade.wrong.zone", lang)})
            zone = self._zone(draft, country)
        language = typed(given, "language")
        after = self._with(draft, template(name), int(level), country, zone)
        if language in LANGS and language != tabs_language(draft):
            after = after.model_copy(update={"settings": {**after.settings, "language": language}})
        return Answered(after, stay=bool(after.notes["trade_lost"]))  # told once, on this very screen

    def _with(self, draft: Draft, trade: Template, level: int, country: str, zone: str) -> Draft:
        settings = {**draft.settings, "country": country, "timezone": zone}
        if settings["timezone"] == COUNTRIES[country][1] or not zone:
            settings.pop("timezone")
        if trade.id == ANY:
            settings.pop("template", None)
        else:
            settings["template"] = trade.id
        before = draft.notes.get("level")
        settings = at_level(settings, before if isinstance(before, int) else level_of(settings), level)
        settings["sheets"], lost = _fitting(settings.get("sheets"), trade)
        if settings["sheets"] is None:
            settings.pop("sheets")
        notes = {**draft.notes, "level": level, "trade": True, "trade_lost": lost}
        notes.pop("country", None)
        return draft.model_copy(update={"settings": settings, "notes": notes})

    def _trade(self, draft: Draft, trade: str, asked: Typed, lang: Lang) -> Field:
        found = suggested_trade(self._reader, draft)
        why = say("setup.trade.why.none", lang)
        if found.trade != ANY:
            label = template(found.trade).label.say(lang)
            key = "stages" if found.known else "headers"
            why = say(
                f"setup.trade.why.{key}", lang, trade=label, n=found.known, all=found.all, headers=found.headers[:3]
            )
        return Field(
            "template", say("setup.trade.template", lang), "radio", asked.value("template", trade), choices=trades(lang),
            why=why, required=True, error=asked.error("template"),
        )  # fmt: skip

    def _level(self, draft: Draft, asked: Typed, lang: Lang) -> Field:
        choices = tuple(
            Choice(
                str(one.number), say(f"setup.level.step_{one.number}", lang),
                note=say("setup.level.rules", lang, n=len(one.rules), rules=one.labels(lang)),
            )
            for one in levels()
        )  # fmt: skip
        return Field(
            "level", say("setup.level.label", lang), "radio", asked.value("level", str(self._level_so_far(draft))),
            choices=choices, help=say("setup.level.help", lang), required=True, error=asked.error("level"),
        )  # fmt: skip

    def _place(self, draft: Draft, asked: Typed, lang: Lang) -> tuple[Field, ...]:
        guessed, by = self._country(draft)
        country = asked.value("country", guessed)
        zone = asked.value("timezone", self._zone(draft, country))
        language = tabs_language(draft)
        known = country if country in COUNTRIES else "RU"
        currency = COUNTRIES[known][0]
        return (
            Field(
                "country", say("setup.trade.country", lang), "choice", country, choices=country_choices(lang),
                help=say("setup.trade.country_help", lang, currency=currency), why=say(f"setup.trade.by.{by}", lang) if by else "",
                required=True, error=asked.error("country"),
            ),
            Field(
                "timezone", say("setup.trade.zone", lang), "choice", zone, choices=zone_choices(known, lang, [zone]),
                help=say("setup.trade.zone_help", lang), required=True, error=asked.error("timezone"),
            ),
            Field(
                "language", say("setup.trade.language", lang), "radio", asked.value("language", language),
                choices=tuple(Choice(one, say(f"setup.languages.{one}", lang)) for one in LANGS),
                help=say("setup.trade.language_help", lang), required=True,
            ),
        )  # fmt: skip

    def _country(self, draft: Draft) -> tuple[str, str]:
        """What was said, else guessed, and by what."""
        said = draft.notes.get("country") or draft.settings.get("country")
        if said:
            return str(said), ""
        found = guessed_country(self._reader, draft)
        own = country_of_zone(system_zone(self._world.environ))
        if found.by == "language" and own in COUNTRIES and _speaks(own, draft.language):
            return own, "system"
        return found.country, found.by

    def _zone(self, draft: Draft, country: str) -> str:
        """What was said, else this computer's where it lies in the country, else the country's usual one."""
        said = str(draft.settings.get("timezone") or "")
        if said and (country_of_zone(said) in {country, ""} or draft.settings.get("country") == country):
            return said
        own = system_zone(self._world.environ)
        return own if own and country_of_zone(own) == country else COUNTRIES.get(country, ("", "UTC"))[1]

    def _is_of_another(self, draft: Draft, zone: str, country: str) -> bool:
        """Was the time zone that of the country before, which is another one now?"""
        place = country_of_zone(zone)
        return place not in {country, ""} and zone != self._zone(draft, country)

    def _level_so_far(self, draft: Draft) -> int:
        known = [one.number for one in levels()]
        said = draft.notes.get("level")
        if isinstance(said, int) and said in known:
            return said
        if draft.settings.get("rules"):
            return level_of(draft.settings)
        return 2 if 2 in known and _has_purchases(draft) else 1


def _has_purchases(draft: Draft) -> bool:
    """Is there something on the sheets by which clients who stay away can be told?"""
    for one in (draft.settings.get("sheets") or {}).values():
        said = one or {}
        cards = said.get("card") or ()
        for card in [cards] if isinstance(cards, str) else cards:
            names = {str(name).rpartition(".")[2] for name in said.get("columns") or ()}
            if names & _FROM_2.get(card, set()) or (card == "deal" and {"client", "stage"} <= names):
                return True
    return False


def _speaks(country: str, lang: Lang) -> bool:
    """Is it a country where people may well keep their base in this language?"""
    russian = {"RU", "BY", "KZ", "KG", "UZ", "AM", "GE", "AZ", "UA"}
    return (country in russian) == (lang == "ru")


def _fitting(sheets: Mapping[str, Any] | None, trade: Template) -> tuple[dict[str, Any] | None, list[str]]:
    """The sheets' settings without columns that the trade has no field for, and the headers of these."""
    if sheets is None:
        return None, []
    lost: list[str] = []
    kept: dict[str, Any] = {}
    for sheet, one in sheets.items():
        said = dict(one or {})
        cards = said.get("card") or ()
        listed = [cards] if isinstance(cards, str) else list(cards)
        if said.get("columns") and listed:
            gone = [name for name in said["columns"] if not fields_named(str(name), trade, listed)]
            lost += [str(said["columns"][name]) for name in gone]
            said["columns"] = {name: place for name, place in said["columns"].items() if name not in gone}
        kept[sheet] = said
    return kept, lost
