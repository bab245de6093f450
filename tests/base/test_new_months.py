"""Next month's sheet, which nobody wrote into crm.yaml, is read like those that stand there."""

from datetime import date

import pytest

from sheets_crm.base.bind import bind
from sheets_crm.base.new_months import month_after
from sheets_crm.base.settings import SheetSettings
from sheets_crm.books.grids import grid_of_rows
from sheets_crm.cards import template
from sheets_crm.sync.intake import wanted_sheets

TODAY = date(2026, 3, 2)
HEADERS = ["День", "Клиент", "Телефон", "Сумма"]
MODEL = {"card": ["client", "visit"], "header_row": 1,
         "columns": {"visit.date": "A", "name": "B", "phone": "C", "visit.amount": "D"}}  # fmt: skip


def sheet(name, headers=HEADERS, above=()):
    rows = [[n, f"Имя {n}", f"+7912000000{n}", 100 * n] for n in range(1, 9)]
    return grid_of_rows(name, [*above, headers, *rows])


def bound(*grids, today=TODAY, **more):
    stated = {"Январь": MODEL, "Февраль": {"like": "Январь"}} | more
    settings = {name: SheetSettings.model_validate(one) for name, one in stated.items()}
    every = {one.name: one for one in (sheet("Январь"), sheet("Февраль"), *grids)}
    read = {name: every[name] for name in wanted_sheets(settings, list(every))}
    return bind(read, settings, template("base"), country="RU", today=today, memory={})


def columns(one):
    return [(column.card, column.field, column.index) for column in one.columns]


def test_a_new_month_is_read_like_the_others_and_said():
    found = bound(sheet("Март"))
    assert columns(found.bindings["Март"]) == columns(found.bindings["Февраль"])
    assert found.settings["Март"].month == "2026-03"
    assert found.notes == [("binding.month_like", {"sheet": "Март", "like": "Февраль"})]


def test_a_title_above_the_headers_is_no_matter():
    found = bound(sheet("Март", above=[["Студия, март"], [None]]))
    assert found.bindings["Март"].layout.header_row == 3


def test_a_sheet_with_another_column_is_not_read_but_told_of():
    found = bound(sheet("Март", [*HEADERS[:2], "Почта", HEADERS[3]]))
    assert "Март" not in found.bindings
    assert found.notes == [("binding.month_unlike", {"sheet": "Март"})]


@pytest.mark.parametrize("other", [sheet("Архив"), sheet("Апрель", ["Статья", "Приход", "Расход", "Итого"])])
def test_other_sheets_stay_unread_and_untold(other):
    found = bound(other)
    assert set(found.bindings) == {"Январь", "Февраль"}
    assert found.notes == []


def test_a_month_that_the_owner_leaves_out_stays_out():
    found = bound(sheet("Март"), Март={"ignore": True})
    assert set(found.bindings) == {"Январь", "Февраль"}
    assert found.notes == []


def test_without_a_monthly_sheet_in_the_settings_nothing_is_added():
    settings = {"Клиенты": SheetSettings(card="client")}
    assert wanted_sheets(settings, ["Клиенты", "Март"]) == ["Клиенты"]


@pytest.mark.parametrize(
    ("name", "today", "month"),
    [
        ("Март", date(2026, 2, 20), "2026-03"),  # begun ahead of its month
        ("Январь", date(2026, 12, 28), "2027-01"),
        ("Май", date(2026, 3, 2), "2026-05"),
        ("Сентябрь", date(2026, 3, 2), None),  # an older one rather than one far ahead
        ("Март 2025", date(2026, 3, 2), None),  # its name says it
    ],
)
def test_the_year_goes_on_from_the_months_before(name, today, month):
    assert month_after(name, ["2026-01", "2026-02"], today) == month
