"""What becomes of bound columns over runs: told in every run until it is mended, and never another column in its place."""

from __future__ import annotations

import pytest

from tests.promises.firm import TODAY
from tests.promises.worlds import CLIENT_HEADERS, CLIENTS, CONFIG, DEAL_HEADERS, DEALS, MemoryWorld


def world(tmp_path, **columns):
    """Ten deals; the amount's column stated otherwise where asked for."""
    rows = [[f"Клиент {n}", None, "Договор", 1000 + n, None, "думают", None, n, None, None, "Ольга"] for n in range(10)]
    made = MemoryWorld(
        tmp_path,
        {CLIENTS: [CLIENT_HEADERS, *([f"Клиент {n}", None, "Ольга"] for n in range(10))], DEALS: [DEAL_HEADERS, *rows]},
    )
    text = CONFIG.format(workbook="book.xlsx", merge="false", tasks="", more="")
    for field, place in columns.items():
        name = {"amount": "Сумма", "client": "Клиент"}[field]
        text = text.replace(f"{field}: {name}", f"{field}: {place}")
    (tmp_path / "crm.yaml").write_text(text, encoding="utf-8")
    return made


def told(result):
    return [(p.kind, p.cell, p.seen, p.suggestion) for p in result.base.problems if p.kind.startswith("column_")]


def settled(made, *, days=3):
    """What is told about columns in three runs; they must say the same and stop writing."""
    first = made.sync(TODAY)
    for _ in range(days):
        again = made.sync(TODAY)
        assert again.written == ()
        assert told(again) == told(first)
    return first


def drop(made, header):
    rows = made.rows(DEALS)
    at = rows[0].index(header)
    made.put(DEALS, [row[:at] + row[at + 1 :] for row in rows])


def test_a_header_that_is_not_there_is_told_and_the_rest_is_read(tmp_path):
    result = settled(world(tmp_path, amount="Цена сделки в рублях"))
    assert [kind for kind, *_ in told(result)] in (["column_lost"], ["column_moved"])
    assert len(result.base.frame("deal")) == 10


@pytest.mark.parametrize("stated", ["Сумма", "D"])
def test_a_renamed_column_is_found_and_told_the_same_every_time(tmp_path, stated):
    made = world(tmp_path, amount=stated)
    made.sync(TODAY)
    rows = made.rows(DEALS)
    rows[0][3] = "Сколько"
    made.put(DEALS, rows)
    result = settled(made)
    assert [kind for kind, *_ in told(result)] == (["column_moved"] if stated == "Сумма" else [])
    assert result.base.frame("deal")["amount"].to_list() == [1000 + n for n in range(10)]


@pytest.mark.parametrize("stated", ["Сумма", "D"])
def test_a_moved_column_is_found(tmp_path, stated):
    made = world(tmp_path, amount=stated)
    made.sync(TODAY)
    made.put(DEALS, [[None, *row] for row in made.rows(DEALS)])
    result = settled(made)
    assert [kind for kind, *_ in told(result)] == (["column_moved"] if stated == "D" else [])
    assert result.base.frame("deal")["amount"].to_list() == [1000 + n for n in range(10)]


@pytest.mark.parametrize("stated", ["Сумма", "D"])
def test_a_column_that_is_gone_is_not_replaced_by_its_neighbour(tmp_path, stated):
    made = world(tmp_path, amount=stated)
    made.sync(TODAY)
    kept = made.rows(DEALS)
    drop(made, "Сумма")
    result = settled(made)
    assert [kind for kind, *_ in told(result)] == ["column_lost"]
    assert "amount" not in result.base.frame("deal").columns
    made.put(DEALS, kept)
    back = settled(made)
    assert told(back) == []
    assert back.base.frame("deal")["amount"].to_list() == [1000 + n for n in range(10)]


def test_an_empty_column_is_known_by_its_name(tmp_path):
    """No reason was ever written, and the heading was touched up: it stands where it stood, and is the same column."""
    made = world(tmp_path)
    made.sync(TODAY)
    rows = made.rows(DEALS)
    at = rows[0].index("Причина отказа")
    rows[0][at] = "Причины отказа"
    made.put(DEALS, rows)
    assert [kind for kind, *_ in told(settled(made))] == ["column_moved"]
    rows[3][at] = "дорого"
    made.put(DEALS, rows)
    assert made.sync(TODAY).base.frame("deal")["lost_reason"].to_list()[2] == "дорого"
