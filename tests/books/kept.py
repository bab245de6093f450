"""Workbooks laid out as other programs write them: texts in the cells themselves, parts not packed."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.books.xlsx import MAIN, REL


def unpacked(path: Path, *, inline: bool = False) -> None:
    """Store the parts of a workbook that openpyxl wrote as they are; inline: its shared strings as texts in the cells."""
    members = _members(path)
    if inline and "xl/sharedStrings.xml" in members:
        texts = [_si(item) for item in ET.fromstring(members["xl/sharedStrings.xml"])]
        members["xl/worksheets/sheet1.xml"] = re.sub(
            rb't="s"><v>(\d+)</v>',
            lambda found: b't="inlineStr"><is>' + texts[int(found[1])] + b"</is>",
            members["xl/worksheets/sheet1.xml"],
        )
    _stored(path, members)


def with_shared_strings(path: Path, strings: list[bytes]) -> None:
    """The texts of cells as shared strings, which is how Excel has them. strings: those of the last time; new ones follow."""
    members = _members(path)

    def shared(found: re.Match[bytes]) -> bytes:
        if found[1] not in strings:
            strings.append(found[1])
        return b't="s"><v>%d</v></c>' % strings.index(found[1])

    for name in members:
        if name.startswith("xl/worksheets/sheet"):
            members[name] = re.sub(rb't="inlineStr"><is>(.*?)</is></c>', shared, members[name], flags=re.DOTALL)
    items = b"".join(b"<si>%s</si>" % one for one in strings)
    members["xl/sharedStrings.xml"] = b'<sst xmlns="%s">%s</sst>' % (MAIN.encode(), items)
    relation = f'<Relationship Type="{REL}/sharedStrings" Target="sharedStrings.xml" Id="rIdStrings"/></Relationships>'
    rels = "xl/_rels/workbook.xml.rels"
    members[rels] = members[rels].replace(b"</Relationships>", relation.encode())
    _stored(path, members)


def _members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as old:
        return {info.filename: old.read(info) for info in old.infolist()}


def _stored(path: Path, members: Mapping[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as new:
        for name, content in members.items():
            new.writestr(name, content)


def _si(item: ET.Element) -> bytes:
    text = "".join(node.text or "" for node in item.iter() if node.tag.endswith("}t"))
    plain = ET.Element("t")
    plain.set("xml:space", "preserve")
    plain.text = text
    return ET.tostring(plain, encoding="utf-8").split(b"?>", 1)[-1].strip()
