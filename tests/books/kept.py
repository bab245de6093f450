"""Workbooks laid out as other programs write them: texts in the cells themselves, parts not packed."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET


def unpacked(path: Path, *, inline: bool = False) -> None:
    """Store the parts of a workbook that openpyxl wrote as they are; inline: its shared strings as texts in the cells."""
    with zipfile.ZipFile(path) as old:
        members = {info.filename: old.read(info) for info in old.infolist()}
    if inline and "xl/sharedStrings.xml" in members:
        texts = [_si(item) for item in ET.fromstring(members["xl/sharedStrings.xml"])]
        members["xl/worksheets/sheet1.xml"] = re.sub(
            rb't="s"><v>(\d+)</v>',
            lambda found: b't="inlineStr"><is>' + texts[int(found[1])] + b"</is>",
            members["xl/worksheets/sheet1.xml"],
        )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as new:
        for name, content in members.items():
            new.writestr(name, content)


def _si(item: ET.Element) -> bytes:
    text = "".join(node.text or "" for node in item.iter() if node.tag.endswith("}t"))
    plain = ET.Element("t")
    plain.set("xml:space", "preserve")
    plain.text = text
    return ET.tostring(plain, encoding="utf-8").split(b"?>", 1)[-1].strip()
