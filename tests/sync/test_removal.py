"""Tabs taken out again: every part is as it was before us, no mark is lost, what is not wholly ours stays."""

from __future__ import annotations

import os
import re
import zipfile
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.workbook.defined_name import DefinedName

from sheets_crm import data
from sheets_crm.books.excel.book import ExcelBook
from sheets_crm.books.model import WritePlan
from sheets_crm.errors import OwnerError, WorkbookBusy
from sheets_crm.sync import removal, run
from sheets_crm.sync.kept import FILE
from tests.books.xlsx import sheet, workbook
from tests.google.emulator import Emulator, differences
from tests.google.whole import put_config

DAY = date(2026, 3, 16)
DEALS = [
    ("№", "Клиент", "Этап", "Сумма", "Дата КП"),
    (1, "Ромашка", "КП отправлено", 120000, date(2026, 3, 1)),
    (2, "Василёк", "КП отправлено", 50000, date(2026, 2, 20)),
    (3, "Лютик", "КП отправлено", 7000, date(2026, 3, 2)),
]
CONFIG = "workbook: {book}\nlanguage: ru\nsheets:\n  Сделки: {{card: deal}}\n"
SHARED = Path(os.environ.get("SHEETS_CRM_SHARED") or Path(__file__).parents[3] / "shared")
OTHERS = sorted((SHARED / "data" / "xlsx").glob("*.xl*"))


def parts(path: Path) -> dict[str, bytes]:
    """Every member of a package, in its order."""
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist()}


def rezip(path: Path, change) -> None:
    """Change members of a package by hand: `change` gets and returns a name's content."""
    found = parts(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in found.items():
            file.writestr(name, change(name, content))


class Firm:
    """A folder with a workbook and hands to type into its tasks tab."""

    def __init__(self, folder: Path, more: str = "", book: str = "base.xlsx") -> None:
        self.folder, self.book = folder, folder / book
        base = openpyxl.Workbook()
        base.active.title = "Сделки"
        for row in DEALS:
            base.active.append(row)
        base.save(self.book)
        (folder / "crm.yaml").write_text(CONFIG.format(book=book) + more, "utf-8")
        self.config = str(folder)

    def sync(self, day: date = DAY) -> run.Result:
        return run.sync(self.config, today=day)

    def remove(self, **more) -> removal.Removed:
        return removal.removed(self.config, **more)

    def type(self, client: str, path: Path | None = None, **cells: object) -> None:
        """Type into the row of a client; one that is not there gets a new row below."""
        book = openpyxl.load_workbook(path or self.book)
        page = book["Задачи"]
        heads = {cell.value: cell.column for cell in page[1]}
        rows = range(2, page.max_row + 1)
        row = next((r for r in rows if page.cell(r, heads["Клиент"]).value == client), page.max_row + 1)
        page.cell(row, heads["Клиент"]).value = client
        for head, value in cells.items():
            page.cell(row, heads.get(head) or page.max_column + 1).value = value
            if head not in heads:
                page.cell(1, page.max_column).value = head
        book.save(path or self.book)

    def shown(self, path: Path | None = None) -> dict[str, dict[str, object]]:
        page = openpyxl.load_workbook(path or self.book)["Задачи"]
        heads = [cell.value for cell in page[1]]
        rows = [dict(zip(heads, row, strict=False)) for row in page.iter_rows(min_row=2, values_only=True)]
        rows = [row for row in rows if row.get("Клиент")]
        assert len({row["Клиент"] for row in rows}) == len(rows)
        return {str(row["Клиент"]): row for row in rows}


@pytest.fixture
def firm(tmp_path):
    return Firm(tmp_path)


def ours(path: Path) -> list[str]:
    return [info.name for info in ExcelBook(path).sheets() if info.tab]


# ---- every part as before


def test_all_parts_are_as_they_were(firm):
    before = parts(firm.book)
    firm.sync()
    assert len(ours(firm.book)) >= 3
    done = firm.remove()
    assert (len(done.tabs), done.kept) == (3, ())
    assert list(parts(firm.book)) == list(before)
    assert parts(firm.book) == before


def test_so_they_are_after_many_runs(firm):
    before = parts(firm.book)
    for day in (DAY, date(2026, 4, 20), date(2026, 7, 1)):
        firm.sync(day)
    firm.remove()
    assert parts(firm.book) == before


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_the_demo_workbook_is_as_it_was(tmp_path, lang):
    book, config = data.demo_files(lang)
    (tmp_path / book.name).write_bytes(book.read_bytes())
    (tmp_path / "crm.yaml").write_bytes(config.read_bytes())
    run.sync(str(tmp_path), today=data.DEMO_TODAY)
    assert removal.removed(str(tmp_path)).changed
    assert parts(tmp_path / book.name) == parts(book)


ODD = {
    "no styles": lambda name, old: old,
    "empty names": lambda name, old: old.replace(b"</workbook>", b"<definedNames/></workbook>"),
    "empty names, two tags": lambda name, old: old.replace(b"</workbook>", b"<definedNames></definedNames></workbook>"),
    "a wrong count": lambda name, old: old.replace(b"<cellXfs>", b'<dxfs count="0" /><cellXfs count="77">'),
    "no type of relationships": lambda name, old: re.sub(rb'<Default Extension="rels"[^>]*/>', b"", old),
    "carriage returns": lambda name, old: old.replace(b"><", b">\r\n<"),
}


def odd_book(path: Path, kind: str) -> None:
    cells = "".join(f'<c r="{"AB"[i]}1" t="inlineStr"><is><t>{t}</t></is></c>' for i, t in enumerate(("Клиент", "Тел")))
    workbook(path, {"Клиенты": sheet(f'<row r="1">{cells}</row>')})
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/>'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
        '<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
    )
    found = {"[Content_Types].xml": types.encode(), **parts(path)}
    if kind == "no styles":
        del found["xl/styles.xml"]
        rels = found["xl/_rels/workbook.xml.rels"]
        found["xl/_rels/workbook.xml.rels"] = re.sub(rb'<Relationship Id="rt"[^>]*/>', b"", rels)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in found.items():
            file.writestr(name, ODD[kind](name, content))


@pytest.mark.parametrize("kind", ODD)
def test_odd_files_are_as_they_were(tmp_path, kind):
    book = tmp_path / "odd.xlsx"
    odd_book(book, kind)
    before = parts(book)
    (tmp_path / "crm.yaml").write_text("workbook: odd.xlsx\n", "utf-8")
    assert run.sync(str(tmp_path), today=DAY).written
    removal.removed(str(tmp_path))
    assert parts(book) == before


def test_places_are_counted_anew(firm):
    """Our tabs dragged to the front: names that belong to a sheet, and the sheet that is shown, follow."""
    firm.sync()
    book = openpyxl.load_workbook(firm.book)
    book._sheets.sort(key=lambda page: page.title == "Сделки")
    book.create_sheet("Итоги").append(["x"])
    book["Итоги"].print_area = "A1:B2"
    book["Сделки"].print_area = "A1:C3"
    book.active = book.sheetnames.index("Итоги")
    book.save(firm.book)
    assert firm.remove().changed
    after = openpyxl.load_workbook(firm.book)
    assert (after.sheetnames, after.active.title) == (["Сделки", "Итоги"], "Итоги")
    assert after["Сделки"].print_area == "'Сделки'!$A$1:$C$3"
    assert after["Итоги"].print_area == "'Итоги'!$A$1:$B$2"


def test_after_another_program_saved_it_only_our_things_go(firm):
    firm.sync()
    firm.type("Ромашка", Статус="В работе")
    rezip(firm.book, with_titles)
    before = parts(firm.book)
    firm.remove()
    after = parts(firm.book)
    assert b"_sheets_crm" not in after["xl/workbook.xml"]
    assert openpyxl.load_workbook(firm.book).sheetnames == ["Сделки"]
    assert not any(name.startswith(("xl/tables", "xl/charts")) for name in after)
    assert after["xl/worksheets/sheet1.xml"] == before["xl/worksheets/sheet1.xml"]
    assert after["docProps/app.xml"] == APP.format(sheets=1, n=2, more="").encode()


APP = (
    '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties" '
    'xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"><HeadingPairs><vt:vector size="4" baseType="variant">'
    "<vt:variant><vt:lpstr>Листы</vt:lpstr></vt:variant><vt:variant><vt:i4>{sheets}</vt:i4></vt:variant>"
    "<vt:variant><vt:lpstr>Именованные диапазоны</vt:lpstr></vt:variant><vt:variant><vt:i4>1</vt:i4></vt:variant></vt:vector></HeadingPairs>"
    '<TitlesOfParts><vt:vector size="{n}" baseType="lpstr"><vt:lpstr>Сделки</vt:lpstr>{more}<vt:lpstr>Задачи</vt:lpstr></vt:vector></TitlesOfParts></Properties>'
)


def with_titles(name: str, content: bytes) -> bytes:
    """The list of titles as Excel writes it; a name of the user's own is called as our tab is."""
    more = "".join(f"<vt:lpstr>{title}</vt:lpstr>" for title in ("Задачи", "Воронка", "Проблемы"))
    return APP.format(sheets=4, n=5, more=more).encode() if name == "docProps/app.xml" else content


def test_formats_that_the_user_took_over_stay(firm):
    """A sheet of the user's that uses a format of ours keeps it, whatever the rest."""
    firm.sync()
    added = parts(firm.book)["xl/styles.xml"]
    last = len(re.findall(rb"<xf ", re.search(rb"<cellXfs.*</cellXfs>", added, re.DOTALL)[0])) - 1
    wanted = f'r="A1" s="{last}"'.encode()
    rezip(firm.book, lambda name, old: re.sub(rb'r="A1"', wanted, old, count=1) if name.endswith("sheet1.xml") else old)
    firm.remove()
    assert parts(firm.book)["xl/styles.xml"] == added


def test_names_left_by_a_tab_that_somebody_deleted(firm):
    firm.sync()
    book = openpyxl.load_workbook(firm.book)
    for name in ours(firm.book):
        del book[name]
    book.save(firm.book)
    assert b"_sheets_crm" in parts(firm.book)["xl/workbook.xml"]
    done = firm.remove()
    assert (done.tabs, done.tidied, done.changed) == ((), True, True)
    assert b"_sheets_crm" not in parts(firm.book)["xl/workbook.xml"]
    assert not firm.remove().changed


if OTHERS:

    @pytest.mark.corpus
    @pytest.mark.slow
    @pytest.mark.parametrize("source", OTHERS, ids=lambda path: path.name)
    def test_other_peoples_workbooks_are_as_they_were(source, tmp_path):
        book = tmp_path / source.name
        book.write_bytes(source.read_bytes())
        (tmp_path / "crm.yaml").write_text(f'workbook: "{source.name}"\n', "utf-8")
        try:
            run.sync(str(tmp_path), today=DAY)
        except OwnerError:
            assert book.read_bytes() == source.read_bytes()
            return
        assert removal.removed(str(tmp_path)).kept == ()
        assert parts_as_they_lie(book) == parts_as_they_lie(source)


def parts_as_they_lie(path: Path) -> list[tuple[str, int, int]]:
    """Name, size and check sum of each member: some of other people's can't be unpacked."""
    with zipfile.ZipFile(path) as file:
        return [(info.filename, info.file_size, info.CRC) for info in file.infolist()]


# ---- nothing is lost


def test_marks_own_tasks_and_columns_come_back(firm):
    firm.sync()
    firm.type("Ромашка", Статус="В работе", Комментарий="просили в среду", Цвет="красный")
    firm.type("Сосед", **{"Что сделать": "Забрать ключи", "Комментарий": "сам"})
    assert removal.foreseen(firm.config).marks == 2
    done = firm.remove()
    assert (done.marks, ours(firm.book)) == (2, [])
    assert (firm.folder / ".sheets-crm" / "backups" / done.backups[-1]).exists()
    planned = run.plan(firm.config, today=DAY)
    assert {task.mark.comment for task in planned.tasks} >= {"просили в среду", "сам"}
    firm.sync(date(2026, 3, 18))
    rows = firm.shown()
    assert (rows["Ромашка"]["Статус"], rows["Ромашка"]["Комментарий"]) == ("В работе", "просили в среду")
    assert rows["Ромашка"]["Цвет"] == "красный"
    assert (rows["Сосед"]["Что сделать"], rows["Сосед"]["Комментарий"]) == ("Забрать ключи", "сам")
    assert not (firm.folder / ".sheets-crm" / FILE).exists()
    assert firm.sync(date(2026, 3, 18)).written == ()


def test_marks_enter_history_once(firm):
    from sheets_crm.base.history.journal import Question
    from sheets_crm.sync import history

    firm.sync()
    firm.type("Ромашка", Комментарий="раз")
    for _ in range(2):
        firm.remove()
        firm.sync()
    told = [event.text for event in history.history(firm.config, Question(), lang="ru").told]
    assert sum("раз" in text for text in told) == 1, told


def test_a_restored_copy_counts_more_than_what_was_kept(firm):
    from sheets_crm.sync import copies

    firm.sync()
    firm.type("Ромашка", Комментарий="до")
    firm.remove()
    copies.restored(firm.config, "last", None)
    firm.type("Ромашка", Комментарий="после")
    firm.sync()
    assert firm.shown()["Ромашка"]["Комментарий"] == "после"


def test_a_crash_before_the_write_loses_nothing(firm, monkeypatch):
    firm.sync()
    firm.type("Ромашка", Комментарий="важно")
    before = firm.book.read_bytes()

    def crash(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ExcelBook, "apply", crash)
        with pytest.raises(KeyboardInterrupt):
            firm.remove()
    assert firm.book.read_bytes() == before
    firm.type("Ромашка", Комментарий="важнее")
    firm.sync()
    assert firm.shown()["Ромашка"]["Комментарий"] == "важнее"


def test_an_open_workbook_is_left_alone(firm):
    firm.sync()
    before = firm.book.read_bytes()
    (firm.folder / "~$base.xlsx").write_bytes(b"\x04Olga" + b" " * 160)
    with pytest.raises(WorkbookBusy):
        removal.foreseen(firm.config)
    assert firm.book.read_bytes() == before


def test_a_second_time_there_is_nothing_to_do(firm):
    firm.sync()
    firm.remove()
    os.utime(firm.book, (1_000_000_000, 1_000_000_000))
    assert not firm.remove().changed
    assert firm.book.stat().st_mtime == 1_000_000_000


def test_a_workbook_that_we_never_wrote_gets_no_folder(firm):
    assert not firm.remove().changed
    assert not (firm.folder / ".sheets-crm").exists()


# ---- what is not wholly ours


def test_a_tab_that_formulas_point_at_stays(firm):
    firm.sync()
    book = openpyxl.load_workbook(firm.book)
    book["Сделки"]["H1"] = "=COUNTA('Задачи'!A:A)"
    book.save(firm.book)
    done = firm.remove()
    assert ours(firm.book) == ["Задачи"]
    assert [key for key, _ in done.kept] == ["remove.kept_formulas"]
    assert b"_sheets_crm_tasks" in parts(firm.book)["xl/workbook.xml"]
    firm.sync()
    assert len(ours(firm.book)) == 3


def test_a_tab_that_people_added_to_stays_unless_it_is_meant(firm):
    firm.sync()
    book = openpyxl.load_workbook(firm.book)
    book["Воронка"]["B2"].comment = Comment("наш план", "Ольга")
    book.defined_names["мой"] = DefinedName("мой", attr_text="'Сделки'!$A$1")
    book.save(firm.book)
    done = firm.remove()
    assert ours(firm.book) == ["Воронка"]
    assert [key for key, _ in done.kept] == ["remove.kept_added"]
    assert firm.remove(even_added=True).changed
    assert ours(firm.book) == []
    assert list(openpyxl.load_workbook(firm.book).defined_names) == ["мой"]


def test_a_companion_that_is_wholly_ours_goes_and_comes_back(tmp_path):
    firm = Firm(tmp_path, "companion: true\n")
    base = firm.book.read_bytes()
    firm.sync()
    companion = next(path for path in tmp_path.glob("*.xlsx") if path != firm.book)
    firm.type("Ромашка", companion, Комментарий="тут")
    firm.type("Сосед", companion, **{"Что сделать": "Забрать ключи"})
    done = firm.remove()
    assert done.files == (companion,)
    assert not companion.exists()
    assert firm.book.read_bytes() == base
    firm.sync()
    assert firm.shown(companion)["Ромашка"]["Комментарий"] == "тут"
    assert firm.shown(companion)["Сосед"]["Что сделать"] == "Забрать ключи"


def test_a_companion_with_a_sheet_of_the_users_stays(tmp_path):
    firm = Firm(tmp_path, "companion: true\n")
    firm.sync()
    companion = next(path for path in tmp_path.glob("*.xlsx") if path != firm.book)
    book = openpyxl.load_workbook(companion)
    book.create_sheet("Мой").append(["x"])
    book.save(companion)
    done = firm.remove()
    assert done.files == ()
    assert openpyxl.load_workbook(companion).sheetnames == ["Мой"]


def test_a_former_companion_goes_too(tmp_path):
    firm = Firm(tmp_path, "companion: true\n")
    firm.sync()
    companion = next(path for path in tmp_path.glob("*.xlsx") if path != firm.book)
    (tmp_path / "crm.yaml").write_text(CONFIG.format(book="base.xlsx"), "utf-8")
    firm.sync()
    firm.type("Ромашка", companion, Комментарий="забыто тут")
    with pytest.raises(OwnerError) as told:
        firm.remove()
    assert told.value.key == "remove.stop.sync_first"
    firm.sync()
    assert firm.remove().files == (companion,)
    assert ours(firm.book) == []
    firm.sync()
    assert firm.shown()["Ромашка"]["Комментарий"] == "забыто тут"


def test_the_last_visible_sheet_stays(tmp_path):
    book = tmp_path / "only.xlsx"
    odd_book(book, "carriage returns")
    (tmp_path / "crm.yaml").write_text("workbook: only.xlsx\n", "utf-8")
    run.sync(str(tmp_path), today=DAY)
    rezip(book, lambda name, old: old.replace('name="Клиенты"'.encode(), 'state="hidden" name="Клиенты"'.encode())
          if name == "xl/workbook.xml" else old)  # fmt: skip
    done = removal.removed(str(tmp_path))
    assert len(ours(book)) == 1
    assert done.kept[-1][0] == "remove.kept_last"


def test_tabs_that_are_switched_off_one_by_one_leave_nothing_either(firm):
    before = parts(firm.book)
    firm.sync()
    book = ExcelBook(firm.book)
    for tab in ("clients", "problems", "funnel", "tasks"):
        book.apply(WritePlan((), book.fingerprint(), (tab,)))
    assert parts(firm.book) == before


# ---- Google


@pytest.fixture
def google():
    with Emulator() as google:
        yield google
        assert google.complaints == []


def test_a_spreadsheet_is_as_it_was(google, tmp_path):
    book = google.add_book({"Сделки": [[str(v) for v in row] for row in DEALS]})
    before = google.snapshot(book)
    config = str(put_config(tmp_path, google, book, "language: ru\nsheets:\n  Сделки: {card: deal}\n"))
    title = run.sync(config, today=DAY).titles["tasks"]
    rows = google.sheet(book, title).rows
    head = list(rows[0].values)
    google.person(book).type(title, 2, head.index("Комментарий"), "просили в среду")
    google.faults.add("reset_after", None, method="write")
    done = removal.removed(config)
    assert (len(done.tabs), done.marks, done.changed) == (3, 1, True)
    assert differences(before, google.snapshot(book)) == []
    assert b"sheets-crm" not in repr(vars(google.document(book))).encode()
    version = google.document(book).version
    assert not removal.removed(config).changed
    assert google.document(book).version == version
    title = run.sync(config, today=DAY).titles["tasks"]
    shown = [row.values for row in google.sheet(book, title).rows]
    assert any("просили в среду" in values for values in shown)
