"""The machine of promise 3 must be able to fail: each of these faults, planted in the program, is caught by it."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module

import pytest

from sheets_crm.base.history import events
from sheets_crm.sync import memory, places, run
from sheets_crm.tasks import keys, life, own, rows
from sheets_crm.tasks.model import Mark
from tests.promises.play import Play

draw_tasks = import_module("sheets_crm.tabs.draw_tasks")  # the room exports a function of this name
read_tasks = import_module("sheets_crm.tabs.read_tasks")


def comment_dropped_on_read(monkeypatch):
    whole = read_tasks._read
    monkeypatch.setattr(read_tasks, "_read", lambda *args: replace(whole(*args), comment=""))


def snooze_dropped_on_draw(monkeypatch):
    whole = draw_tasks._row
    monkeypatch.setattr(draw_tasks, "_row", lambda task, ctx: {**whole(task, ctx), "snooze_until": None})


def key_depends_on_the_row(monkeypatch):
    whole = run.decide

    def placed(*args, **more):
        return tuple(replace(one, occurrence=str(one.row)) for one in whole(*args, **more))

    monkeypatch.setattr(run, "decide", placed)


def key_depends_on_the_day(monkeypatch):
    whole = run.decide

    def dated(facts, packs, rules, today, **more):
        return tuple(
            replace(one, occurrence=f"{one.occurrence} {today}") for one in whole(facts, packs, rules, today, **more)
        )

    monkeypatch.setattr(run, "decide", dated)


def rows_are_known_by_their_order(monkeypatch):
    """A sort of the tab is not noticed: keys are taken in the order in which they were drawn last."""
    whole, drawn = places.read_tasks_tab, []
    draw = run.draw

    def in_order(grid):
        found = whole(grid)
        if len(found.marks) != len(drawn):
            return found
        return replace(found, marks=tuple(replace(mark, key=key) for mark, key in zip(found.marks, drawn, strict=True)))

    def remembering(config, base, numbers, tasks, **more):
        drawn[:] = [task.key for task in tasks]
        return draw(config, base, numbers, tasks, **more)

    monkeypatch.setattr(places, "read_tasks_tab", in_order)
    monkeypatch.setattr(run, "draw", remembering)


def own_rows_are_forgotten(monkeypatch):
    monkeypatch.setattr(life, "adopted", lambda *_: [])


def own_rows_get_a_new_key_each_time(monkeypatch):
    count = iter(range(10**6))
    monkeypatch.setattr(own, "own_key", lambda content, number=0: keys.own_key((*content, str(next(count))), number))
    monkeypatch.setattr(rows, "is_own", lambda _key: False)


def history_is_preferred_to_the_tab(monkeypatch):
    """What history remembers of a mark overrules what stands in the row now."""
    whole = run.open_tasks

    def stale(decisions, marks, known, today, settings, *, remembered, **more):
        old = [replace(mark, **_said(remembered[mark.key])) if mark.key in remembered else mark for mark in marks]
        return whole(decisions, old, known, today, settings, remembered=remembered, **more)

    recorded = {}

    def late(self, found, **_):
        recorded.update({mark.key: mark.values for mark in found})
        return 0

    monkeypatch.setattr(run, "open_tasks", stale)
    monkeypatch.setattr(run.History, "record_marks", late)


def _said(mark):
    return {"status": mark.status, "comment": mark.comment, "outcome": mark.outcome}


def marks_are_not_recorded(monkeypatch):
    monkeypatch.setattr(run.History, "record_marks", lambda *_args, **_more: 0)


def a_mark_is_recorded_each_time(monkeypatch):
    whole = events.last_values

    def never_the_same(connection, found):
        return {place: (number, f"{value}.") for place, (number, value) in whole(connection, found).items()}

    monkeypatch.setattr(events, "last_values", never_the_same)


def touched_rows_leave_with_their_reason(monkeypatch):
    monkeypatch.setattr(Mark, "touched", property(lambda mark: mark.own))


def people_s_columns_are_dropped(monkeypatch):
    monkeypatch.setattr(draw_tasks, "_extra_columns", lambda *_: ())


def closed_rows_reopen(monkeypatch):
    whole = run.open_tasks

    def reopened(decisions, marks, *args, **more):
        return whole(
            decisions, [mark if mark.status != "done" else replace(mark, status="new") for mark in marks], *args, **more
        )

    monkeypatch.setattr(run, "open_tasks", reopened)


def a_written_tab_names_the_moment(monkeypatch):
    whole, count = draw_tasks._row, iter(range(10**6))
    monkeypatch.setattr(draw_tasks, "_row", lambda task, ctx: {**whole(task, ctx), "hint": f"{next(count)}"})


def the_users_sheet_is_tidied(monkeypatch):
    whole = run.read

    def tidy(opened, book):
        sheet = next(info.name for info in book.sheets() if info.tab is None)
        book._sheet(sheet).rows[:] = [row for row in book._sheet(sheet).rows if any(row)]
        book._sheet(sheet).rows.sort(key=str)
        return whole(opened, book)

    monkeypatch.setattr(run, "read", tidy)


def identity_is_the_place(monkeypatch):
    """Cards are known by their row: what was sorted is somebody else."""
    whole = run.build

    def by_row(*args, **more):
        base = whole(*args, **more)
        frames = {
            card: frame.with_columns(_id=frame["_row"].cast(str)) if "_row" in frame.columns else frame
            for card, frame in base.frames.items()
        }
        return replace(base, frames=frames)

    monkeypatch.setattr(run, "build", by_row)


def erased_marks_come_back(monkeypatch):
    """What history remembers fills a row that a manager has wiped clean."""

    def always(found, live, _own, remembered):
        for key in live:
            if key in remembered and not found.marks.get(key, Mark(key)).comment:
                found.marks[key] = replace(remembered[key], key=key, own=False)

    monkeypatch.setattr(run.memory.Past, "marks", _all_remembered)
    monkeypatch.setattr(life, "bring_back", always)


def _all_remembered(self, decisions, more=()):
    said = {}
    for row in self._history.table("task_events").sort("number").iter_rows(named=True):
        said.setdefault(row["key"], {})[row["what"]] = row["new"] or row["old"]
    return {key: memory._mark(key, said[key]) for key in keys.keyed(decisions) if key in said}


def a_try_is_counted_at_every_reading(monkeypatch):
    """The row moves on, but its outcome still stands there."""
    whole = life.moved_on

    def not_freed(marks, *args):
        moved = whole(marks, *args)
        return [replace(one, outcome=mark.outcome) for one, mark in zip(moved, marks, strict=True)]

    monkeypatch.setattr(life, "moved_on", not_freed)


def an_outcome_is_taken_without_a_next_step(monkeypatch):
    whole = life.moved_on

    def forgotten(marks, *args):
        moved = whole(marks, *args)
        return [replace(one, key=mark.key) for one, mark in zip(moved, marks, strict=True)]

    monkeypatch.setattr(life, "moved_on", forgotten)


FAULTS = [
    comment_dropped_on_read, snooze_dropped_on_draw, key_depends_on_the_row, key_depends_on_the_day, rows_are_known_by_their_order,
    own_rows_are_forgotten, own_rows_get_a_new_key_each_time, marks_are_not_recorded, a_mark_is_recorded_each_time,
    touched_rows_leave_with_their_reason, people_s_columns_are_dropped, closed_rows_reopen, a_written_tab_names_the_moment,
    the_users_sheet_is_tidied, identity_is_the_place, history_is_preferred_to_the_tab, erased_marks_come_back,
    a_try_is_counted_at_every_reading, an_outcome_is_taken_without_a_next_step,
]  # fmt: skip


def a_week_in_the_firm():
    """A fixed play of the machine's own moves, so that each fault is caught always and not by luck."""
    firm = Play()
    try:
        firm.open_shop(merge="false", days=[25, 13, 19, 21, 4, 8])
        firm.mark_tasks(marks=[(1, "В работе", 4), (2, "Сделана", 2), (4, "Отложена", 6), (6, "Отменена", 0)])
        firm.write_by_hand(same=True)
        firm.write_by_hand(same=False)
        firm.sync()
        firm.sort_tab(column=5, down=True)
        firm.own_column(number=0)
        firm.own_column(number=2)
        firm.insert_blank_row(at=2)
        firm.sort_base(column=0, down=True, sheet="Сделки")
        firm.time_passes(days=1, morning=True)
        firm.mark_tasks(marks=[(0, "Сделана", 1), (3, "В работе", 5)])
        firm.killed(where="after the write")
        firm.time_passes(days=3, morning=True)
        firm.erase_mark(number=0)
        firm.sync()
        firm.lose_state(old=False)
        firm.sync()
        for number in (0, 1, 2):
            firm.reason_passes(number=number)
        firm.time_passes(days=1, morning=True)
    finally:
        firm.teardown()


@pytest.mark.slow
def test_the_play_itself_holds():
    a_week_in_the_firm()


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_the_machine_catches(fault, monkeypatch):
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        a_week_in_the_firm()
