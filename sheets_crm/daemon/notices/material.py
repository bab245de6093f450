"""What a run means to the people who are told: the day of each manager, and tasks with an hour.

Where personal data are not switched on, nothing that could name a client gets in here: no name, contact, text or sum.
Pure but for the run's result. Knows nothing of addresses or of sending.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal

from sheets_crm.daemon.notices.hours import moment
from sheets_crm.daemon.notices.record import Coming, Load, Material, Top
from sheets_crm.sync.run import Result
from sheets_crm.tasks import Task
from sheets_crm.tasks.order import amount_of, client_of, manager_of
from sheets_crm.tasks.texts import todo_text
from sheets_crm.words import Lang, fill, say

TOP = 10  # tasks that a digest names
AHEAD = timedelta(days=3)  # for so long tasks with an hour are known without another run
LATE = timedelta(hours=1)  # a reminder that is later than this has lost its sense
_SEVERAL = 3  # clients whose sums together tell nothing of one of them
_LONGEST = 160

Named = Callable[[str], str]


def material(result: Result, known_as: Named, *, personal: bool) -> Material:
    """The run's day. known_as: a manager's name as the configuration has it."""
    opened = [task for task in result.tasks if task.is_open and task.day <= result.today]
    by_manager: dict[str, list[Task]] = {}
    for task in opened:
        by_manager.setdefault(known_as(manager_of(task)), []).append(task)
    told = _Told(result, personal=personal)
    errors = sum(1 for problem in result.base.problems if problem.severity == "error")
    return Material(
        day=result.today,
        loads=[_load(name, tasks, result, told) for name, tasks in by_manager.items()],
        problems=len(result.base.problems),
        errors=errors,
        tab=_title(result, "tasks"),
        problems_tab=_title(result, "problems"),
    )


def coming(result: Result, known_as: Named, now: datetime, *, personal: bool) -> list[Coming]:
    """Open tasks with an hour between a little while ago and a few days ahead, by their moment."""
    zone = result.opened.config.zone
    told = _Told(result, personal=personal)
    found = []
    for task in result.tasks:
        hour = task.mark.time
        if not task.is_open or not isinstance(hour, time):
            continue
        at = moment(task.day, hour, zone)
        if now - LATE <= at <= now + AHEAD:
            top = told.top(task).model_dump()
            found.append(Coming(**top, key=task.key, manager=known_as(manager_of(task)), at=at))
    return sorted(found, key=lambda one: (one.at, one.key))


def money(amount: Decimal, currency: str, lang: Lang) -> str:
    """A sum in whole units as people write it."""
    from babel.numbers import format_currency

    pattern = "#,##0\u00a0\u00a4" if lang == "ru" else "\u00a4#,##0"
    return str(format_currency(amount, currency, pattern, locale=lang, currency_digits=False))


class _Told:
    """Tasks as messages name them."""

    def __init__(self, result: Result, *, personal: bool) -> None:
        self._config = result.opened.config
        self._personal = personal
        self._labels = {
            rule.id: getattr(rule.label, self._config.language) for pack in result.packs for rule in pack.rules
        }
        self._rows = rows_by_key(result)

    def kind(self, task: Task) -> str:
        """What kind of task: its rule's name, or that somebody typed it."""
        lang = self._config.language
        if task.decision is None:
            return say("notices.own_task", lang)
        return fill(self._labels.get(task.decision.rule, task.decision.rule), lang, {})

    def top(self, task: Task) -> Top:
        """One task."""
        hour = task.mark.time
        at = f"{hour:%H:%M}" if isinstance(hour, time) else ""
        bare = Top(kind=self.kind(task), due=task.day, time=at, row=self._rows.get(task.key, 0))
        if not self._personal:
            return bare
        lang, amount = self._config.language, amount_of(task)
        todo = todo_text(task, lang) or str(task.mark.cells.get("todo") or "")
        contact = next((one.contact for one in task.decisions if one.contact), "") or task.mark.cells.get("contact")
        return bare.model_copy(
            update={
                "client": _short(client_of(task)),
                "contact": _short(str(contact or "")),
                "todo": _short(todo),
                "amount": money(amount, self._config.home_currency, lang) if amount else "",
            }
        )

    def total(self, tasks: Sequence[Task]) -> str:
        """Money at stake in these tasks, each card's once; "" where it would tell the sum of a single client."""
        sums: dict[tuple[str, str], Decimal] = {}
        clients = set()
        for task in tasks:
            for decision in task.decisions:
                if decision.amount:
                    card = (decision.card, decision.subject)
                    sums[card] = max(sums.get(card, Decimal(0)), decision.amount)
                    clients.add(decision.client_id or decision.client)
        if not sums or not (self._personal or len(clients) >= _SEVERAL):
            return ""
        return money(sum(sums.values(), Decimal(0)), self._config.home_currency, self._config.language)

    @property
    def personal(self) -> bool:
        """May clients be named?"""
        return self._personal


def _load(manager: str, tasks: Sequence[Task], result: Result, told: _Told) -> Load:
    late = [task for task in tasks if task.day < result.today]
    kinds = Counter(told.kind(task) for task in tasks)
    hours = [task.mark.time for task in tasks if task.day == result.today and isinstance(task.mark.time, time)]
    return Load(
        manager=manager,
        today=len(tasks) - len(late),
        overdue=len(late),
        kinds=kinds.most_common(),
        times=[f"{hour:%H:%M}" for hour in sorted(hours)],
        amount=told.total(tasks),
        top=[told.top(task) for task in tasks[:TOP]] if told.personal else [],
    )


def rows_by_key(result: Result) -> Mapping[str, int]:
    """Task key -> its row on the Tasks tab, as the run drew it."""
    for tab in result.tabs:
        if tab.id == "tasks":
            keys: Iterable[object] = next((c.values for c in tab.tables[0].columns if c.id == "key"), [])
            return {str(key): row for row, key in enumerate(keys, tab.tables[0].row + 2)}
    return {}


def _title(result: Result, tab: str) -> str:
    """What a tab is called now; "" where it is not drawn."""
    return next((result.titles.get(tab) or one.title for one in result.tabs if one.id == tab), "")


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "\u2026"
