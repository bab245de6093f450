"""Step "timetable": when the program runs, copies of the workbook, messages to the owner, language of the tabs, autostart.

Sends nothing but a test message that was asked for; installs nothing (that is done with the first sync).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sheets_crm.errors import OwnerError
from sheets_crm.sync.called import called
from sheets_crm.sync.config_backups import BackupSettings
from sheets_crm.sync.config_notices import NoticeSettings
from sheets_crm.sync.config_schedule import DAYS, Schedule
from sheets_crm.wizard.draft import Draft
from sheets_crm.wizard.drafts import SECRET
from sheets_crm.wizard.secrets import Addresses, name_of
from sheets_crm.wizard.shapes import Action, Block, Choice, Field, Fields, Given, Screen, Sentence
from sheets_crm.wizard.step import Answered, World
from sheets_crm.wizard.steps.asked import Typed, screen, told, typed
from sheets_crm.wizard.steps.shared import OneScreen, is_set, set_or_drop
from sheets_crm.wizard.yaml_writer import proposed
from sheets_crm.words import LANGS, Lang, say

TEST = "test"
ADDRESS = f"{SECRET}address"
_KEY = "setup_run.timetable"
_CLOCK = re.compile(r"([01]?\d|2[0-3])[:.]([0-5]\d)")
_MIDNIGHT = ("24:00", "24.00")
_NUMBERS = {"every_minutes": (0, 1440), "keep": (1, 10_000)}


class TimetableStep(OneScreen):
    """One screen, all of it filled in with the usual."""

    id = "timetable"
    key = _KEY
    reads = frozenset({"workbook"})

    def __init__(self, world: World, addresses: Addresses) -> None:
        self._world = world
        self._addresses = addresses
        self._tested: dict[str, Sentence] = {}  # crm.yaml -> what came of the last test

    def screen(self, part: str, draft: Draft, wrong: Mapping[str, str], lang: Lang) -> Screen:
        """Times, copies, messages, tabs, autostart."""
        typed_ = Typed(draft, part, wrong)
        tested = self._tested.get(draft.config)
        blocks: list[Block] = [
            _times(draft, typed_, lang),
            _copies(draft, typed_, lang),
            self._messages(draft, typed_, lang),
            *([tested] if tested is not None else []),
            _tabs(draft, typed_, lang),
            *self._start(draft, typed_, lang),
        ]
        test = Action(TEST, say(f"{_KEY}.test", lang))
        actions = (test,) if self._world.messenger is not None else ()
        intro = say(f"{_KEY}.intro", lang)
        return screen(part, self.title(part, draft, lang), blocks, lang, wrong=wrong, intro=intro, actions=actions)

    def answer(self, part: str, draft: Draft, given: Given, action: str, lang: Lang) -> Answered:  # noqa: ARG002 - as of any step
        """The draft with times, copies, messages and language in it."""
        wrong: dict[str, str] = {}
        settings = dict(draft.settings)
        for reads in (_read_times, _read_copies, _read_tabs):
            settings = reads(settings, given, wrong, lang, draft)
        settings = self._read_messages(settings, draft, given, wrong, lang)
        notes = {**draft.notes, "autostart": is_set(given, "autostart")}
        changed = draft.model_copy(update={"settings": settings, "notes": notes})
        if not wrong:
            try:
                proposed(changed)
            except OwnerError as error:
                wrong[""] = told(error, lang)
        if wrong:
            return Answered(draft, wrong)
        if action == TEST:
            return self._try_out(changed, lang)
        self._tested.pop(draft.config, None)
        return Answered(changed)

    # --- messages -------------------------------------------------------------------------------------------------------

    def _messages(self, draft: Draft, typed_: Typed, lang: Lang) -> Fields:
        held = NoticeSettings.model_validate(_section(draft, "notifications"))
        known = self._addresses.known(draft) is not None
        note = say(f"{_KEY}.address_known" if known else f"{_KEY}.address_help", lang)
        fields = [Field(ADDRESS, say(f"{_KEY}.address", lang), "secret", "", help=note, error=typed_.error(ADDRESS))]
        if known or held.owner:
            fields.append(Field("forget", say(f"{_KEY}.forget", lang), "check", typed_.check("forget", holds=False)))
        digest = typed_.value("digest", held.digest or "")
        fields += [
            Field("digest", say(f"{_KEY}.digest", lang), "time", digest, error=typed_.error("digest"), help=say(f"{_KEY}.digest_help", lang)),
            Field("personal", say(f"{_KEY}.personal", lang), "check", typed_.check("personal", holds=held.personal_data)),
        ]  # fmt: skip
        return Fields(say(f"{_KEY}.messages", lang), tuple(fields), intro=say(f"{_KEY}.messages_intro", lang))

    def _read_messages(
        self, settings: dict[str, Any], draft: Draft, given: Given, wrong: dict[str, str], lang: Lang
    ) -> dict[str, Any]:
        url, digest = typed(given, ADDRESS).strip("\"'"), typed(given, "digest")
        if url and not self._is_address(url):
            wrong[ADDRESS] = say(f"{_KEY}.wrong.address", lang)
        if digest and not _CLOCK.fullmatch(digest):
            wrong["digest"] = say(f"{_KEY}.wrong.time", lang, seen=digest)
        if wrong:
            return settings
        section = _section(draft, "notifications")
        if is_set(given, "forget") and not url:
            self._addresses.drop(draft)
            return set_or_drop(settings, notifications=set_or_drop(section, owner=None) or None)
        if url:
            self._addresses.hold(draft, url)
        if not url and self._addresses.known(draft) is None:
            return settings
        usual = NoticeSettings()
        said = {
            "owner": section.get("owner") or [name_of(draft)],
            "digest": _said(section, "digest", _time(digest) or "no", usual.digest),
            "personal_data": _said(section, "personal_data", is_set(given, "personal"), usual.personal_data),
        }
        return set_or_drop(settings, notifications=set_or_drop(section, **said))

    def _is_address(self, url: str) -> bool:
        messenger = self._world.messenger
        return "://" in url if messenger is None else messenger.is_address(url)

    def _try_out(self, draft: Draft, lang: Lang) -> Answered:
        """A test message to the address; what came of it is shown on the same screen."""
        url, messenger = self._addresses.known(draft), self._world.messenger
        if url is None or messenger is None:
            return Answered(draft, {ADDRESS: say(f"{_KEY}.wrong.no_address", lang)})
        book = called(Path(draft.config), draft.workbook, lang=lang)
        said = messenger.send(url, say("notices.test.title", lang, book=book), say("notices.test.body", lang))
        if said is None:
            self._tested[draft.config] = Sentence(say(f"{_KEY}.sent", lang), "good")
        else:
            key = f"{_KEY}.not_sent_why" if said else f"{_KEY}.not_sent"
            self._tested[draft.config] = Sentence(say(key, lang, said=said), "error")
        return Answered(draft, stay=True)

    # --- autostart ------------------------------------------------------------------------------------------------------

    def _start(self, draft: Draft, typed_: Typed, lang: Lang) -> list[Block]:
        planned = self._world.autostart.planned(Path(draft.config)) if self._world.autostart is not None else ""
        if not planned:
            return [Sentence(say(f"{_KEY}.by_hand", lang, config=_argument(draft.config)))]
        holds = bool(draft.notes.get("autostart", True))
        check = Field(
            "autostart",
            say(f"{_KEY}.autostart", lang),
            "check",
            typed_.check("autostart", holds=holds),
            help=say(f"{_KEY}.autostart_help", lang, planned=planned),
        )
        return [Fields(say(f"{_KEY}.start", lang), (check,))]


# --- shown ------------------------------------------------------------------------------------------------------------------


def _section(draft: Draft, name: str) -> dict[str, Any]:
    found = draft.settings.get(name)
    return dict(found) if isinstance(found, Mapping) else {}


def _times(draft: Draft, typed_: Typed, lang: Lang) -> Fields:
    held = Schedule.model_validate(_section(draft, "schedule"))
    start, _, end = held.hours.partition("-")
    days = tuple(Choice(day, say(f"{_KEY}.day.{day}", lang)) for day in DAYS)
    fields = (
        Field(
            "every_minutes", say(f"{_KEY}.every", lang), "number", typed_.value("every_minutes", str(held.every_minutes)),
            help=say(f"{_KEY}.every_help", lang), error=typed_.error("every_minutes"), unit=say(f"{_KEY}.minutes", lang),
            least="0", most="1440",
        ),
        Field("from", say(f"{_KEY}.from", lang), "time", typed_.value("from", start), error=typed_.error("from")),
        Field("to", say(f"{_KEY}.to", lang), "time", typed_.value("to", end), error=typed_.error("to")),
        Field(
            "days", say(f"{_KEY}.days", lang), "many", values=typed_.values("days", held.days), choices=days,
            error=typed_.error("days"),
        ),
        Field("watch", say(f"{_KEY}.watch", lang), "check", typed_.check("watch", holds=held.watch)),
    )  # fmt: skip
    return Fields(say(f"{_KEY}.times", lang), fields)


def _copies(draft: Draft, typed_: Typed, lang: Lang) -> Fields:
    held = BackupSettings.model_validate(_section(draft, "backups"))
    fields = (
        Field(
            "keep", say(f"{_KEY}.keep", lang), "number", typed_.value("keep", str(held.keep)), error=typed_.error("keep"),
            help=say(f"{_KEY}.keep_help", lang, days=held.days, weeks=held.weeks, months=held.months), least="1", most="10000",
        ),
        Field(
            "folder", say(f"{_KEY}.folder", lang), "path", typed_.value("folder", held.folder or ""),
            help=say(f"{_KEY}.folder_help", lang), error=typed_.error("folder"),
        ),
    )  # fmt: skip
    return Fields(say(f"{_KEY}.copies", lang), fields, intro=say(f"{_KEY}.copies_intro", lang))


def _tabs(draft: Draft, typed_: Typed, lang: Lang) -> Fields:
    spoken = tuple(Choice(one, say(f"{_KEY}.language.{one}", lang)) for one in LANGS)
    held = str(draft.settings.get("language", draft.language))
    fields = [
        Field("language", say(f"{_KEY}.tabs_language", lang), "radio", typed_.value("language", held), choices=spoken)
    ]
    if Path(draft.workbook).is_absolute():
        holds = bool(draft.settings.get("companion", False))
        companion = typed_.check("companion", holds=holds)
        help_ = say(f"{_KEY}.companion_help", lang)
        fields.append(Field("companion", say(f"{_KEY}.companion", lang), "check", companion, help=help_))
    return Fields(say(f"{_KEY}.tabs", lang), tuple(fields))


def _argument(config: str) -> str:
    return f'"{config}"' if " " in config else config


# --- taken in ---------------------------------------------------------------------------------------------------------------

Reads = Callable[[dict[str, Any], Given, dict[str, str], Lang, Draft], dict[str, Any]]


def _said(section: Mapping[str, Any], key: str, value: Any, usual: Any) -> Any:
    """The value where it is not the usual one, or where crm.yaml says it already; else nothing need be said."""
    return value if key in section or value != usual else None


def _whole(given: Given, name: str, wrong: dict[str, str], lang: Lang) -> int:
    least, most = _NUMBERS[name]
    text = typed(given, name)
    if not re.fullmatch(r"\d{1,6}", text) or not least <= int(text) <= most:
        wrong[name] = say(f"{_KEY}.wrong.number", lang, seen=text, least=str(least), most=str(most))
        return least
    return int(text)


def _time(text: str) -> str:
    found = _CLOCK.fullmatch(text)
    return f"{found[1]:0>2}:{found[2]}" if found else text.replace(".", ":")


def _read_times(
    settings: dict[str, Any], given: Given, wrong: dict[str, str], lang: Lang, draft: Draft
) -> dict[str, Any]:
    section = _section(draft, "schedule")
    every = _whole(given, "every_minutes", wrong, lang)
    for name in ("from", "to"):
        text = typed(given, name)
        if not _CLOCK.fullmatch(text) and not (name == "to" and text in _MIDNIGHT):
            wrong[name] = say(f"{_KEY}.wrong.time", lang, seen=text)
    days = [day for day in DAYS if day in given.get("days", ())]
    if not days:
        wrong["days"] = say(f"{_KEY}.wrong.days", lang)
    watch = _said(section, "watch", is_set(given, "watch"), Schedule().watch)
    hours = f"{_time(typed(given, 'from'))}-{_time(typed(given, 'to'))}"
    before = Schedule.model_validate(section)
    said = {
        "every_minutes": every,
        "hours": section["hours"] if "hours" in section and hours == before.hours else hours,
        "days": section["days"] if "days" in section and set(days) == set(before.days) else days,
        "watch": watch,
    }
    return set_or_drop(settings, schedule=set_or_drop(section, **said))


def _read_copies(
    settings: dict[str, Any], given: Given, wrong: dict[str, str], lang: Lang, draft: Draft
) -> dict[str, Any]:
    section, usual = _section(draft, "backups"), BackupSettings()
    keep, folder = _whole(given, "keep", wrong, lang), typed(given, "folder").strip("\"'")
    if folder and (fault := _folder_fault(folder, draft, lang)):
        wrong["folder"] = fault
    said: dict[str, Any] = {"keep": _said(section, "keep", keep, usual.keep), "folder": folder or None}
    if not folder:
        said["encrypt"] = None  # refused without a folder
    return set_or_drop(settings, backups=set_or_drop(section, **said) or None)


def _folder_fault(folder: str, draft: Draft, lang: Lang) -> str:
    """What is wrong with a folder for copies; "" where copies can be put there, or it can be made."""
    path = (Path(draft.config).parent / Path(folder).expanduser()).absolute()
    if path.exists() and not path.is_dir():
        return say(f"{_KEY}.wrong.no_folder", lang, path=str(path))
    above = next((one for one in (path, *path.parents) if one.exists()), None)
    if above is None or (above != path and above == Path(path.anchor)):
        return say(f"{_KEY}.wrong.no_drive", lang, path=str(path))
    return "" if os.access(above, os.W_OK) else say(f"{_KEY}.wrong.denied", lang, path=str(above))


def _read_tabs(
    settings: dict[str, Any], given: Given, wrong: dict[str, str], lang: Lang, draft: Draft
) -> dict[str, Any]:
    spoken = typed(given, "language") or str(settings.get("language", draft.language))
    if spoken not in LANGS:
        wrong["language"] = say(f"{_KEY}.wrong.language", lang, seen=spoken)
    companion: Any = settings.get("companion")
    if Path(draft.workbook).is_absolute():
        wanted = is_set(given, "companion")
        companion = (companion or True) if wanted else (False if companion is False else None)
    return set_or_drop(settings, language=spoken, companion=companion)
