"""crm.yaml is changed where it must be, and to the byte nowhere else."""

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sheets_crm.cards.yamlmodel import read_yaml
from sheets_crm.errors import ConfigError
from sheets_crm.sync.intake import open_text
from sheets_crm.sync.yaml_emit import block, canonical
from sheets_crm.sync.yaml_splice import data_of, edited
from sheets_crm.wizard.draft import Draft
from sheets_crm.wizard.yaml_writer import Changed, differences, save, settings_of, wanted, workbook_key, written
from sheets_crm.words import LANGS

# NUL can stand in no cell and no path, and is refused in the settings.
NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)
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


def test_many_changes_at_once_leave_every_other_line():
    sheets = {
        f"Лист {n}": {"card": "deal", "columns": {f"field_{m}": f"Колонка {m}" for m in range(9)}} for n in range(9)
    }
    lines = []
    for number, line in enumerate(block({"workbook": "a.xlsx", "sheets": sheets}).splitlines()):
        lines += [f"{line}   # remark {number}", f"# below {number}"]
    text = "\n".join(lines) + "\n"
    wanted = data_of(text)
    for place, sheet in enumerate(wanted["sheets"].values()):
        sheet["columns"]["field_3"] = f"Новая {place}"
        del sheet["columns"]["field_5"]
        sheet["columns"]["added"] = "Z"
    result = edited(text, wanted)
    assert canonical(data_of(result)) == canonical(wanted)
    left = [line for line in text.splitlines() if "field_3" not in line and "field_5" not in line]
    assert [line for line in result.splitlines() if "Новая" not in line and "added" not in line] == left
    assert result.count("# remark") == text.count("# remark") - 9


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


# --- crm.yaml itself --------------------------------------------------------------------------------------------------------

SETTINGS = {
    "rules": {"birthday": False, "offer_followup": {"days": 5}}, "workbook": "Клиенты.xlsx", "language": "ru",
    "managers": [{"name": "Анна", "aliases": ["Аня", "А. Седова"], "role": "head"}, {"name": "Борис"}],
    "sheets": {"Сделки": {"card": "deal", "columns": {"id": "A", "client": "Заказчик"}}, "Архив": {"ignore": True}},
    "schedule": {"every_minutes": 30, "hours": "09:00-18:00"},
}  # fmt: skip


@pytest.mark.parametrize("lang", LANGS)
def test_a_new_file_says_what_is_wanted_in_order_and_explains_itself(tmp_path, lang):
    text = written(None, SETTINGS, lang)
    assert canonical(settings_of(text)) == canonical(SETTINGS)
    keys = [line.split(":")[0] for line in text.splitlines() if line[:1].isalpha()]
    assert keys == ["workbook", "language", "sheets", "managers", "rules", "schedule"]
    lines = text.splitlines()
    assert all(lines[number - 1].startswith("#") for number, line in enumerate(lines) if line[:1].isalpha())
    assert "docs/reference/config" in text
    assert open_text(text, tmp_path / "crm.yaml").config.managers[0].role == "head"
    assert "{{" not in text


@pytest.mark.parametrize("lang", LANGS)
def test_what_the_remarks_offer_to_add_is_right(tmp_path, lang):
    """Every line of the list of what else there is can be uncommented as it stands (but for the dots)."""
    text = written(None, {"workbook": "a.xlsx"}, lang)
    offered = [
        line.removeprefix("# ").split("     ")[0]
        for line in text.splitlines()
        if line.startswith("# ") and "     " in line
    ]
    assert len(offered) >= 6
    for line in offered:
        if "..." not in line:
            open_text(f"workbook: a.xlsx\n{line}\n", tmp_path / "crm.yaml")


def test_what_was_written_once_is_found_the_same_again():
    text = written(None, SETTINGS, "ru")
    assert written(text, SETTINGS, "en") == text
    assert written("\ufeff\n", SETTINGS, "ru") == text


def draft_in(folder, **settings):
    return Draft(workbook=str(folder / "a.xlsx"), config=str(folder / "crm.yaml"), settings=settings)


def test_the_workbook_is_named_from_the_folder_of_the_file(tmp_path):
    assert workbook_key(draft_in(tmp_path)) == "a.xlsx"
    below = Draft(workbook=str(tmp_path / "b" / "a.xlsx"), config=str(tmp_path / "crm.yaml"))
    assert workbook_key(below) == "b/a.xlsx"
    beside = Draft(workbook=str(tmp_path / "a.xlsx"), config=str(tmp_path / "b" / "crm.yaml"))
    assert workbook_key(beside) == str(tmp_path / "a.xlsx")
    address = "https://docs.google.com/spreadsheets/d/abc/edit"
    assert workbook_key(Draft(workbook=address, config=str(tmp_path / "crm.yaml"))) == address
    assert wanted(draft_in(tmp_path), "workbook: ./a.xlsx\n")["workbook"] == "./a.xlsx"


def test_what_the_conversation_does_not_ask_about_stays_and_what_it_asks_about_goes(tmp_path):
    there = "workbook: a.xlsx\nhand_over: [{from: X, to: Y}]\nrules: {birthday: false}\n"
    assert wanted(draft_in(tmp_path), there) == {"workbook": "a.xlsx", "hand_over": [{"from": "X", "to": "Y"}]}
    assert wanted(draft_in(tmp_path), None) == {"workbook": "a.xlsx", "language": "ru"}


def test_an_impossible_file_is_never_written(tmp_path):
    with pytest.raises(ConfigError):
        save(draft_in(tmp_path, template="nonsense"))
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "crm.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError):
        save(draft_in(tmp_path))
    assert (tmp_path / "crm.yaml").read_bytes() == b"\xff\xfe"


def test_the_version_before_is_kept_and_the_oldest_go(tmp_path):
    for number in range(13):
        save(draft_in(tmp_path, name=f"version {number}"))
    kept = sorted((tmp_path / ".sheets-crm" / "settings").glob("crm.*.yaml"))
    assert len(kept) == 10
    assert "version 11" in kept[-1].read_text("utf-8")
    assert "version 12" in (tmp_path / "crm.yaml").read_text("utf-8")


def test_a_link_stays_a_link_and_permissions_stay(tmp_path):
    (tmp_path / "real").mkdir()
    real = tmp_path / "real" / "settings.yaml"
    real.write_text("workbook: a.xlsx\n")
    real.chmod(0o640)
    (tmp_path / "crm.yaml").symlink_to(real)
    save(draft_in(tmp_path, name="x"))
    assert (tmp_path / "crm.yaml").is_symlink()
    assert "name: x" in real.read_text("utf-8")
    assert real.stat().st_mode & 0o777 == 0o640


def test_differences_are_told_setting_by_setting():
    after = SETTINGS | {
        "rules": {"birthday": True, "offer_followup": {"days": 5}},
        "managers": [{"name": "Анна", "role": "head"}, {"name": "Вера"}],
    }
    assert differences(SETTINGS, SETTINGS) == ()
    assert differences(SETTINGS, after) == (
        Changed("rules.birthday", "false", "true"),
        Changed("managers.Анна.aliases", "[Аня, А. Седова]", ""),
        Changed("managers.Борис", "{name: Борис}", ""),
        Changed("managers.Вера", "", "{name: Вера}"),
    )
