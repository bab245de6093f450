"""One run for one workbook: intake -> record -> compute -> draw -> compare -> write. The only module that knows the order.

`plan` is the same run up to the drawing, and writes nothing: not in the workbook, not in the state folder.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sheets_crm import __version__
from sheets_crm.analytics.model import Numbers
from sheets_crm.analytics.numbers import numbers as reckon
from sheets_crm.base.bind import Bound, bind
from sheets_crm.base.build import build
from sheets_crm.base.history import History, Run
from sheets_crm.base.model import Base
from sheets_crm.base.people import spellings, with_managers
from sheets_crm.base.remember import SheetMemory
from sheets_crm.base.stages import funnel_specs
from sheets_crm.books.model import Applied, Book, FingerprintChanged, WritePlan
from sheets_crm.books.tab import Tab
from sheets_crm.cards.model import Reading
from sheets_crm.engine import Pack, Rule, RuleSettings, decide
from sheets_crm.engine.model import Decision
from sheets_crm.errors import WorkbookBusy
from sheets_crm.shelf import NO_SHELF, Shelf
from sheets_crm.sync import kept as kept_tab
from sheets_crm.sync import lost_tab, memory, pending, places, report
from sheets_crm.sync.alarms import Accepted, refuse_upheaval, upheaval
from sheets_crm.sync.backup import Backup, back_up
from sheets_crm.sync.backup.regular import carried
from sheets_crm.sync.called import remember_title
from sheets_crm.sync.companion import written_file
from sheets_crm.sync.config_calendar import calendar_of
from sheets_crm.sync.config_people import roles_of, sharing_of
from sheets_crm.sync.config_tasks import task_settings
from sheets_crm.sync.desk import notes_of
from sheets_crm.sync.draw import draw, switched_off
from sheets_crm.sync.editor import editor_of, forget_editor
from sheets_crm.sync.ended import Endings, endings
from sheets_crm.sync.feed import write_feeds
from sheets_crm.sync.google import costs
from sheets_crm.sync.intake import Opened, Read, book_of, open_config, placed, read
from sheets_crm.sync.packs import packs_of, settings_of
from sheets_crm.sync.quick import remember_stamp
from sheets_crm.sync.state import StateFolder, after_write
from sheets_crm.sync.surroundings import said_of
from sheets_crm.tabs import DrawContext, TasksTab
from sheets_crm.tasks import Task, TaskSettings, open_tasks
from sheets_crm.tasks.escalate import ESCALATION
from sheets_crm.words import Lang, fill, say

TRIES = 3  # how often a workbook that changes under our hands is read again

Note = tuple[str, Mapping[str, object]]


@dataclass(frozen=True)
class Result:
    """What one run found and did. written: ids of the tabs written, empty for a plan and where all stood already."""

    opened: Opened
    lang: Lang  # of what is said about it; the tabs speak the configuration's
    today: date
    base: Base
    numbers: Numbers
    tasks: tuple[Task, ...]
    tabs: tuple[Tab, ...]
    packs: tuple[Pack, ...]
    settings: RuleSettings
    notes: tuple[Note, ...] = ()
    written: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()  # names of tabs that were taken out of the workbook
    titles: Mapping[str, str] = field(default_factory=dict)
    backup: str | None = None
    endings: Endings = field(default_factory=lambda: Endings({}))
    costs: Mapping[str, Any] = field(default_factory=dict)  # of a Google spreadsheet: calls, bytes, tries

    @property
    def workbook(self) -> Path:
        """The workbook's path."""
        return self.opened.workbook

    @property
    def written_file(self) -> Path:
        """Where the tabs stand: the workbook, or its companion."""
        return written_file(self.opened)

    @property
    def written_name(self) -> str:
        """What people call it."""
        return self.opened.called if self.opened.google else self.written_file.name

    @property
    def open_tasks(self) -> list[Task]:
        """Tasks whose reason holds and that nobody has closed."""
        return [task for task in self.tasks if task.is_open]

    def rule(self, rule: str) -> tuple[Rule, Mapping[str, Any]]:
        """A rule by its id, and the parameters it ran with."""
        found = next(one for pack in self.packs for one in pack.rules if one.id == rule)
        return found, self.settings.params(found)

    def rule_label(self, rule: str) -> str:
        """What people call a rule."""
        if rule == ESCALATION:
            return say("calendar.escalation.label", self.lang)
        return fill(getattr(self.rule(rule)[0].label, self.lang), self.lang, {})

    def plan_json(self) -> dict[str, Any]:
        """The object of `plan --json`."""
        more = {"notes": report.notes_json(self.notes, self.lang), "tabs": [tab.title for tab in self.tabs]}
        return report.plan_json(self.base, self.numbers, self.tasks, self.lang, written=bool(self.written), more=more)

    def summary_json(self) -> dict[str, Any]:
        """The object of `sync --json`: counts, and what was written."""
        return {
            **self.counts(), "today": self.today.isoformat(), "workbook": self.opened.address, "written": bool(self.written or self.removed),
            "tabs_written": [self.titles[tab] for tab in self.written], "backup": self.backup,
            "notes": report.notes_json(self.notes, self.lang), **self.costs,
        }  # fmt: skip

    def counts(self) -> dict[str, int]:
        """How much there is of everything."""
        errors = sum(1 for problem in self.base.problems if problem.severity == "error")
        clients = self.base.frame("client")
        return {
            "clients": 0 if clients is None else len(clients), "valid_clients": self.base.valid_clients,
            "tasks": len(self.open_tasks), "problems": len(self.base.problems), "errors": errors,
        }  # fmt: skip


def plan(
    config: str | Opened | None,
    *,
    today: date | None = None,
    lang: Lang | None = None,
    on_language: Callable[[Lang], object] = lambda _: None,
    book: Book | None = None,
    wait_s: float | None = None,
) -> Result:
    """What a sync would write now, and why. Writes nothing at all. wait_s: for a file that is being saved."""
    opened = config if isinstance(config, Opened) else open_config(config)
    on_language(opened.lang)
    state = StateFolder.existing(opened.path, opened.config.workbook)
    shelf = state.shelf(writes=False) if state else NO_SHELF
    book = book or book_of(opened, wait_s=wait_s, shelf=shelf)
    seen = read(opened, book)
    opened = opened.read_as(book)
    with memory.history(state) as history:
        marks = places.marks_of(seen)
        now = datetime.now(UTC)
        day = _day(opened, today)
        result = _computed(opened, seen, marks.tab, history, today=day, lang=lang or opened.lang, now=now, shelf=shelf)[
            0
        ]
        said = said_of(opened, seen, marks, now=now, waiting=True)
        stops = upheaval(opened, history, result.base, memory.Past(history, state).sheets(), today=day)
        return replace(result, notes=(*stops, *result.notes, *(history.notes if history else ()), *said))


def sync(
    config: str | Opened | None,
    *,
    today: date | None = None,
    lang: Lang | None = None,
    on_language: Callable[[Lang], object] = lambda _: None,
    accept_emptied: bool = False,
    accept_changes: bool = False,
    book: Book | None = None,
    wait_s: float | None = None,
) -> Result:
    """Read, record, compute and write. Any OwnerError means: nothing was written.

    config: where crm.yaml is; or one that is read already. wait_s: how long to wait for a workbook that somebody has open;
    None: as configured.
    """
    opened = config if isinstance(config, Opened) else open_config(config)
    on_language(opened.lang)
    state = StateFolder.beside(opened.path, opened.config.workbook)
    accepted = Accepted(emptied=accept_emptied, changes=accept_changes)
    keep_days = opened.config.history.keep_days
    with state.lock(wait_s=5), History.open(state.path, keep_days=keep_days) as history:
        for _ in range(TRIES):
            try:
                return _once(
                    opened,
                    state,
                    history,
                    book=book,
                    today=_day(opened, today),
                    lang=lang or opened.lang,
                    accepted=accepted,
                    wait_s=wait_s,
                )
            except FingerprintChanged:
                continue
        error = WorkbookBusy("sync.keeps_changing", workbook=opened.called, n=TRIES)
        raise pending.keep(state, error, now=datetime.now(UTC), zone=opened.config.zone)


def _day(opened: Opened, today: date | None) -> date:
    return today or opened.config.today(datetime.now(UTC))


def _once(
    opened: Opened,
    state: StateFolder,
    history: History,
    *,
    book: Book | None,
    today: date,
    lang: Lang,
    accepted: Accepted,
    wait_s: float | None,
) -> Result:
    copies: list[Backup] = []
    now = datetime.now(UTC)
    keep = opened.config.backups.rotation
    shelf = state.shelf()
    book = book or book_of(
        opened, lambda path: copies.append(back_up(path, state, now=now, keep=keep)), wait_s=wait_s, shelf=shelf
    )
    seen = read(opened, book)
    opened = opened.read_as(book)
    typed = places.marks_of(seen)
    marks = typed.tab
    if not seen.is_lost:  # marks out of a copy are older than those that history knows
        history.record_marks(memory.marks_seen(marks.marks), today=today, now=now)
    before = memory.Past(history, state).sheets()
    who = editor_of(opened, book)
    result, sheets = _computed(opened, seen, marks, history, today=today, lang=lang, now=now, who=who, shelf=shelf)
    seen = replace(seen, grids={})  # all is said; of a million rows they are too much to keep while the file is written
    refuse_upheaval(opened, history, result.base, before, today=today, accepted=accepted)
    lost_tab.remember(state, result)
    off, kept = switched_off(opened.config, seen.titles, marked=any(mark.tells for mark in marks.marks))
    try:
        applied: Applied = book.apply(WritePlan(result.tabs, seen.fingerprint, off))
    except WorkbookBusy as error:
        raise pending.keep(state, error, now=now, zone=opened.config.zone) from error
    with after_write(opened.called, wrote=bool(applied.written)):
        shelf.clear()
        history.record_marks(memory.adopted_seen(result.tasks, marks.marks), today=today, now=now)
        run = Run(started=now, today=today, fingerprint=applied.fingerprint, program=__version__, who=who)
        _record(opened, state, history, result, run)
        memory.remember_sheets(state, sheets)
        places.remember(opened, state, seen)
        if "tasks" in applied.titles:
            kept_tab.forget(state)
    said = said_of(opened, seen, typed, now=now, waiting=False)
    done = replace(
        result, notes=(*result.notes, *history.notes, *kept, *applied.notes, *said, *carried(opened, state, now=now)),
        written=applied.written, titles=applied.titles,
        removed=tuple(applied.removed.values()), backup=copies[-1].name if copies else None,
        costs=costs(book),
    )  # fmt: skip
    done = replace(done, notes=(*done.notes, *write_feeds(done, now)))
    former = [one.path for one in seen.former if not one.is_copy]
    remember_stamp(
        state, opened, fingerprint=applied.fingerprint, today=today, counts=done.counts(), now=now, sources=seen.sources, former=former,
    )  # fmt: skip
    return done


def _record(opened: Opened, state: StateFolder, history: History, result: Result, run: Run) -> None:
    """What a run that came to its end leaves behind, whatever it wrote."""
    shown = memory.tasks_seen(result.tasks, opened.lang)
    history.record_run(run, result.base, shown, result.endings.reasons(opened.lang, [seen.key for seen in shown]))
    remember_title(state, opened)
    forget_editor(opened)
    pending.clear(state)


def _computed(
    opened: Opened,
    seen: Read,
    marks: TasksTab,
    history: History | None,
    *,
    today: date,
    lang: Lang,
    now: datetime,
    shelf: Shelf,
    who: str = "",
) -> tuple[Result, dict[str, SheetMemory]]:
    """Everything between reading and writing; pure but for looking things up in history."""
    config = opened.config
    past = memory.Past(history, StateFolder.existing(opened.path, config.workbook))
    before = past.sheets()
    known = _reckoned(opened, seen, past, before, today=today, shelf=shelf)
    base, figures, packs, rules = known.base, known.figures, known.packs, known.rules
    calendar = calendar_of(config.calendar, config.country, today)
    decisions = decide(figures.facts, packs, rules, today, roles=roles_of(config.managers), calendar=calendar)
    is_gone = lost_tab.is_gone(opened, seen)
    if seen.is_lost:
        marks = places.recalled(marks, lambda keys: past.marks(decisions, keys), today)
    if is_gone:
        marks = lost_tab.from_history(past, decisions, today)
    over = endings(
        past, marks.marks, decisions, (packs, rules),
        facts=figures.facts, template=opened.template, today=today, calendar=calendar,
    )  # fmt: skip
    told = task_settings(config, sharing_of(config, packs, calendar))
    tasks = _tasks(past, marks, decisions, over, today=today, settings=told)
    tabs = draw(
        config, base, figures, tasks, first_seen=past.first_seen(base, today), extra=marks.extra, rules=_labels(packs, config.language),
        journal=lambda ctx: _journal(ctx, opened, history, base=base, tasks=tasks, marks=marks, over=over, run=Run(now, today, who=who)),
    )  # fmt: skip
    gone = lost_tab.notes(opened, marks) if is_gone else ()
    notes = (*known.bound.notes, *gone, *notes_of(calendar, decisions, tasks))
    result = Result(opened, lang, today, base, figures, tasks, tabs, packs, rules, notes, endings=over)
    return result, memory.sheets_of(known.bound.bindings, seen.grids, before)


@dataclass(frozen=True)
class _Reckoned:
    """What the user's sheets come to, whatever stands on our tabs; and the rules that are to judge it."""

    bound: Bound
    base: Base
    figures: Numbers
    packs: tuple[Pack, ...]
    rules: RuleSettings


def _reckoned(
    opened: Opened, seen: Read, past: memory.Past, before: Mapping[str, SheetMemory], *, today: date, shelf: Shelf
) -> _Reckoned:
    config = opened.config
    with placed(opened.document):
        bound = bind(seen.grids, config.sheets, opened.template, country=config.country, today=today, memory=before)
    settings = config.base_settings(bound.settings)
    funnels = funnel_specs(settings, opened.template, bound.bindings, seen.grids, config.language)
    base = build(
        seen.grids, bound.bindings, opened.template, settings,
        sheet_settings=bound.settings, funnels=funnels, reading=Reading(today), previous=past.previous, found=bound.problems, shelf=shelf,
    )  # fmt: skip
    base = with_managers(base, spellings((one.name, one.aliases) for one in config.managers))
    packs = packs_of(opened, shelf)
    rules = settings_of(opened, packs)
    figures = reckon(
        base, opened.template, settings, funnels, today=today, default_interval=_default_interval(packs, rules),
        entered=past.entered(base, today),
    )  # fmt: skip
    return _Reckoned(bound, base, figures, packs, rules)


def _tasks(
    past: memory.Past, marks: TasksTab, decisions: Sequence[Decision], over: Endings, *, today: date, settings: TaskSettings
) -> tuple[Task, ...]:  # fmt: skip
    """The rows of the tasks tab."""
    remembered = past.marks(decisions)
    return open_tasks(
        decisions, marks.marks, past.opened(decisions, marks.marks), today, settings,
        closed=past.closed(marks.marks), remembered=remembered, said=past.said(marks.marks, remembered), ended=over.why,
    )  # fmt: skip


def _labels(packs: Sequence[Pack], lang: Lang) -> dict[str, str]:
    """Rule -> what people call it."""
    found = {rule.id: fill(getattr(rule.label, lang), lang, {}) for pack in packs for rule in pack.rules}
    return found | {ESCALATION: say("calendar.escalation.label", lang)}


def _journal(
    ctx: DrawContext,
    opened: Opened,
    history: History | None,
    *,
    base: Base,
    tasks: Sequence[Task],
    marks: TasksTab,
    over: Endings,
    run: Run,
) -> Tab:
    """The History tab as it will be once this run is recorded: so that the next run finds nothing to write."""
    from sheets_crm.sync.history_tab import history_tab

    adopted = memory.adopted_seen(tasks, marks.marks)
    shown = memory.tasks_seen(tasks, opened.lang)
    reasons = over.reasons(opened.lang, [seen.key for seen in shown])
    return history_tab(ctx, opened, history, base, run=run, tasks=shown, marks=adopted, reasons=reasons)


def _default_interval(packs: Sequence[Pack], settings: RuleSettings) -> float:
    """Days after which a client without a history of their own counts as silent: the reactivation rule's parameter."""
    for pack in packs:
        for rule in pack.rules:
            if rule.id == "reactivation":
                return float(str(settings.params(rule)["default_days"]))
    return 90.0
