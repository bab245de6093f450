"""How our tabs are made to look: each request as the discovery document knows it, and as it then stands, in every locale.

All that is native: the chart, lists, rules, frozen rows, protection, the filter, links, formats of numbers and days.
"""

import re
from datetime import date

import pytest

from sheets_crm import data
from sheets_crm.sync import run
from sheets_crm.sync.config_google import GoogleSettings
from sheets_crm.words import say, show
from tests.google.calling import Client
from tests.google.emulator import OWNER, ROBOT, Emulator, discovery
from tests.google.whole import put_config

HEADS = {
    "ru": (["Клиент", "Телефон", "Сумма покупок", "Последняя покупка"], ["Клиент", "Этап", "Сумма", "Дата КП", "Менеджер"], "КП отправлено"),
    "en": (["Client", "Phone", "Total spent", "Last purchase"], ["Client", "Stage", "Amount", "Quote sent", "Manager"], "Quote sent"),
}  # fmt: skip
# A locale; the language and country of the configuration; a sum and a day of 2026 as people there read them.
LOCALES = {
    "ru_RU": ("ru", "RU", "1\u00a0234\u00a0567", "01.02.2026"), "kk_KZ": ("ru", "KZ", "1\u00a0234\u00a0567", "01.02.2026"),
    "en_US": ("en", "US", "1,234,567", "1 Feb 2026"), "en_GB": ("en", "GB", "1,234,567", "1 Feb 2026"),
    "de_DE": ("en", "DE", "1\u00a0234\u00a0567", "1 Feb 2026"),
}  # fmt: skip
DAYS = {"ru": "dd.mm.yyyy", "en": "d mmm yyyy"}
COMMA = {"ru_RU", "kk_KZ", "de_DE"}
QUOTED = re.compile(r'"[^"]*"')
ANNA = "anna@example.com"


class World:
    """The first write into a spreadsheet of a locale: its requests by kind, and the spreadsheet afterwards."""

    def __init__(self, google, folder, locale):
        self.google, self.locale = google, locale
        self.lang, country, self.sum, self.day = LOCALES[locale]
        clients, deals, stage = HEADS[self.lang]
        rows = [[f"Anna {n}", f"+7916000000{n}", 1_234_567 + n, date(2026, 2, 1)] for n in range(6)]
        sheets = {
            "O'Neil & Ко": [clients, *rows],
            "Deals 1": [deals, *([f"Anna {n}", stage, 100_000 * (n + 1), date(2026, 2, 1), "Olga"] for n in range(6))],
        }
        self.book = google.add_book(sheets, locale=locale)
        google.share(self.book, ANNA)
        text = f"language: {self.lang}\ncountry: {country}\nmanagers: [{{name: Olga}}, {{name: Boris}}]\n"
        self.path = put_config(folder, google, self.book, text)
        self.done = run.sync(str(self.path), today=data.DEMO_TODAY)
        (call,) = [call for call in google.calls if call.method == "spreadsheets.batchUpdate"]
        self.body = call.body

    def of(self, kind):
        return [request[kind] for request in self.body["requests"] if kind in request]

    def tab(self, name):
        return self.google.sheet(self.book, self.done.titles[name])

    def column(self, tab, name):
        """The position of a column, and how it was drawn."""
        drawn = next(one for one in self.done.tabs if one.id == tab)
        return next((n, one) for n, one in enumerate(drawn.tables[0].columns) if one.id == name)

    def shown(self, tab, cell):
        """A cell as people see it."""
        ranges = f"'{self.done.titles[tab]}'!{cell}"
        (found,) = Client(self.google, self.book).values(ranges, valueRenderOption="FORMATTED_VALUE")
        return found[0][0]


@pytest.fixture(scope="module", params=LOCALES)
def world(request, tmp_path_factory):
    with Emulator() as google:
        yield World(google, tmp_path_factory.mktemp(request.param), request.param)
        assert google.complaints == []


def formats(value):
    """Every number format in a batch."""
    if isinstance(value, dict):
        if "numberFormat" in value:
            yield value["numberFormat"]
        for item in value.values():
            yield from formats(item)
    if isinstance(value, list):
        for item in value:
            yield from formats(item)


def letter(column):
    return "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[column]


def test_the_batch_is_as_the_document_says_and_holds_no_formula(world):
    discovery.check_body("sheets", "BatchUpdateSpreadsheetRequest", world.body)
    assert not any("formulaValue" in str(one) for one in world.of("updateCells"))


def test_sums_and_days_are_shown_as_the_locale_does(world):
    assert {one["pattern"] for one in formats(world.body) if one["type"] == "DATE"} == {DAYS[world.lang]}
    assert {one["pattern"] for one in formats(world.body) if one["type"] == "NUMBER"} <= {"#,##0", "#,##0.00", "0"}
    revenue, last = (letter(world.column("clients", name)[0]) for name in ("revenue", "last_purchase"))
    assert world.shown("clients", f"{revenue}7") == world.sum
    assert world.shown("clients", f"{last}2") == world.day


def test_a_day_is_a_day_in_every_locale(world):
    """A serial number under a date format, whatever the spreadsheet's locale: nothing is typed for Google to understand."""
    due, _ = world.column("tasks", "due")
    days = [world.tab("tasks").value(row, due) for row in range(1, 7)]
    assert all(40_000 < day < 60_000 for day in days)
    assert world.shown("tasks", f"{letter(due)}2") == show(data.DEMO_TODAY, world.lang)


def test_rules_are_written_with_the_signs_of_the_locale(world):
    rules = world.tab("tasks").conditions
    assert len(rules) == 3
    for rule in rules:
        (value,) = rule["booleanRule"]["condition"]["values"]
        bare = QUOTED.sub("", value["userEnteredValue"])
        assert (";" in bare, "," in bare) == (world.locale in COMMA, world.locale not in COMMA)
        assert set(rule["booleanRule"]["format"]) <= {"backgroundColorStyle", "backgroundColor", "textFormat"}
        assert rule["ranges"][0]["startRowIndex"] == 1
        assert "endRowIndex" not in rule["ranges"][0]  # rows typed below are coloured too


def test_lists_offer_their_words_and_refuse_no_others(world):
    sheet, found = world.tab("tasks"), {}
    for name in ("status", "priority", "outcome", "repeat"):
        place, drawn = world.column("tasks", name)
        rule = sheet.more(1, place).validation
        assert rule == sheet.more(sheet.row_count - 1, place).validation  # also where people add rows
        assert (rule["condition"]["type"], rule["showCustomUi"], rule.get("strict", False)) == (
            "ONE_OF_LIST",
            True,
            False,
        )
        found[name] = [value["userEnteredValue"] for value in rule["condition"]["values"]]
        assert found[name] == list(drawn.choices)
        assert sheet.more(0, place).validation is None
    assert found["status"][0] == sheet.value(1, 0) == {"ru": "Новая", "en": "New"}[world.lang]


def test_heads_stay_in_view_and_the_key_is_hidden(world):
    for tab in ("tasks", "clients", "problems"):
        drawn = next(one for one in world.done.tabs if one.id == tab)
        grid = world.tab(tab).properties["gridProperties"]
        assert (grid.get("frozenRowCount", 0), grid.get("frozenColumnCount", 0)) == drawn.freeze
    place, _ = world.column("tasks", "key")
    sizes = {n: size.get("hiddenByUser", False) for n, size in world.tab("tasks").column_sizes.items()}
    assert [n for n, hidden in sizes.items() if hidden] == [place]


def test_each_table_has_a_filter_over_its_columns(world):
    for tab in ("tasks", "clients"):
        drawn = next(one for one in world.done.tabs if one.id == tab)
        place = world.tab(tab).basic_filter["range"]
        assert (place["startRowIndex"], place["startColumnIndex"]) == (0, 0)
        assert place["endColumnIndex"] == len(drawn.tables[0].columns)
        assert "endRowIndex" not in place


def test_each_manager_has_a_view_of_their_own_rows(world):
    """In a protected tab Google lets a manager filter in no other way."""
    column, _ = world.column("tasks", "manager")
    found = {view["title"]: view for view in world.tab("tasks").filter_views}
    assert list(found) == [say("tabs.tasks.view", world.lang, manager=name) for name in ("Olga", "Boris")]
    for name, view in zip(("Olga", "Boris"), found.values(), strict=True):
        (spec,) = view["filterSpecs"]
        assert spec["columnIndex"] == column
        assert spec["filterCriteria"]["condition"] == {"type": "TEXT_EQ", "values": [{"userEnteredValue": name}]}
        assert view["range"] == world.tab("tasks").basic_filter["range"]


def test_views_go_with_their_managers_and_those_of_people_stay(tmp_path):
    with Emulator() as google:
        world = World(google, tmp_path, "ru_RU")
        owner, sheet = google.person(world.book), world.tab("tasks")
        olga, boris = sheet.filter_views
        mine = {"title": "Задачи: Вера", "range": {"sheetId": sheet.id}}
        owner.do({"addFilterView": {"filter": mine}}, {"deleteFilterView": {"filterId": olga["filterViewId"]}})
        text = world.path.read_text("utf-8")
        world.path.write_text(text.replace("{name: Boris}", "{name: Вера}, {name: Глеб}"), encoding="utf-8")
        run.sync(str(world.path), today=data.DEMO_TODAY)
        titles = [view["title"] for view in world.tab("tasks").filter_views]
        assert titles == ["Задачи: Вера", "Задачи: Глеб"]  # what somebody took away stays away
        assert boris["title"] == "Задачи: Boris"
        google.calls.clear()
        assert run.sync(str(world.path), today=data.DEMO_TODAY).written == ()
        assert google.calls.writes == 0
        assert google.complaints == []


def test_managers_type_into_their_columns_and_no_others(world):
    sheet = world.tab("tasks")
    (guard,) = sheet.protections
    assert guard["editors"]["users"] == [ROBOT, OWNER]
    assert not guard.get("warningOnly")
    anna, title = world.google.person(world.book, ANNA), sheet.title
    for place, column in enumerate(world.done.tabs[0].tables[0].columns):
        before = sheet.value(1, place)
        if column.manager:
            anna.type(title, 2, place, "x")
            anna.type(title, 2, place, before)
        else:
            with pytest.raises(Exception, match="protected"):
                anna.type(title, 2, place, "x")
    width = len(world.done.tabs[0].tables[0].columns)
    anna.type(title, 2, width, "beside")
    anna.type(title, sheet.row_count, 7, "below")
    with pytest.raises(Exception, match="protected"):
        anna.type(title, 1, 0, "a head")
    world.google.person(world.book, OWNER).type(title, 2, 7, "the owner may")


@pytest.mark.parametrize(("locale", "at_night"), [("ru_RU", False), ("en_US", True)])
def test_a_task_typed_by_hand_stays_its_manager_s_own(tmp_path, monkeypatch, locale, at_night):
    """All of its row but the key, wherever it is sorted to; the rules' rows beside it are guarded as before."""
    monkeypatch.setattr(GoogleSettings, "may_sort", lambda *_: at_night)
    with Emulator() as google:
        world = World(google, tmp_path, locale)
        anna, title = google.person(world.book, ANNA), world.done.titles["tasks"]
        (todo, _), (key, _) = world.column("tasks", "todo"), world.column("tasks", "key")
        anna.type(title, google.sheet(world.book, title).used()[0] + 1, todo, "Cake")
        for wanted in ("Pie", "Tea"):
            run.sync(str(world.path), today=data.DEMO_TODAY)
            rows = [row for row in range(1, 30) if world.tab("tasks").value(row, key)]
            own = [row for row in rows if world.tab("tasks").value(row, key).startswith("o")]
            assert (len(own), len(rows)) == (1, 7)
            for place, column in enumerate(world.done.tabs[0].tables[0].columns[:-1]):
                anna.type(title, own[0] + 1, place, world.tab("tasks").value(own[0], place))
                for other in {rows[0], rows[-1]} - set(own) if not column.manager else ():
                    with pytest.raises(Exception, match="protected"):
                        anna.type(title, other + 1, place, "x")
            with pytest.raises(Exception, match="protected"):
                anna.type(title, own[0] + 1, key, "x")
            anna.type(title, own[0] + 1, todo, wanted)
            google.person(world.book).sort(title, todo, descending=wanted == "Tea")  # the owner may
        run.sync(str(world.path), today=data.DEMO_TODAY)
        assert {world.tab("tasks").value(row, todo) for row in range(1, 30)} >= {"Tea"}
        google.calls.clear()
        assert run.sync(str(world.path), today=data.DEMO_TODAY).written == ()
        assert google.complaints == []


def test_computed_tabs_ask_before_they_are_typed_into(world):
    for tab in ("funnel", "clients"):
        (guard,) = world.tab(tab).protections
        assert guard["warningOnly"]
        assert guard["description"] == "sheets-crm"


def test_links_lead_to_the_cell_that_a_row_is_about(world):
    sheets = {f"#gid={world.google.sheet(world.book, title).id}": title for title in ("O'Neil & Ко", "Deals 1")}
    for tab, name, source in (
        ("tasks", "source", "Deals 1"),
        ("tasks", "client", "Deals 1"),
        ("clients", "client", "O'Neil & Ко"),
    ):
        place, _ = world.column(tab, name)
        client, _ = world.column(tab, "client")
        for row in range(1, 7):
            uri = world.tab(tab).more(row, place).format["textFormat"]["link"]["uri"]
            sheet, _, cell = uri.partition("&range=")
            assert sheets[sheet] == source
            there = world.google.sheet(world.book, source).value(int(re.sub(r"\D", "", cell)) - 1, 0)
            assert there == world.tab(tab).value(row, client)


def test_the_chart_draws_the_stages_of_the_funnel(world):
    sheet = world.tab("funnel")
    (chart,) = sheet.charts
    spec = chart["spec"]
    assert spec["title"] == say("tabs.funnel.chart", world.lang)
    (domain,), (series,) = spec["basicChart"]["domains"], spec["basicChart"]["series"]
    names, counts = (one["sourceRange"]["sources"][0] for one in (domain["domain"], series["series"]))
    assert {names["sheetId"], counts["sheetId"]} == {sheet.id}
    rows = range(names["startRowIndex"], names["endRowIndex"])
    assert rows == range(counts["startRowIndex"], counts["endRowIndex"])
    drawn = {sheet.value(row, names["startColumnIndex"]): sheet.value(row, counts["startColumnIndex"]) for row in rows}
    assert all(isinstance(name, str) for name in drawn)
    assert sum(drawn.values()) == 6
    anchor = chart["position"]["overlayPosition"]["anchorCell"]
    stages = world.done.tabs[1].tables[0]
    assert (anchor["sheetId"], anchor["rowIndex"]) == (sheet.id, stages.row)
    assert anchor["columnIndex"] >= len(stages.columns)  # beside the table


@pytest.mark.parametrize("locale", ["ru_RU", "en_US"])
def test_a_chart_that_stands_follows_its_numbers(tmp_path, locale):
    """It is changed, not made anew; the same run again writes nothing."""
    with Emulator() as google:
        world = World(google, tmp_path, locale)
        (before,) = world.tab("funnel").charts
        row = world.google.sheet(world.book, "Deals 1").used()[0] + 1
        for place, value in enumerate(["Anna 1", HEADS[world.lang][2], 7, date(2026, 2, 1)]):
            google.person(world.book).type("Deals 1", row, place, value)
        run.sync(str(world.path), today=data.DEMO_TODAY)
        (after,) = world.tab("funnel").charts
        (series,) = after["spec"]["basicChart"]["series"]
        place = series["series"]["sourceRange"]["sources"][0]
        rows = range(place["startRowIndex"], place["endRowIndex"])
        assert sum(world.tab("funnel").value(row, place["startColumnIndex"]) for row in rows) == 7
        assert after["chartId"] == before["chartId"]
        google.calls.clear()
        assert run.sync(str(world.path), today=data.DEMO_TODAY).written == ()
        assert google.calls.writes == 0
        assert google.complaints == []
