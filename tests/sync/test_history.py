"""History through whole runs on real files: asked, drawn on its tab, in a client's timeline; and a plan that writes nothing."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from datetime import date, time, timedelta
from itertools import pairwise

import openpyxl
import pytest
from typer.testing import CliRunner

from sheets_crm.base.history import History, Question
from sheets_crm.cli.app import app
from sheets_crm.errors import NotFound
from sheets_crm.sync import ask, gaps, run
from sheets_crm.sync import history as past
from tests.promises.firm import tab_rows

DAY = date(2026, 3, 16)
CLIENTS = [
    ["Клиент", "Телефон", "Менеджер"],
    ["Вера Гущина", "+7 916 123-45-67", "Ольга"],
    ["ООО «Ромашка»", "+7 916 123-45-68", "Пётр"],
    ["Стоп Лист", "+7 916 123-45-69", "Пётр"],
]
DEALS = [
    ["№", "Клиент", "Создана", "Этап", "Сумма", "Дата КП", "Ответ по КП"],
    ["С-1", "Вера Гущина", date(2026, 3, 1), "КП отправлено", 5000, date(2026, 3, 2), None],
    ["С-2", "ООО «Ромашка»", date(2026, 3, 3), "Новая", 120000.5, None, None],
]
PAYMENTS = [["Дата", "Сделка", "Сумма"], [date(2026, 3, 5), "С-1", 1000]]
CALLS = [["Дата", "Клиент", "Вид", "Содержание"], [date(2026, 3, 16), "ООО «Ромашка»", "звонок", "перезвонить"]]
CONFIG = """\
workbook: firm.xlsx
country: RU
timezone: Asia/Yekaterinburg
sheets:
  Клиенты: {card: client, columns: {name: Клиент, phone: Телефон, manager: Менеджер}}
  Сделки: {card: deal, columns: {id: "№", client: Клиент, created: Создана, stage: Этап, amount: Сумма, offer_date: Дата КП, offer_answer: Ответ по КП}}
  Оплаты: {card: payment, columns: {date: Дата, deal: Сделка, amount: Сумма}}
  Звонки: {card: interaction, columns: {date: Дата, client: Клиент, kind: Вид, text: Содержание}}
funnels:
  deals: {stages: [Новая, КП отправлено, Оплачено, Отказ], won: Оплачено, lost: Отказ, offer: КП отправлено}
rules: {no_next_step: false}
"""


class Shop:
    """A workbook whose owner edits by cells, and the program at hand."""

    def __init__(self, folder):
        self.folder, self.path = folder, folder / "firm.xlsx"
        book = openpyxl.Workbook()
        book.remove(book.active)
        for name, rows in (("Клиенты", CLIENTS), ("Сделки", DEALS), ("Оплаты", PAYMENTS), ("Звонки", CALLS)):
            sheet = book.create_sheet(name)
            for row in rows:
                sheet.append(row)
        book.save(self.path)
        self.configure("")

    def configure(self, more):
        (self.folder / "crm.yaml").write_text(CONFIG + more, "utf-8")

    def edit(self, sheet, **cells):
        book = openpyxl.load_workbook(self.path)
        for cell, value in cells.items():
            book[sheet][cell] = value
        book.save(self.path)

    def delete(self, sheet, row):
        book = openpyxl.load_workbook(self.path)
        book[sheet].delete_rows(row)
        book.save(self.path)

    def mark(self, row, **marks):
        sheet = openpyxl.load_workbook(self.path)["Задачи"]
        heads = {cell.value: cell.column_letter for cell in sheet[1]}
        self.edit("Задачи", **{f"{heads[name.replace('_', ' ')]}{row}": value for name, value in marks.items()})

    def sync(self, days=0, **more):
        return run.sync(str(self.folder), today=DAY + timedelta(days=days), **more)

    def told(self, *, client=None, lang="ru", **asked):
        return [one.text for one in past.history(str(self.folder), Question(**asked), client=client, lang=lang).told]

    def say(self, *words, code=0):
        words = words if "--lang" in words else (*words, "--lang", "ru")
        done = CliRunner().invoke(app, ["history", *words, "--config", str(self.folder)])
        assert done.exit_code == code, done.output
        return done.stdout


@pytest.fixture
def shop(tmp_path):
    return Shop(tmp_path)


# --- asked --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lang", "words"), [("ru", "История пока пуста"), ("en", "still empty")])
def test_without_a_history_there_is_a_sentence(shop, lang, words):
    assert words in shop.say("--lang", lang)
    assert json.loads(shop.say("--json")) == {"client": "", "events": [], "more": False, "notes": []}
    assert words in shop.say("Вера", "--lang", lang)
    assert not (shop.folder / ".sheets-crm").exists()


def test_a_quiet_time_has_a_sentence_too(shop):
    shop.sync()
    assert "ничего не происходило" in shop.say()


@pytest.fixture
def busy(shop):
    """Three days: edits, a mark, a task by hand; then a row that goes and one that comes."""
    shop.sync()
    shop.edit("Клиенты", B2="+7 916 000-00-01", C3=None)
    shop.edit("Сделки", D3="КП отправлено", F3=date(2026, 3, 10))
    shop.mark(2, Статус="Сделана", Комментарий="звонила")
    shop.sync(1)
    shop.delete("Клиенты", 4)
    shop.edit("Клиенты", A5="Новый Клиент")
    shop.sync(2)
    return shop


def test_all_that_happened_is_told_newest_first(busy):
    told = busy.told()
    assert told[:2] == ["Строки больше нет: Клиент", "Новая строка: Клиент"]
    assert set(told[2:]) == {
        "Задача поставлена: Предложение без ответа",
        "Задача сделана: Предложение без ответа",
        "Отметка «Статус»: Предложение без ответа: было «Новая», стало «Сделана»",
        "Отметка «Комментарий»: Предложение без ответа: вписано «звонила»",
        "Этап: было «Новая», стало «КП отправлено»",
        "Дата КП: вписано «10.03.2026»",
        "Менеджер: стёрто «Пётр»",
        "Телефон: было «+79161234567», стало «+79160000001»",
    }
    english = busy.told(lang="en")
    assert "Phone: was “+79161234567”, now “+79160000001”" in english
    assert len(english) == len(told)


def test_an_hour_is_told_as_people_write_it(shop):
    shop.configure("tabs: {history: {on: true}}\n")
    shop.sync()
    shop.mark(2, Время=time(13, 30))
    shop.sync(1)
    assert "Отметка «Время»: Предложение без ответа: вписано «13:30»" in shop.told()
    shop.mark(2, Время="после обеда")
    shop.sync(2)
    assert "Отметка «Время»: Предложение без ответа: было «13:30», стало «после обеда»" in shop.told()
    tab = [str(cell) for row in tab_rows(shop.path, "История") for cell in row.values()]
    assert "13:30" in tab
    assert not any("13:30:00" in cell for cell in tab)


def test_kinds_days_and_numbers_are_chosen(busy):
    assert busy.told(kinds=("stage",)) == ["Этап: было «Новая», стало «КП отправлено»"]
    assert "Этап: было «Новая», стало «КП отправлено»" in busy.told(kinds=("change",))  # as an edit of its cell
    assert busy.told(kinds=("run",)) == [
        "запуск, записано 2 события", "запуск, записано 7 событий", "запуск, записано 0 событий"
    ]  # fmt: skip
    assert busy.told(since=DAY + timedelta(days=2)) == busy.told()[:2]
    assert busy.told(until=DAY) == busy.told()[2:]  # it may have happened on the first day, after the run
    assert busy.told(until=DAY - timedelta(days=1)) == []
    assert busy.told(last=3) == busy.told()[:3]


def test_one_client_is_found_as_card_finds_one(busy):
    whole = busy.told(client="Вера Гущина")
    assert whole == busy.told(client="+7 916 000 00 01") == busy.told(client="вера")
    assert "Телефон: было «+79161234567», стало «+79160000001»" in whole
    assert "Задача сделана: Предложение без ответа" in whole
    assert not any("Этап" in line for line in whole)
    assert "Этап: было «Новая», стало «КП отправлено»" in busy.told(client="Ромашка")
    assert busy.told(client="Стоп") == ["Строки больше нет: Клиент"]  # also one whose row is gone
    with pytest.raises(NotFound) as missing:
        busy.told(client="Никто")
    assert missing.value.key == "sync.no_client"
    with pytest.raises(NotFound) as several:
        busy.told(client="в")
    assert several.value.key == "sync.many_clients"


def test_it_answers_without_the_workbook(busy):
    busy.path.unlink()
    assert "стало «+79160000001»" in busy.say()


def test_each_is_told_between_two_runs_in_the_workbooks_zone(busy):
    with History.look(busy.folder / ".sheets-crm") as history:
        runs = history.table("runs")["started"].to_list()
    events = json.loads(busy.say("--json"))["events"]
    assert {(event["after"], event["seen"]) for event in events if event["kind"] == "change"} == {
        (_zoned(one), _zoned(other)) for one, other in pairwise(runs)
    }
    assert all(event["seen"].endswith("+05:00") for event in events)


def _zoned(moment):
    from datetime import datetime
    from zoneinfo import ZoneInfo

    return datetime.fromisoformat(moment).astimezone(ZoneInfo("Asia/Yekaterinburg")).isoformat(timespec="seconds")


def test_json_says_what_its_page_says(busy, root):
    page = (
        (root / "docs" / "reference" / "json.md").read_text("utf-8").split("## `history --json`\n")[1].split("\n## ")[0]
    )
    documented = {line.split("`")[1] for line in page.splitlines() if line.startswith("| `")}
    found = json.loads(busy.say("--json", "--last", "3"))
    assert found["more"] is True
    seen = (
        set(found) - {"events", "notes"}
        | {"notes[]"}
        | {f"events[].{key}" for event in found["events"] for key in event}
    )
    assert seen == documented


def test_payments_of_a_deal_are_its_clients(shop):
    shop.sync()
    shop.edit("Оплаты", A3=date(2026, 3, 16), B3="С-1", C3=70)
    shop.sync(1)
    assert busy_lines(shop, "Вера") == {"Новая строка: Оплата"}


def busy_lines(shop, client):
    return set(shop.told(client=client, kinds=("change",)))


def test_what_formulas_work_out_is_nobodys_edit(shop):
    shop.edit("Сделки", E2=5000, E3=6000)
    _formula(shop.path, "Сделки", {"E2": ("2500*2", 5000), "E3": ("3000*2", 6000)})
    shop.sync()
    _formula(shop.path, "Сделки", {"E2": ("2500*3", 7500), "E3": ("3000*3", 9000)})
    shop.sync(1)
    assert shop.told(kinds=("change",)) == []


def _formula(path, name, cells):
    """Formulas with the results that Excel would have kept beside them."""
    import re

    from tests.books.excel_cases import members, rezip

    book = openpyxl.load_workbook(path)
    number = book.sheetnames.index(name) + 1
    for cell, (formula, _) in cells.items():
        book[name][cell] = f"={formula}"
    book.save(path)
    part = f"xl/worksheets/sheet{number}.xml"
    xml = members(path)[part].decode()
    for cell, (_, value) in cells.items():
        xml = re.sub(rf'(<c r="{cell}"[^>]*>)<f>([^<]*)</f><v ?/?>(?:</v>)?', rf"\1<f>\2</f><v>{value}</v>", xml)
    rezip(path, {part: xml.encode()})


def test_who_saved_last_is_told(shop):
    shop.sync()
    book = openpyxl.load_workbook(shop.path)
    book.properties.lastModifiedBy = "Ольга Павловна"
    book["Клиенты"]["C2"] = "Нина"
    book.save(shop.path)
    shop.sync(1)
    assert "Ольга Павловна" in shop.say()
    assert json.loads(shop.say("--json"))["events"][0]["who"] == "Ольга Павловна"


@pytest.mark.parametrize(
    ("words", "key"),
    [
        (["--kind", "edits"], "edits"),
        (["--since", "вчера"], "вчера"),
        (["--last", "0"], "0"),
        (["--until", "2026-02-30"], "2026-02-30"),
    ],
)
def test_a_slip_of_the_hand_is_told(shop, words, key):
    from sheets_crm.cli.voice import WrongUsage

    done = CliRunner().invoke(app, ["history", *words, "--config", str(shop.folder)])
    assert isinstance(done.exception, WrongUsage)
    assert done.exception.values["seen"] == key


# --- contacts that nobody wrote down ------------------------------------------------------------------------------------------


def test_an_edit_without_a_contact_is_a_gap(busy):
    found = gaps.gaps(str(busy.folder), Question(), lang="ru")
    assert [(gap.client, gap.what) for gap in found.rows] == [("Вера Гущина", ("Телефон",))]  # the other one was called
    assert "Вера Гущина" in busy.say("--gaps")
    assert json.loads(busy.say("--gaps", "--json"))["gaps"][0]["what"] == ["Телефон"]
    busy.edit("Звонки", A3=date(2026, 3, 17), B3="Вера Гущина", C3="звонок")
    busy.sync(3)
    assert gaps.gaps(str(busy.folder), Question()).rows == ()
    assert "Пропусков нет" in busy.say("--gaps", "--lang", "ru")


def test_without_a_sheet_of_contacts_there_are_no_gaps_to_find(shop):
    shop.configure("")
    text = (shop.folder / "crm.yaml").read_text("utf-8")
    (shop.folder / "crm.yaml").write_text(
        "\n".join(line for line in text.splitlines() if "Звонки" not in line), "utf-8"
    )
    shop.sync()
    shop.edit("Клиенты", C2="Нина")
    shop.sync(1)
    assert not gaps.gaps(str(shop.folder), Question()).comparable
    assert "Сравнить не с чем" in shop.say("--gaps", "--lang", "ru")


def test_a_wholesale_edit_is_nobodys_conversation(shop):
    book = openpyxl.load_workbook(shop.path)
    for n in range(30):
        book["Клиенты"].append([f"Клиент {n}", f"+7916{n:07}", "Ольга"])
    book.save(shop.path)
    shop.sync()
    shop.edit("Клиенты", **{f"C{n + 5}": "Нина" for n in range(30)})
    shop.sync(1)
    assert len(shop.told(kinds=("change",))) == 30
    assert gaps.gaps(str(shop.folder), Question()).rows == ()


# --- a client's timeline ------------------------------------------------------------------------------------------------------


def test_the_timeline_has_all_kinds_in_one_order(busy):
    result = run.plan(str(busy.folder), today=DAY + timedelta(days=3), lang="ru")
    shown = ask.card(result, "Вера")
    rows = shown["blocks"]["timeline"]
    assert [row["day"] for row in rows] == sorted((row["day"] for row in rows), reverse=True)
    kinds = [row["kind"] for row in rows]
    assert kinds[-3:] == ["payment", "document", "document"]
    assert {"change", "task"} <= set(kinds)
    assert [row["text"].replace("\xa0", " ") for row in rows[-3:]] == [
        "Оплата: 1 000",
        "Дата КП (Сделка С-1): 5 000",
        "Создана (Сделка С-1): 5 000",
    ]
    assert [row["what"] for row in shown["blocks"]["gaps"]] == [["Телефон"]]
    other = ask.card(result, "Ромашка")["blocks"]
    assert "contact" in {row["kind"] for row in other["timeline"]}
    assert "stage" in {row["kind"] for row in other["timeline"]}
    assert "gaps" not in other


def test_days_to_come_and_the_bound_are_kept(shop):
    shop.edit(
        "Звонки", **{f"A{n}": date(2026, 1, n) for n in range(3, 20)}, **{f"B{n}": "Вера Гущина" for n in range(3, 20)}
    )
    result = run.plan(str(shop.folder), today=date(2026, 1, 10), lang="ru")
    from sheets_crm.sync.timeline import timeline

    vera = result.base.frame("client").filter(result.base.frame("client")["name"] == "Вера Гущина")["_id"][0]
    days = [row["day"] for row in timeline(result, vera)]
    assert max(days) == "2026-01-10"
    assert [row["day"] for row in timeline(result, vera, last=2)] == ["2026-01-10", "2026-01-09"]


# --- the tab ------------------------------------------------------------------------------------------------------------------

ON = "tabs: {history: {}}\n"


def titles(path):
    return openpyxl.load_workbook(path).sheetnames


def test_the_tab_is_off_until_it_is_named(shop):
    shop.sync()
    assert "История" not in titles(shop.path)
    shop.configure("tabs: {history: {on: false}}\n")
    shop.sync()
    assert "История" not in titles(shop.path)
    shop.configure(ON)
    assert shop.sync().written == ("history",)
    assert "пока ничего не изменилось" in openpyxl.load_workbook(shop.path)["История"]["A1"].value.lower()


def test_the_tab_shows_this_very_run_and_the_next_one_writes_nothing(shop):
    shop.configure(ON)
    shop.sync()
    shop.edit("Клиенты", B2="+7 916 000-00-01")
    shop.edit("Сделки", D3="КП отправлено", F3=date(2026, 3, 10))
    shop.mark(2, Статус="Сделана")
    shop.edit("Задачи", H5="Заказать бумагу")
    assert "history" in shop.sync(1).written
    rows = tab_rows(shop.path, "История")
    assert [row["Что"] for row in rows] == [one.what for one in _told(shop)]
    phone = next(row for row in rows if row["Что"] == "Телефон")
    assert (phone["Клиент"], phone["Было"], phone["Стало"]) == ("Вера Гущина", "+79161234567", "+79160000001")
    assert (phone["Лист"], phone["Ячейка"]) == ("Клиенты", "B2")
    assert any(row["Что"] == "Задача поставлена: Заказать бумагу" for row in rows)
    for _ in range(3):
        before = shop.path.read_bytes()
        assert shop.sync(1).written == ()
        assert shop.path.read_bytes() == before


def _told(shop):
    return past.history(str(shop.folder), Question(last=500), lang="ru").told


def test_the_tab_follows_a_row_that_moved(shop):
    shop.configure(ON)
    shop.sync()
    shop.edit("Клиенты", B2="+7 916 000-00-01")
    shop.sync(1)
    shop.edit(
        "Клиенты", A2="Стоп Лист", B2="+7 916 123-45-69", C2="Пётр", A4="Вера Гущина", B4="+7 916 000-00-01", C4="Ольга"
    )
    shop.sync(1)
    sheet = openpyxl.load_workbook(shop.path)["История"]
    row = next(row for row in sheet.iter_rows(min_row=2) if "Телефон" in [cell.value for cell in row])
    assert row[-1].value == "B4"
    assert "B4" in (row[-1].hyperlink.location or row[-1].hyperlink.target)


def test_the_tab_holds_so_many_rows(shop):
    shop.configure(ON + "history: {tab_rows: 2}\n")
    shop.sync()
    shop.edit("Клиенты", B2="+7 916 000-00-01", B3="+7 916 000-00-02", B4="+7 916 000-00-03")
    shop.sync(1)
    assert len(tab_rows(shop.path, "История")) == 2


def test_text_from_a_cell_stays_text_on_the_tab(shop):
    shop.configure(ON)
    shop.sync()
    shop.edit("Клиенты", C2="'=1+1")
    book = openpyxl.load_workbook(shop.path)
    book["Клиенты"]["C2"].value = "=1+1"
    book["Клиенты"]["C2"].data_type = "s"
    book.save(shop.path)
    shop.sync(1)
    cells = [cell for row in openpyxl.load_workbook(shop.path)["История"].iter_rows() for cell in row]
    assert [cell.data_type for cell in cells if cell.value == "=1+1"] == ["s"]


@pytest.mark.parametrize("where", ["apply", "record_run"])
def test_a_run_that_dies_before_it_is_recorded_is_told_once(shop, monkeypatch, where):
    from sheets_crm.books.excel.book import ExcelBook

    shop.configure(ON)
    shop.sync()
    shop.edit("Клиенты", B2="+7 916 000-00-01")
    target = ExcelBook if where == "apply" else History

    def dies(*_args, **_more):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(target, where, dies)
        with pytest.raises(KeyboardInterrupt):
            shop.sync(1)
    shop.sync(1)
    assert [row["Что"] for row in tab_rows(shop.path, "История")] == ["Телефон"]
    assert shop.sync(1).written == ()


# --- a plan writes nothing ------------------------------------------------------------------------------------------------------

_watch: list[tuple[str, object]] | None = None


def _hook(event, arguments):
    if _watch is None:
        return
    if event == "open":
        path, mode, flags = arguments
        import os

        if (isinstance(mode, str) and set(mode) & set("wax+")) or (flags or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            _watch.append((event, path))
    elif event in {
        "os.mkdir",
        "os.rename",
        "os.remove",
        "os.rmdir",
        "os.chmod",
        "os.truncate",
        "os.utime",
        "os.link",
        "os.symlink",
    } or (event == "sqlite3.connect" and "mode=ro" not in str(arguments[0]) and arguments[0] != ":memory:"):
        _watch.append((event, arguments))


sys.addaudithook(_hook)


@contextmanager
def nothing_written():
    """Whatever Python is asked to open for writing, make, move or remove meanwhile fails the test."""
    global _watch  # noqa: PLW0603 - a hook can't be taken off again
    _watch = seen = []
    try:
        yield
    finally:
        _watch = None
    assert seen == []


@pytest.mark.parametrize("more", ["", ON])
def test_a_plan_and_every_question_open_nothing_for_writing(busy, more):
    busy.configure(more)
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in busy.folder.rglob("*") if path.is_file()}
    busy.edit("Клиенты", C2="Нина")
    before[busy.path] = (busy.path.read_bytes(), busy.path.stat().st_mtime_ns)
    run.plan(str(busy.folder), today=DAY)  # modules are loaded, and their byte code is written where it may be
    past.history(str(busy.folder), Question())
    with nothing_written():
        plan = run.plan(str(busy.folder), today=DAY + timedelta(days=5))
        past.history(str(busy.folder), Question(), client="Вера")
        gaps.gaps(str(busy.folder), Question())
        ask.card(plan, "Вера")
    now = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in busy.folder.rglob("*") if path.is_file()}
    assert now == before


def test_a_plan_works_in_a_folder_that_may_not_be_written(busy):
    state = busy.folder / ".sheets-crm"
    for path in (state / "history.db", state / "snapshots", state, busy.folder):
        path.chmod(0o400 if path.is_file() else 0o500)
    try:
        assert run.plan(str(busy.folder), today=DAY).base.frame("client").height == 3
    finally:
        for path in (busy.folder, state, state / "snapshots", state / "history.db"):
            path.chmod(0o700)


def test_a_plan_with_a_damaged_history_says_so_and_leaves_it(busy):
    (busy.folder / ".sheets-crm" / "history.db").write_bytes(b"broken" * 999)
    plan = run.plan(str(busy.folder), today=DAY)
    assert "history.damaged" in [key for key, _ in plan.notes]
    assert (busy.folder / ".sheets-crm" / "history.db").read_bytes() == b"broken" * 999
    assert "повреждён" in busy.say("--lang", "ru")
