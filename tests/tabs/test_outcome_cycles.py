"""Outcomes are chosen, days pass, the state is forgotten: each counts once, and nothing typed is lost on the way.

The model knows rows by client and rule, and reckons from what the manager typed how often nobody answered.
"""

import re
from collections import Counter
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sheets_crm.engine.pack import Outcome
from sheets_crm.tabs import draw_tasks, read_tasks_tab
from sheets_crm.tasks import TaskSettings, open_tasks
from tests.tabs.grids import paper_of
from tests.tabs.test_cycles import CLIENTS, GONE, RULES, Office
from tests.tasks.samples import TODAY, decision

RESULTS = (
    Outcome(id="agreed", ru="Купит", en="Will buy", then="done"),
    Outcome(id="declined", ru="Отказ", en="Refused", then="declined"),
    Outcome(id="not_reached", ru="Не дозвонились", en="No answer", then="again"),
    Outcome(id="named_day", ru="Назвали день", en="Named a day", then="on_date"),
)
CALL, DAY_NAMED = ("Не дозвонились", "No answer"), ("Назвали день", "Named a day")
CANCELLED = ("Отменена", "Cancelled", "CANCELLED")
TRIES = re.compile(r"(?:Попыток связаться|Tries so far): (\d+)")
KINDS = (
    "call", "call", "call_marked", "call_marked", "named", "refused", "agreed", "head", "comment", "reason", "status", "snooze", "fill_column", "column",
    "sort", "end", "start", "day", "forget", "language", "sync", "sync", "sync",
)  # fmt: skip
ROUGH = (*KINDS, "copy", "delete", "blank_key", "garble_key", "own", "words", "move", "title_row", "header")


class Calls(Office):
    """An office whose rules know what their outcomes mean."""

    def decisions(self):
        return [
            decision(client, rule, due=self.today, row=place + 2, cell=f"F{place + 2}", results=RESULTS)
            for place, (client, rule) in enumerate(sorted(self.live))
        ]

    def run(self):
        read = read_tasks_tab(self.paper.grid())
        self.extra = read.extra
        chosen = TaskSettings(30, self.merge, roles={"head": "Maria"})
        tasks = open_tasks(self.decisions(), read.marks, self.known, self.today, chosen, closed=self.closed)
        self.known = {key: task.opened for task in tasks for key in task.key.split()}
        self.closed = {key: task.closed for task in tasks if task.closed for key in task.key.split()}
        self.paper = paper_of(draw_tasks(tasks, self.context()))
        self.header = 0
        return self.paper

    def edit(self, kind):
        said = {
            "call": CALL,
            "named": DAY_NAMED,
            "refused": ("Отказ", "refused"),
            "agreed": ("Купит",),
            "head": ("Пробовать ещё",),
        }
        if kind in said:
            self.write("outcome", self.pick(said[kind]))
        elif kind == "call_marked":
            rows = [row for row in self.rows() if row[self.column("comment")] or row[self.column("reason")]]
            if rows:
                self.pick(rows)[self.column("outcome")] = self.pick(CALL)
        elif kind == "snooze":
            self.write("snooze_until", self.pick([self.today + timedelta(days=n) for n in (-1, 0, 1, 4)]))
        else:
            super().edit(kind)

    def do_day(self):
        self.today += timedelta(days=self.pick((1, 1, 3)))

    def live_rows(self):
        """(client, rule) -> the row of a reason that holds, as a person reads it."""
        found = {}
        for row in self.rows():
            told = {
                name: row[self.column(name)] for name in ("client", "rule", "outcome", "status", "why", "snooze_until")
            }
            place = (told["client"], told["rule"])
            if place in self.live and not str(told["why"]).startswith(GONE):
                found[place] = told
        return found


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data(), st.lists(st.sampled_from(KINDS), max_size=30))
def test_each_call_counts_once(data, edits):
    office, tries = Calls(data, merge=False), Counter()
    office.do_sync()
    for kind in [*edits, "sync"]:
        if kind != "sync":
            office.edit(kind)
            continue
        before = office.live_rows()
        office.do_sync()
        after = office.live_rows()
        for place, row in before.items():
            if place not in after or row["status"] in CANCELLED:
                continue
            if row["outcome"] in CALL:
                tries[place] += 1
                assert after[place]["outcome"] is None
            elif after[place]["outcome"] != row["outcome"]:
                assert row["outcome"] in {*DAY_NAMED, "Пробовать ещё"}
                tries[place] = 0
        counted = {place: int(found[1]) for place, row in after.items() if (found := TRIES.search(str(row["why"])))}
        assert counted == {place: n for place, n in tries.items() if n and place in after}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data(), st.booleans(), st.lists(st.sampled_from(ROUGH), max_size=25))
def test_nothing_typed_is_lost_or_doubled_by_outcomes(data, merge, edits):
    office = Calls(data, merge)
    office.do_sync()
    for kind in [*edits, "sync"]:
        office.edit(kind)


def test_the_rows_are_there():
    """The model sees what it is to judge."""
    office = Calls(None, merge=False)
    office.do_sync()
    assert set(office.live_rows()) == {(client, RULES[0]) for client in CLIENTS[:4]}
    office.paper.rows[1][office.column("outcome")] = CALL[0]
    office.do_sync()
    whys = [row["why"] for row in office.live_rows().values()]
    assert sum(bool(TRIES.search(why)) for why in whys) == 1
    assert f"{TODAY:%d.%m.%Y}" in next(why for why in whys if TRIES.search(why))
