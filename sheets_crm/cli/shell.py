"""What every command shares: the program itself, the common options, the voice, printing."""

from __future__ import annotations

import gc
import re
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

import typer

from sheets_crm.cli.voice import Voice, WrongUsage
from sheets_crm.words import LANGS, Lang

app = typer.Typer(
    name="sheets-crm", add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None,
    help="A CRM inside your own workbook: reads your client base, writes tabs with tasks, a funnel, clients and problems.",
)  # fmt: skip

YEARS = range(1970, 2200)  # a day beyond these is a slip of the finger


class Now:
    """What this call of the program speaks."""

    voice = Voice()


def day_of(option: str) -> Callable[[str], date]:
    """Reads the day of an option such as --today."""

    def a_day(text: str) -> date:
        try:
            day = date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None
        except ValueError:
            day = None
        if day is None or day.year not in YEARS:
            raise WrongUsage("cli.usage.day", name=option, seen=text, first=str(YEARS[0]), last=str(YEARS[-1]))
        return day

    return a_day


def _a_lang(text: str) -> Lang:
    """The language of --lang."""
    if text not in LANGS:
        raise WrongUsage("cli.usage.choice", name="--lang", seen=text, allowed=LANGS)
    return "ru" if text == "ru" else "en"


Config = Annotated[
    str | None, typer.Argument(metavar="CONFIG", help="crm.yaml, or the folder it is in; the one here by default.")
]
ConfigOption = Annotated[
    str | None, typer.Option("--config", "-c", help="crm.yaml, or the folder it is in; the one here by default.")
]
Today = Annotated[
    date | None,
    typer.Option(
        "--today", parser=day_of("--today"), metavar="YYYY-MM-DD", help="Act as if it were that day; today by default."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on standard output, and nothing else there.")]
Language = Annotated[
    Lang | None,
    typer.Option("--lang", parser=_a_lang, metavar="ru|en", help="What to speak here; the configuration's language by default."),
]  # fmt: skip
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing unless something is wrong.")]


def print_text(text: str, *, quiet: bool = False) -> None:
    """Text on standard output; nothing where the user wants quiet or there is nothing to say."""
    if text and not quiet:
        print(text)


def print_json(value: Any) -> None:
    """The result of --json: one object on standard output."""
    import json

    print(json.dumps(value, ensure_ascii=False, indent=1, default=str))


def speak(lang: Lang | None) -> Voice:
    """The voice of this call, in the language asked for."""
    Now.voice.asked = lang or Now.voice.asked
    return Now.voice


def run_in_words(
    kind: Callable[..., Any], config: str | None, today: date | None, lang: Lang | None, **more: object
) -> Any:
    """Call one of sync's runs, minding the language its configuration asks for."""
    speak(lang)
    gc.freeze()  # all that was imported stays: no search for cycles need go through it
    return kind(config, today=today, lang=Now.voice.asked, on_language=Now.voice.hear, **more)
