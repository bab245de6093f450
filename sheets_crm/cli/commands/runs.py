"""Commands that run over the workbook: sync, plan, check, demo. What they do stands elsewhere; how results read, in `text`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sheets_crm.cli.shell import (
    AsJson,
    Config,
    Language,
    Quiet,
    Today,
    app,
    print_json,
    print_text,
    run_in_words,
    speak,
)
from sheets_crm.words import say

PROBLEMS_FOUND = 1


@app.command()
def sync(
    config: Config = None, today: Today = None, as_json: AsJson = False, lang: Language = None, quiet: Quiet = False,
    accept_emptied: Annotated[bool, typer.Option("--accept-emptied", help="Go on although most rows of the base are gone.")] = False,
    accept_changes: Annotated[bool, typer.Option("--accept-changes", help="Go on although most rows are gone, or read otherwise than before.")] = False,
) -> None:  # fmt: skip
    """Read the workbook, record marks and changes, write the generated tabs."""
    from sheets_crm.sync.quick import nothing_changed

    voice = speak(lang)
    stamp = None if accept_emptied or accept_changes else nothing_changed(config, today=today)
    if stamp is not None:
        voice.hear(stamp.lang)
        if as_json:
            print_json(
                {**stamp.summary, "written": False, "tabs_written": [], "backup": None, "notes": [], "unchanged": True}
            )
        else:
            print_text(say("cli.unchanged", voice.lang, workbook=Path(stamp.workbook).name), quiet=quiet)
        return
    from sheets_crm.cli import text
    from sheets_crm.sync import run

    result = run_in_words(run.sync, config, today, lang, accept_emptied=accept_emptied, accept_changes=accept_changes)
    if as_json:
        print_json(result.summary_json())
    else:
        print_text(text.synced(result), quiet=quiet)


@app.command()
def plan(
    config: Config = None, today: Today = None, as_json: AsJson = False, lang: Language = None, quiet: Quiet = False
) -> None:
    """Say what a sync would write and why; write nothing."""
    from sheets_crm.cli import text
    from sheets_crm.sync import run

    result = run_in_words(run.plan, config, today, lang)
    if as_json:
        print_json(result.plan_json())
    else:
        print_text(text.planned(result), quiet=quiet)


@app.command()
def check(
    config: Config = None, today: Today = None, as_json: AsJson = False, lang: Language = None, quiet: Quiet = False
) -> None:
    """List what is wrong in the sheets. Exit code 1 when something is an error."""
    from sheets_crm.cli import text
    from sheets_crm.sync import run

    result = run_in_words(run.plan, config, today, lang)
    if as_json:
        found = result.plan_json()
        print_json(
            {
                name: found[name]
                for name in ("today", "problems", "valid_clients", "duplicate_groups", "bindings", "notes")
            }
        )
    else:
        print_text(text.checked(result), quiet=quiet)
    if any(problem.severity == "error" for problem in result.base.problems):
        raise typer.Exit(PROBLEMS_FOUND)


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where to put the demo workbook.")] = Path(
        "demo-out"
    ),
    lang: Language = None,
) -> None:
    """Sync a bundled, invented workbook and say where to look."""
    from sheets_crm.cli import text
    from sheets_crm.sync import demo as show

    chosen = speak(lang).lang
    print_text(text.demo(show.run(folder, chosen), chosen))
