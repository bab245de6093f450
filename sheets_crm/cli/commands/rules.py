"""`rules ...`: rule packs. What they do stands elsewhere; how results read, in `text`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sheets_crm.cli.shell import AsJson, Language, app, print_json, print_text, speak
from sheets_crm.errors import PackError

rules_app = typer.Typer(no_args_is_help=True, help="Rule packs.")
app.add_typer(rules_app, name="rules")


@rules_app.command("check")
def rules_check(
    paths: Annotated[list[Path] | None, typer.Argument(metavar="PATH", help="Packs or folders; the bundled ones by default.")] = None,
    as_json: AsJson = False, lang: Language = None,
) -> None:  # fmt: skip
    """Read rule packs and run the tests inside them."""
    from sheets_crm.cli import text
    from sheets_crm.sync import packs

    voice = speak(lang)
    results = packs.check(paths or [], voice.lang)
    if as_json:
        print_json([result.json() for result in results])
    else:
        print_text(text.packs_checked(results, voice.lang))
    if any(not result.passed for result in results):
        raise typer.Exit(PackError.exit_code)
