"""Drop-downs and prompts: data validations that offer values and never forbid others.

A list that is too long or holds a comma can't stand in the validation itself; it is put into a hidden column beside.
Source: ECMA-376 part 1, 18.3.1.32; the 255 characters are Excel's limit for a list written in place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sheets_crm.books.excel.layout import Native
from sheets_crm.books.excel.xmlsplice import escape, quote
from sheets_crm.books.tab import Cell, Tab
from sheets_crm.cells import letter

_LIST_LIMIT = 255
_PROMPT_LIMIT = 255
_PROMPT_TITLE_LIMIT = 32


def units(text: str) -> int:
    """Length as Excel counts it: UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def cut(text: str, limit: int) -> str:
    """Text of at most `limit` UTF-16 units, with an ellipsis where something is missing."""
    if units(text) <= limit:
        return text
    return text.encode("utf-16-le")[: (limit - 1) * 2].decode("utf-16-le", "ignore") + "\u2026"


def in_place(choices: Sequence[str]) -> str | None:
    """The choices as a formula, or None when they need cells of their own."""
    text = ",".join(choices).replace('"', '""')
    awkward = any("," in c or "\n" in c or c != c.strip() or not c or c.startswith("=") for c in choices)
    return None if awkward or units(text) > _LIST_LIMIT else f'"{text}"'


def list_cells(tab: Tab) -> tuple[Cell, ...]:
    """Cells of the hidden columns that hold long lists: one column a list, below the headers, right of everything."""
    wanted: dict[tuple[str, ...], None] = {}
    for table in tab.tables:
        for column in table.columns:
            if column.choices and in_place(column.choices) is None:
                wanted.setdefault(tuple(c for c in column.choices if c))
    left, top = _right_of(tab) + 2, max((table.row for table in tab.tables), default=0) + 1
    return tuple(
        Cell(top + i, left + k, choice) for k, choices in enumerate(wanted) for i, choice in enumerate(choices)
    )


def _right_of(tab: Tab) -> int:
    """The last column that holds anything."""
    tables = [table.column + len(table.columns) - 1 for table in tab.tables]
    return max([*tables, *(cell.column for cell in tab.cells), len(tab.widths) - 1, 0])


def validations(natives: Iterable[Native], lists: Sequence[Cell]) -> str:
    """The whole <dataValidations>, or nothing."""
    rules: list[str] = []
    places = _places(lists)
    for native in natives:
        area = native.area
        for i, column in enumerate(native.table.columns):
            name = letter(area.left + i)
            if column.choices:
                kept = tuple(choice for choice in column.choices if choice)
                formula = in_place(column.choices) or places[kept]
                where = f"{name}{area.top + 2}:{name}{area.bottom + 1}"
                flags = 'type="list" allowBlank="1" showInputMessage="1" showErrorMessage="0"'
                rules.append(
                    f"<dataValidation {flags} sqref={quote(where)}><formula1>{escape(formula)}</formula1></dataValidation>"
                )
            if column.note:
                title = quote(cut(native.titles[i], _PROMPT_TITLE_LIMIT))
                prompt = quote(cut(column.note, _PROMPT_LIMIT))
                flags = f'allowBlank="1" showInputMessage="1" promptTitle={title} prompt={prompt}'
                rules.append(f'<dataValidation {flags} sqref="{name}{area.top + 1}"/>')
    return f'<dataValidations count="{len(rules)}">{"".join(rules)}</dataValidations>' if rules else ""


def _places(lists: Sequence[Cell]) -> dict[tuple[str, ...], str]:
    """Choices -> the range of cells that hold them."""
    columns: dict[int, list[Cell]] = {}
    for cell in lists:
        columns.setdefault(cell.column, []).append(cell)
    found = {}
    for column, cells in columns.items():
        name = letter(column)
        key = tuple(str(cell.value) for cell in cells)
        found[key] = f"${name}${cells[0].row + 1}:${name}${cells[-1].row + 1}"
    return found
