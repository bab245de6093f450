"""`backup ...`: copies of the workbook made before each write. What they do stands elsewhere; how results read, in `text`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sheets_crm.cli.shell import AsJson, Config, Language, Quiet, app, print_json, print_text, speak

backup_app = typer.Typer(no_args_is_help=True, help="Copies of the workbook made before each write.")
app.add_typer(backup_app, name="backup")


@backup_app.command("list")
def backup_list(config: Config = None, as_json: AsJson = False, lang: Language = None) -> None:
    """List the copies, newest first."""
    from sheets_crm.cli import text
    from sheets_crm.sync import copies

    voice = speak(lang)
    found = copies.listed(config, on_language=voice.hear)
    if as_json:
        print_json([{"name": copy.name, "made": copy.made.isoformat(), "bytes": copy.size} for copy in found])
    else:
        print_text(text.backups(found, voice.lang))


@backup_app.command("restore")
def backup_restore(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A copy's name from `backup list`, or `last`.")],
    config: Config = None, to: Annotated[Path | None, typer.Option(help="Write it there instead of over the workbook.")] = None,
    lang: Language = None, quiet: Quiet = False,
) -> None:  # fmt: skip
    """Put a copy back in the workbook's place; what stood there is copied first."""
    from sheets_crm.cli import text
    from sheets_crm.sync import copies

    voice = speak(lang)
    restored = copies.restored(config, name, to, on_language=voice.hear)
    print_text(text.restored(restored, voice.lang), quiet=quiet)
