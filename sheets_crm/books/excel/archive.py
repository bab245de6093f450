"""A zip file in memory (or on the disk): its members as they lie there, and a new zip that copies them without unpacking.

Copied members keep their compressed bytes, name, time and place in the order. Knows nothing of spreadsheets.
Source: PKWARE APPNOTE 6.3 (layout of headers); bit 3 and the zip64 extra are cleared because sizes are known.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import BinaryIO, cast
from urllib.parse import unquote

from isal import isal_zlib

from sheets_crm.books.excel.blob import Blob, Segment
from sheets_crm.errors import WorkbookUnreadable

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_LIMIT = 0xFFFF_FFFF
_JANUARY_1980 = (0, 33)  # DOS time and date: our members must not depend on the clock
_CHUNK = 1 << 20
_BAD_DATA = cast("tuple[type[Exception], ...]", (isal_zlib.error, EOFError, ValueError))
_UTF8_NAME = 0x800
_DATA_DESCRIPTOR = 0x8
_ENCRYPTED = 0x1

Stamp = tuple[int, int]  # check sum and size of a member's content


@dataclass(frozen=True)
class Member:
    """One member as the directory tells it. `at` is where its compressed bytes begin."""

    name: str  # forward slashes, no slash in front
    info: zipfile.ZipInfo
    raw_name: bytes
    local_extra: bytes
    at: int


class OnDisk:
    """An open file in place of the bytes in memory: they are read when they are asked for."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self._size = file.seek(0, io.SEEK_END)

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, part: slice) -> bytes:
        start, stop, _ = part.indices(self._size)
        self.file.seek(start)
        return self.file.read(max(stop - start, 0))


class Archive:
    """The members of a zip file. WorkbookUnreadable when it is not a sound zip."""

    def __init__(self, data: bytes | OnDisk) -> None:
        self.data = data
        try:
            with zipfile.ZipFile(data.file if isinstance(data, OnDisk) else io.BytesIO(data)) as file:
                infos, self.comment = file.infolist(), file.comment
        except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error, OSError, OverflowError) as error:
            cut = data[:4] == b"PK\3\4"  # it begins as a workbook does, and its table of contents, the end, is gone
            raise WorkbookUnreadable("excel.truncated" if cut else "excel.not_zip") from error
        self.members: dict[str, Member] = {}
        self._lower: dict[str, str] = {}
        for info in infos:
            self._add(_member(data, info))

    def _add(self, member: Member) -> None:
        self.members[member.name] = member
        if member.name.endswith("/"):
            return  # a folder: no part, and some programs list it twice
        if member.name.lower() in self._lower:
            raise WorkbookUnreadable("excel.twice", part=member.name)
        self._lower[member.name.lower()] = member.name

    def find(self, name: str) -> str | None:
        """The member's own spelling of a name, whatever the case and slashes; None when there is none.

        A name may be written as an address (`My%20sheet.xml`), here or there: only where it is not found as it is written.
        """
        wanted = clean(name).lower()
        return self._lower.get(wanted) or self._addressed.get(unquote(wanted))

    @cached_property
    def _addressed(self) -> dict[str, str]:
        """The members by their names with what stands for other characters read."""
        return {unquote(lower): name for lower, name in self._lower.items()}

    def packed(self, name: str) -> bytes:
        """The compressed bytes as they lie in the file."""
        return b"".join(self.blocks(name))

    def blocks(self, name: str) -> Iterator[bytes]:
        """The compressed bytes, about a megabyte at a time: a large member is not copied whole."""
        begin, size = self.members[name].at, self.members[name].info.compress_size
        for at in range(begin, begin + size, _CHUNK):
            yield self.data[at : min(at + _CHUNK, begin + size)]

    def view(self, begin: int, end: int) -> bytes | memoryview:
        """Bytes of the file; not copied where the file is in memory."""
        return self.data[begin:end] if isinstance(self.data, OnDisk) else memoryview(self.data)[begin:end]

    def stamp(self, name: str) -> Stamp:
        """By what the content of a member is known again."""
        info = self.members[name].info
        return info.CRC, info.file_size

    def read(self, name: str) -> bytes:
        """The member's content. WorkbookUnreadable when it can't be unpacked or its check sum is wrong."""
        info = self.members[name].info
        data = self._unpacked(name)
        if len(data) != info.file_size or isal_zlib.crc32(data) != info.CRC:
            raise WorkbookUnreadable("excel.part_broken", part=name)
        return data

    def check(self, name: str, blob: Blob) -> None:
        """Does the member hold just this content? Segments that were taken over must be there to the byte, new ones must
        unpack to what they were made from. WorkbookUnreadable where anything is not so.
        """
        member = self.members[name]
        info, at = member.info, member.at
        told = (info.CRC, info.file_size, info.compress_size, info.compress_type)
        is_sound = told == (blob.crc, blob.size, blob.packed_size, blob.method)
        for segment in blob.segments:
            is_sound = is_sound and _is_there(self.data[at : at + len(segment.packed)], segment)
            at += len(segment.packed)
        if not is_sound:
            raise WorkbookUnreadable("excel.part_broken", part=name)

    def _unpacked(self, name: str) -> bytes:
        info = self.members[name].info
        if info.compress_type == zipfile.ZIP_STORED:
            return self.packed(name)
        if info.compress_type != zipfile.ZIP_DEFLATED:
            raise WorkbookUnreadable("excel.part_broken", part=name)
        try:
            return bytes(isal_zlib.decompress(self.packed(name), -15))
        except _BAD_DATA as error:
            raise WorkbookUnreadable("excel.part_broken", part=name) from error

    def pieces(self, name: str) -> Iterator[bytes]:
        """The content in pieces of about a megabyte, for a scan; ends quietly where a user's part is broken."""
        info = self.members[name].info
        if info.compress_type == zipfile.ZIP_STORED:
            yield from self.blocks(name)
            return
        if info.compress_type != zipfile.ZIP_DEFLATED:
            return
        unpacker = isal_zlib.decompressobj(-15)
        for block in self.blocks(name):
            rest = block
            while rest and not unpacker.eof:
                try:
                    piece = unpacker.decompress(rest, _CHUNK)
                except _BAD_DATA:
                    return
                rest = unpacker.unconsumed_tail
                if piece:
                    yield piece
        if not unpacker.eof and (piece := unpacker.flush()):
            yield piece

    def holds(self, name: str, blob: Blob) -> bool:
        """Does the member already hold just this content?"""
        if name not in self.members:
            return False
        info = self.members[name].info
        if (info.CRC, info.file_size) != (blob.crc, blob.size):
            return False
        if info.compress_type == blob.method and self._lies_there(name, blob):
            return True
        try:
            return self.read(name) == bytes(isal_zlib.decompress(blob.packed, -15))
        except WorkbookUnreadable:
            return False

    def _lies_there(self, name: str, blob: Blob) -> bool:
        """To the byte, as it is packed?"""
        member = self.members[name]
        at = member.at
        if member.info.compress_size != blob.packed_size:
            return False
        for segment in blob.segments:
            if self.data[at : at + len(segment.packed)] != bytes(segment.packed):
                return False
            at += len(segment.packed)
        return True


def _is_there(packed: bytes, segment: Segment) -> bool:
    if segment.is_old:
        return packed == bytes(segment.packed)
    try:
        data = isal_zlib.decompressobj(-15).decompress(packed)
    except _BAD_DATA:
        return False
    return len(data) == segment.size and isal_zlib.crc32(data) == segment.crc


def clean(name: str) -> str:
    """A part's name without a slash in front and with forward slashes only."""
    return name.replace("\\", "/").lstrip("/")


def _member(data: bytes | OnDisk, info: zipfile.ZipInfo) -> Member:
    raw = info.orig_filename.encode("utf-8" if info.flag_bits & _UTF8_NAME else "cp437")
    at = info.header_offset
    if info.flag_bits & _ENCRYPTED:
        raise WorkbookUnreadable("excel.encrypted")
    if at < 0 or data[at : at + 4] != b"PK\3\4" or at + _LOCAL.size > len(data):
        raise WorkbookUnreadable("excel.truncated")
    name_size, extra_size = struct.unpack("<2H", data[at + 26 : at + 30])
    begin = at + _LOCAL.size + name_size
    if begin + extra_size + info.compress_size > len(data):
        raise WorkbookUnreadable("excel.truncated")
    name = clean(info.orig_filename)
    return Member(name, info, raw, _no_zip64(data[begin : begin + extra_size]), begin + extra_size)


def _no_zip64(extra: bytes) -> bytes:
    """Extra fields without the zip64 one; a list that can't be read is left out."""
    kept, at = [], 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, at)
        if at + 4 + size > len(extra):
            break
        if kind != 1:
            kept.append(extra[at : at + 4 + size])
        at += 4 + size
    return b"".join(kept)


def rebuild(archive: Archive, out: BinaryIO, put: Mapping[str, Blob], drop: frozenset[str]) -> None:
    """Write a new zip: members of `put` replaced where they stood or added at the end, those of `drop` left out."""
    writer = _Writer(out)
    for name, member in archive.members.items():
        if name in drop:
            continue
        if name in put:
            writer.blob(member.raw_name, put[name], member.info.flag_bits & _UTF8_NAME)
        else:
            writer.copy(archive, member)
    for name, blob in put.items():
        if name not in archive.members:
            writer.blob(name.encode(), blob, 0 if name.isascii() else _UTF8_NAME)
    writer.finish(archive.comment)


class _Writer:
    def __init__(self, out: BinaryIO) -> None:
        self.out = out
        self.at = 0
        self.directory: list[bytes] = []

    def copy(self, archive: Archive, member: Member) -> None:
        info = member.info
        year, month, day, hour, minute, second = info.date_time
        stamp = (hour << 11 | minute << 5 | second // 2, (max(year, 1980) - 1980) << 9 | month << 5 | day)
        head = (min(info.extract_version, 20) or 20, info.flag_bits & ~_DATA_DESCRIPTOR, info.compress_type, *stamp)
        sizes = (info.CRC, info.compress_size, info.file_size)
        origin = (info.create_system << 8 | info.create_version, info.internal_attr, info.external_attr)
        extras = (member.local_extra, _no_zip64(info.extra), info.comment)
        self._entry(member.raw_name, head, sizes, origin, extras, archive.blocks(member.name))

    def blob(self, name: bytes, blob: Blob, flags: int) -> None:
        head = (20, flags, blob.method, *_JANUARY_1980)
        sizes = (blob.crc, blob.packed_size, blob.size)
        self._entry(name, head, sizes, (20, 0, 0), (b"", b"", b""), (segment.packed for segment in blob.segments))

    def _entry(  # noqa: PLR0917
        self,
        name: bytes,
        head: tuple[int, ...],
        sizes: tuple[int, int, int],
        origin: tuple[int, int, int],
        extras: tuple[bytes, bytes, bytes],
        packed: Iterable[bytes | memoryview],
    ) -> None:
        local_extra, extra, comment = extras
        if max(*sizes[1:], self.at + sizes[1]) >= _LIMIT or len(self.directory) >= 0xFFFE:
            raise WorkbookUnreadable("excel.too_large")
        made_by, internal, external = origin
        lengths = (len(name), len(extra), len(comment), 0)
        fixed = _CENTRAL.pack(b"PK\1\2", made_by, *head, *sizes, *lengths, internal, external, self.at)
        self.directory.append(fixed + name + extra + comment)
        self._put(_LOCAL.pack(b"PK\3\4", *head, *sizes, len(name), len(local_extra)) + name + local_extra)
        for piece in packed:
            self._put(piece)

    def finish(self, comment: bytes) -> None:
        begin, count = self.at, len(self.directory)
        directory = b"".join(self.directory)
        self._put(directory)
        self._put(_END.pack(b"PK\5\6", 0, 0, count, count, len(directory), begin, len(comment)) + comment)

    def _put(self, data: bytes | memoryview) -> None:
        self.out.write(data)
        self.at += len(data)
