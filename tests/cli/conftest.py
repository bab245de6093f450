"""The command line called in this process, and small set-ups for it to fail on."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import openpyxl
import pytest

from sheets_crm.cli import main
from sheets_crm.sync.logfile import PrivateFile

DAY = "2026-03-16"
CONFIG = """\
workbook: book.xlsx
language: ru
sheets:
  Клиенты:
    card: client
    columns: {name: Клиент, phone: Телефон, email: Почта, manager: Менеджер}
  Сделки:
    card: deal
    columns: {id: "№", client: Клиент, stage: Этап, amount: Сумма, offer_date: Дата КП, invoice_date: Дата счёта, due_date: Срок, paid_amount: Оплачено}
"""
CLIENTS = [
    ("Клиент", "Телефон", "Почта", "Менеджер"),
    ("Ромашка", "8 912 345-67-89", "romashka@mail.ru", "Анна"),
    ("Василёк", "+7 (495) 111-22-33", "vasilek@mail.ru", "Иван"),
    ("Лютик", "12-34", "lutik", "Анна"),
]
DEALS = [
    ("№", "Клиент", "Этап", "Сумма", "Дата КП", "Дата счёта", "Срок", "Оплачено"),
    (1, "Ромашка", "КП отправлено", 120000, "2026-03-01", None, None, None),
    (2, "Василёк", "Счёт выставлен", 50000, None, "2026-02-20", "2026-03-01", 20000),
    (3, "Лютик", "Оплачено", 7000, None, "2026-02-01", "2026-02-10", 7000),
]


@dataclass
class Said:
    """What a command left behind."""

    code: int
    out: str
    err: str


class Desk:
    """A folder with a workbook and its configuration, and the program at hand."""

    def __init__(self, folder: Path, capsys, monkeypatch):
        self.folder, self._capsys, self._monkeypatch = folder, capsys, monkeypatch
        self.book, self.config = folder / "book.xlsx", folder / "crm.yaml"
        self.config.write_text(CONFIG, "utf-8")
        save(self.book, {"Клиенты": CLIENTS, "Сделки": DEALS})

    def run(self, *words: str, lang: str | None = None, today: str | None = DAY, config: bool = True) -> Said:
        """One call of the program; words[0] is the command."""
        more = ["--lang", lang] if lang else []
        more += ["--today", today] if today and words[0] in {"sync", "plan", "check", "why", "find", "card"} else []
        if config:
            by_option = words[0] in {"why", "find", "card"}
            more += ["--config", str(self.config)] if by_option else [str(self.config)]
        return self.call(*words, *more)

    def call(self, *arguments: str) -> Said:
        self._monkeypatch.setattr(sys, "argv", ["sheets-crm", *arguments])
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main()
        told = self._capsys.readouterr()
        return Said(int(left.value.code or 0), told.out, told.err)

    def write(self, text: str) -> None:
        self.config.write_text(text, "utf-8")

    def files(self) -> dict[str, str]:
        """Every file of the owner's and its digest: all but our state folder."""
        return {
            str(path.relative_to(self.folder)): digest(path)
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and ".sheets-crm" not in path.parts
        }


def digest(path: Path) -> str:
    """Of the file's bytes; read past `Path.open`, which tests replace."""
    with open(path, "rb") as file:  # noqa: PTH123
        return sha256(file.read()).hexdigest()


def save(path: Path, sheets: dict[str, list[tuple]]) -> Path:
    """A workbook with these rows."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


@pytest.fixture
def desk(tmp_path, capsys, monkeypatch):
    for name in ("SHEETS_CRM_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "firm"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield Desk(folder, capsys, monkeypatch)
    for handler in list(logging.getLogger("sheets_crm").handlers):
        if isinstance(handler, PrivateFile):
            logging.getLogger("sheets_crm").removeHandler(handler)
            handler.close()


@pytest.fixture(autouse=True)
def _here():
    before = Path.cwd()
    yield
    os.chdir(before)
