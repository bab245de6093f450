"""The commands and their options. What they do stands elsewhere; how results read, in `text`."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from sheets_crm.cli.voice import STOPPED, Voice, WrongUsage, complain
from sheets_crm.errors import PackError
from sheets_crm.words import LANGS, Lang, say

app = typer.Typer(
    name="sheets-crm", add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None,
    help="A CRM inside your own workbook: reads your client base, writes tabs with tasks, a funnel, clients and problems.",
)  # fmt: skip
backup_app = typer.Typer(no_args_is_help=True, help="Copies of the workbook made before each write.")
rules_app = typer.Typer(no_args_is_help=True, help="Rule packs.")
app.add_typer(backup_app, name="backup")
app.add_typer(rules_app, name="rules")

PROBLEMS_FOUND = 1
YEARS = range(1970, 2200)  # a day beyond these is a slip of the finger


class _Now:
    """What this call of the program speaks."""

    voice = Voice()


def _a_day(text: str) -> date:
    """The day of --today."""
    try:
        day = date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None
    except ValueError:
        day = None
    if day is None or day.year not in YEARS:
        raise WrongUsage("cli.usage.day", seen=text, first=str(YEARS[0]), last=str(YEARS[-1]))
    return day


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
    typer.Option("--today", parser=_a_day, metavar="YYYY-MM-DD", help="Act as if it were that day; today by default."),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on standard output, and nothing else there.")]
Language = Annotated[
    Lang | None,
    typer.Option("--lang", parser=_a_lang, metavar="ru|en", help="What to speak here; the configuration's language by default."),
]  # fmt: skip
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing unless something is wrong.")]


def main() -> None:
    """Run the program and leave with its exit code. An owner never sees a traceback: it goes to the log file."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    _Now.voice = voice = Voice.of(sys.argv[1:])
    try:
        code = app(prog_name="sheets-crm", standalone_mode=False)
        if code == STOPPED:  # Typer turns Ctrl-C into an exit code
            complain(say("cli.stopped", voice.lang))
        sys.stdout.flush()
    except BrokenPipeError:  # `sheets-crm plan | head`: the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        code = 0
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - told in words, one and all
        sentence, code = voice.complaint(error)
        complain(sentence)
    raise SystemExit(code if isinstance(code, int) else 0) from None


def _print(text: str, *, quiet: bool = False) -> None:
    if text and not quiet:
        print(text)


def _print_json(value: Any) -> None:
    import json

    print(json.dumps(value, ensure_ascii=False, indent=1, default=str))


def _speak(lang: Lang | None) -> Voice:
    """The voice of this call, in the language asked for."""
    _Now.voice.asked = lang or _Now.voice.asked
    return _Now.voice


def _run(kind: Callable[..., Any], config: str | None, today: date | None, lang: Lang | None, **more: object) -> Any:
    """Call one of sync's runs, minding the language its configuration asks for."""
    _speak(lang)
    return kind(config, today=today, lang=_Now.voice.asked, on_language=_Now.voice.hear, **more)


@app.command()
def sync(
    config: Config = None, today: Today = None, as_json: AsJson = False, lang: Language = None, quiet: Quiet = False,
    accept_emptied: Annotated[bool, typer.Option("--accept-emptied", help="Go on although most rows of the base are gone.")] = False,
) -> None:  # fmt: skip
    """Read the workbook, record marks and changes, write the generated tabs."""
    from sheets_crm.sync.quick import nothing_changed

    voice = _speak(lang)
    stamp = None if accept_emptied else nothing_changed(config, today=today)
    if stamp is not None:
        voice.hear(stamp.lang)
        if as_json:
            _print_json(
                {**stamp.summary, "written": False, "tabs_written": [], "backup": None, "notes": [], "unchanged": True}
            )
        else:
            _print(say("cli.unchanged", voice.lang, workbook=Path(stamp.workbook).name), quiet=quiet)
        return
    from sheets_crm.cli import text
    from sheets_crm.sync import run

    result = _run(run.sync, config, today, lang, accept_emptied=accept_emptied)
    if as_json:
        _print_json(result.summary_json())
    else:
        _print(text.synced(result), quiet=quiet)


@app.command()
def plan(
    config: Config = None, today: Today = None, as_json: AsJson = False, lang: Language = None, quiet: Quiet = False
) -> None:
    """Say what a sync would write and why; write nothing."""
    from sheets_crm.cli import text
    from sheets_crm.sync import run

    result = _run(run.plan, config, today, lang)
    if as_json:
        _print_json(result.plan_json())
    else:
        _print(text.planned(result), quiet=quiet)


@app.command()
def check(
    config: Config = None, today: Today = None, as_json: AsJson = False, lang: Language = None, quiet: Quiet = False
) -> None:
    """List what is wrong in the sheets. Exit code 1 when something is an error."""
    from sheets_crm.cli import text
    from sheets_crm.sync import run

    result = _run(run.plan, config, today, lang)
    if as_json:
        found = result.plan_json()
        _print_json(
            {
                name: found[name]
                for name in ("today", "problems", "valid_clients", "duplicate_groups", "bindings", "notes")
            }
        )
    else:
        _print(text.checked(result), quiet=quiet)
    if any(problem.severity == "error" for problem in result.base.problems):
        raise typer.Exit(PROBLEMS_FOUND)


@app.command()
def why(
    task: Annotated[str, typer.Argument(metavar="TASK", help="A task's key (hidden last column), or a part of its client's name.")],
    config: ConfigOption = None, today: Today = None, as_json: AsJson = False, lang: Language = None,
) -> None:  # fmt: skip
    """Explain a task: the rule, its condition, the values, the cell."""
    from sheets_crm.cli import text
    from sheets_crm.sync import ask, run

    result = _run(run.plan, config, today, lang)
    explained = ask.why(result, task)
    if as_json:
        _print_json(explained)
    else:
        _print(text.why(explained, result.lang))


@app.command()
def find(
    wanted: Annotated[str, typer.Argument(metavar="TEXT", help="A name, phone, e-mail, number, or part of one.")],
    config: ConfigOption = None, today: Today = None, as_json: AsJson = False, lang: Language = None,
) -> None:  # fmt: skip
    """Find cards by a piece of text."""
    from sheets_crm.cli import text
    from sheets_crm.sync import ask, run

    result = _run(run.plan, config, today, lang)
    found = ask.find(result, wanted)
    if as_json:
        _print_json(found)
    else:
        _print(text.found(found, wanted, result.lang, result.opened.template))


@app.command()
def card(
    client: Annotated[str, typer.Argument(metavar="CLIENT", help="A client's name, number, phone or e-mail, or part of one.")],
    config: ConfigOption = None, today: Today = None, as_json: AsJson = False, lang: Language = None,
) -> None:  # fmt: skip
    """Show everything about one client."""
    from sheets_crm.cli import text
    from sheets_crm.sync import ask, run

    result = _run(run.plan, config, today, lang)
    shown = ask.card(result, client)
    if as_json:
        _print_json(shown)
    else:
        _print(text.card(shown, result.lang, result.opened.template))


@app.command()
def guess(
    workbook: Annotated[Path, typer.Argument(metavar="WORKBOOK", help="A workbook or export, with or without a configuration.")],
    country: Annotated[str, typer.Option(help="Country of phones and dates (RU, KZ, BY, US, GB ...).")] = "RU",
    as_json: AsJson = False, lang: Language = None,
) -> None:  # fmt: skip
    """Propose which sheet and column is what; needs no configuration, writes nothing."""
    from sheets_crm.cli import text
    from sheets_crm.sync import ask

    voice = _speak(lang)
    if not re.fullmatch(r"[A-Z]{2}", country.upper()):
        raise WrongUsage("cli.usage.country", seen=country)
    from sheets_crm.cards import template

    proposed = ask.guess(workbook, country=country.upper())
    if as_json:
        _print_json(proposed)
    else:
        _print(text.guessed(proposed, voice.lang, template("base")))


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

    chosen = _speak(lang).lang
    _print(text.demo(show.run(folder, chosen), chosen))


@app.command()
def doctor(config: Config = None, as_json: AsJson = False, lang: Language = None) -> None:
    """Check the workbook, its configuration and the state folder; say what to mend."""
    from sheets_crm.cli import text
    from sheets_crm.sync import doctor as examine

    voice = _speak(lang)
    findings = examine.examine(config, on_language=voice.hear)
    if as_json:
        _print_json([finding.json(voice.lang) for finding in findings])
    else:
        _print(text.findings(findings, voice.lang))
    worst = max((finding.exit_code for finding in findings), default=0)
    if worst:
        raise typer.Exit(worst)


@app.command()
def schema(
    what: Annotated[str, typer.Argument(metavar="WHAT", help="config, template or rules")],
    lang: Language = None,
) -> None:
    """Print a JSON Schema, for editors."""
    from sheets_crm.sync import schemas

    _speak(lang)
    if what not in schemas.KINDS:
        raise WrongUsage("cli.usage.choice", name="schema", seen=what, allowed=schemas.KINDS)
    _print_json(schemas.schema(what))


@backup_app.command("list")
def backup_list(config: Config = None, as_json: AsJson = False, lang: Language = None) -> None:
    """List the copies, newest first."""
    from sheets_crm.cli import text
    from sheets_crm.sync import copies

    voice = _speak(lang)
    found = copies.listed(config, on_language=voice.hear)
    if as_json:
        _print_json([{"name": copy.name, "made": copy.made.isoformat(), "bytes": copy.size} for copy in found])
    else:
        _print(text.backups(found, voice.lang))


@backup_app.command("restore")
def backup_restore(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A copy's name from `backup list`, or `last`.")],
    config: Config = None, to: Annotated[Path | None, typer.Option(help="Write it there instead of over the workbook.")] = None,
    lang: Language = None, quiet: Quiet = False,
) -> None:  # fmt: skip
    """Put a copy back in the workbook's place; what stood there is copied first."""
    from sheets_crm.cli import text
    from sheets_crm.sync import copies

    voice = _speak(lang)
    restored = copies.restored(config, name, to, on_language=voice.hear)
    _print(text.restored(restored, voice.lang), quiet=quiet)


@rules_app.command("check")
def rules_check(
    paths: Annotated[list[Path] | None, typer.Argument(metavar="PATH", help="Packs or folders; the bundled ones by default.")] = None,
    as_json: AsJson = False, lang: Language = None,
) -> None:  # fmt: skip
    """Read rule packs and run the tests inside them."""
    from sheets_crm.cli import text
    from sheets_crm.sync import packs

    voice = _speak(lang)
    results = packs.check(paths or [], voice.lang)
    if as_json:
        _print_json([result.json() for result in results])
    else:
        _print(text.packs_checked(results, voice.lang))
    if any(not result.passed for result in results):
        raise typer.Exit(PackError.exit_code)
