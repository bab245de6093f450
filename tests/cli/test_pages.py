"""`pages` as its owner types it: it says the address, answers there, and ends calmly."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys

import httpx
import pytest

from sheets_crm.cli.commands.pages import kept
from sheets_crm.sync import demo


@pytest.fixture(scope="module")
def firm(tmp_path_factory):
    folder = tmp_path_factory.mktemp("firm")
    demo.run(folder, "ru")
    return folder


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_what_the_daemon_says_is_what_status_says(firm, lang):
    from datetime import UTC, datetime

    from sheets_crm.cli.text_daemon import reported
    from sheets_crm.daemon.report import report

    config = str(firm / "crm.yaml")
    said = kept(config, lang)
    assert "\n".join(one.text for one in said) == reported(report(config, datetime.now(UTC)), lang)
    assert said[0].tone == "warning"  # nobody looks after it


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="interrupts are sent otherwise there")
def test_pages_open_answer_and_close(firm):
    command = [sys.executable, "-m", "sheets_crm", "pages", str(firm), "--no-browser", "--today", "2026-03-16"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    ) as running:
        try:
            address = re.search(r"http://127\.0\.0\.1:\d+/\S+", running.stdout.readline())[0]
            home = address.partition("/?")[0]
            assert httpx.get(f"{home}/p/tasks").status_code == 403  # nobody without the address
            with httpx.Client(follow_redirects=True, timeout=60) as browser:
                browser.get(address)
                shown = browser.get(f"{home}/p/")
            assert shown.status_code == 200
            assert "windows.xlsx" in shown.text
        finally:
            running.send_signal(signal.SIGINT)
            out, err = running.communicate(timeout=20)
    assert running.returncode == 0
    assert err == ""
    assert "закрыты" in out
