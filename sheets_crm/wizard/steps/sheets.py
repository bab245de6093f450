"""Step "sheets": what each sheet of the workbook is. Sheets that are kept alike, as months are, are asked about once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sheets_crm.base.guess_model import SheetGuess
from sheets_crm.base.guess_words import month_of
from sheets_crm.errors import OwnerError
from sheets_crm.wizard.draft import Draft
from sheets_crm.wizard.reading import Reader
from sheets_crm.wizard.shapes import Block, Field, Fields, Given, Screen, Sentence
from sheets_crm.wizard.step import Answered
from sheets_crm.wizard.steps.asked import Typed, screen, told, typed
from sheets_crm.wizard.steps.binding import SheetView, alike, guess_of, layout_of, like, settings_for, view_of
from sheets_crm.wizard.steps.kinds import cards_of, kind_choices, kind_value
from sheets_crm.wizard.steps.trades import trade_so_far
from sheets_crm.words import Lang, say

_NAMED = 3  # of sheets that are alike: more are counted


@dataclass(frozen=True)
class _Asked:
    """One question: a sheet, or the first of several that are alike."""

    sheet: str
    all: tuple[str, ...]
    view: SheetView
    guess: SheetGuess


class SheetsStep:
    """Each sheet's kind; what comes of it are the sheets' settings with their columns as guessed, for the next step to confirm."""

    id = "sheets"
    reads = frozenset({"workbook"})

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def parts(self, draft: Draft) -> Sequence[str]:
        """Always one screen."""
        del draft
        return ("sheets",)

    def title(self, part: str, draft: Draft, lang: Lang) -> str:
        """See `Step`."""
        del part, draft
        return say("setup.sheets.title", lang)

    def screen(self, part: str, draft: Draft, wrong: Mapping[str, str], lang: Lang) -> Screen:
        """See `Step`."""
        title = say("setup.sheets.title", lang)
        try:
            questions = self._questions(draft)
        except OwnerError as error:
            return screen(part, title, (), lang, wrong={"": told(error, lang)})
        asked, trade = Typed(draft, part, wrong), trade_so_far(self._reader, draft)
        choices = kind_choices(trade, lang, [one.view.cards for one in questions])
        fields = tuple(
            Field(
                one.sheet, self._label(one, lang), "choice", asked.value(one.sheet, self._standing(draft, one)), choices=choices,
                error=asked.error(one.sheet), samples=self._facts(draft, one, lang), why=_why(one.guess, lang),
                confidence=one.guess.confidence if one.guess.cards else None,
            )
            for one in questions
        )  # fmt: skip
        headers = tuple(say(f"setup.sheets.headers.{name}", lang) for name in ("sheet", "seen", "kind", "why"))
        table = Fields("", fields, layout="table", headers=headers)
        blocks: list[Block] = [*_news(draft, self._gone(draft), lang), table]
        return screen(part, title, blocks, lang, wrong=wrong, intro=say("setup.sheets.intro", lang))

    def answer(self, part: str, draft: Draft, given: Given, action: str, lang: Lang) -> Answered:
        """See `Step`."""
        del part, action
        try:
            questions, trade = self._questions(draft), trade_so_far(self._reader, draft)
            kinds = {
                one.sheet: cards_of(typed(given, one.sheet) or self._standing(draft, one), trade) for one in questions
            }
        except OwnerError as error:
            return Answered(draft, {"": told(error, lang)})
        wrong = {sheet: say("setup.sheets.wrong.kind", lang) for sheet, cards in kinds.items() if cards is None}
        empty = {one.sheet for one in questions if kinds[one.sheet] and one.guess.layout is None}
        wrong |= {sheet: say("setup.sheets.wrong.empty", lang) for sheet in empty}
        if not wrong and not any(kinds.values()):
            wrong = {"": say("setup.sheets.wrong.none", lang)}
        if wrong:
            return Answered(draft, wrong)
        try:
            return Answered(self._settled(draft, questions, {sheet: cards or () for sheet, cards in kinds.items()}))
        except OwnerError as error:
            return Answered(draft, {"": told(error, lang)})

    def _settled(self, draft: Draft, questions: Sequence[_Asked], kinds: Mapping[str, tuple[str, ...]]) -> Draft:
        """The draft with settings for every sheet that holds cards. What was said of a sheet whose kind stays is kept."""
        changed = {one.sheet for one in questions if kinds[one.sheet] != one.view.cards}
        said = dict(draft.notes.get("said") or {})
        for one in questions:
            if one.sheet in changed:
                said |= {sheet: {**said.get(sheet, {}), "cards": list(kinds[one.sheet])} for sheet in one.all}
        before = draft.settings.get("sheets") or {}
        dropped = {sheet for one in questions if one.sheet in changed for sheet in one.all}
        kept = {sheet: one for sheet, one in before.items() if sheet not in dropped}
        bare = draft.model_copy(
            update={"notes": {**draft.notes, "said": said}, "settings": {**draft.settings, "sheets": kept}}
        )
        sheets = {name: one for name, one in kept.items() if (one or {}).get("file")}
        for one in questions:
            if kinds[one.sheet]:
                sheets |= self._of_group(bare, one)
            else:  # a month's sheet that is not named at all would be read like the others
                sheets |= {sheet: {"ignore": True} for sheet in one.all if month_of(sheet) is not None}
        notes = {name: value for name, value in bare.notes.items() if name not in {"instead_of", "continued"}}
        done = tuple(part for part in draft.done if not any(part.startswith(f"columns/{sheet}") for sheet in dropped))
        return bare.model_copy(update={"notes": notes, "settings": {**bare.settings, "sheets": sheets}, "done": done})

    def _of_group(self, draft: Draft, one: _Asked) -> dict[str, dict[str, object]]:
        """The settings of a sheet and of those like it."""
        trade, grids = trade_so_far(self._reader, draft), self._reader.book(draft).grids
        views = {sheet: view_of(self._reader, draft, sheet, trade) for sheet in one.all}
        model = views[one.sheet]
        before = draft.settings.get("sheets") or {}
        same = next((set(names) for first, names in alike(views, grids).items() if first == one.sheet), set())
        sheets = {}
        for sheet, view in views.items():
            own = before.get(sheet) or {}
            if sheet != one.sheet and (sheet in same or "like" in own):
                sheets[sheet] = own if "like" in own else like(one.sheet, view, model)
            else:
                extra = {
                    key: value
                    for key, value in own.items()
                    if key not in {"card", "header_row", "columns", "fill_down"}
                }
                sheets[sheet] = own if own.get("columns") else {**settings_for(view, grids[sheet], trade), **extra}
        return sheets

    def _questions(self, draft: Draft) -> list[_Asked]:
        grids, trade = self._reader.book(draft).grids, trade_so_far(self._reader, draft)
        views = {sheet: view_of(self._reader, draft, sheet, trade) for sheet in grids}
        groups = alike(views, grids)
        in_group = {sheet: model for model, names in groups.items() for sheet in names}
        return [
            _Asked(sheet, tuple(groups.get(sheet, (sheet,))), view, guess_of(self._reader, draft, sheet))
            for sheet, view in views.items()
            if in_group.get(sheet, sheet) == sheet
        ]

    def _standing(self, draft: Draft, one: _Asked) -> str:
        """What the sheet is so far. A configuration that lists sheets leaves the others alone."""
        listed = draft.settings.get("sheets")
        if (
            listed is not None
            and one.sheet not in listed
            and "cards" not in (draft.notes.get("said") or {}).get(one.sheet, {})
        ):
            return kind_value(())
        if listed is not None and (listed.get(one.sheet) or {}).get("ignore"):
            return kind_value(())
        return kind_value(one.view.cards)

    def _label(self, one: _Asked, lang: Lang) -> str:
        if len(one.all) == 1:
            return one.sheet
        if len(one.all) <= _NAMED:
            return ", ".join(one.all)
        return say("setup.sheets.and_more", lang, first=one.all[0], last=one.all[-1], n=len(one.all))

    def _facts(self, draft: Draft, one: _Asked, lang: Lang) -> tuple[str, ...]:
        """Rows, where the header is, and what is special about the sheet."""
        layout = layout_of(self._reader, draft, one.view) if one.view.cards else one.guess.layout
        facts = []
        if layout is not None:
            facts.append(say("setup.sheets.rows", lang, n=layout.rows.len()))
            if layout.header_row > 1:
                facts.append(say("setup.sheets.header_row", lang, row=layout.header_row))
            blocks = layout.blocks.n_unique() if (layout.blocks != layout.rows).any() else 0
            if blocks:
                facts.append(say("setup.sheets.blocks", lang, n=blocks))
        if one.guess.month is not None:
            facts.append(say("setup.sheets.monthly", lang))
        info = next((info for info in self._reader.book(draft).sheets if info.name == one.sheet), None)
        if info is not None and info.hidden:
            facts.append(say("setup.sheets.hidden", lang))
        return tuple(facts)

    def _gone(self, draft: Draft) -> list[str]:
        """Sheets that the settings name and the workbook has no more."""
        grids = self._reader.book(draft).grids
        said = draft.settings.get("sheets") or {}
        return [sheet for sheet, one in said.items() if sheet not in grids and not (one or {}).get("file")]


def _why(guess: SheetGuess, lang: Lang) -> str:
    return " ".join(say(key, lang, **values) for key, values in guess.why)


def _news(draft: Draft, gone: Sequence[str], lang: Lang) -> list[Block]:
    """What the owner should know of the change of workbook, or of settings that were there already."""
    news: list[Block] = []
    if draft.notes.get("instead_of"):
        news.append(Sentence(say("setup.sheets.anew", lang, workbook=str(draft.notes["instead_of"])), "warning"))
    if draft.notes.get("continued"):
        news.append(Sentence(say("setup.sheets.continued", lang, file=str(draft.notes["continued"]))))
    news += [Sentence(say("setup.sheets.gone", lang, sheet=sheet), "warning") for sheet in gone]
    return news
