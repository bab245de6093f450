"""The conversation held by a file of answers: what it leaves out is accepted as proposed, what it misnames is told."""

import pytest

from sheets_crm.errors import ConfigError
from sheets_crm.wizard.answers import load, run
from sheets_crm.words import LANGS, say
from tests.wizard.second import Later, listing, small_owner

FILE = """\
managers:
  who.Марина: nobody
rules:
  birthday: no
  offer_followup.days: 5
  regular_touch: да
timetable:
  language: английский
  days: [monday, Пятница]
  every_minutes: 30
  companion: false
"""


def test_a_file_of_answers_comes_to_a_synced_workbook(tmp_path):
    owner = small_owner(tmp_path)
    passed = run(owner.conversation, load(FILE, "answers.yaml"))
    assert [screen for screen, _ in passed] == ["managers", "managers/roles", "rules", "preview", "timetable", "finish"]
    assert dict(passed)["rules"]["offer_followup.days"] == ["5"]
    settings = owner.settings
    assert settings["managers"] == [{"name": "Анна"}]
    assert settings["rules"] == {"offer_followup": {"days": 5}, "birthday": False, "regular_touch": True}
    assert settings["schedule"]["days"] == ["monday", "friday"]
    assert settings["schedule"]["every_minutes"] == 30
    assert settings["language"] == "en"
    assert owner.config.exists()


def test_silence_accepts_what_is_proposed(tmp_path):
    owner = small_owner(tmp_path)
    passed = run(owner.conversation, {})
    assert passed[-1][0] == "finish"
    assert owner.config.exists()


def test_work_beside_the_conversation_is_waited_for(tmp_path):
    later = Later()
    owner = small_owner(tmp_path, run_later=later)
    waited = []

    def wait(seconds):
        waited.append(seconds)
        later.go()

    run(owner.conversation, {}, wait=wait)
    assert len(waited) >= 3
    assert owner.config.exists()


WRONG = {
    "screen": ("rulse: {birthday: no}\n", "answers.unknown_screen_near", 1, "rules"),
    "screen like none": ("weather: {sun: yes}\n", "answers.unknown_screen", 1, "managers"),
    "screen not reached": ("managers/else: {}\n", "answers.not_reached", 1, ""),
    "field": ("rules:\n  birthdya: no\n", "answers.unknown_field_near", 2, "birthday"),
    "field like none": ("timetable:\n  colour_of_the_sky: blue\n", "answers.unknown_field", 2, "every_minutes"),
    "choice": ("timetable:\n  language: englsh\n", "answers.unknown_choice", 2, "en"),
    "check": ("rules:\n  birthday: perhaps\n", "answers.unknown_choice", 2, "yes"),
    "person": ("managers:\n  who.Анна: same:Мариан\n", "answers.unknown_choice_near", 2, "same:Марина"),
    "button": ("timetable:\n  action: jump\n", "answers.unknown_action", 2, "next"),
    "value": ("rules:\n  offer_followup.days: 400\n", "answers.refused", 2, "365"),
    "shape": ("rules: [birthday]\n", "answers.not_mapping", 1, ""),
    "shape of a value": ("rules:\n  birthday: {on: no}\n", "answers.not_value", 2, ""),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_in_the_file_is_told_with_its_place_and_the_nearest_name(tmp_path, case):
    text, key, line, names = WRONG[case]
    owner = small_owner(tmp_path)
    before = listing(owner.folder)
    with pytest.raises(ConfigError) as told:
        run(owner.conversation, load(text, "answers.yaml"))
    assert told.value.key == f"setup_run.{key}"
    assert told.value.values["place"].line == line
    for lang in LANGS:
        sentence = say(told.value.key, lang, **told.value.values)
        assert "answers.yaml" in sentence
        assert names in sentence
    assert listing(owner.folder) == before, "nothing was written"


def test_what_stops_the_sync_stops_the_answers(tmp_path):
    owner = small_owner(tmp_path)
    owner.workbook.with_name(f"~${owner.workbook.name}").write_bytes(b"\x05Owner" + b" " * 49)
    with pytest.raises(ConfigError) as told:
        run(owner.conversation, {})
    assert told.value.key == "setup_run.answers.refused_whole"
    assert "Закройте" in told.value.values["why"]


def test_what_is_no_workbook_stops_the_answers(tmp_path):
    owner = small_owner(tmp_path)
    owner.workbook.unlink()
    with pytest.raises(ConfigError) as told:
        run(owner.conversation, {})
    assert told.value.values["screen"] == "managers"


def test_a_file_that_is_no_list_of_screens_is_told():
    with pytest.raises(ConfigError):
        load("- a\n- b\n", "answers.yaml")
    with pytest.raises(ConfigError):
        load("a: [b\n", "answers.yaml")
