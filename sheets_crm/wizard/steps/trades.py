"""Which trade a workbook seems to be of: by its stages and by headers that only one trade has."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sheets_crm.base.guess_model import SheetGuess
from sheets_crm.books.model import Grid
from sheets_crm.cards import Template, fold, template, template_texts
from sheets_crm.wizard.draft import Draft
from sheets_crm.wizard.reading import Reader

ANY = "base"
_PLAIN = 0.6  # share of the stages in the cells that the trade must know
_AHEAD = 0.15  # ... and how much more of them than the next one
_HEADERS = 2  # or so many headers of its own


@dataclass(frozen=True)
class Suggested:
    """A trade, and what speaks for it: known of all stage cells, or headers of its own. ANY: nothing does plainly."""

    trade: str
    known: int = 0
    all: int = 0
    headers: tuple[str, ...] = ()


def trade_so_far(reader: Reader, draft: Draft) -> Template:
    """The trade that was chosen, else the one that the workbook speaks for."""
    chosen = draft.settings.get("template")
    if "trade" in draft.done or "trade" in draft.notes or chosen:
        return template(str(chosen or ANY))
    return template(suggested_trade(reader, draft).trade)


def suggested_trade(reader: Reader, draft: Draft) -> Suggested:
    """What the workbook speaks for."""
    key = ("trade", json.dumps(draft.notes.get("said"), sort_keys=True))
    return reader.remembered(
        draft, key, lambda: _suggested(reader.guesses(draft, draft.notes.get("said") or {}), reader.book(draft).grids)
    )


def _suggested(guesses: Mapping[str, SheetGuess], grids: Mapping[str, Grid]) -> Suggested:
    stages = _stages(guesses, grids)
    headers = {
        fold(text)
        for guess in guesses.values()
        for text in [*guess.unbound.values(), *(c.header for c in guess.columns)]
    }
    every = sum(stages.values())
    found = []
    for name in template_texts():
        trade = template(name)
        aliases = {(one.card, spelling) for one in trade.funnels.values() for spelling in one.aliases("ru")}
        known = sum(count for stage, count in stages.items() if stage in aliases)
        found.append(Suggested(name, known, every, _own_headers(trade, headers)))
    ranked = sorted(found, key=lambda one: (-one.known, one.trade != ANY, -len(one.headers), one.trade))
    best, others = ranked[0], ranked[1:]
    ahead = all(best.known - other.known >= _AHEAD * every for other in others)
    if best.trade != ANY and every and best.known >= _PLAIN * every and (ahead or best.headers):
        return best
    own = max(found, key=lambda one: (len(one.headers), one.known))
    if (
        own.trade != ANY
        and len(own.headers) >= _HEADERS
        and all(len(own.headers) > len(o.headers) for o in found if o != own)
    ):
        return own
    return Suggested(ANY)


def _stages(guesses: Mapping[str, SheetGuess], grids: Mapping[str, Grid]) -> Counter[tuple[str, str]]:
    """How many cells hold a stage, by card and folded name."""
    counts: Counter[tuple[str, str]] = Counter()
    for sheet, guess in guesses.items():
        for column in guess.columns:
            if column.field != "stage" or column.card not in {"lead", "deal"} or guess.layout is None:
                continue
            texts = grids[sheet].columns[column.index].gather(guess.layout.rows - 1).text.drop_nulls().value_counts()
            for text, count in texts.iter_rows():
                if fold(text) not in folded_blanks():
                    counts[column.card, fold(text)] += count
    return counts


def folded_blanks() -> frozenset[str]:
    """What counts as an empty cell."""
    from sheets_crm.cards.lexicon import folded as words

    return frozenset(words("blank"))


def _own_headers(trade: Template, met: set[str]) -> tuple[str, ...]:
    """Headers in the workbook by which only this trade calls a field."""
    own = [
        text
        for card in trade.cards.values()
        for spec in card.fields.values()
        for text in (*spec.headers.ru, *spec.headers.en)
    ]
    return tuple(dict.fromkeys(text for text in own if fold(text) in met))
