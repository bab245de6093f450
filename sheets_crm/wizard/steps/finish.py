"""Step "finish": the settings written, the first sync with its progress, then where to look and what comes next."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from sheets_crm.errors import BaseEmptied, OwnerError
from sheets_crm.sync.google import google_id
from sheets_crm.sync.state import NAME
from sheets_crm.wizard.conversation import CLOSE
from sheets_crm.wizard.draft import Draft
from sheets_crm.wizard.secrets import Addresses
from sheets_crm.wizard.shapes import Action, Block, Facts, Given, Progress, Screen, Sentence, Table
from sheets_crm.wizard.step import Answered, World
from sheets_crm.wizard.steps.asked import screen, told
from sheets_crm.wizard.steps.shared import OneScreen
from sheets_crm.wizard.trial import REFRESH_S
from sheets_crm.wizard.yaml_writer import Changed, differences, proposed, save, settings_of, text_there
from sheets_crm.words import Lang, knows, say, show

if TYPE_CHECKING:
    from datetime import date

    from sheets_crm.sync.run import Result

ACCEPT = "accept"  # the base looks wiped or pasted over, and the owner says that it is meant
FINISHED = "finished"  # in draft.notes: the conversation has come to its end
_KEY = "setup_run.finish"
_STAGES = ("settings", "sync", "autostart")


@dataclass
class _Job:
    """One go at writing all of it. key: what it was begun for. warnings: what did not stop it."""

    key: str
    stage: str = "settings"
    result: Result | None = None
    error: OwnerError | None = None
    broke: bool = False  # our fault
    saved: bool = False
    warnings: list[OwnerError] = field(default_factory=list)
    started: bool = False  # it runs, and will begin by itself
    left: Sequence[str] = ()  # commands to type before it does

    @property
    def is_running(self) -> bool:
        """Is it under way?"""
        return self.result is None and self.error is None and not self.broke


class FinishStep(OneScreen):
    """One screen in four states: ready, at work, stopped, done."""

    id = "finish"
    key = _KEY

    def __init__(self, world: World, addresses: Addresses, today: date | None = None) -> None:
        self._world = world
        self._addresses = addresses
        self._today = today
        self._job: _Job | None = None
        self._lock = threading.Lock()

    def screen(self, part: str, draft: Draft, wrong: Mapping[str, str], lang: Lang) -> Screen:
        """What is about to be written; that it is being written; what stopped it; or where to look."""
        title = self.title(part, draft, lang)
        try:
            text, _ = proposed(draft)
        except OwnerError as error:
            return screen(part, title, (), lang, wrong={"": told(error, lang)}, go_on="")
        job = self._of(draft, text)
        if job is None:
            blocks = _ready(draft, text, lang)
            kind = "intro" if google_id(Path(draft.config), draft.workbook) is None else "intro_google"
            intro = say(f"{_KEY}.{kind}", lang)
            return screen(part, title, blocks, lang, wrong=wrong, intro=intro, go_on=f"{_KEY}.start")
        if job.is_running:
            place = _STAGES.index(job.stage)
            doing = Progress(say(f"{_KEY}.doing.{job.stage}", lang), place, len(_STAGES))
            return Screen(part, title, (doing,), refresh_s=REFRESH_S)
        if job.result is not None:
            done = Action(CLOSE, say(f"{_KEY}.close", lang), primary=True)
            return Screen(part, say(f"{_KEY}.done", lang), tuple(_done(draft, job, job.result, lang)), (done,))
        return _stopped(part, title, job, draft, lang)

    def answer(self, part: str, draft: Draft, given: Given, action: str, lang: Lang) -> Answered:  # noqa: ARG002 - as of any step
        """Begin, begin again, or close."""
        try:
            text, _ = proposed(draft)
        except OwnerError as error:
            return Answered(draft, {"": told(error, lang)})
        job = self._of(draft, text)
        if job is not None and job.result is not None:
            return Answered(draft.model_copy(update={"notes": {**draft.notes, FINISHED: True}}))
        with self._lock:
            if self._job is not None and self._job.is_running:
                return Answered(draft, stay=True)
            self._job = job = _Job(_key(draft, text))
        accept = action == ACCEPT
        if self._world.run_later is None:
            self._work(job, draft, accept=accept)
        else:
            self._world.run_later(lambda: self._work(job, draft, accept=accept))
        return Answered(draft, stay=True)

    def _of(self, draft: Draft, text: str) -> _Job | None:
        """The job begun for these answers: what was done before they changed says nothing of them."""
        job = self._job
        if job is None or job.is_running:
            return job
        is_same = job.key == _key(draft, text) and (job.error or job.broke or not self._addresses.is_pending(draft))
        return job if is_same else None

    def _work(self, job: _Job, draft: Draft, *, accept: bool) -> None:
        from sheets_crm.sync.run import sync

        try:
            save(draft)
            job.saved = True
            self._addresses.keep(draft)
            job.stage = "sync"
            done = sync(draft.config, today=self._today, accept_emptied=accept, accept_changes=accept)
            job.stage = "autostart"
            self._begin_by_itself(job, draft)
            job.result = done
        except OwnerError as error:
            job.error = error
        except BaseException:  # our fault: the screen must not wait for ever, whoever runs the work tells the rest
            job.broke = True
            raise

    def _begin_by_itself(self, job: _Job, draft: Draft) -> None:
        """The autostart, where it was asked for; that it failed is told and stops nothing."""
        if self._world.autostart is None or not draft.notes.get("autostart"):
            return
        try:
            job.left = self._world.autostart.install(Path(draft.config))
            job.started = not job.left
        except OwnerError as error:
            job.warnings.append(error)


def _key(draft: Draft, text: str) -> str:
    """Equal for equal answers that something comes of."""
    return f"{bool(draft.notes.get('autostart'))}\n{text}"


# --- ready ------------------------------------------------------------------------------------------------------------------


def _ready(draft: Draft, text: str, lang: Lang) -> list[Block]:
    before = text_there(draft.config)
    if before is None:
        pairs = tuple(
            (say(f"{_KEY}.{name}", lang), say(f"{_KEY}.{name}_is", lang)) for name in ("first", "then", "never")
        )
        config = (say(f"{_KEY}.config", lang), draft.config)
        return [Facts(say(f"{_KEY}.will", lang), (config, *pairs))]
    changed = differences(settings_of(before), settings_of(text))
    if not changed:
        return [Sentence(say(f"{_KEY}.same", lang, config=draft.config))]
    rows = tuple((_named(one.key, lang), _or_nothing(one.was, lang), _or_nothing(one.becomes, lang)) for one in changed)
    heads = tuple(say(f"{_KEY}.head.{name}", lang) for name in ("key", "was", "becomes"))
    title = say(f"{_KEY}.changes", lang, n=len(changed))
    return [Table(title, heads, rows, note=say(f"{_KEY}.kept", lang, folder=str(Path(NAME) / "settings")))]


def _named(key: str, lang: Lang) -> str:
    """A setting as people call it, and as crm.yaml does."""
    section = key.split(".", 1)[0]
    name = f"{_KEY}.section.{section}"
    return say(f"{_KEY}.setting", lang, section=say(name, lang), key=key) if knows(name, lang) else key


def _or_nothing(text: str, lang: Lang) -> str:
    return text or say(f"{_KEY}.nothing", lang)


# --- stopped, done ----------------------------------------------------------------------------------------------------------


def _stopped(part: str, title: str, job: _Job, draft: Draft, lang: Lang) -> Screen:
    reason = say("setup_run.stop.our_fault", lang) if job.error is None else told(job.error, lang)
    blocks: list[Block] = [Sentence(reason, "error")]
    if job.saved:
        blocks.append(Sentence(say(f"{_KEY}.saved", lang, config=draft.config)))
    accept = (Action(ACCEPT, say(f"{_KEY}.accept", lang), loses=True),) if isinstance(job.error, BaseEmptied) else ()
    return screen(part, title, blocks, lang, wrong={}, actions=accept, go_on=f"{_KEY}.try_again")


def _done(draft: Draft, job: _Job, result: Result, lang: Lang) -> list[Block]:
    counts = result.counts()
    book = result.opened.address if result.opened.google else str(result.written_file)
    tabs = ", ".join(result.titles.values()) or ", ".join(tab.title for tab in result.tabs)
    config = f'"{draft.config}"' if " " in draft.config else draft.config
    found = [
        (say(f"{_KEY}.book", lang), book),
        (say(f"{_KEY}.tabs", lang), tabs),
        (say(f"{_KEY}.tasks", lang), show(counts["tasks"], lang)),
        (say(f"{_KEY}.problems", lang), show(counts["problems"], lang)),
    ]
    if result.backup is not None:
        found.append((say(f"{_KEY}.copy", lang), result.backup))
    next_ = [(say(f"{_KEY}.{name}", lang), say(f"{_KEY}.{name}_is", lang, config=config)) for name in _after(job)]
    warnings: list[Block] = [Sentence(told(error, lang), "warning") for error in job.warnings]
    if job.left:
        warnings.append(Sentence(say(f"{_KEY}.not_started", lang), "warning"))
        warnings.append(Facts("", tuple((str(number), command) for number, command in enumerate(job.left, 1))))
    said = "written" if result.written or result.removed else "nothing_to_write"
    return [
        Sentence(say(f"{_KEY}.{said}", lang), "good"),
        Facts(say(f"{_KEY}.where", lang), tuple(found)),
        *warnings,
        Facts(say(f"{_KEY}.next", lang), tuple(next_)),
    ]


def _after(job: _Job) -> tuple[str, ...]:
    return ("tomorrow", "by_itself" if job.started else "by_hand", "change", "settings", "back", "remove")


__all__ = ["ACCEPT", "FINISHED", "Changed", "FinishStep"]
