"""What the rows of a sheet may be: one card, or several at once on a flat sheet, and what each needs to be believed.

Weighs suppositions; does not score columns (guess_score) nor read cells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from sheets_crm.base.guess_words import Field, fields_of

Scores = Mapping[Field, float]

SINGLES = ("client", "lead", "deal", "payment", "order", "interaction", "visit", "survey", "contact", "product")
FLAT = (("client", "deal"), ("client", "lead"), ("client", "visit"), ("client", "order"))
SUPPOSITIONS: tuple[tuple[str, ...], ...] = (*((card,) for card in SINGLES), *FLAT)

# On a flat sheet these stand for the second card, though the client has fields of the same name.
_SECOND_OWNS: Mapping[str, frozenset[str]] = {
    "deal": frozenset({"next_step", "next_step_date"}),
    "lead": frozenset({"next_step", "next_step_date", "temperature"}),
    "visit": frozenset({"manager", "note"}),
    "order": frozenset({"note"}),
}
# Fields of a client that no other card has: they show that clients stand on the sheet themselves.
_OWN = frozenset(
    {
        "phone", "phone2", "email", "address", "tax_id", "birthday", "messenger", "website", "legal_name", "position",
        "contact_person", "mailing_consent", "do_not_contact", "city", "client_type", "last_name",
    }
)  # fmt: skip
_OF_A_DEAL: Mapping[str, float] = {
    "stage": 1.0, "amount": 0.5, "offer_date": 0.7, "invoice_date": 0.6, "due_date": 0.5, "paid_amount": 0.4,
    "balance": 0.4, "expected_close": 0.7, "lost_reason": 0.6, "probability": 0.6, "closed": 0.4, "created": 0.2,
    "invoice_no": 0.3, "terms_days": 0.3, "samples": 0.3,
}  # fmt: skip
_OF_A_VISIT = ("service", "complaint", "tooth", "car", "mileage", "next_visit")
_MORE_CARDS = 0.35  # what a second card must bring at least


@dataclass(frozen=True)
class Surroundings:
    """What is known besides the columns: the kinds that the sheet's name speaks for, columns, and links to other sheets."""

    names: Mapping[str, float]
    columns: int
    timed: bool = False  # a column of hours: appointments
    monthly: bool = False
    linked: bool = False


def fields_in(cards: tuple[str, ...]) -> list[Field]:
    """The fields that a sheet of these cards may have, each of one card only."""
    if len(cards) == 1:
        return [(cards[0], name) for name in fields_of(cards[0])]
    first, second = cards[0], cards[1]
    owned = _SECOND_OWNS.get(second, frozenset())
    client = [(first, name) for name in fields_of(first) if name not in owned]
    taken = {name for _, name in client} - {"id"}
    return client + [(second, name) for name in fields_of(second) if name not in taken | {"client"}]


def worth(cards: tuple[str, ...], assigned: Scores, around: Surroundings) -> float:
    """How well a supposition explains the sheet: the columns it binds, less what it lacks, and what the name says."""
    total = sum(assigned.values()) - _MORE_CARDS * (len(cards) - 1)
    total += 0.9 * max(around.names.get(card, 0.0) for card in cards)
    return total + sum(_NEEDS[card](cards, _of(card, assigned), around) for card in cards)


def _of(card: str, assigned: Scores) -> dict[str, float]:
    return {name: score for (kind, name), score in assigned.items() if kind == card}


def _any(found: Iterable[str], names: Iterable[str]) -> bool:
    return bool(set(found) & set(names))


def _client(cards: tuple[str, ...], found: Mapping[str, float], around: Surroundings) -> float:
    lack = 0.0
    if not _any(found, ("name", "first_name", "last_name", "legal_name")):
        lack -= 1.0 if _any(found, ("phone", "email")) else 1.8
    own = len(set(found) & _OWN)
    if len(cards) > 1:
        # Clients who stand on a sheet of their own are linked to, not made once more.
        return lack - (1.8 if own == 0 else 0.0) - (1.0 if around.linked else 0.0)
    lack -= 0.8 if around.linked and not around.names.get("client") else 0.0
    return lack - (0.8 if own == 0 and not around.names.get("client") else 0.0)


def _deal(cards: tuple[str, ...], found: Mapping[str, float], _: Surroundings) -> float:
    lack = min(0.0, 1.5 * (sum(_OF_A_DEAL.get(name, 0.0) for name in found) - 1.0))
    if "stage" not in found and not _any(found, ("offer_date", "invoice_date", "expected_close", "lost_reason")):
        lack -= 0.6
    if len(cards) == 1 and not _any(found, ("client", "title", "id")):
        lack -= 1.2
    return lack


def _lead(cards: tuple[str, ...], found: Mapping[str, float], _: Surroundings) -> float:
    lack = 0.0 if "stage" in found else -1.3
    if len(cards) == 1 and not _any(found, ("client", "title", "id")):
        lack -= 1.2
    only = (
        "amount" not in found
        and _any(found, ("stage",))
        and _any(found, ("next_step_date", "lost_reason", "temperature"))
    )
    return lack + (0.1 if only else -0.25)


def _payment(_: tuple[str, ...], found: Mapping[str, float], around: Surroundings) -> float:
    lack = -1.2 * (("date" not in found) + ("amount" not in found))
    if not _any(found, ("deal", "client", "invoice_no")):
        lack -= 1.0
    lack -= 0.15 * max(around.columns - 8, 0)
    return lack + (0.4 if "method" in found else 0.0 if around.names else -0.2)


def _order(_: tuple[str, ...], found: Mapping[str, float], around: Surroundings) -> float:
    lack = -1.0 * (("product" not in found) + ("date" not in found))
    if not _any(found, ("qty", "unit_price")):
        lack -= 0.9
    return lack - 0.1 * max(around.columns - 11, 0)


def _interaction(cards: tuple[str, ...], found: Mapping[str, float], _: Surroundings) -> float:
    lack = -1.0 * (("date" not in found) + ("client" not in found and len(cards) == 1))
    return lack - (0.0 if _any(found, ("kind", "result")) else 0.9)


def _visit(cards: tuple[str, ...], found: Mapping[str, float], around: Surroundings) -> float:
    lack = 0.0 if "date" in found else -1.5
    if not _any(found, _OF_A_VISIT):
        lack -= 0.3 if around.timed else 1.2
    if len(cards) == 1 and "client" not in found:
        lack -= 1.0
    return lack + (0.3 if around.monthly else 0.0) + (0.6 if around.timed else 0.0)


def _survey(_: tuple[str, ...], found: Mapping[str, float], __: Surroundings) -> float:
    return (0.0 if "score" in found else -2.0) - (0.0 if _any(found, ("client", "date")) else 0.8)


def _contact(_: tuple[str, ...], found: Mapping[str, float], around: Surroundings) -> float:
    lack = -1.2 * (("name" not in found) + ("client" not in found))
    return lack - (0.0 if around.names.get("contact") or around.linked else 0.7)


def _product(_: tuple[str, ...], found: Mapping[str, float], around: Surroundings) -> float:
    lack = -1.2 * (("name" not in found) + ("price" not in found))
    return lack - (0.0 if around.names.get("product") else 0.6)


_Need = Callable[[tuple[str, ...], Mapping[str, float], Surroundings], float]
_NEEDS: Mapping[str, _Need] = {
    "client": _client, "deal": _deal, "lead": _lead, "payment": _payment, "order": _order, "visit": _visit,
    "interaction": _interaction, "survey": _survey, "contact": _contact, "product": _product,
}  # fmt: skip
