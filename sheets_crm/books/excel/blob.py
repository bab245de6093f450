"""A member's content, compressed: in segments that stand for themselves, so that an older file's can be taken over.

A segment ends at a byte's edge and looks back at nothing before it; segments in a row are one valid stream.
Knows nothing of zip files and of what the content says.
Sources: RFC 1951 (blocks; an empty stored block ends a segment), zlib's manual (Z_FULL_FLUSH, crc32_combine).
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from isal import isal_zlib

_SMALL = 1 << 18  # below this the slower, tighter compressor costs nothing


@dataclass(frozen=True)
class Segment:
    """A part of a content. crc and size: of what it says. digest: of what it was made from; b'' where nobody asks for it.

    is_old: taken over from the file as it stands, as it lies there.
    """

    crc: int
    size: int
    packed: bytes | memoryview
    digest: bytes = b""
    is_old: bool = False


@dataclass(frozen=True)
class Stretch:
    """A large piece of content that is written only where it does not stand in the old file: a segment of its own."""

    digest: bytes
    text: Callable[[], bytes]


Pieces = Iterable[bytes | Stretch]
Known = Callable[[bytes], Segment | None]  # by digest: how it stands in the old file


@dataclass(frozen=True)
class Blob:
    """A member's content, compressed."""

    crc: int
    size: int
    segments: tuple[Segment, ...]
    method: int = zipfile.ZIP_DEFLATED

    @property
    def packed_size(self) -> int:
        """How many bytes it takes in the file."""
        return sum(len(segment.packed) for segment in self.segments)

    @property
    def packed(self) -> bytes:
        """All compressed bytes at once."""
        return b"".join(segment.packed for segment in self.segments)

    @staticmethod
    def of(data: bytes) -> Blob:
        """Compressed alike on every machine that has the same libraries."""
        packer = _Packer()
        packer.add(data, small=len(data) < _SMALL)
        return packer.blob()

    @staticmethod
    def of_pieces(pieces: Pieces, known: Known | None = None) -> Blob:
        """Compressed piece by piece, so that a large sheet never stands in memory unpacked."""
        packer = _Packer()
        for piece in pieces:
            if isinstance(piece, bytes):
                packer.add(piece)
            else:
                packer.stretch(piece, known)
        return packer.blob()


class _Packer:
    """Segments in the making; a new compressor for each, so that a segment's bytes depend on its content alone."""

    def __init__(self) -> None:
        self._segments: list[Segment] = []
        self._packer: isal_zlib.Compress | zlib._Compress | None = None
        self._crc = self._size = 0
        self._out: list[bytes] = []

    def add(self, data: bytes, *, small: bool = False) -> None:
        """More of the segment that is in the making."""
        if self._packer is None:
            self._crc = self._size = 0
            self._out = []
            maker = (zlib, 6) if small else (isal_zlib, 1)
            self._packer = maker[0].compressobj(maker[1], zlib.DEFLATED, -15)
        self._crc = isal_zlib.crc32(data, self._crc)
        self._size += len(data)
        self._out.append(self._packer.compress(data))

    def stretch(self, piece: Stretch, known: Known | None) -> None:
        """A segment of its own, taken over where it is known."""
        self._close(zlib.Z_FULL_FLUSH)
        old = known(piece.digest) if known and piece.digest else None
        if old is not None:
            self._segments.append(old)
            return
        self.add(piece.text())
        self._close(zlib.Z_FULL_FLUSH, piece.digest)

    def blob(self) -> Blob:
        """All segments; the last one ends the stream."""
        if self._packer is None:
            self.add(b"")
        self._close(zlib.Z_FINISH)
        crc = size = 0
        for segment in self._segments:
            crc = isal_zlib.crc32_combine(crc, segment.crc, segment.size)
            size += segment.size
        return Blob(crc, size, tuple(self._segments))

    def _close(self, how: int, digest: bytes = b"") -> None:
        if self._packer is None:
            return
        packed = b"".join([*self._out, self._packer.flush(how)])
        self._segments.append(Segment(self._crc, self._size, packed, digest))
        self._packer = None
