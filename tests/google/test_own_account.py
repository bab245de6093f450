"""An owner's own sign-in in the browser, where its token is kept, who changed the spreadsheet, and a spent quota that is told."""

import json
import stat
import sys
import threading
import types
import webbrowser
from datetime import UTC, datetime, timedelta

import pytest
import requests
from typer.testing import CliRunner

from sheets_crm import data
from sheets_crm.cli.app import app
from sheets_crm.errors import ConfigError
from sheets_crm.sync import run
from sheets_crm.sync.doctor import examine
from sheets_crm.sync.google import note_version
from sheets_crm.sync.moving import Order, copy
from sheets_crm.sync.sign_in import sign_in
from sheets_crm.words import say
from tests.google.emulator import OWNER, Emulator
from tests.google.whole import put_config

TODAY = data.DEMO_TODAY
FIRM = {"Клиенты": [["Клиент", "Телефон", "Менеджер"], ["Анна Белова", "+79160000001", "Ольга"]]}


@pytest.fixture
def google():
    with Emulator() as google:
        yield google
        assert google.complaints == []


class Browser:
    """Opens a page as a person would who presses "allow", or "cancel"."""

    def __init__(self, *, allow=True):
        self.allow, self.pages, self.seen = allow, [], []

    def open(self, url, **_):
        self.pages.append(url)
        threading.Thread(target=self._go, args=(url,), daemon=True).start()
        return True

    def _go(self, url):
        if self.allow:
            self.seen.append(requests.get(url, timeout=10).text)
            return
        query = dict(part.split("=", 1) for part in url.partition("?")[2].split("&"))
        back = requests.utils.unquote(query["redirect_uri"])
        requests.get(f"{back}?error=access_denied&state={query['state']}", timeout=10)


@pytest.fixture
def browser(monkeypatch):
    found = Browser()
    monkeypatch.setattr(webbrowser, "get", lambda *_: found)
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # the emulator speaks plain http
    monkeypatch.setenv("OAUTHLIB_RELAX_TOKEN_SCOPE", "1")
    return found


@pytest.fixture
def firm(google, tmp_path):
    book = google.add_book(FIRM, share=())
    path = put_config(tmp_path, google, book)
    (tmp_path / "key.json").write_text(json.dumps(google.client_info()))
    return path


class Ring(types.ModuleType):
    """A keyring in memory."""

    def __init__(self, *, locked=False):
        super().__init__("keyring")
        self.held, self.locked = {}, locked

    def get_password(self, service, name):
        if self.locked:
            raise RuntimeError("locked")
        return self.held.get((service, name))

    def set_password(self, service, name, text):
        if self.locked:
            raise RuntimeError("locked")
        self.held[service, name] = text


def test_the_sign_in_of_an_installed_app(google, firm, browser, tmp_path):
    with pytest.raises(ConfigError) as told:
        run.plan(str(firm), today=TODAY)
    assert told.value.key == "google.stop.not_signed_in"
    done = CliRunner().invoke(app, ["google-sign-in", str(firm), "--json"])
    assert done.exit_code == 0, done.output
    url = browser.pages[0]
    assert url.startswith(f"{google.url}/auth?")
    for part in (
        "redirect_uri=http%3A%2F%2F127.0.0.1%3A",
        "access_type=offline",
        "auth%2Fspreadsheets",
        "drive.metadata.readonly",
    ):
        assert part in url
    token = tmp_path / ".sheets-crm" / "google-token.json"
    assert json.loads(token.read_text())["token_uri"] == google.token_uri
    assert stat.S_IMODE(token.stat().st_mode) == 0o600
    assert run.sync(str(firm), today=TODAY).written
    assert {call.email for call in google.calls if call.email} == {OWNER}


def test_a_sign_in_that_was_cancelled(firm, browser, tmp_path):
    browser.allow = False
    with pytest.raises(ConfigError) as told:
        sign_in(str(firm))
    assert told.value.key == "google.stop.sign_in_refused"
    assert "{" not in say(told.value.key, "ru", **told.value.values)
    assert not (tmp_path / ".sheets-crm" / "google-token.json").exists()


def test_a_sign_in_that_is_left_alone_ends(firm, monkeypatch):
    from sheets_crm.books.google import access

    monkeypatch.setattr(webbrowser, "get", lambda *_: types.SimpleNamespace(open=lambda *_, **__: True))
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    monkeypatch.setattr(access, "PATIENCE_S", 0.2)
    with pytest.raises(ConfigError) as stopped:
        sign_in(str(firm))
    assert stopped.value.key == "google.stop.sign_in_late"


def test_the_token_in_the_keyring(firm, browser, tmp_path, monkeypatch):
    ring = Ring()
    monkeypatch.setitem(sys.modules, "keyring", ring)
    text = firm.read_text("utf-8").replace("credentials: key.json", "credentials: key.json\n  keep_sign_in: keyring")
    firm.write_text(text, "utf-8")
    sign_in(str(firm))
    assert not (tmp_path / ".sheets-crm" / "google-token.json").exists()
    assert [json.loads(text)["type"] for text in ring.held.values()] == ["authorized_user"]
    assert run.sync(str(firm), today=TODAY).written
    ring.locked = True
    with pytest.raises(ConfigError) as told:
        run.plan(str(firm), today=TODAY)
    assert (told.value.key, told.value.values["why"]) == ("google.stop.keyring", "locked")
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(ConfigError) as told:
        run.plan(str(firm), today=TODAY)
    assert told.value.key == "google.stop.no_keyring"


def test_an_own_sign_in_serves_a_copy(google, browser, tmp_path):
    import openpyxl

    book = openpyxl.Workbook()
    book.active.title = "Клиенты"
    for row in FIRM["Клиенты"]:
        book.active.append(row)
    book.save(tmp_path / "b.xlsx")
    target = google.add_book({"Лист1": []}, share=())
    path = put_config(tmp_path, google, target)
    path.write_text("workbook: b.xlsx\n" + path.read_text("utf-8").partition("\n")[2], "utf-8")
    (tmp_path / "key.json").write_text(json.dumps(google.client_info()))
    sign_in(str(path))
    done = copy(str(path), Order(target), today=TODAY)
    assert run.sync(str(done.config), today=TODAY).written == ()


# --- who changed it


def test_who_changed_the_spreadsheet_is_known_from_the_poll(google, tmp_path):
    book = google.add_book(FIRM)
    path = str(put_config(tmp_path, google, book))
    run.sync(path, today=TODAY)
    google.person(book, "anna@firm.example").type("Клиенты", 2, 1, "+79160000002")
    google.calls.clear()
    assert note_version(path)
    assert [call.kind for call in google.calls if call.kind != "token"] == ["drive"]
    run.sync(path, today=TODAY)
    found = json.loads(CliRunner().invoke(app, ["history", "-c", path, "--json"]).stdout)
    assert "anna" in json.dumps(found, ensure_ascii=False)
    note_version(path)  # our own write
    google.person(book, "boris@firm.example").type("Клиенты", 2, 1, "+79160000003")
    run.sync(path, today=TODAY)  # by hand, and nobody has asked who it was: not Anna
    newest = json.loads(CliRunner().invoke(app, ["history", "-c", path, "--json"]).stdout)["events"][0]
    assert "+79160000003" in json.dumps(newest, ensure_ascii=False)
    assert "anna" not in json.dumps(newest, ensure_ascii=False)


# --- a spent quota


def test_a_pause_is_told_while_it_lasts(google, tmp_path, monkeypatch):
    book = google.add_book(FIRM)
    path = put_config(tmp_path, google, book)
    run.sync(str(path), today=TODAY)
    google.faults.add("answer", 429, method="read")
    run.sync(str(path), today=TODAY)
    note = tmp_path / ".sheets-crm" / "google-paused"
    assert datetime.fromisoformat(note.read_text()).tzinfo
    assert "paused until" in (tmp_path / ".sheets-crm" / "logs" / "sheets-crm.log").read_text("utf-8")
    until = datetime.now(UTC) + timedelta(seconds=50)
    note.write_text(until.isoformat(timespec="seconds"))
    told = json.loads(CliRunner().invoke(app, ["status", str(path), "--json"]).stdout)
    assert told[0]["paused_until"] == until.isoformat(timespec="seconds")
    assert "пауза до" in CliRunner().invoke(app, ["status", str(path)]).stdout
    note.write_text((until - timedelta(hours=1)).isoformat(timespec="seconds"))
    assert "пауза" not in CliRunner().invoke(app, ["status", str(path)]).stdout


# --- doctor


def test_doctor_quotes_the_page_that_switches_the_api_on(google, tmp_path):
    path = put_config(tmp_path, google, google.add_book(FIRM))
    google.faults.add("answer", "accessNotConfigured", method="read", times=99)
    found = next(one for one in examine(str(path)) if one.level == "error")
    assert "https://console." in found.sentence("ru")


def test_doctor_sees_ranges_that_are_closed_to_it(google, tmp_path):
    book = google.add_book(FIRM)
    path = str(put_config(tmp_path, google, book))
    title = run.sync(path, today=TODAY).titles["clients"]
    area = {"sheetId": google.sheet(book, title).id, "startRowIndex": 0, "endRowIndex": 1}
    google.person(book).do({"addProtectedRange": {"protectedRange": {"range": area, "editors": {"users": [OWNER]}}}})
    keys = [one.key for one in examine(path) if one.level == "error"]
    assert keys == ["google.doctor.foreign_guard"]
