"""The firm of tests/promises in a Google spreadsheet: its people's hands work in the emulator, the program over HTTP."""

import itertools
import shutil
from datetime import date, timedelta

from sheets_crm.sync import run
from sheets_crm.sync.intake import book_of, open_config
from tests.google.emulator import Emulator, differences
from tests.google.whole import put_config
from tests.promises.worlds import CONFIG, MemoryWorld

_EPOCH = date(1899, 12, 30)
# What goes wrong in a run that must end well all the same: (kind, value, at which calls).
FAULTS = (
    ("answer", 503, "write"), ("reset", None, "write"), ("reset_after", None, "write"), ("answer_after", 500, "write"),
    ("html_after", 502, "write"), ("truncate", None, "write"), ("answer", 429, "write"), ("answer", 500, "read"),
    ("reset", None, "read"), ("truncate", None, "read"), ("answer", "userRateLimitExceeded", "read"), ("answer", 401, "read"),
    ("answer", 401, "write"), ("html", 502, "write"), None,
)  # fmt: skip


class GoogleWorld(MemoryWorld):
    """The workbook is a spreadsheet; nothing goes wrong."""

    faults = (None,)
    contrary = frozenset()

    def __init__(self, folder, sheets, *, merge="false"):
        self.google = Emulator()
        self.google.start()
        self.google.contrary = self.contrary
        self.book = self.google.add_book(sheets)
        self.person = self.google.person(self.book)
        super().__init__(folder, sheets, merge=merge)
        self._next = itertools.cycle(self.faults)

    def configure(self, *, merge="false", tasks="", more=""):
        text = CONFIG.format(workbook="-", merge=merge, tasks=tasks, more=more)
        put_config(self.folder, self.google, self.book, text)

    def _make(self, sheets):
        """Made already."""

    def close(self):
        self.google.stop()
        assert self.google.complaints == []

    def sync(self, today, **options):
        fault = next(self._next)
        if fault:
            self.google.faults.add(fault[0], fault[1], method=fault[2])
        try:
            return run.sync(str(self.folder), today=today, **options)
        finally:
            self.google.faults.clear()

    def plan(self, today):
        return run.plan(str(self.folder), today=today)

    def infos(self):
        return book_of(open_config(str(self.folder))).sheets()

    def rows(self, sheet):
        found = self.google.sheet(self.book, sheet)
        height = found.used()[0]  # below are formats and drop-downs only, no rows of people's
        return [
            [_plain(value, found.more(number, place)) for place, value in enumerate(row.values)]
            for number, row in enumerate(found.rows[:height])
        ]

    def put(self, sheet, rows):
        """The sheet now holds these rows: values alone, its formats stay where they are."""
        rows = self._by_hand(sheet, [list(row) for row in rows])
        found = self.google.sheet(self.book, sheet)
        height, width = found.used()
        dated = [any(isinstance(value, date) for value in row) for row in rows]
        cells = [{"values": [_cell(value) for value in row + [None] * (width - len(row))]} for row in map(list, rows)]
        cells += [{"values": [{}] * width}] * (height - len(rows))
        grown = len(cells) - found.row_count
        if grown > 0:
            self.person.do({"appendDimension": {"sheetId": found.id, "dimension": "ROWS", "length": grown}})
        start = {"sheetId": found.id, "rowIndex": 0, "columnIndex": 0}
        fields = "userEnteredValue" + (",userEnteredFormat.numberFormat" if any(dated) else "")
        self.person.do({"updateCells": {"start": start, "rows": cells, "fields": fields}})

    def _by_hand(self, sheet, rows):
        """One row deleted or inserted is just that: what lies below moves with all that belongs to it."""
        old, new = [_trim(row) for row in self.rows(sheet)], [_trim(row) for row in rows]
        if abs(len(new) - len(old)) == 1:
            less, more = sorted((old, new), key=len)
            at = next((n for n, row in enumerate(less) if row != more[n]), len(less))
            if at < len(less) and less[at:] == more[at + 1 :]:
                (self.person.insert_rows if more is new else self.person.delete_rows)(sheet, at + 1)
        return rows

    def rename_sheet(self, old, new):
        self.person.rename(old, new)

    def look(self):
        ours = [self.google.sheet(self.book, info.name).id for info in self.infos() if info.tab]
        hidden = [sheet.id for sheet in self.google.document(self.book).sheets if sheet.title.startswith("sheets-crm ")]
        return self.google.snapshot(self.book, without=ours + hidden)

    def unchanged_since(self, look):
        assert differences(look, self.look()) == [], "the user's sheets changed"

    def stamp(self):
        return self.google.document(self.book).version

    def lose_state(self):
        shutil.rmtree(self.state, ignore_errors=True)


class TroubledWorld(GoogleWorld):
    """Each run meets another trouble of the network or of Google's."""

    faults = FAULTS


def _trim(row):
    row = list(row)
    while row and row[-1] is None:
        row.pop()
    return row


def _cell(value):
    if value is None:
        return {}
    if isinstance(value, date):
        form = {"numberFormat": {"type": "DATE", "pattern": "dd.mm.yyyy"}}
        return {"userEnteredValue": {"numberValue": (value - _EPOCH).days}, "userEnteredFormat": form}
    if isinstance(value, bool):
        return {"userEnteredValue": {"boolValue": value}}
    return {"userEnteredValue": {"stringValue" if isinstance(value, str) else "numberValue": value}}


def _plain(value, more):
    kind = ((more.format if more else None) or {}).get("numberFormat", {}).get("type")
    if kind == "DATE" and type(value) in {int, float}:
        return _EPOCH + timedelta(days=int(value))
    return value
