"""What the tab itself offers and advises is understood."""

import re

import pytest

from sheets_crm.tasks.repeat import read_repeat
from sheets_crm.words import LANGS, say


@pytest.mark.parametrize("lang", LANGS)
def test_every_repeat_that_the_tab_offers_is_understood(lang):
    for offered in say("tabs.tasks.repeats", lang).split("|"):
        assert read_repeat(offered), offered
    note = say("tabs.tasks.notes.repeat", lang)
    advised = re.findall(r"«([^»]+)»|\"([^\"]+)\"", note)
    assert len(advised) >= 4
    for pair in advised:
        assert read_repeat("".join(pair)), pair
    listed = say("calendar.said.repeat_unclear", lang, text="?").partition(": ")[2].rstrip(".").split(", ")
    assert all(read_repeat(one) for one in listed)
    assert len(listed) == 3
