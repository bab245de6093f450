"""An emulator with a spreadsheet, and a client; whatever a test does, the emulator's own answers must fit."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.google.calling import CLIENTS, Client
from tests.google.emulator import Clock, Emulator


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
