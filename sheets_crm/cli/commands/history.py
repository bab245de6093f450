"""`history`: what happened to the base, or to one client. What it does stands elsewhere; how it reads, in `text_history`."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any

import typer

from sheets_crm.cli.shell import AsJson, ConfigOption, Language, app, print_json, print_text, speak
from sheets_crm.cli.voice import WrongUsage

LAST, MOST = 50, 100_000


@app.command()
def history(
    client: Annotated[str | None, typer.Argument(metavar="CLIENT", help="A client's name, number, phone or e-mail, or part of one; everybody by default.")] = None,
    config: ConfigOption = None,
    since: Annotated[str | None, typer.Option("--since", metavar="DAY", help="From that day on (YYYY-MM-DD).")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="DAY", help="Up to that day.")] = None,
    kind: Annotated[list[str] | None, typer.Option("--kind", metavar="KIND", help="change, stage, task or run; may be given several times.")] = None,
    last: Annotated[str, typer.Option("--last", metavar="N", help="At most so many.")] = str(LAST),
    gaps: Annotated[bool, typer.Option("--gaps", help="Only cards that were changed while no contact was written down.")] = False,
    as_json: AsJson = False, lang: Language = None,
) -> None:  # fmt: skip
    """Say what happened, newest first: edits, moves between stages, tasks and marks. Writes nothing, reads no workbook."""
    from sheets_crm.base.history.journal import USUAL, Question
    from sheets_crm.cli import text_history
    from sheets_crm.sync import gaps as missing
    from sheets_crm.sync import history as past

    voice = speak(lang)
    asked = Question(
        since=_day("--since", since), until=_day("--until", until), kinds=_kinds(kind) or USUAL, last=_number(last)
    )
    if gaps:
        found: Any = missing.gaps(config, asked, client=client, lang=voice.asked, on_language=voice.hear)
    else:
        found = past.history(config, asked, client=client, lang=voice.asked, on_language=voice.hear)
    if as_json:
        print_json(found.json())
    else:
        print_text(text_history.gaps(found) if gaps else text_history.history(found))


def _day(name: str, typed: str | None) -> date | None:
    if typed is None:
        return None
    try:
        day = date.fromisoformat(typed) if re.fullmatch(r"\d{4}-\d\d-\d\d", typed) else None
    except ValueError:
        day = None
    if day is None:
        raise WrongUsage("history.usage.day", name=name, seen=typed)
    return day


def _kinds(typed: list[str] | None) -> Any:
    from sheets_crm.base.history.journal import KINDS

    words = [word.strip() for part in typed or () for word in part.split(",")]
    for word in words:
        if word not in KINDS:
            raise WrongUsage("history.usage.kind", seen=word, allowed=KINDS)
    return tuple(kind for kind in KINDS if kind in words)


def _number(typed: str) -> int:
    if not re.fullmatch(r"\d{1,6}", typed) or not 1 <= int(typed) <= MOST:
        raise WrongUsage("history.usage.last", seen=typed)
    return int(typed)
