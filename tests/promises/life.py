"""The whole life of a firm's tasks as a machine: outcomes, snoozes, repeats, absences, settings that change, two runs at once.

What `play` does, with everything a manager may choose and an owner may set. A row is known by the comment typed into it, which
is said once in the world; what should become of the row is reckoned here, from the rules' own words (docs/explain/tasks.md).
"""

from __future__ import annotations

import re
from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import date, timedelta
from unittest import mock

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from sheets_crm.base.history import History
from sheets_crm.sync import run
from sheets_crm.sync.state import StateFolder
from tests.promises.play import (
    CLOSED,
    GONE,
    KILLS,
    LABELS,
    NAMES,
    NOT_REACHED,
    START,
    Deal,
    Killed,
    Play,
    Typed,
    killing,
)
from tests.promises.worlds import CLIENT_HEADERS, CLIENTS, DEAL_HEADERS, DEALS

MOST = 3  # tries, then the head decides
OFFER, OVERDUE, NEXT, LOST = (LABELS[name] for name in ("offer", "overdue", "next", "lost"))
OUTCOMES = {
    OFFER: {"again": NOT_REACHED, "on_date": "Думают", "declined": "Отказались", "done": "Согласны"},
    OVERDUE: {"again": NOT_REACHED, "on_date": "Назвали дату оплаты", "done": "Оплатили"},
    NEXT: {"again": NOT_REACHED, "on_date": "Клиент думает", "declined": "Отказались", "done": "Дата назначена"},
    LOST: {"done": "Причина записана"},
}
HEAD = {"retry": "Пробовать ещё", "done": "Связались иначе"}
KINDS = ("again", "again", "on_date", "declined", "done", "retry", "words", None)
TOUCHES = {OFFER, NEXT}  # what counts as bothering the client, and may wait
ESCALATION = "Просрочено у менеджера"
STATUSES = (None, "В работе", "Сделана", "Отложена", "Отменена")
TRIES = re.compile(r"Попыток связаться: (\d+)")
REPEATS = ("каждый день", "каждую неделю", "ежемесячно", "каждый год", "по пн и чт")
BLANK = {"Статус": "Новая"}  # what a row holds before anybody touched it
CHANGES = ("merge", "cap", "working", "away", "handed", "escalate", "tasks_off", "funnel_off", "companion")
MEETINGS = ("before intake", "before the write", "after the write")


@dataclass
class Mark(Typed):
    """A mark, with the reasons of the row it was typed into. `rule` is left to the parent."""

    labels: frozenset = frozenset()
    since: frozenset = frozenset()  # (label, occurrence) of each
    origin: int = 1  # how many reasons the row had at first: so many rows may say the mark when they part

    @property
    def many(self):
        return self.origin > 1


class Life(Play):
    """One workbook, and everything that may happen to it."""

    @initialize(days=st.lists(st.integers(0, 30), min_size=6, max_size=6), change=st.sampled_from(CHANGES))
    def open_shop(self, days, change):
        self.on = set()
        self.absent = (START, START)
        self.tries = Counter()  # (client, label) -> tries since somebody was last reached
        self.begun = {}  # ... -> what made the task then
        self.shaky = set()  # clients whose count may have gone with the state
        self.gone_rows = set()  # clients whose row was deleted since the last finished run
        self.series = Counter()  # repeats that were done, and whose next task has not been seen yet
        self.outcomes = Counter()  # outcomes that something followed from, since the state was lost
        self.times = {}  # words of a task typed by hand -> what else was typed
        self.deals = [Deal(name, self._new_deal(name, n, days[n])) for n, name in enumerate(NAMES[: self.people])]
        clients = [[deal.client, f"+7916000000{n}", "Ольга"] for n, deal in enumerate(self.deals)]
        deals = [[deal.cells[name] for name in DEAL_HEADERS] for deal in self.deals]
        self.world = self.world_of(
            self.folder / "firm", {CLIENTS: [CLIENT_HEADERS, *clients], DEALS: [DEAL_HEADERS, *deals]}
        )
        self.turn(change)
        self.sync()

    # --- the owner's settings ---------------------------------------------------------------------------------------

    @rule(what=st.sampled_from(CHANGES))
    def turn(self, what):
        """A setting on, or off again."""
        if what == "companion" and not self.world.has_files:
            return
        if what == "tasks_off" and self.world.tab() is not None:
            self.sync()  # it is switched off by somebody who is not typing into it just now
        self.on ^= {what}
        if what == "away":
            self.absent = (self.today, self.today + timedelta(days=4))
        self.merge = "merge" in self.on
        tasks = [f"again: {{after_days: [1, 2], tries: {MOST}}}"]
        tasks += ["max_touches: {count: 1, days: 7}"] * ("cap" in self.on)
        tasks += ["due_on_working_days: true"] * ("working" in self.on)
        tasks += ["escalate_after_days: 2"] * ("escalate" in self.on)
        first, last = self.absent
        away = f", away: [{{from: {first}, to: {last}, to_whom: Инна}}]" if "away" in self.on else ""
        more = [f"managers: [{{name: Ольга{away}}}, {{name: Пётр}}, {{name: Инна, role: head}}]"]
        more += ["hand_over: [{from: Пётр, to: Ольга}]"] * ("handed" in self.on)
        more += ["companion: true"] * ("companion" in self.on)
        off = [tab for tab in ("tasks", "funnel") if f"{tab}_off" in self.on]
        more += [f"tabs: {{{', '.join(f'{tab}: {{on: false}}' for tab in off)}}}"] * bool(off)
        self.world.configure(merge=str(self.merge).lower(), tasks=", " + ", ".join(tasks), more="\n".join(more) + "\n")

    @property
    def is_off(self):
        return "tasks_off" in self.on

    def _doer(self, manager):
        """Whose a person's tasks are today."""
        if "handed" in self.on and manager == "Пётр":
            manager = "Ольга"
        if "away" in self.on and manager == "Ольга" and self.absent[0] <= self.today <= self.absent[1]:
            manager = "Инна"
        return manager

    # --- the managers -----------------------------------------------------------------------------------------------

    def _tab(self):
        if self.world.tab() is None:
            return ["Ключ", "Статус", "Комментарий", "Правило", "Клиент", "Почему", "Что сделать"], []
        return super()._tab()

    def _put_tab(self, head, rows):
        if self.world.tab() is not None:
            super()._put_tab(head, rows)

    @precondition(lambda self: self.world.tab() is not None)
    @rule(name=st.sampled_from(("Задачи", "Дела на сегодня")))
    def rename_tab(self, name):
        super().rename_tab(name)

    def _labels(self, head, row):
        return frozenset((row[head.index("Правило")] or "").split(", ")) - {""}

    def _mark_of(self, head, row):
        """The mark that stands in a row."""
        said, labels = row[head.index("Комментарий")], self._labels(head, row)
        alike = [mark for mark in self.marks if mark.comment == said and not mark.deleted]
        return next((mark for mark in alike if mark.labels & labels), alike[0] if alike else None)

    def _pick(self, number):
        """A task's row by number, with the mark that stands in it; no row where there is none."""
        head, rows = self._tab()
        must = [head.index("Ключ"), head.index("Статус")]
        tasks = [n for n, row in enumerate(rows) if all(row[place] for place in must)]
        if not tasks:
            return head, rows, None, None
        place = tasks[number % len(tasks)]
        return head, rows, place, self._mark_of(head, rows[place])

    def _pick_marked(self, number, *, own=True):
        marks = self._standing(own=own)
        mark = marks[number % len(marks)]
        head, rows = self._tab()
        at = next(n for n, row in enumerate(rows) if row[head.index("Комментарий")] == mark.comment)
        return head, rows, at, self._mark_of(head, rows[at])

    @rule(
        acts=st.lists(
            st.tuples(
                st.integers(0, 20),
                st.sampled_from(KINDS),
                st.sampled_from(STATUSES),
                st.booleans(),
                st.booleans(),
                st.booleans(),
            ),
            min_size=1,
            max_size=4,
        )
    )
    def mark_tasks(self, acts):
        for number, kind, status, dated, reasoned, anew in acts:
            self._act(number, kind, status=status, dated=dated, reasoned=reasoned, anew=anew)

    def _act(self, number, kind=None, *, status=None, dated=False, reasoned=False, anew=False):
        """A manager works on a row: an outcome of a kind, a status, a day to put it off to, a reason, another comment."""
        head, rows, place, mark = self._pick(number)
        if self.is_off or place is None or (mark is None and rows[place][head.index("Что сделать")] in self.hand):
            return
        row = rows[place]
        mark = self._marked(head, row, mark)
        if anew:
            mark.comment, mark.recorded = self._word("сказал"), False
        if status is not None:
            mark.cells["Статус"] = status
        if kind is not None:
            mark.cells["Результат"] = self._words_for(kind, mark, row[head.index("Почему")] or "")
        if dated:
            mark.cells["Отложить до"] = self.today + timedelta(days=3 + self.count % 4)
        elif kind == "on_date" or (status == "Отложена" and anew):
            mark.cells["Отложить до"] = None if kind == "on_date" else self._word("после праздников")
        if reasoned:
            mark.cells["Причина"] = self._word("потому что")
        self._type(head, row, mark)
        self._put_tab(head, rows)

    def _marked(self, head, row, mark):
        """The row's mark to write into: a new one where there was none, or where it stands in other rows as well."""
        if mark is not None and sum(one.comment == mark.comment for one in self.marks) == 1:
            return mark
        client, labels = row[head.index("Клиент")], self._labels(head, row)
        since = frozenset((label, self._occurrence(client, label)) for label in labels)
        if labels == {ESCALATION}:
            since = frozenset({(ESCALATION, self.today.isocalendar()[:2])})
        new = Mark(
            self._word("сказал"),
            client,
            row[head.index("Правило")],
            None,
            labels=labels,
            since=since,
            origin=len(labels),
        )
        if mark is not None:
            new.cells = dict(mark.cells)
            self.marks.remove(mark)
            self.taken_back |= set() if any(one.comment == mark.comment for one in self.marks) else {mark.comment}
        self.marks.append(new)
        return new

    def _words_for(self, kind, mark, why):
        """An outcome of that kind which the row offers, else words of one's own."""
        if "Раньше задача была" in why and kind in HEAD:
            return HEAD[kind]
        known = [OUTCOMES[label][kind] for label in sorted(mark.labels) if kind in OUTCOMES.get(label, ())]
        return known[0] if known else self._word("своими словами")

    @precondition(lambda self: self._standing(own=False))
    @rule(number=st.integers(0, 20))
    def erase_mark(self, number):
        head, rows, place, mark = self._pick_marked(number, own=False)
        row = rows[place]
        for header in ("Комментарий", "Статус", *mark.cells):
            row[head.index(header)] = BLANK.get(header)
        self.marks.remove(mark)
        if all(one.comment != mark.comment for one in self.marks):
            self.taken_back.add(mark.comment)
        self._put_tab(head, rows)

    @rule(
        same=st.booleans(),
        repeat=st.sampled_from((None, *REPEATS)),
        clock=st.booleans(),
        whose=st.sampled_from((None, "Ольга", "Пётр")),
    )
    def write_by_hand(self, same, repeat=None, clock=False, whose=None):
        if self.world.tab() is None:
            return
        head, rows = self._tab()
        words = "Полить цветы" if same else self._word("Позвонить в банк")
        more = {} if same else {"Срок": self.today + timedelta(days=1), "Повтор": repeat, "Менеджер": whose}
        more |= {"Время": "13:30"} if clock and not same else {}
        more = {header: value for header, value in more.items() if value is not None}
        row = [None] * len(head)
        for header, value in {"Что сделать": words, **more}.items():
            row[head.index(header)] = value
        self.hand[words] += 1
        self.times[words] = more
        self._put_tab(head, [*rows, row])

    @precondition(lambda self: self.hand and not self.is_off)
    @rule(number=st.integers(0, 20))
    def finish_by_hand(self, number):
        """A task of one's own is done; one that repeats comes again."""
        head, rows = self._tab()
        words, status = head.index("Что сделать"), head.index("Статус")
        mine = [row for row in rows if row[words] in self.hand and row[status] not in CLOSED]
        if not mine:
            return
        row = mine[number % len(mine)]
        row[status] = "Сделана"
        self.series[row[words]] += "Повтор" in self.times[row[words]]
        self._put_tab(head, rows)

    @rule(number=st.integers(0, 20))
    def delete_row(self, number):
        head, rows, place, mark = self._pick(number)
        if place is None or self.is_off:
            return
        words = rows[place][head.index("Что сделать")]
        if words in self.hand and "Повтор" in self.times[words]:
            return  # its place in the series: see test_life
        if mark is not None:
            mark.deleted = True
            if not mark.recorded:
                self.marks.remove(mark)
        elif words in self.hand:
            self.hand[words] -= 1
        self.gone_rows.add(rows[place][head.index("Клиент")])
        if not self.remembers:  # its key alone knew the tries
            self.shaky.add(rows[place][head.index("Клиент")])
        del rows[place]
        self._put_tab(head, rows)

    @rule(number=st.integers(0, 20), anew=st.booleans(), where=st.sampled_from((None, *KILLS)))
    def copy_row(self, number, anew, where):
        """A row pasted below, as it is or with another comment."""
        head, rows, place, mark = self._pick(number)
        if place is None or self.is_off:
            return
        row = list(rows[place])
        words, said = row[head.index("Что сделать")], head.index("Комментарий")
        if words in self.hand and "Повтор" in self.times[words]:
            return
        if words in self.hand:
            self.hand[words] += 1
        elif anew or mark is not None:
            copy = Mark(self._word("сказал"), row[head.index("Клиент")], row[head.index("Правило")], None, own=True)
            copy.cells = dict(mark.cells) if mark is not None else {}
            row[said] = copy.comment
            self.marks.append(copy)
        self._put_tab(head, [*rows, row])
        if where is not None:
            self.killed(where)
        self.sync()  # from now on it is a row of its own

    @precondition(lambda self: self._standing(own=False) and not self.is_off)
    @rule(number=st.integers(0, 20), junk=st.sampled_from(("abc", "t", 42)))
    def garble_key(self, number, junk):
        head, rows, place, mark = self._pick_marked(number, own=False)
        rows[place][head.index("Ключ")] = junk
        if sum(one.comment == mark.comment for one in self.marks) > 1:
            return
        mark.own = True
        self._shaken(mark.client)
        self._put_tab(head, rows)

    def _shaken(self, client):
        self.shaky.add(client)

    @precondition(lambda self: not self.is_off)
    @rule(number=st.integers(2, 9))
    def filter_tab(self, number):
        """A filter shows some of the rows only; the others are there all the same."""
        if self.world.tab() is not None:
            self.world.hide_rows({number, number + 1})

    @precondition(lambda self: self.world.has_files and not self.is_off)
    @rule(number=st.integers(0, 20))
    def type_where_the_tab_was(self, number):
        """Somebody still has the tab open that the program writes no more."""
        self.sync()
        left = self.world.left_tab()
        if left is None or self.world.tab() is None:
            return
        head, rows = self._tab()
        free = {
            row[head.index("Ключ")]: row for row in rows
            if self._mark_of(head, row) is None and row[head.index("Правило")] and row[head.index("Статус")] == "Новая"
        }  # fmt: skip
        old, *told = self.world.rows_left(left)
        at = [(n, row[old.index("Ключ")]) for n, row in enumerate(told, 1) if row[old.index("Ключ")] in free]
        at = [
            (n, key)
            for n, key in at
            if told[n - 1][old.index("Статус")] == "Новая" and not told[n - 1][old.index("Комментарий")]
        ]
        if not at:
            return
        place, key = at[number % len(at)]
        mark = self._marked(head, free[key], None)
        self.world.type_into_left(left, (place, old.index("Комментарий")), mark.comment)
        self.sync()

    # --- misfortune -------------------------------------------------------------------------------------------------

    @rule(days=st.sampled_from((1, 1, 3, 10, 31)), morning=st.booleans())
    def time_passes(self, days, morning):
        super_days = timedelta(days=days)
        self.today += super_days
        if morning:
            self.sync()

    @precondition(lambda self: not self.headers_moved)
    @rule(old=st.booleans())
    def lose_state(self, old):
        if old and not self.world.bring_back_old_state():
            return
        if not old:
            self.world.lose_state()
        for mark in self.marks:
            mark.recorded = False
        self.outcomes.clear()
        self.unsure |= self.renamed
        self.shaky |= (
            self.gone_rows
            | self.renamed
            | ({deal.client for deal in self.deals} if self.world.tab() is None else set())
        )
        self.remembers = False

    @rule(where=st.sampled_from(MEETINGS))
    def two_at_once(self, where):
        """Another run on another computer, begun and ended while this one is under way."""
        look = self.world.look()
        with meeting(where, lambda: self.world.sync(self.today)):
            self.world.sync(self.today)
        self._settled(look)

    @rule(number=st.integers(0, 20), kind=st.sampled_from(KINDS))
    def typed_meanwhile(self, number, kind):
        """Somebody saves the workbook after it was read and before it is written."""
        looks = []

        def save():
            self._act(number, kind, dated=True)
            looks.append(self.world.look())

        with meeting("before the write", save):
            written = self.world.sync(self.today).written
        if not written:  # where nothing is to be written, a spreadsheet is not read once more: the next run takes it in
            self._nothing_is_lost(final=False)
            self.world.sync(self.today)
        self._settled(looks[0])

    @rule(where=st.sampled_from(KILLS))
    def killed(self, where):
        look = self.world.look()
        try:
            with killing(where):
                self.world.sync(self.today)
        except Killed:
            self.world.died()
            self.world.unchanged_since(look)
            self._nothing_is_lost(final=False)
        else:
            self._settled(look)

    @precondition(lambda self: len(self.deals) > 2)
    @rule(who=st.integers(0, 5))
    def remove_deal(self, who):
        """Whoever comes back under the same name is another deal, or the same one: nobody can tell."""
        gone = self.deals[who % len(self.deals)].client
        super().remove_deal(who)
        self.unsure.add(gone)
        self.shaky.add(gone)

    @rule(who=st.integers(0, 5))
    def rename_client(self, who):
        deal = self.deals[who % len(self.deals)]
        old, new = deal.client, self._word(deal.client.split(" №")[0])
        theirs = [mark for mark in self.marks if mark.client == old and not mark.own and self._live(mark)]
        for sheet in (CLIENTS, DEALS):
            self.world.put(sheet, [[new if cell == old else cell for cell in row] for row in self.world.rows(sheet)])
        deal.client = deal.cells["Клиент"] = new
        for pair in [pair for pair in self.tries if pair[0] == old]:
            self.tries[new, pair[1]] = self.tries.pop(pair)
            self.begun[new, pair[1]] = self.begun.pop(pair)
        for names in (self.renamed, self.unsure, self.shaky, self.gone_rows):
            if old in names:
                names.add(new)
        self.renamed.add(new)
        if not self.remembers:
            self.unsure.add(new)
            self.shaky.add(new)
        for mark in theirs:
            mark.client = new
        self.sync()

    # --- what must hold ---------------------------------------------------------------------------------------------

    def _settled(self, look):
        self.remembers = True
        super()._settled(look)
        self.gone_rows = set()

    def _live(self, mark):
        """Those reasons of the mark's row that still hold, for the same cause."""
        wanted = {(label, occurrence) for client, label, occurrence in self._expected() if client == mark.client}
        return {label for label, occurrence in mark.since if (label, occurrence) in wanted}

    def _nothing_is_lost(self, *, final):
        head, rows = self._tab()
        keys = Counter(key for row in rows for key in str(row[head.index("Ключ")] or "").split())
        assert not final or max(keys.values(), default=1) == 1, f"keys stand twice: {keys}"
        told = [_with_days(dict(zip(head, row, strict=True))) for row in rows]
        self._regrouped(told)
        for mark in list(self.marks):
            self._mark_stands(mark, [row for row in told if row["Комментарий"] == mark.comment], final=final)
        said = Counter(row["Комментарий"] for row in told)
        for comment in self.taken_back:
            assert not final or not said[comment], f"{comment} was erased and is there again"
        self._own_rows_stand(told, final=final)

    def _regrouped(self, told):
        """Marks of rows that held several reasons, one for each row in which they stand now."""
        for comment in {mark.comment for mark in self.marks if mark.many and not mark.deleted and mark.own is False}:
            mine = [mark for mark in self.marks if mark.comment == comment]
            rows = [row for row in told if row["Комментарий"] == comment]
            assert 1 <= len(rows) <= mine[0].origin, f"{mine[0]} stands {len(rows)} times"
            new = []
            for row in rows:
                labels = frozenset(row["Правило"].split(", "))
                was = next((mark for mark in mine if mark.labels & labels), mine[0])
                since = frozenset(pair for mark in mine for pair in mark.since if pair[0] in labels)
                new.append(replace(was, labels=labels, since=since, cells=dict(was.cells)))
            self.marks = [mark for mark in self.marks if mark.comment != comment] + new

    def _mark_stands(self, mark, rows, *, final):
        if mark.deleted:
            assert len(rows) <= mark.origin, f"{mark} came back more than once"
            if rows and final:
                assert all(row["Статус"] in CLOSED for row in rows), f"{mark} came back open"
                mark.deleted, mark.own, mark.cells = False, False, {"Статус": rows[0]["Статус"]}
            return
        rows = [row for row in rows if mark.own or not mark.many or mark.labels & set(row["Правило"].split(", "))]
        assert len(rows) == 1, f"{mark} stands {len(rows)} times"
        row = rows[0]
        live = set() if mark.own or self.is_off else self._live(mark)
        if live and final and mark.client not in self.unsure:
            assert not row["Почему"].startswith(GONE), f"{mark} lost its task"
        self._follow(mark, row, live, final=final)
        for header, value in mark.cells.items():
            assert header in row, f"the column {header} is gone"
            assert row[header] == value, f"{mark}: {header} is {row[header]}"

    def _follow(self, mark, row, live, *, final):
        """What follows from the outcome of a row is done, or (before a write) not yet; the mark is brought to it."""
        meant, expected = self._after(mark, row, live)
        if expected is None:
            if meant is not None and final and mark.client not in self.unsure:
                wanted = {"on_date": "Не хватает даты", "declined": "Не хватает причины"}[meant]
                assert wanted in row["Почему"], f"{mark}: nobody is told what is missing"
            return
        if all(row.get(header) == value for header, value in expected.items()) and expected != mark.cells:
            until = mark.cells.get("Отложить до")
            if meant == "on_date":
                late = timedelta(days=14 if "working" in self.on else 0)
                assert until <= row["Срок"] <= until + late or self.merge, (
                    f"{mark}: agreed on {until}, due {row['Срок']}"
                )
            if meant in ("again", "retry", "on_date"):
                self._count(mark, live, meant)
                self.outcomes[mark.cells["Результат"]] += 1
            mark.cells = expected
            return
        assert not final or mark.client in self.unsure or expected == mark.cells, (
            f"{mark} waits for its next step: {row}"
        )

    def _count(self, mark, live, meant):
        tries = max(self._tries_of(mark.client, label) for label in live) + 1 if meant == "again" else 0
        for label, occurrence in mark.since:
            if label in live:
                self.tries[mark.client, label] = tries
                self.begun[mark.client, label] = occurrence

    def _tries_of(self, client, label):
        """Tries of the task that the rule makes of the present cause."""
        now = next((found for who, name, found in self._expected() if (who, name) == (client, label)), None)
        return self.tries[client, label] if self.begun.get((client, label)) == now else 0

    def _after(self, mark, row, live):
        """(what the outcome means, the cells after it); (None, None) where nothing follows, no cells where something is missing."""
        outcome, status = mark.cells.get("Результат"), mark.cells.get("Статус", "Новая")
        if not outcome or not live or status == "Отменена":
            return None, None
        kinds = {kind for label in live for kind, text in OUTCOMES[label].items() if text == outcome}
        if outcome in HEAD.values():
            tries = {self._tries_of(mark.client, label) for label in live}
            if tries != {MOST} or mark.client in self.shaky:
                return None, None
            kinds = {kind for kind, text in HEAD.items() if text == outcome}
        if not kinds:
            return None, None
        (meant,) = kinds
        until, reason = mark.cells.get("Отложить до"), mark.cells.get("Причина")
        if (meant == "on_date" and not isinstance(until, date)) or (meant == "declined" and not reason):
            return meant, None
        if meant in ("done", "declined"):
            return meant, mark.cells | ({"Статус": "Сделана"} if status == "Новая" else {})
        freed = {"Статус": "Новая", "Результат": None}
        return meant, mark.cells | freed | ({"Отложить до": None} if isinstance(until, date) else {})

    def _own_rows_stand(self, told, *, final):
        words = Counter(row["Что сделать"] for row in told if row["Что сделать"] in self.hand)
        for text, count in (self.hand + Counter()).items():
            due = self.series[text]
            assert words[text] in ({count + due} if final and not self.is_off else {count, count + due}), (
                f"{text} stands {words[text]} times, not {count} and {due} to come"
            )
            if words[text] == count + due:
                self.hand[text] += self.series.pop(text, 0)
        assert set(words) == set(+self.hand), "rows typed by hand"
        for row in told if final and not self.is_off else ():
            if row["Что сделать"] in self.hand and row["Статус"] not in CLOSED:
                self._own_row_is_whole(row, self.times.get(row["Что сделать"], {}))

    def _own_row_is_whole(self, row, typed):
        for header in ("Время", "Повтор"):
            assert (row[header] or "").startswith(typed.get(header, "")), f"{header} of {row}"
        if "Менеджер" in typed:
            assert row["Менеджер"] == self._doer(typed["Менеджер"]), f"manager of {row}"

    def _tasks_are_those_that_hold(self):
        """One row for each reason that holds and none twice, with the tries that were made; some may wait for the cap."""
        head, rows = self._tab()
        if self.is_off:
            return
        apart = {mark.comment for mark in self.marks if mark.own}
        live, late = Counter(), Counter()
        for row in (dict(zip(head, row, strict=True)) for row in rows):
            if not row["Правило"] or row["Комментарий"] in apart:
                continue
            if row["Правило"] == ESCALATION:
                late[row["Что сделать"], str(row["Почему"]).startswith(GONE)] += 1
                continue
            if str(row["Почему"] or "").startswith(GONE):
                continue
            labels = row["Правило"].split(", ")
            live.update((row["Клиент"], label) for label in labels)
            self._row_is_right(row, labels)
        wanted = Counter((client, label) for client, label, _ in self._expected())
        assert not live - wanted, f"doubled, or not wanted any more: {live - wanted}"
        missing = wanted - live
        hidden = {pair for pair in missing if "cap" in self.on and pair[1] in TOUCHES}
        assert not set(missing) - hidden, f"missing: {missing}"
        for mark in self.marks:
            week = (ESCALATION, self.today.isocalendar()[:2])
            for row in (dict(zip(head, row, strict=True)) for row in rows if week in mark.since):
                told = row["Комментарий"] == mark.comment and row["Почему"].startswith(GONE)
                assert not told or not late[row["Что сделать"], False], (
                    f"{mark}: the head is told again in the same week"
                )
        assert all(count == 1 for (_, gone), count in late.items() if not gone), f"the head is told twice: {late}"

    def _row_is_right(self, row, labels):
        client = row["Клиент"]
        if client in self.shaky or client in self.unsure:
            return
        told = {int(found) for found in TRIES.findall(row["Почему"])}
        made = {self._tries_of(client, label) for label in labels} - {0}
        assert told == made, f"{client}, {labels}: {told} tries told, {made} made"
        deal = next(deal for deal in self.deals if deal.client == client)
        if MOST not in made:
            assert row["Менеджер"] == self._doer(deal.cells["Менеджер"]), f"manager of {row}"

    def _history_says_it_once(self):
        with History.open(self.world.state) as history:
            events = history.table("task_events")
        comments = events.filter((events["what"] == "comment") & (events["new"] != ""))
        assert comments.select("key", "new").is_unique().all(), "one task's history says a mark twice"
        words = Counter(comments["new"].to_list())
        for mark in self.marks:
            if not mark.deleted:
                assert words[mark.comment] >= 1, f"{mark} did not enter history"
                assert words[mark.comment] == 1 or mark.own or mark.many, (
                    f"{mark} entered history {words[mark.comment]} times"
                )
                mark.recorded = True
            elif mark.recorded:
                assert words[mark.comment], f"{mark} left history"
        chosen = Counter(events.filter(events["what"] == "outcome")["new"].to_list())
        assert self.outcomes <= chosen, f"{self.outcomes - chosen} did not enter history"
        for (_key, _what), part in events.group_by("key", "what", maintain_order=True):
            olds, news = part.sort("number")["old"].to_list(), part.sort("number")["new"].to_list()
            assert olds[1:] == news[:-1], "history has a gap"
            assert all(old != new for old, new in zip(olds, news, strict=True)), "history says the same twice"


def _with_days(row):
    """A row with its days as days: beside words that somebody typed, a column holds them as text."""
    days = {name: row[name] for name in ("Срок", "Отложить до") if isinstance(row.get(name), str)}
    return row | {name: date.fromisoformat(text) for name, text in days.items() if re.fullmatch(r"[\d-]{10}", text)}


def meeting(where, other):
    """Something else happens once at this place of a run, from beginning to end."""
    target, name = {
        "before intake": (History, "record_marks"),
        "before the write": (run, "WritePlan"),
        "after the write": (run, "Run"),
    }[where]
    original = getattr(target, name)
    patched = mock.patch.object(target, name)

    def call(*args, **kwargs):
        patched.stop()
        with mock.patch.object(StateFolder, "lock", return_value=nullcontext()):
            other()
        return original(*args, **kwargs)

    patched = mock.patch.object(target, name, call)
    return _Once(patched)


class _Once:
    """A patch that may be taken back inside."""

    def __init__(self, patched):
        self._patched = patched

    def __enter__(self):
        self._patched.start()

    def __exit__(self, *_):
        self._patched.stop()
