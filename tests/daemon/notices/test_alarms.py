"""Alarms: when the owner hears that runs fail, what of, how often, and that it works again."""

from __future__ import annotations

from datetime import date

import pytest

from sheets_crm.errors import BaseEmptied, BindingError, ConfigError, WorkbookBusy, WorkbookMissing
from sheets_crm.words import Phrase
from tests.daemon.notices.firm import DAY, PERSONAL, Firm, at

MISSING = WorkbookMissing("excel.missing", workbook="base.xlsx", folder="/home/vera/base")
BUSY = WorkbookBusy("excel.open_elsewhere", workbook="base.xlsx", who="Гущина", lock="~$base.xlsx")
EMPTIED = BaseEmptied("sync.emptied", workbook="base.xlsx", card=Phrase("cli.card.client"), was=900, now=3)
NEXT = date(2026, 11, 21)


@pytest.fixture
def firm(tmp_path):
    firm = Firm(tmp_path, notifications="{owner: [boss], digest: no}")
    firm.run(at("09:00"))
    return firm


def fail(firm, error, *clocks, day=DAY):
    """The clocks at which somebody was told, and what."""
    told = []
    for clock in clocks:
        firm.notices.failed(firm.config, error, at(clock, day))
        told += [(clock, *one) for one in firm.post.take()]
    return told


def test_the_second_failure_in_a_row_alarms_once(firm):
    ((clock, name, text),) = fail(firm, MISSING, "10:00", "10:10", "10:20", "12:00", "18:00")
    assert (clock, name) == ("10:10", "boss")
    assert text.startswith("Книга не обновляется — Окна Плюс\n")
    assert text.endswith("Не получается с 10:00 20.11.2026, подряд не удались 2 попытки.")


def test_one_failure_with_no_run_since_alarms_in_half_an_hour(firm):
    firm.book.rename(firm.book.with_suffix(".away"))
    assert fail(firm, MISSING, "10:00") == []
    assert firm.tick(at("10:29")) == []
    assert len(firm.tick(at("10:30"))) == 1
    assert firm.tick(at("10:31")) == []


def test_another_day_is_another_alarm(firm):
    fail(firm, MISSING, "10:00", "10:10")
    assert len(fail(firm, MISSING, "10:00", "11:00", day=NEXT)) == 1


def test_another_cause_is_another_alarm(firm):
    fail(firm, MISSING, "10:00", "10:10")
    assert len(fail(firm, BindingError("binding.sheet_gone", sheet="Сделки", sheets="Клиенты"), "10:20", "10:30")) == 1


def test_it_works_again_is_told_once_and_only_after_an_alarm(firm):
    fail(firm, MISSING, "10:00")
    firm.run(at("10:05"))
    assert firm.post.take() == []
    fail(firm, MISSING, "10:10", "10:20")
    firm.run(at("10:30"))
    assert firm.post.take() == [
        ("boss", "Книга снова обновляется — Окна Плюс\nВсё в порядке. Не получалось с 10:10 20.11.2026.")
    ]
    firm.run(at("10:40"))
    assert firm.post.take() == []


def test_a_workbook_that_is_open_all_morning_is_an_ordinary_day(firm):
    clocks = [f"{hour}:{minute:02}" for hour in range(10, 15) for minute in (0, 30)]
    ((clock, _, text),) = fail(firm, BUSY, *clocks)
    assert clock == "14:00"
    assert "Гущина" not in text


def test_busy_is_told_once_and_alarms_when_it_never_ends(firm):
    firm.sheets["Клиенты"].append(("К-4", "Лютик", "+7 916 123-45-70", None, "Анна"))
    firm.save()
    assert fail(firm, BUSY, "10:00") == []
    assert [clock for clock in ("11:00", "13:59", "14:00", "14:01") if firm.tick(at(clock))] == ["14:00"]


def test_the_daemons_own_words_are_used(firm):
    class Fault(Exception):
        key, values = "cli.stopped", {}

    ((_, _, text),) = fail(firm, Fault(), "10:00", "10:10")
    assert "Остановлено по вашей команде." in text


def test_a_failure_while_busy_does_not_make_it_a_second_one(firm):
    assert fail(firm, MISSING, "10:00") == []
    assert fail(firm, BUSY, "10:10", "10:20") == []


@pytest.mark.parametrize("key", ["excel.read_only", "state.workbook_readonly"])
def test_a_workbook_that_is_read_only_will_not_mend_itself(firm, key):
    error = WorkbookBusy(key, workbook="base.xlsx", path="base.xlsx")
    assert len(fail(firm, error, "10:00", "10:10")) == 1


def test_closed_meanwhile_and_unchanged_it_is_forgotten(firm):
    firm.run(at("09:30"))
    fail(firm, BUSY, "10:00")
    firm.tick(at("10:01"))  # nothing has changed since the last run: there is nothing to write
    assert firm.record().failing is None
    assert fail(firm, BUSY, "14:30") == []


@pytest.mark.parametrize(
    "error",
    [
        EMPTIED,
        BaseEmptied(
            "state.base_rewritten",
            workbook="b.xlsx",
            card=Phrase("cli.card.client"),
            field=("Телефон",),
            changed=30,
            rows=40,
        ),
    ],
)
def test_rows_that_vanish_alarm_at_once(firm, error):
    ((_, name, text),) = fail(firm, error, "10:00")
    assert name == "boss"
    assert "клиенты" in text
    assert fail(firm, error, "10:10", "10:20") == []


def test_the_sentence_says_what_to_do_and_quotes_nothing(firm):
    error = BindingError("binding.sheet_gone", sheet="Гущина", sheets="Клиенты, Тихонов, Вера Ильинична")
    ((_, _, text),) = fail(firm, error, "10:00", "10:10")
    assert [word for word in PERSONAL if word in text] == []
    assert "«…»" in text


def test_a_fault_of_ours_is_told_without_its_message(firm, log):
    ((_, _, text),) = fail(firm, KeyError("Гущина +79161234567"), "10:00", "10:10")
    assert "Это ошибка в самой программе, книга цела." in text
    assert [word for word in (*PERSONAL, "Traceback", "KeyError") if word in text] == []
    assert [word for word in PERSONAL if word in log()] == []


def test_an_address_typed_in_the_configuration_is_never_repeated(tmp_path):
    firm = Firm(tmp_path, notifications="{owner: [boss], personal_data: true, digest: no}")
    error = ConfigError("errors.yaml.not_understood", file="crm.yaml", line=3, path="x", seen="tgram://12345:SECRET/1")
    ((_, _, text),) = fail(firm, error, "10:00", "10:10")
    assert "SECRET" not in text


def test_at_night_it_waits_and_is_forgotten_when_it_mends_itself(firm):
    assert fail(firm, MISSING, "22:00", "22:10") == []
    firm.run(at("23:00"))
    assert firm.tick(at("08:01", NEXT)) == []


def test_at_night_it_waits_for_morning(firm):
    firm.book.rename(firm.book.with_suffix(".away"))
    assert fail(firm, MISSING, "22:00", "22:10") == []
    assert firm.tick(at("07:59", NEXT)) == []
    assert len(firm.tick(at("08:00", NEXT))) == 1


def test_a_configuration_that_can_no_longer_be_read_is_told_to_whom_it_named(firm):
    firm.config.write_text("workbook: base.xlsx\nnotifications: {ownr: [boss]}\n", "utf-8")
    firm.restart()
    error = ConfigError(
        "errors.yaml.unknown_key_near",
        file="crm.yaml",
        line=2,
        path="notifications.ownr",
        seen="ownr",
        near="owner",
        allowed="owner",
        others=0,
    )
    ((_, name, text),) = fail(firm, error, "10:00", "10:10")
    assert name == "boss"
    assert "crm.yaml, строка 2" in text


def test_a_restart_forgets_no_failure(firm):
    assert fail(firm, MISSING, "10:00") == []
    firm.restart()
    assert len(fail(firm, MISSING, "10:10")) == 1


def test_alarms_may_be_off(firm):
    firm.configure("{owner: [boss], digest: no, alarms: false}")
    assert fail(firm, EMPTIED, "10:00", "10:10") == []


@pytest.mark.parametrize(("why", "told"), [("", 0), ("signal", 0), ("notices.alarm.fault", 1), ("whatever", 1)])
def test_stopping_is_told_where_nobody_asked_for_it(firm, why, told):
    firm.notices.stopped([firm.config], at("10:00"), why)
    sent = firm.post.take()
    assert len(sent) == told
    if told:
        assert sent[0][1].startswith("Программа остановилась — Окна Плюс\n")
        assert sent[0][1].endswith("Задачи больше не обновляются. Запустите программу снова: sheets-crm run.")
        firm.notices.stopped([firm.config], at("10:05"), why)
        assert firm.post.take() == []
        firm.run(at("10:10"))
        assert "снова обновляется" in firm.post.take()[0][1]


@pytest.mark.parametrize("method", ["after_run", "failed", "tick", "stopped"])
def test_whatever_breaks_no_run_fails(firm, method, monkeypatch, log):
    result = firm.run(at("09:10"))

    def broken(*_args, **_kwargs):
        raise RuntimeError("Гущина")

    monkeypatch.setattr("sheets_crm.daemon.notices.desk.Desk.of", broken)
    now = at("10:00")
    given = {
        "after_run": (firm.config, result, now),
        "failed": (firm.config, MISSING, now),
        "tick": (firm.config, now),
        "stopped": ([firm.config], now, "x"),
    }
    getattr(firm.notices, method)(*given[method])
    assert "RuntimeError" in log()
    assert "Гущина" not in log()
