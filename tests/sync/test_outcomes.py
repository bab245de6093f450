"""Whole runs: a call that nobody answered, an agreed day, a refusal, a reason that passed; whatever becomes of the state."""

import json
import shutil
from datetime import date, timedelta

import pytest
from typer.testing import CliRunner

from sheets_crm.base.history import History
from sheets_crm.cli.app import app
from sheets_crm.sync import run
from tests.house.test_reference import differences, told_paths
from tests.promises.play import Killed, killing
from tests.promises.worlds import CLIENT_HEADERS, CLIENTS, DEAL_HEADERS, DEALS, LOST, OFFER, FileWorld, MemoryWorld

D = date(2026, 11, 20)
DAY = timedelta(days=1)
MANAGERS = "managers: [{name: Ольга}, {name: Пётр}, {name: Мария, role: head}]\n"


def deal(client, stage=OFFER, manager="Ольга", **cells):
    told = {
        "Клиент": client, "Создана": D - 40 * DAY, "Этап": stage, "Сумма": 1000, "Дата КП": D - 9 * DAY,
        "Дата следующего шага": D, "Менеджер": manager,
    } | cells  # fmt: skip
    return [told.get(header) for header in DEAL_HEADERS]


class Shop:
    """A workbook of three deals, and hands that type into its Tasks tab."""

    def __init__(self, folder, world=MemoryWorld, more=""):
        deals = [deal("Анна"), deal("Борис", manager="Пётр"), deal("Вера", LOST, **{"Дата КП": None})]
        clients = [[row[0], f"+7916000000{n}", row[-1]] for n, row in enumerate(deals)]
        self.world = world(folder, {CLIENTS: [CLIENT_HEADERS, *clients], DEALS: [DEAL_HEADERS, *deals]})
        config = folder / "crm.yaml"
        config.write_text(config.read_text("utf-8") + MANAGERS + more, "utf-8")
        self.today = D
        self.sync()

    def sync(self, day=None):
        self.today = day or self.today
        result = self.world.sync(self.today)
        stamp = self.world.stamp()
        assert self.world.sync(self.today).written == ()
        assert self.world.stamp() == stamp, "a second run wrote"
        return result

    def rows(self):
        head, *rows = self.world.rows(self.world.tab())
        return [dict(zip(head, row, strict=False)) for row in rows]

    def row(self, client):
        (found,) = [row for row in self.rows() if row["Клиент"] == client]
        return found

    def type(self, client, **cells):
        head, *rows = self.world.rows(self.world.tab())
        for row in rows:
            if row[head.index("Клиент")] == client:
                for header, value in cells.items():
                    row[head.index(header.replace("_", " "))] = value
        self.world.put(self.world.tab(), [head, *rows])

    def delete(self, client):
        head, *rows = self.world.rows(self.world.tab())
        self.world.put(self.world.tab(), [head, *(row for row in rows if row[head.index("Клиент")] != client)])

    def change(self, client, header, value):
        head, *rows = self.world.rows(DEALS)
        rows = [row + [None] * (len(head) - len(row)) for row in rows]
        for row in rows:
            if row[0] == client:
                row[head.index(header)] = value
        self.world.put(DEALS, [head, *rows])

    def history(self, table):
        with History.open(self.world.state) as history:
            return history.table(table).to_dicts()

    def said(self, what):
        if what == "task":
            return [row["state_to"] for row in self.history("task_moves") if row["state_from"]]
        return [row["new"] for row in self.history("task_events") if row["what"] == what]


@pytest.fixture(params=[MemoryWorld, FileWorld])
def shop(request, tmp_path):
    return Shop(tmp_path / "shop", request.param)


@pytest.fixture
def one(tmp_path):
    return Shop(tmp_path / "shop")


def test_a_call_that_nobody_answered(shop):
    shop.type("Анна", Результат="Не дозвонились", Статус="Сделана", Комментарий="секретарь")
    shop.sync()
    row = shop.row("Анна")
    assert (row["Статус"], row["Результат"], row["Комментарий"], row["Срок"]) == ("Новая", None, "секретарь", D + DAY)
    assert "Попыток связаться: 1 (20.11.2026)." in row["Почему"]
    assert shop.said("outcome") == ["Не дозвонились"]
    assert shop.said("comment") == ["секретарь"]
    assert shop.said("task") == ["next_step"]
    shop.type("Анна", Результат="недозвон")
    shop.sync(D + DAY)
    assert shop.row("Анна")["Срок"] == D + 3 * DAY
    assert shop.said("outcome") == ["Не дозвонились", "недозвон"]
    assert shop.said("comment") == ["секретарь"], "it stayed in the row; nobody said it again"


@pytest.mark.parametrize(
    "where",
    ["before intake", "after intake", "before the write", "after the write", "after the record", "before the stamp"],
)
@pytest.mark.parametrize("lost", [False, True])
def test_whatever_dies_a_try_counts_once(one, where, lost):
    one.type("Анна", Результат="Не дозвонились", Комментарий="секретарь")
    with pytest.raises(Killed), killing(where):
        one.world.sync(D)
    if lost:
        one.world.lose_state()
    one.sync(D)
    row = one.row("Анна")
    assert (row["Результат"], row["Комментарий"], row["Срок"]) == (None, "секретарь", D + DAY)
    assert "Попыток связаться: 1 (20.11.2026)." in row["Почему"]
    assert one.said("comment") == ["секретарь"]
    assert len([row for row in one.rows() if row["Клиент"] == "Анна"]) == 1


def test_after_a_crash_the_day_is_the_one_on_which_it_was_first_seen(one):
    one.type("Анна", Результат="Не дозвонились")
    with pytest.raises(Killed), killing("before the write"):
        one.world.sync(D)
    one.sync(D + 2 * DAY)
    assert (one.row("Анна")["Срок"], "(20.11.2026)" in one.row("Анна")["Почему"]) == (D + DAY, True)


def five_calls(shop):
    for number in range(5):
        shop.type("Анна", Результат="Не дозвонились")
        shop.sync(D + number * DAY)


def test_five_calls_go_to_the_head(shop):
    five_calls(shop)
    row = shop.row("Анна")
    assert (row["Менеджер"], row["Правило"]) == ("Мария", "Предложение без ответа")
    assert row["Что сделать"].startswith("Решите, что делать дальше")
    assert "5 (20.11.2026, 21.11.2026, 22.11.2026, 23.11.2026, 24.11.2026)" in row["Почему"]
    assert "Ольга" in row["Почему"]
    before = shop.rows()
    shop.world.lose_state()
    shop.sync()
    assert shop.rows() == before, "keys, days and tries stand in the tab"
    shop.type("Анна", Результат="Пробовать ещё")
    shop.sync()
    assert (shop.row("Анна")["Менеджер"], shop.row("Анна")["Срок"]) == ("Ольга", D + 5 * DAY)


def test_the_owner_s_own_gaps(tmp_path):
    shop = Shop(tmp_path / "shop", more="")
    config = shop.world.folder / "crm.yaml"
    config.write_text(
        config.read_text("utf-8").replace("merge_reasons: false", "again: {after_days: [3], tries: 2, to: owner}"),
        "utf-8",
    )
    shop.type("Анна", Результат="Не дозвонились")
    shop.sync()
    assert shop.row("Анна")["Срок"] == D + 3 * DAY
    shop.type("Анна", Результат="Не дозвонились")
    shop.sync()
    assert shop.row("Анна")["Менеджер"] == "Мария", "there is no owner: the head decides"


def test_a_deleted_row_does_not_begin_the_tries_anew(one):
    one.type("Анна", Результат="Не дозвонились")
    one.sync()
    one.type("Анна", Результат="Не дозвонились", Комментарий="x")
    one.sync(D + DAY)
    before = one.row("Анна")
    one.delete("Анна")
    one.sync()
    after = one.row("Анна")
    assert (after["Ключ"], after["Срок"], after["Комментарий"]) == (before["Ключ"], before["Срок"], None)
    assert "2 (20.11.2026, 21.11.2026)" in after["Почему"]


def test_an_old_state_brings_back_neither_tries_nor_marks(one):
    one.type("Анна", Результат="Не дозвонились")
    one.sync()
    one.world.save_state()
    one.type("Анна", Результат="Не дозвонились", Комментарий="второй раз")
    one.sync(D + DAY)
    before = one.rows()
    assert one.world.bring_back_old_state()
    one.sync()
    assert one.rows() == before
    one.type("Анна", Результат="Не дозвонились")
    one.sync(D + 3 * DAY)
    assert "3 (20.11.2026, 21.11.2026, 23.11.2026)" in one.row("Анна")["Почему"]


def test_the_same_words_twice_between_two_states_are_two_tries(one):
    """The value that history holds for the first try is no reason to overlook the second."""
    one.type("Анна", Результат="Не дозвонились")
    with pytest.raises(Killed), killing("after the write"):
        one.world.sync(D)
    one.type("Анна", Результат="Не дозвонились")
    one.sync(D)
    assert one.said("outcome") == ["Не дозвонились", "Не дозвонились"]
    assert "Попыток связаться: 2" in one.row("Анна")["Почему"]


def test_an_agreed_day(shop):
    shop.type("Анна", Результат="Думают", Отложить_до=D + 6 * DAY)
    shop.sync()
    row = shop.row("Анна")
    assert (row["Срок"], row["Отложить до"], row["Результат"], row["Статус"]) == (D + 6 * DAY, None, None, "Новая")
    assert "Договорились на 26.11.2026." in row["Почему"]
    shop.sync(D + 6 * DAY)
    assert shop.row("Анна")["Срок"] == D + 6 * DAY
    shop.type("Анна", Результат="Думают", Комментарий="01.12.2026")
    shop.sync()
    assert shop.row("Анна")["Срок"] == date(2026, 12, 1)


def test_without_a_day_the_row_asks_for_it(one):
    one.type("Анна", Результат="Думают", Статус="Сделана")
    one.sync()
    assert one.row("Анна")["Почему"].startswith("Не хватает даты")
    assert [row["Клиент"] for row in one.rows()].index("Анна") < 2, "it is not put away"
    (task,) = [row for row in one.history("tasks") if row["client"] == "Анна"]
    assert (task["closed"], task["status"]) == (None, "in_progress")


def test_a_refusal_wants_its_reason_and_is_over_then(one):
    one.type("Анна", Результат="Отказались", Статус="Сделана")
    one.sync()
    assert one.row("Анна")["Почему"].startswith("Не хватает причины отказа")
    one.type("Анна", Причина="дорого")
    one.sync(D + DAY)
    row = one.row("Анна")
    assert (row["Статус"], row["Причина"], "Не хватает" in row["Почему"]) == ("Сделана", "дорого", False)
    one.world.lose_state()
    one.sync(D + 2 * DAY)
    assert one.row("Анна")["Статус"] == "Сделана"


def test_a_result_alone_closes_its_row(one):
    one.type("Анна", Результат="Согласны")
    one.sync()
    assert one.row("Анна")["Статус"] == "Сделана"
    assert one.said("task") == ["done"]


def test_what_is_no_longer_needed_says_why_in_the_tab_and_in_history(shop):
    shop.type("Анна", Комментарий="x")
    shop.sync()
    shop.change("Анна", "Ответ по КП", "берут")
    shop.change("Борис", "Этап", LOST)
    shop.change("Борис", "Причина отказа", "дорого")
    shop.change("Вера", "Причина отказа", "передумала")
    shop.sync(D + DAY)
    row = shop.row("Анна")
    assert row["Почему"] == "Больше не нужно с 21.11.2026: ответ получен, «берут»."
    closed = {row["client"]: row["closed_reason"] for row in shop.history("tasks")}
    assert closed == {
        "Анна": "ответ получен, «берут»", "Борис": "сделка потеряна, этап «Отказ»", "Вера": "причина записана, «передумала»",
    }  # fmt: skip
    assert sorted(shop.said("task")) == sorted(closed.values())
    before = shop.rows()
    shop.world.lose_state()
    shop.sync(D + 2 * DAY)
    assert shop.rows() == before, "what was said of it stays as it was said"


def test_without_a_state_a_row_says_itself_what_it_was_about(one):
    one.type("Анна", Комментарий="x")
    one.sync()
    one.world.lose_state()
    one.change("Анна", "Этап", "Договор")
    one.sync(D + DAY)
    assert one.row("Анна")["Почему"] == "Больше не нужно с 21.11.2026: этап теперь «Договор»."


def test_a_row_that_is_gone_a_rule_switched_off(one):
    one.type("Анна", Комментарий="x")
    one.type("Борис", Комментарий="y")
    one.sync()
    head, *rows = one.world.rows(DEALS)
    one.world.put(DEALS, [head, *(row for row in rows if row[0] != "Анна")])
    one.sync(D + DAY)
    assert "строки больше нет в таблице" in one.row("Анна")["Почему"]
    config = one.world.folder / "crm.yaml"
    config.write_text(config.read_text("utf-8").replace("rules: {", "rules: {offer_followup: false, "), "utf-8")
    one.sync(D + DAY)
    assert "правило «Предложение без ответа» выключено" in one.row("Борис")["Почему"]


def test_a_reason_that_returns_opens_the_task_again(one):
    one.change("Анна", "Ответ по КП", "думают")
    one.sync()
    one.change("Анна", "Ответ по КП", None)
    one.sync(D + DAY)
    assert one.said("task") == ["ответ получен, «думают»", "open"]
    (task,) = [row for row in one.history("tasks") if row["client"] == "Анна"]
    assert (task["closed"], task["opened"]) == (None, "2026-11-20")


def test_a_task_that_ended_keeps_its_rule_and_manager_in_history(one):
    one.type("Анна", Результат="Отказались", Комментарий="x")
    one.sync()
    one.change("Анна", "Ответ по КП", "нет")
    one.sync(D + DAY)
    (task,) = [row for row in one.history("tasks") if row["client"] == "Анна"]
    assert (task["rule"], task["manager"]) == ("offer_followup", "Ольга")


# The results command


def results(shop, *more):
    lang = () if "--lang" in more else ("--lang", "ru")
    done = CliRunner().invoke(app, ["results", str(shop.world.folder), *more, *lang], catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


def test_results_are_counted(one):
    one.type("Анна", Результат="Не дозвонились")
    one.sync()
    one.type("Анна", Результат="Отказались", Причина="дорого")
    one.type("Борис", Результат="Отказались")
    one.sync(D + DAY)
    told = json.loads(results(one, "--json", "--today", "2026-11-30"))
    counts = {(row["manager"], row["outcome"], row["then"]): row["count"] for row in told["outcomes"]}
    assert counts == {
        ("Ольга", "Не дозвонились", "again"): 1, ("Ольга", "Отказались", "declined"): 1, ("Пётр", "Отказались", "declined"): 1,
    }  # fmt: skip
    assert [(row["manager"], row["reason"], row["count"]) for row in told["refusals"]] == [
        ("Ольга", "дорого", 1),
        ("Пётр", "", 1),
    ]
    assert (told["total"], told["since"], told["until"]) == (3, None, "2026-11-30")
    later = json.loads(results(one, "--json", "--since", "2026-11-21", "--today", "2026-11-30"))
    assert later["total"] == 2
    text = results(one, "--today", "2026-11-30", "--since", "2026-11-20")
    assert "3 результата с 20.11.2026 по 30.11.2026" in text
    assert "  Пётр: причина не записана 1" in text
    assert "3 outcomes" in results(one, "--lang", "en", "--today", "2026-11-30")
    assert "Результатов за это время нет" in results(one, "--today", "2026-11-30", "--since", "2026-11-29")
    shutil.rmtree(one.world.state)
    assert "Истории пока нет" in results(one)
    assert json.loads(results(one, "--json"))["outcomes"] == []


def test_the_page_says_what_results_print(one, root):
    one.type("Анна", Результат="Отказались", Причина="дорого")
    one.sync()
    printed = json.loads(results(one, "--json"))
    assert differences(told_paths(root, "results --json"), [printed]) == (set(), set())


def test_a_plan_says_what_a_sync_would(one):
    one.type("Анна", Результат="Не дозвонились")
    planned = one.world.plan(D).plan_json()["tasks"]
    assert one.row("Анна")["Результат"] == "Не дозвонились"
    task = next(task for task in planned if task["client"] == "Анна")
    assert (task["due"], "Попыток связаться: 1" in task["why"]) == ("2026-11-21", True)
    assert run.plan(str(one.world.folder), today=D, book=one.world.book).written == ()


def test_a_row_typed_by_hand_is_never_called_lost(tmp_path):
    """Also where the list is shorter afterwards, so that the place at which it was typed is blank again."""
    one = Shop(tmp_path / "shop", FileWorld)
    head, *rows = one.world.rows(one.world.tab())
    typed = [None] * len(head)
    typed[head.index("Что сделать")] = "Позвонить в банк"
    one.world.put(one.world.tab(), [head, *rows, typed])
    one.change("Анна", "Этап", LOST)
    one.change("Борис", "Дата КП", None)
    result = one.world.sync(D)
    assert "Позвонить в банк" in [row["Что сделать"] for row in one.rows()]
    assert len(one.rows()) < len(rows) + 1
    assert "openbook.note.dropped" not in [key for key, _ in result.notes]
