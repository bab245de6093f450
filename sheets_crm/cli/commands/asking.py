"""Commands that answer a question; they write nothing. What they do stands elsewhere; how results read, in `text`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from sheets_crm.cli.shell import AsJson, ConfigOption, Language, Today, app, print_json, print_text, run_in_words, speak
from sheets_crm.cli.voice import WrongUsage


@app.command()
def why(
    task: Annotated[str, typer.Argument(metavar="TASK", help="A task's key (hidden last column), or a part of its client's name.")],
    config: ConfigOption = None, today: Today = None, as_json: AsJson = False, lang: Language = None,
) -> None:  # fmt: skip
    """Explain a task: the rule, its condition, the values, the cell."""
    from sheets_crm.cli import text
    from sheets_crm.sync import ask, run

    result = run_in_words(run.plan, config, today, lang)
    explained = ask.why(result, task)
    if as_json:
        print_json(explained)
    else:
        print_text(text.why(explained, result.lang))


@app.command()
def find(
    wanted: Annotated[str, typer.Argument(metavar="TEXT", help="A name, phone, e-mail, number, or part of one.")],
    config: ConfigOption = None, today: Today = None, as_json: AsJson = False, lang: Language = None,
) -> None:  # fmt: skip
    """Find cards by a piece of text."""
    from sheets_crm.cli import text
    from sheets_crm.sync import ask, run

    result = run_in_words(run.plan, config, today, lang)
    found = ask.find(result, wanted)
    if as_json:
        print_json(found)
    else:
        print_text(text.found(found, wanted, result.lang, result.opened.template))


@app.command()
def card(
    client: Annotated[str, typer.Argument(metavar="CLIENT", help="A client's name, number, phone or e-mail, or part of one.")],
    config: ConfigOption = None, today: Today = None, as_json: AsJson = False, lang: Language = None,
) -> None:  # fmt: skip
    """Show everything about one client."""
    from sheets_crm.cli import text
    from sheets_crm.sync import ask, run

    result = run_in_words(run.plan, config, today, lang)
    shown = ask.card(result, client)
    if as_json:
        print_json(shown)
    else:
        print_text(text.card(shown, result.lang, result.opened.template))


@app.command()
def guess(
    workbook: Annotated[str, typer.Argument(metavar="WORKBOOK", help="A workbook or export, with or without a configuration.")],
    country: Annotated[str, typer.Option(help="Country of phones and dates (RU, KZ, BY, US, GB ...).")] = "RU",
    as_json: AsJson = False, lang: Language = None,
) -> None:  # fmt: skip
    """Propose which sheet and column is what; needs no configuration, writes nothing."""
    from sheets_crm.cli import text
    from sheets_crm.sync import ask

    voice = speak(lang)
    if not re.fullmatch(r"[A-Z]{2}", country.upper()):
        raise WrongUsage("cli.usage.country", seen=country)
    if re.match(r"https?://", workbook):
        raise WrongUsage("cli.usage.guess_file", seen=workbook)
    from sheets_crm.cards import template

    proposed = ask.guess(Path(workbook), country=country.upper())
    if as_json:
        print_json(proposed)
    else:
        print_text(text.guessed(proposed, voice.lang, template("base")))
