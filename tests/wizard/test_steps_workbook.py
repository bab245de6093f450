"""Step "workbook": every way to a workbook, and what an owner may get wrong on it."""

import os
import shutil
import zipfile
from pathlib import Path

import openpyxl
import pytest
from openpyxl.workbook.protection import WorkbookProtection

from sheets_crm.cards import template, template_texts
from sheets_crm.wizard.reading import Reader
from sheets_crm.wizard.start import conversation
from sheets_crm.wizard.steps.choosing import config_beside, pasted_path
from sheets_crm.wizard.steps.places import found_workbooks
from tests.wizard.hands import as_shown, begun, book, errors, field, press, through, world

ROWS = [["Клиент", "Телефон"], ["Анна Петрова", "+7 912 000-00-01"], ["Борис Ким", "+7 912 000-00-02"]]


@pytest.fixture
def clients(tmp_path):
    (tmp_path / "Documents").mkdir()
    return book(tmp_path / "Documents" / "База клиентов.xlsx", Клиенты=ROWS)


@pytest.fixture
def talk(tmp_path):
    return conversation(world(tmp_path), lang="ru", fresh=True)


# --- locked


@pytest.fixture
def locked(clients):
    lock(clients, on=True)
    return clients


def lock(path, *, on):
    made = openpyxl.load_workbook(path)
    made.security = WorkbookProtection(lockStructure=on)
    made.save(path)


@pytest.mark.parametrize(
    ("lang", "menu"), [("ru", "Рецензирование — Защитить книгу"), ("en", "Review - Protect Workbook")]
)
def test_a_locked_workbook_is_told_at_once_with_what_to_do(tmp_path, locked, lang, menu):
    talk = conversation(world(tmp_path), lang=lang, fresh=True)
    assert press(talk) == "workbook/locked"
    shown = talk.screen()
    assert locked.name in shown.blocks[0].text
    assert menu in field(talk, "lock").choices[0].label
    assert press(talk) == "workbook/locked"
    assert locked.name in errors(talk)["lock"], "it is still on"
    lock(locked, on=False)
    assert press(talk) == "sheets"
    assert "workbook/locked" not in [place.id for place in talk.screen().places]
    assert "protected_structure" not in talk.draft.settings


def test_a_lock_may_stay(locked, talk):
    press(talk)
    assert press(talk, lock="write") == "sheets"
    assert talk.draft.settings["protected_structure"] == "write"
    assert through(talk)[-1] == "finish", "nothing else comes into the way"


def test_a_lock_may_stay_and_the_tabs_stand_beside(locked, talk):
    press(talk)
    assert press(talk, lock="companion") == "sheets"
    assert talk.draft.settings["companion"] is True
    assert "protected_structure" not in talk.draft.settings
    assert "workbook/locked" not in [place.id for place in talk.screen().places]


def test_a_lock_is_in_nobodys_way_where_the_tabs_stand_in_a_workbook_of_their_own(locked, talk):
    locked.with_name("crm.yaml").write_text(f"workbook: {locked.name}\ncompanion: true\n", "utf-8")
    assert press(talk) == "sheets"


# --- found


def test_the_newest_workbook_is_offered_first_and_chosen(tmp_path, clients, talk):
    older = book(tmp_path / "Documents" / "старая.xlsx", A=ROWS)
    os.utime(older, (1, 1))
    choices = field(talk, "book").choices
    assert [choice.label for choice in choices[:2]] == [clients.name, older.name]
    assert press(talk) == "sheets"
    assert talk.draft.workbook == str(clients)
    assert talk.draft.config == str(clients.with_name("crm.yaml"))
    assert talk.draft.settings["workbook"] == clients.name


def test_lock_files_hidden_folders_backups_and_our_companions_are_not_offered(tmp_path, clients):
    folder = clients.parent
    for name in ("~$База клиентов.xlsx", ".hidden.xlsx", "База клиентов — задачи.xlsx"):
        shutil.copy(clients, folder / name)
    for name in (".sheets-crm/backups", "node_modules"):
        (folder / name).mkdir(parents=True)
        shutil.copy(clients, folder / name / "копия.xlsx")
    (folder / "папка.xlsx").mkdir()
    assert [one.path.name for one in found_workbooks(tmp_path, {})] == [clients.name]


def test_clouds_desktops_of_other_languages_and_recent_files_are_looked_into(tmp_path):
    places = ["OneDrive - Фирма/Учёт", "Dropbox", "Yandex.Disk", "Google Drive", "Рабочий стол", "Загрузки", "far/away"]
    for at, place in enumerate(places):
        (tmp_path / place).mkdir(parents=True)
        book(tmp_path / place / f"{at}.xlsx", A=ROWS)
    (tmp_path / ".config").mkdir()
    (tmp_path / ".config" / "user-dirs.dirs").write_text('XDG_DOCUMENTS_DIR="$HOME/Mes documents"\n', "utf-8")
    (tmp_path / "Mes documents").mkdir()
    book(tmp_path / "Mes documents" / "xdg.xlsm", A=ROWS)
    listed = tmp_path / ".local" / "share" / "recently-used.xbel"
    listed.parent.mkdir(parents=True)
    listed.write_text(f'<xbel><bookmark href="file://{tmp_path}/far/away/6.xlsx"/></xbel>', "utf-8")
    found = {one.path.name for one in found_workbooks(tmp_path, {})}
    assert found == {*(f"{at}.xlsx" for at in range(7)), "xdg.xlsm"}


def test_a_home_full_of_files_is_looked_through_in_bounds(tmp_path):
    folder = tmp_path / "Documents" / "a" / "b" / "c" / "d" / "e"
    folder.mkdir(parents=True)
    book(folder / "too deep.xlsx", A=ROWS)
    near = book(tmp_path / "Documents" / "near.xlsx", A=ROWS)
    for at in range(40):
        os.link(near, tmp_path / "Documents" / f"{at}.xlsx")
    found = found_workbooks(tmp_path, {})
    assert len(found) == 12
    assert "too deep.xlsx" not in {one.path.name for one in found}


def test_an_empty_home_says_what_to_do(talk):
    screen = talk.screen()
    assert field(talk, "book").value == "path"
    assert [choice.value for choice in screen.fields[0].choices] == ["path", "folder", "google", "starter"]
    assert press(talk) == "workbook"
    assert errors(talk)["path"] == "Впишите путь к книге или отметьте её в списке."


# --- pasted


@pytest.mark.parametrize("form", ['"{}"', "«{}»", "  {} ", "file://{}", "'{}'"])
def test_a_pasted_path_is_forgiven_its_clothes(tmp_path, clients, talk, form):
    assert press(talk, path=form.format(clients)) == "sheets"
    assert talk.draft.workbook == str(clients)


def test_home_percent_signs_and_back_slashes_in_a_path(tmp_path):
    assert pasted_path("~/a b.xlsx", world(tmp_path)) == tmp_path / "a b.xlsx"
    assert pasted_path("file:///home/me/%D0%B0%20b.xlsx", world(tmp_path)).name == "а b.xlsx"
    if os.sep == "/":
        assert pasted_path("Documents\\a.xlsx", world(tmp_path)) == tmp_path / "Documents" / "a.xlsx"
        assert pasted_path("~\\a.xlsx", world(tmp_path)) == tmp_path / "a.xlsx"


def test_a_typed_path_counts_even_if_another_workbook_is_marked(tmp_path, clients, talk):
    other = book(tmp_path / "другая.xlsx", A=ROWS)
    assert press(talk, book=str(clients), path=str(other)) == "sheets"
    assert talk.draft.workbook == str(other)


def _spoiled(tmp_path, clients):
    """Name -> a file that can't be the workbook."""
    made = {
        name: tmp_path / name for name in ("a.csv", "a.xls", "a.ods", "broken.xlsx", "page.xlsx", "note.txt", "a.docx")
    }
    made["a.csv"].write_text("a;b\n1;2\n", "utf-8")
    made["a.xls"].write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    made["broken.xlsx"].write_bytes(clients.read_bytes()[:900])
    made["page.xlsx"].write_text("<html><table></table></html>", "utf-8")
    made["note.txt"].write_text("hello", "utf-8")
    for name, inside in (("a.ods", "content.xml"), ("a.docx", "word/document.xml")):
        with zipfile.ZipFile(made[name], "w") as package:
            package.writestr(inside, "<x/>")
    locked = tmp_path / "locked.xlsx"
    locked.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le") + b"\0" * 600)
    return {**made, "locked.xlsx": locked, "none.xlsx": tmp_path / "none.xlsx", "": tmp_path / "Documents"}


WORDS = {
    "a.csv": "текстовая выгрузка", "a.xls": "сохраните как .xlsx", "a.ods": "OpenDocument", "broken.xlsx": "повреждена",
    "page.xlsx": "веб-страница", "note.txt": "текстовая выгрузка", "a.docx": "не похож", "locked.xlsx": "паролем", "none.xlsx": "нет",
    "": "это папка",
}  # fmt: skip


@pytest.mark.parametrize("way", ["folder", "google", "starter"])
def test_a_path_that_was_refused_does_not_bar_the_other_ways(talk, way):
    assert press(talk, book="path", path="/nowhere/a.xlsx") == "workbook"
    assert press(talk, book=way, path="/nowhere/a.xlsx") == f"workbook/{way}"


def test_a_path_that_was_refused_does_not_bar_what_was_found(clients, talk):
    press(talk, book="path", path="/nowhere/a.xlsx")
    assert press(talk, book=str(clients), path="/nowhere/a.xlsx") == "sheets"


@pytest.mark.parametrize("name", WORDS)
def test_a_file_that_cannot_be_the_workbook_gets_a_sentence_beside_the_field(tmp_path, clients, talk, name):
    path = _spoiled(tmp_path, clients)[name]
    assert press(talk, path=str(path)) == "workbook"
    assert WORDS[name] in errors(talk)["path"]
    assert field(talk, "path").value == str(path)  # as it was typed
    assert talk.draft.workbook == ""


@pytest.mark.parametrize(
    "denied",
    [("file", os.R_OK, "нет прав"), ("folder", os.W_OK, "нельзя записывать")],
)
def test_rights_that_lack_are_told(clients, talk, monkeypatch, denied):
    what, mode, said = denied
    denied = (str(clients if what == "file" else clients.parent), mode)
    monkeypatch.setattr(os, "access", lambda path, wanted: (str(path), wanted) != denied)
    press(talk, path=str(clients))
    assert said in errors(talk)["path"]


def test_a_file_marked_read_only_is_told(clients, talk):
    clients.chmod(0o444)
    press(talk, path=str(clients))
    assert "только читать" in errors(talk)["path"]


def test_settings_beside_the_workbook_are_continued(tmp_path, clients):
    settings = clients.with_name("crm.yaml")
    settings.write_text(f"# моё\nworkbook: {clients.name}\nname: Моя фирма\ncountry: KZ\n", "utf-8")
    talk = begun(tmp_path, clients)
    assert talk.draft.settings["name"] == "Моя фирма"
    assert any("уже есть настройки" in getattr(block, "text", "") for block in talk.screen().blocks)


def test_settings_of_another_workbook_of_the_folder_are_left_alone(tmp_path, clients):
    clients.with_name("crm.yaml").write_text("workbook: other.xlsx\n", "utf-8")
    assert config_beside(clients).name == "База клиентов.crm.yaml"


def test_settings_that_cannot_be_read_are_told(tmp_path, clients, talk):
    clients.with_name("crm.yaml").write_text("workbook: [\n", "utf-8")
    press(talk, path=str(clients))
    assert "crm.yaml" in errors(talk)["path"]


# --- folders


def test_folders_are_browsed_within_home_and_a_workbook_is_taken(tmp_path, clients, talk):
    assert press(talk, book="folder") == "workbook/folder"
    assert talk.answer({}, "look:Documents") == "workbook/folder"
    actions = [cell.action.name for row in talk.screen().blocks[0].rows for cell in row if not isinstance(cell, str)]
    assert actions == ["look:.", f"pick:Documents/{clients.name}"]
    assert talk.answer({}, actions[1]) == "sheets"
    assert talk.draft.workbook == str(clients)


@pytest.mark.parametrize("where", ["..", "../..", "Documents/../..", "/etc", "link", ".ssh", "Documents/\0", "nowhere"])
def test_nothing_outside_home_is_looked_into(tmp_path, clients, where):
    home = tmp_path / "home"
    home.mkdir()
    (home / ".ssh").mkdir()
    (home / "link").symlink_to(tmp_path)
    talk = conversation(world(home), lang="en", fresh=True)
    press(talk, book="folder")
    for action in ("look:", "pick:"):
        assert talk.answer({}, f"{action}{where}") == "workbook/folder"
        assert errors(talk)[""] == "There is no such folder or workbook here. Choose one from the list."
    assert talk.draft.notes.get("folder") is None
    assert "link" not in str(talk.screen().blocks)


def test_next_without_a_workbook_taken_says_so(talk):
    press(talk, book="folder")
    assert press(talk) == "workbook/folder"
    assert errors(talk)[""] == "Возьмите книгу: кнопка стоит в её строке."


# --- starter


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["ru", "en"])
@pytest.mark.parametrize("trade", sorted(template_texts()))
def test_a_starter_workbook_is_bound_without_one_correction(tmp_path, trade, lang):
    talk = conversation(world(tmp_path), lang=lang, fresh=True)
    press(talk, book="starter")
    press(talk, trade=trade)
    made = talk.draft
    assert talk.here == "sheets", errors(talk)
    # the settings say it all; the guess alone says the very same
    alone = begun(tmp_path, made.workbook, lang)
    guessed = alone.draft.model_copy(update={"settings": {"template": trade}, "config": made.config})
    reader = Reader()
    from sheets_crm.wizard.steps.binding import settings_for, view_of

    for sheet, said in made.settings["sheets"].items():
        view = view_of(reader, guessed, sheet, template(trade))
        own = settings_for(view, reader.book(guessed).grids[sheet], template(trade))
        assert own == said, sheet
    assert set(reader.book(guessed).grids) - set(made.settings["sheets"]) <= {"Списки", "Lists"}


@pytest.mark.slow
@pytest.mark.parametrize("examples", ["yes", None])
def test_a_starter_goes_the_whole_first_half(tmp_path, examples):
    talk = conversation(world(tmp_path), lang="ru", fresh=True)
    press(talk, book="starter")
    press(talk, trade="windows", name="Моя база", examples=examples)
    passed = through(talk)
    assert passed[:2] == ["sheets", "columns/Клиенты"]
    assert talk.draft.settings["template"] == "windows"
    assert "funnels" not in talk.draft.settings  # all as the template says
    from sheets_crm.sync.run import plan
    from sheets_crm.wizard.reading import config_of

    assert config_of(talk.draft).template == "windows"
    import yaml

    (tmp_path / "Documents" / "crm.yaml").write_text(
        yaml.safe_dump(dict(talk.draft.settings), allow_unicode=True), "utf-8"
    )
    result = plan(talk.draft.config).plan_json()
    assert [p for p in result["problems"] if p["severity"] == "error"] == []


def test_a_starter_does_not_replace_anything_and_is_not_made_twice(tmp_path):
    talk = conversation(world(tmp_path), lang="ru", fresh=True)
    press(talk, book="starter")
    press(talk, name="Моя база")
    made = talk.draft.workbook
    before = Path(made).read_bytes()
    talk.go("workbook/starter")
    assert press(talk) == "sheets"
    assert Path(made).read_bytes() == before
    again = conversation(world(tmp_path), lang="ru", fresh=True)
    press(again, book="starter")
    assert press(again, name="Моя база") == "workbook/starter"
    assert "уже есть" in errors(again)["name"]


@pytest.mark.parametrize(
    ("field_name", "value"), [("name", ""), ("name", "a/b"), ("name", "x" * 200), ("folder", ""), ("trade", "nope")]
)
def test_what_is_wrong_with_a_starter_is_said_beside_it(tmp_path, talk, field_name, value):
    press(talk, book="starter")
    assert press(talk, **{field_name: value}) == "workbook/starter"
    assert list(errors(talk)) == [field_name, ""]


# --- another workbook


def test_another_workbook_begins_anew_and_tells_so(tmp_path, clients):
    talk = begun(tmp_path, clients)
    press(talk)
    other = book(tmp_path / "другая.xlsx", Клиенты=ROWS)
    talk.go("workbook")
    assert "начнутся заново" in talk.screen().blocks[0].text
    press(talk, book="path", path=str(other))
    assert talk.draft.settings.get("sheets") is None
    assert talk.draft.done == ("workbook",)
    assert str(clients) in talk.screen().blocks[0].text
    assert len(list((tmp_path / ".drafts").glob("*.json"))) == 1


def test_back_keeps_what_was_typed_and_the_same_workbook_keeps_its_answers(tmp_path, clients):
    talk = begun(tmp_path, clients)
    press(talk)
    given = as_shown(talk.screen()) | {"B": ["email"]}
    talk.answer(given, "back")
    talk.go("workbook")
    press(talk)
    assert talk.draft.settings["sheets"]["Клиенты"]["card"] == "client"
    talk.go("columns/Клиенты")
    assert field(talk, "B").value == "email"


def test_leaving_and_returning_resumes(tmp_path, clients):
    talk = begun(tmp_path, clients)
    press(talk)
    again = conversation(world(tmp_path), lang="en")
    assert again.here == talk.here == "columns/Клиенты"
    assert again.screen().intro.startswith("Check what each column is")
