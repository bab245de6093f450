import re

import pytest

from sheets_crm.tabs.task_columns import ids_by_label, statuses_by_label
from sheets_crm.words import LANGS, catalogue


def leaves(node, path=()):
    if isinstance(node, dict) and not {"other"} <= set(node):
        for name, value in node.items():
            yield from leaves(value, (*path, name))
    else:
        texts = node.values() if isinstance(node, dict) else [node]
        yield ".".join(path), {tuple(sorted(set(re.findall(r"{(\w+)}", text)))) for text in texts}


@pytest.mark.parametrize("name", ["tabs", "tasks"])
def test_both_languages_say_the_same_things(name):
    russian, english = (dict(leaves(catalogue(lang)[name])) for lang in ("ru", "en"))
    assert russian == english


def test_no_label_means_two_columns_and_no_word_two_statuses():
    labels = [label.casefold() for lang in LANGS for label in catalogue(lang)["tabs"]["tasks"]["columns"].values()]
    assert len(ids_by_label()) == len(set(labels)) == len(labels)
    tasks = [catalogue(lang)["tabs"]["tasks"] for lang in LANGS]
    said = [word for texts in tasks for words in texts["status_words"].values() for word in words.split("|")]
    said += [label for texts in tasks for label in texts["status"].values()]
    assert len(statuses_by_label()) == len({word.casefold().replace("ё", "е") for word in said}) == len(said)
