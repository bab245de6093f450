"""Rules: a try-out tells what a run with those settings would do, and only saving writes, and only what was tried."""

from __future__ import annotations

from decimal import Decimal

import pytest
import yaml

from sheets_crm.data import DEMO_TODAY
from sheets_crm.engine.pack import Param, Texts
from sheets_crm.sync.run import plan
from sheets_crm.wizard.pages import trying
from sheets_crm.wizard.shapes import Facts, Progress, Sentence
from tests.wizard.pages.conftest import blocks, fields, owner_of, tables, text, told

REMARK = "# Напоминать о счетах решила Ольга\n"


def of_rule(result, rule):
    return {task.key for task in result.open_tasks if any(decision.rule == rule for decision in task.decisions)}


def stated(owner):
    return yaml.safe_load(owner.config.read_text("utf-8"))


def test_every_rule_is_listed_with_its_tasks(reader):
    result = reader.desk.look().seen.result
    listed = [row for table in tables(reader.see("rules")) for row in table.rows]
    assert len(listed) == sum(len(pack.rules) for pack in result.packs)
    counted = {row[0].href.rpartition("/")[2]: int(text(row[3])) for row in listed}
    assert counted == {rule: len(of_rule(result, rule)) for rule in counted}
    assert any(counted.values())


def test_a_rule_shows_what_holds(reader):
    shown = fields(reader.see("rules/offer_followup"))
    assert shown["on"].value == "yes"
    assert shown["days"].value == "3"
    assert (shown["days"].least, shown["days"].most) == ("0", "365")


def test_a_rule_without_its_columns_says_which(owner):
    owner.config.write_text(
        "workbook: windows.xlsx\nlanguage: ru\ncountry: RU\n"
        "sheets: {Клиенты: {card: client, header_row: 3, columns: {name: B}}}\n",
        "utf-8",
    )
    states = {row[0].text: row[1] for table in tables(owner.see("rules")) for row in table.rows}
    birthday = next(cell for name, cell in states.items() if "ожден" in name)
    assert birthday.tone == "warning"
    assert "День рождения" in birthday.text


# --- the try-out ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "on"), [("20", "yes"), ("1", "yes"), ("3", "")])
def test_a_try_out_is_the_plan_with_those_settings(owner, days, on):
    before = owner.desk.look().seen.result
    files = owner.files()
    owner.see("rules/offer_followup")
    went = owner.press("rules/offer_followup", "try", on=on, days=days, large="100000")
    assert went.path == "rules/offer_followup"
    shown = owner.see(went.path)
    done = owner.desk.work("try:offer_followup").value
    assert owner.files() == files
    owner.config.write_text(
        owner.config.read_text("utf-8")
        + f"rules: {{offer_followup: {{on: {'true' if on else 'false'}, days: {days}}}}}\n",
        "utf-8",
    )
    after = plan(str(owner.config), today=DEMO_TODAY)
    was, becomes = of_rule(before, "offer_followup"), of_rule(after, "offer_followup")
    assert (done.before, done.after) == (len(was), len(becomes))
    assert {task.key for task in done.go} == was - becomes
    assert {task.key for task in done.come} == becomes - was
    assert done.every == (len(before.open_tasks), len(after.open_tasks))
    assert str(done.after) in blocks(shown, Sentence)[0].text
    assert sum(len(table.rows) for table in tables(shown)) == len(done.go) + len(done.come)


@pytest.mark.parametrize("typed", ["", "three", "-1", "366", "2.5", "1e99", "1e999999999", "NaN", "Infinity", "3 days"])
def test_a_number_that_does_not_fit_is_told_beside_its_field(reader, typed):
    reader.see("rules/offer_followup")
    went = reader.press("rules/offer_followup", "try", on="yes", days=typed, large="100000")
    assert set(went.wrong) == {"days"}
    assert went.wrong["days"]


@pytest.mark.parametrize("typed", ["100 000", "100\u00a0000", "100000,0"])
def test_numbers_are_read_as_people_write_them(reader, typed):
    reader.see("rules/offer_followup")
    assert set(reader.press("rules/offer_followup", "try", on="yes", days=" 3 ", large=typed).wrong) == {
        ""
    }  # as it is now


def test_a_try_out_that_can_not_be_reckoned_says_why(owner):
    owner.see("rules/offer_followup")
    book = owner.book.read_bytes()
    owner.book.unlink()
    owner.press("rules/offer_followup", "try", on="yes", days="9", large="100000")
    shown = owner.see("rules/offer_followup")
    assert "windows.xlsx" in shown.errors[0].text
    assert [action.name for action in shown.actions] == ["drop"]
    owner.folder.joinpath("windows.xlsx").write_bytes(book)
    owner.press("rules/offer_followup", "drop")
    assert fields(owner.see("rules/offer_followup"))["days"].value == "3"


def test_while_it_is_reckoned_the_page_waits(firms):
    waiting = []
    owner = owner_of(firms["ru"], "ru", later=waiting.append)
    owner.see("rules")
    waiting.pop()()
    owner.see("rules/birthday")
    owner.press("rules/birthday", "try", on="yes", days="30")
    assert blocks(owner.see("rules/birthday"), Progress)
    waiting.pop()()
    assert not blocks(owner.see("rules/birthday"), Progress)


def test_another_number_is_tried_anew(owner):
    owner.see("rules/birthday")
    for days in ("30", "60"):
        owner.press("rules/birthday", "try", on="yes", days=days)
        assert days in told(owner.see("rules/birthday"))
        assert owner.press("rules/birthday", "drop").path == "rules/birthday"
    assert fields(owner.see("rules/birthday"))["days"].value == "7"


# --- saving ---------------------------------------------------------------------------------------------------------------


def test_saving_changes_the_rule_and_nothing_else(owner):
    text_before = REMARK + owner.config.read_text("utf-8") + "\nrules:\n  birthday: {days: 5} # неделя рано\n"
    owner.config.write_text(text_before, "utf-8")
    owner.config.chmod(0o640)
    before = stated(owner)
    book = owner.book.read_bytes()
    owner.see("rules/offer_followup")
    owner.press("rules/offer_followup", "try", on="yes", days="20", large="100000")
    shown = owner.see("rules/offer_followup")
    assert any("days: 20" in str(facts.pairs) for facts in blocks(shown, Facts))
    saved = owner.press("rules/offer_followup", "save")
    assert saved.said.tone == "good"
    assert stated(owner) == before | {"rules": {"birthday": {"days": 5}, "offer_followup": {"days": 20}}}
    now = owner.config.read_text("utf-8")
    assert [line for line in text_before.splitlines() if line not in now.splitlines()] == []
    assert owner.config.stat().st_mode & 0o777 == 0o640
    assert owner.book.read_bytes() == book
    assert fields(owner.see("rules/offer_followup"))["days"].value == "20"


def test_saving_twice_or_without_a_try_out_writes_nothing_more(owner):
    owner.see("rules/birthday")
    assert owner.press("rules/birthday", "save").path == "rules/birthday"
    assert "rules" not in stated(owner)
    owner.press("rules/birthday", "try", days="7")
    owner.press("rules/birthday", "save")
    assert stated(owner)["rules"] == {"birthday": False}
    once = owner.config.read_bytes()
    owner.press("rules/birthday", "save")
    assert owner.config.read_bytes() == once
    owner.see("rules/birthday")
    owner.press("rules/birthday", "try", on="yes", days="7")
    owner.press("rules/birthday", "save")
    assert stated(owner)["rules"] == {"birthday": True}


def test_what_crm_yaml_says_besides_stays(owner):
    owner.config.write_text(
        owner.config.read_text("utf-8") + "\nrules: {offer_followup: {stages: [КП отправлено], only: amount > 0}}\n",
        "utf-8",
    )
    shown = owner.see("rules/offer_followup")
    assert "КП отправлено" in told(shown)
    owner.press("rules/offer_followup", "try", on="yes", days="9", large="100000")
    owner.press("rules/offer_followup", "save")
    assert stated(owner)["rules"]["offer_followup"] == {"stages": ["КП отправлено"], "only": "amount > 0", "days": 9}


# --- parameters of every kind ---------------------------------------------------------------------------------------------


LABEL = Texts(ru="Сколько", en="How many")


@pytest.mark.parametrize(
    ("param", "typed", "value"),
    [
        (Param(type="int", default=1), "5", 5),
        (Param(type="number", default=1), "2,5", Decimal("2.5")),
        (Param(type="text", default="a"), " b c ", "b c"),
        (Param(type="choice", default="a", options=("a", "b")), "b", "b"),
        (Param(type="list", default=("a",)), "x\n\n y ", ("x", "y")),
        (Param(type="bool", default=True), "", False),
    ],
)
def test_each_kind_of_parameter_is_read(param, typed, value):
    assert trying._value(param, trying._typed({"p": [typed]}, "p")) == value


def test_values_are_written_as_yaml_has_them():
    assert trying._plain(Decimal("2.5")) == 2.5
    assert trying._plain(("a", "b")) == ["a", "b"]
    assert not trying._same(("a",), ("a", "b"))
    assert trying._same(("1",), [1])
