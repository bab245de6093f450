"""Names of the two spellings of spreadsheet files: Transitional (what Excel saves) and Strict (purl addresses).

Constants and look-ups only.
Source: ECMA-376 parts 1 and 4; part 2 for packages.
"""

from __future__ import annotations

from dataclasses import dataclass

CONTENT_TYPES = "[Content_Types].xml"
TYPES_SPACE = "http://schemas.openxmlformats.org/package/2006/content-types"
RELS_SPACE = "http://schemas.openxmlformats.org/package/2006/relationships"
RELS_TYPE = "application/vnd.openxmlformats-package.relationships+xml"
DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

_SHEETML = "application/vnd.openxmlformats-officedocument.spreadsheetml."
SHEET_TYPE = _SHEETML + "worksheet+xml"
TABLE_TYPE = _SHEETML + "table+xml"
STYLES_TYPE = _SHEETML + "styles+xml"
DRAWING_TYPE = "application/vnd.openxmlformats-officedocument.drawing+xml"
CHART_TYPE = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"

# Excel's own limits
MAX_ROWS = 1_048_576
MAX_COLUMNS = 16_384
MAX_TEXT = 32_767
MAX_SHEET_ID = 65_534
MAX_CELL_FORMATS = 65_490


@dataclass(frozen=True)
class Dialect:
    """The XML namespaces of one spelling, and how it writes percentages in charts."""

    main: str
    rel: str  # also the stem of relationship types
    draw: str
    chart: str
    sheet_draw: str
    percent: str = ""

    def rel_type(self, kind: str) -> str:
        """The relationship type called `kind`: worksheet, table, drawing ..."""
        return f"{self.rel}/{kind}"


_OLD = "http://schemas.openxmlformats.org/"
_NEW = "http://purl.oclc.org/ooxml/"
TRANSITIONAL = Dialect(
    main=_OLD + "spreadsheetml/2006/main",
    rel=_OLD + "officeDocument/2006/relationships",
    draw=_OLD + "drawingml/2006/main",
    chart=_OLD + "drawingml/2006/chart",
    sheet_draw=_OLD + "drawingml/2006/spreadsheetDrawing",
)
STRICT = Dialect(
    main=_NEW + "spreadsheetml/main",
    rel=_NEW + "officeDocument/relationships",
    draw=_NEW + "drawingml/main",
    chart=_NEW + "drawingml/chart",
    sheet_draw=_NEW + "drawingml/spreadsheetDrawing",
    percent="%",
)


def dialect_of(main: str) -> Dialect | None:
    """The spelling that the workbook's own namespace belongs to; None for a namespace of something else."""
    return {TRANSITIONAL.main: TRANSITIONAL, STRICT.main: STRICT}.get(main)
