"""Work done once and put aside for the next run: files that may be lost, damaged or cleared at any time.

Whole or not at all: what was torn by a crash, or made by another version of the program or of a library, is not found.
Says nothing of what is kept. A run is right without a shelf, only slower.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import xxhash

from sheets_crm import __version__
from sheets_crm.disk import PART, make_folder, open_private

Bytes = bytes | memoryview

_LIBRARIES = ("polars", "numpy", "phonenumbers", "rapidfuzz")  # what is kept depends on how these read
_ENDING = ".kept"
_HEAD = 32  # bytes before the content: who made it, and the check sum of the content


class Shelf(Protocol):
    """A place for such work. Names are plain words."""

    def get(self, name: str) -> memoryview | None:
        """What was put under the name; None where it is not there as it was put."""

    def put(self, name: str, parts: Iterable[Bytes]) -> None:
        """Keep the parts, one behind the other, instead of what stood under the name. Fails silently: it is no loss."""


class NoShelf:
    """Keeps nothing."""

    def get(self, name: str) -> memoryview | None:  # noqa: ARG002 - as `Shelf` has it
        """Nothing."""
        return None

    def put(self, name: str, parts: Iterable[Bytes]) -> None:
        """Nothing."""


NO_SHELF = NoShelf()


class FolderShelf:
    """A folder of files of our own. writes: only for who holds the state's lock."""

    def __init__(self, folder: Path, *, writes: bool = True) -> None:
        self.folder, self._writes = folder, writes
        self._used: set[str] = set()

    def get(self, name: str) -> memoryview | None:
        """As `Shelf`."""
        self._used.add(name)
        try:
            data = memoryview((self.folder / f"{name}{_ENDING}").read_bytes())
        except OSError:
            return None
        return data[_HEAD:] if data[:_HEAD] == _head(data[_HEAD:]) else None

    def put(self, name: str, parts: Iterable[Bytes]) -> None:
        """As `Shelf`. Not flushed to the disk: a file torn by a power cut fails its check sum."""
        if not self._writes:
            return
        self._used.add(name)
        parts = [memoryview(part).cast("B") for part in parts]
        path = self.folder / f"{name}{_ENDING}"
        part_path = path.with_name(f"{path.name}.{os.getpid()}{PART}")
        with contextlib.suppress(OSError):
            make_folder(self.folder)
            try:
                with open_private(part_path) as out:
                    out.write(_head(*parts))
                    for part in parts:
                        out.write(part)
                part_path.replace(path)
            finally:
                part_path.unlink(missing_ok=True)

    def clear(self) -> None:
        """Remove what this run neither asked for nor put."""
        if not self._writes:
            return
        kept = {f"{name}{_ENDING}" for name in self._used}
        with contextlib.suppress(OSError):
            for file in self.folder.iterdir():
                with contextlib.suppress(OSError):  # one that somebody just reads (Windows) goes the next time
                    if file.name not in kept:
                        file.unlink(missing_ok=True)


def _head(*parts: Bytes) -> bytes:
    """Who made a file, and the check sum of its content."""
    content = xxhash.xxh3_128(_maker())
    for part in parts:
        content.update(part)
    return _maker() + content.digest()


@cache
def _maker() -> bytes:
    """This very program: its own files as they are installed, and the libraries that what is kept depends on.

    The version alone would not do: a copy of the sources changes without it. But a program packed in one file has no others.
    """
    said = [sys.version, __version__]
    for name in _LIBRARIES:
        found = find_spec(name)
        said.append(_seen(found.origin) if found and found.origin else name)
    for folder, names, files in os.walk(Path(__file__).parent):
        names[:] = [name for name in names if name != "__pycache__"]
        said += [_seen(os.path.join(folder, file)) for file in files]  # noqa: PTH118 - some 900 files, in few milliseconds
    return xxhash.xxh3_128("\n".join(sorted(said)).encode()).digest()


def _seen(path: str) -> str:
    try:
        stat = os.stat(path)  # noqa: PTH116
    except OSError:  # gone in this very moment, or a link that leads nowhere
        return path
    return f"{path} {stat.st_mtime_ns} {stat.st_size}"
