"""A Google spreadsheet as the workbook: whom to share it with, the check, and every refusal as a sentence."""

import json

import pytest

from sheets_crm.books.google.settings import ENDPOINT
from sheets_crm.errors import ConfigError
from sheets_crm.wizard.start import conversation
from tests.google.emulator import ROBOT, Emulator
from tests.wizard.hands import errors, field, press, world

FIRM = {
    "Клиенты": [
        ["Клиент", "Телефон", "Менеджер"],
        ["Анна Белова", "+79160000001", "Ольга"],
        ["Пётр Ким", "+79160000002", "Ольга"],
    ],
    "Сделки": [["Клиент", "Этап", "Сумма", "Дата КП"], ["Анна Белова", "КП отправлено", 1000, "01.02.2026"]],
}


@pytest.fixture
def google(monkeypatch):
    with Emulator() as google:
        monkeypatch.setenv(ENDPOINT, google.url)
        yield google


@pytest.fixture
def key(google, tmp_path):
    return google.key_file(tmp_path / "key.json")


@pytest.fixture
def talk(tmp_path):
    talk = conversation(world(tmp_path), lang="ru", fresh=True)
    press(talk, book="google")
    assert talk.here == "workbook/google"
    return talk


def _link(book):
    return f"https://docs.google.com/spreadsheets/d/{book}/edit#gid=0"


def test_a_link_pasted_as_a_path_leads_to_google(tmp_path):
    talk = conversation(world(tmp_path), lang="ru", fresh=True)
    assert press(talk, path=_link("1" + "x" * 30)) == "workbook/google"
    assert field(talk, "link").value == _link("1" + "x" * 30)


def test_the_spreadsheet_is_checked_shared_and_read(google, key, talk, tmp_path):
    book = google.add_book(FIRM)
    assert press(talk, "check", link=_link(book), credentials=str(key)) == "workbook/google"
    texts = [getattr(block, "text", "") for block in talk.screen().blocks]
    assert any("можно записывать" in text or "писать" in text for text in texts), texts
    facts = next(block for block in talk.screen().blocks if hasattr(block, "pairs"))
    assert facts.pairs[0] == ("Кому", ROBOT)
    assert press(talk) == "sheets"
    assert talk.draft.workbook == f"https://docs.google.com/spreadsheets/d/{book}/edit"
    assert talk.draft.config == str(tmp_path / "Documents" / "sheets-crm" / "crm.yaml")
    assert talk.draft.settings["google"] == {"credentials": str(key)}
    google.calls.clear()
    assert [press(talk) for _ in range(3)] == ["columns/Клиенты", "columns/Сделки", "trade"]
    assert google.calls.reads == google.calls.writes == 0  # read once


@pytest.mark.slow
def test_each_refusal_is_told_beside_what_is_to_be_mended(google, key, talk, tmp_path):
    book = google.add_book(FIRM)
    closed = google.add_book(FIRM, share=())
    excel = google.add_file()
    broken = tmp_path / "broken.json"
    broken.write_text("{", "utf-8")
    looked_at = google.add_book(FIRM)
    google.share(looked_at, ROBOT, "reader")
    cases = [
        ("no link", str(key), "link", "не похоже на ссылку"), (_link(book), str(tmp_path / "none.json"), "credentials", "Файла"),
        (_link(book), str(broken), "credentials", "не читается"), (_link(closed), str(key), "link", ROBOT),
        (_link(excel), str(key), "link", "файл Excel"), (_link("1" + "z" * 40), str(key), "link", "таблицы нет"),
        (_link(looked_at), str(key), "link", ROBOT),
    ]  # fmt: skip
    for link, credentials, name, said in cases:
        assert press(talk, link=link, credentials=credentials) == "workbook/google", said
        assert said in errors(talk).get(name, ""), (link, errors(talk))
        assert field(talk, "link").value == link
    assert talk.draft.workbook == ""


def test_a_folder_that_cannot_be_made_is_told(google, key, talk, tmp_path):
    (tmp_path / "file").write_text("", "utf-8")
    press(talk, link=_link(google.add_book(FIRM)), credentials=str(key), folder=str(tmp_path / "file" / "below"))
    assert "не удалось создать" in errors(talk)["folder"]


def test_a_client_file_offers_to_sign_in(google, talk, tmp_path, monkeypatch):
    from sheets_crm.books.google import access, tokens

    client = tmp_path / "client.json"
    client.write_text(json.dumps({"installed": {"client_id": "x", "client_secret": "y"}}), "utf-8")
    book = google.add_book(FIRM)
    press(talk, link=_link(book), credentials=str(client))
    assert errors(talk)["credentials"] == "Этот файл просит войти от вашего имени. Нажмите «Войти через Google»."
    assert "sign_in" in [action.name for action in talk.screen().actions]

    def refuse(*_, **__):
        raise ConfigError("google.stop.key_unknown", path=str(client))

    monkeypatch.setattr(access, "sign_in", refuse)
    press(talk, "sign_in")
    assert "ни ключ" in errors(talk)["credentials"] or "client.json" in errors(talk)["credentials"]

    def sign(file, state, **_):
        tokens.keep(state, google.user_info(), in_keyring=False)

    monkeypatch.setattr(access, "sign_in", sign)
    press(talk, "sign_in")
    assert any(getattr(block, "text", "").startswith("Вход выполнен") for block in talk.screen().blocks)
    assert press(talk) == "sheets"


def test_signing_in_shows_that_it_waits(google, tmp_path, monkeypatch):
    from sheets_crm.books.google import access

    later = []
    talk = conversation(world(tmp_path, run_later=later.append), lang="en", fresh=True)
    press(talk, book="google")
    client = tmp_path / "client.json"
    client.write_text(json.dumps({"installed": {"client_id": "x", "client_secret": "y"}}), "utf-8")
    monkeypatch.setattr(access, "sign_in", lambda *_, **__: 1 / 0)
    press(talk, "sign_in", link=_link("1" + "x" * 30), credentials=str(client))
    assert talk.screen().refresh_s == 2
    assert talk.screen().blocks[0].text.startswith("Waiting for you to sign in")
    later[0]()
    assert talk.screen().refresh_s is None
    assert errors(talk)["credentials"].startswith("Signing in did not work")
