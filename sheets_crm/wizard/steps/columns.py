"""Step "columns": which column is which field, a screen a sheet, and more than one for a very wide sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sheets_crm.base.remember import headers_at
from sheets_crm.cards import Template
from sheets_crm.cells import letter
from sheets_crm.errors import OwnerError
from sheets_crm.wizard.draft import Draft
from sheets_crm.wizard.reading import Reader
from sheets_crm.wizard.shapes import Action, Block, Choice, Field, Fields, Given, Screen, Sentence
from sheets_crm.wizard.step import Answered
from sheets_crm.wizard.steps.asked import Typed, screen, told, typed
from sheets_crm.wizard.steps.binding import SheetView, Target, guess_of, layout_of, settings_for, targets_of, view_of
from sheets_crm.wizard.steps.column_looks import Looks, looks_of
from sheets_crm.wizard.steps.kinds import card_label, cards_of, kind_choices, kind_value
from sheets_crm.wizard.steps.trades import trade_so_far
from sheets_crm.words import Lang, say

MOST_COLUMNS = 25  # on a screen
_MOST_CHOICES = 1000  # of all drop-downs of a screen together: a page stays below 100 KiB
_ALL = "all"
_NAMED = ({"name", "first_name", "last_name", "legal_name", "phone", "email"}, {"client", "contact", "product"})


class ColumnsStep:
    """Confirms or corrects each bound sheet; corrections end in the sheet's settings."""

    id = "columns"
    reads = frozenset({"workbook", "sheets"})

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def parts(self, draft: Draft) -> Sequence[str]:
        """One or more for each sheet that holds cards and is not kept like another."""
        return [part for sheet in self._sheets(draft) for part in self._pages(draft, sheet)]

    def title(self, part: str, draft: Draft, lang: Lang) -> str:
        """See `Step`."""
        sheet, page = self._place(part, draft)
        key = "setup.columns.title" if page == 1 else "setup.columns.title_page"
        return say(key, lang, sheet=sheet, page=page)

    def screen(self, part: str, draft: Draft, wrong: Mapping[str, str], lang: Lang) -> Screen:
        """See `Step`."""
        sheet, page = self._place(part, draft)
        title = self.title(part, draft, lang)
        try:
            trade = trade_so_far(self._reader, draft)
            view = view_of(self._reader, draft, sheet, trade)
            blocks = self._blocks(part, draft, view, trade, Typed(draft, part, wrong), lang)
            more = len(self._pages(draft, sheet)) > 1
        except OwnerError as error:
            return screen(part, title, (), lang, wrong={"": told(error, lang)})
        actions = (Action(_ALL, say("setup.columns.all", lang)),) if more else ()
        intro = say("setup.columns.intro", lang) if page == 1 else say("setup.columns.intro_more", lang)
        return screen(part, title, blocks, lang, wrong=wrong, intro=intro, actions=actions)

    def answer(self, part: str, draft: Draft, given: Given, action: str, lang: Lang) -> Answered:
        """See `Step`."""
        sheet, page = self._place(part, draft)
        try:
            trade = trade_so_far(self._reader, draft)
            view = view_of(self._reader, draft, sheet, trade)
            if page == 1 and (answered := self._otherwise(draft, view, trade, given, lang)) is not None:
                return answered
            return self._confirmed(part, draft, view, trade, given, action, lang)
        except OwnerError as error:
            return Answered(draft, {"": told(error, lang)})

    # --- what is shown

    def _blocks(
        self, part: str, draft: Draft, view: SheetView, trade: Template, asked: Typed, lang: Lang
    ) -> list[Block]:
        first = self._place(part, draft)[1] == 1
        blocks: list[Block] = [*self._news(draft, view, lang), self._shape(view, trade, asked, lang)] if first else []
        looks = looks_of(self._reader, draft, view, lang)
        fields = tuple(self._field(index, view, looks, trade, asked, lang) for index in self._on(part, draft, view))
        headers = tuple(say(f"setup.columns.headers.{name}", lang) for name in ("column", "values", "field", "why"))
        blocks.append(Fields(say("setup.columns.table", lang), fields, layout="table", headers=headers))
        if first and view.fill_down:
            names = tuple(view.headers.get(index, letter(index)) for index in view.fill_down)
            box = Field(
                "fill_down",
                say("setup.columns.fill_down", lang, columns=names),
                "check",
                asked.check("fill_down", holds=True),
            )
            blocks.append(Fields("", (box,)))  # fmt: skip
        return blocks

    def _news(self, draft: Draft, view: SheetView, lang: Lang) -> list[Block]:
        """What is special about the sheet: months kept like it, merged cells, columns that the settings name in vain."""
        news: list[Block] = []
        others = self._like(draft, view.sheet)
        if others:
            news.append(Sentence(say("setup.columns.like", lang, n=len(others), sheets=_few(others, lang))))
        layout = layout_of(self._reader.book(draft).grids[view.sheet], view)
        if layout is not None and (layout.blocks != layout.rows).any() and not view.fill_down:
            news.append(Sentence(say("setup.columns.blocks", lang, n=layout.blocks.n_unique())))
        if view.header_row == 0:
            news.append(Sentence(say("setup.columns.no_header", lang), "warning"))
        if view.lost:
            news.append(Sentence(say("setup.columns.lost", lang, columns=view.lost), "warning"))
        return news

    def _shape(self, view: SheetView, trade: Template, asked: Typed, lang: Lang) -> Fields:
        return Fields(
            "",
            (
                Field(
                    "kind", say("setup.columns.kind", lang), "choice", asked.value("kind", kind_value(view.cards)),
                    choices=kind_choices(trade, lang, [view.cards], may_leave=False), error=asked.error("kind"),
                ),
                Field(
                    "header_row", say("setup.columns.header_row", lang), "number", asked.value("header_row", str(view.header_row)),
                    help=say("setup.columns.header_row_help", lang), error=asked.error("header_row"), least="0", required=True,
                ),
            ),
            is_open=False,
        )  # fmt: skip

    def _field(self, index: int, view: SheetView, looks: Looks, trade: Template, asked: Typed, lang: Lang) -> Field:
        name, target = letter(index), view.columns.get(index)
        header = view.headers.get(index, "")
        label = say("setup.columns.column", lang, letter=name, header=header) if header else name
        return Field(
            name, label, "choice", asked.value(name, value_of(target, view.cards)), choices=_choices(view, trade, lang),
            samples=looks.samples(index), why=looks.why(index), confidence=looks.sure(index), error=asked.error(name),
        )  # fmt: skip

    # --- what becomes of an answer

    def _otherwise(self, draft: Draft, view: SheetView, trade: Template, given: Given, lang: Lang) -> Answered | None:
        """Another header row or kind: the columns are guessed anew at once, and shown."""
        grid = self._reader.book(draft).grids[view.sheet]
        typed_row = typed(given, "header_row") or str(view.header_row)
        if not typed_row.isdecimal() or not 0 <= int(typed_row) <= grid.height:
            return Answered(draft, {"header_row": say("setup.columns.wrong.header_row", lang, rows=grid.height)})
        cards = cards_of(typed(given, "kind") or kind_value(view.cards), trade)
        if not cards:
            return Answered(draft, {"kind": say("setup.sheets.wrong.kind", lang)})
        row = int(typed_row)
        if row == view.header_row and cards == view.cards:
            return None
        notes = dict(draft.notes.get("said") or {})
        notes[view.sheet] = {**notes.get(view.sheet, {}), "cards": list(cards), "header_row": row}
        fresh = draft.model_copy(update={"notes": {**draft.notes, "said": notes}})
        sheets = {**fresh.settings.get("sheets", {}), view.sheet: {}}
        fresh = fresh.model_copy(update={"settings": {**fresh.settings, "sheets": sheets}})
        guessed = view_of(self._reader, fresh, view.sheet, trade)
        if not guessed.cards:
            return Answered(draft, {"header_row": say("setup.columns.wrong.no_table", lang, row=row)})
        own = self._pages(draft, view.sheet)
        chosen = replace(guessed, cards=cards if set(guessed.cards) <= set(cards) else guessed.cards, header_row=row)
        after = self._with(fresh, chosen, grid, trade)
        done = tuple(part for part in after.done if part not in own)
        return Answered(after.model_copy(update={"done": done}), stay=True)

    def _confirmed(
        self, part: str, draft: Draft, view: SheetView, trade: Template, given: Given, action: str, lang: Lang
    ) -> Answered:
        here = self._on(part, draft, view)
        wrong: dict[str, str] = {}
        columns = {index: target for index, target in view.columns.items() if index not in here}
        may_be = set(targets_of(view.cards, trade, view.columns.values()))
        for index in here:
            name = letter(index)
            target = target_of(typed(given, name), view.cards) if name in given else view.columns.get(index)
            if target is None:
                continue
            first = next((other for other, taken in columns.items() if taken == target), None)
            if target not in may_be:
                wrong[name] = say("setup.columns.wrong.field", lang)
            elif first is not None:
                label = trade.cards[target[0]].fields[target[1]].label.say(lang)
                wrong[name] = say("setup.columns.wrong.twice", lang, field=label, column=letter(first))
            columns[index] = target
        last = part == self._pages(draft, view.sheet)[-1] or action == _ALL
        if not wrong and last:
            wrong = self._lacking(replace(view, columns=columns), lang)
        if wrong:
            return Answered(draft, wrong)
        down = view.fill_down if "fill_down" in given or self._place(part, draft)[1] > 1 else ()
        chosen = replace(view, columns=dict(sorted(columns.items())), fill_down=down)
        after = self._with(draft, chosen, self._reader.book(draft).grids[view.sheet], trade)
        if action == _ALL:
            done = (*after.done, *self._pages(draft, view.sheet))
            after = after.model_copy(update={"done": tuple(dict.fromkeys(done))})
        return Answered(after)

    def _lacking(self, view: SheetView, lang: Lang) -> dict[str, str]:
        """A sheet whose rows nobody could tell apart: no name, no columns at all."""
        if not view.columns:
            return {"": say("setup.columns.wrong.nothing", lang)}
        names, cards = _NAMED
        for card in view.cards:
            if card in cards and not any(one == card and name in names for one, name in view.columns.values()):
                return {"": say("setup.columns.wrong.no_name", lang)}
        return {}

    def _with(self, draft: Draft, view: SheetView, grid: Any, trade: Template) -> Draft:
        """The draft with the sheet's settings; what crm.yaml says of it besides stays."""
        sheets = dict(draft.settings.get("sheets") or {})
        own = {key: value for key, value in (sheets.get(view.sheet) or {}).items() if key not in _OURS}
        sheets[view.sheet] = {**settings_for(view, grid, trade), **own}
        return draft.model_copy(update={"settings": {**draft.settings, "sheets": sheets}})

    # --- sheets and pages

    def _sheets(self, draft: Draft) -> list[str]:
        said = draft.settings.get("sheets") or {}
        if not said or not draft.workbook:
            return []
        try:
            grids = self._reader.book(draft).grids
        except OwnerError:
            return []
        return [
            sheet for sheet, one in said.items()
            if sheet in grids and one and one.get("card") and "like" not in one and not one.get("ignore")
        ]  # fmt: skip

    def _like(self, draft: Draft, sheet: str) -> tuple[str, ...]:
        said = draft.settings.get("sheets") or {}
        return tuple(name for name, one in said.items() if (one or {}).get("like") == sheet)

    def _pages(self, draft: Draft, sheet: str) -> list[str]:
        try:
            trade = trade_so_far(self._reader, draft)
            view = view_of(self._reader, draft, sheet, trade)
            pages = -(-len(self._columns(draft, view)) // self._a_page(view, trade)) or 1
        except OwnerError:
            pages = 1
        return [f"columns/{sheet}", *(f"columns/{sheet}/{page}" for page in range(2, pages + 1))]

    def _place(self, part: str, draft: Draft) -> tuple[str, int]:
        """The sheet and page of a screen. A sheet's name may have slashes of its own."""
        for sheet in self._sheets(draft):
            if part in (pages := self._pages(draft, sheet)):
                return sheet, pages.index(part) + 1
        return part.partition("/")[2], 1

    def _columns(self, draft: Draft, view: SheetView) -> list[int]:
        """The columns asked about: in the sheet's order, on a very wide sheet those that seem to be something first."""
        grid = self._reader.book(draft).grids[view.sheet]
        guess = guess_of(self._reader, draft, view.sheet)
        headers = headers_at(grid, view.header_row)
        full = [i for i, column in enumerate(grid.columns) if i in headers or i in view.columns or not column.is_blank]
        if len(full) <= MOST_COLUMNS:
            return full
        told_of = {*view.columns, *(column.index for column in guess.columns), *guess.alternatives}
        return sorted(full, key=lambda index: (index not in told_of, index))

    def _a_page(self, view: SheetView, trade: Template) -> int:
        choices = len(targets_of(view.cards, trade, view.columns.values())) + 1
        return max(5, min(MOST_COLUMNS, _MOST_CHOICES // choices))

    def _on(self, part: str, draft: Draft, view: SheetView) -> list[int]:
        page, size = self._place(part, draft)[1], self._a_page(view, trade_so_far(self._reader, draft))
        return self._columns(draft, view)[(page - 1) * size : page * size]


_OURS = {"card", "header_row", "columns", "fill_down", "like", "ignore"}


def value_of(target: Target | None, cards: Sequence[str]) -> str:
    """A field as a choice's value; the first card's by its bare name, which keeps pages small."""
    if target is None:
        return ""
    return target[1] if cards and target[0] == cards[0] else f"{target[0]}.{target[1]}"


def target_of(value: str, cards: Sequence[str]) -> Target | None:
    """The field of a choice's value."""
    card, dot, name = value.rpartition(".")
    if not value:
        return None
    return (card, name) if dot else (cards[0] if cards else "", value)


def _choices(view: SheetView, trade: Template, lang: Lang) -> tuple[Choice, ...]:
    targets = targets_of(view.cards, trade, view.columns.values())
    several = len({card for card, _ in targets}) > 1
    names = {card: card_label(card, trade, lang) for card, _ in targets} if several else {}
    none = Choice("", say("setup.columns.none", lang))
    return (
        none,
        *(
            Choice(value_of(target, view.cards), trade.cards[target[0]].fields[target[1]].label.say(lang), group=names.get(target[0], ""))
            for target in targets
        ),
    )  # fmt: skip


def _few(sheets: Sequence[str], lang: Lang) -> str:
    if len(sheets) <= 6:
        return ", ".join(sheets)
    return say("setup.columns.from_to", lang, first=sheets[0], last=sheets[-1])
