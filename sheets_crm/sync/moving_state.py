"""What a copied configuration takes along of its memory: history, columns, secrets; and what stays: copies, logs, stamps.

So that at the new place nothing is new: tasks keep the day they were opened, marks and notices count as seen.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from sheets_crm.disk import PART, make_folder
from sheets_crm.errors import StateError
from sheets_crm.sync.state import StateFolder, cannot_write

UNFINISHED = "copying"  # a file of the new state folder until the copy is done
_STAY = {
    "belongs.json", "last-run.json", "pending.json", "places.json", "backups", "copies.json", "logs", "google", "google-version",
    "google-title", "google-cells", "status.json", "standing.json", ".gitignore", UNFINISHED,
}  # fmt: skip
_DATABASES = {".db", ".sqlite"}


def begun(config: Path, workbook: str) -> StateFolder:
    """The empty state folder of a configuration that is being made. StateError: one of that name was there before."""
    folder = StateFolder(config.parent / ".sheets-crm" / f"for-{config.stem}")
    if folder.path.is_dir() and not (folder.path / UNFINISHED).exists() and any(folder.path.iterdir()):
        raise StateError("copy.stop.old_state", path=str(folder.path), config=config.name)
    dropped(folder)
    try:
        make_folder(folder.path)
        (folder.path / UNFINISHED).touch(mode=0o600)
    except OSError as error:
        raise cannot_write(error, folder.path) from error
    folder.claimed(config.name, workbook)
    return folder


def carried(old: StateFolder, new: StateFolder) -> None:
    """Copy what the configuration knows. Call it while the old folder's lock is held."""
    try:
        for path in _taken(old.path):
            target = new.path / path.relative_to(old.path)
            make_folder(target.parent)
            if path.suffix in _DATABASES:
                _copy_database(path, target)
            else:
                shutil.copyfile(path, target)
            target.chmod(0o600)
    except OSError as error:
        raise cannot_write(error, new.path) from error


def finished(new: StateFolder) -> None:
    """The copy is done."""
    (new.path / UNFINISHED).unlink(missing_ok=True)


def dropped(folder: StateFolder) -> None:
    """Take out a state folder that is not finished."""
    if (folder.path / UNFINISHED).exists():
        shutil.rmtree(folder.path, ignore_errors=True)


def _taken(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        name = path.name
        if name in _STAY or name.startswith(("for-", "lock")) or name.endswith((".lock", PART, "-journal")):
            continue
        if path.is_dir():
            yield from (
                one
                for one in path.rglob("*")
                if one.is_file() and not one.name.endswith(PART) and "lock" not in one.name
            )
        else:
            yield path


def _copy_database(path: Path, target: Path) -> None:
    """A database at one moment, whatever stands in its journal."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as old, closing(sqlite3.connect(target)) as new:
            old.backup(new)
    except sqlite3.Error:  # damaged: a run puts such a file aside and begins anew
        shutil.copyfile(path, target)
