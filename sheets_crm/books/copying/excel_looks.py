"""How the cells of an .xlsx look: number format, bold, italic, colours, wrapping. Borders and fonts stay behind.

Colours of a theme are left out: what they are depends on the theme. Source: ECMA-376 part 1, 18.8.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar
from xml.etree import ElementTree as ET

from sheets_crm.books.tab import Align, Style

T = TypeVar("T")
_ALIGN: dict[str | None, Align] = {"left": "left", "center": "center", "right": "right"}


def looks_of(root: ET.Element | None) -> Sequence[Style | None]:
    """For each cell format (`s` of a cell) its look; None: as any cell looks."""
    if root is None:
        return []
    from openpyxl.styles.numbers import BUILTIN_FORMATS

    codes = {
        int(item.get("numFmtId", "0")): item.get("formatCode", "") for item in root.iterfind("{*}numFmts/{*}numFmt")
    }
    fonts = [_font(item) for item in root.iterfind("{*}fonts/{*}font")]
    fills = [_fill(item) for item in root.iterfind("{*}fills/{*}fill")]
    known: dict[Style, Style] = {}  # equal looks are one object
    found: list[Style | None] = []
    for xf in root.iterfind("{*}cellXfs/{*}xf"):
        number = int(xf.get("numFmtId", "0"))
        code = codes.get(number) or BUILTIN_FORMATS.get(number, "General")
        bold, italic, color = _at(fonts, xf.get("fontId"), (False, False, None))
        alignment = xf.find("{*}alignment")
        style = Style(
            bold=bold, italic=italic, color=color, fill=_at(fills, xf.get("fillId"), None),
            format=None if code.casefold() == "general" else code,
            wrap=alignment is not None and alignment.get("wrapText") in {"1", "true"},
            align=_ALIGN.get(alignment.get("horizontal")) if alignment is not None else None,
        )  # fmt: skip
        found.append(None if style == Style() else known.setdefault(style, style))
    return found


def _at(items: Sequence[T], index: str | None, default: T) -> T:
    number = int(index or 0)
    return items[number] if number < len(items) else default


def _font(font: ET.Element) -> tuple[bool, bool, str | None]:
    color = _rgb(font.find("{*}color"))
    return _is_on(font.find("{*}b")), _is_on(font.find("{*}i")), None if color == "000000" else color


def _is_on(element: ET.Element | None) -> bool:
    return element is not None and element.get("val", "1") in {"1", "true"}


def _fill(fill: ET.Element) -> str | None:
    pattern = fill.find("{*}patternFill")
    if pattern is None or pattern.get("patternType") != "solid":
        return None
    return _rgb(pattern.find("{*}fgColor"))


def _rgb(color: ET.Element | None) -> str | None:
    """RRGGBB; None where it is a colour of the theme, or automatic."""
    value = (color.get("rgb") or "") if color is not None else ""
    return value[-6:].upper() if len(value) in {6, 8} else None
