"""Small workbooks made of raw XML, so that tests can say exactly what a part holds."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PKG = "http://schemas.openxmlformats.org/package/2006/relationships"
FORMATS = ("General", "dd.mm.yyyy", "h:mm", "[h]:mm:ss", "dd.mm.yyyy hh:mm", "#,##0.00")  # cell formats 0..5


def sheet(rows: str, after: str = "", ns: str = MAIN) -> str:
    """A sheet part around its rows."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<worksheet xmlns="{ns}"><sheetData>{rows}</sheetData>{after}</worksheet>'


def workbook(
    path: Path,
    sheets: Mapping[str, str | bytes],
    *,
    strings: str | None = None,
    formats: Sequence[str] = FORMATS,
    properties: str = "",
    ns: str = MAIN,
    rename: Mapping[str, str] | None = None,
    deflate: bool = True,
) -> Path:
    """Write an .xlsx whose sheets are the given parts. `strings`: the inside of <sst>. `rename`: member names to change."""
    numbers = "".join(f'<numFmt numFmtId="{164 + n}" formatCode="{code}"/>' for n, code in enumerate(formats))
    xfs = "".join(f'<xf numFmtId="{164 + n}"/>' for n in range(len(formats)))
    listed = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"/>' for n, name in enumerate(sheets, 1))
    rels = "".join(
        f'<Relationship Id="r{n}" Type="{REL}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    if strings is not None:
        rels += f'<Relationship Id="rs" Type="{REL}/sharedStrings" Target="/xl/sharedStrings.xml"/>'
    rels += f'<Relationship Id="rt" Type="{REL}/styles" Target="styles.xml"/>'
    parts: dict[str, str | bytes] = {
        "_rels/.rels": f'<Relationships xmlns="{PKG}"><Relationship Id="r1" Type="{REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{ns}" xmlns:r="{REL}">{properties}<sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PKG}">{rels}</Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{ns}"><numFmts>{numbers}</numFmts><cellXfs>{xfs}</cellXfs></styleSheet>',
    }
    if strings is not None:
        parts["xl/sharedStrings.xml"] = f'<sst xmlns="{ns}">{strings}</sst>'
    parts |= {f"xl/worksheets/sheet{n}.xml": part for n, part in enumerate(sheets.values(), 1)}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED if deflate else zipfile.ZIP_STORED) as package:
        for name, part in parts.items():
            package.writestr((rename or {}).get(name, name), part)
    return path
