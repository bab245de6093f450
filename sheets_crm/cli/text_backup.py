"""Results of the backup commands, as people read them and as `--json` has them. Every sentence comes from `words`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from sheets_crm.words import Lang, say

if TYPE_CHECKING:
    from sheets_crm.sync.backup.model import Backup
    from sheets_crm.sync.backup.one_sheet import TakenOut
    from sheets_crm.sync.backup.verify import Checked
    from sheets_crm.sync.copies import Made, Overview, Restored

_MARKS = {"sound": "✓", "damaged": "✗", "unreadable": "!", "locked": "!"}


def backups(found: Overview, lang: Lang) -> str:
    """One line a copy, those in the owner's folder apart; then what is wrong with that folder."""
    local = [copy for copy in found.copies if copy.where == "local"]
    outside = [copy for copy in found.copies if copy.where == "outside"]
    lines = [_line(copy, lang, found.zone) for copy in local] or [say("cli.backups_none", lang)]
    if outside:
        lines += ["", say("backup.list_outside", lang, folder=str(found.folder))]
        lines += [_line(copy, lang, found.zone) for copy in outside]
    if found.strangers:
        lines.append(say("backup.list_strangers", lang, n=found.strangers, folder=str(found.folder)))
    if found.note is not None:
        key, values = found.note
        lines += ["", say(key, lang, **values)]
    return "\n".join(lines)


def _line(copy: Backup, lang: Lang, zone: tzinfo) -> str:
    made = copy.made.astimezone(zone)
    values = {"name": copy.name, "day": made, "time": f"{made:%H:%M}", "size": max(copy.size // 1024, 1)}
    more = ", ".join(_more(copy, lang))
    return say("backup.line", lang, **values, more=more) if more else say("cli.backup_line", lang, **values)


def _more(copy: Backup, lang: Lang) -> Iterable[str]:
    if copy.why is not None:
        yield say(f"backup.why.{copy.why}", lang)
    if copy.encrypted:
        yield say("backup.encrypted", lang)


def copy_json(copy: Backup) -> dict[str, Any]:
    """One copy as `backup list --json` has it."""
    return {
        "name": copy.name, "made": copy.made.isoformat(), "bytes": copy.size, "where": copy.where, "why": copy.why,
        "encrypted": copy.encrypted, "path": str(copy.path.absolute()),
    }  # fmt: skip


def made(done: Made, lang: Lang) -> str:
    """Which copy there is now, and where."""
    lines = [say("backup.made" if done.fresh else "backup.made_already", lang, name=done.copy.name)]
    if done.outside is not None:
        folder = str(done.outside.path.parent)
        lines.append(say("backup.made_outside", lang, folder=folder, name=done.outside.name))
    return "\n".join(lines)


def made_json(done: Made, lang: Lang) -> dict[str, Any]:
    """The object of `backup now --json`."""
    return {
        "copy": copy_json(done.copy), "fresh": done.fresh,
        "outside": copy_json(done.outside) if done.outside else None,
        "note": say(done.note[0], lang, **done.note[1]) if done.note else None,
    }  # fmt: skip


def checked(found: Sequence[Checked], lang: Lang) -> str:
    """One line a copy, then how many are sound."""
    if not found:
        return say("backup.verify_none", lang)
    lines = [_checked(one, lang) for one in found]
    sound = sum(1 for one in found if one.state == "sound")
    return "\n".join([*lines, say("backup.verify_sum", lang, n=len(found), sound=sound)])


def _checked(one: Checked, lang: Lang) -> str:
    values = {"mark": _MARKS[one.state], "name": one.backup.name, "state": say(f"backup.state.{one.state}", lang)}
    if one.sheets is None:
        return say("backup.verify_line", lang, **values)
    return say("backup.verify_counts", lang, **values, sheets=one.sheets, rows=one.rows)


def checked_json(one: Checked) -> dict[str, Any]:
    """One copy as `backup verify --json` has it."""
    return {**copy_json(one.backup), "state": one.state, "sheets": one.sheets, "rows": one.rows}


def restored(done: Restored, lang: Lang) -> str:
    """Where the copy stands now, and where what stood there went."""
    if done.saved is None or done.google:
        told = say("cli.restored_to", lang, name=done.name, path=str(done.path))
        return f"{told}\n{say('cli.restored_google', lang)}" if done.google else told
    return say("cli.restored", lang, name=done.name, path=str(done.path), saved=done.saved)


def taken_out(done: TakenOut, lang: Lang) -> str:
    """Where the sheet lies, and what could not be carried with it."""
    lines = [say("backup.sheet_done", lang, sheet=done.sheet, name=done.name, path=str(done.path))]
    if done.left.formulas:
        lines.append(say("backup.sheet_values", lang, n=done.left.formulas))
    if done.left.blanks:
        lines.append(say("backup.sheet_blanks", lang, n=done.left.blanks))
    if done.left.kinds:
        what = ", ".join(say(f"backup.left.{kind}", lang) for kind in done.left.kinds)
        lines.append(say("backup.sheet_left", lang, what=what, name=done.name))
    return "\n".join(lines)
