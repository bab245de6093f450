"""What was found: `plan` on the real workbook, before there is any crm.yaml, and nothing written anywhere."""

import json
import time

import pytest

from sheets_crm import data
from sheets_crm.engine import parse_pack
from sheets_crm.errors import OwnerError
from sheets_crm.sync.intake import open_config, open_text
from sheets_crm.sync.run import plan
from sheets_crm.wizard.shapes import Bars, Facts, Progress, Table
from sheets_crm.wizard.trial import Trials
from tests.wizard.second import BOOKS, TODAY, Later, Owner, book, demo_owner, listing, told


@pytest.fixture
def owner(tmp_path):
    return demo_owner(tmp_path, at="preview")


def result_of(owner):
    return Trials(owner.world, TODAY).of(owner.conversation.draft).result


def test_it_is_the_plan_of_the_settings_that_will_be_written(owner):
    found = result_of(owner).plan_json()
    owner.to("finish")
    owner.answer()
    assert json.dumps(plan(str(owner.config), today=TODAY).plan_json()["tasks"]) == json.dumps(found["tasks"])


def test_nothing_is_written_anywhere(owner):
    before = listing(owner.folder)
    owner.to("finish")
    assert listing(owner.folder) == before
    assert set(before) == {owner.workbook.name}
    assert owner.workbook.read_bytes() == data.demo_files("ru")[0].read_bytes()


def test_a_workbook_without_clients_is_shown_too(tmp_path):
    rows = [["Контактное лицо", "Должность", "Компания"], *([f"Имя {n}", "Директор", f"ООО {n}"] for n in range(9))]
    settings = {"sheets": {"Люди": {"card": "contact", "header_row": 1, "columns": {"name": "A"}}}}
    owner = Owner(tmp_path, book(tmp_path / "a.xlsx", {"Люди": rows}), settings=settings, at="preview")
    assert "Что и куда будет записано" in owner.texts


def test_a_text_opens_as_its_file_does(tmp_path):
    workbook, config = data.demo_files("ru")
    text = config.read_text("utf-8")
    opened, from_file = open_text(text, config), open_config(str(config))
    assert (opened.config, opened.workbook, opened.path) == (from_file.config, from_file.workbook, from_file.path)
    there = open_text(f"workbook: {json.dumps(str(workbook))}\n", tmp_path / "nowhere" / "crm.yaml")
    assert plan(there, today=TODAY).counts() == plan(str(config), today=TODAY).counts()
    assert list(tmp_path.iterdir()) == []


def test_tasks_stand_by_manager_with_whom_why_and_how_to_reach_them(owner):
    tables = [one for one in owner.screen.blocks if isinstance(one, Table) and "на сегодня" in one.title]
    result = result_of(owner)
    due = [task for task in result.open_tasks if task.day <= TODAY]
    assert sum(int("".join(filter(str.isdigit, one.title.split(":")[1]))) for one in tables) == len(due)
    assert all(len(one.rows) <= 5 for one in tables)
    client, todo, why, _ = tables[0].rows[0]
    assert client
    assert todo
    assert any(sign.isdigit() for sign in why)
    assert any(row[3] for one in tables for row in one.rows)


def test_the_funnel_is_a_picture_of_all_stages(owner):
    picture = next(one for one in owner.screen.blocks if isinstance(one, Bars))
    funnel = result_of(owner).numbers.funnels[0]
    assert {bar.label for bar in picture.bars} == {stage.stage for stage in funnel.stages}
    assert max(bar.share for bar in picture.bars) == 1
    assert all(0 <= bar.share <= 1 for bar in picture.bars)
    assert [bar.tone for bar in picture.bars if bar.tone != "plain"]
    assert any("₽" in bar.text and "%" in bar.text for bar in picture.bars)


def test_problems_stand_by_kind_with_their_worst_cells(owner):
    tables = [one for one in owner.screen.blocks if isinstance(one, Table) and one.headers[0] == "Что не так"]
    problems = result_of(owner).base.problems
    assert sum(int(row[1]) for table in tables for row in table.rows) == len(problems)
    assert [{row[0].tone for row in table.rows} for table in tables] == [{"error"}, {"warning"}]
    cells = {f"{one.sheet}!{one.cell}" for one in problems}
    assert all(row[2].split(": ")[0].split("; ")[0] in cells for table in tables for row in table.rows)


def test_doubles_the_forgotten_and_money_are_told(owner):
    text = owner.texts
    assert "Похоже на повторы" in text
    assert "Давно не покупал" in text
    assert "Деньги под вопросом" in text


def test_it_says_what_would_be_written_where(owner):
    facts = next(
        one for one in owner.screen.blocks if isinstance(one, Facts) and one.title == "Что и куда будет записано"
    )
    told_ = dict(facts.pairs)
    assert told_["Вкладки — в файл"] == str(owner.workbook)
    assert told_["Какие вкладки"] == "Задачи, Воронка, Карточки, Проблемы"
    assert told_["Настройки"] == str(owner.config)
    assert ".sheets-crm" in told_["Копии книги до записи"]


def test_english_says_the_same(tmp_path):
    owner = demo_owner(tmp_path, "en")
    owner.to("preview")
    assert "What would be written" in owner.texts
    assert "tasks for today" in owner.texts
    owner.conversation.speak("ru")
    assert "на сегодня" in owner.texts


EMPTY = {
    "no table": ({"Лист1": [["просто", "слова"]]}, "Ни на одном листе"),
    "nothing to do": ({"Клиенты": [["Клиент", "Телефон", "Менеджер"], *([f"Имя {n}", f"+7912000{n:04}", "Аня"] for n in range(9))]}, "На сегодня задач нет"),
    "no problems": ({"Клиенты": [["Клиент", "Телефон"], *([f"Имя {n}", f"+7912000{n:04}"] for n in range(9))]}, "Проблем в данных нет"),
    "no funnel": ({"Клиенты": [["Клиент", "Телефон"], *([f"Имя {n}", f"+7912000{n:04}"] for n in range(9))]}, "Воронки нет"),
}  # fmt: skip


@pytest.mark.parametrize("case", EMPTY)
def test_where_there_is_nothing_it_says_what_to_do(tmp_path, case):
    folder = tmp_path / "firm"
    folder.mkdir()
    sheets, sentence = EMPTY[case]
    owner = Owner(folder, book(folder / "a.xlsx", sheets))
    owner.to("preview")
    assert sentence in owner.texts


def test_all_rules_off_is_told_as_such(tmp_path):
    off = {rule.id: False for name, text in data.packs() for rule in parse_pack(text, name).rules}
    owner = demo_owner(tmp_path, settings={"rules": off}, at="preview")
    assert "Все правила выключены" in owner.texts


def test_long_work_runs_beside_the_conversation(tmp_path):
    later = Later()
    owner = demo_owner(tmp_path, run_later=later)
    screen = owner.screen
    assert isinstance(screen.blocks[0], Progress)
    assert screen.refresh_s
    assert len(later.work) == 1
    assert owner.screen.refresh_s, "the second look begins nothing anew"
    assert owner.answer() == "managers"
    assert len(later.work) == 1
    later.go()
    assert owner.screen.refresh_s is None
    assert owner.screen.fields


def test_a_plan_is_reckoned_once_while_nothing_changes(tmp_path):
    later = Later()
    owner = demo_owner(tmp_path, run_later=later)
    trials = Trials(owner.world, TODAY)
    draft = owner.conversation.draft
    trials.of(draft)
    later.go()
    assert trials.of(draft).result is trials.of(draft).result
    assert trials.of(draft.model_copy(update={"settings": {"schedule": {"every_minutes": 60}}})).result is not None
    assert later.work == []
    assert trials.of(draft.model_copy(update={"settings": {"country": "KZ"}})).is_running
    later.work.clear()
    time.sleep(0.01)
    owner.workbook.write_bytes(owner.workbook.read_bytes())
    assert trials.of(draft).is_running


def test_a_workbook_that_went_away_is_told_and_looked_for_again(owner):
    content = owner.workbook.read_bytes()
    owner.workbook.unlink()
    assert owner.answer() == "preview"
    assert any(one.tone == "error" for one in [*owner.screen.blocks, *owner.screen.errors] if hasattr(one, "tone"))
    assert "again" in {one.name for one in owner.screen.actions}
    owner.workbook.write_bytes(content)
    owner.send({}, "again")
    assert "на сегодня" in told(owner.screen)


def test_our_own_fault_does_not_leave_the_screen_waiting(tmp_path, monkeypatch):
    later = Later()
    owner = demo_owner(tmp_path, run_later=later)
    monkeypatch.setattr("sheets_crm.sync.run.plan", lambda *_, **__: 1 / 0)
    assert owner.screen.refresh_s
    with pytest.raises(ZeroDivisionError):
        later.go()
    monkeypatch.undo()
    assert owner.screen.refresh_s is None
    assert "наша ошибка" in owner.texts
    owner.send({}, "again")
    assert owner.screen.refresh_s
    later.go()
    assert owner.screen.fields


def test_settings_that_are_impossible_are_an_error_and_no_crash(tmp_path):
    owner = demo_owner(tmp_path, settings={"template": "nonsense"})
    trial = Trials(owner.world).of(owner.conversation.draft)
    assert isinstance(trial.error, OwnerError)
    assert "nonsense" in owner.texts


@pytest.mark.corpus
@pytest.mark.parametrize("workbook", BOOKS, ids=lambda path: path.stem)
@pytest.mark.parametrize("lang", ["ru", "en"])
def test_other_peoples_workbooks_from_the_first_screen_to_the_sync(tmp_path, workbook, lang):
    folder = tmp_path / "firm"
    folder.mkdir()
    owner = Owner(folder, workbook, lang, today=None)
    owner.to("preview")
    assert sum(isinstance(one, Table) for one in owner.screen.blocks) >= 4
    owner.to("finish")
    assert list(folder.iterdir()) == [owner.workbook]
    owner.answer()
    assert owner.config.exists()
    assert plan(str(owner.config)).counts()["tasks"]
