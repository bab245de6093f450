"""Where the table is: awkward sheets as they are met, one test each."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from sheets_crm.base.layout import find_layout, find_tables, headers_of
from sheets_crm.base.layout_cells import Cells
from sheets_crm.books.model import Grid, Merge
from sheets_crm.cells import Column, Kind
from tests.base import trade_books
from tests.base.builders import grid_from_rows

HEAD = ["Клиент", "Телефон", "Город", "Сумма", "Дата"]


def client(name="Иванов Пётр", amount=100, day=1):
    return [name, "+7 900 111 22 33", "Тула", amount, date(2026, 5, day)]


def rows_of(layout):
    return layout.rows.to_list()


def test_plain_table():
    layout = find_layout(grid_from_rows([HEAD, client(), client("Петров Иван")]))
    assert (layout.header_row, rows_of(layout), dict(layout.classes)) == (1, [2, 3], {"data": 2})
    assert layout.blocks.to_list() == [2, 3]


@pytest.mark.parametrize("rows", [[], [[None, None], [None]], [["  ", "-"]]])
def test_sheet_without_a_table(rows):
    assert find_layout(grid_from_rows(rows)) is None


def test_a_cell_that_strayed_far_to_the_right_is_in_no_table():
    near = grid_from_rows([HEAD, client(), client("Петров Иван")])
    far = grid_from_rows([HEAD, [*client(), *[None] * 400, "x"], client("Петров Иван")])
    assert (len(far.columns), Cells(far).width) == (406, 5)
    assert rows_of(find_layout(far)) == rows_of(find_layout(near))
    assert [area.right for area in find_tables(far)] == [4]
    assert headers_of(far, find_layout(far)) == headers_of(near, find_layout(near))


def test_what_is_looked_at_of_a_huge_sheet_fits_into_memory():
    blank = Column.empty(1 << 20)
    lone = replace(blank, kind=pl.zeros(1 << 20, dtype=pl.UInt8, eager=True).scatter(5, Kind.NUMBER.value))
    grid = Grid("Лист", tuple(lone if index % 20 == 0 else blank for index in range(16_384)), 1 << 20)
    assert 0 < Cells(grid).width * grid.height <= 1 << 28


def test_a_very_long_name_of_a_column_is_looked_at_by_its_beginning():
    hostile = ["(" * 32_000, "9" * 32_000, " " * 32_000 + ":", "м ²", "Телефон" + " " * 32_000]
    grid = grid_from_rows([[*HEAD, *hostile], *([*client(), *"12345"] for _ in range(3))])
    names = headers_of(grid, find_layout(grid))
    assert max(len(header.text) for header in names.values()) <= 400
    assert {header.text for header in names.values()} >= {"м ²", "Телефон"}


def test_titles_above_and_header_in_row_40():
    rows = [
        ["База клиентов 2026"],
        [],
        ["ответственный: Марат", None, "обновлено 01.05.2026"],
        *[[] for _ in range(36)],
    ]
    layout = find_layout(grid_from_rows([*rows, HEAD, client(), client("Петров Иван")]))
    assert (layout.header_row, rows_of(layout)) == (40, [41, 42])


def test_blank_rows_inside_do_not_end_the_table():
    layout = find_layout(
        grid_from_rows([HEAD, client(), [], [], [], [], client("Петров Иван"), ["-", " "], client("Сидоров Олег")])
    )
    assert (rows_of(layout), dict(layout.classes)) == ([2, 7, 9], {"data": 3, "blank": 5})


@pytest.mark.parametrize(
    "text",
    ["Итого", "ИТОГО:", "Всего по отделу", "Total", "Grand total:", "итого за май", "Сумма:", "Subtotal", "Итого 2026"],
)
def test_first_totals_row_ends_the_table(text):
    rows = [HEAD, client(), client("Петров Иван"), [text, None, None, 200], client("После Итогов")]
    layout = find_layout(grid_from_rows(rows))
    assert (rows_of(layout), layout.classes["totals"]) == ([2, 3], 1)


def test_totals_word_need_not_be_in_the_first_column():
    layout = find_layout(
        grid_from_rows([["№", *HEAD], [1, *client()], [2, *client()], [None, None, "Итого:", None, 200]])
    )
    assert rows_of(layout) == [2, 3]


@pytest.mark.parametrize(
    "name", ["Всеволод Ильин", "Тоталь ООО", "Total Fitness Ltd", "Итогова Мария", "Totally Fit", "Sum Yung"]
)
def test_client_whose_name_only_begins_like_totals_is_data(name):
    layout = find_layout(grid_from_rows([HEAD, client(), client(name), client("Петров Иван")]))
    assert rows_of(layout) == [2, 3, 4]


def test_totals_above_all_data_do_not_end_the_table():
    layout = find_layout(grid_from_rows([HEAD, ["Итого", None, None, 200], client(), client("Петров Иван")]))
    assert (rows_of(layout), layout.classes["totals"]) == ([3, 4], 1)


def test_last_row_that_is_a_sum_without_the_word():
    rows = [HEAD, *[client(f"Клиент {n}", 100 + n, n + 1) for n in range(5)], [None, None, None, 510, None]]
    layout = find_layout(grid_from_rows(rows))
    assert (rows_of(layout), layout.classes["totals"]) == ([2, 3, 4, 5, 6], 1)


def test_merged_sections_and_repeated_headers_are_not_data():
    rows = [HEAD, ["Москва"], client(), HEAD, client("Петров Иван"), ["Тула"], client("Сидоров Олег")]
    layout = find_layout(grid_from_rows(rows, ["A2:E2", "A6:C6"]))
    assert rows_of(layout) == [3, 5, 7]
    assert dict(layout.classes) == {"data": 3, "section": 2, "header_repeat": 1}


def test_merge_of_two_columns_is_no_section():
    layout = find_layout(grid_from_rows([HEAD, client(), ["Петров Иван", None, "Тула", 5]], ["A3:B3"]))
    assert rows_of(layout) == [2, 3]


def test_header_repeated_in_part_counts_from_60_percent():
    three, two = [*HEAD[:3], 1, None], [*HEAD[:2], "Тула", 1, None]
    layout = find_layout(grid_from_rows([HEAD, client(), three, two, client("Сидоров Олег")]))
    assert rows_of(layout) == [2, 4, 5]


def test_unmerged_sections_where_the_first_column_holds_numbers():
    head = ["№", *HEAD]
    rows = [head, ["Январь"], [1, *client()], [2, *client("Петров Иван")], ["Москва"], [3, *client("Сидоров Олег")]]
    layout = find_layout(grid_from_rows(rows))
    assert (rows_of(layout), layout.classes["section"]) == ([3, 4, 6], 2)


def test_client_with_only_a_name_is_data():
    rows = [HEAD, client(), ["Громов Олег"], client("Петров Иван"), ["Фёдоров Лев"]]
    assert rows_of(find_layout(grid_from_rows(rows))) == [2, 3, 4, 5]


def test_footnotes_and_signature_below_a_gap_are_outside():
    rows = [HEAD, client(), client("Петров Иван"), [], ["* цены с НДС"], [], ["Исполнитель:", "Орлова"]]
    layout = find_layout(grid_from_rows(rows))
    assert (rows_of(layout), dict(layout.classes)) == ([2, 3], {"data": 2})


def test_client_added_below_a_gap_is_data():
    layout = find_layout(
        grid_from_rows([HEAD, client(), client("Петров Иван"), [], ["Сидоров Олег", "+7 900 111 22 33"]])
    )
    assert rows_of(layout) == [2, 3, 5]


def test_second_table_below_is_not_the_first_ones_data():
    rows = [
        HEAD,
        client(),
        client("Петров Иван"),
        client("Сидоров"),
        [],
        ["Менеджер", "Статус", "Сумма"],
        ["Марат", "Новый", 5],
    ]
    grid = grid_from_rows(rows)
    assert rows_of(find_layout(grid)) == [2, 3, 4]
    assert [(area.header_row, area.first_row, area.last_row) for area in find_tables(grid)] == [(1, 2, 4), (6, 7, 7)]


def test_short_list_beside_the_table_is_another_table():
    rows = [[*HEAD, None, "Статусы"], [*client(), None, "Новый"], [*client("Петров"), None, "Отказ"]]
    rows += [[*client(f"Клиент {n}"), None, None] for n in range(20)]
    grid = grid_from_rows(rows)
    areas = find_tables(grid)
    assert [(area.left, area.right, area.is_list) for area in areas] == [(0, 4, False), (6, 6, True)]
    assert len(find_layout(grid).rows) == 22


def test_list_longer_than_the_table_adds_no_rows():
    rows = [[*HEAD, None, "Каналы"], *[[*client(f"Клиент {n}"), None, f"канал {n}"] for n in range(4)]]
    rows += [[None] * 6 + [f"канал {n}"] for n in range(4, 12)]
    assert rows_of(find_layout(grid_from_rows(rows))) == [2, 3, 4, 5]


def test_blank_separating_column_does_not_cut_the_table():
    rows = [[*HEAD[:3], None, *HEAD[3:]], *[[*client(f"К {n}")[:3], None, *client()[3:]] for n in range(9)]]
    assert [(area.left, area.right) for area in find_tables(grid_from_rows(rows))] == [(0, 5)]


def test_table_that_does_not_begin_in_the_first_column():
    rows = [[], [None, None, *HEAD], [None, None, "Юг"], *[[None, None, *client(f"К {n}")] for n in range(3)]]
    layout = find_layout(grid_from_rows(rows, ["C3:G3"]))
    assert (layout.header_row, rows_of(layout), layout.classes["section"]) == (2, [4, 5, 6], 1)


def test_stacked_header_is_read_to_its_lowest_row():
    rows = [
        ["Продажи"],
        ["№", "Клиент", "Контакты", None, "Счёт", None],
        [None, None, "Телефон", "E-mail", "Дата", "Сумма"],
        [1, "Иванов", "+7 900 111 22 33", "a@b.ru", date(2026, 5, 1), 100],
        [2, "Петров", "+7 900 111 22 34", "c@b.ru", date(2026, 5, 2), 200],
    ]
    grid = grid_from_rows(rows, ["A1:F1", "A2:A3", "B2:B3", "C2:D2", "E2:F2"])
    layout = find_layout(grid)
    assert (layout.header_row, rows_of(layout)) == (3, [4, 5])
    names = headers_of(grid, layout)
    assert [names[index].shown for index in range(6)] == [
        "№", "Клиент", "Контакты: Телефон", "Контакты: E-mail", "Счёт: Дата", "Счёт: Сумма",
    ]  # fmt: skip


def test_header_in_two_languages_on_two_rows():
    rows = [
        ["Клиент", "Телефон", "Сумма"],
        ["Client", "Phone", "Amount"],
        ["Иванов", "89001112233", 1],
        ["Петров", "89001112234", 2],
    ]
    layout = find_layout(grid_from_rows(rows))
    assert (layout.header_row, rows_of(layout)) == (2, [3, 4])


def test_row_that_numbers_the_columns_is_not_data():
    rows = [HEAD, [1, 2, 3, 4, 5], client(), client("Петров Иван")]
    assert rows_of(find_layout(grid_from_rows(rows))) == [3, 4]


def test_no_header():
    grid = trade_books.no_header().grids["Список"]
    layout = find_layout(grid)
    assert (layout.header_row, len(layout.rows)) == (0, 40)
    assert rows_of(find_layout(grid, header_row=0))[0] == 1


def test_given_header_row_is_obeyed_and_followed_when_rows_are_inserted():
    rows = [HEAD, client(), client("Петров Иван")]
    bound = dict(enumerate(HEAD))
    assert find_layout(grid_from_rows(rows), header_row=1, bound=bound).header_row == 1
    moved = find_layout(grid_from_rows([["новый заголовок"], [], *rows]), header_row=1, bound=bound)
    assert (moved.header_row, rows_of(moved)) == (3, [4, 5])


def test_merged_down_blocks():
    rows = [
        ["ФИО пациента", "Дата приёма", "Зуб"],
        ["Иванов Пётр", 1, 16],
        [None, 2, 17],
        [None, 3, 18],
        ["Орлова Анна", 4, 24],
    ]
    layout = find_layout(grid_from_rows(rows, ["A2:A4"]))
    assert layout.blocks.to_list() == [2, 2, 2, 5]


def test_city_merged_down_over_several_clients_is_no_block():
    rows = [
        ["Город", "Клиент", "Телефон"],
        ["Тула", "Иванов", "89001112233"],
        [None, "Петров", "89001112234"],
        ["Омск", "Орлов", "1"],
    ]
    assert find_layout(grid_from_rows(rows, ["A2:A3"])).blocks.to_list() == [2, 3, 4]


def test_blocks_by_fill_down():
    rows = [["Клиент", "Дата", "Услуга"], ["Иванов", 1, "a"], [None, 2, "b"], ["Петров", 3, "c"], [], [None, 4, "d"]]
    assert find_layout(grid_from_rows(rows), fill_down=(0,)).blocks.to_list() == [2, 2, 4, 4]


def test_fill_down_begins_anew_under_a_section():
    rows = [["Клиент", "Дата", "Услуга", "Сумма"], ["Иванов", 1, "a", 2], ["Май"], [None, 2, "b", 3]]
    layout = find_layout(grid_from_rows(rows, ["A3:D3"]), fill_down=(0,))
    assert layout.blocks.to_list() == [2, 4]


def test_rows_prepared_in_advance_are_not_data():
    head = ["№", "Клиент", "Телефон", "Долг", "Согласие"]
    rows = [head, [1, "Иванов", "89001112233", 10, True], [2, "Петров", "89001112234", 20, False]]
    rows += [[n, None, None, 0, False] for n in range(3, 30)]
    layout = find_layout(grid_from_rows(rows, formulas={3: 29}))
    assert rows_of(layout) == [2, 3]


def test_subtotal_inside_ends_the_table_by_contract():
    rows = [HEAD, client(), ["Итого по Туле", None, None, 100], client("Петров Иван"), ["Итого", None, None, 200]]
    assert rows_of(find_layout(grid_from_rows(rows))) == [2]


@pytest.mark.slow
def test_huge_sheet_is_read_whole():
    rows = [["База"], [], ["№", *HEAD, *[f"Поле {n}" for n in range(14)]]]
    rows += [
        [n + 1, f"Клиент {n}", "+7 900 000 00 00", "Тула", 5.0 + n, date(2026, 1, 1), *["x"] * 14]
        for n in range(20_000)
    ]
    grid = grid_from_rows(rows)
    assert len(find_layout(grid).rows) == 20_000


def test_layout_of_every_invented_book():
    for maker in trade_books.ALL.values():
        book = maker()
        for name in book.expected:
            layout = find_layout(book.grids[name])
            assert (layout.header_row, len(layout.rows)) == (book.headers[name], book.rows[name]), (
                maker.__name__,
                name,
            )


def test_merges_outside_the_grid_do_no_harm():
    layout = find_layout(grid_from_rows([HEAD, client(), client("Петров")], [Merge(2, 0, 90, 0), Merge(80, 0, 80, 9)]))
    assert rows_of(layout) == [2, 3]


def test_a_row_that_says_nothing_in_the_columns_in_use_is_blank():
    beside = [None, None, "услуга", 100]
    rows = [
        [*HEAD, None, None, "Услуга", "Цена"],
        [*client(), *beside],
        [*[None] * 5, *beside],
        [*client("Петров Иван"), *beside],
        *[[*[None] * 5, *beside]] * 2,
    ]
    bound = dict(enumerate(HEAD))
    assert rows_of(find_layout(grid_from_rows(rows), header_row=1, bound=bound)) == [2, 4]
    total = ["Итого", *[None] * 4]
    only = find_layout(grid_from_rows([HEAD, client(), total, client()]), header_row=1, bound={3: "Сумма", 4: "Дата"})
    assert (rows_of(only), only.classes["totals"]) == ([2], 1)


def test_rows_left_under_the_totals_are_counted():
    total = ["Итого", None, None, 100]
    more = find_layout(grid_from_rows([HEAD, client(), client(), total, [], client(), client(), ["подпись"]]))
    assert (rows_of(more), more.ends, more.below) == ([2, 3], 4, 2)
    done = find_layout(grid_from_rows([HEAD, client(), client(), total, [], ["Составил: Марат", "01.05.2026"]]))
    assert (done.ends, done.below) == (4, 0)
