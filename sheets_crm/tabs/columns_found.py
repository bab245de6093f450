"""Where the columns of the tasks tab stand now, whatever people did to its headers.

By label in any language first, in any order; then by neighbours, for a header that was overwritten; then by likeness;
and by position from the key column, which is known by what stands in it, when there is no header row any more.
Pure. Knows nothing of marks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sheets_crm.tabs.task_columns import IDS, ids_by_label, labels
from sheets_crm.tabs.typed import Typed
from sheets_crm.tasks.keys import KEY_LENGTH, may_be_key, split_keys
from sheets_crm.tasks.texts import fold
from sheets_crm.words import LANGS, Lang

_TOP_ROWS = 30  # people put a title or two above the header, not thirty
_ENOUGH_LABELS = 3
_LIKE = 82  # of 100: a slip or two in a header
_KEY = len(IDS) - 1


@dataclass(frozen=True)
class Found:
    """header: position of the header row, -1 without one. ids: column id -> position. extra: position -> people's header."""

    header: int
    ids: Mapping[str, int]
    extra: Mapping[int, str]
    lang: Lang


def find_columns(rows: Sequence[Sequence[Typed]]) -> Found:
    """The columns of a tasks tab; without any sign of them, the columns as we draw them."""
    header = _header_row(rows)
    key = _key_column(rows)
    if header < 0:
        ids = _by_position(key if key is not None else _KEY, len(rows[0]) if rows else 0)
        return Found(_strange_header(rows, ids), ids, _unnamed(rows, set(ids.values())), "ru")
    names = [fold(cell.as_text("en")) for cell in rows[header]]
    ids = _by_label(names)
    if key is not None:
        ids = {name: place for name, place in ids.items() if place != key} | {"key": key}
    ids = _by_neighbours(ids)
    ids = _by_likeness(ids, names)
    taken = set(ids.values())
    return Found(header, ids, _extra(rows, header, taken), _language(names))


def _header_row(rows: Sequence[Sequence[Typed]]) -> int:
    """The row with most of our labels, at least three of them; -1 when there is none."""
    known = ids_by_label()
    scores = [len({known.get(fold(cell.text)) for cell in row} - {None}) for row in rows[:_TOP_ROWS]]
    best = max(scores, default=0)
    return scores.index(best) if best >= _ENOUGH_LABELS else -1


def _key_column(rows: Sequence[Sequence[Typed]]) -> int | None:
    """The column that holds most keys; None when there is no key at all."""
    counts: dict[int, int] = {}
    for row in rows:
        for place, cell in enumerate(row):
            if len(cell.text) >= KEY_LENGTH and may_be_key(cell.text) and split_keys(cell.text):
                counts[place] = counts.get(place, 0) + 1
    return max(counts, key=lambda place: counts[place]) if counts else None


def _by_label(names: Sequence[str]) -> dict[str, int]:
    known = ids_by_label()
    ids: dict[str, int] = {}
    for place, name in enumerate(names):
        if name in known:
            ids.setdefault(known[name], place)
    return ids


def _by_neighbours(ids: dict[str, int]) -> dict[str, int]:
    """A run of missing columns between two found ones that stand just so far apart: their headers were overwritten.

    Past the last found column nothing says where ours end: what stands there may be people's own.
    """
    found = dict(ids)
    start = 0
    while start < len(IDS):
        if IDS[start] in ids:
            start += 1
            continue
        end = next((place for place in range(start, len(IDS)) if IDS[place] in ids), None)
        if end is None:
            break
        left = ids[IDS[start - 1]] if start else -1
        right = ids[IDS[end]]
        if right - left - 1 == end - start and not set(range(left + 1, right)) & set(ids.values()):
            found |= {name: left + 1 + shift for shift, name in enumerate(IDS[start:end])}
        start = end
    return found


def _by_likeness(ids: dict[str, int], names: Sequence[str]) -> dict[str, int]:
    """Missing columns whose header differs from our label by a slip."""
    if len(ids) == len(IDS):
        return ids
    from rapidfuzz.fuzz import ratio

    found = dict(ids)
    pairs = []
    for label, name in ids_by_label().items():
        for place, header in enumerate(names):
            if name not in ids and header and place not in ids.values():
                pairs.append((ratio(label, header), name, place))
    for score, name, place in sorted(pairs, key=lambda pair: -pair[0]):
        if score >= _LIKE and name not in found and place not in found.values():
            found[name] = place
    return found


def _by_position(key: int, width: int) -> dict[str, int]:
    shift = key - _KEY
    return {name: place + shift for place, name in enumerate(IDS) if 0 <= place + shift < max(width, key + 1)}


def _strange_header(rows: Sequence[Sequence[Typed]], ids: Mapping[str, int]) -> int:
    """0 when the first row looks like headers in other words: text in most of our columns, and no key; else -1."""
    if not rows:
        return -1
    first = [rows[0][place] for place in ids.values() if place < len(rows[0])]
    filled = [cell for cell in first if cell.text.strip()]
    return 0 if len(filled) * 3 >= len(IDS) * 2 and not any(split_keys(cell.text) for cell in filled) else -1


def _extra(rows: Sequence[Sequence[Typed]], header: int, taken: set[int]) -> dict[int, str]:
    """People's own columns: with a header, or with something below it."""
    found = {}
    for place, cell in enumerate(rows[header]):
        used = not cell.blank or any(not row[place].blank for row in rows[header + 1 :])
        if place not in taken and used:
            found[place] = cell.as_text("en")
    return found


def _unnamed(rows: Sequence[Sequence[Typed]], taken: set[int]) -> dict[int, str]:
    width = len(rows[0]) if rows else 0
    return {place: "" for place in range(width) if place not in taken and any(not row[place].blank for row in rows)}


def _language(names: Sequence[str]) -> Lang:
    return max(LANGS, key=lambda lang: sum(name in labels(lang) for name in names))
