"""Promise 8, its other half: a base sorted apart, pasted over or deleted little by little stops the run until it is meant."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sheets_crm.errors import BaseEmptied
from sheets_crm.sync import run
from sheets_crm.words import LANGS, say
from tests.promises.firm import CLIENTS, CONFIG, TODAY, configure, plain

HEAD = CLIENTS[0]
PEOPLE = [
    [f"Клиент{n * 31 % 47} Фамилия{n}", f"+7916{n * 6364137 % 10_000_000:07}", f"box{n}@mail.ru", None, "да", None, None, "Ольга"]
    for n in range(40)
]  # fmt: skip


@pytest.fixture
def firm(tmp_path):
    book = plain(tmp_path / "firm.xlsx", [HEAD, *PEOPLE])
    configure(tmp_path, book.name)
    run.sync(str(tmp_path), today=TODAY)
    return book


def sync(firm, day=TODAY, **accepted):
    return run.sync(str(firm.parent), today=day, **accepted)


def with_column(number, values):
    return [HEAD, *([*row[:number], value, *row[number + 1 :]] for row, value in zip(PEOPLE, values, strict=True))]


DAMAGE = {
    "phones sorted apart": with_column(1, sorted(row[1] for row in PEOPLE)),
    "names turned round": with_column(0, [row[0] for row in reversed(PEOPLE)]),
    "phones emptied": with_column(1, [None] * 40),
    "another base pasted over": [HEAD, *([f"Чужой{n} Друг{n}", f"+7495{n:07}", f"other{n}@x.ru", *row[3:]] for n, row in enumerate(PEOPLE))],
}  # fmt: skip


@pytest.mark.parametrize("what", DAMAGE)
def test_it_is_refused_until_it_is_meant(firm, what):
    plain(firm, DAMAGE[what])
    before = firm.read_bytes()
    for accepted in ({}, {}, {"accept_emptied": True} if "base" not in what else {}):  # the alarm lasts
        with pytest.raises(BaseEmptied) as refused:
            sync(firm, **accepted)
        assert firm.read_bytes() == before
    for lang in LANGS:
        sentence = say(refused.value.key, lang, **refused.value.values)
        assert firm.name in sentence
        assert "--accept-changes" in sentence
        assert "40" in sentence
    assert sync(firm, accept_changes=True).written
    assert sync(firm).written == ()


def test_values_put_back_end_the_alarm(firm):
    plain(firm, DAMAGE["phones sorted apart"])
    with pytest.raises(BaseEmptied):
        sync(firm)
    plain(firm, [HEAD, *PEOPLE])
    assert len(sync(firm).base.frame("client")) == 40


ORDINARY = {
    "all rows sorted": [HEAD, *sorted(PEOPLE)],
    "columns moved": [[*row[4:], *row[:4]] for row in [HEAD, *PEOPLE]],
    "numbers written otherwise": with_column(1, [f"8 ({row[1][2:5]}) {row[1][5:8]}-{row[1][8:]}" for row in PEOPLE]),
    "names in capitals": with_column(0, [row[0].upper() for row in PEOPLE]),
    "half of the phones new": with_column(1, [f"+7495{n:07}" if n < 20 else row[1] for n, row in enumerate(PEOPLE)]),
    "as many new clients": [HEAD, *PEOPLE, *([f"Новый{n} Друг{n}", f"+7495{n:07}", *row[2:]] for n, row in enumerate(PEOPLE))],
}  # fmt: skip


@pytest.mark.parametrize("what", ORDINARY)
def test_an_ordinary_day_is_no_alarm(firm, what):
    plain(firm, ORDINARY[what])
    assert sync(firm).base.frame("client").height >= 40


def test_a_column_that_the_owner_points_elsewhere_is_no_alarm(firm):
    rows = [[*HEAD, "Мобильный"], *([*row, f"+7999{n:07}"] for n, row in enumerate(PEOPLE))]
    plain(firm, rows)
    sync(firm)
    text = CONFIG.format(workbook=firm.name, consent="opt_out").replace("phone: Телефон", "phone: Мобильный")
    (firm.parent / "crm.yaml").write_text(text, "utf-8")
    assert "+79990000000" in sync(firm).base.frame("client")["phone"].to_list()


def test_after_an_update_of_the_program_values_may_read_otherwise(firm, monkeypatch):
    plain(firm, DAMAGE["phones sorted apart"])
    monkeypatch.setattr("sheets_crm.sync.alarms.__version__", "99")
    assert sync(firm).written


def test_the_owner_sets_how_much_is_too_much(firm):
    configure(firm.parent, firm.name, more="history: {alarm_deleted_share: 0.1, alarm_rewritten_share: 0.1}\n")
    plain(firm, [HEAD, *PEOPLE[:36]])
    assert sync(firm).written
    plain(firm, [HEAD, *PEOPLE[:31]])
    with pytest.raises(BaseEmptied):
        sync(firm, TODAY + timedelta(days=9))
    plain(firm, with_column(1, [*[None] * 6, *(row[1] for row in PEOPLE[6:])])[:37])
    with pytest.raises(BaseEmptied, match="rewritten"):
        sync(firm, TODAY + timedelta(days=9))


@pytest.mark.parametrize("night", [0, 1])
def test_rows_deleted_little_by_little_are_an_alarm_too(firm, night):
    left = 40
    day = TODAY + timedelta(days=2)
    while left > 20:
        left -= 4
        plain(firm, [HEAD, *PEOPLE[:left]])
        sync(firm, day)
        day = TODAY + timedelta(days=2 + night)
    plain(firm, [HEAD, *PEOPLE[: left - 4]])
    for _ in range(2):
        with pytest.raises(BaseEmptied, match="lately") as refused:
            sync(firm, day)
    assert (refused.value.values["was"], refused.value.values["now"]) == (40, 16)
    assert sync(firm, day, accept_emptied=True).base.frame("client").height == 16
    plain(firm, [HEAD, *PEOPLE[:12]])
    assert sync(firm, day).base.frame("client").height == 12  # counted from what was accepted


def test_over_weeks_a_base_may_shrink(firm):
    for week, left in enumerate([32, 26, 21, 17, 14]):
        plain(firm, [HEAD, *PEOPLE[:left]])
        assert len(sync(firm, TODAY + timedelta(days=7 * week)).base.frame("client")) == left
