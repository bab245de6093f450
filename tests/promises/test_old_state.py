"""Promise 3 where the state is lost, or put back from any earlier day, whole or in part: no mark goes, no task comes twice."""

from __future__ import annotations

import shutil
from datetime import date, timedelta

import openpyxl
import pytest

from sheets_crm.base.history import History
from sheets_crm.sync import run
from tests.promises.firm import CLIENTS, DEALS, configure, plain, tab_rows

TODAY = date(2026, 11, 20)
KEPT = ["history.db", "snapshots", "columns.json", "last-run.json", ""]


class Firm:
    """A workbook whose people mark, edit and sort, day after day; after each day a copy of the state folder is kept."""

    def __init__(self, folder, day=0):
        self.folder, self.path, self.day = folder, folder / "firm.xlsx", day
        self.state, self.copies = folder / ".sheets-crm", folder / "copies"
        configure(folder, self.path.name)

    def sync(self):
        return run.sync(str(self.folder), today=TODAY + timedelta(days=self.day))

    def live(self):
        """A run, at the end of a day."""
        self.sync()
        shutil.copytree(self.state, self.copies / str(self.day))
        self.day += 1

    def edit(self, sheet, **cells):
        book = openpyxl.load_workbook(self.path)
        for cell, value in cells.items():
            book[sheet][cell] = value
        book.save(self.path)

    def mark(self, client, rule, **marks):
        """Marks in the row of a client's task."""
        book = openpyxl.load_workbook(self.path)
        sheet = book["Задачи"]
        heads = {cell.value: cell.column for cell in sheet[1]}
        row = next(
            row for row in range(2, sheet.max_row + 1)
            if (sheet.cell(row, heads["Клиент"]).value, sheet.cell(row, heads["Правило"]).value) == (client, rule)
        )  # fmt: skip
        for name, value in marks.items():
            sheet.cell(row, heads[name]).value = value
        book.save(self.path)

    def write_own(self, todo):
        book = openpyxl.load_workbook(self.path)
        sheet = book["Задачи"]
        heads = {cell.value: cell.column for cell in sheet[1]}
        sheet.cell(sheet.max_row + 1, heads["Что сделать"]).value = todo
        book.save(self.path)

    def put_back(self, day, part):
        """The state of that day, or a part of it, takes the place of today's; None: it is deleted."""
        where = self.state / part if part else self.state
        shutil.rmtree(where) if where.is_dir() else where.unlink(missing_ok=True)
        if day is not None:
            kept = self.copies / str(day) / part if part else self.copies / str(day)
            shutil.copytree(kept, where) if kept.is_dir() else shutil.copyfile(kept, where)

    def rows(self):
        """(client, rule, to do) -> status, outcome, comment of every row of the Tasks tab."""
        found = {}
        for row in tab_rows(self.path, "Задачи"):
            what = (row["Клиент"], row["Правило"], row["Что сделать"])
            assert what not in found, f"doubled: {what}"
            found[what] = (row["Статус"], row["Результат"], row["Комментарий"])
        return found

    def events(self):
        with History.look(self.state) as history:
            return history.table("task_events")


@pytest.fixture
def lived(life, tmp_path):
    """The firm after five days, for this test alone."""
    shutil.copytree(life.folder, tmp_path / "firm")
    return Firm(tmp_path / "firm", day=4)


@pytest.fixture(scope="module")
def life(tmp_path_factory):
    """Five days of a firm's life: marks, an own task, edits, a key that changes, a sort, a task that ends."""
    folder = tmp_path_factory.mktemp("life")
    plain(folder / "firm.xlsx", [list(row) for row in CLIENTS], [list(row) for row in DEALS])
    firm = Firm(folder)
    firm.live()
    firm.mark("Вера Ильинична Гущина", "Просроченная оплата", Статус="В работе", Комментарий="обещала в среду")
    firm.write_own("Заказать бумагу")
    firm.edit("Сделки", D3=7100)
    firm.live()
    firm.mark("ООО «Ромашка»", "Предложение без ответа", Статус="Сделана", Результат="Думают")
    firm.edit("Клиенты", B2="+7 916 999-00-00", H6="Пётр")
    firm.live()
    firm.edit("Сделки", I5=7, C4="КП отправлено")
    book = openpyxl.load_workbook(firm.path)  # the owner sorts the deals
    sheet = book["Сделки"]
    deals = sorted(
        (tuple(cell.value for cell in row) for row in sheet.iter_rows(min_row=2)), key=lambda row: str(row[0])
    )
    for number, row in enumerate(deals, 2):
        for place, value in enumerate(row, 1):
            sheet.cell(number, place).value = value
    book.save(firm.path)
    firm.live()
    firm.mark("Jane Doe", "Отказ без причины", Комментарий="спросить Ольгу")
    firm.live()
    return firm


FEW = [
    (None, "history.db"),
    (None, ""),
    (1, "history.db"),
    (0, ""),
]  # of every run of the tests; the others take a minute
MANY = [(day, part) for day in (None, 0, 1, 2, 3) for part in KEPT if (day, part) not in FEW]


@pytest.mark.parametrize(("day", "part"), [*FEW, *(pytest.param(*one, marks=pytest.mark.slow) for one in MANY)])
def test_no_mark_is_lost_and_no_task_doubled(lived, day, part):
    before = lived.rows()
    assert len(before) >= 5
    lived.put_back(day, part)
    lived.sync()
    assert lived.rows() == before
    assert lived.sync().written == ()
    events = lived.events()
    comments = events.filter(events["what"] == "comment")["new"].to_list()
    assert sorted(comments) == ["обещала в среду", "спросить Ольгу"]  # each of them once
    assert events.select("key", "what", "number").is_unique().all()
    lived.mark("Вера Ильинична Гущина", "Просроченная оплата", Комментарий="обещала в пятницу")
    lived.sync()
    assert lived.rows().keys() == before.keys()
    assert "обещала в пятницу" in [row[2] for row in lived.rows().values()]


@pytest.mark.parametrize(
    "parts", [("history.db", "columns.json"), ("snapshots", "last-run.json"), ("snapshots", "history.db")]
)
@pytest.mark.parametrize("days", [(0, 2), (2, 0), (None, 1), (1, None)])
def test_parts_of_different_days_do_no_harm(lived, parts, days):
    before = lived.rows()
    for part, day in zip(parts, days, strict=True):
        lived.put_back(day, part)
    lived.sync()
    assert lived.rows() == before
    assert lived.sync().written == ()


def test_a_workbook_from_a_backup_speaks_for_itself(lived):
    """A newer history meets an older workbook: the marks that stand in it count, and history tells of both."""
    from sheets_crm.sync import copies

    names = [copy.name for copy in copies.listed(str(lived.folder))]
    copies.restored(str(lived.folder), names[0], None)
    lived.sync()
    lived.sync()
    events = lived.events()
    for _, part in events.group_by("key", "what", maintain_order=True):
        values = part.sort("number")
        assert values["old"].to_list()[1:] == values["new"].to_list()[:-1]
