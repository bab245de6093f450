"""A native table: the part that gives a range its filter, its stripes and its name in formulas.

Source: ECMA-376 part 1, 18.5.1.2. A header cell that differs from its column's name makes Excel repair the file.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from sheets_crm.books.excel.celltext import text_of
from sheets_crm.books.excel.dialect import DECLARATION, Dialect
from sheets_crm.books.excel.layout import Native
from sheets_crm.books.excel.lists import cut
from sheets_crm.books.excel.sheetxml import area_name
from sheets_crm.books.excel.xmlsplice import quote

_NAME_LIMIT = 255
_LIKE_CELL = re.compile(r"[A-Za-z]{1,3}\d+|[RrCc]|[Rr]\d*[Cc]\d*")
_OUR_LOOK = (
    '<tableStyleInfo name="TableStyleLight1" showFirstColumn="0" showLastColumn="0" showRowStripes="1" '
    'showColumnStripes="0"/>'
)


def table_part(native: Native, dialect: Dialect) -> bytes:
    """The whole part."""
    area = quote(area_name(native.area))
    columns = "".join(
        f"<tableColumn id={quote(str(number))} name={quote(_attribute(title))}/>"
        for number, title in zip(native.column_ids, native.titles, strict=True)
    )
    filters = f"<autoFilter ref={area}>{native.filter}</autoFilter>" if native.filter else f"<autoFilter ref={area}/>"
    name = quote(native.name)
    text = (
        f'{DECLARATION}<table xmlns="{dialect.main}" id="{native.id}" name={name} displayName={name} ref={area} '
        f'totalsRowShown="0">{filters}{native.sort}<tableColumns count="{len(native.titles)}">{columns}</tableColumns>'
        f"{native.look or _OUR_LOOK}</table>"
    )
    return text.encode()


def _attribute(title: str) -> str:
    """A column's name as the part spells it: a line break is `_x000a_`."""
    return text_of(title).replace("\n", "_x000a_")


def unique_titles(titles: Iterable[str]) -> tuple[str, ...]:
    """Titles as Excel wants them: never empty, none twice whatever the case, at most 255 units."""
    seen: set[str] = set()
    out = []
    for number, raw in enumerate(titles, 1):
        title = base = cut(re.sub(r"\r\n?", "\n", raw), _NAME_LIMIT) or str(number)
        again = 1
        while title.casefold() in seen:
            again += 1
            title = f"{cut(base, _NAME_LIMIT - 6)} {again}"
        seen.add(title.casefold())
        out.append(title)
    return tuple(out)


def free_table_name(wanted: str, taken: Collection[str]) -> str:
    """A name for formulas that Excel accepts and nothing else bears (`taken` is in casefold)."""
    base = re.sub(r"[^\w.]", "_", wanted) or "crm"
    if not (base[0].isalpha() or base[0] == "_") or _LIKE_CELL.fullmatch(base):
        base = "_" + base
    name, number = base[:250], 1
    while name.casefold() in taken:
        number += 1
        name = f"{base[:250]}_{number}"
    return name
