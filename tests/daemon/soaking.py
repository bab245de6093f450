"""A shop whose people work in a real file while the daemon runs and dies: what they did is remembered, and judged at the end.

People are known by name, marks by the words typed; no key of the program's is used. The manager's program behaves as Excel
does: a lock file beside the workbook, a whole new file in the old one's place.
"""

from __future__ import annotations

import io
import os
import random
import shutil
from collections import Counter
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import openpyxl

from sheets_crm.base.history import History
from sheets_crm.books.excel.book import ExcelBook
from sheets_crm.sync import run
from sheets_crm.sync.state import StateFolder
from tests.books.untouched import Parts, assert_untouched
from tests.daemon.processes import leftovers
from tests.promises.play import CLOSED, GONE, LABELS, NAMES, STATUSES, Deal
from tests.promises.worlds import (
    CLIENT_HEADERS,
    CLIENTS,
    DEAL_HEADERS,
    DEALS,
    LOST,
    OFFER,
    FileWorld,
)

SCHEDULE = "schedule: {every_minutes: 20, hours: 00:00-24:00, quiet_seconds: 10, longest_minutes: 240}\n"


class Shop:
    """folder: of the workbook. seed: of everything that happens by chance."""

    def __init__(self, folder, seed):
        self.rng = random.Random(seed)
        self.today = datetime.now(ZoneInfo("Europe/Moscow")).date()
        self.deals = [Deal(name, self._cells(name, number)) for number, name in enumerate(NAMES)]
        clients = [[deal.client, f"+7916000000{n}", "Ольга"] for n, deal in enumerate(self.deals)]
        deals = [[deal.cells[name] for name in DEAL_HEADERS] for deal in self.deals]
        world = FileWorld(folder, {CLIENTS: [CLIENT_HEADERS, *clients], DEALS: [DEAL_HEADERS, *deals]})
        self.folder, self.path, self.config = world.folder, world.path, folder / "crm.yaml"
        with self.config.open("a", encoding="utf-8") as file:
            file.write(SCHEDULE)
        self.saved = folder / "kept" / "saved.xlsx"  # the workbook as people saved it last
        self.saved.parent.mkdir()
        shutil.copyfile(self.path, self.saved)
        self.marks: dict[str, str] = {}  # comment -> status
        self.typed: list[str] = []  # what tasks typed by hand say
        self.number = 0

    def _cells(self, name, number):
        day = timedelta(days=1)
        return {
            "Клиент": name, "Создана": self.today - (60 + number) * day, "Этап": (OFFER, "Договор", LOST, "Новая", OFFER, "Договор")[number],
            "Сумма": 1000 * (number + 1), "Дата КП": self.today - (20 + number) * day, "Ответ по КП": None,
            "Срок оплаты": self.today - (5 + number) * day, "Оплачено": None, "Дата следующего шага": None, "Причина отказа": None,
            "Менеджер": ("Ольга", "Пётр")[number % 2],
        }  # fmt: skip

    # --- people -----------------------------------------------------------------------------------------------------

    def tab(self):
        """The tasks tab's name; None before the first run."""
        return next((info.name for info in ExcelBook(self.path).sheets() if info.tab == "tasks"), None)

    def work(self):
        """Somebody opens the workbook, does one to three things and saves it."""
        lock = self.path.with_name(f"~${self.path.name}")
        lock.write_bytes(b"\5Olga!" + bytes(159))
        try:
            tab = self.tab()
            data = self.path.read_bytes()
            book = openpyxl.load_workbook(io.BytesIO(data))
            for _ in range(self.rng.randint(1, 3)):
                self.rng.choice((self._mark, self._mark, self._type_a_task, self._edit_a_deal))(book, tab)
            self._save(book)
        finally:
            lock.unlink()

    def _save(self, book):
        beside = self.path.with_name("saving.bin")
        book.save(beside)
        with beside.open("rb") as file:
            os.fsync(file.fileno())
        shutil.copyfile(beside, self.saved)
        beside.replace(self.path)

    def _rows(self, sheet):
        head, *rows = sheet.iter_rows()
        places = {cell.value: cell.column for cell in head if cell.value}
        return places, [row[0].row for row in rows if any(cell.value is not None for cell in row)]

    def _mark(self, book, tab):
        if tab is None:
            return
        sheet = book[tab]
        head, rows = self._rows(sheet)
        free = [row for row in rows if not sheet.cell(row, head["Комментарий"]).value]
        if not free:
            return
        row, status = self.rng.choice(free), self.rng.choice(STATUSES)
        sheet.cell(row, head["Статус"]).value = status
        sheet.cell(row, head["Комментарий"]).value = self._said("отметка", self.marks, status)

    def _type_a_task(self, book, tab):
        if tab is None:
            return
        sheet = book[tab]
        head, rows = self._rows(sheet)
        self.number += 1
        words = f"своё дело №{self.number}"
        self.typed.append(words)
        sheet.cell(max(rows, default=1) + 1, head["Что сделать"]).value = words

    def _edit_a_deal(self, book, _tab):
        sheet = book[DEALS]
        head, rows = self._rows(sheet)
        row = self.rng.choice(rows)
        sheet.cell(row, head["Сумма"]).value += 100

    def _said(self, stem, kept, value):
        self.number += 1
        comment = f"{stem} №{self.number}"
        kept[comment] = value
        return comment

    # --- the judge --------------------------------------------------------------------------------------------------

    def judged(self):
        """Everything that must hold once nothing is owed any more; asserts it, returns how much there was of what."""
        Parts(self.path)  # opens, every check sum right, no name twice
        ours = {info.name for info in ExcelBook(self.path).sheets() if info.tab}
        assert_untouched(self.saved, self.path, ours)
        tab = self.tab()
        head, *rows = [list(row) for row in openpyxl.load_workbook(self.path)[tab].iter_rows(values_only=True)]
        rows = [dict(zip(head, row, strict=True)) for row in rows if any(value is not None for value in row)]
        said = Counter(row["Комментарий"] for row in rows if row["Комментарий"])
        assert said == Counter(dict.fromkeys(self.marks, 1)), "a mark is lost or doubled"
        for row in rows:
            if row["Комментарий"]:
                assert row["Статус"] == self.marks[row["Комментарий"]], row["Комментарий"]
        typed = Counter(row["Что сделать"] for row in rows if row["Что сделать"] in set(self.typed))
        assert typed == Counter(self.typed), "a task typed by hand is lost or doubled"
        live = Counter(
            (row["Клиент"], row["Правило"])
            for row in rows
            if row["Правило"] and not str(row["Почему"] or "").startswith(GONE)
        )
        wanted = Counter((deal.client, label) for deal in self.deals for label, _ in deal.reasons(self.today))
        assert live == wanted, (live - wanted, wanted - live)
        assert len(wanted) > len(LABELS)
        self._history()
        state = StateFolder(self.folder / ".sheets-crm")
        with state.lock(), state.lock(name="daemon.lock"):
            assert leftovers(self.folder) == [], "unfinished files"
        assert run.sync(str(self.folder)).written == (), "one more run writes"
        assert list((self.folder / ".sheets-crm").glob("history.damaged*")) == []
        return {
            "marks": len(self.marks),
            "typed": len(self.typed),
            "closed": sum(row["Статус"] in CLOSED for row in rows),
        }

    def _history(self):
        with History.open(self.folder / ".sheets-crm") as history:
            events = history.table("task_events")
        comments = Counter(events.filter(events["what"] == "comment")["new"].to_list())
        assert {comment: comments[comment] for comment in self.marks} == dict.fromkeys(self.marks, 1), (
            "history says it once"
        )
