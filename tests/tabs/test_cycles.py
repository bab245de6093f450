"""Managers edit the tab, the base changes, days pass: no mark, comment or own task is lost or doubled.

The model knows rows by what people see (client, typed words), never by keys.
"""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sheets_crm.tabs import DrawContext, draw_tasks, read_tasks_tab
from sheets_crm.tabs.task_columns import IDS, ids_by_label
from sheets_crm.tasks import TaskSettings, open_tasks
from sheets_crm.tasks.texts import fold
from sheets_crm.words import LANGS, say
from tests.tabs.grids import paper_of
from tests.tasks.samples import TODAY, decision

CLIENTS = ("Anna", "=1+1", "+7 912", "-", "@home", "ООО «Ёлка»", "Boris", "Сделана", "2026-11-05", "12")
RULES = ("offer_followup", "overdue_payment")
EDITS = (
    "comment", "comment", "outcome", "status", "words", "sort", "copy", "delete", "blank_key", "garble_key", "own", "own",
    "column", "fill_column", "header", "move", "snooze", "due_words", "title_row", "break_header", "reason", "end", "start",
    "sync", "sync", "day", "forget", "language",
)  # fmt: skip


class Office:
    """A workbook's tasks tab, its manager, its base and its clock."""

    def __init__(self, data, merge):
        self.data, self.merge = data, merge
        self.today, self.lang, self.number = TODAY, "ru", 0
        self.known, self.closed, self.extra = {}, {}, ()
        self.live = {(client, RULES[0]) for client in CLIENTS[:4]}
        self.paper = paper_of(draw_tasks((), self.context()))
        self.header = 0

    def context(self):
        return DrawContext(self.lang, "RUB", self.today, manager_names=("Olga",), extra=self.extra)

    def token(self):
        self.number += 1
        return f"word{self.number}z"

    def pick(self, values):
        return self.data.draw(st.sampled_from(list(values)))

    def decisions(self):
        return [
            decision(client, rule, due=self.today, row=place + 2, cell=f"F{place + 2}")
            for place, (client, rule) in enumerate(sorted(self.live))
        ]

    def column(self, name):
        """Where a column stands, as a person finds it: by its header in any language."""
        titles = {fold(say(f"tabs.tasks.columns.{name}", lang)) for lang in LANGS}
        return next((p for p, title in enumerate(self.paper.rows[self.header]) if fold(str(title)) in titles), None)

    def rows(self):
        """Rows of tasks (not the header, nor a title above it)."""
        return [row for row in self.paper.rows[self.header + 1 :] if any(value not in (None, "") for value in row)]

    def write(self, name, value):
        place = self.column(name)
        rows = self.rows()
        if rows and place is not None and name in IDS:
            self.pick(rows)[place] = value

    def edit(self, kind):
        if kind in ("comment", "outcome", "reason"):
            self.write(kind, self.token())
        elif kind == "status":
            self.write("status", self.pick(["Сделана", "done", "CANCELLED", "В работе", "готово", None]))
        elif kind == "words":
            self.write("status", self.token())
        elif kind == "snooze":
            self.write("snooze_until", self.pick([TODAY + timedelta(days=9), "05.11.2026", self.token()]))
        elif kind == "due_words":
            self.write("due", self.token())
        elif kind == "sort" and self.rows():
            self.paper.rows[self.header + 1 :] = self.data.draw(st.permutations(self.rows()))
        elif kind == "copy" and self.rows():
            self.paper.rows.append(list(self.pick(self.rows())))
        elif kind == "delete" and self.rows():
            self.paper.rows.remove(self.pick(self.rows()))
        elif kind == "blank_key":
            self.write("key", None)
        elif kind == "garble_key":
            self.write("key", self.pick(["12", "tabc", "t" * 14]))
        elif kind == "own" and self.column("todo") is not None:
            row = [None] * len(self.paper.rows[self.header])
            row[self.column("todo")] = self.token()
            self.paper.rows.append(row)
        else:
            getattr(self, f"do_{kind}", lambda: None)()

    def do_column(self):
        for row in self.paper.rows:
            row.append(None)
        self.paper.rows[self.header][-1] = self.pick(["City", "Город", "Status 2", "City", self.token()])

    def do_fill_column(self):
        ours = ids_by_label()
        header = self.paper.rows[self.header]
        places = [
            place for place, title in enumerate(header) if title and title != "zzz" and fold(str(title)) not in ours
        ]
        if places and self.rows():
            self.pick(self.rows())[self.pick(places)] = self.token()

    def do_header(self):
        name = self.pick(IDS)
        if self.column(name) is not None:
            self.paper.rows[self.header][self.column(name)] = say(f"tabs.tasks.columns.{name}", self.pick(LANGS))

    def do_break_header(self):
        place = self.column(self.pick(IDS))
        if place is not None and not self.extra and len(self.paper.rows[self.header]) == len(IDS):
            self.paper.rows[self.header][place] = self.pick(["zzz", None])

    def do_move(self):
        if all(self.column(name) is not None for name in IDS):
            order = self.data.draw(st.permutations(range(len(self.paper.rows[self.header]))))
            self.paper.rows = [[row[place] if place < len(row) else None for place in order] for row in self.paper.rows]

    def do_title_row(self):
        self.paper.rows.insert(0, ["Our tasks", *[None] * (len(self.paper.rows[self.header]) - 1)])
        self.header += 1

    def do_end(self):
        if self.live:
            self.live.discard(self.pick(sorted(self.live)))

    def do_start(self):
        self.live.add((self.pick(CLIENTS), self.pick(RULES)))

    def do_day(self):
        self.today += timedelta(days=1)

    def do_forget(self):
        self.known, self.closed = {}, {}

    def do_language(self):
        self.lang = "en" if self.lang == "ru" else "ru"

    def typed(self):
        """Every word that a person typed and that stands on the tab, as often as it stands there."""
        values = [str(value) for row in self.paper.rows for value in row if value is not None]
        return Counter(value for value in values if value.startswith("word") and value.endswith("z"))

    def do_sync(self):
        before = self.typed()
        first = self.run()
        assert self.typed() == before
        assert self.run() == first, "a second run with nothing changed changes something"
        self.check_rows()

    def run(self):
        read = read_tasks_tab(self.paper.grid())
        self.extra = read.extra
        tasks = open_tasks(
            self.decisions(), read.marks, self.known, self.today, TaskSettings(30, self.merge), closed=self.closed
        )
        self.known = {key: task.opened for task in tasks for key in task.key.split()}
        self.closed = {key: task.closed for task in tasks if task.closed for key in task.key.split()}
        self.paper = paper_of(draw_tasks(tasks, self.context()))
        self.header = 0
        return self.paper

    def check_rows(self):
        """Every reason that holds stands on the tab once, under a key of its rule."""
        rules = Counter()
        for row in self.paper.rows[1:]:
            count = len([key for key in str(row[self.column("key")]).split() if key.startswith("t")])
            rules[row[self.column("client")]] += count if not str(row[self.column("why")]).startswith(GONE) else 0
        wanted = Counter(client for client, _ in self.live)
        assert {client: rules[client] for client in wanted} == wanted
        keys = [key for row in self.paper.rows[1:] for key in str(row[self.column("key")]).split()]
        assert len(keys) == len(set(keys))


GONE = tuple(say("tabs.tasks.no_longer_needed", lang) for lang in LANGS)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data(), st.booleans(), st.lists(st.sampled_from(EDITS), max_size=25))
def test_nothing_typed_is_lost_or_doubled(data, merge, edits):
    office = Office(data, merge)
    office.do_sync()
    for kind in [*edits, "sync"]:
        office.edit(kind)


def test_a_copy_of_a_task_that_came_back_says_so_once():
    office = Office(None, merge=False)
    office.do_sync()
    row = office.rows()[0]
    row[office.column("comment")], row[office.column("snooze_until")] = office.token(), "05.11.2026"
    office.do_sync()
    row = next(row for row in office.rows() if row[office.column("comment")])
    came_back = say("outcomes.came_back", office.lang, date=TODAY)
    assert came_back in row[office.column("why")]
    office.paper.rows.append(list(row))
    office.do_sync()
    copies = [row[office.column("why")] for row in office.rows() if row[office.column("comment")]]
    assert [why.count(came_back) for why in copies] == [1, 1]


def test_the_model_can_fail():
    """A planted fault: a reader that forgets comments is noticed."""
    office = Office(None, merge=False)
    office.do_sync()
    office.paper.rows[1][office.column("comment")] = office.token()
    before = office.typed()
    marks = [replace(mark, comment="") for mark in read_tasks_tab(office.paper.grid()).marks]
    tasks = open_tasks(office.decisions(), marks, office.known, office.today)
    office.paper = paper_of(draw_tasks(tasks, office.context()))
    assert office.typed() != before
