"""`reassign`: tasks of one person become another's. What it does stands elsewhere; how results read, in `text_handover`."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from sheets_crm.cli.shell import AsJson, Config, Language, Quiet, Today, app, print_json, print_text, speak
from sheets_crm.cli.voice import WrongUsage

ENDINGS = (".md", ".txt")


def _until(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise WrongUsage("calendar.usage.until", seen=text) from None


def _file(text: str) -> Path:
    path = Path(text)
    if path.suffix.lower() not in ENDINGS:
        raise WrongUsage("calendar.usage.file", seen=text)
    return path


@app.command()
def reassign(
    who: Annotated[str, typer.Argument(metavar="FROM", help="Whose tasks: a manager's name or alias.")],
    to: Annotated[str, typer.Argument(metavar="TO", help="Who does them now.")],
    config: Config = None,
    client: Annotated[list[str] | None, typer.Option("--client", help="Only the tasks of this client (name, number, phone); may be repeated.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="The tasks of all clients.")] = False,
    until: Annotated[date | None, typer.Option("--until", parser=_until, metavar="YYYY-MM-DD", help="The last day; for good by default.")] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Take such a hand-over back.")] = False,
    file: Annotated[Path | None, typer.Option("--file", parser=_file, metavar="FILE", help="Write the brief there as well (.md or .txt).")] = None,
    today: Today = None, as_json: AsJson = False, lang: Language = None, quiet: Quiet = False,
) -> None:  # fmt: skip
    """Hand a manager's tasks to another one, in crm.yaml, and print what they must know."""
    voice = speak(lang)
    if bool(client) == everything:
        raise WrongUsage("calendar.usage.whose")
    if until is not None and until < (today or date.today()):  # noqa: DTZ011 - the day where the command is typed
        raise WrongUsage("calendar.usage.past", date=until)
    from sheets_crm.cli import text_handover
    from sheets_crm.sync import handover

    asked = handover.Asked(who, to, tuple(client or ()), until, undo)
    done = handover.reassign(config, asked, today=today, lang=voice.asked, on_language=voice.hear)
    if file is not None:
        handover.save(file, text_handover.brief(done, markdown=file.suffix.lower() == ".md") + "\n")
    if as_json:
        print_json(done.json())
    else:
        print_text(text_handover.handed(done), quiet=quiet)
