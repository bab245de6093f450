"""`backup ...`: copies of the workbook. What they do stands elsewhere; how results read, in `text_backup`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from sheets_crm.cli.shell import AsJson, Config, Language, Quiet, app, print_json, print_text, speak

DAMAGED = 1
NOT_OUTSIDE = 18

backup_app = typer.Typer(no_args_is_help=True, help="Copies of the workbook: before each write, by the calendar, now.")
app.add_typer(backup_app, name="backup")


@backup_app.command("list")
def backup_list(config: Config = None, as_json: AsJson = False, lang: Language = None) -> None:
    """List the copies, newest first."""
    from sheets_crm.cli import text_backup
    from sheets_crm.sync import copies

    voice = speak(lang)
    found = copies.overview(config, on_language=voice.hear)
    if as_json:
        print_json([text_backup.copy_json(copy) for copy in found.copies])
    else:
        print_text(text_backup.backups(found, voice.lang))


@backup_app.command("now")
def backup_now(config: Config = None, as_json: AsJson = False, lang: Language = None, quiet: Quiet = False) -> None:
    """Make a copy now, in the owner's folder too."""
    from sheets_crm.cli import text_backup
    from sheets_crm.cli.voice import complain
    from sheets_crm.sync import copies
    from sheets_crm.words import say

    voice = speak(lang)
    done = copies.made(config, on_language=voice.hear)
    if as_json:
        print_json(text_backup.made_json(done, voice.lang))
    else:
        print_text(text_backup.made(done, voice.lang), quiet=quiet)
    if done.note is not None:
        key, values = done.note
        complain(say(key, voice.lang, **values))
        raise typer.Exit(NOT_OUTSIDE)


@backup_app.command("verify")
def backup_verify(
    config: Config = None,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="A copy's name, `last` or `all` (so by default).")] = None,
    as_json: AsJson = False, lang: Language = None, quiet: Quiet = False,
) -> None:  # fmt: skip
    """Read copies through: is each whole, does the workbook in it open? Exit code 1 when one is not sound."""
    from sheets_crm.cli import text_backup
    from sheets_crm.sync import copies

    voice = speak(lang)
    if name is None and config is not None and not Path(config).exists() and not config.endswith((".yaml", ".yml")):
        config, name = None, config  # `backup verify last`
    found = copies.verified(config, name, on_language=voice.hear)
    if as_json:
        print_json([text_backup.checked_json(one) for one in found])
    else:
        print_text(text_backup.checked(found, voice.lang), quiet=quiet)
    if any(one.state != "sound" for one in found):
        raise typer.Exit(DAMAGED)


@backup_app.command("password")
def backup_password(config: Config = None, lang: Language = None, quiet: Quiet = False) -> None:
    """Keep the passphrase of encrypted copies: typed unseen, or one line on standard input."""
    from sheets_crm.sync import copies
    from sheets_crm.words import say

    voice = speak(lang)

    def read(name: str) -> str:
        if not sys.stdin.isatty():
            return sys.stdin.readline().rstrip("\r\n")
        from getpass import getpass

        return getpass(say("backup.password_prompt", voice.lang, secret=name))

    path = copies.password_kept(config, read, on_language=voice.hear)
    print_text(say("backup.password_kept", voice.lang, path=str(path)), quiet=quiet)


@backup_app.command("restore")
def backup_restore(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A copy's name from `backup list`, `last`, or a path.")],
    config: Config = None, to: Annotated[Path | None, typer.Option(help="Write it there instead of over the workbook.")] = None,
    sheet: Annotated[str | None, typer.Option(help="Only this sheet, as a workbook of its own beside.")] = None,
    lang: Language = None, quiet: Quiet = False,
) -> None:  # fmt: skip
    """Put a copy back in the workbook's place; what stood there is copied first. One sheet goes into a new workbook."""
    from sheets_crm.cli import text_backup
    from sheets_crm.sync import copies

    voice = speak(lang)
    if sheet is not None:
        taken = copies.taken_out(config, name, sheet, to, on_language=voice.hear)
        print_text(text_backup.taken_out(taken, voice.lang), quiet=quiet)
        return
    restored = copies.restored(config, name, to, on_language=voice.hear)
    print_text(text_backup.restored(restored, voice.lang), quiet=quiet)
