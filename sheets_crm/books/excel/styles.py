"""The styles part: our formats are added behind the user's, equal ones are found again, nothing else moves.

A look is written as Excel itself would write it, on top of the user's own default font, so that our tabs look at home.
Source: ECMA-376 part 1, 18.8.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sheets_crm.books.excel.dialect import DECLARATION, MAX_CELL_FORMATS, Dialect
from sheets_crm.books.excel.xmlsplice import Element, Xml, quote
from sheets_crm.books.tab import Style
from sheets_crm.errors import WorkbookUnreadable

_ORDER = (
    "numFmts",
    "fonts",
    "fills",
    "borders",
    "cellStyleXfs",
    "cellXfs",
    "cellStyles",
    "dxfs",
    "tableStyles",
    "colors",
    "extLst",
)
LISTS = (*_ORDER[:6], "cellStyles", "dxfs")  # those that may grow
_FONT_ORDER = (
    *("b", "i", "strike", "condense", "extend", "outline", "shadow", "u", "vertAlign"),
    *("sz", "color", "name", "family", "charset", "scheme"),
)
_BUILT_IN = {
    "General": 0,
    "0": 1,
    "0.00": 2,
    "#,##0": 3,
    "#,##0.00": 4,
    "0%": 9,
    "0.00%": 10,
    "0.00E+00": 11,
    "@": 49,
}
SHORT_DATE = "\0short date"  # number format 14: the day as the reader's computer writes it
SHORT_MOMENT = "\0short moment"  # number format 22
_BUILT_IN |= {SHORT_DATE: 14, SHORT_MOMENT: 22}
_FIRST_FREE_FORMAT = 164
# what the first entries of a list must be: they are used by cells that name no style
_RESERVED = {
    "fonts": ('<{p}font><{p}sz val="11"/><{p}name val="Calibri"/><{p}family val="2"/></{p}font>',),
    "fills": (
        '<{p}fill><{p}patternFill patternType="none"/></{p}fill>',
        '<{p}fill><{p}patternFill patternType="gray125"/></{p}fill>',
    ),
    "borders": ("<{p}border><{p}left/><{p}right/><{p}top/><{p}bottom/><{p}diagonal/></{p}border>",),
    "cellStyleXfs": ('<{p}xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>',),
    "cellXfs": ('<{p}xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>',),
    "cellStyles": ('<{p}cellStyle name="Normal" xfId="0" builtinId="0"/>',),
}


@dataclass
class _List:
    """One list of the part: what stands there, and what is added."""

    name: str
    node: Element | None
    known: dict[object, int] = field(default_factory=dict)
    size: int = 0
    added: list[str] = field(default_factory=list)


class Styles:
    """The formats of a workbook. `xml` is None where the workbook has no styles part: then a whole one is made."""

    def __init__(self, xml: Xml | None, dialect: Dialect) -> None:
        self.is_new = xml is None
        self._xml = xml or Xml(f'{DECLARATION}<styleSheet xmlns="{dialect.main}"></styleSheet>'.encode(), "styles.xml")
        self._root = self._xml.root
        self._prefix = self._root.prefix
        self._lists = {name: self._list(name) for name in LISTS}
        self._formats = self._known_formats()
        self._xfs: dict[Style, int] = {Style(): 0}
        self._dxfs: dict[Style, int] = {}
        if self.is_new:
            for name in _RESERVED:
                self._reserve(self._lists[name])

    def xf(self, style: Style) -> int:
        """The index of a cell format; 0 is the user's own default."""
        if style not in self._xfs:
            self._xfs[style] = self._add_xf(style)
        return self._xfs[style]

    def dxf(self, style: Style) -> int:
        """The index of a look for conditional formats."""
        if style not in self._dxfs:
            self._dxfs[style] = self._entry("dxfs", self._dxf_text(style))
        return self._dxfs[style]

    def result(self) -> bytes | None:
        """The part with our formats; None when nothing was added."""
        self._write_lists()
        return self._xml.result() if self._xml.edited or self.is_new else None

    # ---- reading

    def _list(self, name: str) -> _List:
        node = self._root.child(name)
        found = _List(name, node)
        for each in node.children if node else ():
            found.known.setdefault(each.canon(), found.size)
            found.size += 1
        return found

    def _known_formats(self) -> dict[str, int]:
        node = self._lists["numFmts"].node
        known: dict[str, int] = {}
        for each in node.children if node else ():
            number = each.attrs.get("numFmtId", "")
            if number.isdigit() and int(number) >= _FIRST_FREE_FORMAT:
                known.setdefault(each.attrs.get("formatCode", ""), int(number))
        self._last_format = max([_FIRST_FREE_FORMAT - 1, *known.values(), *self._all_format_ids(node)])
        return known

    @staticmethod
    def _all_format_ids(node: Element | None) -> list[int]:
        ids = (each.attrs.get("numFmtId", "") for each in (node.children if node else ()))
        return [int(number) for number in ids if number.isdigit()]

    # ---- adding

    def _add_xf(self, style: Style) -> int:
        ids = {
            "numFmtId": self._format(style.format),
            "fontId": self._font(style),
            "fillId": self._fill(style.fill),
            "borderId": self._border(style.border),
        }
        alignment = self._alignment(style)
        applied = {"numFmtId": "NumberFormat", "fontId": "Font", "fillId": "Fill", "borderId": "Border"}
        attrs = [f'{name}="{number}"' for name, number in ids.items()] + ['xfId="0"']
        attrs += [f'apply{applied[name]}="1"' for name, number in ids.items() if number]
        p = self._prefix
        if not alignment:
            return self._checked(self._entry("cellXfs", f"<{p}xf {' '.join(attrs)}/>"))
        attrs.append('applyAlignment="1"')
        return self._checked(self._entry("cellXfs", f"<{p}xf {' '.join(attrs)}>{alignment}</{p}xf>"))

    @staticmethod
    def _checked(index: int) -> int:
        if index >= MAX_CELL_FORMATS:
            raise WorkbookUnreadable("excel.too_many_styles")
        return index

    def _format(self, code: str | None) -> int:
        if code is None:
            return 0
        if code in _BUILT_IN:
            return _BUILT_IN[code]
        if code not in self._formats:
            self._last_format += 1
            self._formats[code] = self._last_format
            p = self._prefix
            self._lists["numFmts"].added.append(f'<{p}numFmt numFmtId="{self._last_format}" formatCode={quote(code)}/>')
        return self._formats[code]

    def _font(self, style: Style) -> int:
        wanted = (style.bold, style.italic, style.underline, style.size, style.color)
        if wanted == (False, False, False, None, None):
            return 0
        p = self._prefix
        base = self._lists["fonts"].node
        first = base.children[0] if base and base.children else None
        kept = {each.local: self._xml.source_of(each) for each in first.children} if first else {}
        if not first:
            kept = {"sz": f'<{p}sz val="11"/>', "name": f'<{p}name val="Calibri"/>', "family": f'<{p}family val="2"/>'}
        kept |= {
            tag: f"<{p}{tag}/>" for tag, on in (("b", style.bold), ("i", style.italic), ("u", style.underline)) if on
        }
        if style.size is not None:
            kept["sz"] = f'<{p}sz val="{style.size:g}"/>'
        if style.color:
            kept["color"] = f'<{p}color rgb="FF{style.color.upper()}"/>'
        ordered = [kept.pop(tag) for tag in _FONT_ORDER if tag in kept]
        return self._entry("fonts", f"<{p}font>{''.join([*ordered, *kept.values()])}</{p}font>")

    def _fill(self, color: str | None) -> int:
        if not color:
            return 0
        p = self._prefix
        pattern = f'<{p}fgColor rgb="FF{color.upper()}"/><{p}bgColor indexed="64"/>'
        return self._entry(
            "fills", f'<{p}fill><{p}patternFill patternType="solid">{pattern}</{p}patternFill></{p}fill>'
        )

    def _border(self, color: str | None) -> int:
        if not color:
            return 0
        p = self._prefix
        line = f'<{p}bottom style="thin"><{p}color rgb="FF{color.upper()}"/></{p}bottom>'
        return self._entry("borders", f"<{p}border><{p}left/><{p}right/><{p}top/>{line}<{p}diagonal/></{p}border>")

    def _alignment(self, style: Style) -> str:
        attrs = {
            "horizontal": style.align or ("left" if style.indent else None),
            "vertical": style.valign,
            "wrapText": "1" if style.wrap else None,
            "indent": str(style.indent) if style.indent else None,
        }
        text = "".join(f' {name}="{value}"' for name, value in attrs.items() if value)
        return f"<{self._prefix}alignment{text}/>" if text else ""

    def _dxf_text(self, style: Style) -> str:
        p = self._prefix
        flags = (("b", style.bold), ("i", style.italic))
        font = "".join(f"<{p}{tag}/>" for tag, on in flags if on) + (f"<{p}u/>" if style.underline else "")
        font += f'<{p}color rgb="FF{style.color.upper()}"/>' if style.color else ""
        text = f"<{p}font>{font}</{p}font>" if font else ""
        if style.format is not None:
            text += f'<{p}numFmt numFmtId="{self._format(style.format)}" formatCode={quote(style.format)}/>'
        if style.fill:
            back = f'<{p}bgColor rgb="FF{style.fill.upper()}"/>'
            text += f"<{p}fill><{p}patternFill>{back}</{p}patternFill></{p}fill>"
        if style.border:
            line = f'<{p}bottom style="thin"><{p}color rgb="FF{style.border.upper()}"/></{p}bottom>'
            text += f"<{p}border>{line}</{p}border>"
        return f"<{p}dxf>{text}</{p}dxf>"

    def _entry(self, name: str, text: str) -> int:
        """The index of an entry in its list: of an equal one that stands there, or of this one, added."""
        target = self._lists[name]
        self._reserve(target)
        canon = self._canon(text)
        if canon not in target.known:
            target.known[canon] = target.size
            target.size += 1
            target.added.append(text)
        return target.known[canon]

    def _reserve(self, target: _List) -> None:
        for text in _RESERVED.get(target.name, ())[target.size :]:
            entry = text.format(p=self._prefix)
            target.known.setdefault(self._canon(entry), target.size)
            target.size += 1
            target.added.append(entry)

    def _canon(self, text: str) -> object:
        """What an entry means where it is going to stand (its prefixes are declared on the part's root)."""
        spaces = "".join(
            f" xmlns{':' if prefix else ''}{prefix}={quote(space)}"
            for prefix, space in self._root.spaces.items()
            if prefix != "xml"
        )
        return Xml(f"<root{spaces}>{text}</root>".encode(), self._xml.part).root.children[0].canon()

    # ---- writing

    def _write_lists(self) -> None:
        p = self._prefix
        for name, target in self._lists.items():
            if not target.added:
                continue
            text = "".join(target.added)
            target.added = []
            if target.node is None:
                count = target.size if name != "numFmts" else text.count("<")
                self._put(name, f'<{p}{name} count="{count}">{text}</{p}{name}>')
                continue
            if "count" in target.node.attrs:
                size = len(target.node.children) + text.count(f"<{p}numFmt ") if name == "numFmts" else target.size
                self._xml.set_attr(target.node, "count", str(size))
            self._xml.append(target.node, text)

    def _put(self, name: str, text: str) -> None:
        """Put a missing list where it belongs: behind the last child that the schema puts before it."""
        if self._root.is_empty:
            self._xml.append(self._root, text)
            return
        before = set(_ORDER[: _ORDER.index(name)])
        ends = [each.end for each in self._root.children if each.local in before and each.space == self._root.space]
        self._xml.insert(max(ends, default=self._root.open_end), text)
