"""Tasks, problems, clients and history: what is listed is what the plan found, all of it, in parts."""

from __future__ import annotations

import shutil
from collections import Counter

import pytest

from sheets_crm.cards.problems import title
from sheets_crm.tasks.order import client_of, manager_of
from sheets_crm.wizard.pages import parts
from sheets_crm.wizard.pages.parts import cut
from sheets_crm.wizard.pages.search import around
from sheets_crm.wizard.shapes import Facts, Search, Sentence
from tests.wizard.pages.conftest import blocks, editing, fields, links, owner_of, tables, text, told


def plan(owner):
    return owner.desk.look().seen.result


def rows(screen, title=None):
    return [row for table in tables(screen) if title is None or table.title == title for row in table.rows]


# --- tasks ------------------------------------------------------------------------------------------------------------


def test_every_open_task_is_listed_once_with_its_reason(reader):
    tasks = plan(reader).open_tasks
    now = [row for table in tables(reader.see("tasks"))[1:] for row in table.rows]
    later = [row for table in tables(reader.see("tasks", when="later"))[1:] for row in table.rows]
    assert Counter(text(row[0]) for row in (*now, *later)) == Counter(client_of(task) for task in tasks)
    assert all(text(row[2]) for row in (*now, *later))
    assert all("!" in text(row[4]) for row in (*now, *later))
    assert later


def test_tasks_stand_under_their_managers(reader):
    for table in tables(reader.see("tasks"))[1:]:
        mine = {client_of(task) for task in plan(reader).open_tasks if manager_of(task) == table.title}
        assert {text(row[0]) for row in table.rows} <= mine


def test_one_managers_tasks_alone(reader):
    counted = tables(reader.see("tasks"))[0].rows
    manager = counted[1]
    code = manager[0].href.partition("manager=")[2]
    shown = tables(reader.see("tasks", manager=code))[1:]
    assert [table.title for table in shown] == [manager[0].text]
    assert len(shown[0].rows) == int(text(manager[1])) + int(text(manager[2]))


def test_no_tasks_says_so_and_why(owner):
    owner.config.write_text(
        owner.config.read_text("utf-8")
        + "rules: {overdue_payment: false, invoice_followup: false, offer_followup: false, reactivation: false,"
        + " birthday: false, no_next_step: false, lost_no_reason: false}\n",
        "utf-8",
    )
    said = blocks(owner.see("tasks"), Sentence)
    assert "16.03.2026" in said[0].text
    assert said[0].tone == "good"


# --- parts of a list ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n", "page", "first", "last"), [(0, 1, 0, 0), (50, 1, 1, 50), (51, 2, 51, 51), (120, 9, 101, 120)]
)
def test_a_list_is_cut(n, page, first, last):
    part, which = cut(list(range(n)), page)
    assert (which.first, which.last, which.total) == (first, last, n)
    assert list(part) == list(range(first - 1, last)) if n else list(part) == []
    assert which.more == (last < n)


def test_turning_the_pages_shows_each_problem_once(reader, monkeypatch):
    monkeypatch.setattr(parts, "ROWS", 7)
    monkeypatch.setattr(parts.cut, "__defaults__", (7,))
    monkeypatch.setattr(parts.turning, "__defaults__", (7,))
    seen, page = [], 1
    while True:
        shown = reader.see("problems", page=str(page))
        seen += [text(row[0]) for row in tables(shown)[-1].rows]
        if not any(f"page={page + 1}" in link for link in links(shown)):
            break
        page += 1
    assert seen == [f"{one.sheet}!{one.cell}" for one in plan(reader).base.problems]
    assert page == -(-len(seen) // 7)


# --- problems -----------------------------------------------------------------------------------------------------------


def test_problems_are_counted_and_filtered(reader):
    problems = plan(reader).base.problems
    kinds, sheets, cells = tables(reader.see("problems"))
    assert (
        sum(int(text(row[2])) for row in kinds.rows) == sum(int(text(row[1])) for row in sheets.rows) == len(problems)
    )
    assert len(cells.rows) == min(len(problems), parts.ROWS)
    shown = tables(reader.see("problems", kind="bad_email"))[-1]
    assert [text(row[0]) for row in shown.rows] == [f"{p.sheet}!{p.cell}" for p in problems if p.kind == "bad_email"]
    assert title("bad_email", reader.lang) in shown.title
    code = sheets.rows[0][0].href.partition("sheet=")[2]
    alone = tables(reader.see("problems", sheet=code))[-1]
    assert {text(row[0]).partition("!")[0] for row in alone.rows} == {text(sheets.rows[0][0])}


def test_errors_come_before_warnings(reader):
    kinds = tables(reader.see("problems"))[0]
    weights = [row[1].tone for row in kinds.rows]
    assert weights == sorted(weights)  # error, warning


def test_the_filter_keeps_what_was_chosen(reader):
    (search,) = blocks(reader.see("problems", kind="bad_email"), Search)
    assert search.fields[0].value == "bad_email"
    assert {choice.value for choice in search.fields[0].choices} == {"", *(p.kind for p in plan(reader).base.problems)}


def test_a_kind_that_is_mended_says_so(reader):
    shown = tables(reader.see("problems", kind="duplicate_client"))[-1]
    assert not shown.rows
    assert shown.empty


# --- clients ------------------------------------------------------------------------------------------------------------


def test_the_first_page_of_clients_has_those_who_brought_most(reader):
    clients = plan(reader).numbers.clients.sort("revenue", descending=True, nulls_last=True, maintain_order=True)
    assert [text(row[0]) for row in rows(reader.see("clients"))] == clients["name"].head(20).to_list()


@pytest.mark.parametrize("typed", ["", " ", "x", "\n"])
def test_too_little_to_look_for(reader, typed):
    assert reader.press("clients", "find", wanted=typed).wrong["wanted"]


def test_what_is_found_leads_to_the_card(reader):
    name = plan(reader).numbers.clients["name"][3]
    went = reader.press("clients", "find", wanted=name)
    shown = reader.see(went.path)
    assert fields(shown)["wanted"].value == name
    first = rows(shown)[0]
    assert text(first[1]) == name
    assert reader.see(first[1].href.removeprefix("/p/")).title == name


def test_deals_are_found_with_their_client(reader):
    deal = plan(reader).base.frames["deal"].row(5, named=True)
    shown = reader.see(reader.press("clients", "find", wanted=deal["id"]).path)
    hit = next(row for row in rows(shown) if text(row[1]) == deal["id"])
    assert text(hit[3]) == deal["client"]


def test_the_same_search_has_one_address_and_nothing_found_is_said(reader):
    one, other = (reader.press("clients", "find", wanted="no such text") for _ in range(2))
    assert one.path == other.path
    shown = reader.see(one.path)
    assert not tables(shown)
    assert "no such text" in told(shown)


@pytest.mark.parametrize(
    ("text_", "shown"),
    [
        ("short", "short"),
        ("a" * 300, "a" * 238 + "…"),
        ("a" * 300 + "Bear" + "c" * 300, "…" + "a" * 60 + "Bear" + "c" * 174 + "…"),
        ("a" * 300 + "bear", "…" + "a" * 60 + "bear"),
    ],
)
def test_of_a_long_text_the_match_is_shown(text_, shown):
    assert around(text_, "bear") == shown


def test_a_search_of_another_run_of_the_program_is_asked_anew(reader):
    shown = reader.see("clients/find-4711")
    assert blocks(shown, Sentence)[0].tone == "warning"
    assert "wanted" in fields(shown)


# --- history ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def edited(firms, tmp_path_factory):
    """The firm after somebody changed a client and moved a deal, and a run saw it."""
    folder = tmp_path_factory.mktemp("edited") / "firm"
    shutil.copytree(firms["ru"], folder)
    owner = owner_of(folder, "ru")
    with editing(owner.book) as book:
        book["Клиенты"]["C6"] = "+7 999 123-45-67"
        book["Сделки"]["D6"] = "Отказ"
    owner.press("sync", "write")
    assert blocks(owner.see("sync"), Sentence)[0].tone == "good"
    return owner


def test_history_begins_with_the_second_run(reader):
    assert not rows(reader.see("history"))
    assert tables(reader.see("history"))[0].empty


def test_history_tells_edits_and_moves(edited):
    said = [text(row[2]) for row in rows(edited.see("history"))]
    assert any("+79991234567" in one for one in said)
    assert list(rows(edited.see("history", kind="run")))
    assert any("Отказ" in text(row[2]) for row in rows(edited.see("history", kind="stage")))
    assert all("+79991234567" not in text(row[2]) for row in rows(edited.see("history", kind="task")))


def test_history_of_one_client(edited):
    seen = edited.desk.look().seen
    name = next(text(row[1]) for row in rows(edited.see("history", kind="change")) if "+79991234567" in text(row[2]))
    code = seen.client_code(seen.named(name))
    shown = edited.see("history", client=code)
    assert any("+79991234567" in text(row[1]) for row in rows(shown))
    assert any(name in str(facts.pairs) for facts in blocks(shown, Facts))
    (search,) = blocks(shown, Search)
    assert search.fields[1].value == code


def test_history_in_parts(edited, monkeypatch):
    whole = rows(edited.see("history"))
    monkeypatch.setattr(parts, "ROWS", 2)
    monkeypatch.setattr(parts.turning, "__defaults__", (2,))
    pieces = [row for page in range(1, len(whole) // 2 + 2) for row in rows(edited.see("history", page=str(page)))]
    assert len(whole) > 2
    assert [str(row) for row in pieces[: len(whole)]] == [str(row) for row in whole]
