"""What tools/bench.py measures besides the program itself, each in a process of its own: `python tools/bench_child.py WHAT ARGUMENTS`.

Prints one JSON line; `cpu` in it is the CPU seconds of the work alone, without the start of the interpreter.
"""

from __future__ import annotations

import contextlib
import io
import json
import statistics
import sys
import time
from datetime import date, datetime
from pathlib import Path
from typing import Any


def floor(book: str, copy: str) -> dict[str, Any]:
    """Reading every cell with calamine and copying the file's members as they are: no program can do with less."""
    start = time.process_time()
    from bench_zip import copy_all
    from python_calamine import CalamineWorkbook

    workbook = CalamineWorkbook.from_path(book)
    rows = sum(len(workbook.get_sheet_by_index(n).to_python()) for n in range(len(workbook.sheet_names)))
    copy_all(Path(book), Path(copy))
    return {"cpu": time.process_time() - start, "rows": rows}


def openpyxl(book: str, saved: str, day: str) -> dict[str, Any]:
    """What a user would write: load, a model a row, two rules, a Tasks sheet, save."""
    start = time.process_time()
    from openpyxl import load_workbook
    from pydantic import ValidationError

    workbook = load_workbook(book)
    sheet = workbook.worksheets[0]
    model = _model()
    today, tasks, problems = date.fromisoformat(day), [], 0
    for number, values in enumerate(sheet.iter_rows(min_row=2, values_only=True), 2):
        try:
            row = model(**dict(zip(model.model_fields, values, strict=False)))
        except ValidationError:
            problems += 1
            continue
        if row.offer_date and (today - row.offer_date).days >= 3:
            tasks.append((number, row.name, row.phone, (today - row.offer_date).days))
        elif row.paid is not None and row.amount and row.paid < row.amount:
            tasks.append((number, row.name, row.phone, row.amount - row.paid))
    written = workbook.create_sheet("Tasks")
    for task in tasks:
        written.append(task)
    workbook.save(saved)
    return {"cpu": time.process_time() - start, "tasks": len(tasks), "problems": problems}


def _model() -> Any:
    from pydantic import BaseModel, field_validator

    class Row(BaseModel):
        id: float
        name: str
        phone: str | None = None
        manager: str | None = None
        stage: str | None = None
        amount: float | None = None
        created: date | None = None
        offer_date: date | None = None
        paid: float | None = None
        next_step_date: date | None = None
        email: str | None = None
        city: str | None = None
        source: str | None = None
        birthday: date | None = None
        consent: str | None = None
        invoice_date: date | None = None
        due_date: date | None = None
        last_purchase: date | None = None
        lost_reason: str | None = None
        note: str | None = None

        @field_validator("created", "offer_date", "next_step_date", "birthday", mode="before")
        @classmethod
        def _day(cls, value: object) -> object:
            return value.date() if isinstance(value, datetime) else value

        @field_validator("phone")
        @classmethod
        def _digits(cls, value: str | None) -> str | None:
            digits = "".join(char for char in value or "" if char.isdigit())
            return "+7" + digits[-10:] if len(digits) in {10, 11} else None

    return Row


def resync(config: str, day: str) -> dict[str, Any]:
    """An unchanged re-sync in a process that already ran one, as the daemon does it: the median of five."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from sheets_crm.cli import main

    def once() -> float:
        sys.argv = ["sheets-crm", "sync", config, "--today", day, "--quiet"]
        start = time.process_time()
        with contextlib.redirect_stdout(io.StringIO()):
            try:
                code = main()
            except SystemExit as end:
                code = end.code
        if code:
            raise RuntimeError(code)
        return time.process_time() - start

    once()
    return {"cpu": statistics.median(once() for _ in range(5))}


if __name__ == "__main__":
    work = {"floor": floor, "openpyxl": openpyxl, "resync": resync}[sys.argv[1]]
    print(json.dumps(work(*sys.argv[2:])))
