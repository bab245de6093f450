"""Columns that were given meaning by an earlier run: one that has not changed since is not read again.

Only columns with a `mark` are kept (those of big sheets), and none of plain text. The key says everything that a column's meaning depends on beside its
cells: which rows of it, the field, the habits of the country, the day, and the names of stages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO

import polars as pl
import xxhash

from sheets_crm.cards.model import FieldType, Parsed
from sheets_crm.cards.schema import FieldSpec
from sheets_crm.cells import Column
from sheets_crm.shelf import Shelf

_BLANK = "*blank"  # beside the names of fields, which have no asterisk
_PLAIN = frozenset({FieldType.TEXT, FieldType.ID, FieldType.NAME, FieldType.LINK})  # read again as quickly as fetched
_SIZE = 8  # bytes of the length of the first table


@dataclass(frozen=True)
class ParsedShelf:
    """Such columns on a shelf."""

    shelf: Shelf

    def key(
        self,
        column: Column,
        positions: pl.Series,
        field: FieldSpec,
        name: str,
        *,
        habits: object,
        stages: Mapping[str, str],
    ) -> str | None:
        """By what the meaning of a column is known again; None for one that nobody would know again.

        positions: of its rows, UInt32, 0-based. habits: in what surroundings it is read, told wholly by its `repr`.
        """
        if not column.mark or field.type in _PLAIN:
            return None
        told = xxhash.xxh3_128(
            repr((column.mark, field.model_dump_json(), name, habits, sorted(stages.items()))).encode()
        )
        told.update(positions.to_numpy().tobytes())
        return f"column-{told.hexdigest()}"

    def get(self, key: str | None) -> Parsed | None:
        """The meaning that was kept under a key."""
        data = self.shelf.get(key) if key is not None else None
        if data is None:
            return None
        size = int.from_bytes(data[:_SIZE], "little")
        values = pl.read_ipc(bytes(data[_SIZE : _SIZE + size]))
        issues = pl.read_ipc(bytes(data[_SIZE + size :]))
        return Parsed(
            {name: values[name] for name in values.columns if name != _BLANK}, issues, values[_BLANK].alias("")
        )

    def put(self, key: str | None, parsed: Parsed) -> None:
        """Keep a meaning under a key."""
        if key is None:
            return
        values = _ipc(
            pl.DataFrame([*(one.alias(name) for name, one in parsed.values.items()), parsed.blank.alias(_BLANK)])
        )
        self.shelf.put(key, (len(values).to_bytes(_SIZE, "little"), values, _ipc(parsed.issues)))


def _ipc(frame: pl.DataFrame) -> memoryview:
    out = BytesIO()
    frame.write_ipc(out, compression="uncompressed")
    return out.getbuffer()
