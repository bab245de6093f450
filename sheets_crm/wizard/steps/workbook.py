"""Step "workbook": which workbook it is: found on this computer, pasted, looked for, in Google, or a new one.

Its ways that need more than one question have screens of their own: folder, google, starter; so has a locked workbook.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from sheets_crm.books.google.address import spreadsheet_id
from sheets_crm.errors import OwnerError
from sheets_crm.wizard.draft import Draft
from sheets_crm.wizard.reading import Reader, check_kind, is_google
from sheets_crm.wizard.shapes import Block, Choice, Field, Fields, Given, Screen, Sentence
from sheets_crm.wizard.step import Answered, World
from sheets_crm.wizard.steps.asked import Typed, screen, told, typed
from sheets_crm.wizard.steps.choosing import may_be_written, pasted_path, with_file
from sheets_crm.wizard.steps.folder import FolderPart
from sheets_crm.wizard.steps.google import GooglePart
from sheets_crm.wizard.steps.locked import PART, LockedPart
from sheets_crm.wizard.steps.places import Found, found_workbooks
from sheets_crm.wizard.steps.starter import StarterPart
from sheets_crm.words import Lang, say, show

WAYS = ("path", "folder", "google", "starter")  # besides a workbook that was found


class Part(Protocol):
    """One of the step's further screens."""

    def title(self, lang: Lang) -> str:
        """As it stands in the navigation."""
        ...

    def screen(self, part: str, draft: Draft, wrong: Mapping[str, str], lang: Lang) -> Screen:
        """As of a step."""
        ...

    def answer(self, draft: Draft, given: Given, action: str, lang: Lang) -> Answered:
        """As of a step."""
        ...


class WorkbookStep:
    """Which workbook; the draft that comes out of it knows the workbook and where its crm.yaml is to stand."""

    id = "workbook"
    reads: frozenset[str] = frozenset()

    def __init__(self, reader: Reader, world: World, recent: Iterable[str] = ()) -> None:
        self._reader = reader
        self._world = world
        self._recent = tuple(recent)
        self._locked = LockedPart(reader)
        self._parts: Mapping[str, Part] = {
            PART: self._locked,
            "workbook/folder": FolderPart(reader, world),
            "workbook/google": GooglePart(reader, world),
            "workbook/starter": StarterPart(world),
        }
        self._found: tuple[Found, ...] | None = None

    def parts(self, draft: Draft) -> Sequence[str]:
        """The choice, a screen for the way chosen where it has one, and one about the lock of a locked workbook."""
        more = f"workbook/{draft.notes.get('way', '')}"
        parts = ("workbook", more) if more in self._parts else ("workbook",)
        return (*parts, PART) if self._locked.is_needed(draft) else parts

    def title(self, part: str, draft: Draft, lang: Lang) -> str:
        """See `Step`."""
        del draft
        return self._parts[part].title(lang) if part in self._parts else say("setup.workbook.title", lang)

    def screen(self, part: str, draft: Draft, wrong: Mapping[str, str], lang: Lang) -> Screen:
        """See `Step`."""
        if part in self._parts:
            return self._parts[part].screen(part, draft, wrong, lang)
        asked = Typed(draft, part, wrong)
        chosen = asked.value("book", self._standing(draft))
        path = asked.value("path", draft.workbook if chosen == "path" else "")
        fields = (
            Field(
                "book", say("setup.workbook.which", lang), "radio", chosen, choices=self._choices(lang), required=True,
                error=asked.error("book"),
            ),
            Field(
                "path", say("setup.workbook.path", lang), "path", path, help=say("setup.workbook.path_help", lang),
                error=asked.error("path"),
            ),
        )  # fmt: skip
        blocks: list[Block] = [Fields("", fields)]
        if draft.workbook and any(not done.startswith("workbook") for done in draft.done):
            blocks.insert(0, Sentence(say("setup.workbook.present", lang, workbook=_name(draft.workbook)), "warning"))
        intro = say("setup.workbook.intro", lang)
        return screen(part, say("setup.workbook.title", lang), blocks, lang, wrong=wrong, intro=intro, is_first=True)

    def answer(self, part: str, draft: Draft, given: Given, action: str, lang: Lang) -> Answered:
        """See `Step`."""
        if part in self._parts:
            return self._parts[part].answer(draft, given, action, lang)
        book, path = typed(given, "book"), typed(given, "path")
        if spreadsheet_id(path) is not None and "/" in path:
            google = {**draft.notes.get("google", {}), "link": path}
            return Answered(_with_way(draft, "google", google=google))
        if path and self._is_meant(draft, book, path):
            return self._opened(draft, pasted_path(path, self._world), "path", lang)
        if book in {"", "path"}:
            return Answered(draft, {"path" if book else "book": say(f"setup.workbook.wrong.no_{book or 'book'}", lang)})
        if book in WAYS:
            return Answered(_with_way(draft, book))
        if book not in {str(found.path) for found in self._workbooks()}:
            return Answered(draft, {"book": say("setup.workbook.wrong.no_book", lang)})
        return self._opened(draft, Path(book), "book", lang)

    def _is_meant(self, draft: Draft, book: str, path: str) -> bool:
        """Is the path what was meant? Who pastes one may leave the choice above it as it stood; who chooses after it, chooses."""
        if book in {"", "path"}:
            return True
        refused = draft.given.get(self.id, {})
        chosen_since = refused.get("path") == [path] and refused.get("book") != [book]
        return path != draft.workbook and book not in WAYS and not chosen_since

    def _opened(self, draft: Draft, path: Path, field: str, lang: Lang) -> Answered:
        try:
            return Answered(_with_way(opened_file(draft, path, self._reader), ""))
        except OwnerError as error:
            return Answered(draft, {field: told(error, lang)})

    def _choices(self, lang: Lang) -> tuple[Choice, ...]:
        group = say("setup.workbook.found", lang)
        found = [
            Choice(
                str(one.path), one.path.name, group=group,
                note=say("setup.workbook.found_note", lang, folder=_shown(one.path.parent, self._world.home), day=show(one.changed, lang)),
            )
            for one in self._workbooks()
        ]  # fmt: skip
        other = say("setup.workbook.other" if found else "setup.workbook.none_found", lang)
        return (*found, *(Choice(way, say(f"setup.workbook.ways.{way}", lang), group=other) for way in WAYS))

    def _workbooks(self) -> tuple[Found, ...]:
        if self._found is None:
            recent = [Path(book) for book in self._recent if book and not is_google(book)]
            self._found = found_workbooks(self._world.home, self._world.environ, recent)
        return self._found

    def _standing(self, draft: Draft) -> str:
        """What is chosen so far; at first the newest workbook."""
        found = [str(one.path) for one in self._workbooks()]
        if draft.notes.get("way"):
            return str(draft.notes["way"])
        if draft.workbook:
            return draft.workbook if draft.workbook in found else "path"
        return found[0] if found else "path"


def opened_file(draft: Draft, path: Path, reader: Reader) -> Draft:
    """The draft of this file, which was read to see that it can be. OwnerError says why it can't."""
    check_kind(path)
    may_be_written(path)
    chosen = with_file(draft, path)
    reader.book(chosen)
    return chosen


def _with_way(draft: Draft, way: str, **notes: object) -> Draft:
    return draft.model_copy(update={"notes": {**draft.notes, **notes, "way": way}})


def _shown(folder: Path, home: Path) -> str:
    try:
        return str(Path("~") / folder.relative_to(home)) if folder != home else "~"
    except ValueError:
        return str(folder)


def _name(workbook: str) -> str:
    return workbook if is_google(workbook) else Path(workbook).name
