"""A conversation ready to be held: all its steps over the draft that was left last, or over a crm.yaml that is edited."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from sheets_crm.wizard.conversation import Conversation
from sheets_crm.wizard.draft import Draft
from sheets_crm.wizard.drafts import Drafts
from sheets_crm.wizard.reading import Reader, is_google
from sheets_crm.wizard.step import Step, World
from sheets_crm.wizard.steps import first_half
from sheets_crm.wizard.steps.choosing import begun, settings_of
from sheets_crm.words import Lang

LAST = ("preview", "first_sync", "finish")  # steps that are walked through again when a crm.yaml is edited


def conversation(world: World, *, lang: Lang, config: Path | None = None, fresh: bool = False) -> Conversation:
    """The conversation. config: of a crm.yaml to edit. fresh: what was left unfinished is not taken up again.

    ConfigError: the crm.yaml can't be read.
    """
    drafts, reader = Drafts(world.drafts), Reader()
    left = None if fresh else drafts.newest()
    steps = all_steps(reader, world, [left.workbook] if left is not None else [])
    if config is None:
        draft = left if left is not None else Draft(language=lang)
        return Conversation(steps, drafts, draft.model_copy(update={"language": lang}))
    editing = config.absolute()
    if left is not None and left.config == str(editing):
        return Conversation(steps, drafts, left.model_copy(update={"language": lang}))
    started = Conversation(steps, drafts, edited(editing, lang))
    started.settle(but=LAST)
    return started


def all_steps(reader: Reader, world: World, recent: list[str]) -> tuple[Step, ...]:
    """Both halves of the conversation."""
    second = "sheets_crm.wizard.steps.second_half"
    more = import_module(second).second_half(reader, world) if find_spec(second) is not None else ()
    return (*first_half(reader, world, recent), *more)


def edited(config: Path, lang: Lang) -> Draft:
    """The draft of a crm.yaml that is there. ConfigError: it can't be read."""
    settings = settings_of(config)
    stated = str(settings.get("workbook") or "")
    workbook = stated if is_google(stated) else str((config.parent / Path(stated).expanduser()).absolute())
    return begun(Draft(language=lang), workbook if stated else "", config, settings)
