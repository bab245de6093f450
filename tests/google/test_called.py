"""A spreadsheet is called by its title wherever people are told of it, by the id alone before anybody has read it."""

import pytest
from typer.testing import CliRunner

from sheets_crm import data
from sheets_crm.cli.app import app
from sheets_crm.daemon.settings import watched
from sheets_crm.errors import OwnerError
from sheets_crm.sync import run
from sheets_crm.sync.called import called
from tests.google.emulator import ROBOT, Emulator
from tests.google.whole import put_config

TODAY = data.DEMO_TODAY
FIRM = {"Клиенты": [["Клиент", "Телефон", "Менеджер"], ["Анна Белова", "+79160000001", "Ольга"]]}


@pytest.fixture
def google():
    with Emulator() as google:
        yield google


def told(*words):
    return CliRunner().invoke(app, [*words, "--lang", "en"]).output


def test_every_command_says_the_title(google, tmp_path):
    book = google.add_book(FIRM, title="Окна. Юг")
    path = put_config(tmp_path, google, book)
    assert called(path, book, lang="en") == f"Google spreadsheet {book[:8]}"
    assert called(path, book, lang="ru") == f"таблица Google {book[:8]}"
    assert f"Google spreadsheet {book[:8]}" in told("status", str(path))
    assert "“Окна. Юг”" in told("plan", str(path))
    assert called(path, book, lang="en") == f"Google spreadsheet {book[:8]}", "a plan writes nothing"
    assert told("sync", str(path)).count("“Окна. Юг”") == 2
    assert "“Окна. Юг”" in told("status", str(path))
    assert watched(path).called == "Окна. Юг"
    google.document(book).permissions = [
        one for one in google.document(book).permissions if one["emailAddress"] != ROBOT
    ]
    with pytest.raises(OwnerError) as stopped:
        run.plan(str(path), today=TODAY)
    assert stopped.value.values["workbook"] == "Окна. Юг"


def test_a_new_title_is_heard_and_copies_keep_their_name(google, tmp_path):
    book = google.add_book(FIRM, title="Old")
    path = put_config(tmp_path, google, book)
    first = run.sync(str(path), today=TODAY)
    google.document(book).title = "New"
    google.person(book).type("Клиенты", 2, 2, "Пётр")
    second = run.sync(str(path), today=TODAY)
    assert called(path, book, lang="en") == "New"
    assert first.backup.partition(".")[0] == second.backup.partition(".")[0]


def test_a_file_is_called_by_its_name(tmp_path):
    assert called(tmp_path / "crm.yaml", "base/clients.v2.xlsx", lang="ru") == "clients.v2.xlsx"
