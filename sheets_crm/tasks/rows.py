"""The rows of the tab, each where it belongs: to a task of a rule, to one's own, to a reason that has passed.

Of several rows with one key the first keeps it; of several steps of one task the latest counts. Nothing that a person
typed is dropped here. Pure. Decides nothing about what becomes of a row (life).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sheets_crm.engine.ended import Ended
from sheets_crm.engine.model import Decision
from sheets_crm.tasks.keys import Step, base_key, is_own, split_keys, step_key, step_of
from sheets_crm.tasks.model import CLOSED, Mark, Status, Task
from sheets_crm.tasks.outcomes import meaning
from sheets_crm.tasks.texts import fold, source_text, todo_text
from sheets_crm.words import LANGS

_MOVES = ("again", "on_date", "retry")


@dataclass
class Rows:
    """Rows of the tab by what stands behind them."""

    marks: dict[str, Mark] = field(
        default_factory=dict
    )  # base key of a live task -> its mark, with the key it has come to
    own: list[Mark] = field(default_factory=list)
    ended: list[Mark] = field(default_factory=list)  # rule tasks whose condition no longer holds
    passed: list[Mark] = field(default_factory=list)  # earlier steps of live tasks, into which somebody typed
    keyless: list[Mark] = field(default_factory=list)  # typed by hand, copied, or with a key that is not ours

    def ended_row(self, key: str) -> Mark:
        """The row of a task whose reason is only found after the rows were sorted; an empty one where there is none."""
        return next((mark for mark in self.ended if mark.key == key), Mark(key))

    def lines(self) -> list[list[str]]:
        """Base keys of live tasks that stand in one row, row by row."""
        found: dict[object, list[str]] = {}
        for base, mark in self.marks.items():
            found.setdefault(mark.row or base, []).append(base)
        return list(found.values())


def sorted_rows(marks: Sequence[Mark], live: Mapping[str, Decision], remembered: Mapping[str, Mark]) -> Rows:
    """Each row where it belongs. remembered: base key -> the last mark in history, with the step it had come to."""
    rows = Rows()
    first: dict[str, Mark] = {}
    held: list[tuple[Mark, tuple[str, ...]]] = []
    keyless = []
    for mark in sorted(marks, key=lambda mark: mark.row):
        keys = tuple(key for key in split_keys(mark.key) if key not in first)
        if not keys:
            keyless.append(mark)
            continue
        first |= dict.fromkeys(keys, mark)
        if is_own(keys[0]):
            rows.own.append(replace(mark, key=keys[0]))
        else:
            held.append((mark, keys))
    _seat(rows, held, live)
    healed = _healed(keyless, rows.marks, live, remembered)
    rows.keyless = [mark for mark in keyless if id(mark) not in healed and not _mere_copy(mark, first)]
    return rows


def _seat(rows: Rows, held: Sequence[tuple[Mark, tuple[str, ...]]], live: Mapping[str, Decision]) -> None:
    """Rows of rule tasks: to the live ones at their latest step, to those that ended, to steps that are over."""
    latest: dict[str, str] = {}
    for _, keys in held:
        for key in keys:
            base = base_key(key)
            if base not in latest or _number(key) > _number(latest[base]):
                latest[base] = key
    for mark, keys in held:
        mine = [key for key in keys if base_key(key) in live]
        if not mine:
            rows.ended.append(replace(mark, key=" ".join(keys)))
            continue
        current = [one for one in _parted(mark, keys) if one.key in mine and latest[base_key(one.key)] == one.key]
        rows.marks |= {base_key(one.key): one for one in current}
        if not current:
            rows.passed.append(replace(mark, key=" ".join(mine)))


def _parted(mark: Mark, keys: Sequence[str]) -> list[Mark]:
    """The row's mark for each of its reasons: what our lines tell of one of them is not told of the others.

    Lines stand in the order of the keys; equal ones were written once.
    """
    if len(keys) == 1:
        return [mark if mark.key == keys[0] else replace(mark, key=keys[0])]
    used: Counter[object] = Counter()
    found = []
    for key in keys:
        step = step_of(key)
        tries = [days for n, days in mark.told.rounds if step is not None and n == step.tries]
        agreed = mark.told.agreed if step is not None and step.kind == "d" else ()
        due = agreed[min(used["d"], len(agreed) - 1)] if agreed else mark.due
        count = step.tries if step is not None else 0
        days = tries[min(used[count], len(tries) - 1)] if tries else ()
        used.update([*(["d"] if agreed else ()), *([count] if tries else ())])
        found.append(replace(mark, key=key, due=due, told=replace(mark.told, tries=days)))
    return found


def _number(key: str) -> int:
    step = step_of(key)
    return step.number if step else 0


LATER_STEP = Ended("outcomes.ended.later_step")


def _mere_copy(mark: Mark, first: Mapping[str, Mark]) -> bool:
    """A copied row into which nobody typed anything: it says only what the first one says already."""
    keys = split_keys(mark.key)
    original = first.get(keys[0]) if keys else None
    if original is None or mark.touched or is_own(keys[0]):
        return False
    return dict(mark.cells) == dict(original.cells)


def _healed(
    keyless: Sequence[Mark], marks: dict[str, Mark], live: Mapping[str, Decision], remembered: Mapping[str, Mark]
) -> set[int]:
    """Rows that only lost their key (the key column was deleted) get it back: same source, client and text to do.

    `marks` gains them, at the step that history knows, else at the one their own text tells. Rows with a key of another
    make are not looked at. Returns the ids of the rows found.
    """
    blank = [mark for mark in keyless if not mark.key.strip() and mark.cells.get("source")]
    if not blank:
        return set()
    homes: dict[tuple[object, ...], list[str]] = {}
    for key, decision in live.items():
        if key not in marks:
            for sign in _signs(decision):
                homes.setdefault(sign, []).append(key)
    found = set()
    for mark in blank:
        keys = homes.get(tuple(str(mark.cells.get(name, "")) for name in ("source", "client", "todo")), [])
        for base in [key for key in keys if key not in marks][:1]:
            tries = len(mark.told.tries)
            told = step_key(base, Step(tries, "a", tries)) if tries else base
            known = remembered[base].key if base in remembered else told
            marks[base] = replace(mark, key=known, own=False)
            found.add(id(mark))
    return found


def _signs(decision: Decision) -> set[tuple[object, ...]]:
    bare = Task("", decision, Mark(""), decision.due)
    return {(source_text(decision), decision.client, todo_text(bare, lang)) for lang in LANGS}


def bring_back(rows: Rows, live: Mapping[str, Decision], own: Iterable[Mark], remembered: Mapping[str, Mark]) -> None:
    """What history knows of tasks whose row is gone: that they are closed, or how far they had come.

    Not what stands in the tab as one's own: a row that only lost its key says it already.
    """
    gone = [key for key in live if key in remembered and key not in rows.marks]
    if not gone:
        return
    strays = [mark for mark in own if mark.cells.get("source")]
    for base in gone:
        mark, decision = remembered[base], live[base]
        if any(_is_row_of(stray, decision, mark) for stray in strays):
            continue
        if meaning(mark.outcome, (decision,)) in _MOVES and mark.status != Status.CANCELLED:
            until = mark.snooze_until
            rows.marks[base] = Mark(mark.key, outcome=mark.outcome, snooze_until=until, due=mark.due, told=mark.told)
        elif mark.status in CLOSED:
            rows.marks[base] = replace(mark, own=False, row=0)
        elif step_of(mark.key):
            rows.marks[base] = Mark(mark.key, due=mark.due, told=mark.told)


def _is_row_of(stray: Mark, decision: Decision, remembered: Mark) -> bool:
    """Is this row of one's own the one in which the task stood before its key was retyped?

    A row that held several reasons points to the cell of one of them only, and a client may have been renamed meanwhile: it is
    known by its words, too.
    """
    client = fold(str(stray.cells.get("client", ""))) == fold(decision.client)
    cell = stray.cells.get("source") == source_text(decision)
    words, said = _words(stray), _words(remembered)
    return (client and cell) or ((client or cell) and not words.isdisjoint(said)) or (bool(said) and words == said)


def _words(mark: Mark) -> set[str]:
    """What a person wrote into the row in words of their own."""
    return {str(text) for text in (mark.comment, mark.reason, *mark.extra.values()) if text not in ("", None)}
