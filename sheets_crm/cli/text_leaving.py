"""The checklist of a leaving manager as people read it. Every sentence comes from `words`."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from sheets_crm.words import Lang, number, say

if TYPE_CHECKING:
    from sheets_crm.sync.leaving import Client, Deal, Leaving

TOP = 7  # lines of a list; --json has them all


def checklist(found: Leaving, lang: Lang) -> str:
    """What is theirs, what changed lately, then the steps."""
    return "\n".join(_lines(found, lang))


def _lines(found: Leaving, lang: Lang) -> Iterator[str]:
    result = found.result
    yield say("leaving.head", lang, manager=found.manager, workbook=result.opened.called, day=result.today)
    if not (found.clients or found.deals or found.tasks):
        yield say("leaving.nothing", lang)
    if found.clients:
        sums = {"revenue": _money(found, found.revenue, lang), "debt": _money(found, found.debt, lang)}
        yield say("leaving.clients", lang, n=len(found.clients), **sums)
        yield from (f"  {_client(found, one, lang)}" for one in found.clients[:TOP])
        yield from _more(len(found.clients), lang)
    if found.deals:
        yield say("leaving.deals", lang, n=len(found.deals), amount=_money(found, found.deals_sum, lang))
        yield from (f"  {_deal(found, one, lang)}" for one in found.deals[:TOP])
        yield from _more(len(found.deals), lang)
    if found.tasks:
        yield say("leaving.tasks", lang, n=len(found.tasks), overdue=found.overdue)
    if found.similar:
        yield say("leaving.similar", lang, names=found.similar)
    yield from _changes(found, lang)
    if found.exported:
        yield say("leaving.exported", lang, n=found.exported)
    yield ""
    yield say("leaving.todo", lang)
    for place, (key, values) in enumerate(found.steps(), 1):
        yield "  " + say("leaving.step", lang, n=place, step=say(key, lang, **values))


def _client(found: Leaving, one: Client, lang: Lang) -> str:
    place = f"{one.sheet}!{one.row}"
    if not one.revenue and not one.debt:
        return say("leaving.client_plain", lang, name=one.name, place=place)
    sums = {"revenue": _money(found, one.revenue, lang), "debt": _money(found, one.debt, lang)}
    return say("leaving.client", lang, name=one.name, place=place, **sums)


def _deal(found: Leaving, one: Deal, lang: Lang) -> str:
    step = one.next_step or say("leaving.no_step", lang)
    return say(
        "leaving.deal", lang, client=one.client or one.title, stage=one.stage, amount=_money(found, one.amount, lang),
        place=f"{one.sheet}!{one.row}", step=step,
    )  # fmt: skip


def _changes(found: Leaving, lang: Lang) -> Iterator[str]:
    from sheets_crm.sync.leaving import LATELY

    if found.changes is None:
        yield say("leaving.unknown_changes", lang)
    elif not found.changes:
        yield say("leaving.no_changes", lang, n=LATELY)
    else:
        yield say("leaving.changes", lang, n=LATELY)
        cards = found.result.opened.template.cards
        for one in found.changes[:TOP]:
            schema = cards.get(one.card)
            field = schema.fields[one.field].label.say(lang) if schema and one.field in schema.fields else one.field
            card = schema.label.say(lang) if schema else one.card
            yield "  " + say("leaving.change", lang, card=card, field=field, n=one.count, day=one.last)
        yield from _more(len(found.changes), lang)


def _money(found: Leaving, value: Decimal, lang: Lang) -> str:
    from sheets_crm.tabs.look import currency_sign

    return f"{number(value, lang)}\u00a0{currency_sign(found.result.opened.config.home_currency, lang)}"


def _more(total: int, lang: Lang) -> Iterator[str]:
    if total > TOP:
        yield "  " + say("leaving.more", lang, n=total - TOP)
