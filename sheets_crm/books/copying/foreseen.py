"""What a copy would carry over, told without writing anything. What only the other program can tell is not foreseen."""

from __future__ import annotations

from sheets_crm.books.copying.formulas import is_same
from sheets_crm.books.copying.model import MAX_EXCEL_TEXT, MAX_GOOGLE_TEXT, Formula, SheetCopied, Source, TooLarge
from sheets_crm.cells import letter


def foreseen(source: Source, *, to_google: bool) -> list[SheetCopied]:
    """For each sheet what would go over. TooLarge: a text that the other place would not take."""
    names = frozenset(sheet.name.casefold() for sheet in source.sheets)
    most = MAX_GOOGLE_TEXT if to_google else MAX_EXCEL_TEXT
    found = []
    for sheet in source.sheets:
        done = SheetCopied(sheet)
        for block in source.blocks(sheet):
            for row, values in enumerate(block.values, block.top + 1):
                for column, value in enumerate(values):
                    done.cells += value is not None
                    if isinstance(value, Formula):
                        _count(done, value, f"{letter(column)}{row}", names)
                    elif isinstance(value, str) and len(value) > most:
                        key = "copy.stop.google_text" if to_google else "copy.stop.excel_text"
                        raise TooLarge(key, sheet=sheet.name, cell=f"{letter(column)}{row}", most=most)
        done.lost.update(sheet.lost)
        done.lost.update(source.found(sheet))
        found.append(done)
    return found


def _count(done: SheetCopied, formula: Formula, cell: str, names: frozenset[str]) -> None:
    if formula.text and is_same(formula.text, names):
        done.formulas += 1
    else:
        done.as_values.append(cell)
