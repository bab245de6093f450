"""Keys of tasks: equal on any machine, in any run, for the same reason.

A key is a letter, twelve base32 characters of BLAKE2b, and one check character: `t` for a task of a rule, `o` for a task
of one's own, `n` for the sentence of an empty tab. The letter in front keeps a spreadsheet from reading a key as a number
or a date; the check character tells a key of ours from one that was retyped or cut.
A rule's key depends on the rule, the identity of the card and the occurrence, and on nothing else: not on rows, days,
languages or the state database. Parts are hashed with their lengths, so that no two different triples read the same.
What follows from an outcome keeps that key and adds the step it has come to: `-3a2` is the third step, a second try, and one
more check character. So the steps of a task are counted by its row in the tab and by nothing else.
Pure. Knows nothing of tabs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Literal, NamedTuple, cast

from sheets_crm.engine.model import Decision

_SHAPE = re.compile(r"([ton][a-z2-7]{13})(?:-(\d{1,4})([adr])(\d{1,2})([a-z2-7]))?")
_LETTERS = "tonTON"
_LENGTH = 12
KEY_LENGTH = _LENGTH + 2  # of the shortest key: its letter, the digest, the check character
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"  # base32 of RFC 4648, small letters
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]  # ten bits at a time
_SPARE = 80 - 5 * _LENGTH  # bits of the digest that a key leaves out
_SHIFTS = range(5 * _LENGTH - 10, -1, -10)

StepKind = Literal["a", "d", "r"]


@lru_cache(maxsize=1 << 17)  # a run asks for each key several times
def task_key(rule: str, subject: str, occurrence: str) -> str:
    """Key of a rule's task: the same for the same rule, card identity and occurrence."""
    return _key("t", (rule, subject, occurrence))


def own_key(content: Iterable[str], number: int = 0) -> str:
    """Key of a task typed by hand, from what was typed; `number` tells apart rows that hold the same."""
    return _key("o", (*content, str(number)))


def next_key(key: str) -> str:
    """Key of the task that follows a repeated one."""
    return _key("o", ("next", key))


def note_key(sentence: str) -> str:
    """Key of the row that says why the tab is empty: such a row is not a task while it still says just that."""
    return _key("n", (sentence.strip(),))


class Step(NamedTuple):
    """How far a task has come. number: how many outcomes moved it on. kind: a try without success, a date agreed on, a fresh round.

    tries: tries without success since somebody was last reached.
    """

    number: int
    kind: StepKind
    tries: int


def step_key(base: str, step: Step) -> str:
    """Key of a rule's task at a step."""
    body = f"{base}-{step.number}{step.kind}{step.tries}"
    return body + _check(body)


def base_key(key: str) -> str:
    """The key of the task whatever step it has come to."""
    return key.partition("-")[0]


def step_of(key: str) -> Step | None:
    """The step in a key of ours; None at the first."""
    found = _SHAPE.fullmatch(key)
    if found is None or found[2] is None:
        return None
    return Step(int(found[2]), cast("StepKind", found[3]), int(found[4]))


def is_key(text: str) -> bool:
    """Is this a key as we write them (one, not several)?"""
    found = _SHAPE.fullmatch(text)
    if found is None or found[1][-1] != _check(found[1][:-1]):
        return False
    return found[2] is None or (text[-1] == _check(text[:-1]) and found[1].startswith("t"))


def may_be_key(text: str) -> bool:
    """Is the text long enough for a key, and does it begin as keys do? A quick look that spares most texts a slow one."""
    return len(text) >= KEY_LENGTH and text.lstrip()[:1] in _LETTERS


def is_own(key: str) -> bool:
    """Is this the key of a task typed by hand?"""
    return key.startswith("o")


@lru_cache(maxsize=1 << 17)  # a run asks several times of each key cell
def split_keys(text: str) -> tuple[str, ...]:
    """The keys in a key cell (a merged row holds several); () when any of them is not ours."""
    keys = tuple(text.lower().split())
    return keys if keys and all(is_key(key) for key in keys) else ()


def keyed(decisions: Iterable[Decision]) -> dict[str, Decision]:
    """Decisions by key, in their order.

    Cards that can't be told apart (same identity and occurrence on two rows) get numbered keys, by what they say and
    where they stand, so that neither is lost.
    """
    order = list(decisions)
    triples = [(decision.rule, decision.subject, decision.occurrence) for decision in order]
    single = {task_key(*triple): decision for triple, decision in zip(triples, order, strict=True)}
    if len(single) == len(order):
        return single
    groups: dict[tuple[str, str, str], list[Decision]] = {}
    for triple, decision in zip(triples, order, strict=True):
        groups.setdefault(triple, []).append(decision)
    keys: dict[int, str] = {}
    for triple, group in groups.items():
        keys.update(_numbered(triple, group))
    return {keys[id(decision)]: decision for decision in order}


def _numbered(triple: tuple[str, str, str], group: list[Decision]) -> Mapping[int, str]:
    rule, subject, occurrence = triple
    if len(group) > 1:
        group = sorted(group, key=lambda d: (d.sheet, d.client, d.amount or 0, d.row, d.cell))
    return {
        id(decision): task_key(rule, subject, f"{occurrence}\x1f{place}" if place else occurrence)
        for place, decision in enumerate(group)
    }


def _key(letter: str, parts: Iterable[str]) -> str:
    digest = blake2b(digest_size=10)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big") + data)
    number = int.from_bytes(digest.digest(), "big") >> _SPARE
    body = letter + "".join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS])
    return body + _check(body)


def _check(body: str) -> str:
    return _ALPHABET[blake2b(body.encode("ascii"), digest_size=5).digest()[0] >> 3]
