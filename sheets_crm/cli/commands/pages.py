"""`pages`: the owner's pages in a browser of this computer. What they show stands in `wizard.pages`, how, in `wizard.web`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from sheets_crm.cli.shell import Config, Language, Quiet, Today, app, print_text, speak

if TYPE_CHECKING:
    from sheets_crm.wizard.shapes import Sentence, Tone
    from sheets_crm.words import Lang


@app.command()
def pages(
    config: Config = None, today: Today = None, lang: Language = None, quiet: Quiet = False,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open them in the browser, or only say the address.")] = True,
) -> None:  # fmt: skip
    """Show how it stands in a browser: tasks, clients, problems, rules, copies, history. Until Ctrl-C."""
    from contextlib import suppress

    from sheets_crm.daemon.settings import watched
    from sheets_crm.errors import OwnerError
    from sheets_crm.sync.config import config_path
    from sheets_crm.wizard.pages import OwnerPages
    from sheets_crm.wizard.web.app import app as made
    from sheets_crm.wizard.web.serve import serve
    from sheets_crm.words import say

    voice = speak(lang)
    path = config_path(config).resolve()
    with suppress(OwnerError):  # the pages say what is wrong with it
        voice.hear(watched(path).lang)
    shown = OwnerPages.of(path, lambda lang: kept(str(path), lang), today=today)
    serve(
        lambda door: made(pages=shown, door=door, lang=voice.lang, on_fault=_log),
        on_ready=lambda address: print_text(say("pages.command.opened", voice.lang, address=address), quiet=quiet),
        open_browser=browser,
    )
    if not shown.finish(0):
        print_text(say("pages.command.finishing", voice.lang), quiet=quiet)
        shown.finish()
    print_text(say("pages.command.closed", voice.lang), quiet=quiet)


def _log(error: Exception) -> None:
    from sheets_crm.sync.fault import log_our_fault

    log_our_fault(error)


def kept(config: str, lang: Lang) -> Sequence[Sentence]:
    """What the daemon says of the workbook, as `status` says it."""
    from datetime import UTC, datetime

    from sheets_crm.cli.text_daemon import reported
    from sheets_crm.daemon.report import report
    from sheets_crm.wizard.shapes import Sentence

    found = report(config, datetime.now(UTC))
    tone: Tone = "good" if not found.exit_code else "error" if found.status.failing is not None else "warning"
    first, *others = reported(found, lang).splitlines()
    return (Sentence(first, tone), *(Sentence(line) for line in others))
