"""Workbooks on this computer: where owners keep them, found quickly and within bounds. Opens none of them.

Hidden folders (our own state and backups among them), lock files and what programs keep for themselves are passed over.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree as ET

import yaml

from sheets_crm.wizard.reading import WRITABLE
from sheets_crm.words import LANGS, say

MOST = 12  # shown; the rest is reached through folders
_DEEPEST = 3
_MOST_ENTRIES = 4000
_LONGEST_S = 1.0
_MOST_XBEL = 4 << 20


@dataclass(frozen=True)
class Found:
    """A workbook. changed: the day it was saved last."""

    path: Path
    changed: date


def found_workbooks(home: Path, environ: Mapping[str, str], recent: Iterable[Path] = ()) -> tuple[Found, ...]:
    """The newest workbooks of the usual places, recently used ones among them. Never fails: what can't be read is passed over."""
    until = time.monotonic() + _LONGEST_S
    left = _MOST_ENTRIES
    times: dict[Path, float] = {}
    for path in [*recent, *_recently_used(home)]:
        _note(path, times)
    for top in usual_places(home, environ):
        for book, seen in _below(top, _DEEPEST, until):
            left -= seen
            if book is not None:
                _note(book, times)
            if left < 0 or time.monotonic() > until:
                break
    newest = sorted(times, key=lambda path: (-times[path], path.name.casefold()))
    named = _without_companions(newest)
    return tuple(Found(path, date.fromtimestamp(times[path])) for path in named[:MOST])  # noqa: DTZ012 - the owner's own days


def usual_places(home: Path, environ: Mapping[str, str]) -> list[Path]:
    """The folders looked through, those that are there, each once."""
    places = [*_of_system(home, environ), *(home / name for name in _data()["own"])]
    places += [home / below for below in _data()["below"]]
    places += [Path(environ[name]) for name in _data()["environ"] if environ.get(name)]
    with suppress(OSError):
        clouds = tuple(_data()["clouds"])
        places += [entry for entry in sorted(home.iterdir()) if entry.name.casefold().startswith(clouds)]
    kept: dict[Path, Path] = {}
    for place in places:
        with suppress(OSError):
            if place.is_dir():
                kept.setdefault(place.resolve(), place)
    kept.pop(home.resolve(), None)  # a system without such folders names the home itself: that would be everything
    return list(kept.values())


def inside(folder: Path) -> tuple[list[Path], list[Path]]:
    """The folders and workbooks that lie directly in a folder. OSError: it can't be looked into."""
    folders, books = [], []
    with os.scandir(folder) as entries:
        for entry in entries:
            path = Path(entry.path)
            with suppress(OSError):
                if entry.is_dir() and not _is_passed_over(entry.name):
                    folders.append(path)
                elif entry.is_file() and is_workbook(path):
                    books.append(path)
    return sorted(folders, key=_by_name), sorted(books, key=_by_name)


def is_workbook(path: Path) -> bool:
    """By its name: a workbook, not hidden, not the mark of one that is open."""
    return path.suffix.casefold() in WRITABLE and not path.name.startswith(("~$", ".~", "."))


def is_within(path: Path, home: Path) -> bool:
    """Does it really lie in the owner's home, links followed?"""
    with suppress(OSError, ValueError):
        return path.resolve().is_relative_to(home.resolve())
    return False


def _by_name(path: Path) -> str:
    return path.name.casefold()


def _of_system(home: Path, environ: Mapping[str, str]) -> list[Path]:
    """The folders as the system itself names them, in its own language."""
    if home == Path.home():
        import platformdirs

        return [
            platformdirs.user_documents_path(), platformdirs.user_desktop_path(), platformdirs.user_downloads_path(),
            *_xdg(home, environ),
        ]  # fmt: skip
    return _xdg(home, environ)


def _xdg(home: Path, environ: Mapping[str, str]) -> list[Path]:
    """The folders of user-dirs.dirs (freedesktop.org, xdg-user-dirs)."""
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    places = []
    with suppress(OSError, UnicodeDecodeError):
        for line in (config / "user-dirs.dirs").read_text("utf-8").splitlines():
            name, _, value = line.strip().partition("=")
            if name in {"XDG_DOCUMENTS_DIR", "XDG_DESKTOP_DIR", "XDG_DOWNLOAD_DIR"}:
                places.append(Path(value.strip('"').replace("$HOME", str(home))))
    return places


def _recently_used(home: Path) -> list[Path]:
    """Of the desktop's list (freedesktop.org, recently-used.xbel)."""
    listed = home / ".local" / "share" / "recently-used.xbel"
    with suppress(OSError, ET.ParseError, ValueError):
        if listed.stat().st_size <= _MOST_XBEL and b"<!DOCTYPE" not in (text := listed.read_bytes()):
            links = [mark.get("href", "") for mark in ET.fromstring(text).iter("bookmark")]
            return [Path(unquote(urlsplit(link).path)) for link in links if link.startswith("file://")]
    return []


def _note(path: Path, times: dict[Path, float]) -> None:
    with suppress(OSError):
        if is_workbook(path) and path.is_file():
            times[path.absolute()] = path.stat().st_mtime


def _below(top: Path, depth: int, until: float) -> Iterator[tuple[Path | None, int]]:
    """Workbooks below a folder, nearest first, with the number of entries looked at on the way."""
    folders = [(top, depth)]
    while folders and time.monotonic() < until:
        folder, deeper = folders.pop(0)
        try:
            below, books = inside(folder)
        except OSError:
            continue
        yield None, len(below) + len(books)
        yield from ((book, 0) for book in books)
        if deeper > 0:
            folders += [(path, deeper - 1) for path in below if not path.is_symlink()]


def _without_companions(paths: list[Path]) -> list[Path]:
    """Without the workbooks that we made ourselves to hold our tabs beside a base."""
    ours = {
        path.with_name(f"{say('openbook.companion_name', lang, stem=path.stem)}.xlsx")
        for path in paths
        for lang in LANGS
    }
    return [path for path in paths if path not in ours]


def _is_passed_over(name: str) -> bool:
    return name.startswith((".", "~", "$")) or name.casefold() in _data()["passed_over"]


@cache
def _data() -> Any:
    return yaml.safe_load(resources.files("sheets_crm.wizard").joinpath("places.yaml").read_text("utf-8"))
