"""A made workbook of a British salon: a sheet a month, half in English and half in Russian, each row a visit, with the expected result.

`make(seed, folder)` writes in.xlsx and crm.yaml and returns the truth. Clients are not listed anywhere: they are the people who
came, known by their telephone, else by their name.
"""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import yaml
from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from tests.golden import make_common as common
from tests.golden.make_common import TODAY, WARNINGS, Cell, Client, Deal, blank, plain

SHEETS = ["January", "February", "March", "April", "May", "June", "Июль", "Август", "Сентябрь", "Октябрь", "Ноябрь"]
ENGLISH = {
    "date": "Day", "name": "Client", "phone": "Mobile", "service": "Treatment", "amount": "Price", "paid_amount": "Paid",
    "next_visit": "Next appointment", "manager": "Stylist", "mailing_consent": "Marketing OK?", "source": "Heard of us",
    "email": "E-mail", "birthday": "Birthday",
}  # fmt: skip
RUSSIAN = {
    "date": "Число", "name": "Клиент", "phone": "Телефон", "service": "Услуга", "amount": "Стоимость", "paid_amount": "Оплачено",
    "next_visit": "Следующая запись", "manager": "Мастер", "mailing_consent": "Согласие", "source": "Откуда узнали",
    "email": "Почта", "birthday": "ДР",
}  # fmt: skip
OWN = ("name", "phone", "mailing_consent", "source", "email", "birthday", "manager")  # what a row says of the client
FIRST = ["Amelia", "Olivia", "Harry", "Zoë", "Нина", "Пётр", "Jack", "Maya"]
LAST = ["Brown", "Patel", "O'Connor", "Smith-Jones", "Орлова", "Evans", "Khan", "Wood"]
DEFAULT_DAYS = 45


@dataclass
class _Person:
    name: str
    phone: str | None  # the ten digits after +44
    email: str | None
    consent: bool | None
    birthday: tuple[int, int] | None
    regular: int


@dataclass
class _Visit:
    deal: Deal
    means: dict[str, Any]
    clean: bool
    future: bool = False


@dataclass
class _Book:
    rng: Random
    terms_days: int | None
    undated: bool | None
    bookings: bool  # no column of next visits: those who are expected stand among those who came
    people: list[_Person] = field(default_factory=list)
    orders: dict[str, list[str]] = field(default_factory=dict)  # sheet -> the fields by column
    header_rows: dict[str, int] = field(default_factory=dict)
    problems: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    visits: list[_Visit] = field(default_factory=list)
    rows: Counter[str] = field(default_factory=Counter)


def make(seed: int, folder: Path, *, people: int = 60) -> dict[str, Any]:
    """Write the workbook and its configuration; the expected result."""
    rng = Random(seed)
    book = _Book(rng, None if seed % 2 else 14, False if seed % 3 == 0 else None, seed % 4 == 2)
    book.people = [_person(rng, number) for number in range(people)]
    workbook = Workbook()
    workbook.remove(workbook.active)
    for month, name in enumerate(SHEETS, 1):
        _sheet(book, workbook.create_sheet(name), month)
    workbook.save(folder / "in.xlsx")
    (folder / "crm.yaml").write_text(yaml.safe_dump(_config(book), allow_unicode=True, sort_keys=False), "utf-8")
    return _truth(book)


def _person(rng: Random, number: int) -> _Person:
    name = f"{rng.choice(FIRST)} {rng.choice(LAST)} {number}"
    phone = None if rng.random() < 0.15 else rng.choice(["7", "20", "16", "3"])
    if phone is not None:
        phone += "".join(str(rng.randint(0, 9)) for _ in range(10 - len(phone)))
    email = rng.choice([None, f"guest.no{number}@post.co.uk", f"guest.no{number - number % 7}@post.co.uk"])
    day = TODAY + timedelta(rng.choice([0, 2, 7, 8, 60, 200]))
    return _Person(
        name,
        phone,
        email,
        rng.choice([True, True, False, None]),
        rng.choice([None, (day.month, day.day)]),
        rng.choice([10, 30, 60, 400]),
    )


def _sheet(book: _Book, sheet: Any, month: int) -> None:
    rng, name = book.rng, sheet.title
    like = _like(name)
    if like == name:
        order = [name for name in ENGLISH if name != "next_visit" or not book.bookings]
        rng.shuffle(order)
    else:
        order = book.orders[like]
    book.orders[name] = order
    lines: list[list[Any]] = []
    if rng.random() < 0.5:
        lines += [[rng.choice([f"{name} 2026", "Salon diary"])], []]
        sheet.merge_cells("A1:D1")
    headers = [(ENGLISH if month <= 6 else RUSSIAN)[column] for column in order]
    lines.append(headers)
    book.header_rows[name] = len(lines)
    for day in sorted(rng.randint(1, monthrange(2026, month)[1]) for _ in range(28)):
        if rng.random() < 0.03:
            lines.append([])
        if rng.random() < 0.02:
            lines.append(headers)
        lines.append(_visit(book, name, len(lines) + 1, date(2026, month, day)))
    total: list[Any] = [rng.choice(["Total", "TOTAL:", "Итого", "Всего за месяц"]), *([None] * (len(order) - 1))]
    total[max(order.index("amount"), 1)] = 1234.5
    lines += [total, [], ["Rent paid", "", 800], [12, "Not A Client", "07700 900123", "Cut", 30, 30]]
    for row, line in enumerate(lines, 1):
        for column, value in enumerate(line, 1):
            if value is not None:
                sheet.cell(row, column, value)


def _like(name: str) -> str:
    """The sheet whose settings hold here: columns stand the same on groups of months."""
    return {"February": "January", "March": "January", "May": "April", "Август": "Июль", "Октябрь": "Июль"}.get(
        name, name
    )


def _visit(book: _Book, sheet: str, row: int, day: date) -> list[Any]:
    """A row, as it is typed; what it means is noted."""
    cells = _cells(book, book.rng.choice(book.people), day)
    if book.bookings:
        cells["next_visit"] = blank(book.rng)
    kinds = [(name, cell.kind) for name, cell in cells.items() if cell.kind]
    if cells["name"].is_blank:
        kinds.append(("name", "required_blank"))
    order = book.orders[sheet]
    for name, kind in kinds:
        book.problems[sheet, f"{get_column_letter(order.index(name) + 1)}{row}", kind] += 1
    book.rows[sheet] += 1
    means = {name: cell.means for name, cell in cells.items()}
    clean = not any(kind not in WARNINGS for name, kind in kinds if name in OWN)
    came = (
        means["date"] if means["date"] and means["date"] <= TODAY else None
    )  # nothing is owed for a visit of the future
    due = came + timedelta(book.terms_days) if came and book.terms_days is not None else None
    deal = Deal(sheet, row, None, means["amount"], means["paid_amount"], came, due)
    book.visits.append(_Visit(deal, means, clean, future=cells["date"].kind == "date_in_future"))
    return [cells[name].value for name in order]


def _cells(book: _Book, person: _Person, day: date) -> dict[str, Cell]:
    rng = book.rng
    amount = common.money_cell(
        rng, Decimal(rng.choice([25, 30, 45, 60, 1250])) + Decimal(rng.choice(["0", "0.5", "0.25"])), "GBP"
    )
    if rng.random() < 0.05:
        amount = rng.choice([blank(rng), Cell(0, Decimal(0))])
    paid = blank(rng)
    if amount.means and rng.random() < 0.9:
        paid = common.money_cell(
            rng, rng.choice([amount.means] * 6 + [round(amount.means / 2, 2), Decimal(0)]), "GBP", dirty=0.08
        )
    step = blank(rng)
    if rng.random() < 0.3:
        step = common.day_cell(rng, day + timedelta(rng.choice([7, 21, 60, 180])))
    return {
        "date": _day(rng, day, bookings=book.bookings), "name": _name(rng, person), "phone": _phone(rng, person.phone),
        "service": plain(rng.choice(["Cut", "Colour", "Стрижка"])), "amount": amount, "paid_amount": paid, "next_visit": step,
        "manager": plain(rng.choice(["Kate", "Lucy"])), "mailing_consent": _consent(rng, person),
        "source": rng.choice([blank(rng), plain("Instagram"), plain("walked past")]),
        "email": common.email_cell(rng, person.email, dirty=0.05) if person.email and rng.random() < 0.6 else blank(rng),
        "birthday": common.birthday_cell(rng, *person.birthday) if person.birthday and rng.random() < 0.3 else blank(rng),
    }  # fmt: skip


def _day(rng: Random, day: date, *, bookings: bool) -> Cell:
    if day > TODAY:
        typed = rng.choice([day.day, day])
        return Cell(typed, day) if bookings else Cell(typed, None, "date_in_future")
    roll = rng.random()
    if roll < 0.6:
        return Cell(day.day, day)
    if roll < 0.8:
        return Cell(day, day)
    if roll < 0.93:
        return Cell(
            rng.choice([str(day.day), day.strftime("%d/%m/%Y"), day.strftime("%d %b %Y"), day.strftime("%d.%m.%y")]),
            day,
            "date_as_text",
        )
    if roll < 0.96:
        return blank(rng)
    return Cell(rng.choice(["31/02/2026", "Tues?", "после обеда", 0]), None, "bad_date")


def _name(rng: Random, person: _Person) -> Cell:
    if rng.random() < 0.04:
        return blank(rng)
    return Cell(
        rng.choice(
            [person.name] * 5 + [person.name.upper(), common.spaced(rng, person.name), person.name.replace("ё", "е")]
        ),
        person.name,
    )


def _phone(rng: Random, ten: str | None) -> Cell:
    if ten is None:
        return blank(rng)
    roll = rng.random()
    if roll < 0.08:
        return Cell(rng.choice(["0123", "no phone", 12345, "07700 90012"]), None, "bad_phone")
    if roll < 0.14:
        return blank(rng)
    whole = f"+44{ten}"
    if ten[0] == "7" and roll < 0.35:
        return Cell(rng.choice([int(ten), ten]), (whole,), "phone_lost_zero")
    if roll < 0.45:
        other = f"0{rng.randint(100, 999)}"
        return Cell(
            f"0{ten}{rng.choice([' / ', '; ', ', ', ' or '])}0207 946 {other}",
            (whole, f"+44207946{other}"),
            "several_phones",
        )
    if roll < 0.52:
        return Cell(int(f"44{ten}"), (whole,), "phone_as_number")
    shapes = [
        f"0{ten}",
        f"0{ten[:4]} {ten[4:]}",
        f"+44 {ten[:4]} {ten[4:]}",
        f"+44 (0){ten}",
        f"(0{ten[:3]}) {ten[3:]}",
        f"0{ten} ext 12",
    ]
    return Cell(rng.choice(shapes), (whole,))


def _consent(rng: Random, person: _Person) -> Cell:
    if person.consent is None or rng.random() < 0.5:
        return rng.choice([blank(rng), blank(rng), blank(rng), blank(rng), Cell("see card", None, "unknown_value")])
    return rng.choice(
        [
            Cell(text, person.consent)
            for text in (("yes", "Y", "да", True) if person.consent else ("no", "N", "нет", False))
        ]
    )


def _clients(book: _Book) -> tuple[list[Client], int]:
    """The people by telephone, else by name, in the order of their first visits; and how many of them are clean."""
    groups: dict[str, list[_Visit]] = {}
    for visit in book.visits:
        phone, name = visit.means["phone"], visit.means["name"]
        key = phone[0] if phone else name and name.casefold().replace("ё", "е")
        if key or visit.means["email"]:
            groups.setdefault(key or f"row {visit.deal.sheet} {visit.deal.row}", []).append(visit)
    clients = []
    for place, visits in enumerate(groups.values()):
        for visit in visits:
            visit.deal.client = place
        clients.append(_client(book, visits))
    return clients, sum(all(visit.clean for visit in visits) for visits in groups.values())


def _client(book: _Book, visits: list[_Visit]) -> Client:
    days = {visit.deal.invoice for visit in visits if visit.deal.invoice}
    counted = [
        v for v in visits if v.deal.invoice or (book.undated is not False and not v.future and not v.means["date"])
    ]
    answers = sorted(
        (v.means["date"] or date.min, place, v.means["mailing_consent"])
        for place, v in enumerate(visits)
        if v.means["mailing_consent"] is not None
    )
    said = {name: [v.means[name] for v in visits if v.means[name]] for name in ("email", "birthday", "phone")}
    return Client(
        visits[0].deal.sheet, visits[0].deal.row,
        revenue=sum((v.means["amount"] or Decimal(0) for v in counted), Decimal(0)),
        last=max(days, default=None), interval=common.mean_gap(days, DEFAULT_DAYS),
        may_market=bool(answers and answers[-1][2]),
        has_open=any((v.means["next_visit"] or date.min) >= TODAY or (v.means["date"] or date.min) > TODAY for v in visits),
        birthday=said["birthday"][0] if said["birthday"] else None,
        phones={phone for cell in said["phone"] for phone in cell}, emails=set(said["email"][:1]),
    )  # fmt: skip


def _truth(book: _Book) -> dict[str, Any]:
    clients, valid = _clients(book)
    deals = [visit.deal for visit in book.visits]
    tasks = [
        *common.tasks_of("overdue_payment", common.overdue(deals)), *common.tasks_of("invoice_followup", common.unpaid(deals)),
        *common.tasks_of("reactivation", common.sleeping(clients)), *common.tasks_of("birthday", common.celebrating(clients)),
    ]  # fmt: skip
    return {
        "tasks": Counter(tasks), "problems": book.problems, "valid_clients": valid, "funnels": {}, "abc": common.abc(clients),
        "ageing": common.ageing(deals), "duplicates": common.duplicates(clients),
        "outstanding": {(d.sheet, d.row): float(d.outstanding) for d in deals if d.amount},
        "header_rows": book.header_rows, "rows": dict(book.rows),
        "columns": {
            sheet: {name: get_column_letter(place + 1) for place, name in enumerate(order)} for sheet, order in book.orders.items()
        },
    }  # fmt: skip


def _config(book: _Book) -> dict[str, Any]:
    sheets: dict[str, Any] = {}
    for month, name in enumerate(SHEETS, 1):
        like = _like(name)
        own: dict[str, Any] = {"month": f"2026-{month:02}", "header_row": book.header_rows[name]}
        if like == name:
            own |= {
                "card": ["client", "visit"],
                "columns": {field: get_column_letter(place + 1) for place, field in enumerate(book.orders[name])},
                "required": ["name"],
            }
        else:
            own["like"] = like
        sheets[name] = own
    money: dict[str, Any] = {"revenue": "visits", "purchases": "visits"}
    if book.terms_days is not None:
        money["terms_days"] = book.terms_days
    if book.undated is not None:
        money["undated"] = book.undated
    return {
        "workbook": "in.xlsx", "language": "en", "country": "GB", "sheets": sheets, "clients": {"by": ["phone", "name"]},
        "money": money, "consent": "opt_in", "booked_visit_is_open": True, "rules": {"reactivation": {"default_days": DEFAULT_DAYS}},
    }  # fmt: skip
