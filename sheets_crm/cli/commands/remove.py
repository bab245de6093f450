"""`remove`: our tabs out of the workbook again. What it does stands in `sync.removal`; how results read, in `text_remove`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sheets_crm.cli.shell import AsJson, Config, Language, Quiet, app, print_json, print_text, speak
from sheets_crm.cli.voice import Voice, WrongUsage

if TYPE_CHECKING:
    from sheets_crm.daemon.service import Done
    from sheets_crm.sync.removal import Foreseen

TAB_STAYS = 1


@app.command()
def remove(
    config: Config = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")] = False,
    even_added: Annotated[bool, typer.Option("--even-added", help="Also tabs on which somebody put something of their own.")] = False,
    as_json: AsJson = False, lang: Language = None, quiet: Quiet = False,
) -> None:  # fmt: skip
    """Take the generated tabs out of the workbook; say what stays. A later sync brings them back, marks and all."""
    from sheets_crm.cli import text_remove
    from sheets_crm.sync import removal

    voice = speak(lang)
    found = removal.foreseen(config, on_language=voice.hear)
    if found.tabs and not yes:
        _ask(found, voice, as_json=as_json)
    stopped = _service_stopped(found.opened.path)
    done = removal.removed(config, even_added=even_added)
    if as_json:
        print_json({**done.json(voice.lang), "service": text_remove.service_json(stopped)})
    else:
        print_text(text_remove.done(done, stopped, voice.lang), quiet=quiet)
    if done.kept:
        raise typer.Exit(TAB_STAYS)


def _ask(found: Foreseen, voice: Voice, *, as_json: bool) -> None:
    """Say what would go, and go on only after a yes."""
    from sheets_crm.cli import text_remove
    from sheets_crm.words import say

    if as_json or not sys.stdin.isatty():
        raise WrongUsage("remove.usage.say_yes", what=text_remove.foreseen(found, voice.lang))
    print_text(text_remove.foreseen(found, voice.lang))
    answer = input(say("remove.ask", voice.lang) + " ").strip().casefold()
    if answer not in {word for lang in ("ru", "en") for word in say("remove.answers_yes", lang).split()}:
        print_text(say("remove.not_done", voice.lang))
        raise typer.Exit(1)


def _service_stopped(config: Path) -> Done | None:
    """The service no longer looks after this workbook. WorkbookBusy: a `run` that is no service does."""
    from datetime import UTC, datetime

    from sheets_crm.daemon import service
    from sheets_crm.daemon.report import report
    from sheets_crm.errors import WorkbookBusy

    system = service.this_system()
    known = service.status(system)
    done = None
    wanted = config.resolve()
    if known.installed and wanted in {Path(one).resolve() for one in known.configs}:
        left = [path for one in known.configs if (path := Path(one)).resolve() != wanted]
        done = service.install(service.planned(system, left)) if left else service.remove(system)
    if report(str(config), datetime.now(UTC)).state in {"idle", "running", "failing", "silent"}:
        raise WorkbookBusy("remove.stop.running", workbook=config.name)
    return done
