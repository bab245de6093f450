"""Clients that stand twice: groups by phone and e-mail; tax ids and near names apart."""

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from sheets_crm.base.duplicates import Evidence, duplicate_groups, look_alikes


def clients(rows: list[dict], **schema) -> pl.DataFrame:
    table = pl.DataFrame(rows, schema_overrides=schema)
    return table.with_columns(_sheet=pl.lit("Клиенты"), _row=pl.int_range(2, table.height + 2, dtype=pl.UInt32))


def rows_of(groups) -> list[list[int]]:
    return [[row for _, row in group.rows] for group in groups]


def test_equal_phones_and_mails_make_one_component():
    base = clients(
        [
            {"phone": "+71", "email": None},
            {"phone": "+72", "email": "a@b.ru"},
            {"phone": "+71", "email": "A@B.ru "},
            {"phone": "+79", "email": None},
        ]
    )
    (group,) = duplicate_groups(base)
    assert group.rows == (("Клиенты", 2), ("Клиенты", 3), ("Клиенты", 4))
    assert group.evidence == (
        Evidence("phone", "+71", (("Клиенты", 2), ("Клиенты", 4))),
        Evidence("email", "a@b.ru", (("Клиенты", 3), ("Клиенты", 4))),
    )


def test_every_number_of_a_cell_and_the_second_phone_count():
    base = clients(
        [
            {"phone": "+71", "phones": ["+71", "+75"], "phone2": None},
            {"phone": "+72", "phones": ["+72"], "phone2": "+75"},
            {"phone": "+73", "phones": None, "phone2": "+73"},
        ]
    )
    assert rows_of(duplicate_groups(base)) == [[2, 3]]


def test_a_row_is_no_duplicate_of_itself():
    assert duplicate_groups(clients([{"phone": "+71", "phones": ["+71"], "phone2": "+71"}])) == ()


def test_blanks_join_nobody():
    base = clients([{"phone": None, "email": ""}, {"phone": None, "email": ""}], phone=pl.String)
    assert duplicate_groups(base) == ()
    assert duplicate_groups(clients([{"name": "А"}])) == ()
    assert duplicate_groups(base.clear()) == ()


def test_a_phone_is_no_mail():
    base = clients([{"phone": "x", "email": None}, {"phone": None, "email": "x"}])
    assert duplicate_groups(base) == ()


def test_a_long_chain_is_one_group():
    base = clients([{"phones": [f"+{n}", f"+{n + 1}"]} for n in range(300)])
    assert rows_of(duplicate_groups(base)) == [list(range(2, 302))]


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([None, "1", "2", "3", "4"]), st.sampled_from([None, "a", "b"])),
        min_size=1,
        max_size=9,
    )
)
def test_groups_are_the_connected_components(rows):
    base = clients([{"phone": phone, "email": mail} for phone, mail in rows], phone=pl.String, email=pl.String)
    groups: list[set[int]] = [{n} for n in range(len(rows))]
    for n, (phone, mail) in enumerate(rows):
        for m, (other, post) in enumerate(rows):
            if (phone and phone == other) or (mail and mail == post):
                one, two = (next(g for g in groups if k in g) for k in (n, m))
                if one is not two:
                    groups.remove(two)
                    one |= two
    expected = sorted(sorted(row + 2 for row in group) for group in groups if len(group) > 1)
    assert rows_of(duplicate_groups(base)) == expected


def test_equal_tax_ids_are_offered_apart():
    base = clients([{"tax_id": "77"}, {"tax_id": "78"}, {"tax_id": "77"}])
    assert duplicate_groups(base) == ()
    (alike,) = look_alikes(base)
    assert (alike.kind, alike.value, [row for _, row in alike.rows]) == ("tax_id", "77", [2, 4])


def test_near_names_are_offered_apart():
    base = clients(
        [
            {"name": "ООО «Ромашка»"},
            {"name": "Иванов Иван Иванович"},
            {"name": "ромашка"},
            {"name": "Иван Иванович Иванов"},
            {"name": "Евсеенко Анастасия"},
            {"name": "Евсеенко Анастасея"},
            {"name": "Склад 12345"},
            {"name": "Склад 12346"},
            {"name": "Ян"},
            {"name": "Ян"},
        ]
    )
    found = [[row for _, row in alike.rows] for alike in look_alikes(base, ignore=["ООО"])]
    assert sorted(map(sorted, found)) == [[2, 4], [3, 5], [6, 7]]
    assert [2, 4] not in [[row for _, row in alike.rows] for alike in look_alikes(base)]
