"""Cells as people leave them, each with what it means, and the rules of the basic pack told once more in plain Python.

Ground of the made workbooks (make_flat, make_monthly). Imports nothing of the program: the expected result comes from what
was planted, so that a misreading here and there cannot hide behind the same code.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

TODAY = date(2026, 11, 20)
EPOCH = date(1899, 12, 30)
WARNINGS = {
    "date_as_text",
    "number_as_text",
    "phone_as_number",
    "phone_lost_zero",
    "several_phones",
    "birth_implausible",
}
RU_MONTHS = [
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
]
EN_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
BUCKETS = ("no_due_date", "not_due", "1-30", "31-60", "61-90", "91+")


@dataclass(frozen=True)
class Cell:
    """What is typed, what it means (None: blank or unreadable), and the problem that must be reported."""

    value: Any
    means: Any = None
    kind: str | None = None

    @property
    def is_blank(self) -> bool:
        """Blank as typed: an unreadable cell is not."""
        return self.means is None and self.kind is None


BLANKS = (None, None, None, None, "", " ", "-", "–", "—", "n/a", "\u00a0")


def blank(rng: Random) -> Cell:
    return Cell(rng.choice(BLANKS))


def plain(text: str | None) -> Cell:
    return Cell(text, text)


def spaced(rng: Random, text: str) -> str:
    """The same text with the spaces that copying leaves behind."""
    return rng.choice(
        [text] * 6 + [f" {text}", f"{text} ", text.replace(" ", "\u00a0"), text.replace(" ", "  "), f"{text}\u202f"]
    )


def day_cell(rng: Random, day: date, *, dirty: float = 0.25, past: bool = False) -> Cell:
    """A day: mostly a date cell; else a serial number, a text, something unreadable or (past) a future day."""
    if rng.random() > dirty:
        return Cell(day, day)
    texts = [
        day.isoformat(), day.strftime("%d.%m.%Y"), day.strftime("%d/%m/%Y"), f"{day.day}-{day.month}-{day.year}",
        day.strftime("%d.%m.%y"), f"{day.day} {RU_MONTHS[day.month - 1]} {day.year}", f"{EN_MONTHS[day.month - 1]} {day.day}, {day.year}",
        f"{day.day} {EN_MONTHS[day.month - 1]} {day.year}", f" {day.day}.{day.month:02}.{day.year} ",
    ]  # fmt: skip
    roll = rng.random()
    if roll < 0.55:
        return Cell(rng.choice(texts), day, "date_as_text")
    if roll < 0.7:
        return Cell((day - EPOCH).days, day)
    if roll < 0.85 or not past:
        return Cell(
            rng.choice(["31.02.2026", "вчера", "00.00.0000", "32.13.2025", "уточнить", "15.2026", "???"]),
            None,
            "bad_date",
        )
    return Cell(TODAY + timedelta(rng.randint(1, 400)), None, "date_in_future")


def grouped(amount: Decimal, group: str, point: str) -> str:
    whole, _, rest = f"{amount:,.2f}".partition(".")
    return whole.replace(",", group) + ("" if rest == "00" else point + rest)


def money_cell(rng: Random, amount: Decimal, home: str, *, dirty: float = 0.2) -> Cell:
    """A sum in roubles or pounds: a number, a text, another currency, a word, below zero."""
    if rng.random() > dirty:
        return Cell(float(amount), amount)
    roll = rng.random()
    if roll < 0.55:
        return Cell(
            rng.choice(rouble_texts(amount) if home == "RUB" else pound_texts(amount)), amount, "number_as_text"
        )
    if roll < 0.7:
        foreign = (
            ["$1200", "1 200 USD", "€ 900", "300 евро", "500 $"]
            if home == "RUB"
            else ["€40", "40 EUR", "$55", "60 usd"]
        )
        return Cell(rng.choice(foreign), None, "currency_mismatch")
    if roll < 0.85:
        words = (
            ["договорная", "40 тыс.", "~500", "уточнить", "по прайсу"]
            if home == "RUB"
            else ["tbc", "~30", "see note", "40ish", "free?"]
        )
        return Cell(rng.choice(words), None, "bad_number")
    return Cell(-float(amount) - 1, None, "negative_amount")


def rouble_texts(amount: Decimal) -> list[str]:
    texts = [
        grouped(amount, " ", ","), grouped(amount, "\u00a0", ",") + " ₽", grouped(amount, "", ",") + " руб.",
        grouped(amount, "\u202f", ",") + "р.",
    ]  # fmt: skip
    return [*texts, grouped(amount, ".", ",")] if amount >= 1_000_000 else texts


def pound_texts(amount: Decimal) -> list[str]:
    return [
        "£" + grouped(amount, ",", "."),
        grouped(amount, ",", "."),
        f"{amount:.2f}",
        f"£ {amount:.2f}",
        grouped(amount, ",", ".") + " GBP",
    ]


def number_cell(rng: Random, number: int, *, dirty: float = 0.15) -> Cell:
    if rng.random() > dirty:
        return Cell(number, number)
    return rng.choice(
        [
            Cell(str(number), number, "number_as_text"),
            Cell(f" {number} ", number, "number_as_text"),
            Cell("разный", None, "bad_number"),
        ]
    )


def email_cell(rng: Random, address: str, *, dirty: float = 0.1) -> Cell:
    if rng.random() > dirty:
        return Cell(rng.choice([address, address.upper(), f" {address}"]), address)
    bad = [
        address.replace("o", "о", 1),
        address.replace("@", ""),
        address.split("@", maxsplit=1)[0] + "@mail",
        address.replace("@", " @ "),
        "нет почты",
    ]
    return Cell(rng.choice([text for text in bad if text != address]), None, "bad_email")


def birthday_cell(rng: Random, month: int, day: int) -> Cell:
    """A birthday: with a year, without one, as text, unlikely, unreadable."""
    year, roll = rng.randint(1955, 2005), rng.random()
    means = month, day
    if (month, day) == (2, 29):
        return Cell(rng.choice(["29.02", date(1988, 2, 29)]), means)
    if roll < 0.4:
        return Cell(date(year, month, day), means)
    if roll < 0.7:
        return Cell(f"{day:02}.{month:02}", means)
    if roll < 0.8:
        return Cell(f"{day}.{month:02}.{year}", means, "date_as_text")
    if roll < 0.9:
        return Cell(date(rng.choice([2015, 2021, 1912]), month, day), means, "birth_implausible")
    return Cell(rng.choice(["летом", "31.02", "45.13"]), None, "bad_date")


@dataclass
class Deal:
    """A deal, or a visit, as it was planted. invoice: the day of the invoice or of the visit. stage None: unreadable or blank."""

    sheet: str
    row: int
    client: int | None  # place in the list of clients
    amount: Decimal | None = None
    paid: Decimal | None = None
    invoice: date | None = None
    due: date | None = None
    stage: str | None = None
    kind: str | None = "open"  # open, won, lost; None: unknown
    step: date | None = None
    reason: str | None = None
    offer: date | None = None
    answered: bool = False

    @property
    def outstanding(self) -> Decimal:
        return Decimal(0) if self.amount is None else self.amount - (self.paid or 0)


@dataclass
class Client:
    """A client as planted."""

    sheet: str
    row: int
    revenue: Decimal = Decimal(0)
    last: date | None = None
    interval: float = 0
    may_market: bool = True
    has_open: bool = False
    birthday: tuple[int, int] | None = None
    phones: set[str] = field(default_factory=set)
    emails: set[str] = field(default_factory=set)


Task = tuple[str, str, int]


def overdue(deals: Iterable[Deal]) -> list[Deal]:
    return [
        d
        for d in deals
        if (d.amount or 0) > 0 and d.outstanding > 0 and d.due and d.due < TODAY and d.kind in ("open", "won")
    ]


def unpaid(deals: Iterable[Deal], *, stage: str | None = None) -> list[Deal]:
    """Invoices to ask about: after two days, not lost, not overdue already."""
    deals = list(deals)
    late = {(d.sheet, d.row) for d in overdue(deals)}
    return [
        d for d in deals
        if (d.amount or 0) > 0 and d.outstanding > 0 and d.invoice and (TODAY - d.invoice).days >= 2 and d.kind != "lost"
        and (stage is None or d.stage == stage) and (d.sheet, d.row) not in late
    ]  # fmt: skip


def sleeping(clients: Iterable[Client]) -> list[Client]:
    return [c for c in clients if c.last and (TODAY - c.last).days > c.interval and not c.has_open and c.may_market]


def celebrating(clients: Iterable[Client]) -> list[Client]:
    return [c for c in clients if c.birthday and c.may_market and (next_birthday(*c.birthday) - TODAY).days <= 7]


def next_birthday(month: int, day: int) -> date:
    for year in (TODAY.year, TODAY.year + 1):
        leap = year % 4 == 0
        this = date(year, 3, 1) if (month, day) == (2, 29) and not leap else date(year, month, day)
        if this >= TODAY:
            return this
    raise AssertionError


def mean_gap(days: set[date], default: float) -> float:
    return (max(days) - min(days)).days / (len(days) - 1) if len(days) >= 3 else default


def tasks_of(rule: str, rows: Iterable[Deal | Client]) -> list[Task]:
    return [(rule, one.sheet, one.row) for one in rows]


def abc(clients: Sequence[Client]) -> dict[str, Any]:
    """Classes by the share of the clients before; best first."""
    ranked = sorted((c for c in clients if c.revenue > 0), key=lambda c: -c.revenue)
    whole, before, rows = sum((c.revenue for c in ranked), Decimal(0)), Decimal(0), []
    for client in ranked:
        share = before / whole
        rows.append(
            (
                client.sheet,
                client.row,
                "A" if share < Decimal("0.75") else "B" if share < Decimal("0.95") else "C",
                float(client.revenue),
            )
        )
        before += client.revenue
    counts = Counter(row[2] for row in rows)
    return {"counts": {name: counts[name] for name in "ABC"} | {"none": len(clients) - len(ranked)}, "clients": rows}


def ageing(deals: Iterable[Deal]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {bucket: {"count": 0, "sum": 0.0} for bucket in BUCKETS}
    for d in deals:
        if (d.amount or 0) <= 0 or d.outstanding <= 0 or not (d.invoice or d.due) or d.kind not in ("open", "won"):
            continue
        days = (TODAY - d.due).days if d.due else None
        limits = ((0, "not_due"), (30, "1-30"), (60, "31-60"), (90, "61-90"))
        bucket = "no_due_date" if days is None else next((name for limit, name in limits if days <= limit), "91+")
        found[bucket]["count"] += 1
        found[bucket]["sum"] += float(d.outstanding)
    return found


def duplicates(clients: Sequence[Client]) -> list[list[tuple[str, int]]]:
    """Connected components over equal telephones and e-mails, as (sheet, row)."""
    groups: list[tuple[set[str], list[int]]] = []
    for place, client in enumerate(clients):
        marks = client.phones | client.emails
        touched = [group for group in groups if group[0] & marks]
        groups = [group for group in groups if not group[0] & marks]
        groups.append((marks.union(*(g[0] for g in touched)), sorted([place, *(p for g in touched for p in g[1])])))
    found = sorted(places for _, places in groups if len(places) > 1)
    return [[(clients[place].sheet, clients[place].row) for place in places] for places in found]


def funnel(deals: Iterable[Deal], stages: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    counts: Counter[str] = Counter()
    amounts: dict[str, Decimal] = dict.fromkeys(stages, Decimal(0))
    for d in deals:
        if d.stage:
            counts[d.stage] += 1
            amounts[d.stage] += d.amount or 0
    return {
        "counts": {stage: counts[stage] for stage in stages},
        "amounts": {stage: float(amounts[stage]) for stage in stages},
    }
