"""The package of an .xlsx as a reader sees it: its parts by name, unpacked as a stream, and its relationships.

Writes nothing and knows nothing of cells. Part names compare without case; back slashes count as slashes (both are met).
Source: ECMA-376 part 2 (Open Packaging Conventions); PKWARE APPNOTE 6.3 for the zip.
"""

from __future__ import annotations

import posixpath
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self, cast
from urllib.parse import unquote
from xml.etree import ElementTree as ET

from isal import isal_zlib
from isal.igzip_lib import IsalError

from sheets_crm.books.excel.archive import Stamp
from sheets_crm.errors import WorkbookMissing, WorkbookUnreadable

BLOCK = (
    1 << 22
)  # bytes unpacked at a time: stays in the processor's cache, and a huge part never stands in memory whole
_OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_DAMAGE = (
    *(zipfile.BadZipFile, OSError, EOFError, NotImplementedError, ValueError, OverflowError, struct.error),
    cast("type[Exception]", IsalError),
)
_LOCAL_HEADER = struct.Struct("<26xHH")


class Package:
    """An opened .xlsx or .xlsm. Use as a context manager. WorkbookMissing, WorkbookUnreadable when it can't be opened."""

    def __init__(self, path: Path) -> None:
        self.path = path
        kind = kind_of_file(path)
        if kind != "zip":
            raise WorkbookUnreadable(f"books.{kind}", path=str(path))
        self._file = path.open("rb")
        try:
            self._zip = zipfile.ZipFile(self._file)
        except _DAMAGE as error:
            self._file.close()
            raise self.broken() from error
        self._members = {_folded(info.filename): info for info in self._zip.infolist()}
        self._addressed = {unquote(name): info for name, info in self._members.items()}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()
        self._file.close()

    def broken(self) -> WorkbookUnreadable:
        """The error that says: the file is damaged."""
        return self.refused("broken")

    def refused(self, why: str) -> WorkbookUnreadable:
        """The error for a reason named in `words` (books.*)."""
        return WorkbookUnreadable(f"books.{why}", path=str(self.path))

    def has(self, part: str) -> bool:
        return self._member(part) is not None

    def _member(self, part: str) -> zipfile.ZipInfo | None:
        """A part's name may be written as an address (`My%20sheet.xml`), in the zip or where it is named."""
        name = _folded(part)
        return self._members.get(name) or self._addressed.get(unquote(name))

    def part(self, part: str) -> bytes:
        """The whole part. WorkbookUnreadable when it is missing or damaged."""
        return b"".join(self.stream(part))

    def xml(self, part: str) -> ET.Element:
        """The root of a small part. WorkbookUnreadable when it is missing, damaged, or declares a DTD (never legal here)."""
        data = self.part(part)
        if b"<!DOCTYPE" in data or b"<\0!\0D\0O\0C\0T" in data:
            raise self.broken()
        try:
            return ET.fromstring(data)
        except (ET.ParseError, ValueError, LookupError) as error:
            raise self.broken() from error

    def largest(self) -> int:
        """Bytes of the largest part, unpacked."""
        return max(info.file_size for info in self._members.values())

    def stamp(self, part: str) -> Stamp:
        """By what the content of a part is known again. WorkbookUnreadable when it is missing."""
        return self.seal(part)[:2]

    def seal(self, part: str) -> tuple[int, int, int]:
        """The same, and more sharply: a part of another content has the same seal once in a thousand million times."""
        info = self._member(part)
        if info is None:
            raise self.broken()
        return info.CRC, info.file_size, info.compress_size

    def stream(self, part: str) -> Iterator[bytes]:
        """The part in pieces of at most `BLOCK` bytes; its check sum is verified when the last one has been taken."""
        info = self._member(part)
        if info is None:
            raise self.broken()
        if info.flag_bits & 1:
            raise self.refused("encrypted")
        crc = size = 0
        try:
            for piece in self._pieces(info):
                crc, size = isal_zlib.crc32(piece, crc), size + len(piece)
                yield piece
        except _DAMAGE as error:
            raise self.broken() from error
        if crc != info.CRC or size != info.file_size:
            raise self.broken()

    def _pieces(self, info: zipfile.ZipInfo) -> Iterator[bytes]:
        if info.compress_type != zipfile.ZIP_DEFLATED:
            with self._zip.open(info) as member:
                while piece := member.read(BLOCK):
                    yield piece
            return
        self._file.seek(info.header_offset)
        name, extra = _LOCAL_HEADER.unpack(self._file.read(_LOCAL_HEADER.size))
        at, end = info.header_offset + _LOCAL_HEADER.size + name + extra, 0
        end = at + info.compress_size
        inflater = isal_zlib.decompressobj(-15)
        packed = b""
        while not inflater.eof and (packed or at < end):
            if not packed:
                self._file.seek(at)
                packed = self._file.read(min(BLOCK, end - at))
                at += len(packed)
                if not packed:
                    return
            if piece := inflater.decompress(packed, BLOCK):
                yield piece
            packed = inflater.unconsumed_tail
        if rest := inflater.flush():
            yield rest

    def relations(self, part: str) -> dict[str, tuple[str, str]]:
        """Relationship id -> (last word of its type, name of the target part) for a part ("" for the package itself)."""
        folder, name = posixpath.split(part)
        rels = posixpath.join(folder, "_rels", f"{name}.rels")
        if not self.has(rels):
            return {}
        found = {}
        for rel in self.xml(rels).iterfind("{*}Relationship"):
            if rel.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, rel.get("Target", "").replace("\\", "/")))
                found[rel.get("Id", "")] = rel.get("Type", "").rpartition("/")[2], target.lstrip("/")
        return found

    def related(self, part: str, kind: str) -> str | None:
        """The part of a kind ("styles", "sharedStrings" ...) that `part` points at; None when there is none."""
        targets = (target for found, target in self.relations(part).values() if found == kind)
        return next((target for target in targets if self.has(target)), None)


def kind_of_file(path: Path) -> str:
    """What lies at the path: "zip", "ole2", "encrypted", "html" or "strange". WorkbookMissing, WorkbookUnreadable."""
    if path.is_dir():
        raise WorkbookMissing("books.directory", path=str(path))
    try:
        with path.open("rb") as file:
            head = file.read(4096)
            if head.startswith(_OLE2):
                return "encrypted" if "EncryptedPackage".encode("utf-16-le") in head + file.read() else "ole2"
    except FileNotFoundError as error:
        raise WorkbookMissing("books.missing", path=str(path)) from error
    except OSError as error:
        raise WorkbookUnreadable("books.no_access", path=str(path)) from error
    if head.startswith(b"PK"):
        return "zip"
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return "html" if text.startswith((b"<html", b"<!doctype html", b"<table", b"<?xml", b"<meta")) else "strange"


def _folded(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").casefold()
