"""Copies that sync programs leave when two people save at once: noticed by name and by what is inside, never merged."""

from __future__ import annotations

import shutil
import unicodedata

import openpyxl
import pytest

from sheets_crm.sync import conflicts, doctor, run
from sheets_crm.sync.conflicts import conflict_copies
from sheets_crm.words import LANGS, say
from tests.sync.test_companion import BASE, DAY, Firm, digest

STEM = "База №1 (общая)"
CERTAIN = [
    f"{STEM} (Anna's conflicted copy 2026-11-20).xlsx",
    f"{STEM} (конфликтующая копия Анна 2026-11-20).xlsx",
    f"{STEM} (Anna's conflicted copy 2026-11-20 (1)).xlsx",
    f"{STEM} (In Konflikt stehende Kopie von Anna 2026-11-20).xlsx",
    f"{STEM} (conflicted copy 2026-11-20 100501).xlsx",
    f"{STEM}_conflict-20261120-100501.xlsx",
    f"{STEM}.sync-conflict-20261120-100501-ABCDEFG.xlsx",
    f"{STEM} (SFConflict anna@x.ru 2026-11-20-10-05-01).xlsx",
    f"{STEM}.Conflict.xlsx",
    f"{STEM} [conflicted].xlsx",
    f"{STEM}-DESKTOP-ABC123.xlsx",
    f"{STEM}-LAPTOP-1A2B3C4D-2.xlsx",
]
POSSIBLE = [
    f"{STEM}-ANNA-PC.xlsx",
    f"{STEM} (2).xlsx",
    f"{STEM}(2).xlsx",
    f"{STEM} 2.xlsx",
    f"{STEM} (Анна 2026-11-20).xlsx",
]
NEVER = [
    f"{STEM} 2025.xlsx", f"{STEM}-OLD.xlsx", f"{STEM}-2025.xlsx", f"{STEM} — копия.xlsx", f"{STEM}-архив.xlsx", "Другая (2).xlsx",
    f"{STEM} (черновик).xlsx", f"{STEM} (2).csv",
]  # fmt: skip


@pytest.fixture
def firm(tmp_path):
    firm = Firm(tmp_path)
    firm.set("")
    firm.sync()
    return firm


def found(firm, sheets=("Сделки",)):
    return [copy.path.name for copy in conflict_copies(firm.base, (), sheets)]


@pytest.mark.parametrize("name", [*CERTAIN, *POSSIBLE])
def test_a_copy_of_the_workbook_is_known_by_its_name(firm, name):
    shutil.copy(firm.base, firm.folder / name)
    assert found(firm) == [name]
    shutil.move(firm.folder / name, firm.folder / unicodedata.normalize("NFD", name))
    assert len(found(firm)) == 1


@pytest.mark.parametrize("name", NEVER)
def test_other_names_are_other_files(firm, name):
    shutil.copy(firm.base, firm.folder / name)
    assert found(firm) == []


@pytest.mark.parametrize("name", POSSIBLE)
def test_a_name_that_may_mean_nothing_needs_our_tabs_or_the_same_sheets(firm, name):
    book = openpyxl.Workbook()
    book.active.title = "Сделки"
    book.create_sheet("Клиенты")
    book.save(firm.folder / name)
    assert found(firm) == []  # one sheet of that name proves nothing
    assert found(firm, ("Сделки", "Оплаты")) == []
    assert found(firm, ("сделки", "Клиенты")) == [name]


@pytest.mark.parametrize(("name", "count"), [(CERTAIN[0], 1), (POSSIBLE[1], 0)])
def test_a_file_that_cannot_be_read_counts_only_by_a_name_that_is_proof(firm, name, count):
    (firm.folder / name).write_bytes(b"not a workbook")
    assert len(found(firm)) == count


def test_marks_that_the_workbook_lacks_are_counted_and_nothing_is_merged(firm):
    copy = firm.folder / CERTAIN[1]
    firm.type(firm.base, "Лютик", Комментарий="оба знают")
    shutil.copy(firm.base, copy)
    firm.type(copy, "Ромашка", Статус="Сделана")
    firm.type(copy, "Василёк", Комментарий="только в копии")
    firm.type(copy, "Сосед", **{"Что сделать": "Занести договор"})
    before = digest(copy)
    for result in (run.plan(str(firm.config), today=DAY), firm.sync()):
        ((key, values),) = [note for note in result.notes if note[0].startswith("openbook.")]
        assert (key, values["n"]) == ("openbook.note.conflict_marks", 3)
        for lang in LANGS:
            assert copy.name in say(key, lang, **values)
            assert "Ромашка" in say(key, lang, **values)
    assert digest(copy) == before
    assert firm.shown(firm.base)["Ромашка"]["Статус"] == "Новая"
    assert any(
        one.key == "openbook.note.conflict_marks" and one.level == "warning" for one in doctor.examine(str(firm.config))
    )


def test_a_copy_of_the_companion_is_noticed_too(firm):
    firm.set("companion: true\n")
    firm.sync()
    copy = firm.tabs.with_name(f"{firm.tabs.stem} (2).xlsx")
    shutil.copy(firm.tabs, copy)
    notes = dict(firm.sync().notes)
    assert notes["openbook.note.conflict"]["copy"] == copy.name
    assert notes["openbook.note.conflict"]["workbook"] == firm.tabs.name
    assert BASE not in notes["openbook.note.conflict"]["copy"]


def test_every_service_has_its_name():
    for service, _, _ in conflicts._patterns():
        assert all(say(f"openbook.services.{service}", lang) for lang in LANGS)
