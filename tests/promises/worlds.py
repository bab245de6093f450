"""A small firm's workbook in two makes, in memory and as a file, and its people's hands: everything they do is done by rows.

What a person sees is rows of values with headers; keys, identities and row numbers of the program are unknown here.
"""

from __future__ import annotations

import shutil
from datetime import date, datetime

import openpyxl

from sheets_crm.books.excel.book import ExcelBook
from sheets_crm.books.memory import MemoryBook
from sheets_crm.sync import run
from sheets_crm.sync.companion import written_file
from sheets_crm.sync.intake import open_config
from tests.books.untouched import assert_untouched

CLIENTS, DEALS = "Клиенты", "Сделки"
CLIENT_HEADERS = ["Клиент", "Телефон", "Менеджер"]
DEAL_HEADERS = [
    "Клиент", "Создана", "Этап", "Сумма", "Дата КП", "Ответ по КП", "Срок оплаты", "Оплачено", "Дата следующего шага",
    "Причина отказа", "Менеджер",
]  # fmt: skip
OPEN_STAGES, WON, LOST, OFFER = ("Новая", "КП отправлено", "Договор"), "Оплачено", "Отказ", "КП отправлено"
CONFIG = """\
workbook: {workbook}
country: RU
sheets:
  Клиенты:
    card: client
    header_row: 1
    columns: {{name: Клиент, phone: Телефон, manager: Менеджер}}
  Сделки:
    card: deal
    header_row: 1
    columns: {{client: Клиент, created: Создана, stage: Этап, amount: Сумма, offer_date: Дата КП, offer_answer: Ответ по КП,
      due_date: Срок оплаты, paid_amount: Оплачено, next_step_date: Дата следующего шага, lost_reason: Причина отказа, manager: Менеджер}}
funnels:
  deals: {{stages: [Новая, КП отправлено, Договор, Оплачено, Отказ], won: Оплачено, lost: Отказ, offer: КП отправлено}}
money: {{revenue: deals, purchases: deals, paid: column, due: column}}
rules: {{invoice_followup: false, reactivation: false, birthday: false}}
tasks: {{keep_closed_days: 3650, merge_reasons: {merge}{tasks}}}
{more}"""


class MemoryWorld:
    """The workbook lives in memory, its state in a folder."""

    has_files = False

    def __init__(self, folder, sheets, *, merge="false"):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.state = folder / ".sheets-crm"
        self.configure(merge=merge)
        self._make(sheets)

    def configure(self, *, merge="false", tasks="", more=""):
        """crm.yaml anew. tasks: more of its `tasks`, as it would stand there; more: other sections."""
        text = CONFIG.format(workbook="book.xlsx", merge=merge, tasks=tasks, more=more)
        (self.folder / "crm.yaml").write_text(text, encoding="utf-8")

    def _make(self, sheets):
        self.book = MemoryBook(sheets)

    def sync(self, today, **options):
        return run.sync(str(self.folder), today=today, book=self.book, **options)

    def plan(self, today):
        return run.plan(str(self.folder), today=today, book=self.book)

    def infos(self):
        return self.book.sheets()

    def tab(self):
        """The tasks tab's present name; None before the first sync."""
        return next((info.name for info in self.infos() if info.tab == "tasks"), None)

    def rows(self, sheet):
        return [list(row) for row in self.book._sheet(sheet).rows]

    def put(self, sheet, rows):
        """The sheet now holds these rows."""
        found = self.book._sheet(sheet)
        found.rows = [list(row) for row in rows]
        found.touched()

    def rename_sheet(self, old, new):
        self.book.rename(old, new)

    def died(self):
        """A run was killed: look where the tabs stand now."""

    def hide_rows(self, numbers):
        """A filter on the tasks tab shows no rows of these numbers."""

    def left_tab(self):
        """The tasks tab where it stood before: file, name and rows; None where there is none."""

    def look(self):
        """All that a sync may not change."""
        return {info.name: self.rows(info.name) for info in self.infos() if info.tab is None}

    def unchanged_since(self, look):
        assert self.look() == look, "the user's sheets changed"

    def stamp(self):
        """Changes with every write."""
        return self.book.fingerprint()

    # --- the state folder, as misfortune handles it -----------------------------------------------------------------

    def lose_state(self):
        shutil.rmtree(self.state, ignore_errors=True)

    def save_state(self):
        if self.state.exists():
            shutil.rmtree(self.folder / "old", ignore_errors=True)
            shutil.copytree(self.state, self.folder / "old")

    def bring_back_old_state(self):
        if (self.folder / "old").exists():
            self.lose_state()
            shutil.copytree(self.folder / "old", self.state)
            return True
        return False


class FileWorld(MemoryWorld):
    """The workbook is a real .xlsx, edited by another program (openpyxl) between the runs."""

    has_files = True

    def _make(self, sheets):
        self.path = self.tabs_at = self.folder / "book.xlsx"  # tabs_at: the file in which people see the tabs
        book = openpyxl.Workbook()
        book.remove(book.active)
        for name, rows in sheets.items():
            sheet = book.create_sheet(name)
            for row in rows:
                sheet.append(row)
        book.save(self.path)

    def sync(self, today, **options):
        self.asked = _bytes(self._target())
        done = run.sync(str(self.folder), today=today, **options)
        self.tabs_at = done.written_file
        return done

    def died(self):
        target = self._target()
        if _bytes(target) != self.asked:  # killed after the write
            self.tabs_at = target

    def hide_rows(self, numbers):
        book = openpyxl.load_workbook(self.tabs_at)
        sheet = book[self.tab()]
        for number in range(2, sheet.max_row + 1):
            sheet.row_dimensions[number].hidden = number in numbers
        book.save(self.tabs_at)

    def left_tab(self):
        companion = self.path.with_name("book — задачи.xlsx")
        other = companion if self.tabs_at == self.path else self.path
        found = [info.name for info in ExcelBook(other).sheets() if info.tab == "tasks"] if other.exists() else []
        return (other, found[0]) if found else None

    def rows_left(self, left):
        """The rows that stand there."""
        path, name = left
        return [
            [_plain(value) for value in row] for row in openpyxl.load_workbook(path)[name].iter_rows(values_only=True)
        ]

    def type_into_left(self, left, place, value):
        """One cell of a tab that was left; place: row and column, from 0."""
        path, name = left
        book = openpyxl.load_workbook(path)
        book[name].cell(place[0] + 1, place[1] + 1, value)
        book.save(path)

    def _target(self):
        """The file that the next run writes."""
        return written_file(open_config(str(self.folder)))

    def plan(self, today):
        return run.plan(str(self.folder), today=today)

    def infos(self):
        return ExcelBook(self.tabs_at).sheets()

    def _file(self, sheet):
        return self.path if sheet in (CLIENTS, DEALS) else self.tabs_at

    def rows(self, sheet):
        book = openpyxl.load_workbook(self._file(sheet))
        return [[_plain(value) for value in row] for row in book[sheet].iter_rows(values_only=True)]

    def put(self, sheet, rows):
        book = openpyxl.load_workbook(self._file(sheet))
        found = book[sheet]
        found.delete_rows(1, found.max_row + 1)
        for number, row in enumerate(rows, 1):
            for place, value in enumerate(row, 1):
                if value is not None:
                    found.cell(number, place, value).data_type = "s" if isinstance(value, str) else "n"
                if isinstance(value, date):
                    found.cell(number, place).value = value
        for table in found.tables.values():  # what Excel does when a header cell of a table is typed over
            for place, column in enumerate(table.tableColumns, 1):
                column.name = str(found.cell(1, place).value)
        book.save(self._file(sheet))

    def rename_sheet(self, old, new):
        book = openpyxl.load_workbook(self.tabs_at)
        book[old].title = new
        for name in book.defined_names.values():
            name.value = name.attr_text.replace(f"{old}!", f"{new}!").replace(f"'{old}'!", f"'{new}'!")
        book.save(self.tabs_at)

    def look(self):
        copy = self.folder / "before.xlsx"
        shutil.copyfile(self.path, copy)
        return copy

    def unchanged_since(self, look):
        if self.tabs_at != self.path:
            assert look.read_bytes() == self.path.read_bytes(), "the base changed, though the tabs stand elsewhere"
        assert_untouched(look, self.path, {info.name for info in ExcelBook(self.path).sheets() if info.tab})

    def stamp(self):
        return [(path.read_bytes(), path.stat().st_mtime_ns) for path in (self.path, self.tabs_at)]


def _bytes(path):
    return path.read_bytes() if path.exists() else b""


def _plain(value):
    return value.date() if isinstance(value, datetime) else value
