"""The owner's pages over the demo firm, in both languages; work beside them is done at once."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import openpyxl
import pytest

from sheets_crm.data import DEMO_TODAY
from sheets_crm.sync import demo
from sheets_crm.wizard.pages import Desk, OwnerPages
from sheets_crm.wizard.shapes import Block, Cell, Facts, Field, Screen, Sentence, Table
from sheets_crm.words import LANGS, Lang


@dataclass
class Owner:
    """An owner before the pages of a configuration."""

    folder: Path
    lang: Lang
    desk: Desk
    pages: OwnerPages

    @property
    def book(self) -> Path:
        return next(self.folder.glob("*.xlsx"))

    @property
    def config(self) -> Path:
        return self.folder / "crm.yaml"

    def see(self, path: str, **query: str) -> Screen:
        shown = self.pages.screen(path, query, self.lang)
        assert shown is not None
        return shown

    def press(self, path: str, action: str, **given: str | list[str]):
        typed = {name: [value] if isinstance(value, str) else value for name, value in given.items()}
        return self.pages.act(path, typed, action, self.lang)

    def again(self) -> Owner:
        """The same after the program was started anew."""
        return owner_of(self.folder, self.lang)

    def files(self) -> dict[str, str]:
        """All files and what is in them."""
        paths = [path for path in self.folder.rglob("*") if path.is_file()]
        return {str(path.relative_to(self.folder)): sha256(path.read_bytes()).hexdigest() for path in paths}


def at_once(work) -> None:
    work()


def owner_of(folder: Path, lang: Lang, later=at_once) -> Owner:
    desk = Desk(folder / "crm.yaml", today=DEMO_TODAY, later=later, patience_s=0)
    return Owner(folder, lang, desk, OwnerPages(desk))


@contextmanager
def editing(path: Path) -> Iterator[openpyxl.Workbook]:
    """The workbook as somebody edits and saves it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the library forgets what it does not know
        book = openpyxl.load_workbook(path)
        yield book
        book.save(path)
        book.close()


@pytest.fixture(scope="session")
def firms(tmp_path_factory) -> dict[Lang, Path]:
    """The demo, synced once in each language."""
    folders = {lang: tmp_path_factory.mktemp(f"firm-{lang}") for lang in LANGS}
    for lang, folder in folders.items():
        demo.run(folder, lang)
    return folders


@pytest.fixture(scope="session")
def readers(firms) -> dict[Lang, Owner]:
    """Owners who only look, so that each base is read once for all tests."""
    return {lang: owner_of(firms[lang], lang) for lang in LANGS}


@pytest.fixture(params=LANGS)
def reader(request, readers) -> Owner:
    return readers[request.param]


@pytest.fixture
def owner(firms, tmp_path) -> Owner:
    """One who may change things: the Russian firm in a folder of its own."""
    shutil.copytree(firms["ru"], tmp_path / "firm")
    return owner_of(tmp_path / "firm", "ru")


def blocks(screen: Screen, kind: type[Block]) -> list:
    return [block for block in screen.blocks if isinstance(block, kind)]


def tables(screen: Screen) -> list[Table]:
    return blocks(screen, Table)


def fields(screen: Screen) -> dict[str, Field]:
    return {field.name: field for field in screen.fields}


def text(cell: str | Cell) -> str:
    return cell.text if isinstance(cell, Cell) else cell


def cells(screen: Screen) -> list[Cell]:
    """All cells that are more than text."""
    found = [cell for table in tables(screen) for row in table.rows for cell in row]
    found += [value for facts in blocks(screen, Facts) for _, value in facts.pairs]
    return [cell for cell in found if isinstance(cell, Cell)]


def links(screen: Screen) -> list[str]:
    return [cell.href for cell in cells(screen) if cell.href]


def told(screen: Screen) -> str:
    """Everything on the screen, as one text."""
    said = [one.text for one in (*blocks(screen, Sentence), *screen.errors)]
    said += [text(cell) for table in tables(screen) for row in table.rows for cell in row]
    said += [part for table in tables(screen) for part in (table.title, *table.headers, table.note, table.empty)]
    said += [part for facts in blocks(screen, Facts) for name, value in facts.pairs for part in (name, text(value))]
    return "\n".join([screen.title, *said])
