"""The second half of the conversation, played by tests: a demo workbook in a folder, and its owner who fills in forms."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from openpyxl import Workbook

from sheets_crm import data
from sheets_crm.wizard.conversation import Conversation
from sheets_crm.wizard.draft import Draft
from sheets_crm.wizard.drafts import Drafts
from sheets_crm.wizard.shapes import Screen
from sheets_crm.wizard.step import World
from sheets_crm.wizard.steps.second_half import second_half

TODAY = data.DEMO_TODAY
ROOT = Path(__file__).resolve().parent.parent.parent
SHARED = Path(os.environ.get("SHEETS_CRM_SHARED") or ROOT.parent / "shared")
PARTS = ("managers", "managers/roles", "rules", "preview", "timetable", "finish")
BOOKS = sorted((SHARED / "data" / "books").glob("*.xlsx"))


@dataclass
class Later:
    """Work that waits until it is told to go on."""

    work: list = field(default_factory=list)

    def __call__(self, work):
        self.work.append(work)

    def go(self):
        while self.work:
            self.work.pop(0)()


class Owner:
    """Somebody at the screens of one workbook."""

    def __init__(self, folder, workbook, lang="ru", *, today=TODAY, settings=None, notes=None, at="managers", **world):
        self.folder = folder
        self.workbook = folder / workbook.name
        if self.workbook != workbook:
            shutil.copyfile(workbook, self.workbook)
        self.config = folder / "crm.yaml"
        self.world = World(folder, folder.parent / "drafts", {}, **world)
        self.drafts = Drafts(self.world.drafts)
        draft = Draft(
            language=lang,
            workbook=str(self.workbook),
            config=str(self.config),
            settings=settings or {},
            notes=notes or {},
            here=at,
            done=PARTS[: PARTS.index(at)],
        )
        self.conversation = Conversation(second_half(None, self.world, today), self.drafts, draft)

    @property
    def screen(self) -> Screen:
        return self.conversation.screen()

    @property
    def settings(self):
        return self.conversation.draft.settings

    @property
    def texts(self):
        return told(self.screen)

    def answer(self, action="next", **changes):
        """Press a button with the form as it stands, but for these fields (None: not sent)."""
        return self.send(form(self.screen) | changes, action)

    def send(self, given, action="next"):
        """Press a button with exactly these fields."""
        sent = {
            name: value if isinstance(value, list) else [value] for name, value in given.items() if value is not None
        }
        return self.conversation.answer(sent, action)

    def to(self, part):
        """On to a screen, everything accepted as it is proposed."""
        while self.conversation.here != part:
            here = self.conversation.here
            assert self.answer() != here, told(self.screen)
        return self.screen

    def field(self, name):
        return next(field for field in self.screen.fields if field.name == name)

    def error(self, name):
        return self.field(name).error


def form(screen):
    """The fields as a browser would send them."""
    sent = {}
    for one in screen.fields:
        if one.kind == "many":
            sent[one.name] = list(one.values)
        elif one.kind != "check":
            sent[one.name] = [one.value]
        elif one.value:
            sent[one.name] = ["yes"]
    return sent


def told(screen):
    """All text of a screen, a line a piece."""
    lines = [screen.title, screen.intro, *(one.text for one in screen.errors)]
    for block in screen.blocks:
        lines += [getattr(block, name, "") for name in ("text", "title", "intro", "note")]
        lines += [cell if isinstance(cell, str) else cell.text for row in getattr(block, "rows", ()) for cell in row]
        lines += [part if isinstance(part, str) else part.text for pair in getattr(block, "pairs", ()) for part in pair]
        lines += [text for bar in getattr(block, "bars", ()) for text in (bar.label, bar.text)]
        lines += [text for one in getattr(block, "fields", ()) for text in (one.label, one.help, one.error, one.why)]
    return "\n".join(line for line in lines if line)


def book(path, sheets):
    """A workbook of sheets given as rows."""
    made = Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    made.save(path)
    return path


def listing(folder):
    """Every file of a folder, with its content."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def small_owner(tmp_path, names=("Анна",) * 5 + ("Марина",) * 3, **given):
    """An owner of a few clients with a manager each."""
    folder = tmp_path / "firm"
    folder.mkdir(exist_ok=True)
    rows = [["Клиент", "Телефон", "Менеджер", "Дата рождения"]]
    rows += [[f"Имя {n}", f"+7912000{n:04}", name, TODAY.replace(year=1980)] for n, name in enumerate(names)]
    return Owner(folder, book(folder / "windows.xlsx", {"Клиенты": rows}), **given)


def demo_owner(tmp_path, lang="ru", **given):
    """An owner of the demo workbook, at the first screen of the second half."""
    folder = tmp_path / "firm"
    folder.mkdir(exist_ok=True)
    return Owner(folder, data.demo_files(lang)[0], lang, **given)
