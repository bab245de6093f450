"""Names in crm.yaml that must answer to each other or to the template: cards, fields, sheets, stages, countries.

What a sheet's own headers must answer to is found out when it is bound (`base.bind`). Touches no workbook.
"""

from __future__ import annotations

from collections.abc import Iterable

from sheets_crm.base.misnamed import misnamed
from sheets_crm.base.settings import FunnelSettings, SheetSettings
from sheets_crm.cards import Template, fold
from sheets_crm.errors import ConfigError
from sheets_crm.sync.config import COUNTRIES, CrmConfig
from sheets_crm.sync.config_calendar import check_calendar
from sheets_crm.sync.config_people import check_people


def check(config: CrmConfig, template: Template) -> None:
    """ConfigError with `keys` for the first name that nothing answers to."""
    for name, sheet in (config.sheets or {}).items():
        _sheet(name, sheet, template)
    for name, funnel in config.funnels.items():
        _funnel(name, funnel)
        _sheets(funnel.sheets, config, ("funnels", name, "sheets"))
    _sheets(config.clients.sheets, config, ("clients", "sheets"))
    _country(config.country, ("country",))
    check_calendar(config.calendar)
    check_people(config)


def _sheet(name: str, sheet: SheetSettings, template: Template) -> None:
    at = ("sheets", name)
    _country(sheet.country, (*at, "country"))
    for card in sheet.card:
        if card not in template.cards:
            raise misnamed("config.card_unknown", card, template.cards, (*at, "card"), sheet=name)
    cards = sheet.card or tuple(template.cards)
    for field in sheet.values:
        _field(field, template, cards, (*at, "values", field), name)
    for requirement in sheet.required or ():
        for field in requirement.fields:
            _field(field, template, cards, (*at, "required"), name)


def _country(code: str | None, keys: tuple[str, ...]) -> None:
    if code is None or code in COUNTRIES:
        return
    from phonenumbers import SUPPORTED_REGIONS  # heavy, and only for countries that are rare here

    if code not in SUPPORTED_REGIONS:
        raise ConfigError("config.country_unknown", seen=code, keys=keys)


def _field(field: str, template: Template, cards: Iterable[str], keys: tuple[str, ...], sheet: str) -> None:
    if not template.find(field, tuple(cards)):
        known = [own for card in cards for own in template.cards[card].fields]
        raise misnamed("config.field_unknown", field, known, keys, sheet=sheet)


def _funnel(name: str, funnel: FunnelSettings) -> None:
    if not funnel.stages:
        return
    said = {
        "open": funnel.open, "won": funnel.won, "lost": funnel.lost, "offer": funnel.offer,
        "aliases": funnel.aliases.values(), "probabilities": funnel.probabilities,
    }  # fmt: skip
    known = {fold(stage) for stage in funnel.stages}
    for key, stages in said.items():
        for stage in stages or ():
            if fold(stage) not in known:
                raise misnamed("config.stage_unknown", stage, funnel.stages, ("funnels", name, key), funnel=name)


def _sheets(named: Iterable[str], config: CrmConfig, keys: tuple[str, ...]) -> None:
    """A sheet named elsewhere in the file is one of its `sheets`, where it has any."""
    for sheet in named:
        if config.sheets is not None and sheet not in config.sheets:
            raise misnamed("config.sheet_unknown", sheet, config.sheets, keys)
