"""One manager's tasks as a workbook of their own, so that the whole base need not be shared; each export is noted.

The tab is drawn as in the base. Nothing of other managers, clients or sheets goes along, and nothing comes back.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sheets_crm.base.people import spellings
from sheets_crm.books.model import WritePlan
from sheets_crm.books.tab import Tab, TabColumn, Table
from sheets_crm.cards import fold
from sheets_crm.disk import make_folder, private
from sheets_crm.errors import NotFound, StateError
from sheets_crm.sync.backup.copying import FULL
from sheets_crm.sync.beside import free_place, put
from sheets_crm.sync.run import Result, plan
from sheets_crm.sync.state import StateFolder
from sheets_crm.tabs import DrawContext, draw_tasks
from sheets_crm.tasks import Task
from sheets_crm.tasks.order import manager_of
from sheets_crm.words import Lang, fill, say

EXPORTS = "exports.jsonl"
_EXTRA = "extra:"  # before the header of a column that people added


@dataclass(frozen=True)
class Exported:
    """manager: as the configuration calls them. path: the new workbook. tasks: how many rows it has."""

    manager: str
    path: Path
    tasks: int


def export_tasks(
    config: str | None,
    manager: str,
    to: Path | None = None,
    *,
    today: date | None = None,
    on_language: Callable[[Lang], object] = lambda _: None,
) -> Exported:
    """Write the manager's tasks, open and lately closed, into a new workbook. The base is only read.

    NotFound: nobody of that name. OwnerError: a file is there already, or can't be made. StateError: it can't be noted;
    then nothing was written.
    """
    result = plan(config, today=today, on_language=on_language)
    name = named(result, manager)
    tasks = [task for task in result.tasks if fold(manager_of(task)) == fold(name)]
    target = free_place(
        to, result.workbook, say("export.file", result.opened.lang, manager=name, day=result.today.isoformat())
    )
    made = _workbook(_tab(result, name, tasks))
    state = StateFolder.beside(result.opened.path, result.opened.config.workbook)
    _note(state, {"what": "tasks", "manager": name, "rows": len(tasks), "file": str(target)})
    put(made, target, like=result.workbook)
    state.log().info("export of tasks: %d rows", len(tasks))
    return Exported(name, target, len(tasks))


def exports(state: StateFolder | None) -> list[dict[str, Any]]:
    """The exports noted so far, oldest first; lines that can't be read are passed over."""
    if state is None:
        return []
    try:
        lines = (state.path / EXPORTS).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
    return list(_read(lines))


def named(result: Result, manager: str) -> str:
    """The manager's name as the configuration has it, or as the workbook does. NotFound with those there are."""
    known = dict.fromkeys([one.name for one in result.opened.config.managers])
    known |= dict.fromkeys(name for name in managers_met(result) if name not in known)
    table = spellings((one.name, one.aliases) for one in result.opened.config.managers)
    found = table.get(fold(manager)) or next((name for name in known if fold(name) == fold(manager)), None)
    if found is None:
        raise NotFound("export.errors.no_manager", seen=manager, there=", ".join(known) or "\u2014")
    return found


def managers_met(result: Result) -> list[str]:
    """Everybody whom the sheets or the tasks name as a manager, in order of meeting."""
    names = [
        name
        for frame in result.base.frames.values()
        if "manager" in frame.columns
        for name in frame["manager"].drop_nulls().unique(maintain_order=True).to_list()
    ]
    return [name for name in dict.fromkeys([*names, *map(manager_of, result.tasks)]) if name]


def _tab(result: Result, manager: str, tasks: list[Task]) -> Tab:
    """The tasks tab, without the links into sheets that are not there."""
    opened = result.opened
    rules = {
        rule.id: fill(getattr(rule.label, opened.lang), opened.lang, {}) for pack in result.packs for rule in pack.rules
    }
    settings = opened.config.tabs.get("tasks")
    ctx = DrawContext(
        lang=opened.lang, currency=opened.config.home_currency, today=result.today,
        titles={"tasks": settings.name} if settings and settings.name else {},
        manager_names=(manager,), rules=rules, extra=tuple(_extra(result.tabs)),
    )  # fmt: skip
    drawn = draw_tasks(tasks, ctx)
    return replace(drawn, tables=tuple(_without_links(table) for table in drawn.tables))


def _extra(tabs: Iterable[Tab]) -> Iterator[str]:
    """Headers of the columns that people added to the tab."""
    for tab in tabs:
        if tab.id == "tasks":
            columns = (column for table in tab.tables for column in table.columns)
            yield from (column.id.removeprefix(_EXTRA) for column in columns if column.id.startswith(_EXTRA))


def _without_links(table: Table) -> Table:
    return replace(table, columns=tuple(_plain(column) for column in table.columns))


def _plain(column: TabColumn) -> TabColumn:
    return (
        replace(column, links=None, style=replace(column.style, underline=False, color=None))
        if column.links is not None
        else column
    )


def _workbook(tab: Tab) -> bytes:
    """A workbook with this tab alone. It is no tab of ours there: its hidden mark is left out."""
    import tempfile

    from openpyxl import Workbook

    from sheets_crm.books.excel.book import ExcelBook
    from sheets_crm.books.excel.single import one_sheet

    blank = io.BytesIO()
    Workbook().save(blank)
    with tempfile.TemporaryDirectory(prefix="sheets-crm-") as folder:
        path = Path(folder) / "tasks.xlsx"
        path.write_bytes(blank.getvalue())
        book = ExcelBook(path)
        done = book.apply(WritePlan((tab,), book.fingerprint()))
        data, _ = one_sheet(path.read_bytes(), done.titles[tab.id])
    return data


def _note(state: StateFolder, entry: dict[str, Any]) -> None:
    """One line more, before the file is there: an export without a note is worse than a note without an export."""
    line = json.dumps({"when": datetime.now(UTC).isoformat(timespec="seconds"), **entry}, ensure_ascii=False)
    try:
        make_folder(state.path)
        with open(state.path / EXPORTS, "a", encoding="utf-8", opener=private) as out:
            out.write(line + "\n")
    except OSError as error:
        key = "state.disk_full" if error.errno in FULL else "state.folder_denied"
        raise StateError(key, path=str(state.path)) from error


def _read(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict):
            yield entry
