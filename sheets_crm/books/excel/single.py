"""One sheet of a workbook as a workbook of its own: cells, formulas and styles as they were, nothing of the other sheets.

Not even their texts: of the shared strings only those stay that the sheet shows. Says what could not come along.
Writes no file. What a sheet's part may keep is `single_sheet`'s business.
Source: ECMA-376; EXCEL notes on what real workbooks hold.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field

from sheets_crm.books.excel.dialect import (
    CONTENT_TYPES,
    DECLARATION,
    RELS_TYPE,
    STRICT,
    STYLES_TYPE,
    TABLE_TYPE,
    TYPES_SPACE,
)
from sheets_crm.books.excel.package import Package, Rel, rels_name, rels_part
from sheets_crm.books.excel.single_formulas import Own, kept_names
from sheets_crm.books.excel.single_sheet import Alone, alone
from sheets_crm.books.excel.workbook import Name, Sheet, Workbook
from sheets_crm.books.excel.xmlsplice import Element, Xml, escape, quote
from sheets_crm.errors import WorkbookUnreadable

_WORKBOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_DAY_ONE = (1980, 1, 1, 0, 0, 0)
_ITEM = re.compile(rb"<((?:[\w.-]+:)?)si(?:\s[^>]*)?(?:/>|>.*?</(?:[\w.-]+:)?si\s*>)", re.DOTALL)
_COUNTS = re.compile(rb"\s(?:uniqueC|c)ount\s*=\s*(?:\"\d*\"|'\d*')")
_FOREIGN_SHAPE = re.compile(
    rb"<v:shape[\s>](?:(?!</v:shape>).)*?ObjectType\s*=\s*[\"'](?!Note[\"'])\w+[\"'].*?</v:shape>", re.DOTALL
)
_TOLD = {"pivotTable": "pivots", "ctrlProp": "controls", "oleObject": "controls", "slicer": "controls",
         "timeline": "controls", "threadedComment": "threads", "image": "pictures"}  # fmt: skip
_SIMPLE = {"pic", "sp", "cxnSp", "clientData", "from", "to", "ext", "pos"}
_ORDER = ("charts", "pivots", "controls", "macros", "pictures", "lists", "formats", "threads", "extras")


@dataclass(frozen=True)
class Left:
    """What the new workbook has not: `formulas` that became values, `blanks` of them without a last one, `kinds` of things left out (charts, pivots ...)."""

    formulas: int = 0
    blanks: int = 0
    kinds: tuple[str, ...] = ()


class NoCells(Exception):
    """The sheet is a chart or a dialog: there are no cells to take."""


def sheet_titles(data: bytes) -> list[str]:
    """Names of all sheets in order. WorkbookUnreadable when there is nothing to read."""
    return [sheet.name for sheet in Workbook(Package(data)).sheets]


def one_sheet(data: bytes, title: str) -> tuple[bytes, Left]:
    """The new workbook's file, and what it has not.

    KeyError: no sheet of that name. NoCells: it is a chart. WorkbookUnreadable: the workbook can't be read.
    """
    package = Package(data)
    workbook = Workbook(package)
    index = next((i for i, one in enumerate(workbook.sheets) if one.name.casefold() == title.casefold()), None)
    if index is None:
        raise KeyError(title)
    sheet = workbook.sheets[index]
    if sheet.kind != "worksheet" or sheet.part is None:
        raise NoCells
    return _Single(package, workbook, index, sheet, sheet.part).made()


@dataclass
class _Part:
    data: bytes
    type: str
    rels: list[Rel] = field(default_factory=list)


class _Single:
    """One sheet on its way out."""

    def __init__(self, package: Package, workbook: Workbook, index: int, sheet: Sheet, part: str) -> None:
        self.package, self.workbook, self.sheet, self.part = package, workbook, sheet, part
        self.parts: dict[str, _Part] = {}
        self.left: set[str] = set()
        self.names, self.own = self._judge(index)

    def made(self) -> tuple[bytes, Left]:
        rels = self._companions()
        data = self.package.read(self.part)
        found = alone(data, self.part, self.own, self.workbook.dialect.rel, [rel.id for rel in rels])
        links = [rel for rel in self.package.rels(self.part) if rel.external and rel.id in found.rels]
        used = [rel for rel in rels if rel.id in found.rels or rel.kind == "comments"]
        for rel in rels:
            if rel not in used:
                self.parts.pop(rel.target, None)
        sheet_type = self.package.types.of(self.part)
        self.parts[self.part] = _Part(found.data, sheet_type, [*used, *links])
        self._shared(found)
        self._macros()
        kinds = self.left | found.left
        return self._zipped(), Left(found.formulas, found.blanks, tuple(kind for kind in _ORDER if kind in kinds))

    # ---- what the formulas may name

    def _judge(self, index: int) -> tuple[list[Name], Own]:
        tables = {
            name.casefold() for part in self._foreign_tables() for name in self._table_names(part)
        }  # fmt: skip
        functions = _functions() if self.workbook.part_of_kind("vbaProject") else None
        return kept_names(
            self.workbook.names, index, lambda foreign: Own(self.sheet.name, set(foreign), functions), tables
        )

    def _foreign_tables(self) -> Iterable[str]:
        ours = {part for part in self.package.targets(self.part) if self._is_plain_table(part)}
        every = [name for name in self.package.archive.members if self.package.types.of(name) == TABLE_TYPE]
        return [name for name in every if name not in ours]

    def _table_names(self, part: str) -> set[str]:
        root = Xml(self.package.read(part), part).root
        return {root.attrs[name] for name in ("name", "displayName") if root.attrs.get(name)}

    def _is_plain_table(self, part: str) -> bool:
        """A table of cells, not one that a query or an XML map fills."""
        if self.package.types.of(part) != TABLE_TYPE:
            return False
        return Xml(self.package.read(part), part).root.attrs.get("tableType", "worksheet") == "worksheet"

    # ---- parts that stand beside the sheet

    def _companions(self) -> list[Rel]:
        """Relationships of the sheet that can stay, their parts made ready."""
        kept = []
        for rel in self.package.rels(self.part):
            part = None if rel.external else self.package.find(rel.target)
            if part is None:
                continue
            ready = self._companion(rel.kind, part)
            if ready is None:
                self.left |= {_TOLD[rel.kind]} if rel.kind in _TOLD else set()
                continue
            self.parts[part] = ready
            kept.append(Rel(rel.id, rel.type, part, absolute=rel.absolute))
        return kept

    def _companion(self, kind: str, part: str) -> _Part | None:
        if kind == "table":
            return self._table(part) if self._is_plain_table(part) else None
        if kind == "comments":
            return _Part(self.package.read(part), self.package.types.of(part))
        if kind == "vmlDrawing":
            data = _FOREIGN_SHAPE.sub(b"", self.package.read(part))
            pictures = self._pictures(part)
            return _Part(data, self.package.types.of(part), pictures)
        return self._drawing(part) if kind == "drawing" else None

    def _table(self, part: str) -> _Part:
        xml = Xml(self.package.read(part), part)
        for each in xml.root.walk():
            if each.local in {"calculatedColumnFormula", "totalsRowFormula"} and not self.own(each.text):
                xml.replace(each, "")
        return _Part(xml.result(), TABLE_TYPE)

    def _drawing(self, part: str) -> _Part | None:
        """Pictures and plain shapes; charts and whatever else points at other parts stay behind."""
        xml = Xml(self.package.read(part), part)
        pictures = {rel.id: rel for rel in self._pictures(part)}
        kept = 0
        for anchor in xml.root.children:
            if _is_simple(anchor, pictures, self.workbook.dialect.rel):
                kept += 1
                continue
            self.left.add("charts")
            xml.replace(anchor, "")
        if not kept:
            return None
        return _Part(xml.result(), self.package.types.of(part), list(pictures.values()))

    def _pictures(self, part: str) -> list[Rel]:
        """Relationships of a part to pictures, which come along, and to addresses."""
        kept = []
        for rel in self.package.rels(part):
            found = None if rel.external else self.package.find(rel.target)
            if rel.external and rel.kind == "hyperlink":
                kept.append(rel)
            elif found and rel.kind == "image":
                self.parts[found] = _Part(self.package.read(found), self.package.types.of(found))
                kept.append(Rel(rel.id, rel.type, found, absolute=rel.absolute))
        return kept

    # ---- what the whole workbook shares

    def _shared(self, found: Alone) -> None:
        package, workbook = self.package, self.workbook
        rels = [Rel("rId1", workbook.dialect.rel_type("worksheet"), self.part)]
        styles = workbook.part_of_kind("styles")
        theme = workbook.part_of_kind("theme")
        strings = workbook.part_of_kind("sharedStrings")
        for kind, part in (("styles", styles), ("theme", theme), ("sharedStrings", strings)):
            if part is None:
                continue
            data = package.read(part)
            if kind == "sharedStrings":
                if not found.strings:
                    continue
                data = _pruned(data, found.strings, part)
            usual = STYLES_TYPE if kind == "styles" else ""
            related = self._pictures(part) if kind == "theme" else []
            self.parts[part] = _Part(data, package.types.of(part) or usual, related)
            rels.append(Rel(f"rId{len(rels) + 1}", workbook.dialect.rel_type(kind), part))
        self.parts[workbook.part] = _Part(self._workbook_part(), _WORKBOOK_TYPE, rels)

    def _workbook_part(self) -> bytes:
        dialect = self.workbook.dialect
        strict = ' conformance="strict"' if dialect is STRICT else ""
        epoch = '<workbookPr date1904="1"/>' if self.workbook.date_1904 else ""
        names = "".join(
            f"<definedName name={quote(name.name)}{_place(name)}>{escape(name.text)}</definedName>"
            for name in self.names
        )
        return (
            f'{DECLARATION}<workbook xmlns="{dialect.main}" xmlns:r="{dialect.rel}"{strict}>{epoch}'
            f'<bookViews><workbookView/></bookViews><sheets><sheet name={quote(self.sheet.name)} sheetId="1" r:id="rId1"/>'
            f"</sheets>{f'<definedNames>{names}</definedNames>' if names else ''}</workbook>"
        ).encode()

    def _macros(self) -> None:
        if self.workbook.part_of_kind("vbaProject"):
            self.left.add("macros")

    def _zipped(self) -> bytes:
        out = io.BytesIO()
        dialect = self.workbook.dialect
        top = [Rel("rId1", dialect.rel_type("officeDocument"), self.workbook.part)]
        self.parts = {name: self.parts[name] for name in self._reached()}
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
            _add(file, CONTENT_TYPES, self._types())
            _add(file, rels_name(""), rels_part(top, ""))
            for name, part in self.parts.items():
                _add(file, name, part.data)
                if part.rels:
                    _add(file, rels_name(name), rels_part(part.rels, name))
        return out.getvalue()

    def _reached(self) -> list[str]:
        """The parts that something in the new workbook points to, in the order of their coming."""
        todo, seen = [self.workbook.part], dict.fromkeys([self.workbook.part])
        while todo:
            for rel in self.parts[todo.pop()].rels:
                if not rel.external and rel.target in self.parts and rel.target not in seen:
                    seen[rel.target] = None
                    todo.append(rel.target)
        return list(seen)

    def _types(self) -> bytes:
        entries = "".join(
            f"<Override PartName={quote('/' + name)} ContentType={quote(part.type)}/>"
            for name, part in self.parts.items()
            if part.type
        )
        default = f'<Default Extension="rels" ContentType={quote(RELS_TYPE)}/>'
        return f'{DECLARATION}<Types xmlns="{TYPES_SPACE}">{default}{entries}</Types>'.encode()


def _is_simple(anchor: Element, pictures: dict[str, Rel], rel_space: str) -> bool:
    """A picture or a shape that needs nothing but pictures, has no macro, and shows no cell's text."""
    if any(each.local not in _SIMPLE for each in anchor.children):
        return False
    for each in anchor.walk():
        if each.attrs.get("macro") or each.attrs.get("textlink"):
            return False
        ids = (value for name, value in each.attrs.items() if name.startswith(f"{{{rel_space}}}"))
        if any(value and value not in pictures for value in ids):
            return False
    return True


def _pruned(data: bytes, used: set[int], part: str) -> bytes:
    """The shared strings with the unused ones empty: numbers stay, texts of other sheets go."""
    xml_start = data[:4]
    if b"\0" in xml_start or xml_start[:2] in {b"\xff\xfe", b"\xfe\xff"} or b"<!" in data:
        from lxml import etree

        parser = etree.XMLParser(remove_comments=True, resolve_entities=False, no_network=True, huge_tree=True)
        try:
            data = bytes(etree.tostring(etree.fromstring(data, parser), encoding="UTF-8"))
        except (etree.XMLSyntaxError, ValueError) as error:
            raise WorkbookUnreadable("excel.part_broken", part=part) from error
    first = _ITEM.search(data)
    if first is None:
        return data
    prefix, out, last = first[1], [], max(used)
    empty = b"<" + prefix + b"si><" + prefix + b"t/></" + prefix + b"si>"
    end = first.start()
    for number, item in enumerate(_ITEM.finditer(data)):
        end = item.end()
        if number <= last:
            out.append(item[0] if number in used else empty)
    return _COUNTS.sub(b"", data[: first.start()]) + b"".join(out) + data[end:]


def _functions() -> frozenset[str]:
    """Names of Excel's own functions: a workbook with macros may call others, which will not be there."""
    from openpyxl.utils import FORMULAE

    return frozenset(FORMULAE) | {"IFERROR", "IFS", "SWITCH", "XLOOKUP", "FILTER", "UNIQUE", "SORT", "TEXTJOIN", "CONCAT",
                                  "MAXIFS", "MINIFS", "LET", "SEQUENCE", "SORTBY", "XMATCH", "SUMIFS", "COUNTIFS",
                                  "AVERAGEIFS", "AVERAGEIF", "IFNA"}  # fmt: skip


def _place(name: Name) -> str:
    hidden = ' hidden="1"' if name.name.startswith("_xlnm._Filter") else ""
    return f' localSheetId="0"{hidden}' if name.local is not None else ""


def _add(file: zipfile.ZipFile, name: str, data: bytes) -> None:
    info = zipfile.ZipInfo(name, _DAY_ONE)
    info.compress_type = zipfile.ZIP_DEFLATED
    file.writestr(info, data)
