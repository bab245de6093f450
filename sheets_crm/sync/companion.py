"""The companion workbook: our tabs in a file of their own, so that the base is only ever read and may stay open.

Which file is written, and the two files as one `Book`. Marks that stand at a former place are `places`' business.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sheets_crm.books.excel.book import NO_FILE, ExcelBook
from sheets_crm.books.model import Applied, FingerprintChanged, Grid, SheetInfo, WritePlan
from sheets_crm.errors import ConfigError
from sheets_crm.words import say

if TYPE_CHECKING:
    from sheets_crm.sync.intake import Opened

FORMER = "former:"  # before the id of a tab of ours that stands in the base while a companion has its successor
_WRITABLE = (".xlsx", ".xlsm")
_BETWEEN = "+"  # the two fingerprints


def companion_path(opened: Opened) -> Path | None:
    """The workbook that the tabs are written to; None where they stand in the base itself. ConfigError: it can't be that one."""
    stated = opened.config.companion
    if stated is False or stated == "":
        return None
    if stated is True:
        return default_path(opened)
    path = opened.beside(str(stated))
    if path.suffix.lower() not in _WRITABLE:
        raise ConfigError("openbook.stop.companion_kind", seen=str(stated), keys=("companion",))
    if _same(path, opened.workbook):
        raise ConfigError("openbook.stop.companion_is_base", seen=str(stated), keys=("companion",))
    return path


def default_path(opened: Opened) -> Path:
    """The companion's path where the owner names none: beside the base."""
    name = say("openbook.companion_name", opened.lang, stem=opened.workbook.stem)
    return opened.workbook.with_name(f"{name}.xlsx")


def written_file(opened: Opened) -> Path:
    """The file that a sync writes: the companion where there is one, else the base."""
    return companion_path(opened) or opened.workbook


def _same(one: Path, other: Path) -> bool:
    return one.resolve() == other.resolve() or (one.exists() and other.exists() and one.samefile(other))


class CompanionBook:
    """The base, which is read, and its companion, which is written, as one workbook.

    Sheets of the companion bear its name in brackets before their own: no sheet of a workbook can be called so.
    """

    def __init__(self, base: ExcelBook, companion: ExcelBook) -> None:
        self.base, self.companion = base, companion

    def fingerprint(self) -> str:
        """Of both files."""
        return f"{self.base.fingerprint()}{_BETWEEN}{self.companion.fingerprint()}"

    def sheets(self) -> Sequence[SheetInfo]:
        """The base's sheets, tabs of ours among them marked as former ones; then the companion's tabs that are ours."""
        base = [replace(info, tab=FORMER + info.tab) if info.tab else info for info in self.base.sheets()]
        ours = [info for info in self.companion.sheets() if info.tab]
        return [*base, *(replace(info, name=self._head() + info.name) for info in ours)]

    def read(self, names: Sequence[str]) -> Mapping[str, Grid]:
        """The named sheets, each from the file it stands in."""
        head = self._head()
        there = [name for name in names if name.startswith(head)]
        found = dict(self.base.read([name for name in names if name not in there]))
        in_companion = self.companion.read([name.removeprefix(head) for name in there])
        found |= {head + name: replace(grid, name=head + name) for name, grid in in_companion.items()}
        return {name: found[name] for name in names}

    def apply(self, plan: WritePlan) -> Applied:
        """Write the tabs to the companion. A base that changed since it was read is read again first."""
        base, _, companion = plan.expected.partition(_BETWEEN)
        if self.base.fingerprint() != base:
            raise FingerprintChanged
        applied = self.companion.apply(replace(plan, expected=companion))
        return replace(applied, fingerprint=f"{base}{_BETWEEN}{applied.fingerprint}")

    def refuse_now(self) -> None:
        """Raise what would stop a write at this moment; writes nothing."""
        self.companion.refuse_now()

    def _head(self) -> str:
        return f"[{self.companion.path.name}]"


def stamps(fingerprint: str, companion: Path | None) -> tuple[str, dict[str, str]]:
    """A book's fingerprint as the base's, and other files' by path."""
    if companion is None:
        return fingerprint, {}
    base, _, other = fingerprint.partition(_BETWEEN)
    return base, {} if other in {"", NO_FILE} else {str(companion): other}
