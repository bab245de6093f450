"""Looking for the workbook through folders: the owner's home and nothing outside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

from sheets_crm.errors import OwnerError
from sheets_crm.wizard.draft import Draft
from sheets_crm.wizard.reading import Reader
from sheets_crm.wizard.shapes import Action, Cell, Given, Screen, Table
from sheets_crm.wizard.step import Answered, World
from sheets_crm.wizard.steps.asked import screen, told
from sheets_crm.wizard.steps.choosing import may_be_written, with_file
from sheets_crm.wizard.steps.places import inside, is_within, is_workbook
from sheets_crm.words import Lang, say, show

_LOOK, _PICK = "look:", "pick:"  # what buttons say, with a path from home
_MOST = 200  # entries of a folder shown


class FolderPart:
    """One folder at a time: folders to go into, workbooks to take."""

    def __init__(self, reader: Reader, world: World) -> None:
        self._reader = reader
        self._home = world.home

    def title(self, lang: Lang) -> str:
        """See `Part`."""
        return say("setup.folder.title", lang)

    def screen(self, part: str, draft: Draft, wrong: Mapping[str, str], lang: Lang) -> Screen:
        """See `Part`."""
        folder = self._here(draft)
        try:
            rows = tuple(self._rows(folder, lang))
        except OSError:
            wrong = wrong or {"": say("setup.folder.denied", lang, path=self._told(folder))}
            rows = tuple(self._above(folder, lang))
        title = say("setup.folder.here", lang, path=self._told(folder))
        headers = tuple(say(f"setup.folder.{name}", lang) for name in ("name", "changed", "do"))
        note = say("setup.folder.more", lang, n=_MOST) if len(rows) >= _MOST else ""
        table = Table(title, headers, rows, note=note, empty=say("setup.folder.empty", lang))
        intro = say("setup.folder.intro", lang)
        return screen(part, self.title(lang), (table,), lang, wrong=wrong, intro=intro)

    def answer(self, draft: Draft, given: Given, action: str, lang: Lang) -> Answered:
        """See `Part`."""
        del given
        if action.startswith(_LOOK):
            folder = self._inside_home(action.removeprefix(_LOOK))
            if folder is None or not folder.is_dir():
                return Answered(draft, {"": say("setup.folder.gone", lang)})
            notes = {**draft.notes, "folder": folder.relative_to(self._home).as_posix()}
            return Answered(draft.model_copy(update={"notes": notes}), stay=True)
        if action.startswith(_PICK):
            path = self._inside_home(action.removeprefix(_PICK))
            if path is None or not is_workbook(path):
                return Answered(draft, {"": say("setup.folder.gone", lang)})
            return self._picked(draft, path, lang)
        if draft.workbook and is_within(Path(draft.workbook), self._home):
            return Answered(draft)
        return Answered(draft, {"": say("setup.folder.pick_one", lang)})

    def _picked(self, draft: Draft, path: Path, lang: Lang) -> Answered:
        try:
            may_be_written(path)
            chosen = with_file(draft, path)
            self._reader.book(chosen)
        except OwnerError as error:
            return Answered(draft, {"": told(error, lang)})
        return Answered(chosen)

    def _here(self, draft: Draft) -> Path:
        return self._inside_home(str(draft.notes.get("folder", "."))) or self._home

    def _inside_home(self, below: str) -> Path | None:
        """A path that a button named, if it lies in the owner's home, links followed; None for any other."""
        if "\0" in below:
            return None
        path = self._home / below
        hidden = any(name.startswith(".") for name in Path(below).parts if name not in {".", ".."})
        return path if ".." not in Path(below).parts and not hidden and is_within(path, self._home) else None

    def _rows(self, folder: Path, lang: Lang) -> Iterator[tuple[str | Cell, ...]]:
        yield from self._above(folder, lang)
        folders, books = inside(folder)
        for path in folders[:_MOST]:
            if is_within(path, self._home):
                yield path.name, "", self._button(_LOOK, path, say("setup.folder.open", lang, name=path.name))
        for path in books[: max(0, _MOST - len(folders))]:
            changed = show(date.fromtimestamp(path.stat().st_mtime), lang)  # noqa: DTZ012 - the owner's own days
            draft_name = say("setup.folder.take", lang, name=path.name)
            yield path.name, changed, self._button(_PICK, path, draft_name)

    def _above(self, folder: Path, lang: Lang) -> Iterator[tuple[str | Cell, ...]]:
        if folder != self._home and is_within(folder.parent, self._home):
            yield say("setup.folder.up", lang), "", self._button(_LOOK, folder.parent, say("setup.folder.up_do", lang))

    def _button(self, kind: str, path: Path, label: str) -> Cell:
        return Cell("", action=Action(f"{kind}{path.relative_to(self._home).as_posix()}", label))

    def _told(self, folder: Path) -> str:
        below = folder.relative_to(self._home)
        return "~" if below == Path() else str(Path("~") / below)
