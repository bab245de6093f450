"""Accidents in the middle of a run, injected: full disk, forbidden folder, another program, a base that was wiped, our own fault."""

import errno
import io
import json
import os
import re
from pathlib import Path

import pytest

from sheets_crm.books.excel import files
from sheets_crm.books.excel.book import ExcelBook
from sheets_crm.cli import main
from sheets_crm.sync import fault, run, state
from sheets_crm.sync.state import StateFolder
from tests.cli.conftest import CLIENTS, DEALS, save
from tests.cli.test_bad_input import assert_clear


def failing(number):
    def fail(*_, **__):
        raise OSError(number, os.strerror(number))

    return fail


def refused(desk, code, ru, en, command="sync"):
    """The command is refused in both languages and the owner's files stay."""
    before, stamp = desk.files(), desk.book.stat().st_mtime_ns
    for lang, part in (("ru", ru), ("en", en)):
        said = desk.run(command, lang=lang)
        assert (said.code, said.out) == (code, "")
        assert_clear(said.err, lang)
        assert part in said.err
    assert desk.files() == before
    assert desk.book.stat().st_mtime_ns == stamp


def test_the_disk_is_full(desk, monkeypatch):
    monkeypatch.setattr(files.tempfile, "mkstemp", failing(errno.ENOSPC))
    refused(desk, 10, "кончилось место", "full")


def test_the_disk_fills_up_while_writing(desk, monkeypatch):
    monkeypatch.setattr(files, "_like", failing(errno.ENOSPC))
    refused(desk, 10, "кончилось место", "full")
    assert [path.name for path in desk.folder.iterdir() if path.name.endswith(".tmp")] == []


def test_the_folder_is_read_only(desk, monkeypatch):
    monkeypatch.setattr(files.tempfile, "mkstemp", failing(errno.EACCES))
    refused(desk, 13, "нельзя создать файл", "no file may be created")


def test_the_disk_fails(desk, monkeypatch):
    monkeypatch.setattr(files.tempfile, "mkstemp", failing(errno.EIO))
    refused(desk, 10, "Проверьте диск", "Check the disk")


@pytest.mark.parametrize("command", ["sync", "plan"])
def test_the_workbook_may_not_be_read(desk, monkeypatch, command):
    whole = Path.open

    def guarded(path, *arguments, **options):
        if path.name == "book.xlsx":
            raise PermissionError(errno.EACCES, "Permission denied")
        return whole(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", guarded)
    refused(desk, 13, "нет права читать", "may not read", command)


def test_the_configuration_may_not_be_read(desk, monkeypatch):
    whole = Path.read_bytes

    def guarded(path):
        if path.name == "crm.yaml":
            raise PermissionError(errno.EACCES, "Permission denied")
        return whole(path)

    before = desk.files()
    monkeypatch.setattr(Path, "read_bytes", guarded)
    for lang, part in (("ru", "не открывается"), ("en", "can't be opened")):
        said = desk.run("plan", lang=lang)
        assert (said.code, part in said.err) == (14, True)
    monkeypatch.undo()
    assert desk.files() == before


@pytest.mark.parametrize(("number", "ru", "en"), [(errno.EACCES, "Проверьте права", "permissions"), (errno.ENOSPC, "не осталось места", "space")])  # fmt: skip
def test_the_state_folder_cannot_be_made(desk, monkeypatch, number, ru, en):
    monkeypatch.setattr(state, "make_folder", failing(number))
    refused(desk, 18, ru, en)


@pytest.mark.parametrize("number", [errno.EACCES, errno.ENOSPC])
def test_the_state_folder_fills_up(desk, monkeypatch, number):
    assert desk.run("sync").code == 0
    save(desk.book, {"Клиенты": [*CLIENTS, ("Мак", "89120000001", "", "Анна")], "Сделки": DEALS})
    monkeypatch.setattr("sheets_crm.sync.backup.copying.open_private", failing(number))
    refused(desk, 18, "Проверьте права" if number == errno.EACCES else "не осталось места", ".sheets-crm")


def test_the_workbook_is_saved_again_and_again(desk, monkeypatch):
    apply = ExcelBook.apply

    def disturbed(book, plan):
        save(desk.book, {"Клиенты": [*CLIENTS, (f"Новый {os.urandom(4).hex()}", "", "", "")], "Сделки": DEALS})
        return apply(book, plan)

    monkeypatch.setattr(ExcelBook, "apply", disturbed)
    for lang, part in (("ru", "прямо сейчас"), ("en", "right now")):
        said = desk.run("sync", lang=lang)
        assert (said.code, said.out) == (13, "")
        assert part in said.err
        assert_clear(said.err, lang)


def test_the_workbook_is_saved_once_meanwhile(desk, monkeypatch):
    apply, times = ExcelBook.apply, []

    def disturbed(book, plan):
        if not times:
            times.append(1)
            save(desk.book, {"Клиенты": [*CLIENTS, ("Мак", "", "", "")], "Сделки": DEALS})
        return apply(book, plan)

    monkeypatch.setattr(ExcelBook, "apply", disturbed)
    said = desk.run("sync", "--json")
    assert (said.code, json.loads(said.out)["clients"]) == (0, 4)


class FullDisk(io.StringIO):
    def write(self, text):
        raise OSError(errno.ENOSPC, text[:0])


@pytest.mark.parametrize(("lang", "part"), [("ru", "Место на диске кончилось"), ("en", "The disk is full")])
def test_the_answer_is_sent_to_a_full_disk(monkeypatch, capsys, lang, part):
    monkeypatch.setattr("sheets_crm.cli.app._hush", lambda: None)
    monkeypatch.setattr("sys.argv", ["sheets-crm", "schema", "rules", "--lang", lang])
    monkeypatch.setattr("sys.stdout", FullDisk())
    with pytest.raises(SystemExit) as left:
        main()
    said = capsys.readouterr().err
    assert (left.value.code, part in said) == (10, True)
    assert_clear(said, lang)


@pytest.mark.parametrize(
    ("to", "code", "ru", "en"),
    [("", 11, "имя файла", "the name of a file"), ("gone/a.xlsx", 10, "Создайте её", "Make it")],
)
def test_a_copy_can_go_there_not(desk, to, code, ru, en):
    assert desk.run("sync").code == 0
    for lang, part in (("ru", ru), ("en", en)):
        said = desk.run("backup", "restore", "last", "--to", str(desk.folder / to), lang=lang)
        assert (said.code, part in said.err) == (code, True)
        assert_clear(said.err, lang)


@pytest.mark.parametrize(
    ("lang", "missing", "no_text"), [("ru", "нет", "не текст"), ("en", "There is no file", "no text")]
)
def test_answers_that_are_none(desk, lang, missing, no_text):
    for file, part in (("none.yaml", missing), (str(desk.book), no_text)):
        said = desk.run("setup", "--answers", file, lang=lang, config=False)
        assert (said.code, part in said.err) == (14, True)
        assert_clear(said.err, lang)


def test_nobody_hears_the_complaint(monkeypatch, tmp_path):
    monkeypatch.setattr("sys.argv", ["sheets-crm", "plan", str(tmp_path / "none")])
    for deaf in (FullDisk(), None):
        monkeypatch.setattr("sys.stderr", deaf)
        with pytest.raises(SystemExit) as left:
            main()
        assert left.value.code == 14


def many(number):
    return [CLIENTS[0], *((f"Клиент {n}", f"8912{n:07}", "", "Анна") for n in range(number))]


def test_a_wiped_base_is_not_obeyed(desk):
    save(desk.book, {"Клиенты": many(60), "Сделки": DEALS})
    assert desk.run("sync").code == 0
    save(desk.book, {"Клиенты": many(2), "Сделки": DEALS})
    stops = desk.run("sync", lang="ru").err.strip()
    refused(desk, 17, "--accept-emptied", "--accept-emptied")
    planned = desk.run("plan", lang="ru")  # it writes nothing anyway, so it goes on, and says what a sync would say
    assert (planned.code, stops in planned.out, stops in desk.run("plan", "--json", lang="ru").out) == (0, True, True)
    assert desk.run("sync", "--accept-emptied").code == 0
    assert stops not in desk.run("plan", lang="ru").out
    assert desk.run("sync").code == 0


def test_a_damaged_history_is_put_aside_and_said(desk):
    assert desk.run("sync").code == 0
    (found,) = (desk.folder / ".sheets-crm").glob("*.db")
    found.write_bytes(b"\x00garbage" * 500)
    save(desk.book, {"Клиенты": [*CLIENTS, ("Мак", "", "", "")], "Сделки": DEALS})
    said = desk.run("sync", lang="ru")
    assert (said.code, said.err) == (0, "")
    assert "Отметки в книге целы" in said.out


@pytest.mark.parametrize("name", ["last-run.json", "columns.json", "belongs.json"])
def test_any_file_of_the_state_may_be_damaged(desk, name):
    assert desk.run("sync").code == 0
    (desk.folder / ".sheets-crm" / name).write_bytes(b"\xff{")
    said = desk.run("sync", "--json")
    assert (said.code, said.err) == (0, "")
    assert json.loads(said.out)["written"] is False


@pytest.mark.slow
def test_another_run_is_at_it(desk):
    with StateFolder.beside(desk.config, "book.xlsx").lock():
        refused(desk, 13, "другой запуск", "Another run")


def test_our_own_fault_is_told_without_a_traceback(desk, monkeypatch, tmp_path):
    def fail(*_, **__):
        raise ZeroDivisionError("Ромашка, 8 912 345-67-89")

    monkeypatch.setattr(run, "plan", fail)
    for lang, part in (("ru", "наша ошибка"), ("en", "our fault")):
        said = desk.run("plan", lang=lang)
        assert (said.code, said.out) == (70, "")
        assert part in said.err
        assert_clear(re.sub(r"\d{8}-[0-9a-f]{4}", "", said.err.replace(str(tmp_path), "")), lang)
    logs = [path.read_text("utf-8") for path in tmp_path.rglob("sheets-crm.log")]
    assert ["ZeroDivisionError" in text and "Ромашка" not in text and "345" not in text for text in logs] == [True]


def test_our_own_fault_where_no_log_can_be_kept(desk, monkeypatch):
    monkeypatch.setattr(run, "plan", failing(errno.EIO))
    monkeypatch.setattr(
        fault, "open_log", lambda *_: (_ for _ in ()).throw(state.StateError("state.folder_denied", path="x"))
    )
    for lang in ("ru", "en"):
        said = desk.run("plan", lang=lang)
        assert said.code == 70
        assert_clear(re.sub(r"\d{8}-[0-9a-f]{4}", "", said.err), lang)


def test_stopping_by_hand(desk, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "sync", stop)
    for lang in ("ru", "en"):
        said = desk.run("sync", lang=lang)
        assert (said.code, said.out) == (130, "")
        assert_clear(said.err, lang)
