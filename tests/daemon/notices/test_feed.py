"""Calendar files: what stands in them, that they change only where a task did, and that other programs can read them."""

from __future__ import annotations

import re
import stat
import sys
from datetime import UTC, date, datetime, time, timedelta

import icalendar
import pytest

from sheets_crm.sync.feed import MOST, file_name, write_feeds
from tests.daemon.notices.firm import DAY, PERSONAL, Firm, at

FEED = "calendar_feed: {folder: calendars}\n"
NEXT = DAY + timedelta(days=1)


@pytest.fixture
def firm(tmp_path):
    return Firm(tmp_path, notifications="{}", more=FEED)


def events(firm, name="anna"):
    """Events of a file by their text."""
    content = (firm.folder / "calendars" / f"{name}.ics").read_bytes()
    return {str(one["SUMMARY"]): one for one in icalendar.Calendar.from_ical(content).walk("VEVENT")}


def files(firm):
    return {path.name: path.read_bytes() for path in sorted((firm.folder / "calendars").glob("*"))}


def test_a_file_a_manager_and_an_event_a_task(firm):
    firm.run(at("09:00"))
    assert set(files(firm)) == {"anna.ics", "ivan.ics"}
    (event,) = events(firm).values()
    assert str(event["SUMMARY"]) == "Просроченная оплата"
    assert (event.decoded("DTSTART"), event.decoded("DTEND")) == (DAY, NEXT)
    assert event["STATUS"] == "CONFIRMED"
    assert event["TRANSP"] == "TRANSPARENT"
    assert not event.walk("VALARM")


def test_an_hour_is_a_moment_with_an_alarm(firm):
    firm.run(at("08:00"))
    firm.type_task("Перезвонить", hour=time(13, 30))
    firm.run(at("09:00"))
    event = events(firm)["Своя задача"]
    assert event.decoded("DTSTART") == datetime(2026, 11, 20, 10, 30, tzinfo=UTC)
    assert event.decoded("DTEND") == datetime(2026, 11, 20, 11, 0, tzinfo=UTC)
    assert event["TRANSP"] == "OPAQUE"
    (alarm,) = event.walk("VALARM")
    assert alarm.decoded("TRIGGER") == timedelta(minutes=-10)
    assert alarm["ACTION"] == "DISPLAY"
    assert b"DTSTART:20261120T103000Z" in files(firm)["anna.ics"]


def test_equal_is_not_written_again(firm):
    firm.run(at("09:00"))
    before = {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in (firm.folder / "calendars").iterdir()}
    firm.run(at("10:00"))
    firm.run(at("09:00", NEXT))
    after = {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in (firm.folder / "calendars").iterdir()}
    assert after == before


def test_only_what_changed_has_a_new_number(firm):
    firm.run(at("08:00"))
    firm.type_task("Перезвонить", hour=time(13, 30))
    firm.run(at("09:00"))
    first = events(firm)
    firm.mark("Перезвонить", "Время", time(16, 0))
    firm.run(at("10:00"))
    second = events(firm)
    assert [str(first[name]["UID"]) for name in first] == [str(second[name]["UID"]) for name in first]
    assert (first["Своя задача"]["SEQUENCE"], second["Своя задача"]["SEQUENCE"]) == (0, 1)
    unchanged = "Просроченная оплата"
    for name in ("SEQUENCE", "LAST-MODIFIED", "DTSTAMP"):
        assert first[unchanged][name].to_ical() == second[unchanged][name].to_ical()


def test_the_state_lost_changes_no_number(firm):
    firm.run(at("08:00"))
    firm.type_task("Перезвонить", hour=time(13, 30))
    firm.run(at("09:00"))
    before = files(firm)
    for path in sorted(firm.state.path.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    firm.run(at("10:00"))
    assert files(firm) == before


@pytest.mark.parametrize("status", ["done", "cancelled"])
def test_what_is_done_is_cancelled_and_later_gone(firm, status):
    firm.run(at("08:00"))
    firm.type_task("Перезвонить", hour=time(13, 30))
    firm.run(at("09:00"))
    firm.mark("Перезвонить", "Статус", status)
    firm.run(at("10:00"))
    event = events(firm)["Своя задача"]
    assert (event["STATUS"], event["SEQUENCE"]) == ("CANCELLED", 1)
    assert not event.walk("VALARM")
    firm.run(at("10:00", DAY + timedelta(days=16)))
    assert "Своя задача" not in events(firm)


def test_put_off_it_moves(firm):
    firm.run(at("08:00"))
    firm.type_task("Перезвонить", hour=time(13, 30))
    firm.mark("Перезвонить", "Отложить до", date(2026, 11, 25))
    firm.run(at("09:00"))
    assert events(firm)["Своя задача"].decoded("DTSTART") == datetime(2026, 11, 25, 10, 30, tzinfo=UTC)


def test_without_personal_data_nothing_names_a_client(firm):
    firm.run(at("08:00"))
    firm.type_task("Позвонить жене Тихонова", hour=time(13, 30))
    firm.run(at("09:00"))
    whole = b"".join(files(firm).values()).replace(b"\r\n ", b"").decode()
    assert [word for word in PERSONAL if word in whole] == []


def test_with_personal_data_the_client_and_the_telephone(tmp_path):
    firm = Firm(tmp_path, notifications="{}", more="calendar_feed: {folder: calendars, personal_data: true}\n")
    firm.run(at("09:00"))
    name = "Вера Ильинична Гущина: Позвоните и договоритесь, какого числа оплатят"
    told = str(events(firm)[name]["DESCRIPTION"])
    assert told.startswith("+79161234567\n")
    assert "• Спросите спокойно, что помешало оплатить" in told


@pytest.mark.parametrize(("choice", "seen"), [("all", 2), ("own", 1), ("no", 0)])
def test_tasks_without_an_hour_are_the_owners_choice(tmp_path, choice, seen):
    firm = Firm(tmp_path, notifications="{}", more=f"calendar_feed: {{folder: calendars, all_day: {choice}}}\n")
    firm.run(at("08:00"))
    firm.type_task("Перезвонить", hour="")
    firm.run(at("09:00"))
    assert len(events(firm)) == seen


def test_lines_are_folded_as_the_standard_says(tmp_path):
    firm = Firm(tmp_path, notifications="{}", more="calendar_feed: {folder: calendars, personal_data: true}\n")
    firm.run(at("08:00"))
    firm.type_task("Очень длинное дело; с запятыми, \\ чертой и «кавычками» " * 5, hour=time(13, 30))
    firm.run(at("09:00"))
    content = files(firm)["anna.ics"]
    assert content.endswith(b"END:VCALENDAR\r\n")
    assert re.search(rb"(?<!\r)\n|\r(?!\n)", content) is None
    assert max(len(line) for line in content.split(b"\r\n")) <= 75
    content.decode("utf-8")
    calendar = icalendar.Calendar.from_ical(content)
    assert calendar["PRODID"].startswith("-//sheets-crm//")
    assert calendar["VERSION"] == "2.0"
    assert str(calendar["X-WR-CALNAME"]) == "Анна: задачи — Окна Плюс"
    assert any("Очень длинное дело; с запятыми, \\ чертой" in str(e["SUMMARY"]) for e in calendar.walk("VEVENT"))
    required = {"UID", "DTSTAMP", "DTSTART", "SUMMARY", "SEQUENCE", "LAST-MODIFIED"}
    assert all(required <= set(event) for event in calendar.walk("VEVENT"))
    uids = [str(event["UID"]) for event in calendar.walk("VEVENT")]
    assert len(uids) == len(set(uids))


@pytest.mark.parametrize(
    ("manager", "name"),
    [
        ("Анна Щукина-Ёлкина", "anna-schukina-elkina"),
        ("O'Neil / Sons", "o-neil-sons"),
        ("", "tasks"),
        ("CON", "con-"),
        ("../../etc", "etc"),
    ],
)
def test_names_of_files(manager, name):
    assert file_name(manager) == name


def test_a_name_in_other_letters_has_a_file_too():
    names = {file_name("საქართველო"), file_name("日本"), file_name("!!!")}
    assert len(names) == 3
    assert all(re.fullmatch(r"manager-[0-9a-f]{8}", name) for name in names)


def test_two_managers_with_one_name_of_a_file(tmp_path):
    people = "managers: [{name: Анна, aliases: [Аня]}, {name: Anna}]\n"
    firm = Firm(tmp_path, notifications="{}", people=people, more=FEED)
    firm.run(at("09:00"))
    names = [name for name in files(firm) if name.startswith("anna")]
    assert len(names) == 2
    before = files(firm)
    firm.run(at("10:00"))
    assert files(firm) == before


@pytest.mark.parametrize(
    "content", [b"BEGIN:VCALENDAR\r\nPRODID:-//other//EN\r\nEND:VCALENDAR\r\n", b"not a calendar", b""]
)
def test_a_file_of_another_program_is_never_touched(firm, content):
    folder = firm.folder / "calendars"
    folder.mkdir()
    (folder / "anna.ics").write_bytes(content)
    firm.run(at("09:00"))
    firm.run(at("10:00"))
    assert (folder / "anna.ics").read_bytes() == content
    assert len([name for name in files(firm) if re.fullmatch(r"anna-[0-9a-f]{8}\.ics", name)]) == 1


def test_two_workbooks_may_share_a_folder(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    first = Firm(tmp_path / "a", notifications="{}", more="calendar_feed: {folder: ../calendars}\n")
    second = Firm(tmp_path / "b", notifications="{}", more="calendar_feed: {folder: ../calendars}\n")
    for firm in (first, second, first, second):
        firm.run(at("09:00"))
    assert len(list((tmp_path / "calendars").iterdir())) == 4


def test_a_file_of_ours_that_was_damaged_is_replaced_or_stood_beside(firm):
    firm.run(at("09:00"))
    path = firm.folder / "calendars" / "anna.ics"
    path.write_bytes(path.read_bytes()[:600])
    firm.sheets["Сделки"].append(("С-3", "К-3", "Счёт выставлен", 5, date(2026, 11, 1), date(2026, 11, 3), 0, "Анна"))
    firm.save()
    firm.run(at("10:00"))
    assert len(icalendar.Calendar.from_ical(path.read_bytes()).walk("VEVENT")) == 2


def test_a_manager_who_left_has_an_empty_calendar(firm):
    firm.run(at("09:00"))
    firm.configure("{}", people="managers: [{name: Анна, aliases: [Аня]}]\n", more=FEED)
    firm.sheets["Сделки"].pop()
    firm.save()
    firm.run(at("10:00"))
    gone = icalendar.Calendar.from_ical(files(firm)["ivan.ics"])
    assert gone.walk("VEVENT") == []
    assert str(gone["X-WR-CALNAME"]).startswith("Иван")
    before = files(firm)
    firm.run(at("11:00"))
    assert files(firm) == before


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps no modes")
def test_a_file_keeps_the_mode_that_somebody_gave_it(firm):
    firm.run(at("09:00"))
    path = firm.folder / "calendars" / "anna.ics"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    firm.type_task("Перезвонить", hour=time(13, 30))
    firm.run(at("10:00"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_a_folder_that_cannot_be_written_is_a_note_and_no_failure(firm):
    (firm.folder / "calendars").write_text("a file in its place", "utf-8")
    result = firm.run(at("09:00"))
    assert [key for key, _ in result.notes if key.startswith("notices.feed")] == ["notices.feed.not_written"]


def test_a_fault_of_ours_is_a_note_and_no_failure(firm, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sheets_crm.sync.feed.to_ical", lambda *_: 1 / 0)
    result = firm.run(at("09:00"))
    assert [key for key, _ in result.notes if key.startswith("notices.feed")] == ["notices.feed.fault"]


def test_none_where_none_is_wanted(tmp_path):
    firm = Firm(tmp_path, notifications="{}")
    result = firm.run(at("09:00"))
    assert write_feeds(result, at("09:00")) == []
    assert not (tmp_path / "calendars").exists()


def test_a_plan_writes_none(firm):
    from sheets_crm.sync import run

    run.plan(str(firm.config), today=DAY)
    assert not (firm.folder / "calendars").exists()


def test_a_calendar_has_an_end(firm):
    firm.sheets["Сделки"] += [
        (f"Д-{n}", "К-1", "Счёт выставлен", n, date(2026, 11, 1), date(2026, 11, 10), 0, "Анна")
        for n in range(MOST + 50)
    ]
    firm.save()
    firm.run(at("09:00"))
    assert files(firm)["anna.ics"].count(b"BEGIN:VEVENT") == MOST


def test_the_hours_of_a_zone_with_summer_time(tmp_path):
    firm = Firm(tmp_path, notifications="{}", more=f"{FEED}timezone: America/New_York\n")
    summer, winter = date(2026, 7, 20), date(2026, 11, 20)
    starts = set()
    for day in (summer, winter):
        firm.run(datetime(day.year, day.month, day.day, 14, tzinfo=UTC))
        firm.type_task(f"Перезвонить {day:%B}", hour=time(13, 30), day=day)
        firm.run(datetime(day.year, day.month, day.day, 15, tzinfo=UTC))
        starts |= {e.decoded("DTSTART") for e in events(firm).values() if isinstance(e.decoded("DTSTART"), datetime)}
    assert starts == {datetime(2026, 7, 20, 17, 30, tzinfo=UTC), datetime(2026, 11, 20, 18, 30, tzinfo=UTC)}
