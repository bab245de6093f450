"""Snapshots: each card's frame as the last run left it, one zstd Parquet file a card kind and run.

A file is named by its run and counts only when the database names it too, so a crash between the two is harmless.
Knows nothing of what is in a frame.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from hashlib import blake2b
from io import BytesIO
from pathlib import Path

import polars as pl

from sheets_crm.disk import make_folder, sweep, write_whole

_NAME = re.compile(r"(?P<card>[A-Za-z0-9_.-]+)\.(?P<run>\d+)\.parquet")
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")


class Snapshots:
    """The folder with the snapshots."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, card: str, run: int, frame: pl.DataFrame) -> tuple[str, str]:
        """Name and digest of the new file. OSError: nothing of the old ones is touched."""
        make_folder(self.folder)
        buffer = BytesIO()
        frame.write_parquet(buffer, compression="zstd", compression_level=1, statistics=False)
        data = buffer.getvalue()
        name = f"{_safe(card)}.{run:06}.parquet"
        write_whole(self.folder / name, data)
        return name, _digest(data)

    def read(self, name: str, digest: str | None = None) -> pl.DataFrame | None:
        """The frame; None when the file is gone, damaged or not the one meant."""
        if not _NAME.fullmatch(name):
            return None
        try:
            data = (self.folder / name).read_bytes()
            if digest is not None and _digest(data) != digest:
                return None
            frame = pl.read_parquet(BytesIO(data))
        except (OSError, pl.exceptions.PolarsError):
            return None
        return frame if {"_id", "_sheet", "_row"} <= set(frame.columns) else None

    def others(self, card: str, named: str) -> Iterator[tuple[int, pl.DataFrame]]:
        """Run and frame of each readable snapshot of a card but the one that the database names, the newest first."""
        for run, name in sorted(self._files(card), reverse=True):
            if name != named and run and (frame := self.read(name)) is not None:
                yield run, frame

    def last_run(self) -> int:
        """The largest run number among the files; 0 without any. New runs count on from here, also in a new database."""
        return max((run for run, _ in self._files(None)), default=0)

    def cards(self) -> set[str]:
        """File-safe names of card kinds that have a snapshot."""
        with contextlib.suppress(OSError):
            return {match["card"] for file in self.folder.iterdir() if (match := _NAME.fullmatch(file.name))}
        return set()

    def keep_only(self, names: set[str]) -> None:
        """Remove all other snapshots: of runs that were followed by another, or never finished."""
        sweep(self.folder)
        for _, name in self._files(None):
            if name not in names:
                with contextlib.suppress(OSError):
                    (self.folder / name).unlink()

    def _files(self, card: str | None) -> list[tuple[int, str]]:
        try:
            names = [file.name for file in self.folder.iterdir()]
        except OSError:
            return []
        matches = [match for name in names if (match := _NAME.fullmatch(name))]
        return [(int(m["run"]), m.string) for m in matches if card is None or m["card"] == _safe(card)]


def _safe(card: str) -> str:
    """A card kind as part of a file name; kinds that would read the same get a digest."""
    plain = _UNSAFE.sub("_", card)
    return plain if plain == card else f"{plain}-{blake2b(card.encode(), digest_size=4).hexdigest()}"


def _digest(data: bytes) -> str:
    return blake2b(data, digest_size=16).hexdigest()
