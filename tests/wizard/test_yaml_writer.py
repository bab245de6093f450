"""crm.yaml is changed where it must be, and to the byte nowhere else."""

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sheets_crm.cards.yamlmodel import read_yaml
from sheets_crm.sync.yaml_emit import block, canonical
from sheets_crm.sync.yaml_splice import data_of, edited

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
SCALARS = st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(-1e6, 1e6) | NAMES | st.just("")
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=8
)
MAPPINGS = st.dictionaries(NAMES, TREES, max_size=4)


@given(MAPPINGS)
def test_whatever_is_written_is_read_back(tree):
    text = block(tree)
    assert canonical(read_yaml(text, "").data if tree else {}) == canonical(tree)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_other_readers_of_yaml_take_our_text_for_text(text):
    assert yaml.safe_load(block({"key": text})) == {"key": text}


COMMENTED = """\
# Our own file. Mind the gap.

workbook: "Клиенты и сделки.xlsx"   # in the shared folder
language:   ru


# --- people -------------------------------------------------
managers:
  - name: Анна Иванова      # since 2019
    aliases: [Аня, 'Иванова А.']

  # left in spring
  - {name: Борис, role: head}
rules:
    offer_followup: {days: 5}   # was 3
    # not before Easter
    birthday: false
sheets:
  Сделки:
    card: deal
    columns:
      id: A
      client: 'Заказчик: имя'   # mind the colon
      note: |
        B
  # the archive
  Архив: {ignore: true}
# the end
"""
CHANGES = {
    "language": "en", "timezone": "Asia/Almaty", "template": None, "name": "База № 1: главная",
    "schedule": {"every_minutes": 30, "hours": "09:00-18:00", "days": ["monday", "friday"]}, "companion": True,
}  # fmt: skip


def tree():
    return data_of(COMMENTED)


def lines_about(text, *words):
    return [line for line in text.splitlines() if any(word in line for word in words)]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_a_changed_number_changes_its_line_alone(newline, bom):
    text = bom + COMMENTED.replace("\n", newline)
    wanted = tree()
    wanted["rules"]["offer_followup"]["days"] = 7
    assert edited(text, wanted) == text.replace("{days: 5}", "{days: 7}")


def test_the_same_settings_change_nothing():
    assert edited(COMMENTED, tree()) == COMMENTED


@pytest.mark.parametrize("key", list(CHANGES))
def test_a_new_section_leaves_all_the_rest(key):
    wanted = tree() | {key: CHANGES[key]}
    text = edited(COMMENTED, wanted, above=lambda name: f"about {name}")
    assert canonical(data_of(text)) == canonical(wanted)
    if key == "language":
        assert text == COMMENTED.replace("language:   ru", "language:   en")
    else:
        assert text.startswith(COMMENTED)
        assert f"# about {key}" in text


def test_people_come_and_go_and_comments_stay():
    wanted = tree()
    wanted["managers"] = [
        {"name": "Анна Иванова", "aliases": ["Аня", "Иванова А.", "ИВАНОВА"], "email": "anna@example.com"},
        {"name": "Вера", "role": "head"},
    ]
    text = edited(COMMENTED, wanted)
    assert canonical(data_of(text)) == canonical(wanted)
    assert "since 2019" in text
    assert "# left in spring" in text
    untouched = COMMENTED.split("rules:")[1]
    assert text.endswith(untouched)
    assert text.startswith(COMMENTED.split("managers:", maxsplit=1)[0])


def test_a_key_that_goes_takes_its_line_alone():
    wanted = tree()
    del wanted["rules"]["birthday"]
    assert edited(COMMENTED, wanted) == COMMENTED.replace("    birthday: false\n", "")
    del wanted["sheets"]["Сделки"]["columns"]["note"]
    text = edited(COMMENTED, wanted)
    assert canonical(data_of(text)) == canonical(wanted)
    assert "# the archive" in text


def test_the_last_key_of_a_section_leaves_an_empty_section():
    assert data_of(edited("rules:\n  a: false\nworkbook: x\n", {"rules": {}, "workbook": "x"})) == {
        "rules": {},
        "workbook": "x",
    }


@pytest.mark.parametrize(
    "text",
    [
        "", "# nothing yet\n", "workbook: a.xlsx", "{workbook: a.xlsx}\n", "---\nworkbook: a.xlsx\n...\n", "workbook:\nlanguage: ru\n",
        "workbook: &name a.xlsx\nname: *name\n", "{workbook: a.xlsx,\n language: ru,}\n", "? workbook\n: a.xlsx\n",
        "sheets: {}   # all are guessed\nworkbook: a.xlsx\n", "managers: []\n", "managers:\n- name: X\n  role: head\n", "rules:\n",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "wanted",
    [
        {"workbook": "b.xlsx"}, {"workbook": "a.xlsx", "sheets": {"Лист 1": {"card": "deal"}}}, {"rules": {"birthday": True}},
        {"managers": [{"name": "X"}, {"name": "Y", "aliases": ["Z"]}]}, {"workbook": "a.xlsx", "name": "other"}, {},
    ],
)  # fmt: skip
def test_files_written_in_odd_ways_say_what_is_wanted(text, wanted):
    result = edited(text, wanted)
    assert canonical(data_of(result)) == canonical(wanted)
    assert edited(result, wanted) == result


@given(MAPPINGS, MAPPINGS)
def test_any_file_comes_to_say_what_is_wanted(before, wanted):
    text = block(before) + "\n" if before else ""
    assert canonical(data_of(edited(text, wanted))) == canonical(wanted)


KEYS = st.sampled_from(["workbook", "language", "managers", "rules", "sheets", "name"])


@given(st.dictionaries(KEYS, TREES, min_size=2), KEYS, TREES, st.sampled_from(["\n", "\r\n"]))
def test_lines_of_other_sections_survive_to_the_byte(before, key, value, newline):
    """Every section with comments above, beside and below it; one of them changes."""
    pieces = {}
    for number, (name, tree_) in enumerate(before.items()):
        pieces[name] = (
            f"#  above {number}  {newline}{block({name: tree_}, 0, newline)}{newline}{newline}# below {number}{newline}"
        )
    text = "".join(pieces.values())
    assert canonical(data_of(text)) == canonical(before)
    wanted = before | {key: value}
    result = edited(text, wanted)
    assert canonical(data_of(result)) == canonical(wanted)
    for name, piece in pieces.items():
        if name != key:
            assert piece in result, json.dumps([text, result], ensure_ascii=False)
    assert result.count("above") == text.count("above")
