"""The morning digest: what it says, to whom, once a day whatever happens."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest

from sheets_crm.sync.secrets import set_secret
from tests.daemon.notices.firm import DAY, PERSONAL, Firm, at


def test_each_reads_their_own_day(firm):
    firm.run(at("07:00"))
    assert firm.tick(at("08:29")) == []
    sent = dict(firm.tick(at("08:30")))
    assert set(sent) == {"boss", "anna"}
    assert sent["anna"] == (
        "Задачи на 20.11.2026 — Окна Плюс\n"
        "На сегодня 1 задача.\n• Просроченная оплата — 1\n\nОткройте вкладку «Задачи»."
    )
    assert sent["boss"] == (
        "Задачи на 20.11.2026 — Окна Плюс\n"
        "По менеджерам:\n• Анна: на сегодня 1, просрочено 0\n• Иван: на сегодня 1, просрочено 0"
    )


def test_once_a_day_whatever_restarts_happen(firm):
    firm.run(at("07:00"))
    assert len(firm.tick(at("08:30"))) == 2
    for clock in ("08:31", "09:00", "12:00", "20:59"):
        firm.restart()
        firm.run(at(clock))
        assert firm.tick(at(clock)) == []
    monday = DAY + timedelta(days=3)
    firm.run(at("07:00", monday))
    assert len(firm.tick(at("08:30", monday))) == 2


def test_a_computer_that_slept_sends_it_when_it_wakes(firm):
    firm.run(at("07:00"))
    assert len(firm.tick(at("15:40"))) == 2


@pytest.mark.parametrize("when", [at("21:30"), at("08:30", date(2026, 11, 21)), at("00:10", date(2026, 11, 23))])
def test_not_at_night_nor_on_a_day_off_nor_on_the_next_day(firm, when):
    firm.run(at("07:00"))
    assert firm.tick(when) == []


def test_no_digest_of_yesterdays_base(firm):
    firm.run(at("18:00", DAY - timedelta(days=1)))  # then the computer slept; today's payment came in meanwhile
    firm.sheets["Сделки"][2] = ("С-2", "К-2", "Оплачено", 4321, date(2026, 11, 1), date(2026, 11, 19), 4321, "Иван")
    firm.save()
    sent = dict(firm.tick(at("08:30")))
    assert "• Анна: на сегодня 0, просрочено 1" in sent["boss"]
    assert "Иван" not in sent["boss"]


def test_while_the_workbook_cannot_be_read_the_last_figures_must_do(firm):
    firm.run(at("18:00", DAY - timedelta(days=1)))
    firm.book.rename(firm.book.with_suffix(".away"))
    tried = [clock for clock in ("08:30", "08:45", "09:00", "09:15", "09:29") if firm.tick(at(clock))]
    assert tried == []
    sent = dict(firm.tick(at("09:40")))
    assert "Книгу сегодня прочитать не удалось; ниже — как было 19.11.2026." in sent["anna"]
    assert firm.tick(at("09:41")) == []


def test_a_manager_without_tasks_reads_nothing_and_the_owner_always_something(firm):
    firm.sheets["Сделки"] = firm.sheets["Сделки"][:1]
    firm.save()
    firm.run(at("07:00"))
    assert [name for name, _ in firm.tick(at("08:30"))] == ["boss"]


@pytest.mark.parametrize("clients", [2, 3])
def test_a_sum_is_told_only_where_it_is_of_several_clients(tmp_path, clients):
    firm = Firm(tmp_path, people="managers: [{name: Анна, notify: [anna]}]\n")
    firm.sheets["Сделки"] = [firm.sheets["Сделки"][0]] + [
        (f"С-{n}", f"К-{n}", "Счёт выставлен", 1000 * n, date(2026, 11, 1), date(2026, 11, 10), 0, "Анна")
        for n in range(1, clients + 1)
    ]
    firm.save()
    firm.run(at("07:00"))
    told = dict(firm.tick(at("08:30")))["anna"]
    assert ("Речь о сумме 6\u00a0000\u00a0₽." in told) is (clients == 3)


def test_without_personal_data_nothing_names_a_client(firm, log):
    firm.run(at("07:00"))
    firm.type_task("Позвонить жене Тихонова", hour=time(9, 0))
    firm.run(at("08:00"))
    sent = firm.tick(at("08:50"))
    assert {name for name, _ in sent} == {"boss", "anna"}
    assert [word for word in PERSONAL for _, text in sent if word in text] == []
    kept = (firm.state.path / "notices" / "notices.json").read_text("utf-8")
    assert [word for word in PERSONAL if word in kept] == []
    assert [word for word in PERSONAL if word in log()] == []


def test_with_personal_data_the_first_tasks_are_named(tmp_path):
    firm = Firm(tmp_path, notifications="{owner: [boss], personal_data: true}")
    firm.run(at("07:00"))
    firm.type_task("Позвонить жене", hour=time(9, 30))
    firm.run(at("08:00"))
    told = dict(firm.tick(at("08:30")))["anna"]
    assert "По часам: 09:30." in told
    assert (
        "Вера Ильинична Гущина, +79161234567: Позвоните и договоритесь, какого числа оплатят (120\u00a0000\u00a0₽)"
        in told
    )
    assert "09:30 Позвонить жене" in told


def test_switching_personal_data_off_holds_for_what_is_kept_already(tmp_path):
    firm = Firm(tmp_path, notifications="{owner: [boss], personal_data: true}")
    firm.run(at("07:00"))
    firm.type_task("Позвонить жене", hour=time(8, 35))
    firm.run(at("08:00"))
    firm.configure("{owner: [boss], personal_data: false}")
    sent = firm.tick(at("08:30"))
    assert len(sent) == 3
    assert [word for word in PERSONAL for _, text in sent if word in text] == []


def test_one_person_reads_all_in_one_message(tmp_path):
    firm = Firm(tmp_path, people="")
    firm.run(at("07:00"))
    ((name, text),) = firm.tick(at("08:30"))
    assert name == "boss"
    assert text.count("На сегодня 1 задача.") == 2
    assert "Анна\nНа сегодня" in text


def test_two_managers_may_share_an_address(tmp_path):
    people = "managers: [{name: Анна, aliases: [Аня], notify: [anna]}, {name: Иван, notify: [anna]}]\n"
    firm = Firm(tmp_path, people=people)
    firm.run(at("07:00"))
    sent = [text for name, text in firm.tick(at("08:30")) if name == "anna"]
    assert len(sent) == 1
    assert "Анна\nНа сегодня 1 задача." in sent[0]
    assert "Иван\nНа сегодня 1 задача." in sent[0]


def test_a_managers_email_is_written_to_by_the_firms_mail(tmp_path):
    firm = Firm(tmp_path, people="managers: [{name: Анна, email: anna@firm.example}]\n")
    set_secret(
        firm.state,
        "mail",
        "mailtos://crm%40firm.example:pa%26ss@smtp.firm.example:465?from=crm@firm.example&to=boss@firm.example&cc=x@y.ru",
    )
    firm.run(at("07:00"))
    firm.notices.tick(firm.config, at("08:30"))
    url = next(url for url, _, _ in firm.post.given if url.startswith("mailtos"))
    assert (
        url
        == "mailtos://crm%40firm.example:pa%26ss@smtp.firm.example:465?from=crm%40firm.example&to=anna%40firm.example"
    )


def test_nobody_named_nobody_told_and_nothing_kept(tmp_path):
    firm = Firm(tmp_path, notifications="{}", people="")
    firm.run(at("07:00"))
    assert firm.tick(at("08:30")) == []
    assert not (firm.state.path / "notices").exists()


def test_a_damaged_record_is_begun_anew(firm):
    firm.run(at("07:00"))
    firm.tick(at("08:30"))
    (firm.state.path / "notices" / "notices.json").write_text("{broken", "utf-8")
    firm.run(at("09:00"))
    assert firm.record().material is not None


def test_problems_and_failures_are_told_to_the_owner(firm):
    firm.sheets["Клиенты"].append(("К-4", "Лютик", "12-34", "lutik", "Анна"))
    firm.save()
    firm.run(at("07:00"))
    firm.notices.failed(firm.config, ValueError("x"), at("07:10"))
    firm.notices.failed(firm.config, ValueError("x"), at("07:20"))
    firm.run(at("07:30"))
    firm.post.take()
    told = dict(firm.tick(at("08:30")))["boss"]
    assert "В данных 2 проблемы, из них ошибок: 2. Они на вкладке «Проблемы»." in told
    assert "С прошлой сводки не удались 2 попытки обновить книгу; сейчас всё в порядке." in told
    assert firm.record().failures == 0


def test_a_result_that_crossed_a_pipe_is_as_good(firm):
    import pickle

    from sheets_crm.sync import run

    result = run.sync(str(firm.config), today=DAY)
    firm.notices.after_run(firm.config, pickle.loads(pickle.dumps(result)), at("07:00"))
    assert len(firm.tick(at("08:30"))) == 2


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_the_messages_speak_the_workbooks_language(tmp_path, lang):
    firm = Firm(tmp_path)
    firm.config.write_text(firm.config.read_text("utf-8").replace("language: ru", f"language: {lang}"), "utf-8")
    firm.run(at("07:00"))
    told = dict(firm.tick(at("08:30")))["anna"]
    expected = {"ru": "На сегодня 1 задача.", "en": "1 task for today."}
    assert expected[lang] in told
    assert (("Tasks for 20 Nov 2026" in told), ("Open the tab “Tasks”." in told)) == ((lang == "en"),) * 2
