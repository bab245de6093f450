"""The backup commands: which copies there are, making one, looking them through, putting one back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from sheets_crm.errors import ConfigError, StateError
from sheets_crm.sync.backup import Backup, back_up, list_backups, named_after, restore
from sheets_crm.sync.backup.local import chosen
from sheets_crm.sync.backup.model import newest_first
from sheets_crm.sync.backup.one_sheet import TakenOut, take_out
from sheets_crm.sync.backup.outside import LEAST_PASSPHRASE, at_path, carry, list_outside, strangers
from sheets_crm.sync.backup.regular import outside_note, place_of, told
from sheets_crm.sync.backup.sealing import plain_copy
from sheets_crm.sync.backup.verify import Checked, checked
from sheets_crm.sync.companion import companion_path
from sheets_crm.sync.google import source_file
from sheets_crm.sync.intake import Opened, open_config
from sheets_crm.sync.secrets import set_secret
from sheets_crm.sync.state import StateFolder
from sheets_crm.words import Lang

Hear = Callable[[Lang], object]
Note = tuple[str, Mapping[str, object]]
USUAL_SECRET = "backup"  # noqa: S105 - the name under which a passphrase is looked for where crm.yaml names none (any more)


@dataclass(frozen=True)
class Restored:
    """name: the copy put back. path: where it stands now. saved: the copy made of what stood there, None where nothing did.

    google: the base is a spreadsheet, which no file replaces.
    """

    name: str
    path: Path
    saved: str | None
    google: bool = False


@dataclass(frozen=True)
class Overview:
    """copies: newest first. zone: of the firm. folder: the owner's, None without one. note: what is wrong with it.

    strangers: how many copies of a workbook so called lie there that were not made from here.
    """

    copies: tuple[Backup, ...]
    zone: tzinfo = UTC
    folder: Path | None = None
    note: Note | None = None
    strangers: int = 0


@dataclass(frozen=True)
class Made:
    """copy: made now, or, where the workbook had not changed since, the last one (`fresh` is false).

    outside: its copy in the owner's folder. note: why there is none.
    """

    copy: Backup
    fresh: bool
    outside: Backup | None = None
    note: Note | None = None


def listed(config: str | None, *, on_language: Hear = lambda _: None) -> list[Backup]:
    """The copies of the configured workbook, newest first. Makes nothing, not even the folder they lie in."""
    return list(overview(config, on_language=on_language).copies)


def overview(config: str | None, *, on_language: Hear = lambda _: None) -> Overview:
    """The copies, and how the owner's folder is. Makes nothing, not even the folder they lie in."""
    opened = _opened(config, on_language)
    state = StateFolder.existing(opened.path, opened.config.workbook)
    if state is None:
        return Overview((), opened.config.zone)
    place = place_of(opened)
    copies = _every(opened, state)
    if place is None:
        return Overview(copies, opened.config.zone)
    return Overview(copies, opened.config.zone, place.folder, outside_note(opened, state), len(strangers(state, place)))


def made(config: str | None, *, on_language: Hear = lambda _: None) -> Made:
    """Make a copy now, in the owner's folder too. Errors as `back_up` has them; WorkbookBusy: a run is at work."""
    opened = _opened(config, on_language)
    state = _state(opened)
    now = datetime.now(UTC)
    place = place_of(opened)
    with state.lock(wait_s=5):
        before = {one.name for one in list_backups(state)}
        with source_file(opened) as path:
            copy = back_up(path, state, now=now, keep=opened.config.backups.rotation, why="manual")
        away = carry(state, place, now=now, asked=True) if place is not None else None
    if place is None:
        return Made(copy, copy.name not in before)
    outside = next(iter(list_outside(state, place)), None)
    return Made(copy, copy.name not in before, None if away else outside, told(away, place) if away else None)


def verified(config: str | None, name: str | None, *, on_language: Hear = lambda _: None) -> list[Checked]:
    """Look one copy through, or all of them (None, `all`). NotFound when there is no such copy."""
    opened = _opened(config, on_language)
    state = StateFolder.existing(opened.path, opened.config.workbook)
    if state is None and name in {None, "all"}:
        return []
    state = state or _state(opened)
    meant = _every(opened, state) if name in {None, "all"} else (_found(opened, state, str(name)),)
    return [checked(one, state, _secret(opened)) for one in meant]


def restored(config: str | None, name: str, to: Path | None, *, on_language: Hear = lambda _: None) -> Restored:
    """Put a copy back (`last`: the newest; a path: that file), or write it to another place. NotFound: no such copy."""
    opened = _opened(config, on_language)
    state = _state(opened)
    backup = _found(opened, state, name)
    target = to.absolute() if to is not None else _copied_from(opened, backup)
    with plain_copy(backup, state, _secret(opened)) as plain:
        saved = restore(plain, target, state, now=datetime.now(UTC))
    return Restored(backup.name, target, saved.name if saved else None, google=opened.google is not None)


def taken_out(
    config: str | None, name: str, sheet: str, to: Path | None, *, on_language: Hear = lambda _: None
) -> TakenOut:
    """One sheet of a copy as a workbook of its own, beside the workbook or at `to`. Never touches the workbook."""
    opened = _opened(config, on_language)
    state = _state(opened)
    backup = _found(opened, state, name)
    target = to.absolute() if to is not None else None
    with plain_copy(backup, state, _secret(opened)) as plain:
        return take_out(plain, backup, sheet, opened, target)


def password_kept(config: str | None, read: Callable[[str], str], *, on_language: Hear = lambda _: None) -> Path:
    """Keep the passphrase of encrypted copies, as `read` gives it for a name; the file in which it stands now.

    ConfigError: crm.yaml names none. StateError: it is too short, or can't be kept.
    """
    opened = _opened(config, on_language)
    name = opened.config.backups.encrypt
    if name is None:
        raise ConfigError("backup.errors.not_encrypted", path=str(opened.path))
    value = read(name)
    if len(value) < LEAST_PASSPHRASE:
        raise StateError("backup.errors.short_secret", secret=name, n=LEAST_PASSPHRASE)
    return set_secret(_state(opened), name, value).absolute()


def _opened(config: str | None, on_language: Hear) -> Opened:
    opened = open_config(config)
    on_language(opened.lang)
    return opened


def _copied_from(opened: Opened, backup: Backup) -> Path:
    """The file a copy was made of: the companion workbook where the copy bears its name, else the base."""
    if opened.google is not None:  # no program puts a file in a spreadsheet's place: the owner imports it
        return opened.workbook.with_name(f"{backup.workbook}{backup.path.suffix}")
    companion = companion_path(opened)
    return companion if companion is not None and named_after(backup, companion) else opened.workbook


def _state(opened: Opened) -> StateFolder:
    return StateFolder.beside(opened.path, opened.config.workbook)


def _every(opened: Opened, state: StateFolder) -> tuple[Backup, ...]:
    place = place_of(opened)
    return tuple(newest_first([*list_backups(state), *(list_outside(state, place) if place else ())]))


def _found(opened: Opened, state: StateFolder, name: str) -> Backup:
    every = list(_every(opened, state))
    path = Path(name).expanduser()
    if path.is_file() and not any(one.name == name for one in every):
        return at_path(path.absolute(), opened.config.zone)
    return chosen(every, name, state.backups)


def _secret(opened: Opened) -> str:
    return opened.config.backups.encrypt or USUAL_SECRET
