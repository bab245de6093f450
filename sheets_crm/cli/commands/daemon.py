"""`run`, `status`, `service ...`: the program that looks after workbooks by itself. What they do stands in `daemon`."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from sheets_crm.cli.shell import AsJson, Language, Quiet, app, print_json, print_text, speak
from sheets_crm.cli.voice import WrongUsage

service_app = typer.Typer(no_args_is_help=True, help="Begin `run` by itself when you log on.")
app.add_typer(service_app, name="service")

Configs = Annotated[
    list[str] | None, typer.Argument(metavar="CONFIG", help="One or several crm.yaml, or their folders; the one here by default.")
]  # fmt: skip
System = Annotated[
    str | None, typer.Option("--system", metavar="systemd|launchd|windows", help="For which system; this machine's by default.")
]  # fmt: skip


@app.command("run")
def run_(config: Configs = None, lang: Language = None, quiet: Quiet = False) -> None:
    """Look after workbooks: run by timetable and when they are saved, until stopped."""
    from sheets_crm.cli import text_daemon
    from sheets_crm.daemon.keeper import Pace
    from sheets_crm.daemon.supervise import Daemon

    voice = speak(lang)
    paths = text_daemon.present(config, voice)
    pace = Pace(float(os.environ.get("SHEETS_CRM_MINUTE_S") or 60))
    daemon = Daemon(paths, pace=pace, hear=None if quiet else text_daemon.Speaker(voice, several=len(paths) > 1))
    print_text(text_daemon.started(daemon, voice.lang), quiet=quiet)
    daemon.run()
    print_text(text_daemon.ended(voice.lang), quiet=quiet)


@app.command()
def status(config: Configs = None, as_json: AsJson = False, lang: Language = None, quiet: Quiet = False) -> None:
    """Say whether somebody looks after the workbooks, when runs were and will be, and what fails."""
    from datetime import UTC, datetime

    from sheets_crm.cli import text_daemon
    from sheets_crm.daemon.report import report

    voice = speak(lang)
    reports = [report(one, datetime.now(UTC)) for one in config or (None,)]
    voice.hear(reports[0].lang)
    if as_json:
        print_json([one.json() for one in reports])
    else:
        shown = [one for one in reports if one.exit_code or not quiet]
        print_text("\n\n".join(text_daemon.reported(one, voice.lang) for one in shown))
    worst = max(one.exit_code for one in reports)
    if worst:
        raise typer.Exit(worst)


@service_app.command("install")
def install(
    config: Configs = None, system: System = None, lang: Language = None,
    only_print: Annotated[bool, typer.Option("--print", help="Show what would be installed; do nothing.")] = False,
) -> None:  # fmt: skip
    """Make the system begin `run` at log-on, and again should it fail."""
    from sheets_crm.cli import text_daemon
    from sheets_crm.daemon import service

    voice = speak(lang)
    paths = text_daemon.present(config, voice)
    planned = service.planned(_system(system), paths)
    if only_print:
        print_text(text_daemon.planned(planned))
    else:
        print_text(text_daemon.installed(service.install(planned), voice.lang))


@service_app.command("remove")
def remove(system: System = None, lang: Language = None) -> None:
    """Undo `service install`; what runs now is stopped."""
    from sheets_crm.cli import text_daemon
    from sheets_crm.daemon import service

    voice = speak(lang)
    print_text(text_daemon.removed(service.remove(_system(system)), voice.lang))


@service_app.command("status")
def service_status(system: System = None, as_json: AsJson = False, lang: Language = None) -> None:
    """Say whether the service is installed, and for which workbooks. Exit code 1 when it is not, or does not run."""
    from sheets_crm.cli import text_daemon
    from sheets_crm.daemon import service

    voice = speak(lang)
    found = service.status(_system(system))
    if as_json:
        print_json(found.json())
    else:
        print_text(text_daemon.service(found, voice.lang))
    if not found.fine:
        raise typer.Exit(1)


def _system(asked: str | None) -> str:
    from sheets_crm.daemon import service

    if asked is not None and asked not in service.SYSTEMS:
        raise WrongUsage("cli.usage.choice", name="--system", seen=asked, allowed=service.SYSTEMS)
    return asked or service.this_system()
