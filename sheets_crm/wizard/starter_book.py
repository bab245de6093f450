"""A new workbook for a trade: sheets with headers, drop-downs and, if wanted, invented example rows. An ordinary .xlsx of the owner's.

Which sheets and columns there are is the template's business; examples and widths stand in starter.yaml.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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

_ROWS = 2000  # as far down as drop-downs reach
_ROOM = 11  # rows of a list that are read by its drop-down beyond those that are filled
_HEAD = "2F5D50"
_DATES = {"date", "past_date", "birthday"}


@dataclass(frozen=True)
class _Sheet:
    """One sheet to be made: its card and columns."""

    chosen: Template
    card: str
    names: tuple[str, ...]
    lang: Lang

    def spec(self, name: str) -> FieldSpec:
        return self.chosen.cards[self.card].fields[name]

    def kind(self, name: str) -> str:
        return str(self.spec(name).type.value)

    @property
    def title(self) -> str:
        return sheet_title(self.chosen, self.card, self.lang)


def write_starter(path: Path, trade: str, lang: Lang, *, examples: bool, today: date) -> None:
    """Make the workbook. FileExistsError: something stands at the path; OSError as the system says it."""
    import openpyxl

    chosen = template(trade)
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for sheet in _sheets(chosen, lang):
        page = book.create_sheet(sheet.title)
        _head(page, sheet)
        for row in range(2 if examples else 0):
            _example(page, row, sheet, today)
        _dress(page, sheet)
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
        sheet.title: {
            "card": sheet.card, "header_row": 1, "columns": {name: sheet.spec(name).label.say(lang) for name in sheet.names},
        }
        for sheet in _sheets(chosen, lang)
    }  # fmt: skip


def _sheets(chosen: Template, lang: Lang) -> list[_Sheet]:
    """In the order in which the template has the cards."""
    return [_Sheet(chosen, card, chosen.starter[card], lang) for card in chosen.cards if card in chosen.starter]


def _head(page: Worksheet, sheet: _Sheet) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill

    page.append([sheet.spec(name).label.say(sheet.lang) for name in sheet.names])
    for cell in page[1]:
        cell.font = Font(bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", start_color=_HEAD)
        cell.alignment = Alignment(vertical="center", wrap_text=True)
    page.row_dimensions[1].height = 32
    page.freeze_panes = "B2"


def _example(page: Worksheet, row: int, sheet: _Sheet, today: date) -> None:
    from openpyxl.styles import Font

    for column, name in enumerate(sheet.names, 1):
        value = _value(row, sheet, name, today)
        if value != "":
            page.cell(row + 2, column, value).font = Font(italic=True, color="6B6B6B")


def _value(row: int, sheet: _Sheet, name: str, today: date) -> Any:
    """What an example row holds in a column; "" for nothing."""
    spec, kind, lang, data = sheet.spec(name), sheet.kind(name), sheet.lang, _data()
    if spec.link is not None:
        target = "name" if spec.link == "client" else "id"
        return data["examples"].get(f"{spec.link}.{target}", data["examples"]["id"])[lang][row]
    if kind == "stage":
        return _example_stage(row, sheet)
    if kind in _DATES:
        days = data["days"].get(name, data["days"]["other"])[row]
        return "" if days is None else today + timedelta(days=days)
    if kind == "consent":
        return "" if spec.mark else data["consent"][lang][row]
    examples = data["examples"].get(f"{sheet.card}.{name}") or data["examples"].get(name)
    if examples is not None:
        return examples[lang][row]
    if kind in data["numbers"]:
        return data["numbers"][kind][row]
    return data["examples"]["text"][lang][row] if kind == "text" else ""


def _example_stage(row: int, sheet: _Sheet) -> str:
    """The first stage, then the one at which an offer awaits its answer."""
    stages = _stages(sheet.chosen, sheet.card, sheet.lang)
    offers = [
        stage for one in sheet.chosen.funnels.values() if one.card == sheet.card
        for stage in one.stage_names(sheet.lang, role="offer")
    ]  # fmt: skip
    return [stages[0], (offers or stages)[0]][row]


def _dress(page: Worksheet, sheet: _Sheet) -> None:
    """Widths, formats, filter and drop-downs."""
    from openpyxl.utils import get_column_letter

    widths = _data()["widths"]
    for column, name in enumerate(sheet.names, 1):
        letter, kind = get_column_letter(column), sheet.kind(name)
        page.column_dimensions[letter].width = widths.get(name, widths.get(kind, widths["text"]))
        if shown := _format(kind, sheet.lang):
            page.column_dimensions[letter].number_format = shown  # of cells that are still empty
            for row in range(2, page.max_row + 1):
                page.cell(row, column).number_format = shown
        if options := _options(sheet, name):
            _drop_down(page, letter, _source(sheet, name, options))
    page.auto_filter.ref = f"A1:{get_column_letter(len(sheet.names))}{_ROWS}"


def _format(kind: str, lang: Lang) -> str:
    if kind in _DATES:
        return "dd.mm.yyyy" if lang == "ru" else "d mmm yyyy"
    if kind == "money":
        return "#,##0.00"
    return "@" if kind in {"phone", "tax_id"} else ""


def _options(sheet: _Sheet, name: str) -> list[str]:
    """What a drop-down offers."""
    kind, lists = sheet.kind(name), _data()["lists"]
    if kind == "stage":
        return _stages(sheet.chosen, sheet.card, sheet.lang)
    if kind == "consent":
        return [] if sheet.spec(name).mark else list(lists["consent"][sheet.lang])
    return list(lists[name][sheet.lang]) if name in lists else []


def _source(sheet: _Sheet, name: str, options: Sequence[str]) -> str:
    """Where a drop-down takes its values: from the sheet of lists, with room for more; two words stand in the rule itself."""
    from openpyxl.utils import get_column_letter, quote_sheetname

    listed = [(one.card, field) for one, field, _ in _list_columns(sheet.chosen, sheet.lang)]
    if (sheet.card, name) not in listed:
        return '"' + ",".join(options) + '"'
    column = get_column_letter(listed.index((sheet.card, name)) + 1)
    lists = quote_sheetname(say("setup.starter.lists", sheet.lang))
    return f"{lists}!${column}$2:${column}${len(options) + _ROOM}"


def _drop_down(page: Worksheet, letter: str, source: str) -> None:
    from openpyxl.worksheet.datavalidation import DataValidation

    rule = DataValidation(type="list", formula1=source, allow_blank=True, showErrorMessage=False)
    page.add_data_validation(rule)
    rule.add(f"{letter}2:{letter}{_ROWS}")


def _list_columns(chosen: Template, lang: Lang) -> list[tuple[_Sheet, str, list[str]]]:
    """The lists that the owner may add to: sheet, field, values."""
    return [
        (sheet, name, options)
        for sheet in _sheets(chosen, lang)
        for name in sheet.names
        if sheet.kind(name) != "consent" and (options := _options(sheet, name))
    ]


def _lists(book: Workbook, chosen: Template, lang: Lang) -> None:
    """A sheet with the lists behind the drop-downs: whoever adds a line there has it in the drop-down."""
    from openpyxl.styles import Font

    columns = _list_columns(chosen, lang)
    if not columns:
        return
    page = book.create_sheet(say("setup.starter.lists", lang))
    for column, (sheet, name, options) in enumerate(columns, 1):
        label = sheet.spec(name).label.say(lang)
        page.cell(1, column, f"{sheet.title}: {label}").font = Font(bold=True)
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
