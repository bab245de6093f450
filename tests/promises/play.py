"""Owner, managers, crashes and the clock at one workbook, as a machine; and what must stand in the tab after every run.

The model knows a task by its client's name and its rule, a mark by the words that were typed, and never by a key of the
program's: one that borrowed the key could not see that the key is unstable.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from unittest import mock

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from sheets_crm.base.history import History
from sheets_crm.sync import run
from tests.promises.worlds import (
    CLIENT_HEADERS,
    CLIENTS,
    DEAL_HEADERS,
    DEALS,
    LOST,
    OFFER,
    OPEN_STAGES,
    WON,
    MemoryWorld,
)  # fmt: skip

START = date(2026, 11, 2)
NAMES = ("Анна Белова", "Борис Волков", "Вера Гущина", "Глеб Дёмин", "Дина Ершова", "Егор Жилин")
LABELS = {
    "offer": "Предложение без ответа", "overdue": "Просроченная оплата", "next": "Нет следующего шага", "lost": "Отказ без причины",
}  # fmt: skip
GONE = "Больше не нужно"
STATUSES = ("В работе", "Сделана", "Отложена", "Отменена")
CLOSED = {"Сделана", "Отменена"}
NOT_REACHED = "Не дозвонились"
AGREED = {LABELS["offer"]: "Думают", LABELS["overdue"]: "Назвали дату оплаты", LABELS["next"]: "Клиент думает"}
TRIES = re.compile(r"Попыток связаться: (\d+)")
SYNONYMS = {"Ответ по КП": "Ответы по КП", "Сумма": "Сумма, руб.", "Менеджер": "Ответственный", "Дата КП": "КП от"}
KILLS = ("before intake", "after intake", "before the write", "after the write", "after the record", "before the stamp")


class Killed(BaseException):
    """The process dies here."""


@dataclass
class Deal:
    """What the owner knows of a deal; the sheet's rows are written from nothing else."""

    client: str
    cells: dict

    def reasons(self, today):
        """(rule label, what makes it this time) of every rule that should hold: the rules' own words, reckoned anew."""
        cells, stage = self.cells, self.cells["Этап"]
        if stage == OFFER and cells["Дата КП"] and (today - cells["Дата КП"]).days >= 3 and not cells["Ответ по КП"]:
            yield LABELS["offer"], cells["Дата КП"]
        left = cells["Сумма"] - (cells["Оплачено"] or 0)
        if left > 0 and cells["Срок оплаты"] and cells["Срок оплаты"] < today and stage != LOST:
            yield LABELS["overdue"], cells["Срок оплаты"]
        if stage in OPEN_STAGES and not cells["Дата следующего шага"]:
            yield LABELS["next"], stage
        if stage == LOST and not cells["Причина отказа"]:
            yield LABELS["lost"], "lost"


@dataclass
class Typed:
    """A mark: what a manager typed into one row. `comment` is said once in the world, so the row is known by it."""

    comment: str
    client: str
    rule: str
    occurrence: object
    cells: dict = field(default_factory=dict)  # header -> value
    own: bool = False  # no rule stands behind the row: typed by hand, or its key was garbled
    deleted: bool = False
    recorded: bool = False


class Play(RuleBasedStateMachine):
    """One workbook and everything that happens to it."""

    world_of = MemoryWorld
    people = 4

    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.today = START
        self.count = 0
        self.marks: list[Typed] = []
        self.taken_back: set[str] = set()  # comments that a manager erased
        self.hand: Counter = Counter()  # tasks typed by hand: words -> how many rows
        self.renamed: set[str] = set()  # clients whose strongest key was edited: their keys depend on the state
        self.unsure: set[str] = set()  # ... and then the state was lost: their tasks may begin anew
        self.calls: Counter = Counter()  # (client, rule label) -> how often a manager said that nobody answered
        self.headers_moved = False
        self.remembers = False  # is there a state of the last run?

    @initialize(
        merge=st.sampled_from(("false", "false", "true")), days=st.lists(st.integers(0, 30), min_size=6, max_size=6)
    )
    def open_shop(self, merge, days):
        self.merge = merge == "true"
        self.deals = [Deal(name, self._new_deal(name, n, days[n])) for n, name in enumerate(NAMES[: self.people])]
        clients = [[deal.client, f"+7916000000{n}", "Ольга"] for n, deal in enumerate(self.deals)]
        deals = [[deal.cells[name] for name in DEAL_HEADERS] for deal in self.deals]
        self.world = self.world_of(
            self.folder / "firm", {CLIENTS: [CLIENT_HEADERS, *clients], DEALS: [DEAL_HEADERS, *deals]}, merge=merge
        )
        self.sync()

    def teardown(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def _new_deal(self, name, number, age):
        stage = (OFFER, "Договор", LOST, "Новая", OFFER, WON)[number % 6]
        return {
            "Клиент": name, "Создана": START - timedelta(days=40 + number), "Этап": stage, "Сумма": 1000 * (number + 1),
            "Дата КП": START - timedelta(days=age), "Ответ по КП": None, "Срок оплаты": START - timedelta(days=age // 2),
            "Оплачено": None, "Дата следующего шага": None, "Причина отказа": None, "Менеджер": ("Ольга", "Пётр")[number % 2],
        }  # fmt: skip

    def _word(self, stem):
        self.count += 1
        return f"{stem} №{self.count}"

    # --- the owner --------------------------------------------------------------------------------------------------

    def _deal_rows(self):
        rows = self.world.rows(DEALS)
        width = max(map(len, rows))
        return [row + [None] * (width - len(row)) for row in rows]

    def _place(self, header):
        """Where a column stands now; the owner may have renamed it."""
        names = self.world.rows(DEALS)[0]
        return next(names.index(name) for name in (header, SYNONYMS.get(header)) if name in names)

    @rule(
        edits=st.lists(
            st.tuples(st.integers(0, 5), st.sampled_from(DEAL_HEADERS[2:-1]), st.integers(0, 5)), min_size=1, max_size=4
        )
    )
    def edit_deals(self, edits):
        values = {
            "Этап": (*OPEN_STAGES, WON, LOST), "Сумма": (500, 7000), "Дата КП": [START - timedelta(days=d) for d in (1, 4, 12)],
            "Ответ по КП": (None, "думают", None), "Срок оплаты": [None, START - timedelta(days=2), START + timedelta(days=5)],
            "Оплачено": (None, 99_000), "Дата следующего шага": (None, START + timedelta(days=9)), "Причина отказа": (None, "дорого"),
        }  # fmt: skip
        for who, what, choice in edits:
            self._write(self.deals[who % len(self.deals)], what, values[what][choice % len(values[what])])

    @precondition(lambda self: any(mark.own is False for mark in self.marks))
    @rule(number=st.integers(0, 5))
    def reason_passes(self, number):
        """The owner does what a marked task asks for: it is no longer needed."""
        marks = [mark for mark in self.marks if mark.own is False]
        mark = marks[number % len(marks)]
        cures = {
            "offer": ("Ответ по КП", "согласны"), "overdue": ("Оплачено", 99_000), "next": ("Дата следующего шага", START + timedelta(days=20)),
            "lost": ("Причина отказа", "дорого"),
        }  # fmt: skip
        for deal in self.deals:
            for name, (what, value) in cures.items():
                if deal.client == mark.client and LABELS[name] in mark.rule:
                    self._write(deal, what, value)
        self.sync()

    def _write(self, deal, what, value):
        deal.cells[what] = value
        rows, at, name = self._deal_rows(), self._place(what), self._place("Клиент")
        for row in rows[1:]:
            if row[name] == deal.client:
                row[at] = value
        self.world.put(DEALS, rows)

    @rule(column=st.integers(0, 10), down=st.booleans(), sheet=st.sampled_from((CLIENTS, DEALS)))
    def sort_base(self, column, down, sheet):
        head, *rows = self.world.rows(sheet)
        at = column % len(head)
        rows.sort(key=lambda row: str(row[at]) if at < len(row) else "", reverse=down)
        self.world.put(sheet, [head, *rows])

    @rule(at=st.integers(1, 6))
    def insert_blank_row(self, at):
        rows = self.world.rows(DEALS)
        rows.insert(min(at, len(rows)), [])
        self.world.put(DEALS, rows)

    @precondition(lambda self: len(self.deals) < len(NAMES))
    @rule(age=st.integers(0, 20))
    def new_client(self, age):
        name = next(name for name in NAMES if all(deal.client != name for deal in self.deals))
        number = len(self.deals)
        self._word("клиент")  # a client who comes back has begun another deal: created on another day
        deal = Deal(name, self._new_deal(name, number, age))
        deal.cells["Создана"] = START - timedelta(days=50 + self.count)
        self.deals.append(deal)
        self.world.put(CLIENTS, [*self.world.rows(CLIENTS), [name, f"+7916111{self.count:04}", "Ольга"]])
        rows = self._deal_rows()
        new = [None] * len(rows[0])
        for header in DEAL_HEADERS:
            new[self._place(header)] = deal.cells[header]
        self.world.put(DEALS, [rows[0], new, *rows[1:]])

    @precondition(lambda self: len(self.deals) > 2)
    @rule(who=st.integers(0, 5))
    def remove_deal(self, who):
        deal = self.deals.pop(who % len(self.deals))
        for mark in self.marks:
            if mark.client == deal.client:
                mark.occurrence = None  # a client of that name who comes later is another one, whatever the days
        rows, name = self._deal_rows(), self._place("Клиент")
        self.world.put(DEALS, [row for row in rows if row[name] != deal.client])
        self.world.put(CLIENTS, [row for row in self.world.rows(CLIENTS) if not row or row[0] != deal.client])

    @rule(one=st.integers(0, 10), other=st.integers(0, 10))
    def move_column(self, one, other):
        rows = self._deal_rows()
        for row in rows:
            row.insert(other % len(row), row.pop(one % len(row)))
        self.world.put(DEALS, rows)

    @rule(header=st.sampled_from(sorted(SYNONYMS)))
    def rename_column(self, header):
        rows, at = self._deal_rows(), self._place(header)
        rows[0][at] = SYNONYMS[header] if rows[0][at] == header else header
        self.headers_moved = any(name in SYNONYMS.values() for name in rows[0])
        self.world.put(DEALS, rows)
        self.sync()  # one change of such a kind at a time: two at once a person could not follow either

    @rule(who=st.integers(0, 5))
    def rename_client(self, who):
        deal = self.deals[who % len(self.deals)]
        old, new = deal.client, self._word(deal.client.split(" №")[0])
        for sheet in (CLIENTS, DEALS):
            self.world.put(sheet, [[new if cell == old else cell for cell in row] for row in self.world.rows(sheet)])
        deal.client = deal.cells["Клиент"] = new
        for client, label in [pair for pair in self.calls if pair[0] == old]:
            self.calls[new, label] += self.calls[client, label]
        self.renamed = {new if name == old else name for name in self.renamed} | {new}
        self.unsure = {new if name == old else name for name in self.unsure} | (set() if self.remembers else {new})
        live = {(label, occurrence) for label, occurrence in deal.reasons(self.today)}
        for mark in self.marks:
            if mark.client == old and not mark.own and (mark.rule, mark.occurrence) in live:
                mark.client = new
        self.sync()

    # --- the managers -----------------------------------------------------------------------------------------------

    def _tab(self):
        """Headers and rows of the tasks tab as a person sees them, each row as wide as the headers."""
        head, *rows = self.world.rows(self.world.tab())
        return head, [row + [None] * (len(head) - len(row)) for row in rows]

    def _put_tab(self, head, rows):
        self.world.put(self.world.tab(), [head, *rows])

    def _pick(self, number):
        """A task's row, and the mark that stands in it already."""
        head, rows = self._tab()
        must = [head.index("Ключ"), head.index("Статус")]
        tasks = [n for n, row in enumerate(rows) if all(row[place] for place in must)]
        if not tasks:
            return head, rows, None, None
        place = tasks[number % len(tasks)]
        said = rows[place][head.index("Комментарий")]
        return head, rows, place, next((mark for mark in self.marks if mark.comment == said), None)

    def _standing(self, *, own=True):
        """Marks that stand in the tab; without those of rows that no rule stands behind where `own` is false."""
        return [mark for mark in self.marks if not mark.deleted and (own or mark.own is False)]

    def _pick_marked(self, number, *, own=True):
        """A row in which a mark stands."""
        marks = self._standing(own=own)
        mark = marks[number % len(marks)]
        head, rows = self._tab()
        place = next(n for n, row in enumerate(rows) if row[head.index("Комментарий")] == mark.comment)
        return head, rows, place, mark

    @rule(
        marks=st.lists(
            st.tuples(st.integers(0, 20), st.sampled_from(STATUSES), st.integers(0, 15)), min_size=1, max_size=4
        )
    )
    def mark_tasks(self, marks):
        for number, status, more in marks:
            self._mark(number, status, more)

    def _mark(self, number, status, more):
        head, rows, place, mark = self._pick(number)
        if place is None or (mark is None and self.hand.get(rows[place][head.index("Что сделать")])):
            return
        row = rows[place]
        if mark is None:
            client, label = row[head.index("Клиент")], row[head.index("Правило")]
            mark = Typed(self._word("сказал"), client, label, self._occurrence(client, label))
            self.marks.append(mark)
        elif more & 1:  # another word over the old one
            mark.comment, mark.recorded = self._word("сказал"), False
        mark.cells["Статус"] = status
        if more & 2:
            mark.cells["Результат"] = NOT_REACHED
            self.calls[mark.client, mark.rule] += 1
        elif more & 8:
            mark.cells["Результат"] = AGREED.get(mark.rule.split(", ")[0], "Узнать не удалось")
        if more & 4:
            mark.cells["Отложить до"] = self.today + timedelta(days=3)
        self._type(head, row, mark)
        self._put_tab(head, rows)

    def _type(self, head, row, mark):
        row[head.index("Комментарий")] = mark.comment
        for header, value in mark.cells.items():
            row[head.index(header)] = value

    def _occurrence(self, client, label):
        """What makes the task this time, as it was when the tab was drawn; several reasons of a merged row together."""
        return self.drawn.get((client, label))

    @precondition(lambda self: self._standing(own=False))
    @rule(number=st.integers(0, 20))
    def erase_mark(self, number):
        head, rows, place, mark = self._pick_marked(number, own=False)
        row = rows[place]
        for header in ("Комментарий", "Статус", *mark.cells):
            row[head.index(header)] = "Новая" if header == "Статус" else None
        self.marks.remove(mark)
        self.taken_back.add(mark.comment)
        self._put_tab(head, rows)

    @rule(same=st.booleans())
    def write_by_hand(self, same):
        head, rows = self._tab()
        words = "Полить цветы" if same else self._word("Позвонить в банк")
        row = [None] * len(head)
        row[head.index("Что сделать")] = words
        if not same:
            row[head.index("Срок")] = self.today + timedelta(days=1)
        self.hand[words] += 1
        self._put_tab(head, [*rows, row])

    @rule(column=st.integers(0, 30), down=st.booleans())
    def sort_tab(self, column, down):
        head, rows = self._tab()
        rows.sort(key=lambda row: str(row[column % len(head)]), reverse=down)
        self._put_tab(head, rows)

    @rule(one=st.integers(0, 20), other=st.integers(0, 20))
    def move_tab_column(self, one, other):
        head, rows = self._tab()
        for row in (head, *rows):
            row.insert(other % len(row), row.pop(one % len(row)))
        self._put_tab(head, rows)

    @rule(number=st.integers(0, 20))
    def delete_row(self, number):
        head, rows, place, mark = self._pick(number)
        if place is None:
            return
        words = rows[place][head.index("Что сделать")]
        if mark is not None:
            mark.deleted = True
            if not mark.recorded:
                self.marks.remove(mark)  # nobody but the manager has seen it
        elif self.hand.get(words):
            self.hand[words] -= 1
        del rows[place]
        self._put_tab(head, rows)

    @precondition(lambda self: self._standing(own=False))
    @rule(number=st.integers(0, 20), junk=st.sampled_from((None, "abc", "t", 42)))
    def garble_key(self, number, junk):
        head, rows, place, mark = self._pick_marked(number, own=False)
        rows[place][head.index("Ключ")] = junk
        if junk is not None:
            mark.own = True
        else:
            mark.own = None  # it may find its task again by what it says, or stand for itself
        self._put_tab(head, rows)

    @precondition(lambda self: self._standing())
    @rule(number=st.integers(0, 20))
    def own_column(self, number):
        head, rows, place, mark = self._pick_marked(number)
        if "Скидка" not in head:
            head.append("Скидка")
            for row in rows:
                row.append(None)
        mark.cells["Скидка"] = self._word("скидка")
        rows[place][head.index("Скидка")] = mark.cells["Скидка"]
        self._put_tab(head, rows)

    @rule(name=st.sampled_from(("Задачи", "Дела на сегодня")))
    def rename_tab(self, name):
        if self.world.tab() != name:
            self.world.rename_sheet(self.world.tab(), name)

    # --- misfortune -------------------------------------------------------------------------------------------------

    @rule(days=st.sampled_from((1, 1, 3, 10)), morning=st.booleans())
    def time_passes(self, days, morning):
        self.today += timedelta(days=days)
        if morning:
            self.sync()

    @rule()
    def keep_a_copy_of_the_state(self):
        self.world.save_state()

    @precondition(lambda self: not self.headers_moved)
    @rule(old=st.booleans())
    def lose_state(self, old):
        if old and not self.world.bring_back_old_state():
            return
        if not old:
            self.world.lose_state()
        for mark in self.marks:
            mark.recorded = False
        self.unsure |= self.renamed
        self.remembers = False

    @rule(where=st.sampled_from(KILLS))
    def killed(self, where):
        look = self.world.look()
        try:
            with killing(where):
                self.world.sync(self.today)
        except Killed:
            self.world.unchanged_since(look)
            self._nothing_is_lost(final=False)
        else:
            self.remembers = True
            self._settled(look)

    # --- the run, and what must hold after it -----------------------------------------------------------------------

    @rule()
    def sync(self):
        look = self.world.look()
        self.world.sync(self.today)
        self.remembers = True
        self._settled(look)

    def _settled(self, look):
        self.world.unchanged_since(look)
        self._nothing_is_lost(final=True)
        self._tasks_are_those_that_hold()
        self._history_says_it_once()
        stamp = self.world.stamp()
        assert self.world.sync(self.today).written == ()
        assert self.world.stamp() == stamp, "a second run wrote"
        self.drawn = {}
        for client, label, occurrence in self._expected():
            self.drawn[client, label] = occurrence

    def _expected(self):
        for deal in self.deals:
            for label, occurrence in deal.reasons(self.today):
                yield deal.client, label, occurrence

    def _nothing_is_lost(self, *, final):
        """Every mark stands once with all that was typed, every row typed by hand as often as it was typed."""
        head, rows = self._tab()
        said = Counter(row[head.index("Комментарий")] for row in rows)
        for mark in self.marks:
            found = said[mark.comment]
            if mark.deleted:
                assert found <= 1, f"{mark} came back more than once"
                if found and final:
                    row = next(row for row in rows if row[head.index("Комментарий")] == mark.comment)
                    assert row[head.index("Статус")] in CLOSED, f"{mark} came back open"
                    mark.deleted, mark.cells = False, {"Статус": row[head.index("Статус")]}
                    mark.own = False  # what comes back is the rule's task, whatever had become of its row
                continue
            assert found == 1, f"{mark} stands {found} times"
            row = next(row for row in rows if row[head.index("Комментарий")] == mark.comment)
            self._moved_on(mark, dict(zip(head, row, strict=True)), final=final)
            for header, value in mark.cells.items():
                assert header in head, f"the column {header} is gone"
                assert row[head.index(header)] == value, f"{mark}: {header} is {row[head.index(header)]}"
        for comment in self.taken_back:
            assert not final or not said[comment], f"{comment} was erased and is there again"
        self._tries_are_those_said(head, rows)
        words = Counter(row[head.index("Что сделать")] for row in rows if row[head.index("Что сделать")] in self.hand)
        assert words == +self.hand, "rows typed by hand"

    def _moved_on(self, mark, row, *, final):
        """What asks for more is followed by the next step: the row is free for its outcome, and says how it came to that."""
        said = mark.cells.get("Результат")
        if said != NOT_REACHED and said not in AGREED.values():
            return
        held = (mark.client, mark.rule, mark.occurrence) in set(self._expected()) and mark.client not in self.unsure
        must = said == NOT_REACHED or (mark.cells.get("Отложить до") or self.today) > self.today
        if final and held and must and mark.own is False and mark.cells["Статус"] != "Отменена":
            assert mark.rule == LABELS["lost"] or row["Результат"] is None, f"{mark} waits for its next step"
        if row["Результат"] is None:
            assert mark.own is not True, f"{mark} is nobody's outcome"
            told = TRIES.search(row["Почему"]) if said == NOT_REACHED else "Договорились на" in row["Почему"]
            assert told, f"{mark} is freed without a next step"
            mark.cells |= {"Статус": "Новая", "Результат": None}
            if "Отложить до" in mark.cells:
                mark.cells["Отложить до"] = None
        elif (
            final and held and mark.own is False and mark.cells["Статус"] != "Отменена" and mark.rule != LABELS["lost"]
        ):
            assert row["Почему"].startswith("Не хватает даты"), f"{mark} doesn't say what is missing"

    def _tries_are_those_said(self, head, rows):
        """No try is counted that nobody made."""
        for row in rows:
            told = dict(zip(head, row, strict=True))
            found = TRIES.search(told["Почему"] or "")
            calls = self.calls[told["Клиент"], told["Правило"]]
            if found and not self.merge:
                assert 1 <= int(found[1]) <= calls, (
                    f"{told['Клиент']}, {told['Правило']}: {found[0]}, but {calls} calls"
                )

    def _tasks_are_those_that_hold(self):
        """One row for each client and rule that holds, none twice, and the mark stands in that row."""
        head, rows = self._tab()
        why, said = head.index("Почему"), head.index("Комментарий")
        loose = {mark.comment: mark for mark in self.marks if mark.own is None}
        apart = {mark.comment for mark in self.marks if mark.own is True}
        live = Counter()
        marked = {}
        for row in rows:
            if str(row[why] or "").startswith(GONE) or not row[head.index("Правило")] or row[said] in apart:
                continue
            tasks = [(row[head.index("Клиент")], label) for label in row[head.index("Правило")].split(", ")]
            marked[row[said]] = (row[head.index("Клиент")], row[head.index("Правило")])
            if row[said] not in loose:
                live.update(tasks)
        wanted = Counter((client, label) for client, label, _ in self._expected())
        missing = wanted - live
        assert not live - wanted, f"doubled, or not wanted any more: {live - wanted}"
        for mark in loose.values():  # a blank key: the row found its task again, or stands for itself beside a new one
            mark.own = not all((mark.client, label) in missing for label in mark.rule.split(", "))
            missing -= Counter() if mark.own else Counter((mark.client, label) for label in mark.rule.split(", "))
        assert not missing, f"missing: {missing}"
        for mark in self.marks:
            held = (mark.client, mark.rule, mark.occurrence) in set(self._expected())
            if held and not mark.own and not mark.deleted and mark.client not in self.unsure:
                assert marked.get(mark.comment) == (mark.client, mark.rule), f"{mark} lost its task"

    def _history_says_it_once(self):
        with History.open(self.world.state) as history:
            events = history.table("task_events")
        comments = events.filter(events["what"] == "comment")
        assert comments.select("key", "new").is_unique().all(), "one task's history says a mark twice"
        words = Counter(comments["new"].to_list())
        several = {mark.comment for mark in self.marks if mark.own}  # its row was one task first, then another
        if self.merge:  # a row that carries several tasks is recorded for each of them
            several = set(words)
        words.update({word: 1 - words[word] for word in several if words[word]})
        for mark in self.marks:
            if not mark.deleted:
                assert words[mark.comment] == 1, f"{mark} entered history {words[mark.comment]} times"
                mark.recorded = True
            elif mark.recorded:
                assert words[mark.comment] == 1, f"{mark} left history"
        for (_key, _what), part in events.group_by("key", "what", maintain_order=True):
            olds, news = part.sort("number")["old"].to_list(), part.sort("number")["new"].to_list()
            assert olds[1:] == news[:-1], "history has a gap"
            assert all(old != new for old, new in zip(olds, news, strict=True)), "history says the same twice"


def killing(where):
    """The process dies once at this place of a run."""

    def dying(original, *, after):
        def call(*args, **kwargs):
            if after:
                original(*args, **kwargs)
            raise Killed(where)

        return call

    target, name, after = {
        "before intake": (History, "record_marks", False),
        "after intake": (History, "record_marks", True),
        "before the write": (run, "WritePlan", False),
        "after the write": (run, "Run", False),
        "after the record": (History, "record_run", True),
        "before the stamp": (run, "remember_stamp", False),
    }[where]
    return mock.patch.object(target, name, dying(getattr(target, name), after=after))
