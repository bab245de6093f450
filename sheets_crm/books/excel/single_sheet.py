"""A sheet's own part, made fit to stand in a workbook alone: what points at other sheets is taken out, the rest stays as written.

Cells keep their styles and values; a formula over other sheets becomes its last value. Knows nothing of packages.
Source: ECMA-376 part 1, 18.3.1 (worksheets).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from lxml import etree

from sheets_crm.books.excel.single_formulas import Own
from sheets_crm.books.excel.workbook import sheet_of
from sheets_crm.books.excel.xmlsplice import Element, Xml
from sheets_crm.errors import WorkbookUnreadable

_ROOT = re.compile(rb"<((?:[A-Za-z_][\w.-]*:)?)worksheet[\s>/]")
_UTF8 = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["'](?:utf-?8|us-ascii|ascii)["']""", re.IGNORECASE)
_METADATA = re.compile(rb'\s(?:cm|vm)\s*=\s*(?:"[^"]*"|\'[^\']*\')')
_REL = re.compile(r'\s[\w.-]+:id\s*=\s*("[^"]*"|\'[^\']*\')')
_STAY = {
    "sheetPr", "dimension", "sheetFormatPr", "cols", "sheetCalcPr", "sheetProtection", "protectedRanges", "autoFilter",
    "sortState", "mergeCells", "phoneticPr", "printOptions", "pageMargins", "headerFooter", "rowBreaks", "colBreaks",
    "ignoredErrors",
}  # fmt: skip
_TOLD = {
    "controls": "controls", "oleObjects": "controls", "AlternateContent": "controls", "picture": "pictures",
    "legacyDrawingHF": "pictures",
}  # fmt: skip


@dataclass
class Alone:
    """The sheet's part. strings: shared strings that it uses. rels: ids of relationships that it still needs.

    formulas: how many became values; blanks: how many of them had none, so that their cells are empty now. left: kinds of things taken out.
    """

    data: bytes = b""
    strings: set[int] = field(default_factory=set)
    rels: set[str] = field(default_factory=set)
    formulas: int = 0
    blanks: int = 0
    left: set[str] = field(default_factory=set)


def alone(data: bytes, part: str, own: Own, rel_space: str, keep_rels: Collection[str]) -> Alone:
    """The part of a worksheet without what points elsewhere.

    own: tells its own formulas. rel_space: the namespace of relationship ids. keep_rels: ids of drawings, notes and tables
    that stay. WorkbookUnreadable: it is no worksheet, or damaged.
    """
    data = _plain(data, part)
    begin, end, prefix = _cells_of(data, part)
    found = Alone()
    cells = _cells(data[begin:end], prefix, own, found)
    slot = b"<" + prefix + b"sheetData/>"
    xml = Xml(data[:begin] + slot + data[end:], part)
    for child in xml.root.children:
        _settle(xml, child, own, (f"{{{rel_space}}}id", keep_rels), found)
    found.data = xml.result().replace(slot, cells, 1)
    return found


def _plain(data: bytes, part: str) -> bytes:
    """UTF-8, without comments, CDATA and instructions inside: so that every `<f` is a formula. Rarely anything to do."""
    if b"<!DOCTYPE" in data[:4096] or b"<\0!\0D\0" in data[:4096]:
        raise WorkbookUnreadable("excel.dtd", part=part)
    declared = data[:200].removeprefix(b"\xef\xbb\xbf")
    wide = data[:2] in {b"\xff\xfe", b"\xfe\xff"} or b"\0" in data[:4]
    named = b"encoding" in declared.partition(b"?>")[0] and not _UTF8.match(declared)
    if not wide and not named and b"<!" not in data and data.count(b"<?") <= 1:
        return data
    parser = etree.XMLParser(
        remove_comments=True, remove_pis=True, resolve_entities=False, no_network=True, huge_tree=True
    )
    try:
        return bytes(etree.tostring(etree.fromstring(data, parser), encoding="UTF-8"))
    except (etree.XMLSyntaxError, ValueError) as error:
        raise WorkbookUnreadable("excel.part_broken", part=part) from error


def _cells_of(data: bytes, part: str) -> tuple[int, int, bytes]:
    """Where the element with the cells begins and ends, and the prefix of the spreadsheet's elements."""
    root = _ROOT.search(data, 0, 65_536)
    if root is None:
        raise WorkbookUnreadable("excel.part_broken", part=part)
    prefix = root[1]
    opening = re.compile(rb"<" + re.escape(prefix) + rb"sheetData(?:\s[^>]*?)?/?>").search(data)
    if opening is None:
        raise WorkbookUnreadable("excel.part_broken", part=part)
    if opening[0].endswith(b"/>"):
        return opening.start(), opening.end(), prefix
    closing = data.rfind(b"</" + prefix + b"sheetData")
    end = data.find(b">", closing) + 1
    if closing < 0 or not end:
        raise WorkbookUnreadable("excel.part_broken", part=part)
    return opening.start(), end, prefix


def _cells(data: bytes, prefix: bytes, own: Own, found: Alone) -> bytes:
    p = re.escape(prefix)
    formula = re.compile(rb"<" + p + rb"f(\s[^>]*?)?(?:/>|>([^<]*)</" + p + rb"f\s*>)")
    strings = re.compile(
        rb"<" + p + rb"c\s(?:[^>]*?\s)?t\s*=\s*[\"']s[\"'][^>]*>\s*<" + p + rb"v(?:\s[^>]*)?>\s*(\d+)\s*<"
    )
    if b"<" + prefix + b"f" in data:
        shared = _foreign_groups(formula, data, own)
        value = re.compile(rb"\s*<" + p + rb"(?:v(?:\s[^>]*)?>[^<]|is[\s>])")
        whole = data
        data = formula.sub(lambda match: _kept(match, own, shared, found, value.match(whole, match.end())), data)
    if re.search(rb"\s(?:cm|vm)\s*=", data):
        cell = re.compile(rb"<" + p + rb"c\s[^>]*>")
        data = cell.sub(lambda match: _METADATA.sub(b"", match[0]), data)
    found.strings = {int(number) for number in strings.findall(data)}
    return data


def _kept(match: re.Match[bytes], own: Own, shared: set[bytes], found: Alone, value: object) -> bytes:
    """The formula as it stands, or nothing: then the cell shows its last value, where there is one."""
    attributes, text = match[1] or b"", match[2]
    group = _group(attributes)
    if b"dataTable" in attributes:
        keep = False
    elif group is not None:
        keep = group not in shared
    else:
        keep = text is not None and own(text.decode())
    if keep:
        return match[0]
    found.formulas += 1
    found.blanks += value is None
    return b""


def _group(attributes: bytes) -> bytes | None:
    """The number of a formula that several cells share; None for one of its own."""
    if b"shared" not in attributes:
        return None
    number = re.search(rb"\bsi\s*=\s*[\"'](\d+)[\"']", attributes)
    return number[1] if number else None


def _foreign_groups(formula: re.Pattern[bytes], data: bytes, own: Own) -> set[bytes]:
    """Groups of shared formulas that point elsewhere."""
    return {
        group
        for match in formula.finditer(data)
        if match[2] and (group := _group(match[1] or b"")) is not None and not own(match[2].decode())
    }


def _settle(xml: Xml, child: Element, own: Own, rels: tuple[str, Collection[str]], found: Alone) -> None:
    """Let one child of the worksheet stay, go, or stay in part. rels: the attribute that names one, and those that stay."""
    rel_id, keep_rels = rels
    name = child.local
    if name in _STAY or name == "sheetData":
        return
    if name in _PARTLY and child.space == xml.root.space:
        _PARTLY[name](xml, child, own, found)
    elif name in {"drawing", "legacyDrawing"} and child.attrs.get(rel_id) in keep_rels:
        found.rels.add(child.attrs[rel_id])
    elif name == "tableParts":
        _tables(xml, child, rel_id, keep_rels, found)
    elif name == "hyperlinks":
        _links(xml, child, own, rel_id, found)
    elif name == "pageSetup":
        xml.replace(child, _REL.sub("", xml.source_of(child)))
    else:
        found.left |= {_TOLD[name]} if name in _TOLD else set()
        xml.replace(child, "")


def _views(xml: Xml, child: Element, _own: Own, _found: Alone) -> None:
    """The first view, which is the one of the only window."""
    for number, view in enumerate(child.all("sheetView")):
        if number:
            xml.replace(view, "")
            continue
        xml.set_attr(view, "workbookViewId", "0")
        for pivot in view.all("pivotSelection"):
            xml.replace(pivot, "")


def _formats(xml: Xml, child: Element, own: Own, found: Alone) -> None:
    rules = child.all("cfRule")
    foreign = [rule for rule in rules if not all(own(each.text) for each in rule.walk() if each.local == "formula")]
    if not foreign:
        return
    found.left.add("formats")
    for one in [child] if len(foreign) == len(rules) else foreign:
        xml.replace(one, "")


def _validations(xml: Xml, child: Element, own: Own, found: Alone) -> None:
    every = child.all("dataValidation")
    foreign = [
        one for one in every if not all(own(each.text) for each in one.walk() if each.local in {"formula1", "formula2"})
    ]
    if foreign:
        found.left.add("lists")
    if len(foreign) == len(every):
        xml.replace(child, "")
        return
    for one in foreign:
        xml.replace(one, "")
    if foreign and "count" in child.attrs:
        xml.set_attr(child, "count", str(len(every) - len(foreign)))


def _extensions(xml: Xml, child: Element, own: Own, found: Alone) -> None:
    """Additions of newer versions: those that name no other part and no other sheet."""
    gone = [one for one in child.children if not _stands_alone(one, own)]
    for one in gone:
        inside = {each.local for each in one.walk()}
        found.left.add("lists" if "dataValidation" in inside else "controls" if "slicer" in inside else "extras")
        xml.replace(one, "")
    if len(gone) == len(child.children):
        xml.replace(child, "")


def _stands_alone(extension: Element, own: Own) -> bool:
    for each in extension.walk():
        if any(name.startswith("{") and name.endswith("}id") for name in each.attrs):
            return False
        if each.local == "f" and not own(each.text):
            return False
    return True


_PARTLY = {
    "sheetViews": _views,
    "conditionalFormatting": _formats,
    "dataValidations": _validations,
    "extLst": _extensions,
}


def _tables(xml: Xml, child: Element, rel_id: str, keep_rels: Collection[str], found: Alone) -> None:
    every = child.all("tablePart")
    kept = [one for one in every if one.attrs.get(rel_id) in keep_rels]
    found.rels |= {one.attrs[rel_id] for one in kept}
    if not kept:
        xml.replace(child, "")
        return
    for one in every:
        if one not in kept:
            xml.replace(one, "")
    if "count" in child.attrs:
        xml.set_attr(child, "count", str(len(kept)))


def _links(xml: Xml, child: Element, own: Own, rel_id: str, found: Alone) -> None:
    """Links to addresses and within the sheet stay; the text of a cell whose link goes stays."""
    kept = 0
    for one in child.all("hyperlink"):
        place = one.attrs.get("location", "")
        if rel_id in one.attrs:
            found.rels.add(one.attrs[rel_id])
        elif not sheet_of(place) or not own(place):
            xml.replace(one, "")
            continue
        kept += 1
    if not kept:
        xml.replace(child, "")
