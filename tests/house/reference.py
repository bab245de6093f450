"""What the reference pages say, read back: keys of crm.yaml, YAML examples, and a workbook made to fit an example."""

from __future__ import annotations

import csv
import re
from datetime import date
from pathlib import Path

import openpyxl
from openpyxl.utils import column_index_from_string, get_column_letter

from sheets_crm.base.bind import _resolved, fields_named
from sheets_crm.cards import template
from sheets_crm.cards.model import FieldType

NAMES = {"sheets": "SHEET", "funnels": "NAME", "tabs": "TAB"}  # what stands for a name of the owner's own
ROWS = 4
SAMPLES = {
    FieldType.DATE: lambda n: date(2026, 1, n + 1), FieldType.PAST_DATE: lambda n: date(2026, 1, n + 1),
    FieldType.BIRTHDAY: lambda n: date(1980, 3, n + 1), FieldType.MONEY: lambda n: 1000 * n, FieldType.NUMBER: lambda n: n,
    FieldType.PHONE: lambda n: f"+7 916 111-22-3{n}", FieldType.EMAIL: lambda n: f"c{n}@firm.example",
    FieldType.CONSENT: lambda n: "yes", FieldType.TOOTH: lambda n: 36, FieldType.ID: lambda n: f"K-{n}",
}  # fmt: skip


def schema_keys(schema, node=None, path=""):
    """(section, key, its JSON schema) of every key of a model and of the models within it."""
    node = node or schema
    for key, spec in node["properties"].items():
        yield path or "crm.yaml", key, spec
        for inner, step in _models(schema, spec):
            name = NAMES.get(key, "NAME") if step == "." else ""
            below = f"{path}.{key}" if path else key
            yield from schema_keys(schema, inner, f"{below}.{name}" if name else f"{below}{step}")


def _models(schema, spec):
    """The models that a key holds: itself, as items of a list ([]), as values of names (.)."""
    for option in [spec, *spec.get("anyOf", ())]:
        for part, step in ((option, ""), (option.get("items", {}), "[]"), (option.get("additionalProperties"), ".")):
            if isinstance(part, dict) and "$ref" in part:
                yield schema["$defs"][part["$ref"].rpartition("/")[2]], step


def documented(text):
    """(section, key) -> (default, meaning) of the tables of config.md."""
    found, section = {}, ""
    for line in text.splitlines():
        if line.startswith("#"):
            heading = re.fullmatch(r"#+ `([^`]+)`", line)
            section = heading[1] if heading else ""
        elif section and (row := re.fullmatch(r"\| `([^`]+)` \| (.*?) \| (.*) \|", line)):
            found[section, row[1]] = (row[2], row[3])
    return found


def examples(text):
    """The YAML examples of a page."""
    return re.findall(r"^```yaml\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


def make_workbook(config, folder: Path):
    """A workbook, and its extra sources, with the sheets and columns that a configuration states; returns sheet -> field -> letters."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    placed = {}
    for name in config.sheets or {}:
        settings = _resolved(name, config.sheets)
        rows, placed[name] = _sheet(config, settings)
        if settings.file:
            with (folder / settings.file).open("w", newline="", encoding="utf-8") as handle:
                csv.writer(handle).writerows(rows)
            continue
        sheet = book.create_sheet(name)
        for number, row in enumerate(rows, settings.header_row or 1):
            for column, value in enumerate(row, 1):
                sheet.cell(number, column, value)
    if not book.sheetnames:
        book.create_sheet("Sheet").append(["nothing"])
    (folder / config.workbook).parent.mkdir(exist_ok=True)
    book.save(folder / config.workbook)
    return placed


def _sheet(config, settings):
    """Rows of a sheet, header first, and the letters of its stated columns."""
    if not settings.columns:
        headers = ["Client ID", "Client", "Phone", "E-mail", "Birthday"]
        rows = [
            [f"K-{n}", f"Client {n}", f"(426) 555-010{n}", f"c{n}@firm.example", date(1980, 3, n)] for n in range(1, 5)
        ]
        return [headers, *rows], {}
    trade = template(config.template or "base")
    lettered = {place: name for name, place in settings.columns.items() if re.fullmatch("[A-Z]{1,3}", place)}
    width = max([len(settings.columns), *(column_index_from_string(place) for place in lettered)])
    columns, letters = [], {}
    others = iter(name for name, place in settings.columns.items() if place not in lettered)
    for index in range(width):
        letter = get_column_letter(index + 1)
        name = lettered.get(letter) or next(others, None)
        if name is None:  # a column that the configuration leaves alone
            columns.append((f"Zz{index}", trade.cards["client"].fields["note"], "", "own"))
            continue
        card, field = fields_named(name, trade, tuple(settings.card))[0]
        spec = trade.cards[card].fields[field]
        header = spec.label.say(config.language) if name in lettered.values() else settings.columns[name]
        columns.append((header, spec, card, field))
        letters[name] = letter
    body = [[_value(config, spec, card, field, n) for _, spec, card, field in columns] for n in range(1, ROWS + 1)]
    return [[header for header, *_ in columns], *body], letters


def _value(config, spec, card, field, n):
    if spec.type == FieldType.STAGE:
        return next(
            (stage for funnel in config.funnels.values() if funnel.card == card for stage in funnel.stages), "New"
        )
    if spec.type == FieldType.LINK:
        return f"K-{n}"
    if spec.type == FieldType.NAME and field == "manager":
        return "Jordan"
    return SAMPLES.get(spec.type, lambda n: f"{field} {n}")(n)
