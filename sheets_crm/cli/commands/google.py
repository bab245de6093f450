"""`google-sign-in`: an owner's own account. What it does stands in `sync.sign_in`."""

from __future__ import annotations

from typing import Annotated

import typer

from sheets_crm.cli.shell import AsJson, Config, Language, Quiet, app, print_json, print_text, speak


@app.command("google-sign-in")
def google_sign_in(
    config: Config = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.")] = True,
    port: Annotated[int, typer.Option("--port", help="The port of this machine that Google's page answers to; 0: any.")] = 0,
    as_json: AsJson = False, lang: Language = None, quiet: Quiet = False,
) -> None:  # fmt: skip
    """Sign in to Google with your own account; a service account's key needs no sign-in."""
    from sheets_crm.sync.sign_in import sign_in
    from sheets_crm.words import say

    voice = speak(lang)
    done = sign_in(config, browser=browser, port=port, on_language=voice.hear)
    if as_json:
        print_json({"key": done.key, **done.values})
    else:
        print_text(say(done.key, voice.lang, **done.values), quiet=quiet)
