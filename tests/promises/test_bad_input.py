"""Promise 10: wrong input gets a sentence - where, what we saw, what to do - and nothing is written then."""

from __future__ import annotations

import zipfile

import pytest

from sheets_crm.errors import OwnerError
from sheets_crm.sync import run
from sheets_crm.words import LANGS, say
from tests.promises.firm import TODAY, configure, plain


def missing(book):
    book.unlink()


def folder_instead(book):
    book.unlink()
    book.mkdir()


def truncated(book):
    book.write_bytes(book.read_bytes()[:-200])


def not_a_workbook(book):
    book.write_bytes(b"<html><table><tr><td>1</td></tr></table></html>")


def empty_file(book):
    book.write_bytes(b"")


def another_zip(book):
    with zipfile.ZipFile(book, "w") as file:
        file.writestr("readme.txt", "hello")


def open_in_excel(book):
    book.with_name(f"~${book.name}").write_bytes(b"\x05Olga " + b" " * 159)


def sheet_gone(book):
    change(book, "Клиенты:", "Кленты:")


def unknown_key(book):
    change(book, "country: RU", "contry: RU")


def unknown_field(book):
    change(book, "birthday: День", "birhtday: День")


def not_yaml(book):
    change(book, "country: RU", "country: [RU")


def not_text(book):
    (book.parent / "crm.yaml").write_bytes(b"\xff\xfe\x00workbook")


def no_config(book):
    (book.parent / "crm.yaml").unlink()


def change(book, old, new):
    config = book.parent / "crm.yaml"
    text = config.read_text("utf-8")
    assert old in text
    config.write_text(text.replace(old, new), encoding="utf-8")


WRONG = {
    missing: "firm.xlsx", folder_instead: "firm.xlsx", truncated: "firm.xlsx", not_a_workbook: "firm.xlsx", empty_file: "firm.xlsx",
    another_zip: "firm.xlsx", open_in_excel: "firm.xlsx", sheet_gone: "Кленты", unknown_key: "contry", unknown_field: "birhtday",
    not_yaml: "crm.yaml", not_text: "crm.yaml", no_config: "crm.yaml",
}  # fmt: skip


def everything(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and ".sheets-crm" not in path.parts}


@pytest.mark.parametrize("spoil", WRONG, ids=lambda spoil: spoil.__name__)
@pytest.mark.parametrize("kind", [run.sync, run.plan], ids=["sync", "plan"])
def test_wrong_input_gets_a_sentence_and_nothing_is_written(spoil, kind, tmp_path):
    book = plain(tmp_path / "firm.xlsx")
    configure(tmp_path, book.name)
    spoil(book)
    before = everything(tmp_path)
    if spoil is open_in_excel and kind is run.plan:
        assert kind(str(tmp_path), today=TODAY).tasks, "looking is always possible"
        return
    with pytest.raises(OwnerError) as stopped:
        kind(str(tmp_path), today=TODAY)
    assert everything(tmp_path) == before
    for lang in LANGS:
        sentence = say(stopped.value.key, lang, **stopped.value.values)
        assert WRONG[spoil] in sentence
        assert sentence.endswith(".")
        assert "{" not in sentence
    assert 10 <= stopped.value.exit_code < 20


def test_one_bad_cell_stops_nobody(tmp_path):
    """Dirt in a client's cell is a problem told on its tab; the other clients are served."""
    book = plain(tmp_path / "firm.xlsx")
    configure(tmp_path, book.name)
    result = run.sync(str(tmp_path), today=TODAY)
    assert {problem.kind for problem in result.base.problems} >= {"bad_phone", "bad_email"}
    assert result.written
    assert result.tasks
