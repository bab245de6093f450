import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheets_crm.tasks.keys import is_key, is_own, keyed, next_key, note_key, own_key, split_keys, task_key
from tests.tasks.samples import decision

words = st.text(max_size=12)


def test_a_key_is_the_same_in_another_process_with_another_hash_seed():
    code = "from sheets_crm.tasks.keys import task_key; print(task_key('r', 'Анна', '2026'))"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "7"}
    )
    assert found.stdout.strip() == task_key("r", "Анна", "2026")


def test_keys_on_workbooks_already_written_still_hold():
    """If this fails, every open task out there would double."""
    assert task_key("offer_followup", "id:17", "2026-11-01") == "tjiqrpygp6spmk"
    assert task_key("", "", "") == "tazju332xuaixp"


@given(st.tuples(words, words, words), st.tuples(words, words, words))
def test_no_two_triples_read_the_same(one, other):
    assert (task_key(*one) == task_key(*other)) == (one == other)


def test_parts_do_not_flow_into_each_other():
    assert (
        len({task_key("ab", "c", ""), task_key("a", "bc", ""), task_key("a", "b", "c"), task_key("", "ab", "c")}) == 4
    )


@given(words, words, words)
def test_a_key_is_known_as_one(a, b, c):
    key = task_key(a, b, c)
    assert is_key(key)
    assert not is_key(key[:-1])
    assert not is_key(key + "a")
    assert not key.isdigit()


def test_most_slips_are_noticed():
    key = task_key("r", "s", "o")
    slips = [key[:p] + c + key[p + 1 :] for p in range(1, 13) for c in "abcxyz237" if c != key[p]]
    assert sum(map(is_key, slips)) < len(slips) / 10


def test_kinds_of_keys():
    own = own_key(("a", "b"))
    assert is_own(own)
    assert is_own(next_key(own))
    assert own_key(("a", "b")) == own != own_key(("a", "b"), 1)
    assert own_key(("ab", "")) != own
    assert note_key(" why ") == note_key("why")
    assert not is_own(task_key("a", "b", "c"))


@pytest.mark.parametrize("text", ["", " ", "abc", "t1", "TN4KB443OHZ6V", "t n4kb443ohz6vc"])
def test_what_is_no_key(text):
    assert split_keys(text) == ()


def test_several_keys_in_a_cell():
    one, two = task_key("a", "b", "c"), task_key("a", "b", "d")
    assert split_keys(f" {one.upper()}  {two}\n") == (one, two)
    assert split_keys(f"{one} garbage") == ()


def test_cards_that_cannot_be_told_apart_keep_their_keys_when_rows_are_sorted():
    first, second = decision("Anna", amount=5, row=3), decision("Anna", amount=9, row=4)
    moved = decision("Anna", amount=9, row=3), decision("Anna", amount=5, row=4)
    before = {key: found.amount for key, found in keyed((first, second)).items()}
    after = {key: found.amount for key, found in keyed(moved).items()}
    assert len(before) == 2
    assert before == after
