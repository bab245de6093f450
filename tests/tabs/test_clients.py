from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from sheets_crm.tabs import DrawContext, draw_clients

RU = DrawContext("ru", "RUB", date(2026, 11, 5))


def frame(size=3, **changes):
    columns = {
        "sheet": pl.Series(["O'Neil"] * size),
        "row": pl.Series(range(2, size + 2), dtype=pl.UInt32),
        "id": pl.Series([f"c{number}" for number in range(size)]),
        "name": pl.Series([f"=Client {number}" for number in range(size)]),
        "contact": pl.Series(["Anna"] * size),
        "phone": pl.Series(["+79123456789"] * size),
        "email": pl.Series([None] * size, dtype=pl.String),
        "manager": pl.Series([None] * size, dtype=pl.String),
        "purchases": pl.Series([1] * size, dtype=pl.UInt32),
        "revenue": pl.Series([Decimal(number) for number in range(size)], dtype=pl.Decimal(38, 4)),
        "average": pl.Series([Decimal("1.50")] * size, dtype=pl.Decimal(38, 4)),
        "interval": pl.Series([None] * size, dtype=pl.Float64),
        "last_purchase": pl.Series([date(2026, 1, 1)] * size),
        "next_purchase": pl.Series([None] * size, dtype=pl.Date),
        "abc": pl.Series(["A"] * size),
        "debt": pl.Series([Decimal(0)] * size, dtype=pl.Decimal(38, 4)),
        "open_deals": pl.Series([0] * size, dtype=pl.UInt32),
    }
    return pl.DataFrame(columns | changes)


def columns(tab):
    return {column.id: column for column in tab.tables[0].columns}


def test_the_best_clients_come_first_and_are_linked():
    found = columns(draw_clients(frame(), RU, {"c1": 4, "unknown": 9}))
    assert found["client"].values.to_list() == ["=Client 2", "=Client 1", "=Client 0"]
    assert found["client"].links.to_list() == ["'O''Neil'!A4", "'O''Neil'!A3", "'O''Neil'!A2"]
    assert found["source"].values.to_list() == ["O'Neil!A4", "O'Neil!A3", "O'Neil!A2"]
    assert found["open_tasks"].values.to_list() == [0, 4, 0]
    assert found["revenue"].title == "Выручка, ₽"


def test_columns_that_tell_nothing_are_left_out():
    found = columns(draw_clients(frame(), RU))
    left_out = {"manager", "interval", "next_purchase", "debt", "open_deals", "open_tasks"}
    assert not left_out & set(found)
    assert {"client", "contact", "purchases", "revenue", "average", "last_purchase", "abc", "source"} == set(found)


@pytest.mark.parametrize(
    ("lang", "title", "said"), [("ru", "Согласие", ("да", "нет")), ("en", "Consent", ("yes", "no"))]
)
def test_consents_stand_before_the_open_tasks(lang, title, said):
    flags = pl.Series([True, False, True])
    found = columns(draw_clients(frame(consents=flags), DrawContext(lang, "RUB", date(2026, 11, 5)), {"c1": 1}))
    assert list(found)[-3:] == ["consents", "open_tasks", "source"]
    column = found["consents"]
    assert (column.title, column.said, column.style.align) == (title, said, "center")
    assert column.values.to_list() == [True, False, True]
    assert len(column.note) <= 255  # what Excel shows of it
    nobody = columns(draw_clients(frame(consents=pl.Series([None] * 3, dtype=pl.Boolean)), RU))
    assert "consents" not in nobody


def test_contact_is_said_once():
    given = frame(
        4,
        contact=pl.Series(["Anna", "+7", None, " "]),
        phone=pl.Series(["+7", "+7", None, None]),
        email=pl.Series(["a@b.c", None, None, ""]),
        revenue=pl.Series([None] * 4, dtype=pl.Decimal(38, 4)),
    )
    assert columns(draw_clients(given, RU))["contact"].values.to_list() == ["+7, a@b.c, Anna", "+7", None, None]


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_an_empty_tab_says_why(lang):
    tab = draw_clients(frame(0), DrawContext(lang, "RUB", date(2026, 11, 5)))
    assert not tab.tables
    assert tab.cells[0].value


def test_a_hundred_thousand_clients_are_drawn_in_columns():
    given = frame(100_000)
    found = columns(draw_clients(given, RU, {f"c{number}": 1 for number in range(0, 100_000, 7)}))
    assert found["client"].links is None
    assert len(found["client"].values) == 100_000
    assert columns(draw_clients(frame(65_000), RU))["client"].links is not None
