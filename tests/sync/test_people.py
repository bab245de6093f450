"""Days, people and load from crm.yaml to the tab: over whole runs, with the workbook in memory and as a file."""

from datetime import date, timedelta

import pytest
from typer.testing import CliRunner

from sheets_crm.cli.app import app
from sheets_crm.cli.voice import WrongUsage
from sheets_crm.errors import ConfigError, NotFound
from sheets_crm.sync import handover, run
from sheets_crm.words import say
from tests.promises.worlds import CLIENT_HEADERS, CLIENTS, DEAL_HEADERS, DEALS, OFFER, FileWorld, MemoryWorld

DAY = timedelta(days=1)
TODAY = date(2026, 11, 5)  # a Thursday; Wednesday the 4th was a public holiday
MANAGERS = "managers:\n  - {name: Ольга, aliases: [Оля]%s}\n  - {name: Пётр, role: head}\n  - {name: Вера}\n"


def world(tmp_path, more="", make=MemoryWorld, ages=(5, 9)):
    """Two clients, each with an offer of so many days ago; Ольга's and Пётр's."""
    people = [("Анна Белова", "Ольга"), ("Борис Волков", "Пётр")]
    deals = []
    for (client, manager), age in zip(people, ages, strict=True):
        cells = dict.fromkeys(DEAL_HEADERS) | {
            "Клиент": client, "Создана": TODAY - 40 * DAY, "Этап": OFFER, "Сумма": 5000, "Дата КП": TODAY - age * DAY,
            "Дата следующего шага": TODAY, "Менеджер": manager,
        }  # fmt: skip
        deals.append([cells[name] for name in DEAL_HEADERS])
    clients = [[client, f"+7916000000{n}", manager] for n, (client, manager) in enumerate(people)]
    made = make(tmp_path / "firm", {CLIENTS: [CLIENT_HEADERS, *clients], DEALS: [DEAL_HEADERS, *deals]})
    config = made.folder / "crm.yaml"
    text = config.read_text("utf-8")
    if "tasks:" in more:
        text = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("tasks:"))
    config.write_text(text + more, "utf-8")
    return made


def tab(made):
    """Rows of the tasks tab: header -> value."""
    rows = made.rows(made.tab())
    return [dict(zip(rows[0], row, strict=False)) for row in rows[1:]]


def about(made, client):
    return next(row for row in tab(made) if row["Клиент"] == client)


def type_in(made, **cells):
    """A manager types a row under the table."""
    rows = made.rows(made.tab())
    made.put(made.tab(), [*rows, [cells.get(header) for header in rows[0]]])


def unchanged(made, today):
    stamp = made.stamp()
    assert made.sync(today).written == ()
    assert made.stamp() == stamp


@pytest.mark.parametrize("make", [MemoryWorld, FileWorld])
def test_an_absence_lends_tasks_and_takes_them_back(tmp_path, make):
    away = MANAGERS % ", away: [{from: 2026-11-01, to: 10.11.2026, to_whom: Вера}]"
    made = world(tmp_path, away, make)
    made.sync(TODAY)
    row = about(made, "Анна Белова")
    assert (row["Менеджер"], row["Подсказка"]) == ("Вера", "Замещение до 10.11.2026: Ольга → Вера")
    assert about(made, "Борис Волков")["Менеджер"] == "Пётр"
    type_in(made, **{"Что сделать": "Позвонить в 13:30", "Менеджер": "Оля", "Повтор": "иногда"})
    look = made.look()
    made.sync(TODAY)
    own = next(row for row in tab(made) if row["Что сделать"] == "Позвонить в 13:30")
    assert (own["Менеджер"], str(own["Время"])) == ("Вера", "13:30")
    assert own["Подсказка"].splitlines()[0] == "Замещение до 10.11.2026: Оля → Вера"
    assert "не понят" in own["Подсказка"]
    unchanged(made, TODAY)
    made.lose_state()
    made.sync(TODAY)
    assert len(tab(made)) == 3
    made.sync(date(2026, 11, 11))
    assert about(made, "Анна Белова")["Менеджер"] == "Ольга"
    assert {row["Менеджер"] for row in tab(made)} == {"Ольга", "Оля", "Пётр"}
    assert about(made, "Анна Белова")["Подсказка"] is None
    unchanged(made, date(2026, 11, 11))
    made.unchanged_since(look)


def test_where_nobody_is_named_the_head_stands_in(tmp_path):
    made = world(tmp_path, MANAGERS % ", away: {from: 2026-11-05}")
    made.sync(TODAY)
    assert about(made, "Анна Белова")["Подсказка"] == "Передано: Ольга → Пётр"


@pytest.mark.parametrize(("working", "waits"), [("false", False), ("true", True)])
def test_days_of_a_rule_may_be_working_days(tmp_path, working, waits):
    more = "calendar: {holidays: true}\n"
    made = world(tmp_path, more, ages=(6, 9))
    config = made.folder / "crm.yaml"
    config.write_text(
        config.read_text("utf-8").replace(
            "rules: {", f"rules: {{offer_followup: {{days: 4, working_days: {working}}}, "
        ),
        "utf-8",
    )
    made.sync(TODAY)  # the offer of Friday 30 October: Monday, Tuesday and Thursday have passed
    assert ("Анна Белова" not in {row["Клиент"] for row in tab(made)}) is waits
    unchanged(made, TODAY)
    made.sync(TODAY + DAY)
    assert "Анна Белова" in {row["Клиент"] for row in tab(made)}


def test_the_owners_own_days_off_count(tmp_path):
    more = "calendar: {week: [mon, tue, wed, thu, fri, sat], holidays: US, off: [2026-11-05..2026-11-09], work: 8.11.2026}\ntasks: {due_on_working_days: true}\n"
    made = world(tmp_path, more)
    made.sync(TODAY)
    assert {row["Срок"] for row in tab(made)} == {date(2026, 11, 8)}
    unchanged(made, TODAY)
    made.sync(date(2026, 11, 12))
    assert {row["Срок"] for row in tab(made)} == {date(2026, 11, 8)}


def test_the_head_hears_of_what_is_late_and_it_goes_when_it_is_done(tmp_path):
    made = world(tmp_path, MANAGERS % "" + "tasks: {escalate_after_days: 3}\n")
    made.sync(TODAY)
    assert len(tab(made)) == 2
    made.sync(TODAY + 3 * DAY)
    (told,) = [row for row in tab(made) if row["Правило"] == "Просрочено у менеджера"]
    assert (told["Менеджер"], told["Почему"]) == (
        "Пётр",
        "Ольга: просрочена 1 задача, срок был 05.11.2026 (Анна Белова)",
    )
    assert told["Источник"] == about(made, "Анна Белова")["Источник"]
    unchanged(made, TODAY + 3 * DAY)
    made.lose_state()
    made.sync(TODAY + 3 * DAY)
    assert len(tab(made)) == 3
    result = made.sync(TODAY + 3 * DAY)
    assert result.rule_label("escalation") == "Просрочено у менеджера"
    rows = made.rows(made.tab())
    place = next(n for n, row in enumerate(rows) if "Анна Белова" in row and "Предложение без ответа" in row)
    rows[place][rows[0].index("Статус")] = "Сделана"
    made.put(made.tab(), rows)
    made.sync(TODAY + 4 * DAY)
    assert [row for row in tab(made) if row["Правило"] == "Просрочено у менеджера"] == []


def test_what_waits_is_counted_aloud(tmp_path):
    made = world(tmp_path, "tasks: {max_touches: {count: 1, days: 14}}\nrules: {}\n".replace("rules: {}\n", ""))
    rows = made.rows(DEALS)
    made.put(DEALS, [*rows, [*rows[1][:3], 99, TODAY - 30 * DAY, *rows[1][5:]]])
    result = made.sync(TODAY)
    assert len(tab(made)) == 2
    assert "Ещё 1 повод ждёт" in about(made, "Анна Белова")["Подсказка"]
    assert ("calendar.note.waiting", {"n": 1}) in result.notes
    unchanged(made, TODAY)


def test_years_without_decrees_are_told_only_where_days_are_asked_for(tmp_path):
    made = world(tmp_path, "tasks: {due_on_working_days: true}\n")
    late = date(2055, 11, 5)
    assert [key for key, _ in made.plan(late).notes] == ["calendar.note.no_transfers"]
    assert "2055" in say("calendar.note.no_transfers", "ru", **made.plan(late).notes[0][1])
    plain = world(tmp_path / "plain")
    assert plain.plan(late).notes == ()


@pytest.mark.parametrize(
    ("more", "key", "seen"),
    [
        ("calendar: {off: 2026-13-01}", "calendar.errors.day", "2026-13-01"),
        ("calendar: {off: [завтра]}", "calendar.errors.day", "завтра"),
        ("calendar: {work: 2026-11-09..2026-11-05}", "calendar.errors.span", "2026-11-09..2026-11-05"),
        ("calendar: {holidays: XX}", "calendar.errors.country", "XX"),
        ("calendar: {holidays: DE/ZZ}", "calendar.errors.part", "ZZ"),
        ("calendar: {week: [mon, may]}", "errors.yaml.not_allowed", "may"),
        ("calendar: {weak: [mon]}", "errors.yaml.unknown_key_near", "weak"),
        (MANAGERS % ", away: [{from: 2026-11-05, to: 2026-11-01}]", "calendar.errors.away_backwards", None),
        (MANAGERS % ", away: [{from: 2026-11-05, to_whom: Вира}]", "calendar.errors.nobody_near", "Вира"),
        (MANAGERS % ", away: [{from: 2026-11-05, to_whom: Оля}]", "calendar.errors.oneself", "Оля"),
        (MANAGERS % "" + "hand_over: [{from: Вера, to: Zzz}]", "calendar.errors.nobody", "Zzz"),
        ("tasks: {escalate_after_days: 3}", "calendar.errors.no_head", None),
        ("tasks: {max_touches: {count: 0, days: 3}}", "errors.yaml.at_least", "0"),
    ],
)
def test_mistakes_are_told_with_their_line(tmp_path, more, key, seen):
    made = world(tmp_path, more)
    with pytest.raises(ConfigError) as told:
        made.plan(TODAY)
    assert told.value.key == key
    assert told.value.values["file"] == "crm.yaml"
    assert int(told.value.values["line"]) > 10
    assert seen is None or told.value.values["seen"] == seen
    for lang in ("ru", "en"):
        assert "{" not in say(key, lang, **told.value.values)


def hand(made, *arguments, code=0):
    result = CliRunner().invoke(
        app, ["reassign", *arguments, str(made.folder), "--today", TODAY.isoformat(), "--lang", "ru"]
    )
    if code == 0:
        assert result.exit_code == 0, (result.output, result.exception)
    return result


def test_reassign_writes_one_line_and_the_next_sync_obeys(tmp_path):
    made = world(tmp_path, "\n# менеджеры\n" + MANAGERS % "", FileWorld)
    config = made.folder / "crm.yaml"
    before, look = config.read_bytes(), made.look()
    mode = config.stat().st_mode
    made.sync(TODAY)
    told = hand(
        made, "Оля", "Вера", "--client", "Белова", "--until", "2026-11-20", "--file", str(tmp_path / "b.md")
    ).output
    line = "  - {from: Ольга, to: Вера, client: Анна Белова, until: 2026-11-20}"
    assert config.read_bytes() == before + f"hand_over:\n{line}\n".encode()
    assert config.stat().st_mode == mode
    assert "Передача дел: Ольга → Вера, до 20.11.2026" in told
    assert "Анна Белова, +79160000000" in told
    assert "КП отправлено 31.10.2026, ответа нет 5 дней" in told
    assert (tmp_path / "b.md").read_text("utf-8").startswith("# Передача дел: Ольга → Вера, до 20.11.2026\n")
    made.sync(TODAY)
    assert (about(made, "Анна Белова")["Менеджер"], about(made, "Борис Волков")["Менеджер"]) == ("Вера", "Пётр")
    made.lose_state()
    made.sync(TODAY)
    assert about(made, "Анна Белова")["Подсказка"] == "Замещение до 20.11.2026: Ольга → Вера"
    assert "менять нечего" in hand(made, "Ольга", "Вера", "--client", "Белова", "--until", "2026-11-20").output
    hand(made, "Ольга", "Пётр", "--client", "Белова")
    assert config.read_bytes() == before + "hand_over:\n  - {from: Ольга, to: Пётр, client: Анна Белова}\n".encode()
    hand(made, "Ольга", "Пётр", "--client", "Белова", "--undo")
    assert config.read_bytes() == before
    made.sync(TODAY)
    assert about(made, "Анна Белова")["Менеджер"] == "Ольга"
    made.unchanged_since(look)


def test_reassign_of_everything_tells_everything(tmp_path):
    made = world(tmp_path, MANAGERS % "", FileWorld)
    done = handover.reassign(str(made.folder), handover.Asked("Ольга", "Вера"), today=TODAY, lang="en").json()
    assert (done["all"], done["changed"], [one["client"] for one in done["clients"]]) == (True, True, ["Анна Белова"])
    (client,) = done["clients"]
    assert [task["due"] for task in client["tasks"]] == ["2026-11-05"]
    assert client["open"][0]["stage"] == OFFER
    assert client["debts"] == []
    assert {row["manager"] for row in made.plan(TODAY).plan_json()["tasks"]} == {"Вера", "Пётр"}


@pytest.mark.parametrize(
    ("asked", "error", "key"),
    [
        (("Ольга", "Вира"), NotFound, "calendar.errors.no_manager_near"), (("Zzz", "Вера"), NotFound, "calendar.errors.no_manager"),
        (("Ольга", "Оля"), NotFound, "calendar.errors.to_oneself"), (("Ольга", "Вера", ("Никого",)), NotFound, "sync.no_client"),
        (("Вера", "Ольга"), ConfigError, "calendar.errors.round"),
    ],
)  # fmt: skip
def test_what_reassign_refuses_leaves_the_file_alone(tmp_path, asked, error, key):
    made = world(tmp_path, MANAGERS % "" + "hand_over: [{from: Ольга, to: Вера}]\n", FileWorld)
    before = (made.folder / "crm.yaml").read_bytes()
    with pytest.raises(error) as told:
        handover.reassign(str(made.folder), handover.Asked(*asked), today=TODAY)
    assert told.value.key == key
    assert "{" not in say(key, "ru", **told.value.values)
    assert (made.folder / "crm.yaml").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        ((), "whose"), (("--all", "--client", "x"), "whose"), (("--all", "--until", "soon"), "until"),
        (("--all", "--until", "2026-11-04"), "past"), (("--all", "--file", "b.pdf"), "file"),
    ],
)  # fmt: skip
def test_a_command_typed_wrong_is_told(tmp_path, arguments, key):
    made = world(tmp_path, MANAGERS % "", FileWorld)
    error = hand(made, "Ольга", "Вера", *arguments, code=2).exception
    assert isinstance(error, WrongUsage)
    assert error.key == f"calendar.usage.{key}"


def test_a_day_later_only_what_must_move_moves(tmp_path):
    """Dates in "why" and the order are the clock's; hints, people and due days stay."""
    made = world(
        tmp_path,
        MANAGERS % ", away: [{from: 2026-11-01, to: 2026-11-30, to_whom: Вера}]"
        + "tasks: {due_on_working_days: true}\n",
    )
    type_in_before = {"Что сделать": "Отчёт в 9:00", "Менеджер": "Вера", "Повтор": "ежемесячно 15-го"}
    made.sync(TODAY)
    type_in(made, **type_in_before)
    made.sync(TODAY)
    first = {row["Ключ"]: row for row in tab(made)}
    made.sync(TODAY + DAY)
    second = {row["Ключ"]: row for row in tab(made)}
    assert first.keys() == second.keys()
    for key, row in first.items():
        changed = {name for name in row if row[name] != second[key][name]}
        assert changed <= {"Почему"}
    assert run.plan(str(made.folder), today=TODAY + DAY, book=made.book).open_tasks
