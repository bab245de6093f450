"""What the rows of a sheet may be, as choices in words: one kind of card, or several in one row."""

from __future__ import annotations

from collections.abc import Sequence

from sheets_crm.base.guess_cards import FLAT, SINGLES
from sheets_crm.cards import Template
from sheets_crm.wizard.shapes import Choice
from sheets_crm.words import Lang, knows, say

ALONE = "-"  # the sheet is left alone
_AND = "+"


def kind_value(cards: Sequence[str]) -> str:
    """The choice for these cards."""
    return _AND.join(cards) or ALONE


def cards_of(value: str, trade: Template) -> tuple[str, ...] | None:
    """The cards of a choice; () for a sheet that is left alone; None for what is no choice."""
    if value == ALONE:
        return ()
    cards = tuple(value.split(_AND))
    return cards if all(card in trade.cards for card in cards) else None


def kind_choices(
    trade: Template, lang: Lang, present: Sequence[Sequence[str]], *, may_leave: bool = True
) -> tuple[Choice, ...]:
    """All that a sheet may be. present: what sheets are now, which may be more than the usual."""
    usual: list[tuple[str, ...]] = [(card,) for card in SINGLES if card in trade.cards]
    usual += [cards for cards in FLAT if all(card in trade.cards for card in cards)]
    more = [tuple(cards) for cards in present if cards and tuple(cards) not in usual]
    leave = (Choice(ALONE, say("setup.sheets.alone", lang)),) if may_leave else ()
    return (
        *leave,
        *(Choice(kind_value(cards), kind_label(cards, trade, lang)) for cards in dict.fromkeys([*usual, *more])),
    )


def kind_label(cards: Sequence[str], trade: Template, lang: Lang) -> str:
    """«Клиенты», «Клиенты + сделки в одной строке»."""
    names = [card_label(card, trade, lang) for card in cards]
    if not names:
        return say("setup.sheets.alone", lang)
    if len(names) == 1:
        return names[0]
    return say("setup.sheets.several", lang, first=names[0], others=tuple(name.lower() for name in names[1:]))


def card_label(card: str, trade: Template, lang: Lang) -> str:
    """A kind of card, many of it."""
    key = f"setup.kinds.{card}"
    return say(key, lang) if knows(key, lang) else trade.cards[card].label.say(lang)
