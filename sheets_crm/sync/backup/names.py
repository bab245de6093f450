"""Names of copies in the owner's folder: people read them, and so do we, on every system.

`Клиенты 2026-11-22 09-30 3f2a-91c4d0e1b7.xlsx`: workbook, day and time where the firm is, the mark of this installation,
the beginning of the file's SHA-256. Pure: touches no file.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from sheets_crm.sync.backup.age import ENDING

DIGEST = 10  # signs of the digest in a name
_NAME = re.compile(
    r"(?P<stem>.+) (?P<made>\d{4}-\d\d-\d\d \d\d-\d\d) (?P<mark>[0-9a-f]{4})-(?P<digest>[0-9a-f]{10})"
    r"(?P<suffix>(?:\.[^. ]+)??)(?P<age>\.age)?"
)
_STAMP = "%Y-%m-%d %H-%M"
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')  # what Windows and its disks take in no name
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)
_STEM_BYTES = 120


@dataclass(frozen=True)
class OutsideName:
    """A name, taken apart. made: UTC, to the minute. digest: of the copy's own file. suffix: with its dot, or ""."""

    stem: str
    made: datetime
    mark: str
    digest: str
    suffix: str
    encrypted: bool


def outside_name(name: OutsideName, zone: tzinfo) -> str:
    """The parts put together; they may be longer or stranger than a name can be."""
    moment = name.made.astimezone(zone).strftime(_STAMP)
    ending = safe(name.suffix).replace(" ", "_") if name.suffix else ""
    age = ENDING if name.encrypted else ""
    return f"{safe(name.stem)} {moment} {name.mark}-{name.digest[:DIGEST]}{ending}{age}"


def taken_apart(name: str, zone: tzinfo) -> OutsideName | None:
    """The parts of such a name; None for any other name."""
    match = _NAME.fullmatch(unicodedata.normalize("NFC", name))
    if match is None:
        return None
    try:
        made = datetime.strptime(match["made"], _STAMP).replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return OutsideName(match["stem"], made, match["mark"], match["digest"], match["suffix"], bool(match["age"]))


def safe(text: str) -> str:
    """Text as a part of a file's name that every system takes: letters composed, forbidden signs as `_`, not too long."""
    text = _FORBIDDEN.sub("_", unicodedata.normalize("NFC", text))
    text = text.encode()[:_STEM_BYTES].decode(errors="ignore").rstrip(" ")
    return f"_{text}" if _DEVICES.match(text) else text or "_"
