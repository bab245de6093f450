"""When a change is too large to be obeyed, and which large changes are nobody's crime."""

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheets_crm.base.history import History
from sheets_crm.base.history.alarms import (
    ENOUGH,
    counts_lately,
    looks_emptied,
    looks_replaced,
    looks_rewritten,
)
from sheets_crm.base.identity import identify
from tests.base.test_history import base, frame, run

PEOPLE = [
    "Иван Петров", "Анна Сидорова", "ООО «Ромашка»", "ООО «Василёк»", "Пётр Кузнецов", "Мария Попова", "ИП Орлов", "Acme Ltd",
    "Beta Ltd", "Клиент 1", "Клиент 2", "Ольга Белова",
]  # fmt: skip


def people(count: int, **columns) -> pl.DataFrame:
    rows = [
        {
            "name": f"{PEOPLE[n % len(PEOPLE)]} {'абвгдежзик'[n % 10] * 3}{n}",
            "phone": f"+7916{n * 6364137 % 10_000_000:07}",
            "email": f"box{n}@firm.ru",
            "tax_id": f"77{n * 104729 % 100_000_000:08}",
            "birthday": f"{n % 12 + 1:02}-{n % 28 + 1:02}",
        }
        for n in range(count)
    ]
    return frame(rows).with_columns(**columns)


def again(now: pl.DataFrame, was: pl.DataFrame) -> pl.DataFrame:
    """The frame with the identities that the next run gives it."""
    bare = now.drop("_id")
    return bare.with_columns(identify(bare, "client", was))


# --- rewritten ----------------------------------------------------------------------------------------------------------------

HARMLESS = {
    "a country code put before": {"phone": pl.concat_str(pl.lit("+3"), pl.col("phone").str.slice(1))},
    "numbers without their code": {"phone": pl.col("phone").str.slice(2)},
    "names in capitals": {"name": pl.col("name").str.to_uppercase()},
    "a word added to every name": {"name": pl.col("name") + " (VIP)"},
    "the first word of every name dropped": {"name": pl.col("name").str.replace(r"^ООО ", "")},
    "the words of names turned round": {"name": pl.col("name").str.replace(r"^(\S+) (.+)$", "$2, $1")},
    "another mail domain": {"email": pl.col("email").str.replace("firm.ru", "shop.com", literal=True)},
    "ten were cleaned": {"phone": pl.when(pl.int_range(pl.len()) < 10).then(None).otherwise("phone")},
    "nothing": {},
}
HARM = {
    "phones sorted apart": ({"phone": pl.col("phone").sort()}, "phone"),
    "phones emptied": ({"phone": pl.lit(None, pl.String)}, "phone"),
    "phones all the same": ({"phone": pl.lit("+74951112233")}, "phone"),
    "e-mails turned round": ({"email": pl.col("email").reverse()}, "email"),
    "tax ids moved down by one": ({"tax_id": pl.col("tax_id").shift(1)}, "tax_id"),
    "birthdays emptied": ({"birthday": pl.lit(None, pl.String)}, "birthday"),
    "names moved, all else stays": ({"name": pl.col("name").shift(7).fill_null("Никто")}, "name"),
}


@pytest.mark.parametrize("what", HARMLESS)
def test_another_way_to_write_the_same_is_no_alarm(what):
    was = people(60)
    now = again(was.with_columns(**HARMLESS[what]), was)
    assert looks_rewritten("client", was, now) is None
    assert looks_replaced("client", was, now) is None


@pytest.mark.parametrize("what", HARM)
@pytest.mark.parametrize("by", ["id", "itself"])
def test_a_column_that_says_something_else_is_noticed(what, by):
    change, field = HARM[what]
    was = people(60)
    if by == "id":
        was = was.with_columns(id=pl.int_range(pl.len()).cast(pl.String))
        was = was.drop("_id").with_columns(identify(was.drop("_id"), "client", None))
    now = again(was.with_columns(**change), was)
    seen = looks_rewritten("client", was, now)
    assert seen is not None
    assert seen.changed > 30
    if by == "id" or field != "name":  # without ids a row is known by its name: then all else reads otherwise
        assert field in seen.fields


def test_the_column_that_moved_is_the_one_that_is_told():
    was = people(60)
    now = again(was.with_columns(pl.col("name").shift(7).fill_null("Никто")), was)
    seen = looks_rewritten("client", was, now)
    assert seen.fields == ("name",)


def test_columns_that_were_pointed_elsewhere_are_not_looked_at():
    was = people(60)
    now = again(was.with_columns(phone=pl.col("phone").reverse()), was)
    assert looks_rewritten("client", was, now, steady=lambda _field: ["Клиенты"]) is not None
    assert looks_rewritten("client", was, now, steady=lambda _field: []) is None
    assert looks_rewritten("client", was, now, steady=lambda field: [] if field == "phone" else ["Клиенты"]) is None


def test_a_base_pasted_over_another_is_noticed_though_it_is_as_long():
    was = people(40)
    other = was.with_columns(
        name=pl.lit("Чужой ") + pl.int_range(pl.len()).cast(pl.String), phone=pl.lit("+1426555") + pl.int_range(1000, 1000 + pl.len()).cast(pl.String),
        email=pl.lit(None, pl.String), tax_id=pl.lit(None, pl.String),
    )  # fmt: skip
    seen = looks_replaced("client", was, again(other, was))
    assert (seen.was, seen.now) == (40, 0)
    assert looks_replaced("client", was, again(pl.concat([was.head(21), other.tail(19)]), was)) is None
    assert looks_replaced("client", was.head(19), again(other, was)) is None
    assert looks_replaced("client", None, was) is None


@settings(max_examples=60, deadline=None)
@given(st.data(), st.integers(ENOUGH, 60), st.sampled_from([0.2, 0.5, 0.8]))
def test_the_share_decides_and_sorting_the_rows_does_not(data, count, share):
    was = people(count)
    changed = data.draw(st.integers(0, count))
    order = data.draw(st.permutations(range(count)))
    phones = [f"+4930{n + 4242424:07}" if n < changed else was["phone"][n] for n in range(count)]
    now = again(was.with_columns(phone=pl.Series(phones))[order], was)
    seen = looks_rewritten("client", was, now, share=share)
    assert (seen is not None) == (changed > share * count)
    if seen is not None:
        assert (seen.fields, seen.changed, seen.rows) == (("phone",), changed, count)


# --- emptied ------------------------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(was=st.integers(0, 200), now=st.integers(0, 200), share=st.floats(0.05, 1, exclude_min=True))
def test_a_loss_is_told_by_its_share_or_when_all_is_gone(was, now, share):
    seen = looks_emptied({"client": was}, {"client": now}, share)
    expected = now < was and (now == 0 or (was >= ENOUGH and was - now > share * was))
    assert (seen is not None) == expected
    assert seen is None or (seen.was, seen.now) == (was, now)


def rows(count: int) -> dict:
    return base({"client": people(count)})


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 12), min_size=2, max_size=8), st.sampled_from([0, 1]))
def test_deletions_of_many_runs_in_two_days_count_together(tmp_path_factory, steps, nights):
    folder = tmp_path_factory.mktemp("state")
    left = 60
    with History.open(folder) as history:
        history.record_run(run(0), rows(left))
        for number, gone in enumerate(steps):
            day = 4 + (nights if number * 2 >= len(steps) else 0)
            left = max(left - gone, 1)
            history.record_run(run(day), rows(left))
        today = date(2026, 7, 24 + nights)
        lately = history.ask(lambda c: counts_lately(c, history_counts(left), today))
        assert lately == {"client": 60}
        later = history.ask(lambda c: counts_lately(c, history_counts(left), today + timedelta(days=3)))
        assert later == {"client": left}


def history_counts(left: int) -> dict[str, int]:
    return {"client": left}


def test_what_was_added_and_deleted_again_is_no_loss(tmp_path: Path):
    with History.open(tmp_path / "state") as history:
        history.record_run(run(0), rows(40))
        history.record_run(run(3), rows(90))
        history.record_run(run(3), rows(45))
        assert history.ask(lambda c: counts_lately(c, {"client": 45}, date(2026, 7, 23))) == {"client": 40}


def test_an_accepted_loss_is_where_counting_begins_anew(tmp_path: Path):
    with History.open(tmp_path / "state") as history:
        history.record_run(run(0), rows(60))
        history.record_run(run(3), rows(40))
        history.accept()
        history.record_run(run(3), rows(20))
        counted = history.ask(lambda c: counts_lately(c, {"client": 20}, date(2026, 7, 23)))
        assert counted == {"client": 20}
        history.record_run(run(3), rows(15))
        assert history.ask(lambda c: counts_lately(c, {"client": 15}, date(2026, 7, 23))) == {"client": 20}
