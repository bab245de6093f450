"""Do the user's formulas, names or charts point at our tabs? Then Excel must calculate them when it opens the file.

A quick search for the names first, over unpacked pieces; only a part that holds one is looked into.
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterable, Sequence

from sheets_crm.books.excel.archive import Stamp
from sheets_crm.books.excel.package import Package
from sheets_crm.books.excel.workbook import Sheet, Workbook
from sheets_crm.errors import OwnerError

_FORMULA = re.compile(rb"<(?:[\w.-]+:)?f(?:\s[^>]*)?>([^<]*)<")
_FORMULA_ENDS = (b"f>",)  # </f>, </x:f>: one quick look tells most sheets that they hold no formula at all
_PLAIN_NAME = re.compile(r"\w[\w.]*")


def mentions(
    package: Package,
    workbook: Workbook,
    ours: Sequence[Sheet],
    tables: Sequence[str],
    *,
    formula_free: Collection[Stamp] = (),
) -> bool:
    """Is any of our sheets or tables named in a formula outside our own parts and those that are known to hold none?"""
    wanted = name_pattern([sheet.name for sheet in ours], tables)
    if any(wanted.search(name.text) for name in workbook.names if not name.name.startswith("_sheets_crm_")):
        return True
    blocked = {sheet.part for sheet in workbook.marked().values() if sheet.part}
    users = package.reach([""], blocked=blocked)
    needles = [n for text in [*(sheet.name for sheet in ours), *tables] for n in spellings(text)]
    kinds = ("worksheet+xml", "chart+xml", "macrosheet+xml")
    parts = [
        part
        for part in users
        if package.types.of(part).endswith(kinds)
        and package.archive.stamp(part) not in formula_free
        and holds_any(package, part, _FORMULA_ENDS)
    ]
    return any(holds_any(package, part, needles) and _in_formulas(package, part, wanted) for part in parts)


def name_pattern(sheets: Iterable[str], tables: Iterable[str]) -> re.Pattern[str]:
    """Sheet names before `!`, quoted or not, alone or as an end of a range of sheets; table names as words."""
    names = []
    for sheet in sheets:
        name = re.escape(sheet.replace("'", "''"))
        names += [rf"'{name}(?::[^']+)?'!", rf":{name}'?!"]
        if _PLAIN_NAME.fullmatch(sheet):
            names.append(rf"(?<![\w.'\]]){name}(?::[\w.]+)?!")
    names += [rf"(?<![\w.]){re.escape(table)}(?![\w.])" for table in tables]
    return re.compile("|".join(names), re.IGNORECASE)


def spellings(text: str) -> set[bytes]:
    """How a name may stand in XML: as it is, with entities, with numbers of characters."""
    raw = html.escape(text, quote=False)
    doubled = raw.replace("'", "''")
    forms = {raw, doubled, doubled.replace("'", "&apos;"), doubled.replace("'", "&#39;"), html.escape(doubled)}
    return {form.encode() for form in forms} | {form.encode("ascii", "xmlcharrefreplace") for form in forms}


def holds_any(package: Package, part: str, needles: Sequence[bytes]) -> bool:
    """Does a part hold any of the needles? True also for a part in an encoding that the needles are not in."""
    longest = max(map(len, needles), default=0)
    tail = b""
    for piece in package.archive.pieces(part):
        if not tail and piece[:2] in {b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<"}:
            return True
        window = tail + piece
        if any(needle in window for needle in needles):
            return True
        tail = window[-longest:]
    return False


def _in_formulas(package: Package, part: str, wanted: re.Pattern[str]) -> bool:
    try:
        data = package.read(part)
    except OwnerError:
        return False
    if data[:2] in {b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<"}:
        encoding = "utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-16-le" if data[1] == 0 else "utf-16-be"
        data = data.decode(encoding, "replace").encode()
    return any(wanted.search(html.unescape(f.group(1).decode("utf-8", "replace"))) for f in _FORMULA.finditer(data))
