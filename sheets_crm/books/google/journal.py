"""What a witness has to know beside its copy, written into it by the same batch: what had been read and what was to be done.

So the next run can set a tab right after a process that died, on whatever machine it runs. Pure.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

from sheets_crm.books.google.replay import moving, replay, typed
from sheets_crm.books.google.seen import digest
from sheets_crm.books.google.shape import number_of

Json = dict[str, Any]
Rows = Sequence[Sequence[Any]]
_LONGEST = 45_000  # characters of a cell; Google holds 50,000


def packed(record: Json) -> list[str]:
    """A record as texts of cells."""
    plain = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    text = base64.b64encode(zlib.compress(plain, 6)).decode()
    return [text[at : at + _LONGEST] for at in range(0, len(text), _LONGEST)]


def unpacked(texts: Iterable[Any]) -> Json | None:
    """The record in the texts of cells; None: somebody was at them."""
    try:
        plain = zlib.decompress(base64.b64decode("".join(texts), validate=True))
        record = json.loads(plain.decode("utf-8", "surrogatepass"))
    except (TypeError, ValueError, binascii.Error, zlib.error):
        return None
    return record if isinstance(record, dict) else None


def of_write(batch: Sequence[Json], sheet: int, *, seen: Rows, head: int, title: str) -> Json:
    """Of a write to a tab that showed these rows. title: the header of its column of keys."""
    moves = [*moving(batch, sheet)]
    return {"seen": _needed(moves, sheet, seen, head, title), "batch": moves, "head": head, "title": title}


def note(believed: Rows, generation: str, *, head: int, title: str) -> Json:
    """What is kept with the mark of a copy: whether the rows stood as we believed, without looking into the journal."""
    return {"was": digest_of(believed), "at": number_of(generation), "head": head, "key": title}


def digest_of(rows: Rows) -> str:
    """Of values; see `seen.digest`."""
    return digest(rows).hex()[:20]


def _needed(moves: Sequence[Json], sheet: int, seen: Rows, head: int, title: str) -> list[list[Any]]:
    """The rows as far as `Amends.after` asks for them: of a row with a key that the batch leaves alone, the key."""
    above = seen[head] if head < len(seen) else ()
    if title not in above:
        return [list(row) for row in seen]
    key = list(above).index(title)
    lines = replay(moves, sheet, [[typed(value) for value in row] for row in seen])
    alone = {line.origin for line in lines if not line.touched}
    return [
        [*[None] * key, row[key]] if n > head and n in alone and key < len(row) and row[key] else list(row)
        for n, row in enumerate(seen)
    ]
