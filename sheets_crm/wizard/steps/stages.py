"""Step "stages": the stages met in the data put in order as open, won and lost, other spellings joined; a screen a funnel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sheets_crm.base.stages import FunnelSpec, funnel_specs, listed_stages, stage_columns, stage_counts, trade_specs
from sheets_crm.cards import template
from sheets_crm.errors import OwnerError
from sheets_crm.wizard.draft import Draft
from sheets_crm.wizard.reading import Reader, config_of, template_of
from sheets_crm.wizard.shapes import Block, Choice, Field, Fields, Given, Screen, Sentence
from sheets_crm.wizard.step import Answered
from sheets_crm.wizard.steps.asked import Typed, screen, told, typed
from sheets_crm.wizard.steps.kinds import card_label
from sheets_crm.wizard.steps.stage_guess import Met, guessed_tables
from sheets_crm.wizard.steps.stage_table import STAGES, OfTrade, Row, StageTable, settings_of_table, table_of
from sheets_crm.wizard.steps.trades import ANY
from sheets_crm.words import Lang, say

_KIND, _ORDER = "kind:", "order:"
_SAME = "same:"
_MOST = 999


@dataclass(frozen=True)
class _Found:
    """A funnel as it stands, the same as the template alone has it, and all sheets of its card."""

    table: StageTable
    trade: OfTrade | None
    sheets: tuple[str, ...]


class StagesStep:
    """What comes of it is `funnels`; nothing where all is as the template says."""

    id = "stages"
    reads = frozenset({"workbook", "sheets", "template", "language"})

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def parts(self, draft: Draft) -> Sequence[str]:
        """A screen for each funnel whose stages stand in a column."""
        if not draft.settings.get("sheets"):
            return ()
        try:
            return [f"stages/{name}" for name in self._found(draft)]
        except OwnerError:
            return ()

    def title(self, part: str, draft: Draft, lang: Lang) -> str:
        """See `Step`."""
        found = self._found(draft)
        name = part.partition("/")[2]
        if len(found) <= 1 or name not in found:
            return say("setup.stages.title", lang)
        return say("setup.stages.title_of", lang, funnel=found[name].table.label)

    def screen(self, part: str, draft: Draft, wrong: Mapping[str, str], lang: Lang) -> Screen:
        """See `Step`."""
        table = self._found(draft)[part.partition("/")[2]].table
        asked = Typed(draft, part, wrong)
        stages = [row.name for row in table.stages]
        kinds = tuple(self._kind_field(row, stages, asked, lang) for row in table.rows)
        headers = tuple(say(f"setup.stages.headers.{name}", lang) for name in ("stage", "met", "kind", "why"))
        order = tuple(
            Field(
                f"{_ORDER}{row.name}", row.name, "number", asked.value(f"{_ORDER}{row.name}", str(place)), least="1", most=str(_MOST),
                error=asked.error(f"{_ORDER}{row.name}"),
            )
            for place, row in enumerate(table.stages, 1)
        )  # fmt: skip
        blocks: list[Block] = [Fields(say("setup.stages.kinds", lang), kinds, layout="table", headers=headers)]
        blocks.append(Fields(say("setup.stages.order", lang), order, intro=say("setup.stages.order_intro", lang)))
        if table.left_out:
            names = tuple(row.name for row in table.left_out[:5])
            blocks.append(Sentence(say("setup.stages.left_out", lang, n=len(table.left_out), names=names), "warning"))
        intro = say("setup.stages.intro", lang)
        return screen(part, self.title(part, draft, lang), blocks, lang, wrong=wrong, intro=intro)

    def answer(self, part: str, draft: Draft, given: Given, action: str, lang: Lang) -> Answered:
        """See `Step`."""
        del action
        try:
            found, name = self._found(draft), part.partition("/")[2]
        except OwnerError as error:
            return Answered(draft, {"": told(error, lang)})
        table = found[name].table
        wrong: dict[str, str] = {}
        rows = [self._row(row, table, given, wrong, lang) for row in table.rows]
        places = {row.name: self._place(row, at, given, wrong, lang) for at, row in enumerate(table.stages, 1)}
        wrong |= _unfit(rows, lang)
        if wrong:
            return Answered(draft, wrong)
        stages = sorted(
            (row for row in rows if row.is_stage), key=lambda row: places.get(row.name, _before_end(row, places))
        )
        chosen = replace(table, rows=(*stages, *(row for row in rows if not row.is_stage)))
        tables = {one: found[one].table for one in found} | {name: chosen}
        return Answered(_with(draft, found, tables))

    def _found(self, draft: Draft) -> Mapping[str, _Found]:
        """The funnels that there are, by name."""
        settings = {
            name: draft.settings.get(name)
            for name in ("sheets", "template", "language", "country", "funnels", "stage_aliases")
        }
        return self._reader.remembered(draft, ("stages", repr(settings)), lambda: self._look(draft))

    def _look(self, draft: Draft) -> Mapping[str, _Found]:
        config, trade = config_of(draft), template_of(draft)
        grids, bindings = self._reader.book(draft).grids, self._reader.bound(draft).bindings
        columns = stage_columns(bindings, grids)
        counts = {
            (sheet, column.card): stage_counts(bindings[sheet], column, grids[sheet]) for sheet, column in columns
        }
        base = config.base_settings(config.sheets or {})
        bare = base.model_copy(update={"funnels": {}, "stage_aliases": {}})
        if config.funnels:
            specs = funnel_specs(base, trade, bindings, grids, config.language)
            tables = {
                spec.name: table_of(spec, _met(spec, counts))
                for spec in specs
                if any(card == spec.card and spec.holds(sheet) for sheet, card in counts)
            }
        else:
            alone = funnel_specs(bare, template(ANY), bindings, grids, config.language)
            lists = {sheet for sheet, column in columns if listed_stages(sheet, column, bindings, grids)}
            found = [Met(spec, counts.get((spec.name, spec.card), {}), spec.name in lists) for spec in alone]
            labels = {card: card_label(card, trade, config.language) for card in {card for _, card in counts}}
            tables = guessed_tables(found, trade, config.language, labels)
        as_trade = {one.name: OfTrade.of(one) for one in trade_specs(trade, config.language)}
        return {
            name: _Found(table, as_trade.get(name), tuple(sheet for sheet, card in counts if card == table.card))
            for name, table in tables.items()
        }

    def _kind_field(self, row: Row, stages: Sequence[str], asked: Typed, lang: Lang) -> Field:
        name = f"{_KIND}{row.name}"
        value = f"{_SAME}{row.same}" if row.kind == "same" else row.kind
        same = say("setup.stages.same", lang)
        choices = (
            *(Choice(kind, say(f"setup.stages.kind.{kind}", lang)) for kind in (*STAGES, "none")),
            *(Choice(f"{_SAME}{stage}", stage, group=same) for stage in stages if stage != row.name),
        )
        met = (say("setup.stages.rows", lang, n=row.count), *(text for text in row.spelled if text != row.name))
        return Field(
            name, row.name, "choice", asked.value(name, value), choices=choices, samples=met, error=asked.error(name),
            why=say(f"setup.stages.why.{_reason(row)}", lang, stage=row.same),
        )  # fmt: skip

    def _row(self, row: Row, table: StageTable, given: Given, wrong: dict[str, str], lang: Lang) -> Row:
        name = f"{_KIND}{row.name}"
        value = typed(given, name) or (f"{_SAME}{row.same}" if row.kind == "same" else row.kind)
        for kind in (*STAGES, "none"):
            if value == kind:
                return replace(row, kind=kind, same="")
        target = value.removeprefix(_SAME)
        if not value.startswith(_SAME) or target == row.name or target not in {one.name for one in table.rows}:
            wrong[name] = say("setup.stages.wrong.kind", lang)
            return row
        return replace(row, kind="same", same=target)

    def _place(self, row: Row, place: int, given: Given, wrong: dict[str, str], lang: Lang) -> tuple[int, int]:
        name = f"{_ORDER}{row.name}"
        value = typed(given, name) or str(place)
        if not value.isdecimal() or not 1 <= int(value) <= _MOST:
            wrong[name] = say("setup.stages.wrong.order", lang)
            return place, place
        moved = int(value) != place  # a stage put on another's number comes before it
        return int(value), place - _MOST if moved and int(value) < place else place


def _met(spec: FunnelSpec, counts: Mapping[tuple[str, str], Counter[str]]) -> Counter[str]:
    """How often each text stands in the cells of a funnel."""
    met: Counter[str] = Counter()
    for (sheet, card), own in counts.items():
        if card == spec.card and spec.holds(sheet):
            met += own
    return met


def _reason(row: Row) -> str:
    if row.kind == "same":
        return "same"
    if row.kind == "none":
        return "none"
    return "unmet" if not row.count else "stage"


def _before_end(row: Row, places: Mapping[str, tuple[int, int]]) -> tuple[int, int]:
    """Where a row stands that was no stage until now: after all others."""
    del row
    return max(places.values(), default=(0, 0))[0] + 1, 0


def _unfit(rows: Sequence[Row], lang: Lang) -> dict[str, str]:
    """Names of stages that are none themselves, and a funnel without stages."""
    stages = {row.name for row in rows if row.is_stage}
    if not any(row.kind in {"open", "offer"} for row in rows):
        return {"": say("setup.stages.wrong.no_open", lang)}
    return {
        f"{_KIND}{row.name}": say("setup.stages.wrong.same", lang, stage=row.same)
        for row in rows
        if row.kind == "same" and row.same not in stages
    }


def _with(draft: Draft, found: Mapping[str, _Found], tables: Mapping[str, StageTable]) -> Draft:
    """The draft with these funnels; without the key where the template says all of it."""
    said: Mapping[str, Any] = draft.settings.get("funnels") or {}
    funnels = {
        name: settings_of_table(tables[name], one.trade, said.get(name) or {}, one.sheets)
        for name, one in found.items()
    }
    others = {name: one for name, one in said.items() if name not in funnels}
    plain = not others and all(one.trade is not None and set(funnels[name]) == {"card"} for name, one in found.items())
    settings = {key: value for key, value in draft.settings.items() if key != "funnels"}
    if not plain:
        settings["funnels"] = {**others, **funnels}
    return draft.model_copy(update={"settings": settings})
