"""Calendar files (`.ics`), one a manager: tasks as events, written after a run and only where something changed.

A file carries what is needed to tell a change (a digest of each event), so it needs no state beside it. Nothing here may stop
a run: what goes wrong is a note. Files of other programs are never touched. Sources: RFC 5545, RFC 7986 (name, refresh).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sheets_crm.disk import write_whole
from sheets_crm.sync.config_notices import FeedSettings
from sheets_crm.sync.fault import log_our_fault
from sheets_crm.tasks import Task, split_keys
from sheets_crm.tasks.order import client_of, manager_of, priority_of
from sheets_crm.tasks.texts import checklist_lines, fold, todo_text
from sheets_crm.words import Lang, fill, say

if TYPE_CHECKING:
    from icalendar.cal import Component

    from sheets_crm.sync.run import Note, Result

OURS = "-//sheets-crm//tasks//"
MOST = 500  # events of a day without an hour in one file, in the order of the Tasks tab
BEFORE, AHEAD = timedelta(days=30), timedelta(days=366)
GONE_DAYS = 14  # for so long a task that is done or no longer needed stays as a cancelled event
_PRIORITY = {1: 1, 2: 5, 3: 9}
_BOOK, _DIGEST, _WHOLE = "X-SHEETS-CRM-BOOK", "X-SHEETS-CRM-DIGEST", "X-SHEETS-CRM-CONTENT"
_HEAD = 4096  # bytes in which the lines about the whole file stand
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)


@dataclass(frozen=True)
class Event:
    """A task in a calendar. start: a moment in UTC, or a day. gone: done, cancelled or no longer needed."""

    uid: str
    start: datetime | date
    minutes: int
    reminder: int | None
    summary: str
    description: str
    category: str
    priority: int
    gone: bool

    @property
    def digest(self) -> str:
        """Equal for events that say the same."""
        return sha256(repr(astuple(self)).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Calendar:
    """One file. name: what calendar programs call it."""

    name: str
    book: str  # tells the files of one configuration from another's
    events: tuple[Event, ...]
    lang: Lang
    zone: str

    @property
    def digest(self) -> str:
        """Equal for files that say the same."""
        whole = [self.name, self.book, self.zone, *(event.digest for event in self.events)]
        return sha256("\n".join(whole).encode()).hexdigest()[:32]


def write_feeds(result: Result, now: datetime) -> list[Note]:
    """Bring the files up to date; notes about what could not be written. Nothing where no feed is configured."""
    settings = result.opened.config.calendar_feed
    if settings is None:
        return []
    folder = result.opened.beside(settings.folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stand = _ours(folder, _book(result))
        for path, calendar in _files(folder, calendars(result, settings), stand):
            _write(path, calendar, now)
    except OSError:
        return [("notices.feed.not_written", {"path": str(folder)})]
    except Exception as error:  # noqa: BLE001 - the workbook is written already: the run has ended well
        return [("notices.feed.fault", {"number": log_our_fault(error)[0]})]
    return []


def calendars(result: Result, settings: FeedSettings) -> dict[str, Calendar]:
    """Manager -> the calendar; "" for tasks of nobody. Managers of the configuration have one even when it is empty."""
    config = result.opened.config
    spelled = {fold(one): m.name for m in config.managers for one in (m.name, *m.aliases)}
    tasks: dict[str, list[Task]] = {manager.name: [] for manager in config.managers}
    for task in result.tasks:
        name = manager_of(task)
        tasks.setdefault(spelled.get(fold(name), name), []).append(task)
    maker = _Maker(result, settings)
    return {name: _calendar(name, maker.events(own), result) for name, own in tasks.items()}


def _calendar(manager: str, events: Sequence[Event], result: Result) -> Calendar:
    config = result.opened.config
    book = config.name or result.opened.called_plain
    key = "notices.feed.calendar" if manager else "notices.feed.nobodys"
    name = say(key, config.language, manager=manager, book=book)
    return Calendar(name, _book(result), tuple(events), config.language, str(config.zone))


class _Maker:
    """Tasks to events."""

    def __init__(self, result: Result, settings: FeedSettings) -> None:
        self._settings, self._today = settings, result.today
        self._lang: Lang = result.opened.config.language
        self._zone: ZoneInfo = result.opened.config.zone
        self._labels: Mapping[str, object] = {
            rule.id: getattr(rule.label, self._lang) for pack in result.packs for rule in pack.rules
        }
        self._tab = next((result.titles.get(one.id) or one.title for one in result.tabs if one.id == "tasks"), "")

    def events(self, tasks: Iterable[Task]) -> list[Event]:
        """Those with an hour, and as many of the others as are wanted; in the order of the tab, then of their keys."""
        shown = [task for task in tasks if -BEFORE <= task.day - self._today <= AHEAD and self._still(task)]
        clocked = [task for task in shown if isinstance(task.mark.time, time)]
        others = [task for task in shown if not isinstance(task.mark.time, time) and self._wanted(task)][:MOST]
        return sorted((self._event(task) for task in [*clocked, *others]), key=lambda event: event.uid)

    def _still(self, task: Task) -> bool:
        return task.closed is None or (self._today - task.closed).days <= GONE_DAYS

    def _wanted(self, task: Task) -> bool:
        return self._settings.all_day == "all" or (self._settings.all_day == "own" and not task.decisions)

    def _event(self, task: Task) -> Event:
        hour = task.mark.time
        clocked = isinstance(hour, time)
        start = datetime.combine(task.day, hour, self._zone).astimezone(UTC) if isinstance(hour, time) else task.day
        label = self._label(task)
        return Event(
            uid=f"{split_keys(task.key)[0]}@sheets-crm",
            start=start,
            minutes=self._settings.minutes if clocked else 0,
            reminder=self._settings.reminder if clocked and task.is_open else None,
            summary=self._summary(task, label),
            description=self._description(task),
            category=label,
            priority=_PRIORITY.get(priority_of(task), 5),
            gone=not task.is_open,
        )

    def _label(self, task: Task) -> str:
        if task.decision is None:
            return say("notices.own_task", self._lang)
        return fill(self._labels.get(task.decision.rule, task.decision.rule), self._lang, {})

    def _summary(self, task: Task, label: str) -> str:
        if not self._settings.personal_data:
            return label
        client, todo = client_of(task), self._todo(task).split("\n", 1)[0]
        return ": ".join(part for part in (client, todo or label) if part)

    def _description(self, task: Task) -> str:
        """Without the reason: its numbers change every day, and every change is a notice on somebody's telephone."""
        where = say("notices.feed.where", self._lang, tab=self._tab) if self._tab else ""
        if not self._settings.personal_data:
            return where
        contact = next((one.contact for one in task.decisions if one.contact), "") or task.mark.cells.get("contact")
        steps = [f"\u2022 {step}" for step in checklist_lines(task, self._lang)]
        return "\n".join(str(part) for part in (contact, self._todo(task), *steps, where) if part)

    def _todo(self, task: Task) -> str:
        return todo_text(task, self._lang) or str(task.mark.cells.get("todo") or "")


def _book(result: Result) -> str:
    return sha256(str(result.opened.path.absolute()).encode()).hexdigest()[:12]


# --- files ------------------------------------------------------------------------------------------------------------


def file_name(manager: str) -> str:
    """A name that every system and every link takes: Latin letters, digits and dashes."""
    from sheets_crm.base.guess_words import latin

    plain = re.sub(r"[^a-z0-9]+", "-", latin(fold(manager))).strip("-")[:60]
    if not plain:
        plain = f"manager-{sha256(manager.casefold().encode()).hexdigest()[:8]}" if manager else "tasks"
    return f"{plain}-" if _RESERVED.fullmatch(plain) else plain


def _files(folder: Path, found: Mapping[str, Calendar], stand: Mapping[Path, str]) -> Iterable[tuple[Path, Calendar]]:
    """Each file to write and its calendar. Two managers with one name of a file, or a file of somebody else: a digest is added.

    A file of ours whose manager has gone is emptied, so that nothing stays in somebody's calendar for ever.
    """
    names = {manager: file_name(manager) for manager in found}
    taken = set()
    for manager, calendar in found.items():
        path = folder / f"{names[manager]}.ics"
        if list(names.values()).count(names[manager]) > 1 or (path.exists() and path not in stand):
            mark = sha256(f"{calendar.book} {manager.casefold()}".encode()).hexdigest()[:8]
            path = folder / f"{names[manager]}-{mark}.ics"
        taken.add(path)
        if stand.get(path) != calendar.digest:
            yield path, calendar
    for path in set(stand) - taken:
        gone = Calendar(_name_in(path), next((c.book for c in found.values()), ""), (), "en", "UTC")
        if gone.book and stand[path] != gone.digest:
            yield path, gone


def _ours(folder: Path, book: str) -> dict[Path, str]:
    """Calendar files of this configuration -> the digest of their content."""
    found = {}
    for path in folder.glob("*.ics"):
        with path.open("rb") as file:
            head = file.read(_HEAD).decode("utf-8", "replace")
        lines = dict(line.split(":", 1) for line in re.sub(r"\r?\n[ \t]", "", head).splitlines() if ":" in line)
        if lines.get("PRODID", "").startswith(OURS) and lines.get(_BOOK) == book:
            found[path] = lines.get(_WHOLE, "")
    return found


def _name_in(path: Path) -> str:
    from icalendar import Calendar as Ics

    try:
        return str(Ics.from_ical(path.read_bytes()).get("X-WR-CALNAME", ""))
    except ValueError:
        return ""


def _write(path: Path, calendar: Calendar, now: datetime) -> None:
    """Replace the file in one step; it keeps the mode that somebody gave it, so that a web server may read it."""
    mode = path.stat().st_mode & 0o777 if path.exists() else None
    write_whole(path, to_ical(calendar, _stamps(path), now))
    if mode is not None:
        path.chmod(mode)


Stamp = tuple[str, int, datetime]  # digest, sequence, last modified


def _stamps(path: Path) -> dict[str, Stamp]:
    """UID -> what the file that stands says of each event; {} where there is none or it can't be read."""
    from icalendar import Calendar as Ics

    try:
        found = Ics.from_ical(path.read_bytes())
        return {
            str(one["UID"]): (str(one[_DIGEST]), int(str(one["SEQUENCE"])), one.decoded("LAST-MODIFIED"))
            for one in found.walk("VEVENT")
        }
    except (OSError, ValueError, KeyError):
        return {}


def to_ical(calendar: Calendar, before: Mapping[str, Stamp], now: datetime) -> bytes:
    """The file. An event that says what it said keeps its sequence and times; one that changed has the next number."""
    from icalendar import Calendar as Ics

    moment = now.astimezone(UTC).replace(microsecond=0)
    ics = Ics()
    ics.add("prodid", f"{OURS}{calendar.lang.upper()}")
    ics.add("version", "2.0")
    ics.add(_BOOK, calendar.book)
    ics.add(_WHOLE, calendar.digest)
    ics.add("calscale", "GREGORIAN")
    ics.add("method", "PUBLISH")
    ics.add("x-wr-calname", calendar.name)
    ics.add("x-wr-timezone", calendar.zone)
    ics.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    ics.add("x-published-ttl", "PT1H")
    for event in calendar.events:
        known = before.get(event.uid)
        if known is None:
            stamp: Stamp = (event.digest, 0, moment)
        else:
            stamp = known if known[0] == event.digest else (event.digest, known[1] + 1, moment)
        ics.add_component(_component(event, stamp))
    return bytes(ics.to_ical())


def _component(event: Event, stamp: Stamp) -> Component:
    from icalendar import Alarm
    from icalendar import Event as VEvent

    digest, sequence, modified = stamp
    one = VEvent()
    one.add("uid", event.uid)
    one.add("dtstamp", modified)
    one.add("last-modified", modified)
    one.add("sequence", sequence)
    one.add("dtstart", event.start)
    clocked = isinstance(event.start, datetime)
    one.add("dtend", event.start + (timedelta(minutes=event.minutes) if clocked else timedelta(days=1)))
    one.add("summary", event.summary)
    if event.description:
        one.add("description", event.description)
    one.add("categories", [event.category])
    one.add("priority", event.priority)
    one.add("status", "CANCELLED" if event.gone else "CONFIRMED")
    one.add("transp", "OPAQUE" if clocked and not event.gone else "TRANSPARENT")
    one.add("class", "PRIVATE")
    one.add(_DIGEST, digest)
    if event.reminder is not None:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", event.summary)
        alarm.add("trigger", timedelta(minutes=-event.reminder))
        one.add_component(alarm)
    return one
