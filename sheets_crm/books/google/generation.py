"""Ids of new things, and the marker by which a write is known again. Sends nothing."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sheets_crm.books.google.shape import GENERATION, number_of

Json = dict[str, Any]
_ID_SPACE = 2**31 - 1


def new_id(taken: set[int]) -> int:
    """An id that nothing in the spreadsheet has."""
    while True:
        number = secrets.randbelow(_ID_SPACE - 1) + 1
        if number not in taken:
            taken.add(number)
            return number


@dataclass(frozen=True)
class Generation:
    """The marker of one write. Two writes after one and the same write bear the same id: the second is refused."""

    value: str
    number: int
    old: int | None

    @classmethod
    def after(cls, value: str, old: int | None) -> Generation:
        count = number_of(value) + 1
        taken = int.from_bytes(hashlib.sha256(f"sheets-crm {value}".encode()).digest()[:4], "big") % _ID_SPACE + 1
        return cls(f"{count}:{secrets.token_hex(8)}", taken, old)

    def requests(self) -> Iterator[Json]:
        item = {
            "metadataId": self.number, "metadataKey": GENERATION, "metadataValue": self.value,
            "location": {"spreadsheet": True}, "visibility": "DOCUMENT",
        }  # fmt: skip
        yield {"createDeveloperMetadata": {"developerMetadata": item}}
        if self.old is not None:
            lookup = {"developerMetadataLookup": {"metadataId": self.old}}
            yield {"deleteDeveloperMetadata": {"dataFilter": lookup}}
