"""The commands and their options. What they do stands elsewhere; how results read, in `text`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from sheets_crm.errors import ConfigError, OwnerError
from sheets_crm.words import LANGS, Lang, say

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)
backup_app = typer.Typer(no_args_is_help=True, help="Copies of the workbook made before each write.")
rules_app = typer.Typer(no_args_is_help=True, help="Rule packs.")
app.add_typer(backup_app, name="backup")
app.add_typer(rules_app, name="rules")

Config = Annotated[
    str | None, typer.Argument(metavar="[CONFIG]", help="crm.yaml, or the folder it is in; the one here by default.")
]
ConfigOption = Annotated[
    str | None, typer.Option("--config", "-c", help="crm.yaml, or the folder it is in; the one here by default.")
]
Today = Annotated[
    datetime | None, typer.Option("--today", formats=["%Y-%m-%d"], help="The day to reckon with; today by default.")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on standard output, and nothing else there.")]
Language = Annotated[str | None, typer.Option("--lang", help="ru or en; the configuration's by default.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing unless something is wrong.")]

PROBLEMS_FOUND, WRONG_USAGE, OUR_FAULT = 1, 2, 70


def main() -> None:
    """Run the program and leave with its exit code. An owner never sees a traceback: it goes to the log file."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        app()
    except OwnerError as error:
        _complain(say(error.key, _spoken(), **error.values))
        raise SystemExit(error.exit_code) from None
    except BrokenPipeError:  # `sheets-crm plan | head`: the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        raise SystemExit(0) from None
    except Exception as error:  # noqa: BLE001
        from sheets_crm.sync.fault import log_our_fault

        number, place = log_our_fault(error)
        _complain(say("cli.our_fault", _spoken(), number=number, log=str(place)))
        raise SystemExit(OUR_FAULT) from None


_LANG: dict[str, Lang] = {}


def _spoken() -> Lang:
    """The language to complain in: asked for, else the configuration's (known once it was read), else the environment's."""
    if "asked" in _LANG:
        return _LANG["asked"]
    if "config" in _LANG:
        return _LANG["config"]
    place = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "ru" if place.lower().startswith("ru") else "en"


def _ask_lang(lang: str | None) -> None:
    if lang is None:
        return
    if lang not in LANGS:
        raise typer.BadParameter(", ".join(LANGS), param_hint="--lang")
    _LANG["asked"] = "ru" if lang == "ru" else "en"


def _complain(sentence: str) -> None:
    print(sentence, file=sys.stderr)


def _print(text: str, *, quiet: bool = False) -> None:
    if text and not quiet:
        print(text)


def _print_json(value: Any) -> None:
    import json

    print(json.dumps(value, ensure_ascii=False, indent=1, default=str))


def _day(today: datetime | None) -> date | None:
    return today.date() if today is not None else None


def _run(kind: Callable[..., Any], config: str | None, today: datetime | None, lang: str | None, **more: object) -> Any:
    """Call one of sync's runs, minding the language its configuration asks for."""
    _ask_lang(lang)
    return kind(
        config,
        today=_day(today),
        lang=_LANG.get("asked"),
        on_language=lambda found: _LANG.setdefault("config", found),
        **more,
    )


@app.command()
def sync(
    config: Config = None, today: Today = None, as_json: AsJson = False, lang: Language = None, quiet: Quiet = False,
    accept_emptied: Annotated[bool, typer.Option("--accept-emptied", help="Go on although most rows of the base are gone.")] = False,
) -> None:  # fmt: skip
    """Read the workbook, record marks and changes, write the generated tabs."""
    from sheets_crm.sync.quick import nothing_changed

    _ask_lang(lang)
    stamp = None if accept_emptied else nothing_changed(config, today=_day(today))
    if stamp is not None:
        _LANG.setdefault("config", stamp.lang)
        if as_json:
            _print_json({**stamp.summary, "written": False, "unchanged": True})
        else:
            _print(
                say("cli.unchanged", _LANG.get("asked", stamp.lang), workbook=Path(stamp.workbook).name), quiet=quiet
            )
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
        _print(text.found(found, wanted, result.lang))


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
        _print(text.card(shown, result.lang))


@app.command()
def guess(
    workbook: Annotated[Path, typer.Argument(metavar="WORKBOOK", help="A workbook or export, with or without a configuration.")],
    country: Annotated[str, typer.Option(help="Country of phones and dates (RU, KZ, BY, US, GB ...).")] = "RU",
    as_json: AsJson = False, lang: Language = None,
) -> None:  # fmt: skip
    """Propose which sheet and column is what; needs no configuration, writes nothing."""
    from sheets_crm.cli import text
    from sheets_crm.sync import ask

    _ask_lang(lang)
    proposed = ask.guess(workbook, country=country)
    if as_json:
        _print_json(proposed)
    else:
        _print(text.guessed(proposed, _spoken()))


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(metavar="[FOLDER]", help="Where to put the demo workbook.")] = Path(
        "demo-out"
    ),
    lang: Language = None,
) -> None:
    """Sync a bundled, invented workbook and say where to look."""
    from sheets_crm.cli import text
    from sheets_crm.sync import demo as show

    _ask_lang(lang)
    chosen: Lang = _LANG.get("asked", "ru")
    _print(text.demo(show.run(folder, chosen), chosen))


@app.command()
def doctor(config: Config = None, as_json: AsJson = False, lang: Language = None) -> None:
    """Check the workbook, its configuration and the state folder; say what to mend."""
    from sheets_crm.cli import text
    from sheets_crm.sync import doctor as examine

    _ask_lang(lang)
    findings = examine.examine(config)
    if as_json:
        _print_json([finding.json(_spoken()) for finding in findings])
    else:
        _print(text.findings(findings, _LANG.get("asked") or examine.language(config) or _spoken()))
    worst = max((finding.exit_code for finding in findings), default=0)
    if worst:
        raise typer.Exit(worst)


@app.command()
def schema(
    what: Annotated[Literal["config", "template", "rules"], typer.Argument(help="config, template or rules")],
) -> None:
    """Print a JSON Schema, for editors."""
    from sheets_crm.sync import schemas

    _print_json(schemas.schema(what))


@backup_app.command("list")
def backup_list(config: Config = None, as_json: AsJson = False, lang: Language = None) -> None:
    """List the copies, newest first."""
    from sheets_crm.cli import text
    from sheets_crm.sync import copies

    _ask_lang(lang)
    found = copies.listed(config)
    if as_json:
        _print_json([{"name": copy.name, "made": copy.made.isoformat(), "bytes": copy.size} for copy in found])
    else:
        _print(text.backups(found, _LANG.get("asked") or copies.language(config)))


@backup_app.command("restore")
def backup_restore(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A copy's name from `backup list`, or `last`.")],
    config: Config = None, to: Annotated[Path | None, typer.Option(help="Write it there instead of over the workbook.")] = None,
    lang: Language = None, quiet: Quiet = False,
) -> None:  # fmt: skip
    """Put a copy back in the workbook's place; what stood there is copied first."""
    from sheets_crm.cli import text
    from sheets_crm.sync import copies

    _ask_lang(lang)
    restored = copies.restored(config, name, to)
    _print(text.restored(restored, _LANG.get("asked") or copies.language(config)), quiet=quiet)


@rules_app.command("check")
def rules_check(
    paths: Annotated[list[Path] | None, typer.Argument(metavar="[PATH]...", help="Packs or folders; the bundled ones by default.")] = None,
    as_json: AsJson = False, lang: Language = None,
) -> None:  # fmt: skip
    """Read rule packs and run the tests inside them."""
    from sheets_crm.cli import text
    from sheets_crm.sync import packs

    _ask_lang(lang)
    results = packs.check(paths or [], _spoken())
    if as_json:
        _print_json([result.json() for result in results])
    else:
        _print(text.packs_checked(results, _spoken()))
    if any(not result.passed for result in results):
        raise typer.Exit(ConfigError.exit_code + 1)
