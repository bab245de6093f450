"""The desk of the command line's tests, for the daemon's commands too; disks that are not waited for."""

from __future__ import annotations

import pytest

from sheets_crm.daemon import keeper, status
from tests.cli.conftest import _here, desk

__all__ = ["_here", "desk"]


@pytest.fixture
def swift(monkeypatch):
    """Days go by faster: no status is written, and files are looked at once a minute."""
    monkeypatch.setattr(status, "write", lambda _state, _now: None)
    monkeypatch.setattr(keeper, "IDLE_S", 60.0)
