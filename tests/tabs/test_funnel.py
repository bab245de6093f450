from datetime import date
from decimal import Decimal
from itertools import combinations

import pytest

from sheets_crm.analytics.model import Funnel, GroupRow, StageRow, StuckDeal
from sheets_crm.tabs import DrawContext, draw_funnel

RU = DrawContext("ru", "RUB", date(2026, 11, 5))
EN = DrawContext("en", "GBP", date(2026, 11, 5))


def stage(name, kind="open", count=3, **values):
    return StageRow(name, kind, count, Decimal(count * 100), **values)


STAGES = (
    stage("Lead", from_top=1.0, stuck=2, forecast=Decimal("10.50")),
    stage("Refused", "lost", 4),
    stage("Paid", "won", 2, from_previous=0.5, from_top=0.4),
)
STUCK = tuple(
    StuckDeal("S'1", row, "" if row == 5 else f"C{row}", f"T{row}", "Lead", "", row, Decimal(row))
    for row in range(2, 22)
)
GROUPS = tuple(GroupRow(f"g{number}", 2, 1, 1, Decimal(5)) for number in range(30))
FULL = Funnel("Sales", "deal", STAGES, 3, STUCK, {"offers": (2, Decimal(7)), "overdue": (0, Decimal(0))}, GROUPS[:2],
    GROUPS, GROUPS[:3], (GROUPS[0], GroupRow("", 6, 0, 6, Decimal(0))))  # fmt: skip


def table(tab, name):
    found = next(found for found in tab.tables if found.name == name)
    return {column.id: column.values.to_list() for column in found.columns}


def test_stages_with_lost_ones_last():
    found = table(draw_funnel([FULL], EN), "crm_funnel_stages")
    assert found == {
        "stage": ["Lead", "Paid", "Refused"],
        "count": [3, 2, 4],
        "amount": [300, 200, 400],
        "from_previous": [None, 0.5, None],
        "from_top": [1.0, 0.4, None],
        "stuck": [2, 0, 0],
        "forecast": [Decimal("10.5"), None, None],
    }


def test_the_chart_shows_the_way_to_a_sale_beside_the_table():
    tab = draw_funnel([FULL], EN)
    (chart,) = tab.charts
    stages = tab.tables[0]
    assert (chart.categories.top, chart.categories.bottom) == (stages.row + 1, stages.row + 2)
    assert (chart.categories.left, chart.values.left) == (0, 1)
    assert chart.anchor[1] >= len(stages.columns)


def test_the_line_of_totals():
    tab = draw_funnel([FULL], EN)
    stages = tab.tables[0]
    line = {cell.column: cell.value for cell in tab.cells if cell.row == stages.row + stages.height + 1}
    assert [line[place] for place in range(7)] == ["Total", 9, 900, None, None, 2, Decimal("10.50")]


def test_stuck_deals_are_the_largest_and_linked():
    tab = draw_funnel([FULL], EN)
    found = table(tab, "crm_funnel_stuck")
    assert found["client"][0] == "C21"
    assert len(found["client"]) == 15
    assert "manager" not in found, "a column without a value is left out"
    links = next(t for t in tab.tables if t.name == "crm_funnel_stuck").columns[0].links
    assert links[0] == "'S''1'!A21"
    assert "Stuck: the first 15 of 20, largest sum first" in [cell.value for cell in tab.cells]
    unnamed = Funnel("x", "deal", STAGES, stuck=(STUCK[3],))
    assert table(draw_funnel([unnamed], EN), "crm_funnel_stuck")["client"] == ["T5"]


def test_breakdowns():
    tab = draw_funnel([FULL], EN)
    assert table(tab, "crm_funnel_at_stake") == {"at_stake": ["Offers without an answer"], "count": [2], "amount": [7]}
    assert table(tab, "crm_funnel_lost_reasons")["share"] == [0.25, 0.75]
    assert table(tab, "crm_funnel_lost_reasons")["lost_reason"][1] == "not given"
    sources = table(tab, "crm_funnel_by_source")
    assert (sources["source"][-1], len(sources["source"]), sum(sources["count"])) == ("11 more", 20, 60)
    assert table(tab, "crm_funnel_by_manager")["won_share"] == [0.5, 0.5]
    assert table(tab, "crm_funnel_by_month")["month"] == ["g0", "g1", "g2"]


def rectangles(tab):
    for found in tab.tables:
        yield (found.row, found.column, found.row + found.height, found.column + len(found.columns) - 1)
    for cell in tab.cells:
        yield (cell.row, cell.column, cell.row, cell.column)
    for chart in tab.charts:
        yield (*chart.anchor, chart.anchor[0] + -(-chart.size[1] // 20) - 1, chart.anchor[1] + 6)


@pytest.mark.parametrize("ctx", [RU, EN])
def test_several_funnels_stand_apart(ctx):
    tab = draw_funnel([FULL, FULL, Funnel("Empty", "deal", ()), FULL], ctx)
    for one, other in combinations(rectangles(tab), 2):
        apart = one[2] < other[0] or other[2] < one[0] or one[3] < other[1] or other[3] < one[1]
        assert apart, (one, other)
    names = [found.name for found in tab.tables]
    assert len(set(names)) == len(names)
    assert len(tab.charts) == 3
    widths = {}
    for found in tab.tables:
        for place, column in enumerate(found.columns):
            assert widths.setdefault(place, column.width) == column.width


def test_sentences_about_the_funnel():
    values = [cell.value for cell in draw_funnel([FULL], RU).cells]
    assert "Воронка «Sales»" in values
    assert "9 карточек на 900\u00a0₽: открытых 3, выиграно 2, потеряно 4." in values
    assert any(str(value).startswith("У 3 карточек этап пуст") and "«Проблемы»" in value for value in values)
    assert "9 cards, £900: 3 open, 2 won, 4 lost." in [cell.value for cell in draw_funnel([FULL], EN).cells]


@pytest.mark.parametrize("ctx", [RU, EN])
def test_an_empty_tab_says_why(ctx):
    none, nothing = draw_funnel([], ctx), draw_funnel([Funnel("x", "deal", (stage("a", count=0),))], ctx)
    told = DrawContext(ctx.lang, "RUB", ctx.today, notes={"funnel": ("tabs.empty.sheets_empty", {})})
    texts = {tab.cells[0].value for tab in (none, nothing, draw_funnel([], told))}
    assert len(texts) == 3
    assert not none.tables
