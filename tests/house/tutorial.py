"""Plays a page of the tutorial as its reader would: files are written, commands typed, cells filled in, outputs compared.

A page's ```yaml that begins with `# crm.yaml` is that file; ```sh are commands, and the ```text after them is what they
print, `…` standing for anything. What hands do in the workbook stands in comments: <!-- cell: Sheet!A1 = value --> and
<!-- row: Tasks | Client = Anna | Status = Done -->.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import openpyxl
from typer.testing import CliRunner

from sheets_crm.cli.app import app
from sheets_crm.cli.shell import Now
from sheets_crm.cli.voice import Voice

_PIECES = re.compile(r"^( *)```(\w+)\n(.*?)^ *```$|<!-- (cell|row): (.*?) -->", re.DOTALL | re.MULTILINE)


@dataclass
class Played:
    """What was done. shown: (what the page says, what came), for every output."""

    shown: list[tuple[str, str]] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)


def play(page: str, folder: Path) -> Played:
    """All of a page, from its first line to its last, in a folder."""
    played, came = Played(), None
    for indent, kind, body, hand, deed in _PIECES.findall(page):
        text = re.sub(rf"^{indent}", "", body, flags=re.MULTILINE)
        if hand:
            HANDS[hand](folder, deed)
        elif kind == "yaml" and text.startswith("# crm.yaml"):
            (folder / "crm.yaml").write_text(text, "utf-8")
        elif kind == "sh":
            lines = [line for line in text.splitlines() if line.startswith("sheets-crm ")]
            came = "".join(typed(line, folder) for line in lines)
            played.commands += lines
        elif kind == "text" and came is not None:
            played.shown.append((text, came))
            came = None
    return played


def typed(line: str, folder: Path) -> str:
    """What a command prints. A page shows none that goes wrong."""
    words = [word.strip() for word in shlex.split(line.partition("  #")[0])]
    Now.voice = Voice()
    done = CliRunner().invoke(app, words[1:], catch_exceptions=False)
    assert done.exit_code in {0, 1}, (line, done.output)
    return done.output.replace(str(folder), "…")


def cell(folder: Path, deed: str) -> None:
    place, _, value = deed.partition(" = ")
    sheet, _, address = place.partition("!")
    book = openpyxl.load_workbook(_book(folder))
    book[sheet][address] = _meant(value)
    book.save(_book(folder))


def row(folder: Path, deed: str) -> None:
    sheet, *said = (part.strip() for part in deed.split(" | "))
    pairs = [part.partition(" = ")[::2] for part in said]
    book = openpyxl.load_workbook(_book(folder))
    page = book[sheet]
    heads = {one.value: one.column for one in page[1]}
    (head, wanted), *filled = pairs
    (number,) = [n for n in range(2, page.max_row + 1) if page.cell(n, heads[head]).value == wanted]
    for name, value in filled:
        page.cell(number, heads[name]).value = _meant(value)
    book.save(_book(folder))


def _meant(text: str) -> object:
    """A day as a day, as Excel takes it when somebody types one."""
    return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else text


HANDS = {"cell": cell, "row": row}


def _book(folder: Path) -> Path:
    return next(folder.glob("*.xlsx"))


def agrees(told: str, came: str) -> bool:
    """Is that what came? `…` is anything within a line, and on a line of its own any number of lines."""
    lines = [re.escape(line).replace("…", ".*") + "\n" for line in _lines(told)]
    pattern = "".join(r"(?:.*\n)*?" if line == ".*\n" else line for line in lines)
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in _lines(came))) is not None


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip("\n").splitlines()]
