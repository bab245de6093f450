"""`export ...`: a part of the base as a file of its own. What it does stands elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sheets_crm.cli.shell import AsJson, Config, Language, Quiet, Today, app, print_json, print_text, speak
from sheets_crm.words import say

export_app = typer.Typer(no_args_is_help=True, help="A part of the base as a workbook of its own.")
app.add_typer(export_app, name="export")


@export_app.callback()
def export() -> None:
    """A part of the base as a workbook of its own."""


@export_app.command("tasks")
def export_tasks(
    manager: Annotated[str, typer.Option(metavar="NAME", help="Whose tasks: a manager's name or alias.")],
    config: Config = None, to: Annotated[Path | None, typer.Option(metavar="FILE", help="Where to; beside the workbook by default.")] = None,
    today: Today = None, as_json: AsJson = False, lang: Language = None, quiet: Quiet = False,
) -> None:  # fmt: skip
    """Write one manager's tasks, and nothing else, into a new workbook; the export is noted."""
    from sheets_crm.sync import export_tasks as exporting

    voice = speak(lang)
    target = to.absolute() if to is not None else None
    done = exporting.export_tasks(config, manager, target, today=today, on_language=voice.hear)
    if as_json:
        print_json({"manager": done.manager, "path": str(done.path), "tasks": done.tasks})
    else:
        values = {"n": done.tasks, "manager": done.manager, "path": str(done.path)}
        print_text(say("export.done", voice.lang, **values), quiet=quiet)
