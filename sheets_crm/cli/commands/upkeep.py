"""Commands for whoever keeps the installation in order. What they do stands elsewhere; how results read, in `text`."""

from __future__ import annotations

from typing import Annotated

import typer

from sheets_crm.cli.shell import AsJson, Config, Language, app, print_json, print_text, speak
from sheets_crm.cli.voice import WrongUsage


@app.command()
def doctor(
    config: Config = None, as_json: AsJson = False, lang: Language = None,
    leaving: Annotated[str | None, typer.Option(metavar="NAME", help="A manager who leaves: what is theirs, and what to do.")] = None,
) -> None:  # fmt: skip
    """Check the workbook, its configuration and the state folder; say what to mend. Or: what to do when a manager leaves."""
    from sheets_crm.cli import text
    from sheets_crm.sync import doctor as examine

    voice = speak(lang)
    if leaving is not None:
        _leaving(config, leaving, as_json=as_json)
        return
    findings = examine.examine(config, on_language=voice.hear)
    if as_json:
        print_json([finding.json(voice.lang) for finding in findings])
    else:
        print_text(text.findings(findings, voice.lang))
    worst = max((finding.exit_code for finding in findings), default=0)
    if worst:
        raise typer.Exit(worst)


def _leaving(config: str | None, manager: str, *, as_json: bool) -> None:
    from sheets_crm.cli import text_leaving
    from sheets_crm.cli.shell import Now
    from sheets_crm.sync import leaving

    found = leaving.leaving(config, manager, on_language=Now.voice.hear)
    if as_json:
        print_json(found.json(Now.voice.lang))
    else:
        print_text(text_leaving.checklist(found, Now.voice.lang))


@app.command()
def schema(
    what: Annotated[str, typer.Argument(metavar="WHAT", help="config, template or rules")],
    lang: Language = None,
) -> None:
    """Print a JSON Schema, for editors."""
    from sheets_crm.sync import schemas

    speak(lang)
    if what not in schemas.KINDS:
        raise WrongUsage("cli.usage.choice", name="schema", seen=what, allowed=schemas.KINDS)
    print_json(schemas.schema(what))
