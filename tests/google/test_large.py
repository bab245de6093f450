"""A large tab that changes by what differs: after any change it equals one written as a whole, cell for cell, at little cost."""

import random
import tempfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sheets_crm.books.google import difference, filling, large
from sheets_crm.books.google.access import who
from sheets_crm.books.google.api import Api
from sheets_crm.books.google.book import GoogleBook
from sheets_crm.books.google.places import known_places
from sheets_crm.books.google.settings import Calling
from sheets_crm.books.model import WritePlan
from sheets_crm.books.tab import Style, Tab, TabColumn, Table
from sheets_crm.errors import OwnerError, WorkbookBusy
from tests.google.emulator import Emulator, differences

BASE, TAB = "Клиенты", "Карточки"
TEXTS = ("Анна", "'07", "=1+1", "+79160000000", "007", "TRUE", "1e5", "две\nстроки", "№ 5", "01.02.2026")
FOREVER = {"times": 99}


class Firm:
    """Clients as rows of [number, name, manager, revenue, debt]; the tab shows them sorted, with their row in the base."""

    def __init__(self, count, seed=0):
        self.random = random.Random(seed)
        self.rows = [self.client(number) for number in range(count)]
        self.last, self.linked, self.wide, self.money, self.by = count, True, False, "#,##0", 3

    def client(self, number):
        return [number, f"{self.random.choice(TEXTS)} {number}" if number % 3 else self.random.choice(TEXTS),
                f"М{number % 4}", self.random.randrange(200) * 50, 0.0]  # fmt: skip

    def tab(self):
        order = sorted(range(len(self.rows)), key=lambda at: (self.rows[at][self.by], at), reverse=self.by == 3)
        places = [f"A{at + 2}" for at in order]
        number, name, manager, revenue, debt = (
            [self.rows[at][column] for at in order] if order else [] for column in range(5)
        )
        links = pl.Series([f"'{BASE}'!{place}" for place in places], dtype=pl.String) if self.linked else None
        columns = [
            TabColumn("client", "Клиент", pl.Series(name, dtype=pl.String), links=links, style=Style(underline=True)),
            TabColumn("manager", "Менеджер", pl.Series(manager, dtype=pl.String)),
            TabColumn("revenue", "Выручка", pl.Series(revenue, dtype=pl.Float64), style=Style(format=self.money)),
            TabColumn("debt", "Долг", pl.Series(debt, dtype=pl.Float64)),
            TabColumn("big", "Крупный", pl.Series([one > 5000 for one in revenue], dtype=pl.Boolean)),
            TabColumn("source", "Источник", pl.Series([f"{BASE}!{place}" for place in places], dtype=pl.String)),
        ]  # fmt: skip
        if self.wide:
            columns.insert(2, TabColumn("number", "Номер", pl.Series(number, dtype=pl.Int64), width=30))
        return Tab("clients", TAB, (Table("crm_clients", tuple(columns)),), freeze=(1, 1))

    # --- what happens to it

    def change(self, at):
        self.rows[at % len(self.rows)][3] = self.random.randrange(200) * 50

    def rename(self, at):
        self.rows[at % len(self.rows)][1] = self.random.choice(TEXTS)

    def owe(self, at):
        for row in self.rows[at % len(self.rows) :]:
            row[4] += 10.5

    def add(self, at):
        self.last += 1
        self.rows.insert(at % (len(self.rows) + 1), self.client(self.last))

    def append(self, _):
        self.add(len(self.rows))

    def remove(self, at):
        if len(self.rows) > 2:
            del self.rows[at % len(self.rows)]

    def halve(self, at):
        self.rows = self.rows[: max(2, len(self.rows) - at)]

    def turn(self, _):
        self.by = 1 if self.by == 3 else 3

    def widen(self, _):
        self.wide = not self.wide

    def repaint(self, _):
        self.money = "0.00" if self.money == "#,##0" else "#,##0"

    def unlink(self, _):
        self.linked = not self.linked


MOVES = ("change", "rename", "owe", "add", "append", "remove", "halve", "turn", "widen", "repaint", "unlink")


def write(book, tab):
    return book.apply(WritePlan((tab,), book.fingerprint()))


def shown(google, book, width):
    """Cells of the tab with their types, formats and links; addresses by the title of the sheet they lead to."""
    sheet, base = google.sheet(book, TAB), google.sheet(book, BASE).id
    height = max(
        (number + 1 for number, row in enumerate(sheet.rows) if any(v is not None for v in row.values[:width])),
        default=0,
    )
    return [
        [(type(sheet.value(row, column)).__name__, sheet.value(row, column), _look(sheet.more(row, column), base))
         for column in range(width)]
        for row in range(height)
    ]  # fmt: skip


def _look(more, base):
    return repr((more.format, more.note, more.validation, more.formula)).replace(f"#gid={base}&", "#base&")


def opened(google, number):
    """A spreadsheet, through the door that all of them share."""
    return GoogleBook(google.door, number)


def as_a_whole(google, tab):
    """The same tab in a spreadsheet of its own, written at once."""
    number = google.add_book({BASE: [["Клиент"], ["Анна"]]})
    room, large.AT_ONCE = large.AT_ONCE, 10**9
    try:
        write(opened(google, number), tab)
    finally:
        large.AT_ONCE = room
    return shown(google, number, len(tab.tables[0].columns))


@pytest.fixture(scope="module")
def google():
    with Emulator() as google, tempfile.TemporaryDirectory() as folder:
        key = google.key_file(Path(folder) / "key.json")
        calling = Calling(
            endpoint=google.url, base_s=0.002, total_s=20, attempts=3, reads_per_minute=0, writes_per_minute=0
        )
        google.door = Api(who(key, None), calling)
        yield google
        assert google.complaints == []


@pytest.fixture(autouse=True)
def _quiet(google):
    yield
    google.faults.clear()
    google.contrary = frozenset()


@pytest.fixture
def small(monkeypatch):
    """Everything is large, and little fits into a request."""
    monkeypatch.setattr(large, "AT_ONCE", 12)
    monkeypatch.setattr(difference, "_FEW", 0)
    monkeypatch.setattr(filling, "MOST_BYTES", 900)
    monkeypatch.setattr(filling, "_LATE", 300)
    monkeypatch.setattr(filling, "_LINKS", 7)
    monkeypatch.setattr(filling, "_CELLS", 40)
    return monkeypatch


def start(google, firm):
    number = google.add_book({BASE: [["Клиент"], ["Анна"]]})
    book = opened(google, number)
    write(book, firm.tab())
    google.calls.clear()
    return number, book


def stands(google, number, tab):
    assert shown(google, number, len(tab.tables[0].columns)) == as_a_whole(google, tab)


LIVES = st.fixed_dictionaries({
    "seed": st.integers(0, 10**6),
    "count": st.integers(3, 30),
    "days": st.lists(
        st.lists(st.tuples(st.sampled_from(MOVES), st.integers(0, 40)), min_size=1, max_size=4), min_size=1, max_size=3
    ),
    "room": st.sampled_from((0, 700, 3000, 10**6)),
    "typed": st.none() | st.tuples(st.integers(1, 20), st.integers(0, 5)),
    "way": st.sampled_from(((), {"omit", "silent", "bare", "shuffled"}, {"full", "own ids"})),
    "mute": st.booleans(),  # the values don't tell where the links lead: they are read
    "fault": st.sampled_from((None, None, "reset_after", "reset", "html_after")),
})  # fmt: skip


QUIET = {
    "derandomize": True, "deadline": None, "database": None, "suppress_health_check": list(HealthCheck),
    "phases": (Phase.explicit, Phase.generate),
}  # fmt: skip


@pytest.mark.slow
@settings(max_examples=14, **QUIET)
@given(life=LIVES)
def test_after_any_change_it_is_as_written_as_a_whole(google, small, life):
    small.setattr(large, "_ROOM", life["room"])
    small.setattr(large, "known_places", lambda *of: None if life["mute"] else known_places(*of))
    google.faults.clear()
    google.contrary = life["way"]
    firm = Firm(life["count"], life["seed"])
    number, book = start(google, firm)
    for day in life["days"]:
        for what, at in day:
            getattr(firm, what)(at)
        if life["typed"]:
            row, column = life["typed"]
            google.person(number).type(TAB, 1 + row % book.read([TAB])[TAB].height, column, "своё")
        if life["fault"]:
            google.faults.add(life["fault"], method="write", nth=1 + life["seed"] % 3)
        tab = firm.tab()
        before = google.snapshot(number, without=[google.sheet(number, TAB).id])
        write(book, tab)
        google.faults.clear()
        stands(google, number, tab)
        assert differences(before, google.snapshot(number, without=[google.sheet(number, TAB).id])) == []
        assert write(book, tab).written == ()


# --- what it costs


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "most"), [("change", 25_000), ("rename", 25_000), ("append", 25_000), ("remove", 150_000)]
)
def test_one_row_costs_little(google, monkeypatch, what, most):
    monkeypatch.setattr(large, "AT_ONCE", 3_000)
    firm = Firm(600)
    number, book = start(google, firm)
    getattr(firm, what)(300)
    tab = firm.tab()
    write(book, tab)
    assert (google.calls.reads, google.calls.writes) == (3, 1)
    assert google.calls.bytes_in < most
    stands(google, number, tab)
    google.calls.clear()
    assert write(book, tab).written == ()
    assert (google.calls.reads, google.calls.writes) == (2, 0)


def test_writing_it_for_the_first_time_takes_two_writes(google, monkeypatch):
    """Half with the hidden sheet, half in the batch."""
    monkeypatch.setattr(large, "AT_ONCE", 5_000)
    monkeypatch.setattr(large, "_ROOM", 300_000)
    monkeypatch.setattr(filling, "MOST_BYTES", 300_000)
    number = google.add_book({BASE: [["Клиент"], ["Анна"]]})
    tab = Firm(1000).tab()
    google.calls.clear()
    write(opened(google, number), tab)
    assert (google.calls.reads, google.calls.writes) == (3, 2)
    assert all(call.bytes_in < 330_000 for call in google.calls)
    stands(google, number, tab)
    assert len(google.document(number).sheets) == 2


def test_what_fits_into_no_two_writes_goes_as_plain_values(google, monkeypatch):
    monkeypatch.setattr(large, "AT_ONCE", 2_000)
    monkeypatch.setattr(large, "_ROOM", 20_000)
    monkeypatch.setattr(filling, "MOST_BYTES", 20_000)
    number = google.add_book({BASE: [["Клиент"], ["Анна"]]})
    tab = Firm(600).tab()
    write(opened(google, number), tab)
    calls = [call for call in google.calls if call.path.endswith("values:batchUpdate") and number in call.path]
    assert {call.body["valueInputOption"] for call in calls} == {"RAW"}
    assert sum(call.bytes_in for call in calls) < 600 * 6 * 20
    assert all(call.bytes_in < 25_000 for call in calls)
    stands(google, number, tab)


def test_without_links_nothing_more_is_read(google, monkeypatch):
    monkeypatch.setattr(large, "AT_ONCE", 3_000)
    firm = Firm(600)
    firm.linked = False
    number, book = start(google, firm)
    firm.change(300)
    write(book, firm.tab())
    assert (google.calls.reads, google.calls.writes) == (3, 1)
    assert google.calls.bytes_in < 10_000
    stands(google, number, firm.tab())


# --- whatever happens


FAULTS = (
    ("answer", 503, {}, 0), ("reset", None, {}, 10**6), ("reset_after", None, {}, 0), ("reset_after", None, {}, 10**6),
    ("answer_after", 500, {}, 0), ("html_after", 502, {}, 10**6), ("truncate", None, {}, 0),
    ("answer", 503, FOREVER, 0), ("reset_after", None, FOREVER, 0), ("reset_after", None, FOREVER, 10**6),
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "value", "when", "room"), FAULTS)
def test_it_stands_old_or_new_as_a_whole(google, small, kind, value, when, room):
    small.setattr(large, "_ROOM", room)
    firm = Firm(25)
    number, book = start(google, firm)
    old, width = shown(google, number, 6), 6
    for _ in range(3):
        firm.change(7), firm.add(3), firm.remove(20)
    new = as_a_whole(google, firm.tab())
    for nth in range(1, 5):
        google.faults.clear()
        google.faults.add(kind, value, method="write", nth=nth, **when)
        try:
            write(book, firm.tab())
        except WorkbookBusy:
            assert shown(google, number, width) in (old, new)
    google.faults.clear()
    write(book, firm.tab())
    assert shown(google, number, width) == new
    assert len(google.document(number).sheets) == 2


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("sent", [False, True])
@pytest.mark.parametrize("nth", [1, 2, 3, 4])
def test_a_run_that_is_killed_leaves_it_whole(google, small, nth, sent):
    small.setattr(large, "_ROOM", 0)
    firm = Firm(25)
    number, book = start(google, firm)
    old = shown(google, number, 6)
    firm.turn(0), firm.change(7), firm.remove(20)
    ask, count = Api.ask, [0]

    def dying(self, method, *args, **kwargs):
        count[0] += method != "get"
        if count[0] == nth and method != "get":
            if sent:
                ask(self, method, *args, **kwargs)
            raise Killed
        return ask(self, method, *args, **kwargs)

    with small.context() as patched:
        patched.setattr(Api, "ask", dying)
        with pytest.raises(Killed):
            write(book, firm.tab())
    new = as_a_whole(google, firm.tab())
    assert shown(google, number, 6) in (old, new)
    other = opened(google, number)
    write(other, firm.tab())
    assert shown(google, number, 6) == new
    assert len(google.document(number).sheets) == 2


def test_a_server_that_takes_no_plain_values_is_given_typed_cells(google, small):
    google.faults.add("answer", 404, method="values.batchUpdate", **FOREVER)
    firm = Firm(25)
    number, _ = start(google, firm)
    stands(google, number, firm.tab())


@pytest.mark.parametrize("what", ["insert", "delete", "sort", "type", "rename"])
def test_what_somebody_does_in_that_moment_is_put_right_by_the_next_run(google, small, what):
    firm = Firm(25)
    number, book = start(google, firm)
    anna = google.person(number)
    acts = {
        "insert": lambda: anna.insert_rows(TAB, 9), "delete": lambda: anna.delete_rows(TAB, 9),
        "sort": lambda: anna.sort(TAB, 1), "type": lambda: anna.type(TAB, 9, 2, "не то"),
        "rename": lambda: anna.rename(TAB, "Иначе"),
    }  # fmt: skip
    firm.change(7), firm.remove(20), firm.add(3)
    google.faults.before(acts[what], method="write")
    write(book, firm.tab())
    google.faults.clear()
    if what == "rename":
        anna.rename("Иначе", TAB)
    write(book, firm.tab())
    wanted = as_a_whole(google, firm.tab())
    assert shown(google, number, 6)[: len(wanted)] == wanted


# --- what people keep there


def test_what_people_keep_beside_and_elsewhere_stays_as_it_is(google, small):
    firm = Firm(25)
    number, book = start(google, firm)
    anna = google.person(number)
    anna.do({"appendDimension": {"sheetId": google.sheet(number, TAB).id, "dimension": "COLUMNS", "length": 4}})
    for row in range(1, 27):
        anna.type(TAB, row, 7, f"моё {row}")
    anna.enter(TAB, 4, 8, "=C4*2")
    anna.enter(BASE, 2, 3, f"='{TAB}'!C5")
    anna.enter(BASE, 3, 3, f"=SUM('{TAB}'!C2:C26)")
    for _ in range(3):
        firm.change(7), firm.remove(20), firm.add(3), firm.turn(0)
        write(book, firm.tab())
        stands(google, number, firm.tab())
        sheet, base = google.sheet(number, TAB), google.sheet(number, BASE)
        assert [sheet.value(row, 7) for row in range(26)] == [f"моё {row + 1}" for row in range(26)]
        assert sheet.more(3, 8).formula == "=C4*2"
        assert [base.more(row, 3).formula for row in (1, 2)] == [f"='{TAB}'!C5", f"=SUM('{TAB}'!C2:C26)"]


def test_a_formula_or_a_filter_of_theirs_in_our_columns(google, small):
    firm = Firm(25)
    number, book = start(google, firm)
    anna = google.person(number)
    anna.enter(TAB, 4, 2, "=ROW()")
    firm.change(7)
    write(book, firm.tab())
    stands(google, number, firm.tab())
    sheet = google.sheet(number, TAB)
    hidden = {"1": {"hiddenValues": ["М1"]}}
    anna.do({"setBasicFilter": {"filter": {**sheet.basic_filter, "criteria": hidden}}})
    firm.change(3), firm.add(9)
    google.calls.clear()
    write(book, firm.tab())
    stands(google, number, firm.tab())
    pasted = [
        item["copyPaste"]["source"]["sheetId"] for call in google.calls.of("write")
        for item in call.body.get("requests", ()) if "copyPaste" in item
    ]  # fmt: skip
    assert sheet.id not in pasted, "no row of a filtered tab is copied"


@pytest.mark.parametrize("what", ["columns", "rows"])
def test_what_somebody_deleted_of_it_comes_back(google, small, what):
    firm = Firm(25)
    number, book = start(google, firm)
    anna = google.person(number)
    if what == "columns":
        anna.delete_columns(TAB, 1, google.sheet(number, TAB).column_count - 4)
    else:
        anna.delete_rows(TAB, 5, google.sheet(number, TAB).row_count - 10)
    firm.change(7), firm.add(3), firm.remove(20)
    write(book, firm.tab())
    stands(google, number, firm.tab())


def test_a_rule_of_theirs_stays_one_rule(google, small):
    firm = Firm(25)
    number, book = start(google, firm)
    sheet = google.sheet(number, TAB)
    rule = {"ranges": [{"sheetId": sheet.id, "startColumnIndex": 2, "endColumnIndex": 3}], "booleanRule": {
        "condition": {"type": "NUMBER_GREATER", "values": [{"userEnteredValue": "5000"}]}, "format": {"textFormat": {"bold": True}},
    }}  # fmt: skip
    google.person(number).do({"addConditionalFormatRule": {"index": 0, "rule": rule}})
    before = google.sheet(number, TAB).conditions
    firm.change(7), firm.add(3)
    write(book, firm.tab())
    stands(google, number, firm.tab())
    assert google.sheet(number, TAB).conditions == before


def test_links_are_read_where_the_values_were_touched(google, small):
    """A sort moves links along with their rows: they are right again after the next change, though equal names stand anywhere."""
    firm = Firm(25)
    for row in firm.rows:
        row[1] = "Анна"
    number, book = start(google, firm)
    google.person(number).sort(TAB, 5)
    firm.change(7)
    google.calls.clear()
    write(book, firm.tab())
    assert google.calls.reads == 4
    stands(google, number, firm.tab())


def test_links_are_read_where_their_sheet_is_another_one(google, small):
    firm = Firm(25)
    number, book = start(google, firm)
    anna = google.person(number)
    anna.rename(BASE, "Прежние")
    anna.add_sheet(BASE)
    firm.change(7)
    write(book, firm.tab())
    stands(google, number, firm.tab())


def test_a_refused_write_leaves_no_sheet_behind(google, small):
    firm = Firm(25)
    number, book = start(google, firm)
    google.faults.add("answer", 403, method="write")
    firm.change(7)
    with pytest.raises(OwnerError):
        write(book, firm.tab())
    assert len(google.document(number).sheets) == 2
