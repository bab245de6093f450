"""One line of crm.yaml changes, and not a sign besides."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sheets_crm.sync.config_edit import flow, with_entry, without_entry

FILES = [
    "workbook: a.xlsx\n",
    "workbook: a.xlsx",
    "\ufeffworkbook: a.xlsx   # ours\r\nlanguage:   en\r\n",
    "{workbook: a.xlsx}\n",
    "hand_over:\nworkbook: a.xlsx\n",
    "hand_over:   # none yet\nworkbook: a.xlsx\n",
    "hand_over: []\nworkbook: a.xlsx\n",
    "hand_over: null\nworkbook: a.xlsx\n",
    "hand_over: [{from: X, to: Y}]  # one\nworkbook: a.xlsx\n",
    "hand_over: [{from: X, to: Y}, {from: Z, to: Y, client: 'O\"K'}]\nworkbook: a.xlsx\n",
    "hand_over:\n- {from: X, to: Y}   # first\n\n# next section\nworkbook: a.xlsx\n",
    "workbook: a.xlsx\nhand_over:\n    - from: X\n      to: Y\n      # for good\n    - from: Z\n      to: Y\n\n\n# the end\n",
    "workbook: a.xlsx\r\nhand_over:\r\n  - {from: X, to: Y}\r\nmanagers: [{name: X}, {name: Y}]\r\n",
    "workbook: a.xlsx\nhand_over:\n  - {from: X,\n     to: Y}\n  - {from: Z, to: Y}",
]
ENTRY = {"from": "Анна Белова", "to": 'О\'Нил: "Я"', "client": "- #1, да", "until": "2026-12-01"}


def loaded(text):
    return yaml.load(text, Loader=yaml.BaseLoader)


def same(entry):
    return lambda one: (one.get("from"), one.get("client")) == (entry["from"], entry.get("client"))


@pytest.mark.parametrize("text", FILES)
def test_an_entry_is_added_and_taken_out_again(text):
    before = loaded(text)
    added = with_entry(text, "hand_over", ENTRY, same(ENTRY))
    assert loaded(added) == before | {
        "hand_over": [*(before.get("hand_over") or [] if before.get("hand_over") != "null" else []), ENTRY]
    }
    assert with_entry(added, "hand_over", ENTRY, same(ENTRY)) == added, "the second time nothing changes"
    back = without_entry(added, "hand_over", same(ENTRY))
    rest = loaded(back)
    assert (rest["workbook"], rest.get("managers")) == (before["workbook"], before.get("managers"))
    assert list(rest.get("hand_over", [])) == loaded(added)["hand_over"][:-1]
    if "hand_over" not in text:
        assert back == text, "as if nobody had ever handed anything over"
    kept = [line for line in text.splitlines() if line.strip() and not line.startswith(("hand_over", "{"))]
    for line in kept:
        assert line in added.splitlines()
    assert ("\r\n" in text) == ("\r\n" in back)
    assert back.endswith("\n") or not text.endswith("\n")
    assert len(back.splitlines()) >= len(text.splitlines()) - 1


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a: 1\nhand_over:\n  - {from: X, to: Y}  # ill\n\n# next\nb: 2\n", "a: 1\n\n# next\nb: 2\n"),
        ("\ufeffhand_over: [{from: X, to: Y}]\r\nb: 2\r\n", "\ufeffb: 2\r\n"),
        ("hand_over:\n- from: X\n  to: Y\nb: 2", "b: 2"),
        ("b: 2\nhand_over:\n- from: X\n  to: Y", "b: 2"),
        (
            "b: 2\nhand_over: [{from: X, to: Y}]  # who does whose tasks\n",
            "b: 2\nhand_over: []  # who does whose tasks\n",
        ),
        ("{hand_over: [{from: X, to: Y}], b: 2}\n", "{b: 2}\n"),
        ("{b: 2, hand_over: [{from: X, to: Y}]}\n", "{b: 2}\n"),
        ("hand_over: [{from: X, to: Y}]\n", "hand_over: []\n"),
    ],
)
def test_with_its_last_entry_the_whole_list_goes(text, left):
    assert without_entry(text, "hand_over", same({"from": "X"})) == left


@pytest.mark.parametrize("text", [text for text in FILES if "X" in text])
def test_an_entry_about_the_same_tasks_is_replaced_where_it_stands(text):
    entry = {"from": "X", "to": "W", "until": "2026-12-01"}
    changed = with_entry(text, "hand_over", entry, same(entry))
    assert loaded(changed)["hand_over"][0] == entry
    assert loaded(changed)["hand_over"][1:] == loaded(text)["hand_over"][1:]
    gone = without_entry(changed, "hand_over", same(entry))
    assert loaded(gone).get("hand_over", []) == loaded(text)["hand_over"][1:]


def test_what_is_not_there_is_not_taken_out():
    for text in FILES:
        assert without_entry(text, "hand_over", same({"from": "Nobody"})) == text


@given(
    st.dictionaries(
        st.sampled_from(["from", "to", "client"]),
        st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1),
        min_size=1,
    )
)
def test_whatever_people_are_called_is_read_back(entry):
    assert loaded(flow(entry)) == entry
