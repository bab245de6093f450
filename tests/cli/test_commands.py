"""What each command prints: pure JSON with --json, sentences of one language without, nothing with --quiet; and its exit code."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

from tests.cli.conftest import CLIENTS, CONFIG, DAY, DEALS, save

RUSSIAN = re.compile("[а-яё]")
COMMANDS = {
    "sync": ("sync",), "plan": ("plan",), "check": ("check",), "why": ("why", "Ромашка"), "find": ("find", "Василёк"),
    "card": ("card", "Ромашка"), "doctor": ("doctor",), "backup": ("backup", "list"),
}  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("lang", ["ru", "en"])
def test_json_is_all_there_is_on_standard_output(desk, name, lang):
    said = desk.run(*COMMANDS[name], "--json", lang=lang)
    assert (said.code, said.err) == (1 if name == "check" else 0, "")
    json.loads(said.out)


def test_lang_decides_what_json_says_and_not_what_the_tabs_say(desk):
    said = desk.run("sync", lang="en")
    assert "Nothing" not in said.out
    assert "3 clients" in said.out
    assert openpyxl.load_workbook(desk.book).sheetnames[-4:] == ["Задачи", "Воронка", "Карточки", "Проблемы"] or {
        "Задачи", "Воронка", "Карточки", "Проблемы"} <= set(openpyxl.load_workbook(desk.book).sheetnames)  # fmt: skip
    plans = {lang: json.loads(desk.run("plan", "--json", lang=lang).out) for lang in ("ru", "en")}
    assert all(RUSSIAN.search(task["todo"]) for task in plans["ru"]["tasks"])
    assert not any(RUSSIAN.search(task["todo"]) for task in plans["en"]["tasks"])
    assert [task["key"] for task in plans["ru"]["tasks"]] == [task["key"] for task in plans["en"]["tasks"]]


@pytest.mark.parametrize(("environ", "russian"), [({"LANG": "ru_RU.UTF-8"}, True), ({"LC_ALL": "ru_RU", "LANG": "en_US"}, True), ({"LANG": "en_US.UTF-8"}, False), ({"LC_ALL": "C", "LANG": "ru_RU"}, False)])  # fmt: skip
def test_before_the_configuration_is_known_the_system_s_language_holds(desk, monkeypatch, environ, russian):
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    desk.config.unlink()
    said = desk.run("plan")
    assert (said.code, bool(RUSSIAN.search(said.err))) == (14, russian)


def test_once_it_is_known_the_configuration_s_language_holds(desk):
    desk.book.unlink()
    assert RUSSIAN.search(desk.run("plan").err)
    desk.write(CONFIG.replace("language: ru", "language: en"))
    assert "Check the path" in desk.run("plan").err


def test_check_says_by_its_exit_code_whether_there_are_errors(desk):
    said = desk.run("check", lang="ru")
    assert said.code == 1
    assert "Клиенты!B4: «12-34» не похоже на телефон" in said.out
    save(desk.book, {"Клиенты": CLIENTS[:3], "Сделки": [(*DEALS[0],), (1, "Ромашка", "КП отправлено", 5)]})
    said = desk.run("check", lang="ru")
    assert (said.code, said.out.strip()) == (0, "Проблем в данных нет.")


def test_quiet_says_nothing_unless_something_is_wrong(desk):
    for command in ("sync", "plan", "sync"):
        said = desk.run(command, "--quiet")
        assert (said.code, said.out, said.err) == (0, "", "")
    desk.book.unlink()
    assert desk.run("sync", "--quiet").err


def test_why_by_key_and_by_part_of_a_name(desk):
    (task,) = json.loads(desk.run("why", "омаш", "--json").out)
    assert (task["rule"], task["cell"], task["label"]) == ("offer_followup", "E2", "Предложение без ответа")
    by_key = desk.run("why", task["key"], lang="ru")
    assert "КП отправлено 01.03.2026, ответа нет 15 дней" in by_key.out
    assert "Правило «Предложение без ответа»" in by_key.out
    assert desk.run("why", "Никто", lang="ru").code == 19


@pytest.mark.parametrize("wanted", ["василек", "ВАСИЛЁК", "4951112233", "+7 495 111 22", "vasilek@"])
def test_find_by_any_piece(desk, wanted):
    said = desk.run("find", wanted, lang="ru")
    assert said.code == 0
    assert "Клиент · Василёк" in said.out


def test_nothing_found_is_said(desk):
    said = desk.run("find", "zzz", lang="ru")
    assert (said.code, "Ничего не нашлось" in said.out) == (0, True)


def test_a_card_is_told_in_labels(desk):
    said = desk.run("card", "Василёк", lang="ru")
    assert said.code == 0
    assert "  Телефон: +74951112233" in said.out
    assert "Счёт выставлен" in said.out
    assert "Срок оплаты: 01.03.2026" in said.out
    assert not re.search(r"\b[a-z]+(_[a-z]+)+\b", said.out)
    assert "  Phone: +74951112233" in desk.run("card", "Василёк", lang="en").out
    assert desk.run("card", "Никто", lang="ru").code == 19


def test_several_clients_of_one_name_are_listed(desk):
    save(desk.book, {"Клиенты": [*CLIENTS, ("Ромашка Плюс", "", "", "")], "Сделки": DEALS})
    said = desk.run("card", "Рома", lang="ru")
    assert said.code == 19
    assert "Ромашка (Клиенты, строка 2), Ромашка Плюс (Клиенты, строка 5)" in said.err


def test_guess_needs_no_configuration_and_any_export_will_do(desk):
    desk.config.unlink()
    found = json.loads(desk.run("guess", str(desk.book), "--json", config=False).out)
    assert found["bindings"]["Клиенты"]["columns"]["phone"] == "B"
    assert set(found["bindings"]["Клиенты"]["confidence"]) == set(found["bindings"]["Клиенты"]["columns"])
    export = desk.folder / "clients.csv"
    export.write_text("Клиент;Телефон\n" + "\n".join(f"ООО Рога {n};8912345678{n}" for n in range(9)), "utf-8")
    assert "Телефон" in desk.call("guess", str(export), "--lang", "ru").out


@pytest.mark.parametrize("name", ["none.xlsx", "folder.xlsx", "noise.xlsx", "empty.xlsx", "picture.png"])
@pytest.mark.parametrize("lang", ["ru", "en"])
def test_guess_of_what_is_no_table(desk, name, lang):
    path = desk.folder / name
    if name == "folder.xlsx":
        path.mkdir()
    elif name != "none.xlsx":
        path.write_bytes(
            {"noise.xlsx": bytes(range(256)) * 9, "empty.xlsx": b"", "picture.png": b"\x89PNG\r\n\x1a\n" * 90}[name]
        )
    said = desk.call("guess", str(path), "--lang", lang)
    assert said.code in {11, 12}
    assert path.name in said.err


def test_backups_go_round(desk):
    assert "Копий пока нет" in desk.run("backup", "list", lang="ru").out
    assert not (desk.folder / ".sheets-crm").exists()
    first = desk.book.read_bytes()
    assert desk.run("sync").code == 0
    (copy,) = json.loads(desk.run("backup", "list", "--json").out)
    assert copy["bytes"] == len(first)
    edited = openpyxl.load_workbook(desk.book)
    edited["Клиенты"]["A2"] = "Испорчено"
    edited.save(desk.book)
    spoiled = desk.book.read_bytes()
    said = desk.run("backup", "restore", "last", lang="ru")
    assert (said.code, "восстановлена" in said.out) == (0, True)
    assert desk.book.read_bytes() == first
    (kept,) = [one for one in json.loads(desk.run("backup", "list", "--json").out) if one["name"] != copy["name"]]
    assert desk.run("backup", "restore", kept["name"], "--quiet").out == ""
    assert desk.book.read_bytes() == spoiled
    elsewhere = desk.folder / "other.xlsx"
    assert desk.run("backup", "restore", copy["name"], "--to", str(elsewhere), lang="ru").code == 0
    assert elsewhere.read_bytes() == first
    for lang, part in (("ru", "backup list"), ("en", "backup list")):
        lost = desk.run("backup", "restore", "20010101", lang=lang)
        assert (lost.code, part in lost.err) == (19, True)


def test_a_damaged_copy_is_not_restored(desk):
    assert desk.run("sync").code == 0
    (copy,) = (desk.folder / ".sheets-crm" / "backups").glob("*.xlsx")
    copy.write_bytes(copy.read_bytes()[:-9])
    before = desk.files()
    said = desk.run("backup", "restore", "last", lang="ru")
    assert (said.code, "повреждена" in said.err) == (18, True)
    assert desk.files() == before
    assert "повреждена" in desk.run("doctor", lang="ru").out


def test_rules_check(desk):
    said = desk.call("rules", "check", "--lang", "ru")
    assert (said.code, "всё верно" in said.out) == (0, True)
    pack = desk.folder / "mine.yaml"
    bundled = (Path(__file__).resolve().parents[2] / "rules" / "basic.yaml").read_text("utf-8")
    pack.write_text(bundled.replace("- {due: 2026-11-19}", "- {due: 2026-11-18}", 1), "utf-8")
    said = desk.call("rules", "check", str(pack), "--lang", "ru")
    assert (said.code, "не всё верно" in said.out) == (15, True)
    assert "overdue_payment" in said.out
    pack.write_text(bundled.replace("amount > 0", "amuont > 0", 1), "utf-8")
    for lang, part in (("ru", "Возможно, имелось в виду «amount»?"), ("en", "Did you mean “amount”?")):
        said = desk.call("rules", "check", str(pack), "--lang", lang)
        assert (said.code, part in said.out) == (15, True)
    (found,) = json.loads(desk.call("rules", "check", str(pack), "--json").out)
    assert (found["passed"], len(found["failures"])) == (False, 1)
    (desk.folder / "none").mkdir()
    for wrong in ("nowhere.yaml", "none"):
        said = desk.call("rules", "check", wrong, "--lang", "ru")
        assert (said.code, wrong in said.err) == (15, True)


@pytest.mark.parametrize("what", ["config", "template", "rules"])
def test_schemas_are_json_schemas(desk, what):
    schema = json.loads(desk.call("schema", what).out)
    assert schema["type"] == "object"
    assert schema["properties"]
    names = set(schema.get("$defs", {}))
    used = set(re.findall(r'"\$ref": "#/\$defs/([^"]+)"', json.dumps(schema)))
    assert used <= names
    assert schema["additionalProperties"] is False


def test_doctor_on_a_healthy_and_on_a_sick_set_up(desk):
    said = desk.run("doctor", lang="ru")
    assert (said.code, "✗" in said.out, "!" in said.out) == (0, False, False)
    desk.run("sync")
    desk.book.with_name("~$book.xlsx").write_bytes(b"x" * 165)
    (desk.folder / ".sheets-crm" / "history.db").write_bytes(b"garbage" * 999)
    (desk.folder / ".sheets-crm").chmod(0o755)
    said = desk.run("doctor", lang="ru")
    assert said.code == 0
    for part in ("открыта в другой программе", "истории повреждён", "chmod 700"):
        assert part in said.out
    desk.write(CONFIG + "rules: {birthdey: false}\n")
    levels = [one["level"] for one in json.loads(desk.run("doctor", "--json").out)]
    assert "error" in levels
    assert desk.run("doctor").code == 14
    desk.book.unlink()
    desk.write(CONFIG)
    assert desk.run("doctor").code == 11
    desk.config.unlink()
    assert desk.run("doctor").code == 14


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_the_demo_twice(desk, lang):
    for _ in range(2):
        said = desk.call("demo", "out", "--lang", lang)
        assert (said.code, said.err) == (0, "")
        assert bool(RUSSIAN.search(said.out.splitlines()[-1])) == (lang == "ru")
    assert desk.call("plan", "out", "--today", DAY, "--lang", lang).code == 0


def test_the_demo_in_both_languages_in_one_folder(desk):
    for lang in ("ru", "en", "ru"):
        assert desk.call("demo", "out", "--lang", lang).code == 0


def test_the_demo_replaces_nothing_of_the_owner_s(desk):
    before = desk.files()
    for lang, part in (("ru", "ваш файл «crm.yaml»"), ("en", "a file of yours")):
        said = desk.call("demo", ".", "--lang", lang)
        assert (said.code, part in said.err) == (10, True)
    (desk.folder / "file").write_text("x", "utf-8")
    assert desk.call("demo", "file", "--lang", "ru").code == 10
    assert {name: digest for name, digest in desk.files().items() if name != "file"} == before


def program(*words, cwd, **environ):
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "SHEETS_CRM"))
    }
    environment["PYTHONPATH"] = str(Path(__file__).resolve().parents[2])
    return subprocess.run(
        [sys.executable, *words], cwd=cwd, env=environment | environ, capture_output=True, check=False
    )


def test_the_scripts_are_the_same_program(desk, root):
    here = desk.folder
    arguments = ("plan", "--today", DAY, "--json")
    by_module = program("-m", "sheets_crm", *arguments, cwd=here)
    by_script = program(str(root / "sync.py"), *arguments, cwd=here)
    assert by_module.returncode == by_script.returncode == 0
    assert by_module.stdout == by_script.stdout
    assert json.loads(by_module.stdout)["tasks"]
    shutil.rmtree(here / ".sheets-crm", ignore_errors=True)
    desk.book.unlink()
    for script in (["-m", "sheets_crm"], [str(root / "sync.py")]):
        said = program(*script, "sync", cwd=here)
        assert (said.returncode, said.stdout) == (11, b"")
        assert "Проверьте путь" in said.stderr.decode()
        assert b"Traceback" not in said.stderr


def test_the_wizard_needs_somebody_to_talk_to(desk, root):
    for lang, part in (("ru_RU.UTF-8", "нет терминала"), ("en_GB.UTF-8", "no terminal")):
        said = program(str(root / "setup_wizard.py"), "--terminal", cwd=desk.folder, LANG=lang, HOME=str(desk.folder))
        assert (said.returncode, said.stdout) == (2, b"")
        assert part in said.stderr.decode()


def test_a_reader_that_has_seen_enough_is_no_fault(desk, root):
    line = f'"{sys.executable}" -m sheets_crm plan --json --today {DAY} | head -c 20'
    done = subprocess.run(["bash", "-o", "pipefail", "-c", line], cwd=desk.folder, env=os.environ | {"PYTHONPATH": str(root)}, capture_output=True, check=False)  # fmt: skip
    assert done.stderr == b""


@pytest.mark.parametrize(
    ("words", "ru", "en"),
    [
        (("plan", "--today", "вчера"), "не день", "not a day"),
        (("plan", "--today", "2026-02-30"), "не день", "not a day"),
        (("plan", "--today", "0001-01-01"), "не день", "not a day"),
        (("plan", "--today", "20260316"), "не день", "not a day"),
        (("paln",), "«plan»", "“plan”"),
        (("plan", "--jsno"), "«--json»", "“--json”"),
        (("plan", "a", "b"), "лишнее слово «b»", "a word too many, “b”"),
        (("why",), "не хватает «TASK»", "needs “TASK”"),
        (("schema", "foo"), "config, template, rules", "config, template, rules"),
        (("plan", "--lang", "fr"), "", "ru, en"),
        (("guess", "x.xlsx", "--country", "Россия"), "не код страны", "not a country code"),
        (("guess", "https://docs.google.com/spreadsheets/d/abc/edit"), "«https://docs.google.com/", "sheets-crm setup"),
        (("backup", "lst"), "«list»", "“list”"),
    ],
)
def test_a_command_typed_wrong(desk, words, ru, en):
    for lang, part in (("ru", ru), ("en", en)):
        if "--lang" in words and lang == "ru":
            continue
        said = desk.call(*words, *([] if "--lang" in words else ["--lang", lang]))
        assert (said.code, said.out) == (2, "")
        assert part in said.err
        assert said.err.count("\n") == 1


def test_help_is_there_for_every_command(desk):
    said = desk.call("--help")
    assert said.code == 0
    names = re.findall(r"^  ([a-z]+)  ", said.out, flags=re.MULTILINE)
    assert {"sync", "plan", "doctor", "backup"} <= set(names)
    for name in names:
        told = desk.call(name, "--help")
        assert (told.code, "Usage: sheets-crm" in told.out) == (0, True)


def test_yaml_as_people_write_it(desk):
    text = (
        CONFIG
        + "rules:\n  overdue_payment:\n    on: false\n  offer_followup: {days: 20}\nmanagers:\n  - {name: да, aliases: [нет, 2026-03-16, 007, yes]}\n"
    )
    desk.write(text)
    found = json.loads(desk.run("plan", "--json").out)
    assert {task["rule"] for task in found["tasks"]} == {"invoice_followup"}
    desk.write(text.replace("days: 20", "days: 15").replace("on: false", "on: true"))
    assert {task["rule"] for task in json.loads(desk.run("plan", "--json").out)["tasks"]} == {
        "offer_followup",
        "overdue_payment",
    }


def test_headers_that_look_like_something_else(desk):
    save(desk.book, {"Клиенты": [("Клиент", 2024, "да", "2026-03-16"), *CLIENTS[1:]], "Сделки": DEALS})
    desk.write(CONFIG.replace("{name: Клиент, phone: Телефон, email: Почта, manager: Менеджер}", "{name: Клиент, phone: 2024, email: да, manager: 2026-03-16}"))  # fmt: skip
    said = desk.run("plan", "--json")
    assert (said.code, said.err) == (0, "")
    assert json.loads(said.out)["bindings"]["Клиенты"]["columns"] == {
        "name": "A",
        "phone": "B",
        "email": "C",
        "manager": "D",
    }


def test_anchors_are_understood(desk):
    desk.write(
        CONFIG.replace("columns: {name", "columns: &people {name")
        + "  Ещё: {card: client, columns: *people, ignore: true}\n"
    )
    assert desk.run("plan").code == 0
