"""Who is who: sorted, inserted, filtered, edited rows; repeated keys; a lost state."""

import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheets_crm.base import identity_carry
from sheets_crm.base.identity import LONGEST, identify

CLIENTS = {"id": pl.String, "name": pl.String, "phone": pl.String, "email": pl.String, "tax_id": pl.String}
DEALS = {
    "id": pl.String,
    "client": pl.String,
    "title": pl.String,
    "created": pl.Date,
    "offer_date": pl.Date,
    "invoice_no": pl.String,
    "amount": pl.Decimal(38, 4),
}


def clients(*rows: dict, **extra) -> pl.DataFrame:
    return pl.DataFrame([{**dict.fromkeys(CLIENTS), **row} for row in rows], schema=CLIENTS | extra)


def deals(*rows: dict) -> pl.DataFrame:
    return pl.DataFrame([{**dict.fromkeys(DEALS), **row} for row in rows], schema=DEALS)


def snapshot(frame: pl.DataFrame, card: str, previous: pl.DataFrame | None = None) -> pl.DataFrame:
    return frame.with_columns(identify(frame, card, previous))


def names_of(frame: pl.DataFrame, card: str, previous: pl.DataFrame | None, by: str = "name") -> dict:
    return dict(zip(frame[by], identify(frame, card, previous), strict=True))


IVAN = {"id": "K-1", "name": "Иван", "phone": "+79161110001", "email": "ivan@mail.ru"}
ANNA = {"id": "K-2", "name": "Анна", "phone": "+79161110002", "email": None}
PETR = {"id": "K-3", "name": "Пётр", "phone": "+79161110003", "email": "p@mail.ru"}


def without(row: dict, *keys: str) -> dict:
    return {key: value for key, value in row.items() if key not in keys}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (IVAN, "id:k-1"),
        (without(IVAN, "id") | {"tax_id": "7707083893"}, "tax:7707083893"),
        (without(IVAN, "id"), "phone:+79161110001"),
        (without(IVAN, "id", "phone"), "email:ivan@mail.ru"),
        ({"name": "Пётр Ёлкин"}, "name:петр елкин"),
    ],
)
def test_the_strongest_key_names_a_client(row, expected):
    assert identify(clients(row), "client", None).to_list() == [expected]


def test_case_and_yo_and_spaces_around_do_not_matter():
    one = identify(clients({"name": "Пётр"}), "client", None)
    other = identify(clients({"name": " ПЕТР "}), "client", None)
    assert one.to_list() == other.to_list()


def test_columns_that_are_not_bound_may_be_missing():
    frame = pl.DataFrame({"_sheet": ["A", "A"], "_row": [2, 3], "name": ["Иван", "Анна"]})
    assert identify(frame, "client", None).to_list() == ["name:иван", "name:анна"]
    assert identify(frame.drop("name"), "client", None).n_unique() == 2
    assert identify(frame.drop("name").clear(), "client", None).to_list() == []


@pytest.mark.parametrize("card", ["deal", "payment", "visit", "client", "product"])
def test_rows_of_which_only_a_remark_is_known_are_named_one_by_one(card):
    sheets = [
        pl.DataFrame({"_sheet": [sheet] * 10, "_row": range(2, 12), "note": [f"{n % 7}" for n in range(10)]})
        for sheet in "ABC"
    ]
    frame = pl.concat(sheets, rechunk=False)  # as several sheets of one card are
    named = identify(frame, card, None)
    assert len(named) == 30
    assert named.n_unique() == 30
    assert identify(frame, card, frame.with_columns(_id=named)).to_list() == named.to_list()


def test_numbers_as_ids_read_the_same_as_text():
    as_number = pl.DataFrame({"id": [12.0, 7.5]})
    as_text = pl.DataFrame({"id": ["12", "7.5"]})
    assert identify(as_number, "client", None).to_list() == identify(as_text, "client", None).to_list()


def test_sorting_inserting_and_filtering_change_nobody():
    was = snapshot(clients(IVAN, ANNA, PETR), "client")
    known = dict(zip(was["name"], was["_id"], strict=True))
    new = {"id": "K-9", "name": "Новый", "phone": "+79161110009"}
    now = names_of(clients(PETR, new, IVAN), "client", was)
    assert now["Иван"] == known["Иван"]
    assert now["Пётр"] == known["Пётр"]
    assert now["Новый"] == "id:k-9"


@pytest.mark.parametrize("edit", [{"phone": "+79165550000"}, {"email": "new@mail.ru"}, {"name": "Иван Иванов"}])
@pytest.mark.parametrize("bound_id", [True, False])
def test_one_edit_keeps_the_client(edit, bound_id):
    drop = () if bound_id else ("id",)
    was = snapshot(clients(*(without(row, *drop) for row in (IVAN, ANNA, PETR))), "client")
    edited = without(IVAN, *drop) | edit
    now = identify(clients(without(PETR, *drop), edited, without(ANNA, *drop)), "client", was)
    assert now[1] == was["_id"][0]
    assert set(now) == set(was["_id"])


def test_an_edit_is_carried_through_many_runs():
    was = snapshot(clients(without(IVAN, "id")), "client")
    first = was["_id"][0]
    row = without(IVAN, "id")
    for step in range(5):
        row = row | ({"phone": f"+7916000000{step}"} if step % 2 else {"name": f"Иван {step}", "email": None})
        was = snapshot(clients(row), "client", was)
        assert was["_id"][0] == first


def test_everything_edited_but_the_id_is_still_the_client():
    was = snapshot(clients(IVAN, ANNA), "client")
    now = identify(clients({"id": "K-1", "name": "ООО Икс", "phone": "+79990000000"}, ANNA), "client", was)
    assert now[0] == was["_id"][0]


def test_new_numbers_given_out_after_a_sort_do_not_swap_people():
    was = snapshot(clients(IVAN, ANNA, PETR), "client")
    renumbered = clients(PETR | {"id": "K-1"}, IVAN | {"id": "K-2"}, ANNA | {"id": "K-3"})
    known = dict(zip(was["name"], was["_id"], strict=True))
    assert names_of(renumbered, "client", was) == known


def test_two_people_who_swap_phones_stay_themselves():
    was = snapshot(clients(without(IVAN, "id"), without(PETR, "id")), "client")
    swapped = clients(
        without(IVAN, "id") | {"phone": PETR["phone"], "email": None},
        without(PETR, "id") | {"phone": "+79167778899", "email": None},
    )
    assert identify(swapped, "client", was).to_list() == was["_id"].to_list()


def test_a_phone_added_in_front_of_the_old_one_keeps_the_client():
    was = pl.DataFrame({"phone": ["+71"], "phones": [["+71"]], "name": ["Иван"]})
    was = snapshot(was, "client")
    now = pl.DataFrame({"phone": ["+72"], "phones": [["+72", "+71"]], "name": ["Иван Петрович"]})
    assert identify(now, "client", was).to_list() == was["_id"].to_list()


def test_another_client_with_another_id_does_not_inherit_by_phone_alone():
    was = snapshot(clients(IVAN), "client")
    other = {"id": "K-77", "name": "Мария", "phone": IVAN["phone"]}
    assert identify(clients(other), "client", was).to_list() == ["id:k-77"]


def test_a_newcomer_with_a_left_behind_phone_gets_an_identity_of_its_own():
    was = snapshot(clients(without(IVAN, "id")), "client")
    was = snapshot(clients(without(IVAN, "id") | {"phone": "+79165550000"}), "client", was)
    assert was["_id"][0] == "phone:+79161110001"
    now = identify(clients({"name": "Мария", "phone": IVAN["phone"]}, was.to_dicts()[0]), "client", was)
    assert now[1] == "phone:+79161110001"
    assert now[0].startswith("phone:+79161110001␟name:мария")


def test_a_repeated_id_gives_the_later_row_a_stable_identity_of_its_own():
    twin = IVAN | {"name": "Мария", "phone": "+79169998877"}
    alone = identify(clients(twin, ANNA, IVAN), "client", None)
    assert alone.n_unique() == 3
    assert min(alone) == "id:k-1"
    assert dict(zip(["Мария", "Анна", "Иван"], alone, strict=True)) == names_of(
        clients(IVAN, twin, ANNA), "client", None
    )


def test_a_repeated_id_never_takes_the_identity_that_was_given():
    was = snapshot(clients(IVAN), "client")
    for rows in ((IVAN, IVAN | {"name": "Аа"}), (IVAN | {"name": "Аа"}, IVAN)):
        now = names_of(clients(*rows), "client", was)
        assert now["Иван"] == "id:k-1"
        assert now["Аа"] == "id:k-1␟name:аа"


def test_rows_equal_in_everything_are_told_apart_by_order():
    was = snapshot(clients(ANNA, ANNA, ANNA), "client")
    assert was["_id"].n_unique() == 3
    assert identify(clients(ANNA, ANNA, ANNA), "client", None).to_list() == was["_id"].to_list()
    four = identify(clients(ANNA, ANNA, ANNA, ANNA), "client", was)
    assert four[:3].to_list() == was["_id"].to_list()
    assert four.n_unique() == 4
    assert identify(clients(ANNA, IVAN, ANNA), "client", was).to_list()[::2] == was["_id"].to_list()[:2]


def test_twins_by_key_follow_the_rest_of_the_row():
    was = pl.DataFrame({"client": ["А", "А"], "date": [date(2026, 1, 1)] * 2, "comment": ["икс", "игрек"]})
    was = snapshot(was, "payment")
    now = names_of(was.drop("_id").reverse(), "payment", was, by="comment")
    assert now == dict(zip(was["comment"], was["_id"], strict=True))


def test_the_same_person_on_another_sheet_is_the_same():
    was = snapshot(clients(IVAN).with_columns(_sheet=pl.lit("Активные")), "client")
    now = clients(IVAN).with_columns(_sheet=pl.lit("Архив"))
    assert identify(now, "client", was).to_list() == was["_id"].to_list()


WINDOWS = {"client": "ООО Окна", "title": "Окна", "created": date(2026, 1, 5), "amount": 100}


@pytest.mark.parametrize(
    "edit",
    [
        {"amount": 250},
        {"offer_date": date(2026, 1, 9)},
        {"title": "Окна и двери"},
        {"client": "ООО «Окна»"},
        {"invoice_no": "17"},
        {"created": date(2026, 1, 6)},
    ],
)
def test_a_deal_without_an_id_outlives_an_edit(edit):
    second = {"client": "ООО Окна", "title": "Двери", "created": date(2026, 2, 1), "amount": 70}
    other = {"client": "ИП Сид", "title": "Окна", "created": date(2026, 1, 7), "amount": 5}
    was = snapshot(deals(WINDOWS, second, other), "deal")
    now = identify(deals(other, second, WINDOWS | edit), "deal", was)
    assert now[2] == was["_id"][0]
    assert now[1] == was["_id"][1]


@pytest.mark.parametrize("edit", [{"amount": 250}, {"offer_date": date(2026, 1, 9)}, {"invoice_no": "17"}])
def test_what_a_deal_gathers_on_its_way_does_not_rename_it_even_with_the_state_lost(edit):
    assert identify(deals(WINDOWS), "deal", None).equals(identify(deals(WINDOWS | edit), "deal", None))


def test_a_new_deal_of_the_same_client_is_not_the_old_one():
    was = snapshot(deals(WINDOWS), "deal")
    now = identify(deals({"client": "ООО Окна", "title": "Крыша", "created": date(2026, 5, 5)}), "deal", was)
    assert now[0] != was["_id"][0]


def test_a_bare_deal_that_gets_its_details_is_the_same_deal():
    was = snapshot(deals({"client": "ООО Окна"}), "deal")
    assert identify(deals(WINDOWS), "deal", was).to_list() == was["_id"].to_list()


def test_two_bare_deals_of_one_client_are_told_apart_by_title_when_details_come():
    was = snapshot(deals({"client": "А", "title": "Окна"}, {"client": "А", "title": "Двери"}), "deal")
    doors = {"client": "А", "title": "Двери", "created": date(2026, 3, 1), "amount": 5}
    windows = {"client": "А", "title": "Окна", "created": date(2026, 3, 1), "amount": 5}
    assert identify(deals(doors, windows), "deal", was).to_list() == was["_id"].reverse().to_list()


def test_a_renamed_client_keeps_its_deals_through_the_link():
    was = deals({"client": "Старое имя", "title": "Окна"}).with_columns(client_id=pl.lit("id:1"))
    was = snapshot(was, "deal")
    now = deals({"client": "Новое имя", "title": "Окна"}).with_columns(client_id=pl.lit("id:1"))
    assert identify(now, "deal", was).to_list() == was["_id"].to_list()


def test_a_column_bound_later_renames_nobody():
    was = snapshot(clients(without(IVAN, "id"), without(ANNA, "id")).drop("id"), "client")
    assert identify(clients(IVAN, ANNA), "client", was).to_list() == was["_id"].to_list()


def test_a_very_long_title_is_cut_and_still_distinct():
    rows = deals(*({"client": "А", "title": "о" * 500 + str(n)} for n in range(3)))
    names = identify(rows, "deal", None)
    assert names.n_unique() == 3
    assert names.str.len_chars().max() <= LONGEST
    was = rows.with_columns(names)
    assert identify(pl.concat([rows, rows]), "deal", was)[:3].to_list() == names.to_list()
    assert identify(pl.concat([rows, rows]), "deal", was).n_unique() == 6


def test_identities_are_equal_in_another_process():
    code = (
        "import polars as pl; from sheets_crm.base.identity import identify;"
        "print(ascii(identify(pl.DataFrame({'city': ['x', 'x', 'y']}), 'client', None).to_list()))"
    )
    root = str(Path(__file__).parents[2])
    here = ascii(identify(pl.DataFrame({"city": ["x", "x", "y"]}), "client", None).to_list())
    for seed in ("1", "2"):
        env = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": root}
        out = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
        assert out.stdout.strip() == here


people = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.sampled_from([None, None, "1", "2", "A"]),
            "name": st.sampled_from([None, "Иван", "Анна", "иван", "Пётр"]),
            "phone": st.sampled_from([None, "+71", "+72", "+73"]),
            "email": st.sampled_from([None, "a@b.ru", "c@d.ru"]),
        }
    ),
    max_size=8,
)


@settings(max_examples=100, deadline=None)
@given(people, st.randoms(use_true_random=False))
def test_without_a_state_order_does_not_matter(rows, random):
    frame = clients(*rows)
    names = identify(frame, "client", None)
    assert names.null_count() == 0
    assert names.n_unique() == len(rows)
    order = list(range(len(rows)))
    random.shuffle(order)
    mixed = identify(frame[order], "client", None) if rows else names
    told = [str(list(map(row.get, CLIENTS))) for row in rows]
    pairs = set(zip(told, names, strict=True))
    assert {(told[place], name) for place, name in zip(order, mixed, strict=True)} == pairs


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(people, people, st.data())
def test_with_a_state_identities_stay_distinct_and_untouched_rows_keep_theirs(rows, more, data):
    was = snapshot(clients(*rows), "client")
    kept = data.draw(st.lists(st.sampled_from(range(len(rows))), unique=True)) if rows else []
    now = clients(*(rows[place] for place in kept), *more)
    names = identify(now, "client", was)
    assert names.null_count() == 0
    assert names.n_unique() == now.height
    if not more and all(rows.count(rows[place]) == 1 for place in kept):
        assert names.to_list() == [was["_id"][place] for place in kept]


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3), st.integers(0, 2)), max_size=8), st.integers(0, 7))
def test_deals_stay_distinct_through_an_edit(rows, place):
    def deal(who: int, day: int, what: int) -> dict:
        made = date(2026, 1, 1) + timedelta(days=day) if day else None
        return {"client": f"клиент {who}", "created": made, "title": f"дело {what}" if what else None}

    was = snapshot(deals(*(deal(*row) for row in rows)), "deal")
    changed = [deal(*row) | ({"amount": 9} if n == place else {}) for n, row in enumerate(rows)]
    assert identify(deals(*changed), "deal", was).to_list() == was["_id"].to_list() or len(set(rows)) < len(rows)
    assert identify(deals(*changed), "deal", was).n_unique() == len(rows)


_FIELD = st.sampled_from([None, "a", "b", "c"])


@given(
    st.lists(st.tuples(_FIELD, _FIELD, _FIELD, st.lists(st.sampled_from("xy"), max_size=2)), min_size=1, max_size=8),
    st.lists(st.tuples(st.integers(0, 7), st.sampled_from(["name", "phone", "note"]), _FIELD), max_size=3),
)
def test_rows_edited_in_place_are_who_they_are_found_to_be_among_all_rows(rows, edits):
    schema = {"name": pl.String, "phone": pl.String, "note": pl.String, "phones": pl.List(pl.String)}
    frame = pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        _id=pl.Series([f"i{place}" for place in range(len(rows))])
    )
    edited = frame.drop("_id").rows(named=True)
    for place, name, value in edits:
        edited[place % len(rows)][name] = value
    now = pl.DataFrame(edited, schema=schema)
    shared = ["name", "phone"]
    quick, whole = (
        way(now, frame, shared).sort("row") for way in (identity_carry._mostly_untouched, identity_carry._untouched)
    )
    assert quick.rows() == whole.rows()
