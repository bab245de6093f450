"""Promise 8: a base that suddenly lost most of its rows stops the run; nothing is written until the owner says it is meant."""

from __future__ import annotations

import pytest

from sheets_crm.errors import BaseEmptied
from sheets_crm.sync import run
from sheets_crm.words import LANGS, say
from tests.promises.firm import CLIENTS, DEALS, TODAY, configure, plain

MANY = [CLIENTS[0], *([f"Клиент {n}", f"+7916{n:07}", None, None, "да", None, None, "Ольга"] for n in range(40))]


@pytest.fixture
def firm(tmp_path):
    book = plain(tmp_path / "firm.xlsx", MANY)
    configure(tmp_path, book.name)
    run.sync(str(tmp_path), today=TODAY)
    return book


@pytest.mark.parametrize("left", [0, 1, 19])
def test_most_rows_gone_is_refused_until_it_is_meant(firm, left):
    with_tabs = firm.read_bytes()
    plain(firm, MANY[: 1 + left])
    before = firm.read_bytes()
    assert before != with_tabs
    for _ in range(3):  # the alarm lasts
        with pytest.raises(BaseEmptied) as refused:
            run.sync(str(firm.parent), today=TODAY)
        assert firm.read_bytes() == before
    for lang in LANGS:
        sentence = say(refused.value.key, lang, **refused.value.values)
        assert firm.name in sentence
        assert "40" in sentence
        assert str(left) in sentence
    assert run.sync(str(firm.parent), today=TODAY, accept_emptied=True).written
    assert run.sync(str(firm.parent), today=TODAY).written == ()


def test_a_sheet_wiped_with_its_headers_is_refused_too(tmp_path):
    """Where nobody said which sheets are read, such a sheet is recognised as nothing at all."""
    book = plain(tmp_path / "firm.xlsx", MANY)
    (tmp_path / "crm.yaml").write_text(f"workbook: {book.name}\nlanguage: ru\n", encoding="utf-8")
    assert "client" in run.sync(str(tmp_path), today=TODAY).base.frames
    plain(book, [[None]])
    before = book.read_bytes()
    for _ in range(2):
        with pytest.raises(BaseEmptied):
            run.sync(str(tmp_path), today=TODAY)
        assert book.read_bytes() == before
    assert run.sync(str(tmp_path), today=TODAY, accept_emptied=True).written
    assert run.sync(str(tmp_path), today=TODAY).written == ()


def test_half_of_them_is_an_ordinary_day(firm):
    plain(firm, MANY[:21])
    assert run.sync(str(firm.parent), today=TODAY).written


def test_rows_that_come_back_end_the_alarm(firm):
    plain(firm, MANY[:2])
    with pytest.raises(BaseEmptied):
        run.sync(str(firm.parent), today=TODAY)
    plain(firm, MANY)
    assert len(run.sync(str(firm.parent), today=TODAY).base.frame("client")) == 40


def test_deals_count_as_well(tmp_path):
    deals = [DEALS[0], *([f"Клиент {n}", None, "Новая", n + 1, *[None] * 7] for n in range(30))]
    book = plain(tmp_path / "firm.xlsx", MANY, deals)
    configure(tmp_path, book.name)
    run.sync(str(tmp_path), today=TODAY)
    plain(book, MANY, deals[:3])
    with pytest.raises(BaseEmptied):
        run.sync(str(tmp_path), today=TODAY)


def test_without_a_memory_there_is_nothing_to_compare_with(tmp_path):
    book = plain(tmp_path / "firm.xlsx", MANY[:1])
    configure(tmp_path, book.name)
    assert run.sync(str(tmp_path), today=TODAY).written
