"""Columns of the tasks tab that colleagues insert, move, rename, hide or delete: between two runs, and in the moment of a write.

SHEETS_CRM_LONG plays all of them.
"""

import json
from contextlib import suppress
from datetime import date, timedelta

import pytest

from tests.google.dying import dying
from tests.google.world import GoogleWorld
from tests.promises.lives import LONG_S
from tests.promises.play import Killed
from tests.promises.worlds import CLIENT_HEADERS, CLIENTS, DEAL_HEADERS, DEALS

DAY = date(2026, 11, 2)
NAMES = ("Анна", "Борис", "Вера", "Глеб")
SAID, OWN, KEY = "Комментарий", "Скидка", "Ключ"


class Firm:
    """A spreadsheet in which every task bears a mark and a value in a column that a manager added."""

    def __init__(self, folder):
        stages = ("КП отправлено", "Договор", "Отказ", "Новая")
        days = [DAY - timedelta(days=n) for n in (40, 10, 5)]
        deals = [
            [name, days[0], stages[n], 1000 * (n + 1), days[1], None, days[2], None, None, None, "Ольга"]
            for n, name in enumerate(NAMES)
        ]
        clients = [[name, f"+7916000000{n}", "Ольга"] for n, name in enumerate(NAMES)]
        self.world = GoogleWorld(folder, {CLIENTS: [CLIENT_HEADERS, *clients], DEALS: [DEAL_HEADERS, *deals]})
        self.world.sync(DAY)
        self.person = self.world.person
        width = len(self.head)
        self.person.type(self.tab, 1, width, OWN)
        self.said = {}
        for number, row in enumerate(self.rows(), 2):
            key = row[self.head.index(KEY)]
            self.said[key] = (f"сказал {number}", f"{number} %")
            self.person.type(self.tab, number, self.head.index(SAID), self.said[key][0])
            self.person.type(self.tab, number, width, self.said[key][1])
        self.world.sync(DAY)

    @property
    def tab(self):
        return self.world.tab()

    @property
    def sheet(self):
        return self.world.google.sheet(self.world.book, self.tab)

    @property
    def head(self):
        return self.person.rows(self.tab)[0]

    def rows(self):
        width = len(self.head)
        rows = [row + [None] * (width - len(row)) for row in self.person.rows(self.tab)[1:]]
        return [row for row in rows if any(row)]

    def cause(self, *, look):
        """Something that makes the next run write: tasks go, others change; look: everything is drawn anew besides."""
        head = self.world.rows(DEALS)[0]
        self.person.type(DEALS, 2, head.index("Дата следующего шага"), DAY + timedelta(days=9))
        self.person.type(DEALS, 3, head.index("Срок оплаты"), DAY - timedelta(days=1))
        if look:
            for item in self.world.google.document(self.world.book).metadata:
                kept = json.loads(item["metadataValue"]) if item["metadataKey"] == "sheets-crm-tab" else {}
                if kept.get("tab") == "tasks":
                    item["metadataValue"] = json.dumps(kept | {"look": ""})

    def at(self, name):
        return self.head.index(name)

    def move(self, name, to):
        place = {
            "sheetId": self.sheet.id,
            "dimension": "COLUMNS",
            "startIndex": self.at(name),
            "endIndex": self.at(name) + 1,
        }
        self.person.do({"moveDimension": {"source": place, "destinationIndex": to}})

    def hide(self, name):
        place = {
            "sheetId": self.sheet.id,
            "dimension": "COLUMNS",
            "startIndex": self.at(name),
            "endIndex": self.at(name) + 1,
        }
        more = {"range": place, "properties": {"hiddenByUser": True}, "fields": "hiddenByUser"}
        self.person.do({"updateDimensionProperties": more})

    def insert(self, at, title=None):
        self.person.insert_columns(self.tab, at)
        if title:
            self.person.type(self.tab, 1, at, title)
            self.person.type(self.tab, 2, at, "вставлено")

    def hide_tab(self):
        wanted = {"sheetId": self.sheet.id, "hidden": True}
        self.person.do({"updateSheetProperties": {"properties": wanted, "fields": "hidden"}})

    def _hidden(self, name):
        return self.sheet.column_sizes.get(self.at(name), {}).get("hiddenByUser", False)

    def check(self, act):
        world, head = self.world, self.head
        assert len(head) == len(set(head)), "a header stands twice"
        stands = {(row[self.at(SAID)], row[self.at(OWN)]) for row in self.rows()}
        wanted = set(self.said.values())
        if act == "deletes what was said":
            wanted, stands = {own for _, own in wanted}, {own for _, own in stands}
        if act == "deletes its own":
            wanted, stands = {said for said, _ in wanted}, {said for said, _ in stands}
        assert wanted <= stands, "a mark stands in another row or column"
        assert act == "deletes its own" or not self._hidden(OWN)
        assert self._hidden(KEY)
        assert not self._hidden(SAID) or act == "hides"
        assert [
            one.title for one in world.google.document(world.book).sheets if one.title.startswith("sheets-crm")
        ] == []
        stamp = world.stamp()
        assert world.sync(DAY).written == ()
        assert world.stamp() == stamp


ACTS = {
    "inserts at the left": lambda firm: firm.insert(0, "Своё"),
    "inserts": lambda firm: firm.insert(4, "Своё"),
    "inserts an empty one": lambda firm: firm.insert(4),
    "inserts before its own": lambda firm: firm.insert(firm.at(OWN)),
    "moves its own": lambda firm: firm.move(OWN, 2),
    "moves what was said": lambda firm: firm.move(SAID, 1),
    "moves the keys": lambda firm: firm.move(KEY, 0),
    "renames": lambda firm: firm.person.type(firm.tab, 1, firm.at(SAID), "Заметка"),
    "renames its own": lambda firm: firm.person.type(firm.tab, 1, firm.at("Подсказка"), "Совет"),
    "deletes ours": lambda firm: firm.person.delete_columns(firm.tab, firm.at("Приоритет")),
    "deletes what was said": lambda firm: firm.person.delete_columns(firm.tab, firm.at(SAID)),
    "deletes the keys": lambda firm: firm.person.delete_columns(firm.tab, firm.at(KEY)),
    "deletes its own": lambda firm: firm.person.delete_columns(firm.tab, firm.at(OWN)),
    "hides": lambda firm: firm.hide(SAID),
    "renames the tab": lambda firm: firm.person.rename(firm.tab, "Наши дела"),
    "hides the tab": lambda firm: firm.hide_tab(),
}


@pytest.fixture
def firm(tmp_path):
    firm = Firm(tmp_path / "firm")
    yield firm
    firm.world.close()


WHENS = ("between", "moment", "look", "killed")
SOME = [("inserts an empty one", "between"), ("moves its own", "moment"), ("inserts", "killed")]


@pytest.mark.slow
@pytest.mark.parametrize(("act", "when"), [(act, when) for act in ACTS for when in WHENS] if LONG_S else SOME)
def test_what_colleagues_do_to_columns(firm, act, when):
    firm.cause(look=when == "look")
    if when == "between":
        ACTS[act](firm)
    else:
        firm.world.google.faults.before(lambda: ACTS[act](firm), method="write", nth=1)
    if when == "killed":
        with suppress(Killed), dying(1, applied=True):  # a write beyond the grid is refused: nobody dies of that
            firm.world.sync(DAY)
        firm.world.lose_state()
    for _ in range(2):
        firm.world.sync(DAY)
    firm.check(act)
