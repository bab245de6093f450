"""What all tests share: hypothesis profiles, LibreOffice where it must be, other people's workbooks where they are present."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from sheets_crm.books.excel import files, whole

ROOT = Path(__file__).resolve().parent.parent
IN_CI = bool(os.environ.get("CI"))

# A failing example may shrink for minutes when every bug is pursued; on a loaded machine a deadline says nothing.
settings.register_profile("dev", max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "ci",
    max_examples=60,
    deadline=None,
    report_multiple_bugs=False,
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if IN_CI else "dev"))


def _missing(what: str) -> None:
    """On a user's machine a test that needs a foreign program is left out; in CI its absence is a failure."""
    if IN_CI:
        pytest.fail(f"{what} is not installed, and in CI it must be")
    pytest.skip(f"{what} is not installed")


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def soffice() -> str:
    """Path of LibreOffice."""
    found = shutil.which("soffice") or shutil.which("libreoffice")
    if not found:
        _missing("LibreOffice")
    return str(found)


@pytest.fixture(scope="session")
def pdftoppm() -> str:
    """Path of poppler's page painter."""
    found = shutil.which("pdftoppm")
    if not found:
        _missing("pdftoppm (poppler-utils)")
    return str(found)


@pytest.fixture(scope="module")
def browser():
    """Chromium, through playwright. Not for the whole session: while it runs, this thread has an event loop that others can't have."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if not found:
        _missing("Chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of other people's workbooks (never part of the repository): SHEETS_CRM_SHARED, or ../shared."""
    folder = Path(os.environ.get("SHEETS_CRM_SHARED") or ROOT.parent / "shared")
    if not (folder / "data").is_dir():
        pytest.skip("no folder of other people's workbooks here (SHEETS_CRM_SHARED)")
    return folder


class HastyClock:
    """The time module as waiting code sees it: a pause passes at once, and `meanwhile` may happen in it."""

    def __init__(self) -> None:
        self.paused = 0.0
        self.meanwhile: Callable[[float], object] = lambda _: None

    def monotonic(self) -> float:
        return time.monotonic() + self.paused

    def time(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        self.paused += seconds
        self.meanwhile(self.paused)


@pytest.fixture(autouse=True)
def clock(monkeypatch) -> HastyClock:
    """No test waits for a workbook that is open or being saved."""
    hasty = HastyClock()
    for module in (files, whole):
        monkeypatch.setattr(module, "time", hasty)
    return hasty


# Left out of the quick half beside what is marked in place: together they take longer than all the rest.
TAKES_SECONDS = (
    "base/test_blocks",
    "base/test_guess",
    "base/test_history_compact",
    "books/test_excel_open_resaved",
    "books/test_google_gap",
    "books/test_google_moment",
    "books/test_reader_others",
    "cli/test_accidents",
    "cli/test_bad_input",
    "cli/test_commands",
    "cli/test_every_error_has_words",
    "cli/test_odd_books",
    "cli/test_pages",
    "cli/test_remove",
    "cli/test_setup",
    "daemon/notices/test_alarms",
    "daemon/notices/test_sending",
    "golden/test_layouts",
    "golden/test_planted",
    "google/test_copy",
    "google/test_life",
    "google/test_looks",
    "google/test_marks",
    "google/test_mixed",
    "google/test_own_account",
    "google/test_promises",
    "google/test_untouched",
    "google/test_whole",
    "house/test_bench",
    "house/test_reference",
    "notices/test_arrivals",
    "notices/test_digest",
    "notices/test_feed",
    "notices/test_notify_command",
    "notices/test_reminders",
    "pages/test_behind_the_door",
    "promises/test_backups",
    "promises/test_columns_told",
    "promises/test_consent",
    "promises/test_emptied",
    "promises/test_idempotent",
    "promises/test_injection",
    "promises/test_life",
    "promises/test_marks",
    "promises/test_old_state",
    "promises/test_rewritten",
    "promises/test_untouched",
    "promises/test_why",
    "sync/test_backup_outside",
    "sync/test_companion",
    "sync/test_conflicts",
    "sync/test_export_tasks",
    "sync/test_history",
    "sync/test_lost_tab",
    "sync/test_open_workbook",
    "sync/test_outcomes",
    "sync/test_people",
    "sync/test_removal",
    "sync/test_requests",
    "tabs/test_cycles",
    "tabs/test_outcome_cycles",
    "wizard/pages/test_backups",
    "wizard/pages/test_card",
    "wizard/pages/test_rules",
    "wizard/pages/test_status",
    "wizard/test_answers",
    "wizard/test_finish",
    "wizard/test_preview",
    "wizard/test_rules",
    "wizard/test_steps_columns",
    "wizard/test_steps_trade_stages",
)


def pytest_collection_modifyitems(items):
    for item in items:
        if any(part in item.path.as_posix() for part in TAKES_SECONDS):
            item.add_marker(pytest.mark.slow)
