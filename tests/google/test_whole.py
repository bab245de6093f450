"""The whole product on a Google spreadsheet: sync, plan, doctor, backups, the poll, and what the owner is told."""

import json
import os
import shlex
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from sheets_crm import data
from sheets_crm.cli.app import app
from sheets_crm.daemon.settings import watched
from sheets_crm.errors import ConfigError, OwnerError
from sheets_crm.sync import copies, run
from sheets_crm.sync.doctor import examine
from sheets_crm.sync.google import note_version
from sheets_crm.words import say
from tests.google.emulator import OWNER, ROBOT, Emulator, differences
from tests.google.whole import put_config

TODAY = data.DEMO_TODAY
FIRM = {
    "Клиенты": [["Клиент", "Телефон", "Менеджер"], ["Анна Белова", "+79160000001", "Ольга"]],
    "Сделки": [["Клиент", "Этап", "Сумма", "Дата КП"], ["Анна Белова", "КП отправлено", 1000, "01.02.2026"]],
}


@pytest.fixture
def google():
    with Emulator() as google:
        yield google
        assert google.complaints == []


@pytest.fixture
def firm(google, tmp_path):
    """A configuration of a small spreadsheet."""
    book = google.add_book(FIRM)
    return book, str(put_config(tmp_path / "firm", google, book))


def keys(findings, level="error"):
    return [finding.key for finding in findings if finding.level == level]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("lang", ["ru", "en"])
def test_the_demo_in_google(google, tmp_path, lang):
    workbook, config = data.demo_files(lang)
    book = google.add_book(workbook, locale="ru_RU" if lang == "ru" else "en_US")
    path = str(put_config(tmp_path, google, book, config.read_text("utf-8")))
    before = google.snapshot(book)
    first = run.sync(path, today=TODAY, accept_emptied=True)
    ours = [google.sheet(book, title).id for title in first.titles.values()]
    assert differences(before, google.snapshot(book, without=ours)) == []
    assert (google.calls.reads + google.calls.writes, google.calls.writes) == (4, 1)
    assert len(google.sheet(book, first.titles["funnel"]).charts) >= 1
    google.calls.clear()
    again = run.sync(path, today=TODAY)
    assert again.written == ()
    assert (google.calls.reads, google.calls.writes) == (2, 0)
    assert again.costs["google"]["generation"] == 1


@pytest.mark.filterwarnings("ignore")
def test_google_and_excel_find_the_same(google, tmp_path):
    workbook, config = data.demo_files("ru")
    book = google.add_book(workbook)
    path = str(put_config(tmp_path / "google", google, book, config.read_text("utf-8")))
    there = run.plan(path, today=TODAY)
    here = run.plan(str(_excel(tmp_path / "excel", workbook, config)), today=TODAY)
    assert there.counts() == here.counts()
    assert {problem.kind for problem in there.base.problems} == {problem.kind for problem in here.base.problems}


def _excel(folder, workbook, config):
    folder.mkdir()
    (folder / workbook.name).write_bytes(workbook.read_bytes())
    (folder / "crm.yaml").write_bytes(config.read_bytes())
    return folder


def test_json_tells_what_a_run_cost(firm):
    _, path = firm
    found = json.loads(CliRunner().invoke(app, ["sync", path, "--json", "--today", TODAY.isoformat()]).stdout)
    assert found["workbook"].startswith("https://docs.google.com/spreadsheets/d/")
    assert (found["google"]["calls"], found["google"]["writes"], found["google"]["generation"]) == (4, 1, 1)
    assert found["google"]["bytes_in"] > 100
    assert found["google"]["bytes_out"] > 100


def test_the_environment_names_the_endpoint(google, firm, monkeypatch, tmp_path):
    _, path = firm
    config = tmp_path / "firm" / "crm.yaml"
    config.write_text(config.read_text("utf-8").replace(google.url, "https://nowhere.invalid"), encoding="utf-8")
    monkeypatch.setenv("SHEETS_CRM_GOOGLE_ENDPOINT", google.url + "/")
    assert run.plan(path, today=TODAY).counts()["clients"] == 1
    monkeypatch.setenv("SHEETS_CRM_GOOGLE_ENDPOINT", "http://gateway.example")
    with pytest.raises(ConfigError) as told:
        run.plan(path, today=TODAY)
    assert told.value.key == "google.stop.endpoint"


def test_an_open_endpoint_in_the_configuration_is_refused(google, firm, tmp_path):
    config = tmp_path / "firm" / "crm.yaml"
    config.write_text(config.read_text("utf-8").replace(google.url, "http://10.0.0.5"), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"endpoint|google"):
        run.plan(str(config), today=TODAY)


def test_the_id_alone_will_do(google, tmp_path):
    book = google.add_book(FIRM)
    path = put_config(tmp_path, google, book, id_only=True)
    assert run.sync(str(path), today=TODAY).written


# --- doctor


def test_doctor_is_content_and_says_who_has_access(google, firm):
    book, path = firm
    found = examine(path)
    assert keys(found) == []
    people = next(one for one in found if one.key == "google.doctor.people")
    assert {OWNER, ROBOT} <= set(people.values["people"])
    google.share(book, None, "writer")
    assert keys(examine(path), "warning") == ["google.doctor.anyone"]


def test_doctor_quotes_the_address_to_share_with(google, firm):
    book, path = firm
    google.unshare(book, ROBOT)
    found = examine(path)
    assert keys(found) == ["google.stop.not_shared_with"]
    assert ROBOT in next(one for one in found if one.level == "error").sentence("ru")


def test_doctor_sees_that_it_may_only_look(google, firm):
    book, path = firm
    google.share(book, ROBOT, "reader")
    assert keys(examine(path)) == ["google.stop.read_only_with"]
    with pytest.raises(OwnerError) as told:
        run.sync(path, today=TODAY)
    assert told.value.key == "google.stop.read_only_with"


@pytest.mark.parametrize(
    ("method", "kind", "key"),
    [
        ("read", "accessNotConfigured", "google.stop.api_disabled"),
        ("read", "insufficientPermissions", "google.stop.scopes"),
        ("read", 404, "google.stop.not_found"),
        ("token", "invalid_grant", "google.stop.key_revoked"),
    ],
)
def test_doctor_names_what_is_missing(google, firm, method, kind, key):
    google.faults.add("answer", kind, method=method, times=99)
    found = examine(firm[1])
    assert keys(found) == [key]
    for lang in ("ru", "en"):
        assert "{" not in next(one for one in found if one.level == "error").sentence(lang)


@pytest.mark.parametrize(
    ("told", "level"),
    [
        ({"capabilities": {"canEdit": True}}, "ok"),
        ({"capabilities": {"canEdit": False}}, "error"),
        ({"capabilities": {"canShare": True}}, "error"),  # what is false may be left out
        ({"permissions": [{"emailAddress": ROBOT, "role": "writer", "type": "user"}]}, "ok"),
        ({"permissions": [{"emailAddress": ROBOT, "role": "reader", "type": "user"}]}, "error"),
        ({"permissions": None, "capabilities": None}, None),
        ({}, None),
    ],
)
def test_doctor_takes_only_what_drive_said(google, firm, monkeypatch, told, level):
    monkeypatch.setattr("sheets_crm.books.google.api.Api.file", lambda *_: told)
    about = {"google.doctor.writable": "ok", "google.stop.read_only_with": "error"}
    found = [about[one.key] for one in examine(firm[1]) if one.key in about]
    assert found == ([level] if level else [])


def test_doctor_knows_an_excel_file_in_drive(google, tmp_path):
    path = put_config(tmp_path, google, google.add_file())
    assert keys(examine(str(path))) == ["google.stop.office_file"]


def test_without_drive_it_works_all_the_same(google, firm):
    google.faults.add("answer", "accessNotConfigured", method="drive", times=99)
    assert keys(examine(firm[1]), "warning") == ["google.doctor.no_drive"]
    assert run.sync(firm[1], today=TODAY).written


def test_a_tab_that_somebody_guards_against_us_is_named(google, firm):
    book, path = firm
    title = run.sync(path, today=TODAY).titles["tasks"]
    sheet = google.sheet(book, title).id
    own = google.person(book)
    own.do({"deleteProtectedRange": {"protectedRangeId": google.sheet(book, title).protections[0]["protectedRangeId"]}})
    own.do({"addProtectedRange": {"protectedRange": {"range": {"sheetId": sheet}, "editors": {"users": [OWNER]}}}})
    assert keys(examine(path)) == ["google.doctor.foreign_guard"]


@pytest.mark.parametrize(
    ("content", "key"),
    [(None, "key_missing"), ("[]", "key_unknown"), ("{", "key_unreadable"), ('{"type": "x"}', "key_unknown"),
     ('{"type": "service_account"}', "key_unreadable"), ('{"installed": {}}', "not_signed_in")],
)  # fmt: skip
def test_a_wrong_key_file_is_told(firm, tmp_path, content, key):
    file = tmp_path / "firm" / "key.json"
    file.unlink()
    if content is not None:
        file.write_text(content)
    with pytest.raises(ConfigError) as told:
        run.plan(firm[1], today=TODAY)
    assert told.value.key == f"google.stop.{key}"
    assert str(file) in say(told.value.key, "ru", **told.value.values)


# --- an owner's own account


def test_an_owners_own_token(google, tmp_path):
    book = google.add_book(FIRM, share=())
    path = put_config(tmp_path, google, book)
    (tmp_path / "key.json").write_text(json.dumps(google.user_info()))
    assert run.sync(str(path), today=TODAY).written


def test_a_sign_in_that_was_taken_back(google, tmp_path):
    book = google.add_book(FIRM, share=())
    path = put_config(tmp_path, google, book)
    (tmp_path / "key.json").write_text(json.dumps({**google.user_info(), "refresh_token": "gone"}))
    assert keys(examine(str(path))) == ["google.stop.sign_in_again"]


# --- copies


def test_before_a_write_the_values_are_kept(google, firm, tmp_path):
    import openpyxl

    _, path = firm
    done = run.sync(path, today=TODAY)
    assert done.backup
    restored = copies.restored(path, "last", None)
    page = openpyxl.load_workbook(restored.path)["Клиенты"]
    assert [cell.value for cell in page[2]] == FIRM["Клиенты"][1]
    assert (tmp_path / "firm" / ".sheets-crm" / "backups" / done.backup).stat().st_mode & 0o077 == 0


def test_a_copy_can_be_asked_for(firm):
    _, path = firm
    assert copies.made(path).copy.name.endswith(".xlsx")
    assert all(one.state == "sound" for one in copies.verified(path, None))


# --- the daemon's hint


def test_a_change_is_noticed_by_its_version(google, firm, tmp_path):
    book, path = firm
    run.sync(path, today=TODAY)
    assert note_version(path)
    known = watched(tmp_path / "firm" / "crm.yaml")
    assert known.google_s == 30
    before = known.seen()
    assert not note_version(path)
    assert known.seen() == before
    google.person(book).type("Клиенты", 2, 0, "Анна Иная")
    assert note_version(path)
    assert known.seen() != before


def test_nothing_of_google_is_imported_for_a_file():
    code = "import sys, sheets_crm.sync.run; print([m for m in sys.modules if m.split('.')[0] in {'google', 'gspread', 'requests'}])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    assert done.stdout.strip() == "[]"


def test_a_copy_comes_back_as_a_file_to_import(firm):
    _, path = firm
    run.sync(path, today=TODAY)
    told = [CliRunner().invoke(app, ["backup", "restore", "last", path, "--lang", "en"]).output for _ in range(2)]
    assert all("File - Import" in one for one in told)
    assert "was written to" in told[1], "a file of an earlier time is not the workbook"


def test_the_command_to_go_back_can_be_copied(google, firm):
    _, path = firm
    told = CliRunner().invoke(app, ["sync", path, "--lang", "en"]).output
    command = next(line for line in told.splitlines() if "backup restore" in line).partition("To go back: ")[2]
    assert CliRunner().invoke(app, [*shlex.split(command)[1:], path]).exit_code == 0
