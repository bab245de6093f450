"""How a column looks to its owner: a few of its values, how sure the guess is, and why, in words."""

from __future__ import annotations

from sheets_crm.base.guess_score import evidence
from sheets_crm.base.guess_words import fields_of
from sheets_crm.books.model import CellError
from sheets_crm.cards.model import FieldType
from sheets_crm.wizard.draft import Draft
from sheets_crm.wizard.reading import Reader
from sheets_crm.wizard.steps.binding import BY_TRADE, SheetView, Target, guess_of, layout_of
from sheets_crm.wizard.steps.trades import trade_so_far
from sheets_crm.words import Lang, say, show

_SAMPLES = 3
_LOOKED_AT = 300  # rows
_LONGEST = 40  # characters of a value shown
_HEARD, _SEEN = 0.6, 0.3


class Looks:
    """Of the columns of one sheet."""

    def __init__(self, reader: Reader, draft: Draft, view: SheetView, lang: Lang) -> None:
        self._view, self._lang = view, lang
        self._grid, self._guess = reader.book(draft).grids[view.sheet], guess_of(reader, draft, view.sheet)
        self._trade = trade_so_far(reader, draft)
        found = reader.clues(draft, view.sheet, view.header_row)
        self._clues = {column.index: column for column in found.columns} if found is not None else {}
        layout = layout_of(reader, draft, view)
        self._rows = layout.rows.head(_LOOKED_AT).to_list() if layout is not None else []

    def samples(self, index: int) -> tuple[str, ...]:
        """Up to three different values, from the top."""
        found: dict[str, None] = {}
        for row in self._rows:
            value = self._grid.cell(row, index)
            text = value.code if isinstance(value, CellError) else self._shown(value, index)
            if text.strip():
                found.setdefault(_short(text))
            if len(found) == _SAMPLES:
                break
        return tuple(found)

    def _shown(self, value: object, index: int) -> str:
        """Sums in groups of three; numbers of cards, phones and what is not known yet figure by figure."""
        if isinstance(value, float) and value.is_integer() and not self._is_amount(index):
            return f"{value:.0f}"
        return show(value, self._lang)

    def _is_amount(self, index: int) -> bool:
        card, name = self._view.columns.get(index, ("", ""))
        spec = self._trade.cards[card].fields.get(name) if card in self._trade.cards else None
        return spec is not None and spec.type in {FieldType.MONEY, FieldType.NUMBER}

    def sure(self, index: int) -> float | None:
        """Of a guess; None for a column that the owner bound or left, and for one that is nothing."""
        return self._view.sure.get(index) if index in self._view.columns else None

    def why(self, index: int) -> str:
        """What the guess rests on; of an unbound column what it may be."""
        target = self._view.columns.get(index)
        if target is None:
            return self._why_not(index)
        if index not in self._view.sure:
            return say("setup.columns.why.stated", self._lang)
        known = fields_of(target[0]) if target[0] else {}
        if self._view.sure[index] == BY_TRADE and target[1] not in known:
            return say("setup.columns.why.trade", self._lang, trade=self._trade.label.say(self._lang))
        return say(f"setup.columns.why.{self._reason(index, target)}", self._lang)

    def _reason(self, index: int, target: Target) -> str:
        clues = self._clues.get(index)
        if clues is None:
            return "header"
        heard = clues.meaning.scores.get(target, 0.0)
        like = fields_of(target[0]).get(target[1], "text")
        seen = evidence(clues, like, monthly=self._guess.month is not None)
        if clues.count == 0:
            return "header_empty"
        if heard < _HEARD:
            placed = any(key == "guess.why.place" for key, _ in self._guess.why)
            return "place" if placed and heard == 0 and seen < _SEEN else "values" if seen >= _SEEN else "likely"
        return "both" if seen >= _SEEN else "header_against" if seen < 0 else "header"

    def _why_not(self, index: int) -> str:
        others = [one for one in self._guess.alternatives.get(index, ()) if one.card in self._trade.cards]
        weak = [column for column in self._guess.columns if column.index == index]
        names = [self._label((one.card, one.field)) for one in weak] + [
            self._label((one.card, one.field)) for one in others
        ]
        free = [name for name in dict.fromkeys(names) if name]
        if self._grid.columns[index].is_blank or not self.samples(index):
            return say("setup.columns.why.empty", self._lang)
        if free:
            return say("setup.columns.why.maybe", self._lang, fields=tuple(free[:2]))
        return say("setup.columns.why.unknown", self._lang)

    def _label(self, target: Target) -> str:
        spec = self._trade.cards[target[0]].fields.get(target[1]) if target[0] in self._trade.cards else None
        return spec.label.say(self._lang) if spec is not None else ""


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}\u2026"
