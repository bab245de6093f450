"""How it stands: who looks after the workbook, what the last runs did, how much there is of everything; and a run by hand.

What the daemon says is handed in as sentences. Writes only when the owner presses the button of the page that says what it does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sheets_crm.errors import BaseEmptied, OwnerError
from sheets_crm.sync import pending
from sheets_crm.sync.state import StateFolder
from sheets_crm.wizard.pages import parts, tasks
from sheets_crm.wizard.pages.desk import Seen, Work
from sheets_crm.wizard.pages.history import told_of
from sheets_crm.wizard.pages.parts import Asked
from sheets_crm.wizard.shapes import Action, Block, Cell, Facts, Progress, Screen, Sentence, Table
from sheets_crm.wizard.web.ports import Acted, href
from sheets_crm.words import Lang, say

if TYPE_CHECKING:
    from sheets_crm.sync.intake import Opened

Keeper = Callable[[Lang], Sequence[Sentence]]  # what the daemon says of the workbook
SYNC = "sync"  # path of the run by hand, and the name of its work
RUNS = 5
_FEW_NOTES = 3


@dataclass(frozen=True)
class Done:
    """What is told of a run by hand: a whole result of a large base is large."""

    workbook: str
    tabs: tuple[str, ...]
    is_written: bool
    backup: str | None


def screen(asked: Asked, keeper: Keeper) -> Screen:
    """The first page. What needs no workbook is told even where that can't be read."""
    title = asked.say("status.title")
    looked = asked.desk.look()
    blocks: list[Block] = [*keeper(asked.lang), *_waiting(asked)]
    errors = (parts.failed(looked.error, asked.lang),) if looked.error else ()
    if looked.seen is not None:
        blocks += [*parts.stale(asked, looked), *_book(asked, looked.seen)]
    elif looked.is_busy:
        blocks.append(Progress(asked.say("reading")))
    blocks += _runs(asked)
    blocks += _notes(asked, looked.seen) if looked.seen is not None else []
    actions = (Action("ask", asked.say("status.sync"), primary=True),) if looked.seen is not None else ()
    return Screen("", title, tuple(blocks), actions, errors=errors, refresh_s=parts.SOON_S if looked.is_busy else None)


def act(asked: Asked, action: str) -> Acted:
    """To the page that asks whether to run."""
    del asked
    return Acted(SYNC if action == "ask" else None)


def _book(asked: Asked, seen: Seen) -> list[Block]:
    result = seen.result
    counts = result.counts()
    today = sum(1 for task in result.open_tasks if tasks.when(task, result.today) != "later")
    pairs: tuple[tuple[str, str | Cell], ...] = (
        (asked.say("status.workbook"), result.opened.address),
        (asked.say("status.read_at"), parts.moment(seen.at, result.opened.config.zone, asked.lang)),
        (asked.say("status.clients"), Cell(parts.shown(counts["clients"], asked.lang), href("clients"))),
        (asked.say("status.today"), Cell(parts.shown(today, asked.lang), href("tasks"))),
        (asked.say("status.tasks"), parts.shown(counts["tasks"], asked.lang)),
        (asked.say("status.problems"), Cell(_problems(asked, counts["problems"], counts["errors"]), href("problems"))),
    )
    return [Facts(asked.say("status.book"), pairs)]


def _problems(asked: Asked, n: int, errors: int) -> str:
    return asked.say("status.problems_of", n=n, errors=errors) if errors else parts.shown(n, asked.lang)


def _waiting(asked: Asked) -> list[Block]:
    """A result that waits for its workbook to be closed."""
    try:
        opened = asked.desk.opened()
    except OwnerError:
        return []
    kept = pending.load(StateFolder.existing(opened.path, opened.config.workbook))
    if kept is None:
        return []
    key, values = kept.note(opened.config.zone, asked.desk.now())
    return [Sentence(say(key, asked.lang, **values), "warning")]


def _notes(asked: Asked, seen: Seen) -> list[Block]:
    """What was guessed, found again or left out."""
    said = [
        say(key, asked.lang, **values) for key, values in seen.result.notes if not key.startswith("openbook.note.wait")
    ]
    if not said:
        return []
    rows = tuple((one,) for one in said[: parts.ROWS])
    return [Table(asked.say("status.notes"), (asked.say("status.note"),), rows, is_open=len(said) <= _FEW_NOTES)]


def _runs(asked: Asked) -> list[Block]:
    try:
        told = told_of(asked, ("run",), RUNS)
    except OwnerError as error:
        return [parts.failed(error, asked.lang)]
    rows = tuple((one.when, one.text, one.event.who) for one in told)
    headers = (asked.say("status.when"), asked.say("status.what"), asked.say("status.who"))
    if not any(row[2] for row in rows):
        headers, rows = headers[:2], tuple(row[:2] for row in rows)  # type: ignore[assignment, misc]
    return [Table(asked.say("status.runs"), headers, rows, empty=asked.say("status.no_runs"))]


# --- a run by hand ------------------------------------------------------------------------------------------------------


def sync_screen(asked: Asked) -> Screen:
    """Says what a run would do and asks; shows how it goes and what came of it."""
    title = asked.say("sync.title")
    work = asked.desk.work(SYNC)
    if work is not None and not work.is_over:
        return Screen(SYNC, title, (Progress(asked.say("sync.going")),), refresh_s=parts.SOON_S)
    ended = _ended(asked, work) if work is not None and work.is_news else []
    try:
        opened = asked.desk.opened()
    except OwnerError as error:
        return Screen(SYNC, title, tuple(ended), errors=(parts.failed(error, asked.lang),))
    accept = work is not None and work.is_news and isinstance(work.error, BaseEmptied)
    actions = [Action("write", asked.say("sync.write"), primary=True)]
    if accept:
        actions.append(Action("accept", asked.say("sync.accept"), loses=True))
    actions.append(Action("leave", asked.say("sync.leave")))
    return Screen(SYNC, title, (*ended, *_asks(asked, opened)), tuple(actions))


def sync_act(asked: Asked, action: str) -> Acted:
    """Begin the run, or go back."""
    if action == "leave":
        return Acted("")
    if action in {"write", "accept"}:
        config, today, accepts = str(asked.desk.config), asked.desk.today, action == "accept"

        def run() -> Done:
            from sheets_crm.sync.run import sync

            result = sync(config, today=today, accept_changes=accepts)
            tabs = tuple(result.titles[tab] for tab in result.written)
            return Done(result.written_name, tabs, bool(tabs or result.removed), result.backup)

        asked.desk.begin(SYNC, run)
    return Acted(SYNC)


def _asks(asked: Asked, opened: Opened) -> list[Block]:
    seen = asked.desk.look().seen
    titles = ", ".join(tab.title for tab in seen.result.tabs) if seen is not None else "—"
    file = str(seen.result.written_file) if seen is not None and opened.google is None else opened.address
    return [
        Sentence(asked.say("sync.asks")),
        Facts("", ((asked.say("sync.file"), file), (asked.say("sync.tabs"), titles))),
    ]


def _ended(asked: Asked, work: Work) -> list[Block]:
    if work.error is not None:
        return [parts.failed(work.error, asked.lang)]
    done: Done = work.value
    if done.is_written:
        said = asked.say("sync.done", tabs=", ".join(done.tabs) or "—", workbook=done.workbook)
    else:
        said = asked.say("sync.nothing", workbook=done.workbook)
    blocks: list[Block] = [Sentence(said, "good")]
    if done.backup is not None:
        copy = (asked.say("sync.copy"), Cell(done.backup, href(f"backups/{asked.desk.code(done.backup)}")))
        blocks.append(Facts("", (copy,)))
    return blocks
