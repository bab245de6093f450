"""The moment between our last look and our write, again and again: whatever colleagues do in it, each mark stays with its task.

The process may die at any write; the next one is on another machine. SHEETS_CRM_LONG=600 plays for so many seconds.
"""

import tempfile
import time
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sheets_crm.books.model import FingerprintChanged, WritePlan
from sheets_crm.books.tab import Tab, TabColumn, Table
from tests.google.dying import dying
from tests.google.emulator import Emulator
from tests.google.whole import google_book
from tests.promises.lives import LONG_S
from tests.promises.play import Killed

TAB = "Задачи"
HEAD = ["Статус", "Что сделать", "Итог", "Комментарий", "Ключ"]
STATUS, TODO, RESULT, COMMENT, KEY = range(5)
ACTIONS = ("type", "sort", "insert", "write", "delete", "column", "mark_done")
ACTS = st.tuples(st.sampled_from(ACTIONS), st.integers(0, 8))
PLANS = st.fixed_dictionaries({
    "rows": st.integers(2, 7),
    "gone": st.sets(st.integers(0, 6), max_size=3),
    "changed": st.sets(st.integers(0, 6), max_size=4),
    "freed": st.sets(st.integers(0, 6), max_size=3),  # the program empties what a manager chose: the next step
    "new": st.integers(0, 2),
    "turned": st.booleans(),
    "first": st.lists(ACTS, min_size=1, max_size=2),
    "second": st.lists(ACTS, max_size=1),
    "dies": st.none() | st.tuples(st.integers(1, 4), st.booleans()),  # at which write, is it applied before?
    "later": st.lists(ACTS, max_size=2),  # before the next run comes
    "fault": st.sampled_from((None, None, "reset_after", "reset", "html_after")),
    "contrary": st.sampled_from(((), (), ("silent", "full"), ("omit", "own ids"))),
})  # fmt: skip


def drawn(rows):
    """The tab: rows of (status, todo, result, comment, key)."""
    status, todo, result, comment, keys = (pl.Series(part, dtype=pl.String) for part in zip(*rows, strict=True))
    columns = (
        TabColumn("status", HEAD[0], status, manager=True), TabColumn("todo", HEAD[1], todo),
        TabColumn("result", HEAD[2], result, manager=True), TabColumn("comment", HEAD[3], comment, manager=True),
        TabColumn("key", HEAD[4], keys, hidden=True),
    )  # fmt: skip
    return Tab("tasks", TAB, (Table("crm_tasks", columns),))


class Moment:
    """A spreadsheet in which managers have marked every task, and the model of what has to stand there in the end."""

    def __init__(self, google, key, plan):
        self.google, self.plan, self.key = google, plan, key
        number = google.add_book({"Клиенты": [["Клиент"], ["Анна"]]})
        self.book, self.anna = google_book(google, number, key), google.person(number)
        self.said = {f"k{n}": f"сказал {n}" for n in range(plan["rows"])}
        self.result = {f"k{n}": f"итог {n}" for n in range(plan["rows"])}
        self.status = {f"k{n}": "Новая" for n in range(plan["rows"])}
        self.mine, self.deleted, self.freed = [], set(), set()
        rows = [("Новая", f"дело {n}", f"итог {n}", f"сказал {n}", f"k{n}") for n in range(plan["rows"])]
        self.book.apply(WritePlan((drawn(rows),), self.book.fingerprint()))

    def stands(self):
        """Rows of the tab by the position of our columns."""
        head, *rows = self.anna.rows(TAB)
        places = [head.index(name) for name in HEAD]
        return [[row[place] if place < len(row) else None for place in places] for row in rows]

    def act(self, what, number):
        """A colleague's move."""
        rows = self.anna.rows(TAB)
        place = number % max(len(rows) - 1, 1) + 2
        line = self.stands()[place - 2] if len(rows) > 1 else [None] * 5
        if what == "sort":
            self.anna.sort(TAB, (STATUS, TODO, COMMENT, KEY)[number % 4], descending=bool(number % 2))
        elif what == "insert":
            self.anna.insert_rows(TAB, place)
        elif what == "write":
            self.anna.insert_rows(TAB, place)
            self.mine.append(f"своё {len(self.mine)}")
            self.anna.type(TAB, place, TODO, self.mine[-1])
        elif what == "column":
            self.anna.type(TAB, 1, 5, "Скидка")
            self.anna.type(TAB, place, 5, "5 %")
        elif line[KEY] is None:
            return
        elif what == "delete":
            self.anna.delete_rows(TAB, place)
            self.deleted.add(line[KEY])
        elif what == "type":
            self.said[line[KEY]] = f"иначе {number} {time.monotonic_ns()}"
            self.anna.type(TAB, place, COMMENT, self.said[line[KEY]])
        elif what == "mark_done":
            self.status[line[KEY]] = "Сделана"
            self.anna.type(TAB, place, STATUS, "Сделана")

    def planned(self):
        """What a run draws of what it reads: changes, next steps, new and closed tasks."""
        expected = self.book.fingerprint()
        grid = self.book.read([TAB])[TAB]
        read = {grid.cell(row, KEY): [grid.cell(row, n) for n in range(5)] for row in range(2, grid.height + 1)}
        rows = []
        for n in range(self.plan["rows"]):
            row = read.get(f"k{n}", ["Новая", None, None, None, f"k{n}"])
            if n in self.plan["gone"] or (f"k{n}" not in read and f"k{n}" in self.deleted):
                continue
            row[TODO] = f"дело {n}" + " снова" * (n in self.plan["changed"])
            if n in self.plan["freed"] and row[RESULT] == f"итог {n}":
                row[RESULT] = None
            rows.append(tuple(row))
        rows += [
            tuple(read.get(f"n{n}", ("Новая", f"новое {n}", None, None, f"n{n}"))) for n in range(self.plan["new"])
        ]
        rows = rows or [tuple(read.get("z", ("Новая", "последнее", None, None, "z")))]
        return WritePlan((drawn(rows[::-1] if self.plan["turned"] else rows),), expected), rows

    def run(self):
        """As a run does it: again where the workbook changed meanwhile."""
        for nth, acts in enumerate((self.plan["first"], self.plan["second"]), 1):
            for act in acts:
                self.google.faults.before(lambda act=act: self.act(*act), method="write", nth=nth)
        if self.plan["fault"]:
            self.google.faults.add(self.plan["fault"], method="write", nth=1)
        self.google.contrary = self.plan["contrary"]
        self.dies()
        for _ in range(6):
            plan, rows = self.planned()
            try:
                self.book.apply(plan)
            except FingerprintChanged:
                continue
            self.google.faults.clear()
            plan, rows = self.planned()  # what people did in the moment itself is read by the next run
            self.book.apply(plan)
            return rows
        raise AssertionError("it never stood still")

    def dies(self):
        """Runs until one of them dies, and what people do until the next one comes."""
        if self.plan["dies"] is None:
            return
        nth, applied = self.plan["dies"]
        try:
            with dying(nth, applied=applied):
                for _ in range(4):
                    try:
                        self.book.apply(self.planned()[0])
                    except FingerprintChanged:
                        continue
        except Killed:
            self.google.faults.clear()
            for act in self.plan["later"]:
                self.act(*act)
            self.book = google_book(self.google, self.book.id, self.key)

    def check(self, rows):
        standing = [row for row in self.stands() if any(row)]
        keyed = {row[KEY]: row for row in standing if row[KEY]}
        loose = [row for row in standing if not row[KEY]]
        assert len(keyed) + len(loose) == len(standing), "a task stands twice"
        assert sorted(row[TODO] for row in loose) == sorted(self.mine), "rows typed by hand"
        assert all(not row[COMMENT] for row in loose), "a mark stands in somebody's own row"
        assert {row[KEY] for row in rows} == set(keyed)
        for status, todo, result, comment, key in rows:
            assert keyed[key] == [status, todo, result, comment, key]
            if key in self.said and key not in self.deleted:
                assert comment == self.said[key], f"{key} lost what was said of it"
                assert status == self.status.get(key, "Новая")
                freed = int(key[1:]) in self.plan["freed"]
                assert result == (None if freed else self.result.get(key))
        assert len(self.google.document(self.book.id).sheets) == 2, "a sheet of ours was left behind"


@pytest.fixture(scope="module")
def google():
    with Emulator() as google, tempfile.TemporaryDirectory() as folder:
        yield google, google.key_file(Path(folder) / "key.json")
        assert google.complaints == []


QUIET = {
    "deadline": None, "suppress_health_check": list(HealthCheck), "phases": (Phase.explicit, Phase.generate, Phase.shrink),
}  # fmt: skip


BUSY = {
    "rows": 6, "gone": {1}, "changed": {0, 2, 4}, "freed": {3}, "new": 1, "turned": False, "fault": None, "contrary": (), "later": [],
}  # fmt: skip


def lived(google, plan):
    """A moment, and what has to stand after it."""
    google[0].contrary = ()
    google[0].faults.clear()
    moment = Moment(*google, plan)
    moment.check(moment.run())
    return moment


@pytest.mark.parametrize("number", [1, 4] if LONG_S else [1])
@pytest.mark.parametrize("what", ACTIONS)
def test_a_process_that_died_after_a_write_in_somebodys_way(google, what, number):
    lived(google, BUSY | {"first": [(what, number)], "second": [], "dies": (1, True)})


@pytest.mark.parametrize("dies", [(2, True), (3, False), (2, False), (3, True)][: 4 if LONG_S else 2])
@pytest.mark.parametrize("what", ACTIONS)
def test_a_process_that_died_in_the_middle_of_its_amends(google, what, dies):
    lived(google, BUSY | {"first": [("sort", 5)], "second": [(what, 1)], "dies": dies})


def test_columns_laid_out_anew_while_somebody_types(google):
    """What was typed under an old header does not come to stand under a new one."""
    google[0].contrary = ()
    google[0].faults.clear()
    moment = Moment(*google, BUSY | {"first": [], "second": [], "dies": None})
    plan, _ = moment.planned()
    table = plan.tabs[0].tables[0]
    status, todo, result, comment, key = table.columns
    swapped = replace(table, columns=(status, comment, result, todo, key))
    google[0].faults.before(lambda: moment.act("type", 3), method="write", nth=1)
    with pytest.raises(FingerprintChanged):
        moment.book.apply(WritePlan((replace(plan.tabs[0], tables=(swapped,)),), plan.expected))
    assert moment.anna.rows(TAB)[0] == HEAD
    assert {row[KEY]: row[COMMENT] for row in moment.stands() if any(row)} == moment.said


def quiet(google, **plan):
    """A moment in which nobody has done anything yet, and the tab as the next run draws it."""
    google[0].contrary = ()
    google[0].faults.clear()
    moment = Moment(*google, BUSY | {"first": [], "second": [], "dies": None, "turned": True, **plan})
    return moment, moment.planned()[0]


def wider(plan):
    """The same tab with a column that a manager added."""
    table = plan.tabs[0].tables[0]
    own = TabColumn("own", "Скидка", pl.Series([None] * len(table.columns[0].values), dtype=pl.String), manager=True)
    return replace(plan, tabs=(replace(plan.tabs[0], tables=(replace(table, columns=(*table.columns, own)),)),))


@pytest.mark.parametrize("what", ["type", "write"])
def test_a_tab_that_becomes_narrower_while_somebody_types(google, what):
    """Its rows are laid out anew under the same headers: none may take over what was said of another."""
    moment, plan = quiet(google)
    moment.anna.type(TAB, 1, len(HEAD), "Скидка")
    moment.book.apply(replace(wider(plan), expected=moment.book.fingerprint()))
    moment.anna.type(TAB, 1, len(HEAD), None)
    plan, _ = moment.planned()
    said = {row[KEY]: row[COMMENT] for row in moment.stands() if row[KEY]}
    google[0].faults.before(lambda: moment.act(what, 3), method="write", nth=1)
    with pytest.raises(FingerprintChanged):
        moment.book.apply(plan)
    rows = [row for row in moment.stands() if any(row)]
    assert {row[KEY]: row[COMMENT] for row in rows if row[KEY]} == {key: moment.said.get(key) for key in said}
    assert sorted(row[TODO] for row in rows if not row[KEY]) == moment.mine


def test_a_column_that_somebody_adds_moves_no_row(google):
    """In the middle of a day rows keep their places, though the tab is one column wider now."""
    moment, plan = quiet(google, new=0, gone=set())
    before = [row[KEY] for row in moment.stands() if any(row)]
    moment.anna.type(TAB, 1, len(HEAD), "Скидка")
    moment.anna.type(TAB, 2, len(HEAD), "5 %")
    plan = wider(moment.planned()[0])
    moment.book.apply(plan)
    assert [row[KEY] for row in moment.stands() if any(row)] == before


def test_each_mark_stays_with_its_task(google):
    until = time.monotonic() + LONG_S

    @settings(max_examples=300 if LONG_S else 25, derandomize=not LONG_S, database=None, **QUIET)
    @given(plan=PLANS)
    def once(plan):
        lived(google, plan)

    once()
    while time.monotonic() < until:
        once()
