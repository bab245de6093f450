"""A new workbook for a trade: sheets with headers, drop-downs and, if wanted, invented example rows. An ordinary .xlsx of the owner's.

Which sheets and columns there are is the template's business; examples and widths stand in starter.yaml.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from sheets_crm.cards import FieldSpec, Template, template
from sheets_crm.words import Lang, knows, say

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

_ROWS = 2000  # as far down as drop-downs and formats reach
_LONGEST_LIST = 255  # characters of a drop-down's values within its cell (a limit of Excel)
_HEAD = "2F5D50"
_DATES = {"date", "past_date", "birthday"}


def write_starter(path: Path, trade: str, lang: Lang, *, examples: bool, today: date) -> None:
    """Make the workbook. FileExistsError: something stands at the path; OSError as the system says it."""
    import openpyxl

    chosen = template(trade)
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for card, names in chosen.starter.items():
        page = book.create_sheet(sheet_title(chosen, card, lang))
        _head(page, chosen, card, names, lang)
        for row in range(2 if examples else 0):
            _example(page, row, chosen, card, names, lang, today)
        _dress(page, chosen, card, names, lang)
    _lists(book, chosen, lang)
    with path.open("xb") as out:
        book.save(out)


def sheet_title(chosen: Template, card: str, lang: Lang) -> str:
    """What the sheet of a card is called."""
    key = f"setup.kinds.{card}"
    return say(key, lang) if knows(key, lang) else chosen.cards[card].label.say(lang)


def starter_sheets(chosen: Template, lang: Lang) -> dict[str, dict[str, Any]]:
    """The settings of its sheets, as in crm.yaml."""
    return {
        sheet_title(chosen, card, lang): {
            "card": card, "header_row": 1,
            "columns": {name: chosen.cards[card].fields[name].label.say(lang) for name in names},
        }
        for card, names in chosen.starter.items()
    }  # fmt: skip


def _head(page: Worksheet, chosen: Template, card: str, names: Sequence[str], lang: Lang) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill

    page.append([chosen.cards[card].fields[name].label.say(lang) for name in names])
    for cell in page[1]:
        cell.font = Font(bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", start_color=_HEAD)
        cell.alignment = Alignment(vertical="center", wrap_text=True)
    page.row_dimensions[1].height = 32
    page.freeze_panes = "B2"


def _example(
    page: Worksheet, row: int, chosen: Template, card: str, names: Sequence[str], lang: Lang, today: date
) -> None:
    from openpyxl.styles import Font

    values = [_value(row, chosen, card, name, lang, today) for name in names]
    for column, value in enumerate(values, 1):
        if value != "":
            cell = page.cell(row + 2, column, value)
            cell.font = Font(italic=True, color="6B6B6B")


def _value(row: int, chosen: Template, card: str, name: str, lang: Lang, today: date) -> Any:
    spec, data = chosen.cards[card].fields[name], _data()
    if spec.link is not None:
        target = "name" if spec.link == "client" else "id"
        return data["examples"].get(f"{spec.link}.{target}", data["examples"][target])[lang][row]
    kind = spec.type.value
    if kind == "stage":
        return _stages(chosen, card, lang)[: row * 2 + 1][-1]
    if kind in _DATES:
        days = data["days"].get(name, data["days"]["other"])[row]
        return "" if days is None else today + timedelta(days=days)
    if kind == "consent":
        return "" if spec.mark else data["consent"][lang][row]
    if f"{card}.{name}" in data["examples"] or name in data["examples"]:
        return data["examples"].get(f"{card}.{name}", data["examples"].get(name))[lang][row]
    if kind in data["numbers"]:
        return data["numbers"][kind][row]
    return data["examples"]["text"][lang][row] if kind == "text" else ""


def _dress(page: Worksheet, chosen: Template, card: str, names: Sequence[str], lang: Lang) -> None:
    """Widths, formats, filter and drop-downs."""
    from openpyxl.utils import get_column_letter

    for column, name in enumerate(names, 1):
        spec, letter = chosen.cards[card].fields[name], get_column_letter(column)
        kind = spec.type.value
        widths = _data()["widths"]
        page.column_dimensions[letter].width = widths.get(name, widths.get(kind, widths["text"]))
        shown = _format(kind, name, lang)
        if shown:
            for row in range(2, _ROWS // 4):
                page.cell(row, column).number_format = shown
        if options := _options(spec, chosen, card, name, lang):
            _drop_down(page, letter, options, chosen, card, name, lang)
    page.auto_filter.ref = f"A1:{get_column_letter(len(names))}{max(2, page.max_row if page.max_row < 10 else 2)}"


def _format(kind: str, name: str, lang: Lang) -> str:
    if kind in _DATES:
        return "dd.mm.yyyy" if lang == "ru" else "d mmm yyyy"
    if kind == "money":
        return "#,##0.00"
    return "@" if kind in {"phone", "tax_id"} or name == "id" else ""


def _options(spec: FieldSpec, chosen: Template, card: str, name: str, lang: Lang) -> list[str]:
    if spec.type.value == "stage":
        return _stages(chosen, card, lang)
    lists = _data()["lists"]
    found = lists.get("consent" if spec.type.value == "consent" and not spec.mark else name)
    return list(found[lang]) if found else []


def _drop_down(
    page: Worksheet, letter: str, options: Sequence[str], chosen: Template, card: str, name: str, lang: Lang
) -> None:
    from openpyxl.utils import get_column_letter, quote_sheetname
    from openpyxl.worksheet.datavalidation import DataValidation

    listed = list(_list_columns(chosen, lang))
    if (card, name) in listed:
        column = get_column_letter(listed.index((card, name)) + 1)
        sheet = quote_sheetname(say("setup.starter.lists", lang))
        source = f"{sheet}!${column}$2:${column}${len(options) + 11}"
    else:
        source = '"' + ",".join(options) + '"'
    rule = DataValidation(type="list", formula1=source, allow_blank=True, showErrorMessage=False)
    page.add_data_validation(rule)
    rule.add(f"{letter}2:{letter}{_ROWS}")


def _list_columns(chosen: Template, lang: Lang) -> dict[tuple[str, str], list[str]]:
    """The lists that the owner may edit: (card, field) -> values."""
    found = {}
    for card, names in chosen.starter.items():
        for name in names:
            spec = chosen.cards[card].fields[name]
            options = _options(spec, chosen, card, name, lang)
            if options and spec.type.value != "consent":
                found[card, name] = options
    return found


def _lists(book: Workbook, chosen: Template, lang: Lang) -> None:
    """A sheet with the lists behind the drop-downs: whoever adds a line there has it in the drop-down."""
    from openpyxl.styles import Font

    columns = _list_columns(chosen, lang)
    if not columns:
        return
    page = book.create_sheet(say("setup.starter.lists", lang))
    for column, ((card, name), options) in enumerate(columns.items(), 1):
        label = chosen.cards[card].fields[name].label.say(lang)
        page.cell(1, column, f"{sheet_title(chosen, card, lang)}: {label}").font = Font(bold=True)
        for row, option in enumerate(options, 2):
            page.cell(row, column, option)
        page.column_dimensions[page.cell(1, column).column_letter].width = 26
    page.freeze_panes = "A2"


def _stages(chosen: Template, card: str, lang: Lang) -> list[str]:
    funnel = next((one for one in chosen.funnels.values() if one.card == card), None)
    return list(funnel.stage_names(lang)) if funnel is not None else []


@cache
def _data() -> Mapping[str, Any]:
    data: Mapping[str, Any] = yaml.safe_load(
        resources.files("sheets_crm.wizard").joinpath("starter.yaml").read_text("utf-8")
    )
    return data
