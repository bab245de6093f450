"""The backup, export and leaving commands as their users type them."""

import json
import shutil

import pytest

from sheets_crm.sync.backup import age


@pytest.fixture(autouse=True)
def cheap_keys(monkeypatch):
    real = age.encrypt
    monkeypatch.setattr(age, "encrypt", lambda source, target, secret: real(source, target, secret, work=4))


@pytest.fixture
def safe(desk, monkeypatch):
    """The desk with an encrypted folder for copies."""
    folder = desk.folder / "copies"
    folder.mkdir()
    monkeypatch.setenv("SHEETS_CRM_BACKUP", "a long passphrase")
    desk.write(desk.config.read_text("utf-8") + "backups: {folder: copies, encrypt: backup}\n")
    return folder


def listed(desk):
    return json.loads(desk.run("backup", "list", "--json").out)


def test_a_copy_on_demand(desk):
    first = desk.run("backup", "now", lang="ru")
    assert (first.code, "Копия сделана" in first.out) == (0, True)
    assert "не изменилась" in desk.run("backup", "now", lang="ru").out
    (copy,) = listed(desk)
    assert (copy["why"], copy["where"], copy["encrypted"]) == ("manual", "local", False)
    assert desk.run("backup", "now", "--quiet").out == ""


def test_a_run_brings_its_copy_to_the_folder(desk, safe):
    assert desk.run("sync").code == 0
    places = sorted((one["where"], one["encrypted"], one["why"]) for one in listed(desk))
    assert places == [("local", False, "write"), ("outside", True, "write")]
    said = desk.run("backup", "list", lang="ru").out
    assert "зашифрована" in said
    assert str(safe) in said


def test_a_folder_that_is_away_stops_no_run(desk, safe):
    shutil.rmtree(safe)
    said = desk.run("sync", lang="ru")
    assert said.code == 0
    assert "нет на месте" in said.out
    assert len(listed(desk)) == 1
    for command in (("doctor",), ("backup", "list")):
        assert "нет на месте" in desk.run(*command, lang="ru").out
    asked = desk.run("backup", "now", lang="en")
    assert asked.code == 18
    assert "has not been there since" in asked.err
    safe.mkdir()
    assert desk.run("backup", "now").code == 0
    assert "outside" in {one["where"] for one in listed(desk)}


def test_verify_tells_sound_damaged_and_shut(desk, safe, monkeypatch):
    assert "пока нет" in desk.run("backup", "verify", lang="ru").out
    desk.run("sync")
    whole = desk.run("backup", "verify", "--json")
    assert whole.code == 0
    assert [(one["state"], one["sheets"]) for one in json.loads(whole.out)] == [("sound", 2), ("sound", 2)]
    monkeypatch.setenv("SHEETS_CRM_BACKUP", "another passphrase")
    shut = desk.run("backup", "verify", "--json")
    assert shut.code == 1
    assert sorted(one["state"] for one in json.loads(shut.out)) == ["locked", "sound"]
    (copy,) = (desk.folder / ".sheets-crm" / "backups").glob("*.xlsx")
    copy.write_bytes(b"PK damaged")
    bad = desk.run("backup", "verify", lang="ru")
    assert (bad.code, "повреждена" in bad.out) == (1, True)
    assert desk.call("backup", "verify", "last", "--lang", "ru").code == 1
    assert desk.call("backup", "verify", str(desk.config), "nonsense").code == 19


def test_an_encrypted_copy_comes_back_by_its_path(desk, safe, monkeypatch, tmp_path):
    desk.run("sync")
    (copy,) = safe.glob("*.age")
    elsewhere = tmp_path / "came back.xlsx"
    monkeypatch.setenv("SHEETS_CRM_BACKUP", "wrong passphrase")
    shut = desk.run("backup", "restore", str(copy), "--to", str(elsewhere), lang="ru")
    assert (shut.code, elsewhere.exists()) == (18, False)
    assert "не открывается паролем" in shut.err
    monkeypatch.setenv("SHEETS_CRM_BACKUP", "a long passphrase")
    assert desk.run("backup", "restore", str(copy), "--to", str(elsewhere)).code == 0
    (local,) = (desk.folder / ".sheets-crm" / "backups").glob("*.xlsx")
    assert elsewhere.read_bytes() == local.read_bytes()


def test_one_sheet_comes_back_beside(desk):
    desk.run("sync")
    before = desk.book.read_bytes()
    said = desk.run("backup", "restore", "last", "--sheet", "сделки", lang="ru")
    assert said.code == 0
    (made,) = desk.folder.glob("book (из копии *).xlsx")
    assert str(made) in said.out
    assert desk.book.read_bytes() == before
    again = desk.run("backup", "restore", "last", "--sheet", "Сделки", "--to", str(made), lang="ru")
    assert (again.code, "уже есть" in again.err) == (10, True)
    into = desk.run("backup", "restore", "last", "--sheet", "Сделки", "--to", str(desk.book), lang="ru")
    assert (into.code, desk.book.read_bytes() == before) == (10, True)
    lost = desk.run("backup", "restore", "last", "--sheet", "Склад", lang="en")
    assert (lost.code, "Сделки" in lost.err) == (19, True)


def test_a_passphrase_is_kept_unseen(desk, safe, monkeypatch):
    import io

    monkeypatch.delenv("SHEETS_CRM_BACKUP")
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    said = desk.run("backup", "password", lang="ru")
    assert (said.code, "короче" in said.err) == (18, True)
    monkeypatch.setattr("sys.stdin", io.StringIO("a long passphrase\n"))
    said = desk.run("backup", "password", lang="ru")
    assert said.code == 0
    assert "a long passphrase" not in said.out + said.err
    assert desk.run("backup", "now").code == 0
    assert len(list(safe.glob("*.age"))) == 1


def test_no_passphrase_for_copies_that_are_not_encrypted(desk):
    said = desk.run("backup", "password", lang="en")
    assert (said.code, "encrypt: backup" in said.err) == (14, True)


def test_encrypt_without_a_folder_is_no_silent_promise(desk):
    desk.write(desk.config.read_text("utf-8") + "backups: {encrypt: backup}\n")
    for lang, part in (("ru", "не шифруются"), ("en", "not encrypted")):
        said = desk.run("plan", lang=lang)
        assert (said.code, part in said.err) == (14, True)


def test_a_managers_tasks(desk):
    done = json.loads(desk.run("export", "tasks", "--manager", "Анна", "--json").out)
    assert done["manager"] == "Анна"
    assert "Анна" in desk.run("export", "tasks", "--manager", "анна", lang="ru").out
    assert desk.run("export", "tasks", "--manager", "Кто", lang="ru").code == 19


def test_a_leaving_manager(desk):
    said = desk.run("doctor", "--leaving", "Анна", lang="ru")
    assert said.code == 0
    assert "1. Сделайте копию" in said.out
    assert json.loads(desk.run("doctor", "--leaving", "Анна", "--json").out)["others"] == ["Иван"]
    assert desk.run("doctor", "--leaving", "Кто", lang="ru").code == 19
