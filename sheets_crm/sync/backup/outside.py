"""Copies in a folder of the owner's choice: a second disk, a stick, a folder that a cloud client syncs.

One a day, taken from the copies that lie in the state folder, so that a folder that was away is caught up with later.
Read back before it counts; encrypted where the owner wants it. Removes nothing but what it made itself and still knows, by
name and by content. Never stops a run, and never makes the folder: where a stick is out, its folder is not to be faked.
"""

from __future__ import annotations

import contextlib
import errno
import os
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

from sheets_crm.disk import PART, flush_folder
from sheets_crm.errors import OwnerError
from sheets_crm.sync.backup.age import ENDING
from sheets_crm.sync.backup.copying import FULL, digest_of
from sheets_crm.sync.backup.local import list_backups
from sheets_crm.sync.backup.model import Backup, Keep, newest_first, staying
from sheets_crm.sync.backup.names import OutsideName, outside_name, safe, taken_apart
from sheets_crm.sync.backup.register import Away, Outside, Register
from sheets_crm.sync.backup.sealing import seal
from sheets_crm.sync.secrets import secret
from sheets_crm.sync.state import StateFolder

README = "sheets-crm README.txt"  # by which the folder is known again, and from which a stranger learns the way back
LEAST_PASSPHRASE = 8
_DENIED = {errno.EACCES, errno.EPERM, errno.EROFS}
_DIGEST = 16


@dataclass(frozen=True)
class Place:
    """The owner's folder as crm.yaml states it. workbook: the file's name. secret: the passphrase's name, None for none."""

    folder: Path
    workbook: str
    keep: Keep
    zone: tzinfo
    secret: str | None = None
    readme: str = ""


class _Refused(Exception):
    """The folder takes no copies now: a words key, its values beside `folder` and `since`."""

    def __init__(self, key: str, **values: str) -> None:
        super().__init__(key)
        self.key, self.values = key, values


def carry(state: StateFolder, place: Place, *, now: datetime, asked: bool = False) -> Away | None:
    """Bring the copies there that are missing there, and remove those that nothing keeps. Call it under the state's lock.

    The newest copy of each of the last days, and today's; a content that is there already is not brought again.
    asked: a person wants it now: the newest copy is brought although today has one, and a changed folder is accepted.
    Away: why not, and since when; None when all is there.
    """
    register = Register.read(state)
    if register.folder != str(place.folder):
        register.folder, register.outside, register.away, register.carried = str(place.folder), {}, None, ""
    try:
        _bring(state, place, register, now, asked=asked)
    except (_Refused, OSError) as error:
        key, values = (error.key, error.values) if isinstance(error, _Refused) else (_named(error), {})
        since = register.away.since if register.away else now.astimezone(UTC)
        register.away = Away(since, key, values)
    else:
        register.away, register.carried = None, now.astimezone(place.zone).date().isoformat()
    finally:
        with contextlib.suppress(OwnerError):
            register.keep(state)
    return register.away


def list_outside(state: StateFolder, place: Place) -> list[Backup]:
    """The copies of this workbook there, newest first; none while the folder is away."""
    return newest_first(_ours(place, Register.read(state)))


def strangers(state: StateFolder, place: Place) -> list[Path]:
    """Copies of a workbook so called that another installation made, or this one before it lost its state."""
    ours = {one.path for one in _ours(place, Register.read(state))}
    stem = safe(Path(place.workbook).stem)
    found = [(path, taken_apart(path.name, place.zone)) for path in _files(place.folder) if path not in ours]
    return sorted(path for path, name in found if name and name.stem == stem)


def at_path(path: Path, zone: tzinfo) -> Backup:
    """A copy that lies anywhere. Renamed by people, it has no digest in its name: then only its inside can be looked at."""
    parts = taken_apart(path.name, zone)
    size = path.stat().st_size
    if parts is None:
        made = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        return Backup(path, path.stem, made, "", size, where="outside", encrypted=path.name.endswith(ENDING))
    return Backup(path, parts.stem, parts.made, parts.digest, size, where="outside", encrypted=parts.encrypted)


def _bring(state: StateFolder, place: Place, register: Register, now: datetime, *, asked: bool) -> None:
    _known_again(place, register, asked=asked)
    _sweep(place.folder, register.mark)
    for one in _ours(place, register):  # put there by a run that died before it could note it
        register.outside.setdefault(one.name, Outside(one.made, "", one.why))
    passphrase = _passphrase(state, place)
    for one in _missing(list_backups(state), place, register, now, asked=asked):
        name = _put(one, place, register.mark, passphrase)
        if name is not None:
            register.outside[name] = Outside(one.made, one.digest, one.why)
    _explain(place)
    _rotate(place, register, now)


def _known_again(place: Place, register: Register, *, asked: bool) -> None:
    """Is the folder there, and the one we know? An empty one in a pulled-out disk's place is not."""
    if not place.folder.is_dir():
        raise _Refused("backup.away.gone")
    if asked or not register.outside or (place.folder / README).exists():
        return
    if not any((place.folder / name).exists() for name in register.outside):
        raise _Refused("backup.away.strange")


def _passphrase(state: StateFolder, place: Place) -> str | None:
    """The passphrase; None where copies are not encrypted. Without one that is meant to be there nothing is brought."""
    if place.secret is None:
        return None
    try:
        found = secret(state, place.secret)
    except OwnerError as error:
        raise _Refused(error.key, **{name: str(value) for name, value in error.values.items()}) from error
    names = {
        "secret": place.secret,
        "variable": variable(place.secret),
    }
    if not found:
        raise _Refused("backup.away.no_secret", **names)
    if len(found) < LEAST_PASSPHRASE:
        raise _Refused("backup.away.short_secret", **names, n=str(LEAST_PASSPHRASE))
    return found


def variable(name: str) -> str:
    """The environment variable in which a secret may stand."""
    return f"SHEETS_CRM_{name.upper().replace('-', '_')}"


def _missing(
    local: list[Backup], place: Place, register: Register, now: datetime, *, asked: bool
) -> list[Backup]:  # fmt: skip
    """The local copies that are to be brought, oldest first."""
    days = {one.made.astimezone(place.zone).date() for one in register.outside.values()}
    contents = {one.digest[:_DIGEST] for one in register.outside.values()}
    wanted: dict[object, Backup] = {}
    for number, one in enumerate(local):  # the newest first
        day = one.made.astimezone(place.zone).date()
        if number == 0 or one.made > now - timedelta(days=place.keep.days):
            if day in days and not (asked and number == 0):
                continue
            if one.digest not in contents:
                wanted.setdefault(day, one)
    return sorted(wanted.values(), key=lambda one: one.made)


def _put(one: Backup, place: Place, mark: str, passphrase: str | None) -> str | None:
    """The name under which the copy stands there now, read back; None when the local copy itself is not sound."""
    part = place.folder / f".sheets-crm-{mark}.{os.getpid()}{PART}"
    try:
        sealed = seal(one.path, part, passphrase)
        if not sealed.content.startswith(one.digest):
            return None
        ending = one.path.suffix if one.path.name.endswith(f".{one.digest}{one.path.suffix}") else ""
        parts = OutsideName(one.workbook, one.made, mark, sealed.file, ending, passphrase is not None)
        name = outside_name(parts, place.zone)
        part.replace(place.folder / name)
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    flush_folder(place.folder)
    return name


def _rotate(place: Place, register: Register, now: datetime) -> None:
    """Remove what nothing keeps. A file whose content is no longer what we wrote is somebody's work: it stays."""
    ours = {one.name: one for one in _ours(place, register) if one.name in register.outside}
    stay = staying(list(ours.values()), place.keep, now, place.zone)
    for name, one in ours.items():
        if name not in stay:
            with contextlib.suppress(OSError, OwnerError):
                if digest_of(one.path).startswith(one.digest):
                    one.path.unlink()
                del register.outside[name]
    for name, known in list(register.outside.items()):
        if name not in ours and known.made < now - timedelta(days=place.keep.days):
            del register.outside[name]  # removed by people; a young one is remembered, lest it be brought again


def _ours(place: Place, register: Register) -> list[Backup]:
    found = []
    for path in _files(place.folder):
        name = unicodedata.normalize("NFC", path.name)
        parts = taken_apart(name, place.zone)
        known = register.outside.get(name) if register.folder == str(place.folder) else None
        if parts is None or (known is None and parts.mark != register.mark):
            continue
        with contextlib.suppress(OSError):
            found.append(
                Backup(
                    path, parts.stem, known.made if known else parts.made, parts.digest, path.stat().st_size,
                    where="outside", why=known.why if known else None, encrypted=parts.encrypted,
                )
            )  # fmt: skip
    return found


def _files(folder: Path) -> list[Path]:
    """What lies there; nothing where that can't be told."""
    try:
        return [path for path in folder.iterdir() if path.is_file() and not path.is_symlink()]
    except OSError:
        return []


def _sweep(folder: Path, mark: str) -> None:
    """Remove what a crash of ours left; under the state's lock it is nobody's."""
    for leftover in folder.glob(f".sheets-crm-{mark}.*{PART}"):
        with contextlib.suppress(OSError):
            leftover.unlink()


def _explain(place: Place) -> None:
    """How to come back from here without this program; written once, never over another file."""
    with contextlib.suppress(FileExistsError), (place.folder / README).open("x", encoding="utf-8-sig") as out:
        out.write(place.readme)


def _named(error: OSError) -> str:
    if error.errno in FULL:
        return "backup.away.full"
    return "backup.away.denied" if error.errno in _DENIED else "backup.away.gone"
