"""Conflict copies: what a sync program made of the workbook when two people saved it at once.

Noticed by name (`conflict_names.yaml`) and, where the name may have another reason, by what is inside. Only told: which
copy holds marks that the workbook lacks is for people to settle, and no sheet of theirs is ever merged.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from sheets_crm.errors import OwnerError
from sheets_crm.tabs import read_tasks_tab
from sheets_crm.tasks import Mark
from sheets_crm.tasks.keys import split_keys
from sheets_crm.words import Phrase

_MOST_SHOWN = 5


@dataclass(frozen=True)
class ConflictCopy:
    """A copy beside the workbook. service: a key of `openbook.services`. marks: those of its tasks tab that the workbook lacks."""

    path: Path
    service: str
    marks: tuple[Mark, ...] = ()

    def note(self, workbook: str) -> tuple[str, Mapping[str, object]]:
        """The copy as a words key and its values."""
        service = Phrase(f"openbook.services.{self.service}")
        values: dict[str, object] = {"copy": self.path.name, "workbook": workbook, "service": service}
        if not self.marks:
            return "openbook.note.conflict", values
        names = dict.fromkeys(str(mark.cells.get("client") or mark.cells.get("todo") or "?") for mark in self.marks)
        shown = tuple(names)[:_MOST_SHOWN]
        return "openbook.note.conflict_marks", {**values, "n": len(self.marks), "clients": shown}


def conflict_copies(workbook: Path, marks: Sequence[Mark], sheets: Iterable[str]) -> list[ConflictCopy]:
    """The workbook's conflict copies in its folder, by name. marks, sheets: what the workbook itself holds (its own sheets)."""
    found = []
    own = {name.casefold() for name in sheets}
    for path, service, certain in _alike(workbook):
        with suppress(OwnerError, OSError, KeyError):
            there = _Copy(path)
            if certain or there.is_like(own):
                found.append(ConflictCopy(path, service, there.lacking(marks)))
            continue
        if certain:  # it can't be read: it is there all the same
            found.append(ConflictCopy(path, service))
    return found


def _alike(workbook: Path) -> list[tuple[Path, str, bool]]:
    """Files whose names are the workbook's with an ending that sync programs give: path, service, is it certain."""
    try:
        names = sorted(path for path in workbook.parent.iterdir() if path.suffix.lower() == workbook.suffix.lower())
    except OSError:
        return []
    stem = _plain(workbook.stem)
    found = []
    for path in names:
        name = _plain(path.stem)
        if not name.casefold().startswith(stem.casefold()) or len(name) == len(stem):
            continue
        match = next(
            ((service, sure) for service, sure, ends in _patterns() if ends.fullmatch(name[len(stem) :])), None
        )
        if match:
            found.append((path, *match))
    return found


def _plain(name: str) -> str:
    """A file's name in one spelling: macOS takes its letters apart."""
    return unicodedata.normalize("NFC", name)


@cache
def _patterns() -> tuple[tuple[str, bool, re.Pattern[str]], ...]:
    """Service, whether the name is proof, and the pattern; proof comes first."""
    told: dict[str, list[dict[str, Any]]] = yaml.safe_load(
        Path(__file__).with_name("conflict_names.yaml").read_text("utf-8")
    )
    return tuple(
        (one["service"], kind == "certain", re.compile(one["ends"], 0 if one.get("exact_case") else re.IGNORECASE))
        for kind in ("certain", "possible")
        for one in told[kind]
    )


class _Copy:
    """A file that may be a copy of the workbook."""

    def __init__(self, path: Path) -> None:
        from sheets_crm.books.excel.book import ExcelBook

        self._book = ExcelBook(path)
        self._sheets = self._book.sheets()

    def is_like(self, own: set[str]) -> bool:
        """Does it hold tabs of ours, or all the workbook's own sheets (more than one: a single one may bear any name)?"""
        theirs = {info.name.casefold() for info in self._sheets if info.tab is None}
        return any(info.tab for info in self._sheets) or (len(own) > 1 and own <= theirs)

    def lacking(self, marks: Sequence[Mark]) -> tuple[Mark, ...]:
        """Marks of its tasks tab that are not among these."""
        name = next((info.name for info in self._sheets if info.tab == "tasks"), None)
        if name is None:
            return ()
        here = {key: mark.typed for mark in marks for key in split_keys(mark.key)}
        own = {(mark.typed, str(mark.cells.get("todo"))) for mark in marks if mark.own}
        return tuple(
            mark
            for mark in read_tasks_tab(self._book.read([name])[name]).marks
            if mark.touched
            and (mark.typed, str(mark.cells.get("todo"))) not in own
            and all(here.get(key) != mark.typed for key in split_keys(mark.key) or ("",))
        )
