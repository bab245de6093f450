"""Bound columns after the owner changed the sheet."""

from __future__ import annotations

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from sheets_crm.base.guess import guess_sheet
from sheets_crm.base.guess_again import find_again
from sheets_crm.base.guess_match import best_pairs
from sheets_crm.base.model import BoundColumn
from sheets_crm.base.profile import profile
from tests.base import trade_books
from tests.base.builders import grid_from_rows

HEADS = ["ID", "Клиент", "Телефон", "E-mail", "Статус", "Сумма", "Дата КП"]
FIELDS = [
    ("client", "id"),
    ("client", "name"),
    ("client", "phone"),
    ("client", "email"),
    ("deal", "stage"),
    ("deal", "amount"),
    ("deal", "offer_date"),
]


def line(n):
    stage = ("Новый", "КП отправлено", "Отказ")[n % 3]
    return [
        f"К-{n}",
        f"ООО Фирма {n}",
        f"+7 900 111 {n:04}",
        f"m{n}@firm.example",
        stage,
        100.0 * n + 7,
        date(2026, 1 + n % 9, 3),
    ]


LINES = [line(n) for n in range(40)]
BOUND = tuple(BoundColumn(card, field, index, HEADS[index]) for index, (card, field) in enumerate(FIELDS))


def grid_of(order=range(7), heads=HEADS, lines=LINES, above=()):
    rows = [*above, [heads[index] for index in order]] + [[values[index] for index in order] for values in lines]
    return grid_from_rows(rows)


PROFILES = {index: profile(column.slice(1, 40)) for index, column in enumerate(grid_of().columns)}


def test_nothing_changed():
    found = find_again(grid_of(), BOUND, header_row=1, profiles=PROFILES)
    assert found.as_before
    assert found.columns == BOUND


def test_moved_columns_are_followed():
    order = [6, 0, 3, 2, 1, 5, 4]
    found = find_again(grid_of(order), BOUND, header_row=1, profiles=PROFILES)
    assert {column.field: column.index for column in found.columns} == {
        field: order.index(place) for place, (_, field) in enumerate(FIELDS)
    }
    assert not found.lost
    assert all(change.moved and not change.renamed for change in found.changes)


def test_renamed_column_is_known_by_its_values():
    heads = [*HEADS[:2], "Контактный номер абонента", *HEADS[3:]]
    found = find_again(grid_of(heads=heads), BOUND, header_row=1, profiles=PROFILES)
    assert [(change.before.field, change.after.header) for change in found.changes] == [
        ("phone", "Контактный номер абонента")
    ]
    assert not found.lost


def test_moved_and_renamed_with_new_rows():
    heads = [*HEADS[:3], "Почтовый ящик", *HEADS[4:]]
    lines = [line(n) for n in range(4, 52)]
    found = find_again(grid_of([3, 0, 1, 2, 4, 5, 6], heads, lines), BOUND, header_row=1, profiles=PROFILES)
    assert {column.field: column.index for column in found.columns}["email"] == 0


def test_removed_column_alone_is_lost():
    found = find_again(grid_of([0, 1, 3, 4, 5, 6]), BOUND, header_row=1, profiles=PROFILES)
    assert [lost.column.field for lost in found.lost] == ["phone"]
    assert len(found.columns) == 6


def test_removed_column_is_not_replaced_by_a_stranger():
    lines = [[*values[:2], f"договор {n} от мая", *values[3:]] for n, values in enumerate(LINES)]
    heads = [*HEADS[:2], "Основание", *HEADS[3:]]
    found = find_again(grid_of(heads=heads, lines=lines), BOUND, header_row=1, profiles=PROFILES)
    assert [lost.column.field for lost in found.lost] == ["phone"]


def test_cells_shifted_under_the_header_are_not_read_as_before():
    shifted = [[*values[:2], values[6], *values[3:6], values[2]] for values in LINES]
    found = find_again(grid_of(lines=shifted), BOUND, header_row=1, profiles=PROFILES)
    assert "phone" not in {column.field for column in found.columns if column.index == 2}


def test_rows_inserted_above():
    found = find_again(grid_of(above=[["Наша база"], []]), BOUND, header_row=1, profiles=PROFILES)
    assert (found.layout.header_row, len(found.columns)) == (3, 7)


def test_sheet_emptied():
    found = find_again(grid_from_rows([]), BOUND, header_row=1)
    assert not found.columns
    assert len(found.lost) == 7
    assert found.layout is None


@settings(max_examples=40, deadline=None)
@given(st.permutations(range(7)))
def test_any_order_is_found_again(order):
    found = find_again(grid_of(order), BOUND, header_row=1, profiles=PROFILES)
    assert sorted((column.field, order[column.index]) for column in found.columns) == sorted(
        (field, place) for place, (_, field) in enumerate(FIELDS)
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.floats(0, 1), min_size=4, max_size=4), min_size=1, max_size=4))
def test_pairs_are_the_best(gains):
    from itertools import permutations

    import numpy as np

    table = np.array(gains)
    got = sum(table[row, column] for row, column in best_pairs(table))
    best = max(
        sum(table[row, column] for row, column in enumerate(order)) for order in permutations(range(4), len(gains))
    )
    assert abs(got - best) < 1e-9


def test_guess_of_every_book_is_found_again_unchanged():
    for maker in trade_books.ALL.values():
        for grid in maker().grids.values():
            guess = guess_sheet(grid)
            if guess.cards:
                found = find_again(grid, guess.columns, header_row=guess.layout.header_row)
                assert found.as_before, (grid.name, found.changes, found.lost)
