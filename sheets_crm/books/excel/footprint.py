"""What our tabs left in the parts that they share with the user's, and how it is taken back when no tab of ours is left.

How they were before us is noted in a hidden name, with a check sum of the styles part as we left it: only a file that nobody
has written since, and in which no other sheet uses formats of ours, is cut back to what it was.
The list of titles in docProps/app.xml is written by Excel, never by us: names of tabs that are gone leave it.
Source: ECMA-376 part 1, 18.8 (styles), 22.2 (properties).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from sheets_crm.books.excel.blob import Blob
from sheets_crm.books.excel.package import Package
from sheets_crm.books.excel.styles import LISTS
from sheets_crm.books.excel.workbook import EMPTY_LIST, EMPTY_TAG, MARKER, NO_NAMES, Sheet, Workbook
from sheets_crm.books.excel.xmlsplice import Element, Xml
from sheets_crm.errors import OwnerError

MADE = "made"  # instead of sizes: there was no styles part before us
_NONE = "-"  # instead of a size: there was no such list
_NO_RELS = "rels"  # the list of content types did not say what relationships are
_USED = re.compile(rb"""\s(?:s|style)=["'](\d+)["']""")
_USED_LOOK = re.compile(rb"""\s\w*[dD]xfId=["'](\d+)["']""")
_EXTENDED = "extended-properties"


def seen(package: Package, workbook: Workbook, styles: Xml | None) -> str:
    """How the shared parts are now, in words: each list of the styles part by its length, `/` where it is one empty tag, `=`
    and the count that it states wrongly; then what else is unusual.
    """
    lists = MADE if styles is None else ",".join(_size(styles.root.child(name)) for name in LISTS)
    unusual = (workbook.empty_names, "" if "rels" in package.types.defaults else _NO_RELS)
    return " ".join([lists, *(word for word in unusual if word)])


def _size(node: Element | None) -> str:
    if node is None:
        return _NONE
    stated = node.attrs.get("count")
    wrong = f"={stated}" if stated is not None and stated != str(len(node.children)) else ""
    return f"{len(node.children)}{'/' if node.is_empty else ''}{wrong}"


def note(before: str, data: bytes) -> str:
    """What to keep of the shared parts: the check sum of the styles part as we leave it, and how all were before us."""
    return f"{Blob.of(data).crc:08x} {before}"


def before(kept: str, now: int, seen: str) -> str:
    """How they were before us: as kept, where the styles are still as we left them (`now`: check sum), else as seen now."""
    check, _, were = kept.partition(" ")
    return were if were and check == f"{now:08x}" else seen


def take_back(package: Package, workbook: Workbook, gone: Sequence[Sheet]) -> bool:
    """Take out of the shared parts what we had put there. Call it when no tab of ours is left; was there anything?"""
    restored = _restore(package, workbook)
    titled = _forget_titles(package, workbook, [sheet.name for sheet in gone])
    named = workbook.forget_names(MARKER)
    return restored or titled or named


# ---- as they were


def _restore(package: Package, workbook: Workbook) -> bool:
    part, (check, *words) = workbook.part_of_kind("styles"), workbook.styles_note.split(" ")
    if part is None or not words or f"{package.archive.members[part].info.CRC:08x}" != check:
        return False  # somebody has written it since; what nobody uses, Excel drops when it saves
    if _NO_RELS in words:
        package.types.remove_default("rels")
    workbook.empty_names = next((word for word in words if word in {EMPTY_TAG, EMPTY_LIST}), NO_NAMES)
    return _restore_styles(package, workbook, part, words[0])


def _restore_styles(package: Package, workbook: Workbook, part: str, lists: str) -> bool:
    if lists == MADE:
        if _uses(package, workbook, 1, 0):
            return False
        workbook.drop_rel(part)
        package.remove(part)
        return True
    words = dict(zip(LISTS, lists.split(","), strict=False))
    xml = Xml(package.read(part), part)
    if len(words) != len(LISTS) or _uses(package, workbook, _length(words["cellXfs"]), _length(words["dxfs"])):
        return False
    for name, word in words.items():
        _cut(xml, xml.root.child(name), word)
    return xml.edited and package.write(part, Blob.of(xml.result()))


def _length(word: str) -> int:
    found = re.match(r"\d+", word)
    return int(found[0]) if found else 0


def _cut(xml: Xml, node: Element | None, word: str) -> None:
    """Let a list be as its word says."""
    size, stated = _length(word), word.partition("=")[2]
    if node is None or _size(node) == word:
        return
    if word == _NONE:
        xml.replace(node, "")
        return
    count = stated or str(size)
    if "/" in word:
        tag = re.sub(r"""(\scount\s*=\s*["'])\d+""", rf"\g<1>{count}", xml.tag_of(node))
        xml.replace(node, tag[:-1] + "/>")
        return
    if "count" in node.attrs:
        xml.set_attr(node, "count", count)
    for each in node.children[size:]:
        xml.replace(each, "")


def _uses(package: Package, workbook: Workbook, formats: int, looks: int) -> bool:
    """Does any part but ours use a cell format or a look from these numbers on?"""
    ours = {sheet.part for sheet in workbook.marked().values() if sheet.part}
    styles = workbook.part_of_kind("styles")
    for part in package.reach([""], blocked=ours) - {"", styles or ""} - package.drop:
        kind = package.types.of(part)
        if kind.endswith("xml") and _over(package, part, formats if kind.endswith("sheet+xml") else None, looks):
            return True
    return False


def _over(package: Package, part: str, formats: int | None, looks: int) -> bool:
    rest = b""
    for piece in package.archive.pieces(part):
        text = rest + piece
        if formats is not None and any(int(found) >= formats for found in _USED.findall(text)):
            return True
        if any(int(found) >= looks for found in _USED_LOOK.findall(text)):
            return True
        rest = text[-40:]
    return False


# ---- titles


def _forget_titles(package: Package, workbook: Workbook, names: Iterable[str]) -> bool:
    """Take names of sheets out of the file's own list of titles."""
    wanted = set(names)
    found = next((rel for rel in package.rels("") if rel.kind == _EXTENDED and not rel.external), None)
    part = package.find(found.target) if found else None
    if part is None or not wanted:
        return False
    try:
        xml = Xml(package.read(part), part)
    except OwnerError:
        return False
    titles, pairs = xml.root.child("TitlesOfParts"), xml.root.child("HeadingPairs")
    if titles is None or pairs is None or not titles.children or not pairs.children:
        return False
    listed, counts = titles.children[0], _counts(pairs.children[0])
    sheets = len(workbook.sheets) + len(wanted)
    gone = [each for each in listed.children[: counts[0][0] if counts else 0] if each.text in wanted]
    if not gone or counts[0][0] > sheets or sum(number for number, _ in counts) != len(listed.children):
        return False
    for each in gone:
        xml.replace(each, "")
    xml.set_attr(listed, "size", str(len(listed.children) - len(gone)))
    xml.set_text(counts[0][1], str(counts[0][0] - len(gone)))
    return package.write(part, Blob.of(xml.result()))


def _counts(vector: Element) -> list[tuple[int, Element]]:
    """How many titles each heading has, with the element that says so; worksheets come first."""
    return [
        (int(e.text), e)
        for variant in vector.children
        for e in variant.children
        if e.local == "i4" and e.text.isdigit()
    ]
