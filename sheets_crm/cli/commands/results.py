"""`results`: what came of tasks. What it does stands elsewhere; how it reads, in `text_results`."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from sheets_crm.cli.shell import (
    AsJson,
    Config,
    Language,
    Quiet,
    Today,
    app,
    day_of,
    print_json,
    print_text,
    run_in_words,
)


@app.command()
def results(
    config: Config = None, today: Today = None,
    since: Annotated[date | None, typer.Option("--since", parser=day_of("--since"), metavar="YYYY-MM-DD", help="From that day on; from the first by default.")] = None,
    as_json: AsJson = False, lang: Language = None, quiet: Quiet = False,
) -> None:  # fmt: skip
    """Count what came of the tasks: outcomes by rule and manager, and why clients refused."""
    from sheets_crm.cli import text_results
    from sheets_crm.sync import results as found

    period = run_in_words(found.results, config, today, lang, since=since)
    if as_json:
        print_json(period.json())
    else:
        print_text(text_results.told(period), quiet=quiet)
