"""`copy`: the base from Excel to Google or back. What it does stands in `sync.moving`; how it reads, in `text_copy`."""

from __future__ import annotations

from typing import Annotated

import typer

from sheets_crm.cli.shell import AsJson, Config, Language, Quiet, Today, app, print_json, print_text, run_in_words


@app.command("copy")
def copy_base(
    to: Annotated[str, typer.Option("--to", help="A new .xlsx file, or the address of an empty Google spreadsheet.")],
    config: Config = None,
    config_name: Annotated[str | None, typer.Option(help="Name of the new crm.yaml, which will stand beside the old one.")] = None,
    credentials: Annotated[str | None, typer.Option(help="Google's key file, where crm.yaml names none yet.")] = None,
    only_plan: Annotated[bool, typer.Option("--plan", help="Only say what would be copied and what can't be.")] = False,
    today: Today = None, as_json: AsJson = False, lang: Language = None, quiet: Quiet = False,
) -> None:  # fmt: skip
    """Copy the base from Excel to Google or back, with its tasks, marks and history. The old place stays as it is."""
    from sheets_crm.cli import text_copy
    from sheets_crm.sync.config import config_path
    from sheets_crm.sync.moving import Order, copy

    order = Order(to, config_name, credentials)

    done = run_in_words(lambda given, **more: copy(given, order, only_plan=only_plan, **more), config, today, lang)
    if as_json:
        print_json(text_copy.copied_json(done))
    else:
        print_text(text_copy.copied(done, config_path(config).name), quiet=quiet)
