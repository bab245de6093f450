"""A made workbook of a Russian distributor: one sheet where each row is a client and their deal at once, with the expected result.

`make(seed, folder)` writes in.xlsx and crm.yaml and returns the truth. Titles, sections merged over the first columns, repeated
headers, hidden and filtered rows, a table of managers to the right, totals with junk below: everything that such sheets have.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
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

SHEET = "База клиентов"
STAGES = [
    "Новый",
    "Первичный звонок",
    "Встреча назначена",
    "Образцы переданы",
    "КП отправлено",
    "Счёт выставлен",
    "Договор",
    "Отгрузка",
    "Отказ",
]
WON, LOST, OFFER, INVOICE = "Отгрузка", "Отказ", "КП отправлено", "Счёт выставлен"
ALIASES = {"кп": OFFER, "выставили счет": INVOICE, "отгружено": WON, "слив": LOST}
HEADERS = {
    "id": "№", "name": "Компания", "tax_id": "ИНН", "contact_person": "Контактное лицо", "phone": "Телефон", "email": "E-mail",
    "city": "Город", "source": "Источник", "stage": "Статус", "amount": "Сумма сделки, руб.", "offer_date": "Дата КП",
    "offer_answer": "Ответ по КП", "invoice_date": "Дата счёта", "due_date": "Оплатить до", "terms_days": "Отсрочка, дн.",
    "paid_amount": "Оплачено", "balance": "Остаток", "next_step": "Следующий шаг", "next_step_date": "Дата шага",
    "lost_reason": "Причина отказа", "manager": "Менеджер", "last_purchase_date": "Последняя покупка",
    "revenue_total": "Куплено всего", "purchase_period": "Периодичность, дн.", "do_not_contact": "Стоп-лист",
    "mailing_consent": "Согласие на рассылку", "birthday": "День рождения", "created": "Дата обращения",
}  # fmt: skip
FIRMS = [
    "Ромашка",
    "Гастроном",
    "Ёлки",
    "Северный Край",
    "Вектор",
    "Лавка",
    "Тандем",
    "Мир Кофе",
    "Оптима",
    "Бублик",
    "Всё для дома",
    "Итоговый Рубеж",
]
PEOPLE = ["Иванова Анна", "Петров Олег", "Семёнов Пётр", "Ким Дина", "Орлова Вера", "Гусев Иван"]
MANAGERS = ["Анна Ким", "Олег Савельев", "Дина Юсупова"]
DEFAULT_DAYS = 60
DUE = ("column", "terms", None)  # what the configuration says, by seed


@dataclass
class _Book:
    rng: Random
    due: str | None
    columns: list[str]
    rows: list[list[Any]] = field(default_factory=list)  # the sheet from row 1, None: an empty row
    merges: list[str] = field(default_factory=list)
    hidden: list[int] = field(default_factory=list)
    header_row: int = 0
    deals: list[Deal] = field(default_factory=list)
    clients: list[Client] = field(default_factory=list)
    problems: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    valid: int = 0
    ids: set[str] = field(default_factory=set)
    phones: list[str] = field(default_factory=list)
    emails: list[str] = field(default_factory=list)

    def letter(self, name: str) -> str:
        return get_column_letter(self.columns.index(name) + 1)


def make(seed: int, folder: Path, *, count: int = 220) -> dict[str, Any]:
    """Write the workbook and its configuration; the expected result."""
    rng = Random(seed)
    rest = [name for name in HEADERS if name not in ("id", "name")]
    rng.shuffle(rest)
    book = _Book(rng, DUE[seed % 3], ["id", "name", *rest])
    _titles(book)
    for number in range(count):
        _between(book, number)
        _row(book, number)
    _foot(book)
    _write(book, folder / "in.xlsx")
    (folder / "crm.yaml").write_text(yaml.safe_dump(_config(book), allow_unicode=True, sort_keys=False), "utf-8")
    return _truth(book)


def _titles(book: _Book) -> None:
    book.rows = [
        ["База клиентов ООО «Опт-Трейд»"],
        ["Обновлено:", date(2026, 11, 19), None, "Ответственный:", "Анна Ким"],
        [],
    ]
    book.merges.append("A1:H1")
    if book.rng.random() < 0.5:
        book.rows.append([None])
    book.rows.append(_header(book))
    book.header_row = len(book.rows)


def _header(book: _Book) -> list[Any]:
    return [HEADERS[name] for name in book.columns]


def _between(book: _Book, number: int) -> None:
    """Section rows, repeated headers and blank rows between the data."""
    if number % 55 == 0:
        book.rows.append([book.rng.choice(["2024 год", "2025 год", "Москва и область", "Юг", "Урал"])])
        width = book.rng.choice([3, 5, len(book.columns)])
        book.merges.append(f"A{len(book.rows)}:{get_column_letter(width)}{len(book.rows)}")
    elif number % 71 == 70:
        book.rows.append(_header(book))
    elif number % 47 == 46:
        book.rows.append([])


def _row(book: _Book, number: int) -> None:
    rng, row = book.rng, len(book.rows) + 1
    cells = {name: maker(book, number) for name, maker in _MAKERS.items()}
    _deal_cells(book, cells)
    if rng.random() < 0.1:
        cells["phone"], cells["email"] = blank(rng), blank(rng)
    for name in ("name", "manager", "stage"):
        if rng.random() < 0.03:
            cells[name] = blank(rng)
    cells["balance"] = Cell(f"={book.letter('amount')}{row}-{book.letter('paid_amount')}{row}")
    kinds = [(name, cell.kind) for name, cell in cells.items() if cell.kind]
    kinds += [(name, "required_blank") for name in ("name", "manager", "stage") if cells[name].is_blank]
    if cells["phone"].is_blank and cells["email"].is_blank:
        kinds.append(("phone", "required_blank"))
    key = str(cells["id"].means).casefold()
    if key in book.ids:
        kinds.append(("id", "duplicate_id"))
    book.ids.add(key)
    for name, kind in kinds:
        book.problems[SHEET, f"{book.letter(name)}{row}", kind] += 1
    book.valid += not any(kind not in WARNINGS for _, kind in kinds)
    book.rows.append([cells[name].value for name in book.columns])
    if rng.random() < 0.15:
        book.hidden.append(row)
    _note(book, row, {name: cell.means for name, cell in cells.items()}, answered=not cells["offer_answer"].is_blank)


def _note(book: _Book, row: int, means: dict[str, Any], *, answered: bool) -> None:
    """The row as the rules see it: a deal and a client."""
    stage, place = means["stage"], len(book.clients)
    kind = None if stage is None else "won" if stage == WON else "lost" if stage == LOST else "open"
    terms = (
        means["invoice_date"] + timedelta(means["terms_days"])
        if means["invoice_date"] and means["terms_days"] is not None
        else None
    )
    due = {"column": means["due_date"], "terms": terms, None: means["due_date"] or terms}[book.due]
    book.deals.append(
        Deal(
            SHEET, row, place, means["amount"], means["paid_amount"], means["invoice_date"], due, stage, kind,
            means["next_step_date"], means["lost_reason"], means["offer_date"], answered,
        )
    )  # fmt: skip
    period = means["purchase_period"]
    book.clients.append(
        Client(
            SHEET, row, means["revenue_total"] or Decimal(0), means["last_purchase_date"], period if period and period > 0 else DEFAULT_DAYS,
            means["mailing_consent"] is not False and not means["do_not_contact"], kind == "open", means["birthday"],
            set(means["phone"] or ()), {means["email"]} - {None},
        )
    )  # fmt: skip


def _truth(book: _Book) -> dict[str, Any]:
    deals, clients = book.deals, book.clients
    offered = [d for d in deals if d.stage == OFFER and d.offer and not d.answered and (TODAY - d.offer).days >= 3]
    tasks = [
        *common.tasks_of("overdue_payment", common.overdue(deals)),
        *common.tasks_of("invoice_followup", common.unpaid(deals, stage=INVOICE)),
        *common.tasks_of("offer_followup", offered),
        *common.tasks_of("no_next_step", [d for d in deals if d.kind == "open" and d.step is None]),
        *common.tasks_of("lost_no_reason", [d for d in deals if d.kind == "lost" and d.reason is None]),
        *common.tasks_of("reactivation", common.sleeping(clients)),
        *common.tasks_of("birthday", common.celebrating(clients)),
    ]
    return {
        "tasks": Counter(tasks), "problems": book.problems, "valid_clients": book.valid, "funnels": {"deals": common.funnel(deals, STAGES)},
        "abc": common.abc(clients), "ageing": common.ageing(deals), "duplicates": common.duplicates(clients),
        "outstanding": {(d.sheet, d.row): float(d.outstanding) for d in deals if d.amount},
        "header_rows": {SHEET: book.header_row}, "columns": {SHEET: {name: book.letter(name) for name in book.columns}},
        "rows": {SHEET: len(deals)},
    }  # fmt: skip


def _config(book: _Book) -> dict[str, Any]:
    money = {"revenue": "column", "purchases": "column", "paid": "column"}
    return {
        "workbook": "in.xlsx", "language": "ru", "country": "RU",
        "sheets": {
            SHEET: {
                "card": ["client", "deal"], "header_row": book.header_row,
                "columns": {name: book.letter(name) for name in book.columns},
                "required": ["name", "stage", "manager", {"any": ["phone", "email"]}],
            }
        },
        "funnels": {"deals": {"stages": STAGES, "won": WON, "lost": LOST, "offer": OFFER, "aliases": ALIASES}},
        "money": money | ({"due": book.due} if book.due else {}),
        "consent": "opt_out",
        "rules": {"reactivation": {"default_days": DEFAULT_DAYS}, "invoice_followup": {"stages": [INVOICE]}},
    }  # fmt: skip


def _foot(book: _Book) -> None:
    """Totals; below them remarks and rows that look like data but are none."""
    rng, last = book.rng, len(book.rows)
    if rng.random() < 0.5:
        book.rows.append([])
    column = book.letter("amount")
    totals: list[Any] = [None] * len(book.columns)
    totals[rng.choice([0, 1])] = rng.choice(["ИТОГО", "Итого:", "Всего", "Итого по базе"])
    totals[book.columns.index("amount")] = f"=SUM({column}{book.header_row + 1}:{column}{last})"
    book.rows += [totals, [], ["* суммы с НДС"], ["Архив", "Старый клиент ООО", "12345", "не звонить"]]
    book.rows.append([9001, "ООО Хвост", *(["Новый"] * 4)])


def _write(book: _Book, path: Path) -> None:
    workbook = Workbook()
    sheet = workbook.active
    sheet.title = SHEET
    for row, values in enumerate(book.rows, 1):
        for column, value in enumerate(values, 1):
            if value is not None:
                sheet.cell(row, column, value)
    for merge in book.merges:
        sheet.merge_cells(merge)
    for row in book.hidden:
        sheet.row_dimensions[row].hidden = True
    end = get_column_letter(len(book.columns))
    sheet.auto_filter.ref = f"A{book.header_row}:{end}{len(book.rows) - 6}"
    _side_table(book, sheet)
    workbook.save(path)


def _side_table(book: _Book, sheet: Any) -> None:
    """A table of managers to the right, beginning above the header and with a total of its own."""
    left = len(book.columns) + 2
    lines = [
        ["Менеджер", "План", "Телефон"],
        *([name, 100000 * place, f"+7 900 000-00-0{place}"] for place, name in enumerate(MANAGERS)),
    ]
    for row, line in enumerate([*lines, ["Итого", 600000, None], ["Статус", "Новый"]], book.header_row - 1):
        for column, value in enumerate(line, left):
            sheet.cell(row, column, value)


def _deal_cells(book: _Book, cells: dict[str, Cell]) -> None:
    """Dates, sums and answers that go with the stage, so that every rule finds something."""
    rng, stage = book.rng, cells["stage"].means
    if stage == OFFER and rng.random() < 0.85:
        cells["offer_date"] = common.day_cell(rng, TODAY - timedelta(rng.choice([0, 1, 2, 3, 3, 4, 10, 40])), past=True)
        cells["offer_answer"] = rng.choice([blank(rng), blank(rng), plain("нет"), plain("думают")])
    if stage in (INVOICE, "Договор", WON, LOST) and rng.random() < 0.85:
        cells["invoice_date"] = common.day_cell(
            rng, TODAY - timedelta(rng.choice([0, 1, 2, 3, 10, 35, 70, 130])), past=True
        )
        cells["due_date"] = common.day_cell(
            rng, TODAY + timedelta(rng.choice([-120, -91, -90, -61, -60, -31, -30, -1, 0, 1, 20]))
        )
        if rng.random() < 0.3:
            cells["due_date"] = blank(rng)
        if rng.random() < 0.6:
            cells["terms_days"] = common.number_cell(rng, rng.choice([0, 1, 2, 7, 10, 14, 30, 70]))
    amount = cells["amount"].means
    if amount and rng.random() < 0.4:
        part = rng.choice([amount, amount / 2, amount - Decimal("0.5"), amount + 10, Decimal(0)])
        cells["paid_amount"] = common.money_cell(rng, round(part, 2), "RUB", dirty=0.1)
    if rng.random() < 0.6:
        cells["next_step_date"] = common.day_cell(rng, TODAY + timedelta(rng.randint(-40, 60)))
    if rng.random() < 0.5:
        cells["lost_reason"] = plain(rng.choice(["дорого", "нет", "ушли к другим"]))


def _id(book: _Book, number: int) -> Cell:
    value: Any = 1000 + number
    if book.rng.random() < 0.03 and number > 5:
        value = 1000 + book.rng.randrange(number)
    return Cell(str(value) if book.rng.random() < 0.1 else value, value)


def _firm(book: _Book, number: int) -> Cell:
    return plain(common.spaced(book.rng, f"ООО «{book.rng.choice(FIRMS)}-{number}»"))


def _inn(book: _Book, _number: int) -> Cell:
    rng = book.rng
    head = [rng.randint(1, 9), *(rng.randint(0, 9) for _ in range(8))]
    check = sum(w * d for w, d in zip((2, 4, 10, 3, 5, 9, 4, 6, 8), head, strict=True)) % 11 % 10
    digits = "".join(map(str, head))
    roll = rng.random()
    if roll < 0.1:
        return blank(rng)
    if roll < 0.15:
        return Cell(
            rng.choice([f"{digits}{(check + 1) % 10}", digits, int(f"{digits}{(check + 3) % 10}"), "нет ИНН"]),
            None,
            "bad_tax_id",
        )
    right = f"{digits}{check}"
    return Cell(int(right) if rng.random() < 0.4 else right, right)


def _phone(book: _Book, _number: int) -> Cell:
    rng, roll = book.rng, book.rng.random()
    if roll < 0.05:
        return blank(rng)
    if roll < 0.1:
        return Cell(rng.choice(["12-34", "нет", "8 912 345", 912345, "+7 912 34"]), None, "bad_phone")
    one = rng.choice(book.phones) if book.phones and rng.random() < 0.04 else f"9{rng.randint(100000000, 999999999)}"
    book.phones.append(one)
    shown = rng.choice([_mobile(one, "+7"), _mobile(one, "8"), f"8{one}", one, f"7{one}", f"+7{one}"])
    if roll < 0.2:
        other = f"495{rng.randint(1000000, 9999999)}"
        joint = rng.choice(["; ", ", ", " / ", "\n", " или "])
        return Cell(
            f"{shown}{joint}8 (495) {other[3:6]}-{other[6:8]}-{other[8:]}", (f"+7{one}", f"+7{other}"), "several_phones"
        )
    if roll < 0.3:
        return Cell(int(rng.choice([one, f"7{one}", f"8{one}"])), (f"+7{one}",), "phone_as_number")
    if roll < 0.36:
        return Cell(shown + rng.choice([" доб. 12", ", доб. 345", " вн. 7", " ext 12", " (доб.101)"]), (f"+7{one}",))
    if roll < 0.38:
        return Cell("+375 29 123-45-67", ("+375291234567",))
    return Cell(shown, (f"+7{one}",))


def _mobile(ten: str, head: str) -> str:
    return f"{head} ({ten[:3]}) {ten[3:6]}-{ten[6:8]}-{ten[8:]}"


def _email(book: _Book, number: int) -> Cell:
    rng = book.rng
    if rng.random() < 0.25:
        return blank(rng)
    address = rng.choice(book.emails) if book.emails and rng.random() < 0.04 else f"zakaz.opt{number}@firma{number}.ru"
    book.emails.append(address)
    return common.email_cell(rng, address)


def _stage(book: _Book, _number: int) -> Cell:
    rng, stage = book.rng, book.rng.choice(STAGES)
    roll = rng.random()
    if roll < 0.05:
        return Cell(rng.choice(["в процессе", "???", "перезвонить"]), None, "unknown_value")
    if roll < 0.2:
        alias, stage = rng.choice(sorted(ALIASES.items()))
        return Cell(rng.choice([alias, alias.upper(), f" {alias} "]), stage)
    return Cell(rng.choice([stage, stage.upper(), stage.lower(), stage.replace("ё", "е"), stage + "\u00a0"]), stage)


def _past(least: int, most: int, share: float) -> Callable[[_Book, int], Cell]:
    def made(book: _Book, _number: int) -> Cell:
        if book.rng.random() > share:
            return blank(book.rng)
        return common.day_cell(book.rng, TODAY - timedelta(book.rng.randint(least, most)), past=True)

    return made


def _sum(share: float, least: int, most: int) -> Callable[[_Book, int], Cell]:
    def made(book: _Book, _number: int) -> Cell:
        if book.rng.random() > share:
            return rng_blank_or_zero(book.rng)
        return common.money_cell(book.rng, Decimal(book.rng.randint(least, most)) / 2, "RUB")

    return made


def rng_blank_or_zero(rng: Random) -> Cell:
    return rng.choice([blank(rng), Cell(0, Decimal(0))])


def _birthday(book: _Book, _number: int) -> Cell:
    rng = book.rng
    if rng.random() < 0.5:
        return blank(rng)
    if rng.random() < 0.05:
        return common.birthday_cell(rng, 2, 29)
    day = TODAY + timedelta(rng.choice([-1, 0, 1, 3, 6, 7, 8, rng.randint(9, 300)]))
    return common.birthday_cell(rng, day.month, day.day)


def _period(book: _Book, _number: int) -> Cell:
    rng = book.rng
    return blank(rng) if rng.random() < 0.5 else common.number_cell(rng, rng.choice([0, 14, 30, 45, 120]))


def _of(*values: Any, blanks: float = 0.0) -> Callable[[_Book, int], Cell]:
    def made(book: _Book, _number: int) -> Cell:
        return blank(book.rng) if book.rng.random() < blanks else plain(book.rng.choice(values))

    return made


def _consent(book: _Book, _number: int) -> Cell:
    answers = [
        Cell("да", True),
        Cell("Да", True),
        Cell("+", True),
        Cell("нет", False),
        Cell("НЕТ", False),
        Cell("согласен", True),
        Cell("абвг", None, "unknown_value"),
    ]
    return blank(book.rng) if book.rng.random() < 0.4 else book.rng.choice(answers)


def _stop(book: _Book, _number: int) -> Cell:
    marks = [Cell("стоп", True), Cell("да", True), Cell("x", True), Cell("нет", False), Cell("просил не звонить", True)]
    return blank(book.rng) if book.rng.random() < 0.85 else book.rng.choice(marks)


_MAKERS: dict[str, Callable[[_Book, int], Cell]] = {
    "id": _id, "name": _firm, "tax_id": _inn, "contact_person": _of(*PEOPLE, blanks=0.2), "phone": _phone, "email": _email,
    "city": _of("Москва", "Казань", "Тверь", blanks=0.2), "source": _of("Сайт", "Выставка", "Звонок", blanks=0.2), "stage": _stage,
    "amount": _sum(0.8, 2000, 3_000_000), "offer_date": _past(0, 200, 0.2), "offer_answer": _of("да", "нет", blanks=0.7),
    "invoice_date": _past(0, 200, 0.1), "due_date": lambda book, _: blank(book.rng), "terms_days": lambda book, _: blank(book.rng),
    "paid_amount": lambda book, _: rng_blank_or_zero(book.rng), "next_step": _of("перезвонить", "встреча", blanks=0.4),
    "next_step_date": lambda book, _: blank(book.rng), "lost_reason": lambda book, _: blank(book.rng),
    "manager": _of(*MANAGERS), "last_purchase_date": _past(0, 300, 0.6), "revenue_total": _sum(0.6, 2000, 9_000_000),
    "purchase_period": _period, "do_not_contact": _stop, "mailing_consent": _consent, "birthday": _birthday, "created": _past(0, 900, 0.9),
}  # fmt: skip
