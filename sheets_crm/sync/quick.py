"""The shortest run: has anything changed at all since the last one? Answered in milliseconds, without reading a cell.

Imports nothing heavy: no frames, no database, no validation. When in doubt the answer is None, and a whole run follows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import yaml

from sheets_crm import __version__, data
from sheets_crm.books.excel.files import fingerprint
from sheets_crm.books.google.address import spreadsheet_id
from sheets_crm.books.inbox import is_pattern, mark_of
from sheets_crm.errors import OwnerError
from sheets_crm.sync.state import StateFolder, stamp_of, unchanged
from sheets_crm.words import Lang

if TYPE_CHECKING:
    from sheets_crm.sync.intake import Opened

WAITS = "pending.json"  # of the state folder: a result that could not be written yet
ZONE = "zone:"  # kept among the stamp's sources: the zone whose midnight ends a day


@dataclass(frozen=True)
class Stamp:
    """The last run, which still holds."""

    workbook: str
    lang: Lang
    summary: Mapping[str, Any]


def nothing_changed(given: str | None, *, today: date | None) -> Stamp | None:
    """The last run where workbook, configuration, packs, program and day are as it left them; None to run in full."""
    path = Path(given) if given else Path("crm.yaml")
    path = path / "crm.yaml" if path.is_dir() else path
    try:
        stated = yaml.load(path.read_text("utf-8-sig"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
        if spreadsheet_id(str(stated["workbook"])):
            return None  # what Google says of changes comes late: only a read tells
        workbook = (path.parent / Path(stated["workbook"]).expanduser()).absolute()
        state = StateFolder.existing(path, stated["workbook"])
        last = state.last_run() if state else None
        if last is None or (state and (state.path / WAITS).exists()):
            return None
        zone = next(name.removeprefix(ZONE) for name in last.sources if name.startswith(ZONE))
        day = today or datetime.now(ZoneInfo(zone)).date()
        now = _stamp(
            path, fingerprint(workbook), day, zone, [Path(name) for name in last.sources if not name.startswith(ZONE)]
        )
    except (OSError, OwnerError, KeyError, TypeError, AttributeError, ValueError, StopIteration, yaml.YAMLError):
        return None  # the whole run says what is wrong
    if not unchanged(last, now):
        return None
    return Stamp(
        str(workbook),
        "en" if stated.get("language") == "en" else "ru",
        {"today": last.today, "workbook": str(workbook), **last.counts},
    )


def remember_stamp(
    state: StateFolder,
    opened: Opened,
    *,
    fingerprint: str,
    today: date,
    counts: Mapping[str, int],
    now: datetime,
    sources: Mapping[str, Path],
    former: Iterable[Path] = (),
) -> None:
    """Leave the stamp of a finished run. Call it last. former: files in which the tabs stood before."""
    from sheets_crm.sync.companion import companion_path, stamps

    if any(spreadsheet_id(one.file or "") for one in (opened.config.sheets or {}).values()):
        state.forget()  # what stands in a spreadsheet is known only by reading it
        return
    packs = [opened.beside(name) for name in opened.config.packs]
    base, written = stamps(fingerprint, companion_path(opened))
    others = [path for path in (*sources.values(), *packs, *former) if path != opened.workbook]
    stamp = _stamp(opened.path, base, today, opened.config.zone.key, others)
    stamp = replace(stamp, sources={**stamp.sources, **written})
    state.stamp(replace(stamp, counts=dict(counts)), now=now.astimezone(UTC))


def _stamp(config: Path, found: str, today: date, zone: str, files: Iterable[Path]) -> Any:
    rules = [*data.rules_dir().glob("*.yaml"), *data.templates_dir().glob("*.yaml")]
    sources = {str(path): repr(mark_of(path)) if is_pattern(path) else fingerprint(path) for path in files}
    return stamp_of(
        fingerprint=found,
        config=config,
        rules=rules,
        program=__version__,
        today=today,
        sources={**sources, f"{ZONE}{zone}": ""},
    )
