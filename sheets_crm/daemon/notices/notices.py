"""Who is told what: after a run, when one failed, and as time passes. Called by the daemon; blocks and fails nothing.

Decides and records under the notebook's lock, sends outside it (in a thread of its own). Digests and reminders come once
whatever restarts happen. Knows nothing of when runs happen.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Concatenate, ParamSpec, cast

from sheets_crm.daemon.notices import alarms, arrivals, hours, reminders
from sheets_crm.daemon.notices.desk import Desk, forget_old
from sheets_crm.daemon.notices.digest import Day, Reader, digest, without_names
from sheets_crm.daemon.notices.journal import journal, log
from sheets_crm.daemon.notices.material import LATE, coming, material
from sheets_crm.daemon.notices.outbox import Courier, take_back
from sheets_crm.daemon.notices.people import Address, People
from sheets_crm.daemon.notices.post import ApprisePost, Post
from sheets_crm.daemon.notices.record import Failing, Material, Record
from sheets_crm.errors import OwnerError
from sheets_crm.sync.config import CONFIG_NAME, config_path
from sheets_crm.sync.intake import Opened, open_config
from sheets_crm.sync.quick import nothing_changed
from sheets_crm.sync.run import Result, plan
from sheets_crm.sync.state import StateFolder

P = ParamSpec("P")

ASKED = frozenset({"", "asked", "signal", "SIGTERM", "SIGINT"})  # why the program stopped: somebody wanted it to
STOPPED = "stopped"  # the cause of an alarm that it stopped by itself
_LAST_S = 10.0  # for sending on the way out
_AGAIN = timedelta(minutes=10)  # between tries to see the day for a digest
_AT_LAST = timedelta(hours=1)  # then yesterday's figures must do


def _never_fails(
    method: Callable[Concatenate[Notices, P], None],
) -> Callable[Concatenate[Notices, P], None]:
    """What goes wrong with telling is a line in the log and no more: runs go on."""

    @functools.wraps(method)
    def safe(self: Notices, /, *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            _log_beside(args[0])
            method(self, *args, **kwargs)
        except Exception:  # noqa: BLE001 - telling must hurt no run
            log.exception("notices: %s", method.__name__)

    return safe


def _log_beside(about: object) -> None:
    """Log to the state folder of a configuration, or of the first of several, where there is one."""
    for config in [about] if isinstance(about, Path) else cast("Iterable[Path]", about):
        state = StateFolder.existing(config / CONFIG_NAME if config.is_dir() else config)
        if state is not None:
            journal(state)
            return


class Notices:
    """Notices of any number of workbooks. background: send in a thread, so that no call waits for a service."""

    def __init__(self, post: Post | None = None, *, background: bool = True) -> None:
        self._courier = Courier(post or ApprisePost())
        self._background = background
        self._threads: dict[Path, threading.Thread] = {}
        self._open: dict[Path, tuple[tuple[int, int], Opened]] = {}
        self._looked: dict[Path, tuple[datetime, datetime]] = {}  # for a digest: first and last try

    # --- what the daemon calls --------------------------------------------------------------------------------------

    @_never_fails
    def after_run(self, config: Path, result: Result, now: datetime) -> None:  # noqa: ARG002 - the result knows it
        """A run ended well: remember its day, tell of new requests, and that it works again."""
        desk = Desk.of(result.opened)
        people = desk.people
        if people is None or not people.all():
            return
        day = material(result, people.known_as, personal=desk.personal)
        ahead = coming(result, people.known_as, now, personal=desk.personal)
        with desk.notebook.change() as record:
            forget_old(record, desk.today(now))
            record.contact, record.material, record.coming = desk.contact(), day, ahead
            self._works(record, desk, now)
            seen = arrivals.Seen(desk.notebook.folder.path)
            found, present = arrivals.look(result, seen.read())
            if desk.settings.new_leads:
                self._arrived(record, desk, people, found, now)
        if present is not None:  # after the record: a crash in between tells twice rather than never
            seen.write(present)
        self._remind(desk, now)
        self._deliver(desk, now)

    @_never_fails
    def failed(self, config: Path, error: Exception, now: datetime) -> None:
        """A run failed: alarm the owner at the second time in a row, at once where rows vanished.

        Called once and no more while the same thing goes on, `tick` alarms when it has gone on for long.
        """
        desk = self._desk(config)
        if desk is None or not desk.owner:
            return
        with desk.notebook.change() as record:
            alarms.failed(record, error, now, lang=desk.lang, personal=desk.personal)
            self._alarm(record, desk, now, at_once=alarms.grave(error))
        self._deliver(desk, now)

    @_never_fails
    def tick(self, config: Path, now: datetime) -> None:
        """Time has passed: digests, reminders, alarms of what does not mend itself, messages that wait."""
        desk = self._desk(config)
        if desk is None or not (desk.owner or (desk.people and desk.people.all())):
            return
        self._still_failing(desk, config, now)
        self._remind(desk, now)
        self._digests(desk, config, now)
        self._deliver(desk, now)

    @_never_fails
    def stopped(self, configs: Iterable[Path], now: datetime, why: str = "") -> None:
        """The program ends. why: a words key; one of ASKED where somebody wanted it to, and then nobody is alarmed."""
        self.wait(_LAST_S / 2)
        for config in configs:
            desk = self._desk(config)
            if desk is None:
                continue
            if why not in ASKED and desk.owner and desk.settings.alarms:
                with desk.notebook.change() as record:
                    self._stop(record, desk, why, now)
            self._deliver(desk, now)
        self.wait(_LAST_S / 2)

    def wait(self, seconds: float) -> None:
        """Let messages that are being sent end, no longer than so."""
        each = seconds / max(len(self._threads), 1)
        for thread in list(self._threads.values()):
            thread.join(each)

    # --- what is told -----------------------------------------------------------------------------------------------

    def _works(self, record: Record, desk: Desk, now: datetime) -> None:
        failing, record.failing = record.failing, None
        if failing is None or not failing.told:
            return
        early = take_back(record, failing.cause)
        to = [one for one in desk.owner if one.id not in early]
        said = alarms.works_again(failing, book=desk.book, lang=desk.lang, zone=desk.zone)
        desk.put(record, to, "alarm", said, now, cause="again")

    def _arrived(
        self, record: Record, desk: Desk, people: People, found: Iterable[arrivals.Arrival], now: datetime
    ) -> None:
        by_address: dict[Address, list[arrivals.Arrival]] = {}
        for one in found:
            for address in people.manager_or_owner(one.manager):
                by_address.setdefault(address, []).append(one)
        for address, rows in by_address.items():
            said = arrivals.text(rows, book=desk.book, lang=desk.lang, personal=desk.personal)
            desk.put(record, [address], "lead", said, now)

    def _alarm(self, record: Record, desk: Desk, now: datetime, *, at_once: bool = False) -> None:
        failing, today = record.failing, desk.today(now)
        if failing is None or not desk.settings.alarms or not alarms.due(record, now, today, at_once=at_once):
            return
        take_back(record, failing.cause)  # yesterday's, which still waits for morning
        said = alarms.alarm(failing, book=desk.book, lang=desk.lang, zone=desk.zone)
        desk.put(record, desk.owner, "alarm", said, now, cause=failing.cause)
        record.alarmed[failing.cause] = today
        failing.told = True

    def _stop(self, record: Record, desk: Desk, why: str, now: datetime) -> None:
        said = alarms.stopped(why, book=desk.book, lang=desk.lang)
        today = desk.today(now)
        if record.alarmed.get(STOPPED) == today:
            return
        desk.put(record, desk.owner, "alarm", said, now, cause=STOPPED)
        record.alarmed[STOPPED] = today
        record.failing = Failing(
            cause=STOPPED, transient=False, count=1, first=now, last=now, sentence=said[1], told=True
        )

    def _still_failing(self, desk: Desk, config: Path, now: datetime) -> None:
        """A failure with no run since: mended meanwhile, or old enough for an alarm."""
        failing = desk.notebook.read().failing
        if failing is None:
            return
        mended = failing.cause != STOPPED and nothing_changed(str(config), today=desk.today(now)) is not None
        with desk.notebook.change() as record:
            if mended:
                self._works(record, desk, now)
            else:
                self._alarm(record, desk, now)

    def _remind(self, desk: Desk, now: datetime) -> None:
        known = desk.notebook.read()
        minutes = desk.settings.reminders
        if desk.people is None or not reminders.due(known.coming, known.reminded, now, minutes):
            return
        with desk.notebook.change() as record:
            tab = record.material.tab if record.material else ""
            for name, one in reminders.due(record.coming, record.reminded, now, minutes):
                said = reminders.text(
                    one, now, zone=desk.zone, book=desk.book, tab=tab, lang=desk.lang, personal=desk.personal
                )
                to = desk.people.manager(one.manager) if one.manager else desk.people.owner()
                desk.put(record, to, "reminder", said, now, until=one.at + LATE, quiet=False)
                record.reminded[name] = desk.today(now)

    def _digests(self, desk: Desk, config: Path, now: datetime) -> None:
        window = hours.digest_window(desk.settings, now, desk.zone)
        if desk.people is None or window is None or not window[0] <= now < window[1]:
            return
        today = desk.today(now)
        known = desk.notebook.read()
        readers = desk.people.readers()
        if all(known.digests.get(one.id) == today for one in readers):
            return
        found = known.material if known.material and known.material.day == today else self._seen(desk, config, now)
        if found is None:
            return
        with desk.notebook.change() as record:
            for address, (managers, owner) in readers.items():
                if record.digests.get(address.id) == today:
                    continue
                record.digests[address.id] = today  # in one write with the message: at most once
                day = Day(found, today, desk.book, desk.lang, desk.personal, record.failing, record.failures)
                said = digest(Reader(managers, owner), day if desk.personal else without_names(day))
                if said is not None:
                    desk.put(record, [address], "digest", said, now, until=window[1], quiet=False)
                record.failures = 0 if owner else record.failures

    def _seen(self, desk: Desk, config: Path, now: datetime) -> Material | None:
        """The day as it is now, without a run; after an hour of trying the last one that is known. None: not yet."""
        first, last = self._looked.get(config, (now, now - _AGAIN))
        if not timedelta() <= now - first < timedelta(hours=20):  # of another day, or the clock was set back
            first, last = now, now - _AGAIN
        if timedelta() <= now - last < _AGAIN:
            return None
        self._looked[config] = (first, now)
        try:
            result = plan(str(config), today=desk.today(now))
        except Exception as error:  # noqa: BLE001 - a run will say what is wrong
            log.warning("digest: the workbook can't be read now (%s)", type(error).__name__)
            return desk.notebook.read().material if now - first >= _AT_LAST else None
        assert desk.people is not None
        return material(result, desk.people.known_as, personal=desk.personal)

    # --- where and how ----------------------------------------------------------------------------------------------

    def _desk(self, config: Path) -> Desk | None:
        """The workbook's desk; with a crm.yaml that can't be read, the owner's alone."""
        try:
            path = config_path(str(config))
            stat = path.stat()
            stamp = (stat.st_mtime_ns, stat.st_size)
            known = self._open.get(path)
            if known is None or known[0] != stamp:
                self._open[path] = known = (stamp, open_config(str(path)))
            return Desk.of(known[1])
        except (OwnerError, OSError):
            return Desk.left_by(config / CONFIG_NAME if config.is_dir() else config)

    def _deliver(self, desk: Desk, now: datetime) -> None:
        place = desk.notebook.folder.path
        busy = self._threads.get(place)
        if (busy is not None and busy.is_alive()) or not desk.notebook.read().outbox:
            return
        if not self._background:
            self._courier.deliver(desk.notebook, now, desk.waits)
            return
        self._threads[place] = thread = threading.Thread(target=self._sends, args=(desk, now), daemon=True)
        thread.start()

    def _sends(self, desk: Desk, now: datetime) -> None:
        try:
            self._courier.deliver(desk.notebook, now, desk.waits)
        except Exception:  # noqa: BLE001 - telling must hurt no run
            log.exception("notices: sending")
