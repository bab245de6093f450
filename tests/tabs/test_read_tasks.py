from datetime import date, time, timedelta

import polars as pl
import pytest

from sheets_crm.books.model import Grid
from sheets_crm.cells import Column, Kind
from sheets_crm.tabs import DrawContext, draw_tasks, read_marks, read_tasks_tab
from sheets_crm.tabs.task_columns import IDS
from sheets_crm.tabs.typed import Typed, read_day, rows_of
from sheets_crm.tasks import open_tasks, task_key
from sheets_crm.words import say
from tests.tabs.grids import Paper, paper_of, tab_grid
from tests.tasks.samples import TODAY, decision

ANNA, BORIS = decision("Anna"), decision("Boris")
RU = {name: say(f"tabs.tasks.columns.{name}", "ru") for name in IDS}
EN = {name: say(f"tabs.tasks.columns.{name}", "en") for name in IDS}
RU_TODO = IDS.index("todo")


def key(found):
    return task_key(found.rule, found.subject, found.occurrence)


def drawn(lang="ru", decisions=(ANNA, BORIS), marks=(), **context):
    tasks = open_tasks(decisions, marks, {}, TODAY)
    return paper_of(draw_tasks(tasks, DrawContext(lang, "RUB", TODAY, **context)))


def marks_of(paper):
    return {mark.key: mark for mark in read_marks(paper.grid())}


def test_a_cell_that_strayed_to_the_far_corner_costs_no_rows_and_loses_nothing():
    paper = drawn()
    width = len(paper.rows[0])
    paper.rows[0] += [*[None] * 300, "Моё"]
    paper.rows[1] += [*[None] * 300, "далеко"]
    paper.rows += [[None] for _ in range(500)] + [[*[None] * RU_TODO, "позвонить"]]
    grid = paper.grid()
    rows, numbers = rows_of(grid)
    assert (len(grid.columns), grid.height) == (width + 301, 504)
    assert (len(rows[0]) < 100, len(rows), numbers[-1]) == (True, 31, 503)
    tab = read_tasks_tab(grid)
    assert (tab.extra, tab.marks[0].extra, tab.marks[-1].row) == (("Моё",), {"Моё": "далеко"}, 504)
    assert tab.marks[-1].cells == {"todo": "позвонить"}


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_what_a_manager_types_is_read_in_either_language(lang):
    labels = RU if lang == "ru" else EN
    paper = drawn(lang)
    row = paper.row_of(labels["client"], "Anna")
    typed = {
        "status": say("tabs.tasks.status.done", lang), "outcome": "Купит", "reason": "дорого", "comment": " a\nb ",
        "snooze_until": date(2026, 11, 9), "time": time(13, 30), "repeat": "каждый месяц",
    }  # fmt: skip
    for name, value in typed.items():
        paper.put(row, labels[name], value)
    mark = marks_of(paper)[key(ANNA)]
    assert {name: getattr(mark, name) for name in typed} == typed | {"status": "done"}
    assert (mark.due, mark.own, mark.row, mark.touched) == (TODAY, False, row + 1, True)
    assert marks_of(paper)[key(BORIS)].touched is False


@pytest.mark.parametrize(
    ("typed", "status"),
    [
        ("Done", "done"), ("готово", "done"), ("СДЕЛАНА", "done"), ("Отменена", "cancelled"), ("canceled", "cancelled"),
        (" в  работе ", "in_progress"), (None, "new"), ("  ", "new"), ("жду ответа", "жду ответа"), (5.0, "5"),
    ],
)  # fmt: skip
def test_statuses(typed, status):
    paper = drawn()
    paper.put(1, RU["status"], typed)
    assert next(iter(marks_of(paper).values())).status == status


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("05.11.2026", date(2026, 11, 5)), ("5.11.26", date(2026, 11, 5)), ("2026-11-05", date(2026, 11, 5)),
        ("5 ноября 2026 г.", date(2026, 11, 5)), ("5 Nov 2026", date(2026, 11, 5)), ("Nov 5, 2026", date(2026, 11, 5)),
        ("мая", None), ("5 мая 2026", date(2026, 5, 5)), ("25/11/2026", date(2026, 11, 25)), ("05/11/2026", None),
        ("11/25/2026", date(2026, 11, 25)), ("5/5/2026", date(2026, 5, 5)), ("завтра", None), ("31.02.2026", None),
        ("после 5.11.2026", None), ("5 foo 2026", None),
    ],
)  # fmt: skip
def test_days_as_text(typed, day):
    assert read_day(typed) == day
    paper = drawn()
    paper.put(1, RU["snooze_until"], typed)
    assert next(iter(marks_of(paper).values())).snooze_until == (day or typed)


def test_typed_cells():
    number = Typed(Kind.NUMBER, number=79161234567.0)
    assert number.as_text("ru") == "79161234567"
    assert Typed(Kind.NUMBER, number=46331.0).day("ru") == date(2026, 11, 5)
    assert Typed(Kind.NUMBER, number=13.0).day("ru") == "13"
    assert Typed(Kind.DATE, number=0.5625).hour("ru") == time(13, 30)
    assert Typed(Kind.TEXT, "9.05").hour("ru") == time(9, 5)
    assert Typed(Kind.TEXT, "25:70").hour("ru") == "25:70"
    assert Typed(Kind.DATE, number=46331.5625).as_text("ru") == "05.11.2026 13:30"
    assert Typed(Kind.ERROR, "#REF!").as_text("ru") == "#REF!"
    assert Typed(Kind.BOOL, number=1.0).as_text("en") == "yes"
    assert Typed(Kind.UNCACHED).blank


def test_an_hour_typed_with_the_day_is_kept():
    paper = drawn()
    grid = paper.grid()
    due = grid.columns[1]
    moment = Column(due.kind, due.text, pl.Series([None, 46331.5625, 46331.0], dtype=pl.Float64))
    mark = read_marks(Grid(grid.name, (grid.columns[0], moment, *grid.columns[2:]), grid.height))[0]
    assert (mark.due, mark.time) == (TODAY, time(13, 30))


def commented():
    paper = drawn()
    paper.put(paper.row_of(RU["client"], "Anna"), RU["comment"], "mine")
    return paper


def test_moved_columns_and_a_header_in_the_other_language():
    paper = commented()
    paper.rows = [row[::-1] for row in paper.rows]
    paper.rows[0][paper.column(RU["comment"])] = EN["comment"]
    assert marks_of(paper)[key(ANNA)].comment == "mine"


@pytest.mark.parametrize("header", ["Коментарий", "комментарий!", "Заметки", None, "zzz"])
def test_a_renamed_header(header):
    paper = commented()
    paper.put(0, RU["comment"], header)
    mark = marks_of(paper)[key(ANNA)]
    assert (mark.comment, mark.extra) == ("mine", {})


def test_several_overwritten_headers_side_by_side():
    paper = commented()
    for name in ("outcome", "reason", "comment", "status", "key", "source"):
        paper.put(0, RU[name], f"x{name}")
    assert marks_of(paper)[key(ANNA)].comment == "mine"
    assert marks_of(paper)[key(ANNA)].extra == {}


@pytest.mark.parametrize("header", [None, "gone", "replaced"])
def test_without_headers_the_key_column_tells_where_the_others_are(header):
    paper = commented()
    if header == "gone":
        del paper.rows[0]
    else:
        paper.rows[0] = [f"{header}{place}" if header else None for place in range(len(IDS))]
    marks = marks_of(paper)
    assert set(marks) == {key(ANNA), key(BORIS)}
    assert marks[key(ANNA)].comment == "mine"


def test_without_headers_and_with_a_column_inserted_in_front():
    paper = commented()
    paper.rows = [["note", *row] for row in paper.rows[1:]]
    mark = marks_of(paper)[key(ANNA)]
    assert (mark.comment, mark.extra) == ("mine", {"…": "note"})


def test_rows_above_the_header_and_a_header_pasted_twice():
    paper = commented()
    paper.rows.insert(2, list(paper.rows[0]))
    paper.rows.insert(0, ["Our tasks"])
    paper.rows.insert(1, [None])
    assert set(marks_of(paper)) == {key(ANNA), key(BORIS)}


def test_a_deleted_key_column_doubles_nothing():
    paper = commented()
    place = paper.column(RU["key"])
    paper.rows = [row[:place] + row[place + 1 :] for row in paper.rows]
    tasks = open_tasks((ANNA, BORIS), read_marks(paper.grid()), {}, TODAY)
    assert {task.key: task.mark.comment for task in tasks} == {key(ANNA): "mine", key(BORIS): ""}


def test_a_deleted_key_column_makes_no_keys_of_the_column_beside_it():
    paper = commented()
    place = paper.column(RU["key"])
    paper.rows = [[*row[:place], value] for row, value in zip(paper.rows, ("Скидка", "5 %", "7 %"), strict=True)]
    marks = read_marks(paper.grid())
    assert [mark.extra for mark in marks] == [{"Скидка": "5 %"}, {"Скидка": "7 %"}]
    assert [mark.key for mark in marks] == ["", ""]
    assert "mine" in {mark.comment for mark in marks}


def test_a_deleted_manager_column_reads_as_blank():
    paper = commented()
    place = paper.column(RU["reason"])
    paper.rows = [row[:place] + row[place + 1 :] for row in paper.rows]
    mark = marks_of(paper)[key(ANNA)]
    assert (mark.comment, mark.reason, mark.extra) == ("mine", "", {})


def test_people_s_columns_keep_header_value_kind_and_order():
    paper = drawn()
    for header, value in (
        ("Город", "Омск"),
        ("Сумма", 12.5),
        ("Когда", TODAY),
        ("Город", True),
        (None, "note"),
        ("Пусто", None),
    ):
        for row in paper.rows:
            row.append(None)
        paper.rows[0][-1], paper.rows[1][-1] = header, value
    read = read_tasks_tab(paper.grid())
    values = {"Город": "Омск", "Сумма": 12.5, "Когда": TODAY, "Город 2": True, "…": "note", "Пусто": None}
    assert read.extra == tuple(values)
    assert read.marks[0].extra == values
    again = drawn(marks=read.marks, extra=read.extra)
    assert again.rows[0][len(IDS) :] == list(values)
    assert again.rows[1][len(IDS) :] == list(values.values())
    assert drawn("en", marks=read.marks, extra=read.extra).rows[1][len(IDS) :] == list(values.values())


def test_a_row_typed_by_hand():
    paper = drawn()
    paper.add(
        **{RU["todo"]: "=Купить", RU["manager"]: "Ольга", RU["priority"]: "high", RU["client"]: 42, RU["due"]: TODAY}
    )
    mark = read_marks(paper.grid())[-1]
    assert (mark.key, mark.own, mark.due) == ("", True, TODAY)
    expected = {"todo": "=Купить", "manager": "Ольга", "priority": 1, "client": "42", "due": "05.11.2026"}
    assert mark.cells == expected


def test_the_sentence_of_an_empty_tab_is_no_task():
    paper = paper_of(draw_tasks((), DrawContext("ru", "RUB", TODAY)))
    assert read_marks(paper.grid()) == ()
    paper.put(1, RU["comment"], "my note")
    (mark,) = read_marks(paper.grid())
    assert (mark.key, mark.comment, "todo" in mark.cells) == ("", "my note", False)
    paper.put(1, RU["todo"], "my own task")
    (mark,) = read_marks(paper.grid())
    assert (mark.key, mark.own, mark.cells["todo"]) == ("", True, "my own task")


@pytest.mark.parametrize("rows", [[], [[]], [[None, None]], [["just", "words"]], [[1.0, 2.0], [3.0, None]]])
def test_strange_sheets_are_read_without_a_fault(rows):
    grid = Paper(rows).grid()
    assert len(read_marks(grid)) == sum(any(value is not None for value in row) for row in rows)


def test_reading_back_what_was_drawn_says_nothing_was_touched():
    tasks = open_tasks((ANNA, BORIS), (), {}, TODAY)
    tab = draw_tasks(tasks, DrawContext("en", "USD", TODAY))
    assert not any(mark.touched for mark in read_marks(tab_grid(tab)))


def test_words_instead_of_a_day_do_not_stop_other_days_from_being_days():
    paper = commented()
    paper.put(paper.row_of(RU["client"], "Boris"), RU["due"], "после отпуска")
    later = TODAY + timedelta(days=3)
    tasks = open_tasks([decision("Anna", due=later), decision("Boris", due=later)], read_marks(paper.grid()), {}, later)
    tab = draw_tasks(tasks, DrawContext("ru", "RUB", later))
    assert set(tab.tables[0].columns[1].values) == {"2026-11-05", "после отпуска"}
    assert {mark.due for mark in read_marks(tab_grid(tab))} == {TODAY, "после отпуска"}
