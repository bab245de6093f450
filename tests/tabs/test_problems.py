from datetime import date

import pytest

from sheets_crm import words
from sheets_crm.cards.model import Problem
from sheets_crm.tabs import DrawContext, draw_problems
from sheets_crm.tabs.problems import MOST_ROWS

TODAY = date(2026, 11, 5)
RU, EN = DrawContext("ru", "RUB", TODAY), DrawContext("en", "USD", TODAY)
PROBLEM_WORDS = {
    "bad_phone": {"title": "Bad phone", "what": "“{seen}” is no phone.", "do": "Mend it."},
    "date_as_text": {"title": "Text date", "what": "Text.", "do": "{suggestion} in {field}"},
    "unknown": {"title": "Other", "what": "Something.", "do": "Look."},
}


@pytest.fixture(autouse=True)
def sentences(monkeypatch):
    real = words.room
    monkeypatch.setattr(words, "room", lambda lang, name: PROBLEM_WORDS if name == "problems" else real(lang, name))
    words._entry.cache_clear()
    yield
    words._entry.cache_clear()


def rows(tab):
    table = tab.tables[0]
    return [
        dict(zip([c.id for c in table.columns], row, strict=True))
        for row in zip(*[c.values for c in table.columns], strict=True)
    ]


def test_a_problem_says_where_what_and_what_to_do():
    problems = [
        Problem("It's", "D5", 5, "date_as_text", "5 Nov", "2026-11-05", field="due", values={"field": "Due"}),
        Problem("It's", "B2", 2, "bad_phone", "=12"),
        Problem("It's", "", 9, "brand_new", ""),
    ]
    tab = draw_problems(problems, EN, {("It's", "B2", "bad_phone"): date(2026, 1, 2)})
    first, second, third = rows(tab)
    assert first == {
        "sheet": "It's", "cell": "B2", "seen": "=12", "what": "“=12” is no phone.", "do": "Mend it.", "suggestion": None,
        "kind": "Bad phone", "severity": "Error", "first_seen": date(2026, 1, 2),
    }  # fmt: skip
    assert (second["kind"], second["seen"], second["first_seen"]) == ("Other", None, TODAY)
    assert (third["do"], third["severity"], third["suggestion"]) == ("2026-11-05 in Due", "Warning", "2026-11-05")
    links = next(column for column in tab.tables[0].columns if column.id == "cell").links
    assert links.to_list() == ["'It''s'!B2", "'It''s'!A9", "'It''s'!D5"]


def test_columns_that_hold_nothing_are_left_out():
    ids = {column.id for column in draw_problems([Problem("S", "A1", 1, "bad_phone")], RU).tables[0].columns}
    assert ids == {"sheet", "cell", "seen", "what", "do", "kind", "severity"}


@pytest.mark.parametrize("ctx", [RU, EN])
def test_without_problems_the_tab_says_so(ctx):
    tab = draw_problems([], ctx)
    assert not tab.tables
    assert tab.cells[0].value


def test_very_many_problems_are_shown_fairly_and_counted():
    problems = [Problem("S", f"B{row}", row, "bad_phone", "x") for row in range(2, 100_002)]
    problems += [Problem("S", f"D{row}", row, "date_as_text", "x") for row in range(2, 12)]
    tab = draw_problems(problems, EN)
    kinds = [row["kind"] for row in rows(tab)]
    assert len(kinds) == MOST_ROWS
    assert kinds.count("Text date") == 10
    (cell,) = tab.cells
    assert cell.value == f"And {100_010 - MOST_ROWS:,} more cells: Bad phone"
    assert cell.row > tab.tables[0].height
