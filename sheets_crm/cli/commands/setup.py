"""`setup`: the wizard in a browser, in a terminal, or over a file of answers. What it asks stands in `wizard`."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sheets_crm.cli.shell import Language, Quiet, app, print_text, speak
from sheets_crm.cli.voice import STOPPED, WrongUsage

if TYPE_CHECKING:
    from collections.abc import Callable

    from sheets_crm.wizard.conversation import Conversation
    from sheets_crm.words import Lang

Terminal = Annotated[bool, typer.Option("--terminal", help="Talk in this terminal, not in the browser.")]
Answers = Annotated[
    Path | None, typer.Option("--answers", metavar="FILE", help="Take the answers from a YAML file; ask nothing.")
]
Fresh = Annotated[bool, typer.Option("--fresh", help="Begin anew; what was answered before is not taken up.")]
Browser = Annotated[
    bool, typer.Option("--browser/--no-browser", help="Open it in the browser, or only say the address.")
]
Edited = Annotated[
    str | None, typer.Argument(metavar="CONFIG", help="A crm.yaml to change, or the folder it is in; a new one by default.")
]  # fmt: skip


@app.command()
def setup(
    config: Edited = None, terminal: Terminal = False, answers: Answers = None, fresh: Fresh = False,
    browser: Browser = True, lang: Language = None, quiet: Quiet = False,
) -> None:  # fmt: skip
    """Set up a workbook: which it is, what its columns mean, who works with it, which rules hold."""
    from sheets_crm.cli.setup_world import world
    from sheets_crm.sync.config import config_path
    from sheets_crm.wizard.start import conversation

    voice = speak(lang)
    if terminal and answers is not None:
        raise WrongUsage("cli.usage.not_both", first="--terminal", second="--answers")
    path = None if config is None else config_path(config)

    def talk() -> Conversation:
        alone = answers is not None
        here = answers.resolve().parent if answers is not None else Path.cwd() if terminal else None
        return conversation(world(run_later=not alone, here=here), lang=voice.lang, config=path, fresh=fresh or alone)

    if answers is not None:
        _answered(talk(), answers, voice.lang, quiet=quiet)
    elif not terminal:
        _in_browser(talk, voice.lang, open_browser=browser, quiet=quiet)
    elif not _in_terminal(talk(), voice.lang):
        raise typer.Exit(STOPPED)


def _answered(talk: Conversation, file: Path, lang: Lang, *, quiet: bool) -> None:
    """All screens by the file; what the last one says is printed."""
    from sheets_crm.errors import ConfigError
    from sheets_crm.wizard.answers import load, run
    from sheets_crm.wizard.terminal_draw import drawn

    try:
        text = file.read_text("utf-8-sig")
    except FileNotFoundError as error:
        raise ConfigError("config.answers_missing", path=str(file)) from error
    except UnicodeDecodeError as error:
        raise ConfigError("config.answers_no_text", path=str(file)) from error
    except OSError as error:
        raise ConfigError("config.not_readable", path=str(file)) from error
    run(talk, load(text, file.name))
    print_text(drawn(talk.screen(), lang), quiet=quiet)


def _in_browser(talk: Callable[[], Conversation], lang: Lang, *, open_browser: bool, quiet: bool) -> None:
    from sheets_crm.wizard.web.app import app as pages
    from sheets_crm.wizard.web.serve import serve
    from sheets_crm.words import say

    serve(
        lambda door: pages(talk, door=door, lang=lang, on_fault=_log),
        on_ready=lambda address: print_text(say("terminal.opened", lang, address=address), quiet=quiet),
        open_browser=open_browser,
    )
    print_text(say("terminal.closed", lang), quiet=quiet)


def _in_terminal(talk: Conversation, lang: Lang) -> bool:
    """Was it held to its end?"""
    import shutil
    from getpass import getpass

    from sheets_crm.wizard.terminal import Holder
    from sheets_crm.wizard.terminal_ask import Terminal as Place
    from sheets_crm.words import say

    if not sys.stdin.isatty():
        raise WrongUsage("terminal.no_terminal")
    place = Place(_heard(input), _heard(getpass), print, lambda: shutil.get_terminal_size().columns)
    try:
        ended = Holder(talk, place, lang).hold()
    except KeyboardInterrupt:
        print_text(f"\n{say('terminal.left', lang)}", quiet=False)
        raise
    if ended:
        talk.forget()
    return ended


def _heard(read: Callable[[str], str]) -> Callable[[str], str]:
    """`read`, which Ctrl-C ends at once: Polars' own handler of that signal lets the reading go on until a line is typed."""

    def heard(prompt: str) -> str:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        return read(prompt)

    return heard


def _log(error: Exception) -> None:
    from sheets_crm.sync.fault import log_our_fault

    log_our_fault(error)
