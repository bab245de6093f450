"""A workbook without sheets, in memory: what our tabs are put into where they get a file of their own.

Only the parts without which Excel takes no file for a workbook; the first tab brings styles and itself.
Source: ECMA-376 part 1, 18.2 and part 2; how Excel spells the address of another workbook: as in files that it saves.
"""

from __future__ import annotations

import io
import os
import re
import zipfile
from pathlib import Path

from sheets_crm.books.excel.dialect import CONTENT_TYPES, DECLARATION, RELS_SPACE, RELS_TYPE, TRANSITIONAL, TYPES_SPACE

_BOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_THEME_TYPE = "application/vnd.openxmlformats-officedocument.theme+xml"
_THEME = "xl/theme/theme1.xml"
_JANUARY_1980 = (1980, 1, 1, 0, 0, 0)  # the same bytes on any day
_UNSAFE = re.compile(r"[\x00-\x20%\"<>\[\]`^{}|#?]")


def blank_workbook() -> bytes:
    """The package. It is no workbook yet: a sheet must follow."""
    from openpyxl.writer.theme import theme_xml  # heavy, and needed once in a workbook's life

    main, rel = TRANSITIONAL.main, TRANSITIONAL.rel
    parts = {
        CONTENT_TYPES: f'<Types xmlns="{TYPES_SPACE}"><Default Extension="rels" ContentType="{RELS_TYPE}"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_BOOK_TYPE}"/>'
        f'<Override PartName="/{_THEME}" ContentType="{_THEME_TYPE}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{RELS_SPACE}"><Relationship Id="rId1" Type="{rel}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{rel}"><workbookPr/><bookViews><workbookView/></bookViews>'
        "<sheets></sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{RELS_SPACE}"><Relationship Id="rId1" Type="{rel}/theme" '
        'Target="theme/theme1.xml"/></Relationships>',
    }
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in parts.items():
            file.writestr(zipfile.ZipInfo(name, _JANUARY_1980), DECLARATION + text, zipfile.ZIP_DEFLATED)
        file.writestr(zipfile.ZipInfo(_THEME, _JANUARY_1980), theme_xml, zipfile.ZIP_DEFLATED)
    return data.getvalue()


def address(workbook: Path, folder: Path) -> str:
    """A workbook's address as a link in a file of `folder` spells it: relative, or `file:///` from another drive."""
    try:
        path = Path(os.path.relpath(workbook, folder)).as_posix()
    except ValueError:  # Windows: another drive
        path = "file:///" + workbook.as_posix().lstrip("/")
    return _UNSAFE.sub(lambda found: f"%{ord(found.group()):02X}", path)
