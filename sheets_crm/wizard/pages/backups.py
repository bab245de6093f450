"""Copies of the workbook: which there are, are they whole, and the way back, of the whole workbook or of one sheet.

A copy is put in the workbook's place only after the owner was told what happens and pressed twice; what stood there is copied
first. All else makes new files and replaces none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sheets_crm.errors import OwnerError
from sheets_crm.wizard.pages import parts
from sheets_crm.wizard.pages.desk import Work
from sheets_crm.wizard.pages.parts import Asked
from sheets_crm.wizard.shapes import (
    Action,
    Block,
    Cell,
    Choice,
    Facts,
    Field,
    Fields,
    Given,
    Progress,
    Screen,
    Sentence,
    Table,
    Tone,
)
from sheets_crm.wizard.web.ports import Acted, href
from sheets_crm.words import say

if TYPE_CHECKING:
    from sheets_crm.sync.backup.model import Backup
    from sheets_crm.sync.backup.one_sheet import TakenOut
    from sheets_crm.sync.backup.verify import Checked
    from sheets_crm.sync.copies import Made, Overview, Restored

PATH, SHEET = "backups", "sheet"
_EVERY, _ONE = "copies", "copies/"  # names of works: over all copies, and over one
_TONES: dict[str, Tone] = {"sound": "good", "damaged": "error", "unreadable": "warning", "locked": "warning"}


def screen(asked: Asked) -> Screen | None:
    """The list, or one copy (its code). None: there is no such copy."""
    title = asked.say("backups.title")
    try:
        found = _overview(asked)
    except OwnerError as error:
        return Screen(PATH, title, (), errors=(parts.failed(error, asked.lang),))
    if not asked.rest:
        return _list(asked, found)
    copy = _copy(asked, found, asked.rest[0])
    return _one(asked, found, copy) if copy is not None else None


def act(asked: Asked, given: Given, action: str) -> Acted:
    """What the buttons of both pages do. Each piece of work goes on beside the page, which shows how it ends."""
    if not asked.rest:
        return _act_on_all(asked, action)
    found = _overview(asked)
    copy = _copy(asked, found, asked.rest[0])
    if copy is None:
        return Acted(PATH, Sentence(asked.say("backups.gone"), "error"))
    return _act_on_one(asked, copy, given, action)


def _overview(asked: Asked) -> Overview:
    from sheets_crm.sync.copies import overview

    return overview(str(asked.desk.config))


def _copy(asked: Asked, found: Overview, code: str) -> Backup | None:
    return next((copy for copy in found.copies if asked.desk.code(_key(copy)) == code), None)


def _key(copy: Backup) -> str:
    """A copy in the owner's folder may bear the name of one beside crm.yaml."""
    return copy.name if copy.where == "local" else str(copy.path)


def _known(asked: Asked) -> dict[str, Checked]:
    """Copies that were looked through from these pages."""
    known: dict[str, Checked] = asked.desk.notes.setdefault(PATH, {})
    return known


# --- all copies ---------------------------------------------------------------------------------------------------------


def _act_on_all(asked: Asked, action: str) -> Acted:
    config = str(asked.desk.config)
    if action == "now":
        from sheets_crm.sync.copies import made

        asked.desk.begin(_EVERY, lambda: made(config), "now")
    if action == "verify":
        known = _known(asked)

        def verify() -> list[Checked]:
            from sheets_crm.sync.copies import verified

            found = verified(config, "all")
            known.update({_key(one.backup): one for one in found})
            return found

        asked.desk.begin(_EVERY, verify, "verify")
    return Acted(PATH)


def _list(asked: Asked, found: Overview) -> Screen:
    title, work = asked.say("backups.title"), asked.desk.work(_EVERY)
    if work is not None and not work.is_over:
        return Screen(PATH, title, (Progress(asked.say(f"backups.going.{work.about}")),), refresh_s=parts.SOON_S)
    part, which = parts.cut(found.copies, asked.page)
    headers = tuple(asked.say(f"backups.columns.{name}") for name in ("made", "size", "why", "where", "state"))
    rows = tuple(_row(asked, found, copy) for copy in part)
    note = parts.cut_note(asked, which)
    blocks: list[Block] = [
        *(_ended(asked, work) if work is not None and work.is_news else ()),
        Sentence(asked.say("backups.intro")),
        Table(asked.say("backups.list"), headers, rows, numeric=(1,), note=note, empty=asked.say("backups.none")),
        *parts.turning(asked, PATH, which),
    ]
    if found.note is not None:
        key, values = found.note
        blocks.insert(0, Sentence(say(key, asked.lang, **values), "warning"))
    actions = [Action("now", asked.say("backups.now"), primary=True)]
    if found.copies:
        actions.append(Action("verify", asked.say("backups.verify_all")))
    return Screen(PATH, title, tuple(blocks), tuple(actions))


def _row(asked: Asked, found: Overview, copy: Backup) -> tuple[str | Cell, ...]:
    state = _known(asked).get(_key(copy))
    return (
        Cell(parts.moment(copy.made, found.zone, asked.lang), href(f"{PATH}/{asked.desk.code(_key(copy))}")),
        size(asked, copy.size),
        say(f"backup.why.{copy.why}", asked.lang) if copy.why else "—",
        say(f"backup.where.{copy.where}", asked.lang),
        Cell(say(f"backup.state.{state.state}", asked.lang), tone=_TONES[state.state])
        if state
        else asked.say("backups.unchecked"),
    )


def size(asked: Asked, n: int) -> str:
    """Bytes as people say them."""
    if n < 1024 * 1024:
        return asked.say("backups.kib", n=max(n // 1024, 1))
    return asked.say("backups.mib", n=f"{n / 1024 / 1024:.1f}".replace(".", "," if asked.lang == "ru" else "."))


def _ended(asked: Asked, work: Work) -> Iterable[Sentence]:
    if work.error is not None:
        yield parts.failed(work.error, asked.lang)
    elif work.about == "now":
        made: Made = work.value
        yield Sentence(asked.say("backups.made" if made.fresh else "backups.made_already"), "good")
        if made.note is not None:
            key, values = made.note
            yield Sentence(say(key, asked.lang, **values), "warning")
    else:
        checked: list[Checked] = work.value
        sound = sum(1 for one in checked if one.state == "sound")
        yield Sentence(
            say("backup.verify_sum", asked.lang, n=len(checked), sound=sound),
            "good" if sound == len(checked) else "error",
        )


# --- one copy -----------------------------------------------------------------------------------------------------------


def _act_on_one(asked: Asked, copy: Backup, given: Given, action: str) -> Acted:
    path = f"{PATH}/{asked.rest[0]}"
    config, name = str(asked.desk.config), _key(copy)
    if action == "leave":
        asked.desk.works.pop(_ONE + name, None)
        return Acted(PATH)
    if action == "sheet":
        sheet = "".join(given.get(SHEET, ())).strip()
        if not sheet:
            return Acted(wrong={SHEET: asked.say("backups.which_sheet")})
        _begin(asked, name, "sheet", lambda: _taken_out(config, name, sheet))
    elif action == "check":
        known = _known(asked)

        def check() -> Checked:
            from sheets_crm.sync.copies import verified

            known[name] = verified(config, name)[0]
            return known[name]

        _begin(asked, name, "check", check)
    elif action in {"aside", "restore"}:
        to = _free(asked, copy) if action == "aside" else None
        _begin(asked, name, action, lambda: _restored(config, name, to))
    return Acted(path)


def _begin(asked: Asked, name: str, about: str, what: Any) -> None:
    asked.desk.begin(_ONE + name, what, about)


def _restored(config: str, name: str, to: Path | None) -> Restored:
    from sheets_crm.sync.copies import restored

    return restored(config, name, to)


def _taken_out(config: str, name: str, sheet: str) -> TakenOut:
    from sheets_crm.sync.copies import taken_out

    return taken_out(config, name, sheet, None)


def _free(asked: Asked, copy: Backup) -> Path:
    """A new file beside the workbook for the whole copy."""
    from sheets_crm.sync.beside import free_place

    opened = asked.desk.opened()
    made = copy.made.astimezone(opened.config.zone).date()
    name = say("backup.sheet_file", opened.lang, workbook=copy.workbook, day=made)
    place = free_place(None, opened.workbook, name)
    suffix = opened.workbook.suffix or ".xlsx"
    return place if suffix == ".xlsx" else _numbered(place.with_suffix(suffix))


def _numbered(path: Path) -> Path:
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.stem} {number}{path.suffix}")
    return free


def _one(asked: Asked, found: Overview, copy: Backup) -> Screen:
    path = f"{PATH}/{asked.rest[0]}"
    when = parts.moment(copy.made, found.zone, asked.lang)
    title, work = asked.say("backups.of", when=when), asked.desk.work(_ONE + _key(copy))
    if work is not None and not work.is_over:
        return Screen(path, title, (Progress(asked.say(f"backups.going.{work.about}")),), refresh_s=parts.SOON_S)
    blocks: list[Block] = [
        *(_done(asked, work) if work is not None and work.is_news else ()),
        _facts(asked, found, copy),
    ]
    sheets = _sheets(copy)
    blocks += _explained(asked, when, sheets)
    actions = [Action("check", asked.say("backups.check"), primary=True), Action("aside", asked.say("backups.aside"))]
    actions += [Action("sheet", asked.say("backups.sheet"))] if sheets else []
    if asked.desk.opened().google is None:  # a file can't be put in a spreadsheet's place
        actions.append(Action("restore", asked.say("backups.restore"), loses=True))
    actions.append(Action("leave", asked.say("backups.leave")))
    return Screen(path, title, tuple(blocks), tuple(actions))


def _facts(asked: Asked, found: Overview, copy: Backup) -> Facts:
    state = _known(asked).get(_key(copy))
    told = asked.say("backups.unchecked")
    if state is not None:
        told = say(f"backup.state.{state.state}", asked.lang)
        if state.sheets is not None:
            told = asked.say("backups.inside", state=told, sheets=state.sheets, rows=state.rows or 0)
    pairs: tuple[tuple[str, str | Cell], ...] = (
        (asked.say("backups.columns.made"), parts.moment(copy.made, found.zone, asked.lang)),
        (asked.say("backups.columns.size"), size(asked, copy.size)),
        (asked.say("backups.columns.why"), say(f"backup.why.{copy.why}", asked.lang) if copy.why else "—"),
        (asked.say("backups.file"), str(copy.path.absolute())),
        (asked.say("backups.columns.state"), Cell(told, tone=_TONES[state.state] if state else "plain")),
    )
    return Facts("", pairs)


def _explained(asked: Asked, when: str, sheets: Sequence[str]) -> Iterable[Block]:
    """What each button does, and what it does not."""
    opened = asked.desk.opened()
    yield Sentence(asked.say("backups.does.check"))
    yield Sentence(asked.say("backups.does.aside"))
    if sheets:
        choices = tuple(Choice(sheet, sheet) for sheet in sheets)
        field = Field(
            SHEET, asked.say("backups.which"), "choice", choices=choices, help=asked.say("backups.does.sheet")
        )
        yield Fields("", (field,))
    if opened.google is not None:
        yield Sentence(asked.say("backups.does.google"), "warning")
    else:
        yield Sentence(asked.say("backups.does.restore", when=when, path=str(opened.workbook)), "warning")


def _sheets(copy: Backup) -> list[str]:
    """Names of the sheets in a copy that is a plain workbook; [] where that can't be told at a glance."""
    from sheets_crm.books.excel.single import sheet_titles
    from sheets_crm.sync.backup.one_sheet import WORKBOOKS

    if copy.encrypted or copy.path.suffix.lower() not in WORKBOOKS:
        return []
    with suppress(OSError, OwnerError):
        return sheet_titles(copy.path.read_bytes())
    return []


def _done(asked: Asked, work: Work) -> Iterable[Sentence]:
    """What came of the last button pressed."""
    if work.error is not None:
        yield parts.failed(work.error, asked.lang)
        return
    if work.about == "check":
        checked: Checked = work.value
        yield Sentence(asked.say(f"backups.checked.{checked.state}"), _TONES[checked.state])
    elif work.about == "sheet":
        taken: TakenOut = work.value
        yield Sentence(
            say("backup.sheet_done", asked.lang, sheet=taken.sheet, name=taken.name, path=str(taken.path)), "good"
        )
        if taken.left.formulas:
            yield Sentence(say("backup.sheet_values", asked.lang, n=taken.left.formulas), "warning")
        if taken.left.kinds:
            what = ", ".join(say(f"backup.left.{kind}", asked.lang) for kind in taken.left.kinds)
            yield Sentence(asked.say("backups.left", what=what), "warning")
    else:
        back: Restored = work.value
        key = "backups.done.restore" if work.about == "restore" else "backups.done.aside"
        yield Sentence(asked.say(key, path=str(back.path), saved=back.saved or "—"), "good")
