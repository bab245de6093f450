"""The tabs in a workbook of their own: the base is only read, marks follow the tabs when these move, nothing doubles."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from datetime import date
from hashlib import sha256
from pathlib import Path

import openpyxl
import pytest

from sheets_crm.books.excel.blank import address
from sheets_crm.errors import ConfigError, WorkbookBusy
from sheets_crm.sync import copies, doctor, run
from sheets_crm.sync.intake import all_grids
from sheets_crm.sync.quick import nothing_changed
from sheets_crm.words import say

DAY = date(2026, 3, 16)
BASE, TABS = "База №1 (общая).xlsx", "База №1 (общая) — задачи.xlsx"
CONFIG = f"""\
workbook: {BASE}
language: ru
sheets:
  Сделки: {{card: deal}}
"""
DEALS = [
    ("№", "Клиент", "Этап", "Сумма", "Дата КП"),
    (1, "Ромашка", "КП отправлено", 120000, date(2026, 3, 1)),
    (2, "Василёк", "КП отправлено", 50000, date(2026, 2, 20)),
    (3, "Лютик", "КП отправлено", 7000, date(2026, 3, 2)),
]


class Firm:
    """A folder with a base, its configuration, and hands to type into tasks tabs."""

    def __init__(self, folder: Path):
        self.folder, self.base, self.tabs, self.config = folder, folder / BASE, folder / TABS, folder / "crm.yaml"
        book = openpyxl.Workbook()
        book.active.title = "Сделки"
        for row in DEALS:
            book.active.append(row)
        book.save(self.base)
        self.set("companion: true\n")

    def set(self, more: str) -> None:
        self.config.write_text(CONFIG + more, "utf-8")

    def sync(self, day=DAY, **more):
        return run.sync(str(self.config), today=day, **more)

    def type(self, path: Path, client: str, **cells: object) -> None:
        """Type into the row of a client, by header; a client that is not there gets a new row."""
        book = openpyxl.load_workbook(path)
        sheet = book["Задачи"]
        heads = {cell.value: cell.column for cell in sheet[1]}
        row = next((r for r in range(2, sheet.max_row + 1) if sheet.cell(r, heads["Клиент"]).value == client), None)
        if row is None:
            row = sheet.max_row + 1
            sheet.cell(row, heads["Клиент"]).value = client
            table = next(iter(sheet.tables.values()))
            table.ref = f"{table.ref.split(':')[0]}:{sheet.cell(row, sheet.max_column).coordinate}"
        for head, value in cells.items():
            sheet.cell(row, heads[head]).value = value
        book.save(path)

    def shown(self, path: Path) -> dict[str, dict[str, object]]:
        """Client -> row of the tasks tab; two rows of one client are a mistake."""
        sheet = openpyxl.load_workbook(path)["Задачи"]
        heads = [cell.value for cell in sheet[1]]
        rows = [dict(zip(heads, row, strict=False)) for row in sheet.iter_rows(min_row=2, values_only=True)]
        found = {str(row["Клиент"]): row for row in rows if row["Ключ"]}
        assert len(found) == len([row for row in rows if row["Ключ"]])
        return found


def digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def keys(result) -> set[str]:
    return {key for key, _ in result.notes if key.startswith("openbook.")}


@pytest.fixture
def firm(tmp_path):
    return Firm(tmp_path)


def test_the_tabs_go_into_a_workbook_of_their_own_and_the_base_is_only_read(firm):
    before, changed = digest(firm.base), firm.base.stat().st_mtime_ns
    result = firm.sync()
    assert (digest(firm.base), firm.base.stat().st_mtime_ns) == (before, changed)
    assert result.written
    assert result.backup is None  # there was nothing yet to copy
    assert result.written_file == firm.tabs
    assert set(firm.shown(firm.tabs)) == {"Ромашка", "Василёк", "Лютик"}
    assert firm.tabs.stat().st_mode == firm.base.stat().st_mode
    again = firm.sync()
    assert (again.written, keys(again)) == ((), set())
    assert [path.name for path in firm.folder.iterdir() if path.is_file()].count(TABS) == 1


def test_links_lead_to_the_cell_in_the_base(firm):
    firm.sync()
    sheet = openpyxl.load_workbook(firm.tabs)["Задачи"]
    links = {cell.value: cell.hyperlink for row in sheet.iter_rows(min_row=2) for cell in row if cell.hyperlink}
    assert links["Ромашка"].target == BASE.replace(" ", "%20")
    assert links["Ромашка"].location == "'Сделки'!A2"


@pytest.mark.parametrize(
    ("name", "spelled"),
    [("a b.xlsx", "a%20b.xlsx"), ("100% #1.xlsx", "100%25%20%231.xlsx"), ("Книга [1].xlsx", "Книга%20%5B1%5D.xlsx")],
)
def test_the_address_of_the_base_is_spelled_as_links_want_it(tmp_path, name, spelled):
    assert address(tmp_path / name, tmp_path) == spelled
    assert address(tmp_path / name, tmp_path / "team") == f"../{spelled}"


def test_the_new_workbook_passes_an_audit(firm):
    firm.set("companion: Задачи отдела.xlsx\n")
    firm.sync()
    said = subprocess.run(
        [Path(sys.executable).with_name("openxml-audit"), firm.folder / "Задачи отдела.xlsx"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Errors: 0" in said.stdout or said.returncode == 0, said.stdout


def test_an_open_base_does_not_matter_and_an_open_companion_does(firm):
    firm.base.with_name(f"~${BASE}").write_bytes(b"\x04Anna".ljust(165))
    firm.sync()
    firm.type(firm.tabs, "Ромашка", Статус="Сделана")
    firm.tabs.with_name(f".~lock.{TABS}#").write_text("Борис,boris,there,1.1.2026 10:00,file:///x;", "utf-8")
    with pytest.raises(WorkbookBusy) as caught:
        firm.sync(date(2026, 3, 17))
    assert caught.value.key == "openbook.stop.waiting"
    assert "Борис" in say(caught.value.key, "ru", **caught.value.values)


def test_a_mark_in_the_companion_is_read_and_kept(firm):
    firm.sync()
    firm.type(firm.tabs, "Ромашка", Статус="Сделана", Комментарий="согласен")
    assert nothing_changed(str(firm.config), today=DAY) is None  # a mark in the companion is news
    firm.sync()
    row = firm.shown(firm.tabs)["Ромашка"]
    assert (row["Статус"], row["Комментарий"]) == ("Сделана", "согласен")
    assert nothing_changed(str(firm.config), today=DAY) is not None


def test_a_deleted_companion_is_made_again_with_its_marks(firm):
    firm.sync()
    firm.type(firm.tabs, "Василёк", Комментарий="перезвонить")
    firm.type(firm.tabs, "Сосед", **{"Что сделать": "Занести договор"})
    firm.sync()
    firm.type(firm.tabs, "Лютик", Статус="В работе")
    firm.type(firm.tabs, "Сосед", Комментарий="после обеда")
    firm.sync()
    firm.tabs.unlink()
    assert nothing_changed(str(firm.config), today=DAY) is None
    made = firm.sync()
    assert made.written
    assert "openbook.note.remade" in keys(made)
    shown = firm.shown(firm.tabs)
    assert (shown["Василёк"]["Комментарий"], shown["Лютик"]["Статус"]) == ("перезвонить", "В работе")
    assert (shown["Сосед"]["Что сделать"], shown["Сосед"]["Комментарий"]) == ("Занести договор", "после обеда")
    assert set(shown) == {"Ромашка", "Василёк", "Лютик", "Сосед"}
    assert keys(firm.sync()) == set()


def test_history_is_later_than_the_copy_of_a_companion_that_is_gone(firm):
    firm.sync()
    firm.type(firm.tabs, "Василёк", Комментарий="первое")
    firm.sync(date(2026, 3, 17))
    copied = firm.tabs.read_bytes()
    firm.type(firm.tabs, "Василёк", Комментарий="второе")
    for backup in (firm.folder / ".sheets-crm" / "backups").iterdir():
        backup.unlink()
    assert firm.sync(date(2026, 3, 17)).notes is not None
    for backup in (firm.folder / ".sheets-crm" / "backups").iterdir():
        made = sha256(copied).hexdigest()[:16]
        backup.with_name(f"{firm.tabs.stem}.20260316T100000Z.{made}.xlsx").write_bytes(copied)
        backup.unlink()
    firm.tabs.unlink()
    firm.sync(date(2026, 3, 17))
    assert firm.shown(firm.tabs)["Василёк"]["Комментарий"] == "второе"


def test_marks_move_with_the_tabs_there_and_back_and_nothing_doubles(firm):
    firm.set("")
    firm.sync()
    firm.type(firm.base, "Ромашка", Комментарий="в базе")
    firm.type(firm.base, "Сосед", **{"Что сделать": "Занести договор"})
    firm.set("companion: true\n")
    frozen = digest(firm.base)
    moved = firm.sync()
    assert digest(firm.base) == frozen
    assert keys(moved) == {"openbook.note.old_tabs", "openbook.note.marks_taken"}
    shown = firm.shown(firm.tabs)
    assert shown["Ромашка"]["Комментарий"] == "в базе"
    assert shown["Сосед"]["Что сделать"] == "Занести договор"
    assert set(shown) == {"Ромашка", "Василёк", "Лютик", "Сосед"}
    again = firm.sync()
    assert (again.written, keys(again)) == ((), {"openbook.note.old_tabs"})
    firm.type(firm.tabs, "Ромашка", Комментарий="в задачах")
    firm.type(firm.tabs, "Сосед", Статус="Сделана")
    firm.sync()
    assert firm.shown(firm.tabs)["Ромашка"]["Комментарий"] == "в задачах"  # what stood in the base before is old news
    firm.set("")
    back = firm.sync()
    shown = firm.shown(firm.base)
    assert shown["Ромашка"]["Комментарий"] == "в задачах"
    assert shown["Сосед"]["Статус"] == "Сделана"
    assert set(shown) == {"Ромашка", "Василёк", "Лютик", "Сосед"}
    assert "openbook.note.old_tabs" in keys(back)
    assert firm.sync().written == ()


def test_what_is_still_marked_at_the_old_place_counts_unless_the_new_place_says_otherwise(firm):
    firm.set("")
    firm.sync()
    firm.set("companion: true\n")
    firm.sync()
    firm.type(firm.tabs, "Ромашка", Комментарий="новое")
    firm.type(firm.base, "Ромашка", Комментарий="старое")
    firm.type(firm.base, "Лютик", Комментарий="по привычке")
    result = firm.sync()
    shown = firm.shown(firm.tabs)
    assert (shown["Ромашка"]["Комментарий"], shown["Лютик"]["Комментарий"]) == ("новое", "по привычке")
    assert {"openbook.note.marks_taken", "openbook.note.marks_differ"} <= keys(result)
    firm.type(firm.tabs, "Лютик", Комментарий="")
    firm.sync()
    assert not firm.shown(firm.tabs)["Лютик"]["Комментарий"]  # taken once


def test_a_lost_state_folder_loses_no_mark_of_either_place(firm):
    firm.set("")
    firm.sync()
    firm.type(firm.base, "Ромашка", Комментарий="в базе")
    firm.type(firm.base, "Сосед", **{"Что сделать": "Занести договор"})
    firm.set("companion: true\n")
    firm.sync()
    firm.type(firm.tabs, "Василёк", Статус="Сделана")
    firm.sync()
    for path in sorted((firm.folder / ".sheets-crm").rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    firm.sync()
    shown = firm.shown(firm.tabs)
    assert set(shown) == {"Ромашка", "Василёк", "Лютик", "Сосед"}
    assert (shown["Ромашка"]["Комментарий"], shown["Василёк"]["Статус"]) == ("в базе", "Сделана")


def test_a_sheet_of_the_users_in_the_companion_stays_and_is_no_part_of_the_base(firm):
    firm.config.write_text(f"workbook: {BASE}\nlanguage: ru\ncompanion: true\n", "utf-8")
    firm.sync()
    book = openpyxl.load_workbook(firm.tabs)
    mine = book.create_sheet("Сделки")
    for row in (DEALS[0], (9, "Чужой", "КП отправлено", 1, date(2026, 1, 1))):
        mine.append(row)
    book.save(firm.tabs)
    result = firm.sync()
    assert set(result.base.bindings) == {"Сделки"}
    assert "Чужой" not in firm.shown(firm.tabs)
    assert all_grids(firm.tabs)["Сделки"].cell(2, 1) == "Чужой"


@pytest.mark.parametrize(
    ("stated", "key"),
    [("tasks.csv", "openbook.stop.companion_kind"), (BASE, "openbook.stop.companion_is_base")],
)
def test_what_can_be_no_companion_is_refused_with_its_line(firm, stated, key):
    firm.set(f"companion: {stated}\n")
    with pytest.raises(ConfigError) as caught:
        firm.sync()
    assert caught.value.key == key
    assert "5" in say(key, "ru", **caught.value.values)


def test_backup_and_doctor_speak_of_the_file_that_is_written(firm):
    firm.sync()
    firm.type(firm.tabs, "Ромашка", Статус="Сделана")
    marked = digest(firm.tabs)
    done = firm.sync(date(2026, 3, 17))
    assert done.backup is not None
    assert done.backup.startswith(firm.tabs.stem)
    base = digest(firm.base)
    restored = copies.restored(str(firm.config), "last", None)
    assert (restored.path, digest(firm.tabs), digest(firm.base)) == (firm.tabs, marked, base)
    firm.tabs.chmod(0o444)
    if os.access(firm.tabs, os.W_OK) is False or os.geteuid() == 0:
        levels = {finding.level for finding in doctor.examine(str(firm.config))}
        assert "error" in levels


def test_a_base_saved_during_the_run_is_read_again(firm, monkeypatch):
    true = run._computed
    done = []

    def meanwhile(*args, **more):
        found = true(*args, **more)
        if not done:
            done.append(1)
            book = openpyxl.load_workbook(firm.base)
            book["Сделки"].append((4, "Новый", "КП отправлено", 1, date(2026, 3, 1)))
            book.save(firm.base)
        return found

    monkeypatch.setattr(run, "_computed", meanwhile)
    firm.sync()
    assert "Новый" in firm.shown(firm.tabs)


def test_the_package_is_the_same_on_any_day(firm):
    firm.sync()
    with zipfile.ZipFile(firm.tabs) as file:
        assert {info.date_time for info in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
