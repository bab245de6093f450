"""`sheets-crm notify`: an address kept unseen, a test message, the digest by hand and from cron."""

from __future__ import annotations

import getpass
import io
import json
import os
import stat
import sys
from datetime import UTC, datetime

import pytest

from sheets_crm.cli import main
from sheets_crm.sync.secrets import secret
from tests.daemon.notices.firm import PERSONAL, at


@pytest.fixture
def call(firm, capsys, monkeypatch):
    """(exit code, standard output, standard error) of one call of the program."""
    monkeypatch.chdir(firm.folder)

    def run(*words, typed=None):
        monkeypatch.setattr(sys, "argv", ["sheets-crm", "notify", *words])
        if typed is not None:
            monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main()
        told = capsys.readouterr()
        return int(left.value.code or 0), told.out, told.err

    return run


def test_set_keeps_an_address_for_its_owner_alone(firm, call):
    code, out, err = call("set", "anna", typed="tgram://123456789:AAH-SECRET_x/42\n")
    assert (code, err) == (0, "")
    assert secret(firm.state, "anna") == "tgram://123456789:AAH-SECRET_x/42"
    assert "Адрес «anna» сохранён" in out
    assert "SECRET" not in out
    if os.name != "nt":
        assert stat.S_IMODE((firm.state.path / "secrets.yaml").stat().st_mode) == 0o600


def test_set_says_that_nobody_has_the_name_yet(call):
    assert "пока никому не назначен" in call("set", "spare", typed="json://127.0.0.1:1/x\n")[1]


def test_on_a_terminal_it_is_typed_unseen(firm, call, monkeypatch):
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(getpass, "getpass", lambda prompt: f"json://127.0.0.1:1/{'anna' in prompt}")
    assert call("set", "anna")[0] == 0
    assert secret(firm.state, "anna") == "json://127.0.0.1:1/True"


@pytest.mark.parametrize(
    ("name", "typed", "word"),
    [
        ("anna", "\n", "ничего не введено"),
        ("anna", "SECRETWORD\n", "не похоже на адрес"),
        ("anna", "nosuch://SECRETWORD/x\n", "не похоже на адрес"),
        ("tgram://SECRETWORD/1", "json://x/y\n", "не годится в имена"),
    ],
)
def test_set_refuses_what_is_no_address_and_repeats_nothing(firm, call, name, typed, word):
    before = (firm.state.path / "secrets.yaml").read_bytes()
    code, out, err = call("set", name, typed=typed)
    assert code == 14
    assert word in err
    assert "SECRETWORD" not in out + err
    assert (firm.state.path / "secrets.yaml").read_bytes() == before


def test_test_sends_to_all_and_says_what_came_of_each(call, http):
    call("set", "boss", typed=f"json://127.0.0.1:{http.port}/boss\n")
    call("set", "anna", typed="json://127.0.0.1:9/SECRETPATH\n")
    code, out, err = call("test")
    assert code == 10
    assert [(path, one["title"]) for path, one in http.got] == [("/boss", "Проверка связи — Окна Плюс")]
    assert "«boss»: отправлено (json)" in out
    assert "«anna»: не отправлено (json)" in out
    assert err.startswith("Не дошло до адресов: anna.")
    assert "SECRETPATH" not in out + err


def test_test_of_one_as_json(call, http):
    call("set", "boss", typed=f"json://127.0.0.1:{http.port}/boss\n")
    code, out, _ = call("test", "--to", "boss", "--json")
    (outcome,) = json.loads(out)
    assert (code, outcome["name"], outcome["answer"], outcome["service"]) == (0, "boss", "sent", "json")


def test_a_name_that_nobody_has(call):
    code, _, err = call("test", "--to", "nobody")
    assert code == 19
    assert "Там есть: boss, anna." in err


def test_without_anybody_to_tell(firm, call):
    firm.configure("{}", people="")
    assert call("test")[0] == 14
    assert call("digest", "--show")[0] == 14


def test_an_address_that_is_not_set(firm, call):
    firm.configure("{owner: [later]}", people="")
    code, out, err = call("test")
    assert (code, "sheets-crm notify set later" in out, "later" in err) == (10, True, True)


def test_the_digest_may_be_looked_at(firm, call):
    code, out, err = call("digest", "--show", "--today", "2026-11-20")
    assert (code, err) == (0, "")
    assert "--- anna\nЗадачи на 20.11.2026 — Окна Плюс\n\nНа сегодня 1 задача." in out
    assert [word for word in PERSONAL if word in out] == []
    assert not (firm.state.path / "notices").exists()


def test_the_digest_by_hand_counts_as_todays(firm, call, http):
    for name in ("boss", "anna"):
        call("set", name, typed=f"json://127.0.0.1:{http.port}/{name}\n")
    code, out, _ = call("digest")
    assert code == 0
    assert out.count("отправлено") == 2
    today = datetime.now(UTC).astimezone(firm_zone()).date()
    assert firm.record().digests == {"boss": today, "anna": today}
    call("digest", "--today", "2026-11-20")
    assert len(http.got) == 4
    assert firm.record().digests == {"boss": today, "anna": today}


def firm_zone():
    from tests.daemon.notices.firm import MOSCOW

    return MOSCOW


def test_an_unsent_digest_by_hand_leaves_the_daemons(firm, call):
    assert call("digest")[0] == 10
    assert firm.record().digests == {}
    firm.run(at("07:00"))
    assert len(firm.tick(at("08:30"))) == 2
