"""The whole life of `tests.promises.life` in a spreadsheet: with troubles of the network, with a server that answers otherwise,
and with colleagues who act in the very moment between the program's last look and its write.
"""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.google.dying import dying
from tests.google.emulator.contrary import MODES
from tests.google.world import GoogleWorld, TroubledWorld
from tests.promises.life import KINDS, Life
from tests.promises.play import Killed
from tests.promises.worlds import CLIENTS, DEALS

NUMBERS = st.tuples(st.integers(0, 20), st.integers(0, 20), st.sampled_from(KINDS))


class LifeGoogle(Life):
    """All that a firm does, in a spreadsheet."""

    world_of = GoogleWorld

    def teardown(self):
        world = getattr(self, "world", None)
        if world is not None:
            world.close()
        super().teardown()

    # --- what a colleague does in that moment

    def _edits(self, number, other, kind):
        self._act(number, kind, dated=bool(other % 2))

    def _sorts(self, number, other, kind):
        self.sort_tab(column=number, down=bool(other % 2))

    def _inserts(self, number, other, kind):
        head, rows = self._tab()
        rows.insert(number % (len(rows) + 1), [None] * len(head))
        self._put_tab(head, rows)

    def _inserts_a_task(self, number, other, kind):
        if self.world.tab() is None:
            return
        head, rows = self._tab()
        words, row = self._word("Купить бумагу"), [None] * len(head)
        row[head.index("Что сделать")] = words
        self.hand[words] += 1
        self.times[words] = {}
        rows.insert(number % (len(rows) + 1), row)
        self._put_tab(head, rows)

    def _deletes(self, number, other, kind):
        head, rows, place, mark = self._pick(number)
        if mark is not None and mark.cells.get("Результат"):  # which the run had read by then, and counts
            self.shaky.add(rows[place][head.index("Клиент")])
        self.delete_row(number=number)

    def _moves_a_column(self, number, other, kind):
        self.move_tab_column(one=number, other=other)

    def _adds_a_column(self, number, other, kind):
        if self._standing():
            self.own_column(number=number)

    def _renames_the_tab(self, number, other, kind):
        if self.world.tab() is not None:
            self.world.rename_sheet(self.world.tab(), f"Дела {number}")

    def _duplicates_the_tab(self, number, other, kind):
        if self.world.tab() is not None:
            sheet = self.world.google.sheet(self.world.book, self.world.tab()).id
            title = f"Копия {self._word('листа')}"
            twin = {"sourceSheetId": sheet, "newSheetId": 10**6 + self.count, "newSheetName": title}
            self.world.person.do({"duplicateSheet": twin})

    def _edits_the_base(self, number, other, kind):
        self.edit_deals(edits=[(number, "Ответ по КП", other), (other, "Оплачено", number)])

    def _sorts_the_base(self, number, other, kind):
        self.sort_base(column=number, down=bool(other % 2), sheet=(CLIENTS, DEALS)[other % 2])

    def _inserts_into_the_base(self, number, other, kind):
        self.insert_blank_row(at=1 + number % 6)

    def _deletes_from_the_base(self, number, other, kind):
        if len(self.deals) > 2:
            self.remove_deal(who=number)

    ACTIONS = tuple(sorted(name for name in vars() if name.startswith("_")))
    ACTIONS = tuple(name for name in ACTIONS if name[1:].partition("_")[0] in {
        "edits", "sorts", "inserts", "deletes", "moves", "adds", "renames", "duplicates"
    })  # fmt: skip

    @rule(what=st.sampled_from(ACTIONS), numbers=NUMBERS, more=st.none() | st.sampled_from(ACTIONS), cause=NUMBERS)
    def in_the_same_moment(self, what, numbers, more, cause):
        """Something makes the program write; just before the write is applied somebody acts, and before the next one too."""
        self._cause(*cause)
        faults, looks = self.world.google.faults, [self.world.look()]

        def act(name):
            getattr(self, name)(*numbers)
            looks.append(self.world.look())

        for nth, name in enumerate([what, more], 1):
            if name:
                faults.before(lambda name=name: act(name), method="write", nth=nth)
        self.world.sync(self.today)
        self.world.unchanged_since(looks[-1])
        self._nothing_is_lost(final=False)
        self.sync()

    @rule(
        what=st.sampled_from(ACTIONS), numbers=NUMBERS, cause=NUMBERS, elsewhere=st.booleans(),
        at=st.sampled_from(((1, True), (1, True), (2, False), (2, True), (3, False))),
    )  # fmt: skip
    def killed_in_the_same_moment(self, what, numbers, cause, elsewhere, at):
        """Somebody acts just before a write is applied, and the program dies before it can look at what it did to that.

        The next run may be on another computer, which knows nothing of this one's state.
        """
        self._cause(*cause)
        looks = [self.world.look()]

        def act():
            getattr(self, what)(*numbers)
            looks.append(self.world.look())

        for nth in range(1, 1 + (at[0] + 1) // 2):
            self.world.google.faults.before(act, method="write", nth=nth)
        try:
            with dying(at[0], applied=at[1]):
                self.world.sync(self.today)
        except Killed:
            self.world.died()
            if elsewhere and not self.headers_moved:
                self.lose_state(old=False)
                self.world.sync(self.today)
                self._nothing_is_lost(final=False)
                self.outcomes.clear()  # what had been written when the program died was recorded there alone
        self.world.unchanged_since(looks[-1])
        self.sync()

    def _cause(self, number, other, kind):
        """The list of tasks changes: rows come, go and change in place."""
        if kind is None:
            self.today += timedelta(days=1 + other % 3)
        elif kind == "again":
            self._act(number, kind, status="В работе")
        else:
            self.edit_deals(edits=[(number, "Дата следующего шага", other), (other, "Ответ по КП", number)])


class LifeTroubled(LifeGoogle):
    """The same with a trouble of the network or of Google's in every run."""

    world_of = TroubledWorld


def contrary(*modes):
    """The same on a server that answers in other legitimate ways."""
    world = type("ContraryWorld", (GoogleWorld,), {"contrary": frozenset(modes)})
    return type("LifeContrary", (LifeGoogle,), {"world_of": world})


ALL_BUT = {"omit": MODES - {"full"}, "full": MODES - {"omit"}}


def _without_rules(*kept):
    """All of the machine's rules but these as plain moves: they are made by others, not chosen."""
    names = {name for name in dir(LifeGoogle) if hasattr(getattr(LifeGoogle, name), "hypothesis_stateful_rule")}
    return {name: _plain(getattr(LifeGoogle, name)) for name in names - set(kept)}


def _plain(move):
    def call(self, *args, **kwargs):
        return move(self, *args, **kwargs)

    return call


Moments = type(
    "Moments",
    (LifeGoogle,),
    _without_rules("in_the_same_moment", "killed_in_the_same_moment", "mark_tasks", "write_by_hand"),
)
