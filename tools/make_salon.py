"""Makes the tutorial's workbooks (docs/tutorial/): an invented salon with a little mess, in both languages.

Deterministic: the same bytes every time. Its words and rows stand in tools/salon.yaml.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import xlsxwriter
import yaml

ROOT = Path(__file__).resolve().parent.parent
TODAY = date(2026, 3, 16)
_AGO = ("Offer date", "Due date", "Closed", "Дата КП", "Срок оплаты", "Закрыто")
_WIDTHS = (22, 24, 16, 14, 14, 14, 12, 12)


def main(folder: Path) -> None:
    """Write both workbooks."""
    for words in yaml.safe_load((ROOT / "tools" / "salon.yaml").read_text("utf-8")).values():
        make(words, folder / words["file"])


def make(words: Mapping[str, Any], target: Path) -> None:
    """One workbook."""
    with xlsxwriter.Workbook(str(target)) as book:
        book.set_properties({"author": "Salon", "created": datetime(2026, 3, 16)})  # noqa: DTZ001 - as the file has it
        bold = book.add_format({"bold": True, "bg_color": "#FDE9F0", "bottom": 1})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for sheet in (words["clients"], words["packages"]):
            page = book.add_worksheet(sheet["title"])
            page.freeze_panes(1, 1)
            for column, width in zip(range(len(sheet["head"])), _WIDTHS, strict=False):
                page.set_column(column, column, width)
            page.write_row(0, 0, sheet["head"], bold)
            for number, row in enumerate(sheet["rows"], 1):
                for column, (head, value) in enumerate(zip(sheet["head"], row, strict=True)):
                    _write(page, number, column, _meant(head, value), day)


def _meant(head: str, value: Any) -> Any:
    """Days ago as a day."""
    return TODAY - timedelta(days=value) if head in _AGO and isinstance(value, int) else value


def _write(page: Any, row: int, column: int, value: Any, day: Any) -> None:
    if isinstance(value, date):
        page.write_datetime(row, column, datetime(value.year, value.month, value.day), day)  # noqa: DTZ001
    elif isinstance(value, (int, float)):
        page.write_number(row, column, value)
    elif value is not None:
        page.write_string(row, column, value)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "tutorial")
