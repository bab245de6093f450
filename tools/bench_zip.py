"""Copies workbooks member by member without inflating them. Standard library only: the floor of tools/bench.py must stay low."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Any

SHEET_PART = "xl/worksheets/sheet1.xml"
CHANGED_COLUMN = "F"  # the amount: what the one-row-changed run finds changed


def change_one_row(source: Path, target: Path, row: int) -> None:
    """A copy with another amount in the user's row `row`; every other part is copied as it is."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new:
        for info in old.infolist():
            if info.filename != SHEET_PART:
                copy_member(old, new, info)
                continue
            address = f"{CHANGED_COLUMN}{row}".encode()
            xml, found = re.subn(
                rb'<c r="' + address + rb'"><v>[^<]*</v>', b'<c r="' + address + b'"><v>987654</v>', old.read(info)
            )
            if found != 1:
                raise ValueError(address)
            new.writestr(info.filename, xml)


def mark_one_task(source: Path, target: Path, header: str, status: str) -> None:
    """A copy in which somebody gave the first task of our tab (the sheet whose A1 is `header`) another status."""
    first = re.compile(rb'(<c r="A2"[^>]*><is><t[^>]*>)[^<]*(</t>)')
    marked = 0
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new:
        for info in old.infolist():
            if not info.filename.startswith("xl/worksheets/") or info.filename == SHEET_PART:
                copy_member(old, new, info)
                continue
            xml = old.read(info)
            if f">{header}<".encode() in xml[:10_000]:
                xml, found = first.subn(lambda match: match[1] + status.encode() + match[2], xml, count=1)
                marked += found
            new.writestr(info.filename, xml)
    if marked != 1:
        raise ValueError(header)


def copy_all(source: Path, target: Path) -> None:
    """Every member as it is, nothing inflated: half of the floor."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for info in old.infolist():
            copy_member(old, new, info)


def copy_member(old: zipfile.ZipFile, new: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
    """One member without inflating it."""
    source: Any = old.fp
    source.seek(info.header_offset + 26)
    lengths = source.read(4)
    source.seek(int.from_bytes(lengths[:2], "little") + int.from_bytes(lengths[2:], "little"), 1)
    target: Any = new.fp
    copied = zipfile.ZipInfo(info.filename, info.date_time)
    for name in ("compress_type", "CRC", "compress_size", "file_size", "external_attr"):
        setattr(copied, name, getattr(info, name))
    copied.header_offset = target.tell()
    target.write(copied.FileHeader())
    left = info.compress_size
    while left:
        block = source.read(min(left, 1 << 20))
        target.write(block)
        left -= len(block)
    new.filelist.append(copied)
    new.NameToInfo[copied.filename] = copied
    new.start_dir = target.tell()
    new._didModify = True  # type: ignore[attr-defined]  # noqa: SLF001 - zipfile has no door for a raw copy
