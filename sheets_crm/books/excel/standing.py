"""Where the stretches of our large sheets lie in the file as we left it, so that equal ones are copied and not drawn again.

Kept on a shelf, which may be lost or stale at any time: only what is found in the workbook just as it was left is taken
over, all else is drawn. In the workbook itself it would be one more thing that Excel has to put up with.
Knows nothing of how rows are drawn.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from isal import isal_zlib

from sheets_crm.books.excel.archive import Archive
from sheets_crm.books.excel.blob import Blob, Known, Segment
from sheets_crm.shelf import Shelf

_NAME = "standing-rows"


@dataclass(frozen=True)
class _Place:
    """One stretch in a member. at, packed: where its compressed bytes begin and how many they are; check: their check sum."""

    at: int
    packed: int
    check: int
    size: int
    crc: int


class Standing:
    """What is remembered of one workbook."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._parts = _loaded(shelf)

    def of(self, archive: Archive, part: str) -> Known | None:
        """How a part's stretches can be taken over, by digest; None where the part is not as we left it."""
        member = archive.members.get(part)
        told = self._parts.get(part)
        if member is None or told is None:
            return None
        info = member.info
        if told.get("member") != [info.CRC, info.file_size, info.compress_size, info.compress_type]:
            return None
        places = _places(told)

        def known(digest: bytes) -> Segment | None:
            place = places.get(digest.hex())
            if place is None or not 0 <= place.at <= place.at + place.packed <= info.compress_size:
                return None
            begin = member.at + place.at
            packed = archive.view(begin, begin + place.packed)
            if isal_zlib.crc32(packed) != place.check:
                return None  # the file is damaged just there: what we write must not be
            return Segment(place.crc, place.size, packed, digest, is_old=True)

        return known

    def keep(self, sheets: Mapping[str, Blob]) -> None:
        """Remember sheets as they stand now. What can't be written is forgotten: then all is drawn the next time."""
        parts = self._parts | {part: _told(blob) for part, blob in sheets.items()}
        parts = {part: told for part, told in parts.items() if told["stretches"]}
        if parts != self._parts:
            self._shelf.put(_NAME, [json.dumps(parts).encode()])


def _loaded(shelf: Shelf) -> dict[str, dict[str, Any]]:
    found = shelf.get(_NAME)
    return {} if found is None else json.loads(bytes(found))


def _places(told: Mapping[str, Any]) -> dict[str, _Place]:
    """By digest."""
    return {digest: _Place(*numbers) for digest, *numbers in told["stretches"]}


def _told(blob: Blob) -> dict[str, Any]:
    stretches, at = [], 0
    for one in blob.segments:
        if one.digest:
            stretches.append([one.digest.hex(), at, len(one.packed), isal_zlib.crc32(one.packed), one.size, one.crc])
        at += len(one.packed)
    return {"member": [blob.crc, blob.size, at, blob.method], "stretches": stretches}
