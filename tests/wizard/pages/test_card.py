"""A client's card: what the base knows of the client, in its blocks, and nothing of anybody else."""

from __future__ import annotations

import pytest

from sheets_crm.wizard.shapes import Facts, Sentence
from sheets_crm.words import say
from tests.wizard.pages.conftest import blocks, editing, links, tables, text, told


def busiest(owner):
    """The client with most deals: name and path."""
    seen = owner.desk.look().seen
    deals = seen.result.base.frames["deal"].drop_nulls("client_id")["client_id"].value_counts(sort=True)
    identity = deals["client_id"][0]
    return seen.name_of(identity), f"clients/{seen.client_code(identity)}"


def facts(screen, title):
    found = [one for one in blocks(screen, Facts) if one.title == title]
    return {name: text(value) for name, value in found[0].pairs} if found else {}


def titled(screen, title):
    return next(table for table in tables(screen) if table.title == title)


def test_blocks_stand_in_their_order(reader):
    name, path = busiest(reader)
    shown = reader.see(path)
    assert shown.title == name
    titles = [one.title for one in blocks(shown, Facts)]
    wanted = [
        say(f"pages.card.blocks.{block}", reader.lang) for block in ("main", "work", "sales", "credit", "loyalty")
    ]
    assert [title for title in titles if title in wanted] == [title for title in wanted if title in titles]
    assert wanted[0] in titles
    assert wanted[2] in titles


def test_numbers_are_those_of_the_clients_tab(reader):
    name, path = busiest(reader)
    numbers = reader.desk.look().seen.result.numbers.clients
    row = numbers.filter(numbers["name"] == name).to_dicts()[0]
    sales = facts(reader.see(path), say("pages.card.blocks.sales", reader.lang))
    assert sales[say("cli.number.purchases", reader.lang)] == str(row["purchases"])
    assert sales[say("cli.number.abc", reader.lang)] == row["abc"]


def test_deals_are_the_clients_own_newest_first_in_parts(reader):
    _name, path = busiest(reader)
    seen = reader.desk.look().seen
    deals = seen.result.base.frames["deal"]
    mine = deals.filter(deals["client_id"] == seen.client(path.partition("/")[2]))
    shown = titled(reader.see(path), say("cli.block.deal", reader.lang))
    assert len(shown.rows) == min(len(mine), 10)
    whole = tables(reader.see(path, list="deal"))[0]
    assert len(whole.rows) == len(mine)
    assert {text(row[-1]) for row in whole.rows} == {f"{one['_sheet']}!{one['_row']}" for one in mine.to_dicts()}


def test_tasks_are_the_clients_own(reader):
    for task in reader.desk.look().seen.result.open_tasks[:5]:
        code = reader.desk.look().seen.client_code(task.decision.client_id)
        if code:
            shown = tables(reader.see(f"clients/{code}"))[0]
            assert shown.rows


def test_a_client_without_tasks_says_so(reader):
    seen = reader.desk.look().seen
    busy = {task.decision.client_id for task in seen.result.open_tasks if task.decision}
    idle = next(one for one in seen.result.numbers.clients["id"].to_list() if one not in busy)
    shown = tables(reader.see(f"clients/{seen.client_code(idle)}"))[0]
    assert not shown.rows
    assert shown.empty


def test_the_timeline_is_newest_first_and_leads_on(reader):
    _, path = busiest(reader)
    shown = titled(reader.see(path), say("pages.card.timeline.title", reader.lang))
    assert shown.rows
    whole = tables(reader.see(path, list="timeline"))[0]
    assert [text(row[2]) for row in whole.rows[: len(shown.rows)]] == [text(row[2]) for row in shown.rows]
    assert any("history?client=" in link for link in links(reader.see(path)))


def test_a_remark_with_an_exclamation_mark_stands_on_top(owner):
    with editing(owner.book) as book:
        sheet = book["Клиенты"]
        remarks = next(cell.column for cell in sheet[1] if cell.value == "Примечание")
        sheet.cell(2, remarks, "! звонить только после обеда")
        sheet.cell(3, remarks, "любит чай")
        names = [sheet.cell(row, 2).value for row in (2, 3)]
    seen = owner.desk.look().seen
    pinned, plain = (owner.see(f"clients/{seen.client_code(seen.named(name))}") for name in names)
    assert pinned.blocks[0] == Sentence("звонить только после обеда", "warning")
    assert not blocks(plain, Sentence)
    assert "любит чай" in told(plain)


def test_a_birthday_reads_as_a_day(reader):
    seen = reader.desk.look().seen
    frame = seen.result.base.frames["client"].drop_nulls("birthday")
    row = frame.to_dicts()[0]
    shown = told(reader.see(f"clients/{seen.client_code(row['_id'])}"))
    assert row["birthday"] not in shown
    assert str(int(row["birthday"][3:])) in shown


@pytest.mark.parametrize("code", ["0" * 20, "..", "find", "К-001"])
def test_a_client_that_is_not_there(reader, code):
    shown = reader.see(f"clients/{code}")
    assert shown.errors
    assert "/p/clients" in links(shown)


def test_problems_of_the_clients_row_are_told(reader):
    seen = reader.desk.look().seen
    problem = next(
        one for one in seen.result.base.problems if one.card == "client" or one.sheet in ("Клиенты", "Clients")
    )
    clients = seen.result.numbers.clients
    row = clients.filter((clients["sheet"] == problem.sheet) & (clients["row"] == problem.row))
    shown = reader.see(f"clients/{seen.client_code(row['id'][0])}")
    assert problem.cell in [text(one[0]) for one in titled(shown, say("pages.card.problems", reader.lang)).rows]
