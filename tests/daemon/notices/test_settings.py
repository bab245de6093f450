"""crm.yaml: what stands under notifications, managers and calendar_feed, and what is refused in words."""

from __future__ import annotations

import pytest

from sheets_crm.cards import load_model
from sheets_crm.errors import ConfigError
from sheets_crm.sync.config import CrmConfig
from sheets_crm.words import say


def read(text):
    return load_model(f"workbook: x.xlsx\n{text}\n", "crm.yaml", CrmConfig)


def refused(text):
    with pytest.raises(ConfigError) as caught:
        read(text)
    told = {lang: say(caught.value.key, lang, **caught.value.values) for lang in ("ru", "en")}
    return caught.value, told


def test_nothing_stated_is_nobody_told():
    settings = read("").notifications
    assert settings.owner == ()
    assert (settings.digest, settings.reminders, settings.quiet) == ("08:30", 10, "21:00-08:00")
    assert settings.days == ("mon", "tue", "wed", "thu", "fri")
    assert (settings.new_leads, settings.alarms, settings.personal_data) == (True, True, False)


@pytest.mark.parametrize(
    "address",
    [
        "tgram://123456:AAH-SECRET/42",
        "mailtos://a:SECRET@x.ru",
        "123456789:AAHSECRET",
        "anna@SECRET.ru",
        "https://x/SECRET",
    ],
)
@pytest.mark.parametrize(
    "place",
    [
        "notifications: {{owner: '{}'}}",
        "notifications: {{owner: [boss, '{}']}}",
        "managers: [{{name: A, notify: '{}'}}]",
    ],
)
def test_an_address_in_the_file_is_refused_and_not_repeated(address, place):
    error, told = refused(place.format(address))
    assert error.key == "notices.error.address_in_config"
    assert "sheets-crm notify set telegram" in told["ru"]
    assert "строка 2" in told["ru"]
    assert "SECRET" not in str(error) + told["ru"] + told["en"]


@pytest.mark.parametrize("name", ["1telegram", "моё имя", "-x", "x" * 41])
def test_a_name_that_is_none(name):
    assert refused(f"notifications: {{owner: '{name}'}}")[0].key == "notices.error.bad_name"


@pytest.mark.parametrize("name", ["telegram", "head-mail", "почта", "anna_2"])
def test_names(name):
    assert read(f"notifications: {{owner: {name}}}").notifications.owner == (name,)


@pytest.mark.parametrize(
    ("text", "value"),
    [("08:30", "08:30"), ("8:05", "8:05"), ("no", None), ("off", None), ("false", None), ("null", None)],
)
def test_the_hour_of_the_digest(text, value):
    assert read(f"notifications: {{digest: {text}}}").notifications.digest == value


@pytest.mark.parametrize("text", ["25:00", "8.30", "830", "утром", "true", "[8]"])
def test_an_hour_that_is_none(text):
    assert refused(f"notifications: {{digest: {text}}}")[0].key == "errors.yaml.expected_time"


@pytest.mark.parametrize(
    ("text", "value"), [("21:00-08:00", "21:00-08:00"), ("'22:00 – 7:30'", "22:00-7:30"), ("no", None)]
)
def test_quiet_hours(text, value):
    assert read(f"notifications: {{quiet: {text}}}").notifications.quiet == value


def test_quiet_hours_that_are_none():
    error, told = refused("notifications: {quiet: ночью}")
    assert error.key == "notices.error.bad_hours"
    assert "«ночью»" in told["ru"]


@pytest.mark.parametrize(("text", "value"), [("0", 0), ("1440", 1440), ("no", None)])
def test_minutes(text, value):
    assert read(f"notifications: {{reminders: {text}}}").notifications.reminders == value


@pytest.mark.parametrize("text", ["-1", "1441", "много"])
def test_minutes_that_are_none(text):
    assert refused(f"notifications: {{reminders: {text}}}")[0].key.startswith("errors.yaml.")


def test_a_day_that_is_none():
    assert refused("notifications: {days: [monday]}")[0].key.startswith("errors.yaml.not_allowed")


def test_a_key_that_is_none_has_a_near_one():
    error, _ = refused("notifications: {personaldata: true}")
    assert error.values["near"] == "personal_data"


def test_the_calendar_needs_a_folder():
    assert read("").calendar_feed is None
    assert read("calendar_feed: {folder: x}").calendar_feed.all_day == "all"
    assert read("calendar_feed: {folder: x, all_day: no}").calendar_feed.all_day == "no"
    assert refused("calendar_feed: {personal_data: true}")[0].key == "errors.yaml.missing_key"
