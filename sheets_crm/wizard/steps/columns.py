"""Step "columns": which column is which field, a screen a sheet, and more than one for a very wide sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sheets_crm.base.remember import headers_at
from sheets_crm.books.model import Grid
from sheets_crm.cards import Template
from sheets_crm.cells import letter
from sheets_crm.errors import OwnerError
from sheets_crm.wizard.draft import Draft
from sheets_crm.wizard.reading import Reader
from sheets_crm.wizard.shapes import Action, Block, Choice, Field, Fields, Given, Screen, Sentence
from sheets_crm.wizard.step import Answered
from sheets_crm.wizard.steps.asked import Typed, screen, told, typed
from sheets_crm.wizard.steps.binding import SheetView, Target, guess_of, layout_of, settings_for, targets_of, view_of
from sheets_crm.wizard.steps.column_looks import Looks
from sheets_crm.wizard.steps.kinds import card_label, cards_of, kind_choices, kind_value
from sheets_crm.wizard.steps.trades import trade_so_far
from sheets_crm.words import Lang, say

MOST_COLUMNS = 25  # on a screen
_MOST_CHOICES = 1000  # of all drop-downs of a screen together: a page stays below 100 KiB
_ALL = "all"
_NAMED = ({"name", "first_name", "last_name", "legal_name", "phone", "email"}, {"client", "contact", "product"})


@dataclass(frozen=True)
class _Here:
    """A screen: its sheet as it stands, in a language."""

    part: str
    page: int
    draft: Draft
    grid: Grid
    view: SheetView
    trade: Template
    lang: Lang

    @property
    def sheet(self) -> str:
        return self.view.sheet


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
        title = self.title(part, draft, lang)
        try:
            here = self._here(part, draft, lang)
            blocks = self._blocks(here, Typed(draft, part, wrong))
            more = len(self._pages(draft, here.sheet)) > 1
        except OwnerError as error:
            return screen(part, title, (), lang, wrong={"": told(error, lang)})
        actions = (Action(_ALL, say("setup.columns.all", lang)),) if more else ()
        intro = say("setup.columns.intro" if here.page == 1 else "setup.columns.intro_more", lang)
        return screen(part, title, blocks, lang, wrong=wrong, intro=intro, actions=actions)

    def answer(self, part: str, draft: Draft, given: Given, action: str, lang: Lang) -> Answered:
        """See `Step`."""
        try:
            here = self._here(part, draft, lang)
            if here.page == 1 and (answered := self._otherwise(here, given)) is not None:
                return answered
            return self._confirmed(here, given, action)
        except OwnerError as error:
            return Answered(draft, {"": told(error, lang)})

    def _here(self, part: str, draft: Draft, lang: Lang) -> _Here:
        """The screen's sheet as it stands. OwnerError: the workbook can't be read any more."""
        sheet, page = self._place(part, draft)
        trade = trade_so_far(self._reader, draft)
        grid, view = self._reader.book(draft).grids[sheet], view_of(self._reader, draft, sheet, trade)
        return _Here(part, page, draft, grid, view, trade, lang)

    # --- what is shown

    def _blocks(self, here: _Here, asked: Typed) -> list[Block]:
        view, lang = here.view, here.lang
        first = here.page == 1
        blocks: list[Block] = [*self._news(here), _shape(here, asked)] if first else []
        looks = Looks(self._reader, here.draft, view, lang)
        choices = _choices(here)
        fields = tuple(_field(index, here, looks, choices, asked) for index in self._on(here))
        headers = tuple(say(f"setup.columns.headers.{name}", lang) for name in ("column", "values", "field", "why"))
        blocks.append(Fields(say("setup.columns.table", lang), fields, layout="table", headers=headers))
        if first and view.fill_down:
            names = tuple(view.headers.get(index, letter(index)) for index in view.fill_down)
            label = say("setup.columns.fill_down", lang, columns=names)
            blocks.append(Fields("", (Field("fill_down", label, "check", asked.check("fill_down", holds=True)),)))
        return blocks

    def _news(self, here: _Here) -> list[Block]:
        """What is special about the sheet: months kept like it, merged cells, columns that the settings name in vain."""
        view, lang = here.view, here.lang
        news: list[Block] = []
        others = self._like(here.draft, view.sheet)
        if others:
            news.append(Sentence(say("setup.columns.like", lang, n=len(others), sheets=_few(others, lang))))
        layout = layout_of(self._reader, here.draft, view)
        if layout is not None and (layout.blocks != layout.rows).any() and not view.fill_down:
            news.append(Sentence(say("setup.columns.blocks", lang, n=layout.blocks.n_unique())))
        if view.header_row == 0:
            news.append(Sentence(say("setup.columns.no_header", lang), "warning"))
        if view.lost:
            news.append(Sentence(say("setup.columns.lost", lang, columns=view.lost), "warning"))
        return news

    # --- what becomes of an answer

    def _otherwise(self, here: _Here, given: Given) -> Answered | None:
        """Another header row or kind: the columns are guessed anew at once, and shown."""
        draft, view = here.draft, here.view
        typed_row = typed(given, "header_row") or str(view.header_row)
        if not typed_row.isdecimal() or int(typed_row) > here.grid.height:
            text = say("setup.columns.wrong.header_row", here.lang, rows=here.grid.height)
            return Answered(draft, {"header_row": text})
        cards = cards_of(typed(given, "kind") or kind_value(view.cards), here.trade)
        if not cards:
            return Answered(draft, {"kind": say("setup.sheets.wrong.kind", here.lang)})
        row = int(typed_row)
        return None if row == view.header_row and cards == view.cards else self._guessed_anew(here, row, cards)

    def _guessed_anew(self, here: _Here, row: int, cards: tuple[str, ...]) -> Answered:
        draft, sheet = here.draft, here.sheet
        said = dict(draft.notes.get("said") or {})
        said[sheet] = {**said.get(sheet, {}), "cards": list(cards), "header_row": row}
        fresh = draft.model_copy(update={"notes": {**draft.notes, "said": said}})
        sheets = {**(fresh.settings.get("sheets") or {}), sheet: {}}
        bare = fresh.model_copy(update={"settings": {**fresh.settings, "sheets": sheets}})
        guessed = view_of(self._reader, bare, sheet, here.trade)
        if not guessed.cards:
            return Answered(draft, {"header_row": say("setup.columns.wrong.no_table", here.lang, row=row)})
        own = self._pages(draft, sheet)
        chosen = replace(guessed, cards=cards if set(guessed.cards) <= set(cards) else guessed.cards, header_row=row)
        after = self._with(replace(here, draft=fresh), chosen)
        done = tuple(part for part in after.done if part not in own)
        return Answered(after.model_copy(update={"done": done}), stay=True)

    def _confirmed(self, here: _Here, given: Given, action: str) -> Answered:
        draft, view = here.draft, here.view
        columns, wrong = self._chosen(here, given)
        last = here.part == self._pages(draft, view.sheet)[-1] or action == _ALL
        if not wrong and last:
            wrong = _lacking(replace(view, columns=columns), here.lang)
        if wrong:
            return Answered(draft, wrong)
        down = view.fill_down if "fill_down" in given or here.page > 1 else ()
        after = self._with(here, replace(view, columns=dict(sorted(columns.items())), fill_down=down))
        if action == _ALL:
            done = (*after.done, *self._pages(draft, view.sheet))
            after = after.model_copy(update={"done": tuple(dict.fromkeys(done))})
        return Answered(after)

    def _chosen(self, here: _Here, given: Given) -> tuple[dict[int, Target], dict[str, str]]:
        """The sheet's columns with this screen's answer, and what is wrong with it."""
        view, lang, on_screen = here.view, here.lang, self._on(here)
        wrong: dict[str, str] = {}
        columns = {index: target for index, target in view.columns.items() if index not in on_screen}
        may_be = set(targets_of(view.cards, here.trade, view.columns.values()))
        for index in on_screen:
            name = letter(index)
            target = target_of(typed(given, name), view.cards) if name in given else view.columns.get(index)
            if target is None:
                continue
            first = next((other for other, taken in columns.items() if taken == target), None)
            if target not in may_be:
                wrong[name] = say("setup.columns.wrong.field", lang)
            elif first is not None:
                label = here.trade.cards[target[0]].fields[target[1]].label.say(lang)
                wrong[name] = say("setup.columns.wrong.twice", lang, field=label, column=letter(first))
            columns[index] = target
        return columns, wrong

    def _with(self, here: _Here, view: SheetView) -> Draft:
        """The draft with the sheet's settings; what crm.yaml says of it besides stays."""
        sheets = dict(here.draft.settings.get("sheets") or {})
        own = {key: value for key, value in (sheets.get(view.sheet) or {}).items() if key not in _OURS}
        sheets[view.sheet] = {**settings_for(view, here.grid, here.trade), **own}
        return here.draft.model_copy(update={"settings": {**here.draft.settings, "sheets": sheets}})

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

    def _on(self, here: _Here) -> list[int]:
        """The columns on a screen."""
        size = self._a_page(here.view, here.trade)
        return self._columns(here.draft, here.view)[(here.page - 1) * size : here.page * size]


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


def _shape(here: _Here, asked: Typed) -> Fields:
    """What a row is, and where the header is."""
    view, lang = here.view, here.lang
    return Fields(
        "",
        (
            Field(
                "kind", say("setup.columns.kind", lang), "choice", asked.value("kind", kind_value(view.cards)),
                choices=kind_choices(here.trade, lang, [view.cards], may_leave=False), error=asked.error("kind"),
            ),
            Field(
                "header_row", say("setup.columns.header_row", lang), "number", asked.value("header_row", str(view.header_row)),
                help=say("setup.columns.header_row_help", lang), error=asked.error("header_row"), least="0", required=True,
            ),
        ),
    )  # fmt: skip


def _field(index: int, here: _Here, looks: Looks, choices: tuple[Choice, ...], asked: Typed) -> Field:
    view, name, header = here.view, letter(index), here.view.headers.get(index, "")
    label = say("setup.columns.column", here.lang, letter=name, header=header) if header else name
    value = asked.value(name, value_of(view.columns.get(index), view.cards))
    return Field(
        name, label, "choice", value, choices=choices, samples=looks.samples(index), why=looks.why(index),
        confidence=looks.sure(index), error=asked.error(name),
    )  # fmt: skip


def _lacking(view: SheetView, lang: Lang) -> dict[str, str]:
    """A sheet whose rows nobody could tell apart: no name, no columns at all."""
    if not view.columns:
        return {"": say("setup.columns.wrong.nothing", lang)}
    names, cards = _NAMED
    for card in view.cards:
        if card in cards and not any(one == card and name in names for one, name in view.columns.values()):
            return {"": say("setup.columns.wrong.no_name", lang)}
    return {}


def _choices(here: _Here) -> tuple[Choice, ...]:
    view, trade, lang = here.view, here.trade, here.lang
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
