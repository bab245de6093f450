"""A made workbook of a Russian distributor: one sheet where each row is a client and their deal at once, with the expected result.

`make(seed, folder)` writes in.xlsx and crm.yaml and returns the truth. Titles, sections merged over the first columns, repeated
headers, hidden and filtered rows, a table of managers to the right, totals with junk below: everything that such sheets have.
"""

from __future__ import annotations

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
from tests.golden.flat_cells import ALIASES, INVOICE, LOST, MAKERS, MANAGERS, OFFER, STAGES, WON, Pen, deal_cells
from tests.golden.make_common import TODAY, WARNINGS, Cell, Client, Deal, blank

SHEET = "База клиентов"
HEADERS = {
    "id": "№", "name": "Компания", "tax_id": "ИНН", "contact_person": "Контактное лицо", "phone": "Телефон", "email": "E-mail",
    "city": "Город", "source": "Источник", "stage": "Статус", "amount": "Сумма сделки, руб.", "offer_date": "Дата КП",
    "offer_answer": "Ответ по КП", "invoice_date": "Дата счёта", "due_date": "Оплатить до", "terms_days": "Отсрочка, дн.",
    "paid_amount": "Оплачено", "balance": "Остаток", "next_step": "Следующий шаг", "next_step_date": "Дата шага",
    "lost_reason": "Причина отказа", "manager": "Менеджер", "last_purchase_date": "Последняя покупка",
    "revenue_total": "Куплено всего", "purchase_period": "Периодичность, дн.", "do_not_contact": "Стоп-лист",
    "mailing_consent": "Согласие на рассылку", "birthday": "День рождения", "created": "Дата обращения",
}  # fmt: skip
DEFAULT_DAYS = 60
DUE = ("column", "terms", None)  # what the configuration says, by seed


@dataclass
class _Book(Pen):
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
    cells = {name: maker(book, number) for name, maker in MAKERS.items()}
    deal_cells(book, cells)
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
