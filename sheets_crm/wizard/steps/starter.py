"""A new workbook as the workbook: which trade, where to put it, with example rows or without."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sheets_crm.cards import template, template_texts
from sheets_crm.errors import OwnerError
from sheets_crm.wizard.draft import Draft
from sheets_crm.wizard.shapes import Choice, Field, Fields, Given, Screen
from sheets_crm.wizard.step import Answered, World
from sheets_crm.wizard.steps.asked import Typed, screen, told, typed
from sheets_crm.wizard.steps.choosing import config_beside, pasted_path, with_file
from sheets_crm.wizard.steps.places import usual_places
from sheets_crm.words import Lang, say

_SUFFIX = ".xlsx"
_FORBIDDEN = set('/\\:*?"<>|')
_LONGEST = 120


class StarterPart:
    """Makes the workbook when it is answered, and nothing before."""

    def __init__(self, world: World) -> None:
        self._world = world

    def title(self, lang: Lang) -> str:
        """See `Part`."""
        return say("setup.starter.title", lang)

    def screen(self, part: str, draft: Draft, wrong: Mapping[str, str], lang: Lang) -> Screen:
        """See `Part`."""
        asked, said = Typed(draft, part, wrong), draft.notes.get("starter", {})
        fields = (
            Field(
                "trade", say("setup.starter.trade", lang), "radio", asked.value("trade", said.get("trade", "base")),
                choices=trades(lang), error=asked.error("trade"),
            ),
            Field(
                "name", say("setup.starter.name", lang), "text",
                asked.value("name", said.get("name", say("setup.starter.name_new", lang))),
                help=say("setup.starter.name_help", lang), error=asked.error("name"), required=True,
            ),
            Field(
                "folder", say("setup.starter.folder", lang), "path", asked.value("folder", said.get("folder", str(self._folder()))),
                help=say("setup.starter.folder_help", lang), error=asked.error("folder"), required=True,
            ),
            Field(
                "examples", say("setup.starter.examples", lang), "check", asked.check("examples", holds=said.get("examples", True)),
                help=say("setup.starter.examples_help", lang),
            ),
        )  # fmt: skip
        intro = say("setup.starter.intro", lang)
        return screen(part, self.title(lang), (Fields("", fields),), lang, wrong=wrong, intro=intro)

    def answer(self, draft: Draft, given: Given, action: str, lang: Lang) -> Answered:
        """See `Part`."""
        del action
        said: dict[str, Any] = {name: typed(given, name) for name in ("trade", "name", "folder")}
        said["examples"] = bool(typed(given, "examples"))
        made = draft.notes.get("starter", {})
        if made.get("path") == draft.workbook != "" and all(made.get(name) == value for name, value in said.items()):
            return Answered(draft)  # made already, and come back to
        wrong = self._wrong(said, lang)
        folder = pasted_path(said["folder"], self._world)
        path = folder / f"{said['name'].removesuffix(_SUFFIX)}{_SUFFIX}"
        if not wrong and (path.exists() or config_beside(path).exists()):
            wrong = {"name": say("setup.starter.wrong.taken", lang, name=path.name, folder=str(folder))}
        return Answered(draft, wrong) if wrong else self._made(draft, path, said, lang)

    def _made(self, draft: Draft, path: Path, said: Mapping[str, Any], lang: Lang) -> Answered:
        from sheets_crm.wizard.starter_book import starter_sheets, write_starter

        today = datetime.now(UTC).astimezone().date()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_starter(path, said["trade"], lang, examples=said["examples"], today=today)
            chosen = with_file(draft, path)
        except OwnerError as error:
            return Answered(draft, {"folder": told(error, lang)})
        except OSError:
            return Answered(draft, {"folder": say("setup.starter.wrong.folder", lang, path=str(path.parent))})
        trade = {} if said["trade"] == "base" else {"template": said["trade"]}
        settings = {**chosen.settings, **trade, "sheets": starter_sheets(template(said["trade"]), lang)}
        notes = {**chosen.notes, "starter": {**said, "path": str(path)}}
        return Answered(chosen.model_copy(update={"settings": settings, "notes": notes}))

    def _wrong(self, said: Mapping[str, Any], lang: Lang) -> dict[str, str]:
        wrong = {}
        if said["trade"] not in template_texts():
            wrong["trade"] = say("setup.starter.wrong.trade", lang)
        if not said["name"] or set(said["name"]) & _FORBIDDEN or said["name"].startswith("."):
            wrong["name"] = say("setup.starter.wrong.name", lang)
        elif len(said["name"]) > _LONGEST:
            wrong["name"] = say("setup.starter.wrong.long", lang, n=_LONGEST)
        if not said["folder"]:
            wrong["folder"] = say("setup.starter.wrong.no_folder", lang)
        return wrong

    def _folder(self) -> Path:
        places = usual_places(self._world.home, self._world.environ)
        return places[0] if places else self._world.home


def trades(lang: Lang) -> tuple[Choice, ...]:
    """The installed templates; the one that fits any trade first."""
    names = sorted(template_texts(), key=lambda name: (name != "base", template(name).label.say(lang)))
    return tuple(Choice(name, template(name).label.say(lang)) for name in names)
