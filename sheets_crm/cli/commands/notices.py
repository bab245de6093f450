"""`notify ...`: addresses of messages, a test, the digest now. What they do stands elsewhere; how results read, in `text_notices`."""

from __future__ import annotations

import sys
from dataclasses import asdict
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

notify_app = typer.Typer(no_args_is_help=True, help="Messages to managers and the owner.")
app.add_typer(notify_app, name="notify")

To = Annotated[str | None, typer.Option("--to", metavar="NAME", help="Only the address of that name in crm.yaml.")]


@notify_app.command("set")
def notify_set(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name by which crm.yaml calls the address.")],
    config: Config = None, lang: Language = None, quiet: Quiet = False,
) -> None:  # fmt: skip
    """Keep the address of a service under a name: typed unseen, or one line on standard input."""
    from sheets_crm.cli import text_notices
    from sheets_crm.daemon.notices import by_hand

    voice = speak(lang)

    def read() -> str:
        if not sys.stdin.isatty():
            return sys.stdin.readline()
        from getpass import getpass

        return getpass(say("notices.said.prompt", voice.lang, name=name))

    done = by_hand.set_address(config, name, read, voice.hear)
    print_text(text_notices.kept(done, voice.lang), quiet=quiet)


@notify_app.command("test")
def notify_test(
    config: Config = None, to: To = None, as_json: AsJson = False, lang: Language = None, quiet: Quiet = False
) -> None:
    """Send a test message to every address of crm.yaml."""
    from sheets_crm.cli import text_notices
    from sheets_crm.daemon.notices import by_hand
    from sheets_crm.daemon.notices.post import TIMEOUT_S

    voice = speak(lang)
    found = by_hand.try_out(config, to, voice.hear)
    if as_json:
        print_json([asdict(one) for one in found])
    else:
        print_text(text_notices.outcomes(found, voice.lang, TIMEOUT_S), quiet=quiet)
    _leave(by_hand.complaint(found))


@notify_app.command("digest")
def notify_digest(
    config: Config = None, to: To = None, today: Today = None,
    show: Annotated[bool, typer.Option("--show", help="Show it here instead of sending it.")] = False,
    as_json: AsJson = False, lang: Language = None, quiet: Quiet = False,
) -> None:  # fmt: skip
    """Send the digest now, reckoned anew; for cron where the daemon does not run."""
    from datetime import UTC, datetime

    from sheets_crm.cli import text_notices
    from sheets_crm.daemon.notices import by_hand
    from sheets_crm.daemon.notices.post import TIMEOUT_S
    from sheets_crm.sync import run

    voice = speak(lang)
    result = run_in_words(run.plan, config, today, lang)
    found = by_hand.send_digest(result, datetime.now(UTC), to, show=show)
    if as_json:
        print_json([asdict(one) for one in found])
    else:
        print_text(text_notices.outcomes(found, voice.lang, TIMEOUT_S), quiet=quiet)
    _leave(by_hand.complaint(found))


def _leave(error: Exception | None) -> None:
    if error is not None:
        raise error
