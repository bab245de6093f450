"""An emulator with a spreadsheet, and a client; whatever a test does, the emulator's own answers must fit."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sheets_crm.cli import shell
from tests.google.calling import CLIENTS, Client
from tests.google.emulator import Clock, Emulator


@pytest.fixture(autouse=True)
def _own_voice(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process of its own begins in no language; commands in this one must not hear each other's --lang."""
    monkeypatch.setattr(shell.Now, "voice", shell.Voice())


@pytest.fixture
def google() -> Iterator[Emulator]:
    with Emulator(clock=Clock()) as emulator:
        yield emulator
    assert emulator.complaints == []


@pytest.fixture
def book(google: Emulator) -> str:
    return google.add_book({"Клиенты": CLIENTS, "Deals": (("id", "сумма"), (1, 10), (2, 20))})


@pytest.fixture
def client(google: Emulator, book: str) -> Iterator[Client]:
    found = Client(google, book)
    yield found
    found.session.close()
