"""The parts of a copy by themselves: which formulas mean the same, formats, rectangles of looks, crm.yaml with another workbook."""

import openpyxl
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.styles import Font

from sheets_crm.books.copying import formats
from sheets_crm.books.copying.excel_in import ExcelSource
from sheets_crm.books.copying.excel_out import write_excel
from sheets_crm.books.copying.formulas import for_excel, for_google, from_google, is_same
from sheets_crm.books.copying.model import Block, Formula, TooLarge
from sheets_crm.books.copying.runs import Area, Runs
from sheets_crm.books.excel.reader import read_sheets
from sheets_crm.books.tab import Style
from sheets_crm.sync.config_place import moved, scalar

SHEETS = {"сделки", "o'neil", "лист 1"}


@pytest.mark.parametrize(
    ("formula", "same"),
    [
        ("SUM(A1:B9)", True), ("SUM(A:A)*2", True), ('IF(A1>1,"да",0)', True), ("SUMIF('Лист 1'!A:A,B2,Сделки!C:C)", True),
        ("_xlfn.MAXIFS(A:A,B:B,1)", True), ("SUMPRODUCT((A1:A9=1)*B1:B9)", True), ("-A1^2%", True), ("'O''Neil'!A1", True),
        ("VLOOKUP(A2,$F$1:$G$9,2,FALSE)", True), ("TODAY()-A1", True), ("1.5+2", True),
        ("A1:A9*2", False), ("IF(A1:A3>1,1,0)", False), ("ABS(A1:A3)", False), ("SUM(A1:A3*2)", False),
        ("Задачи!A1", False), ("[1]Лист!A1", False), ("Таблица1[Сумма]", False), ("НДС*2", False), ("FILTER(A:A,B:B=1)", False),
        ("SUM({1,2})", False), ('TEXT(A1,"ДД.ММ")', False), ("SUM(A1:B2 B1:C2)", False), ("#REF!+1", False), ("INDIRECT(A1)", False),
        ('HYPERLINK("#Лист!A1","x")', False), ("SUM(Лист1:Лист3!A1)", False), ("A1#", False), ("", False), ("SUM(", False),
    ],
)  # fmt: skip
def test_formulas_that_mean_the_same(formula, same):
    assert is_same(formula, SHEETS) is same


@pytest.mark.parametrize(
    ("formula", "ru", "en"),
    [
        ('IF(A1>1.5,"a,b;c",2)', '=IF(A1>1,5;"a,b;c";2)', '=IF(A1>1.5,"a,b;c",2)'),
        ("_xlfn.MAXIFS(A:A,B:B,1)", "=MAXIFS(A:A;B:B;1)", "=MAXIFS(A:A,B:B,1)"),
        ("SUM(Сделки!A1:A2)", "=SUM('Сделки'!A1:A2)", "=SUM('Сделки'!A1:A2)"),
        ("SUM('O''Neil'!A1:A2,1)", "=SUM('O''Neil'!A1:A2;1)", "=SUM('O''Neil'!A1:A2,1)"),
    ],
)
def test_formulas_are_written_as_the_locale_has_them(formula, ru, en):
    assert (for_google(formula, "ru_RU"), for_google(formula, "en_US")) == (ru, en)
    back = from_google(ru, "ru_RU")
    assert for_excel(back) == en
    assert for_google(back, "ru_RU") == ru


def test_arrays_of_a_spreadsheet_are_not_read_otherwise():
    assert from_google("={1;2}", "ru_RU") == ""


@pytest.mark.parametrize(
    ("code", "kind", "pattern"),
    [
        ("dd.mm.yyyy", "DATE", "dd.mm.yyyy"), ("[$-419]d mmmm yyyy;@", "DATE", "d mmmm yyyy"), ("mm-dd-yy", "DATE", None),
        ("yyyy-mm-dd hh:mm", "DATE_TIME", "yyyy-mm-dd hh:mm"), ("h:mm", "TIME", "h:mm"), ("[h]:mm:ss", "TIME", "[h]:mm:ss"),
        ("#,##0.00", "NUMBER", "#,##0.00"), ("#,##0\\ [$₽-419]", "NUMBER", '#,##0\\ "₽"'), ("0.0%", "PERCENT", "0.0%"), ("@", "TEXT", "@"),
        ("0.00E+00", "SCIENTIFIC", "0.00E+00"), ('0" дн"', "NUMBER", '0" дн"'),
    ],
)  # fmt: skip
def test_formats_to_google(code, kind, pattern):
    found = dict(formats.to_google(code))
    assert found == ({"type": kind, "pattern": pattern} if pattern else {"type": kind})
    if pattern:
        assert formats.from_google(found) == pattern


def test_formats_without_a_pattern_are_the_locales():
    assert formats.to_google("General") == ()
    assert formats.from_google({"type": "DATE"}, "ru_RU") == "dd.mm.yyyy"
    assert formats.from_google({"type": "DATE"}, "en_US") == "m/d/yyyy"
    assert formats.from_google(None) is None


# --- rectangles


BOLD, DAY = Style(bold=True), Style(format="dd.mm.yyyy")


@given(st.lists(st.lists(st.sampled_from([None, BOLD, DAY]), min_size=0, max_size=4), max_size=8), st.integers(1, 3))
def test_rectangles_show_each_cell_as_it_was(rows, size):
    runs = Runs()
    for top in range(0, len(rows), size):
        part = rows[top : top + size]
        runs.add(Block(top, [["x"] * len(row) for row in part], part))
    painted = {}
    for area in runs.areas()[0]:
        for row in range(area.top, area.bottom + 1):
            for column in range(area.left, area.right + 1):
                assert (row, column) not in painted
                painted[row, column] = area.style
    for row, styles in enumerate(rows):
        for column, style in enumerate(styles):
            assert painted.get((row, column)) is style


def test_a_column_of_days_is_one_rectangle():
    runs = Runs()
    for top in range(0, 5000, 1000):
        runs.add(Block(top, [[1, 1]] * 1000, [[DAY, DAY]] * 1000))
    assert runs.areas() == ([Area(0, 0, 4999, 1, DAY)], False)


def test_too_many_looks_leave_the_formats():
    runs = Runs()
    looks = [Style(fill="FF0000", format="0.00"), Style(format="0.00")]
    runs.add(Block(0, [[1]] * 20_001, [[looks[row % 2]] for row in range(20_001)]))
    assert runs.areas() == ([Area(0, 0, 20_000, 0, Style(format="0.00"))], True)


# --- a file there and back


def test_a_file_there_and_back(tmp_path):
    book = openpyxl.Workbook()
    page = book.active
    page.title = "Лист 1"
    page.append(["=x", 1.5, True, None, "a\nb", " край "])
    page["A1"].data_type = "s"
    page["C3"], page["D3"], page["E3"] = "=SUM(B1:B2)", "=Нет!A1", "<r>x</r>"
    page["A3"].font = Font(bold=True)
    page.row_dimensions[2].hidden, page.column_dimensions["C"].hidden = True, True
    book.save(tmp_path / "a.xlsx")
    with ExcelSource(tmp_path / "a.xlsx", set()) as source:
        done = write_excel(source, tmp_path / "b.xlsx")
        with pytest.raises(FileExistsError):
            write_excel(source, tmp_path / "b.xlsx")
    was, now = (read_sheets(tmp_path / name)["Лист 1"] for name in ("a.xlsx", "b.xlsx"))
    assert now.row(1) == was.row(1)
    back = openpyxl.load_workbook(tmp_path / "b.xlsx")["Лист 1"]
    assert (back["A1"].value, back["A1"].data_type) == ("=x", "s")
    assert back["E3"].value.strip() == "<r>x</r>"
    assert back.row_dimensions[2].hidden
    assert back.column_dimensions["C"].hidden
    assert done[0].as_values == ["C3", "D3"], "a formula that was never calculated has no value to show"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.xlsx", "b.xlsx"]


class Long:
    """A source with one text that no .xlsx takes."""

    def __init__(self, sheet):
        self.sheets, self.lost = [sheet], {}

    def blocks(self, sheet):
        yield Block(0, [["x" * 40_000]], [[None]])

    def found(self, sheet):
        return {}


def test_what_does_not_fit_leaves_no_file(tmp_path):
    from sheets_crm.books.copying.model import Sheet

    with pytest.raises(TooLarge) as told:
        write_excel(Long(Sheet("Лист", height=1, width=1)), tmp_path / "b.xlsx")
    assert (told.value.key, told.value.values["cell"]) == ("copy.stop.excel_text", "A1")
    assert list(tmp_path.iterdir()) == []


def test_formulas_of_one_pattern_are_each_their_own(tmp_path):
    import xlsxwriter

    book = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"))
    page = book.add_worksheet("L")
    for row in range(3):
        page.write_formula(row, 1, f"=A{row + 1}*2", None, row * 2)
    book.close()
    with ExcelSource(tmp_path / "a.xlsx", set()) as source:
        values = [row[1] for block in source.blocks(source.sheets[0]) for row in block.values]
    assert values == [Formula(f"A{row + 1}*2", float(row * 2)) for row in range(3)]


# --- crm.yaml


@pytest.mark.parametrize(
    "text",
    [
        "workbook: a.xlsx\n", "# что\nworkbook:   'a b.xlsx'   # где\nlanguage: ru", "{workbook: a.xlsx, language: ru}",
        "language: ru\r\nworkbook: a.xlsx\r\n", "workbook: >-\n  a.xlsx\nlanguage: ru\n", "workbook: a.xlsx\ngoogle:\n  retries: {base: 2} # так\n\n# конец\n",
    ],
)  # fmt: skip
def test_only_the_workbook_changes(text):
    new = moved(text, {"workbook": scalar("https://docs.google.com/spreadsheets/d/1x/edit")})
    was, now = yaml.safe_load(text), yaml.safe_load(new)
    assert now == was | {"workbook": "https://docs.google.com/spreadsheets/d/1x/edit"}
    for comment in ("# что", "# где", "# так", "# конец"):
        assert (comment in text) is (comment in new)
    assert ("\r\n" in text) is ("\r\n" in new)


def test_keys_are_added_and_replaced():
    new = moved(
        "workbook: a.xlsx\ncompanion: true # да\n",
        {"workbook": "b.xlsx", "companion": "false", "google": "{credentials: k.json}"},
    )
    assert new == "workbook: b.xlsx\ncompanion: false # да\ngoogle: {credentials: k.json}\n"


@given(st.text(min_size=1, max_size=12).filter(lambda text: text.isprintable()))
def test_any_text_is_read_back(text):
    assert yaml.safe_load(f"workbook: {scalar(text)}") == {"workbook": text}
