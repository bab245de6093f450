"""Clients that stand in the base more than once: reported, never merged.

Pure. Groups are connected components over equal normalised phone or e-mail (DESIGN 5.5); an equal tax id and nearly equal
names are weaker or different evidence and are offered apart, as `LookAlike`, for a person to judge.
Knows nothing of tabs or sentences.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

import polars as pl

Place = tuple[str, int]  # sheet, the user's row

_PHONES = ("phone", "phones", "phone2", "phone2s", "phones2")
_EMAILS = ("email", "emails")
_NEAR = 92.0  # of 100: one letter in a name of a dozen
_NEIGHBOURS = 3  # names compared with so many after them, in both alphabetical orders
_SHORTEST = 6  # letters; shorter names are near to too many others


@dataclass(frozen=True)
class Evidence:
    """A value that two or more rows of a group share. field: "phone" or "email"."""

    field: Literal["phone", "email"]
    value: str
    rows: tuple[Place, ...]


@dataclass(frozen=True)
class DuplicateGroup:
    """Rows of one person or firm, in the order of the frame, and what says so (phones first)."""

    rows: tuple[Place, ...]
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True)
class LookAlike:
    """Rows that may be one client. kind: "tax_id" (value: the number) or "name" (score: 0..100 of the least alike pair)."""

    kind: Literal["tax_id", "name"]
    rows: tuple[Place, ...]
    value: str
    score: float = 100.0


def duplicate_groups(clients: pl.DataFrame) -> tuple[DuplicateGroup, ...]:
    """Groups of rows joined by an equal phone or e-mail, in the order of their first rows.

    clients: `_sheet`, `_row`, and of `phone` (E.164), `phones`, `phone2`, `email` those that are bound, and `emails`, the lists
    of clients formed from several rows. A row that repeats its own number is no duplicate.
    """
    shared = _shared(_values(clients))
    if not shared.height:
        return ()
    table = shared.with_columns(root=pl.col("row").replace_strict(_components(shared), return_dtype=pl.UInt32))
    place = _places(clients)
    said: dict[int, list[Evidence]] = {}
    proofs = table.group_by("root", "field", "value").agg(pl.col("row").sort())
    for root, field, value, rows in proofs.sort("root", "field", "value", descending=[False, True, False]).rows():
        said.setdefault(root, []).append(Evidence(field, value, tuple(place[row] for row in rows)))
    groups = table.group_by("root").agg(pl.col("row").unique().sort()).sort("root")
    return tuple(DuplicateGroup(tuple(place[row] for row in rows), tuple(said[root])) for root, rows in groups.rows())


def look_alikes(clients: pl.DataFrame, *, ignore: Collection[str] = ()) -> tuple[LookAlike, ...]:
    """Pairs and groups worth a look: equal tax ids first, then nearly equal names, the most alike first.

    ignore: words that say nothing in a name (legal forms), in any case. Names whose digits differ are never alike.
    """
    return (*_same_tax_id(clients), *_near_names(clients, frozenset(word.casefold() for word in ignore)))


def _places(clients: pl.DataFrame) -> list[Place]:
    return list(zip(clients["_sheet"].to_list(), clients["_row"].to_list(), strict=True))


def _values(clients: pl.DataFrame) -> pl.DataFrame:
    """Every (row, field, value) once."""
    parts = [pl.DataFrame(schema={"row": pl.UInt32, "field": pl.String, "value": pl.String})]
    row = pl.int_range(pl.len(), dtype=pl.UInt32).alias("row")
    for name in (*_PHONES, *_EMAILS):
        if name not in clients.columns:
            continue
        kind = "email" if name in _EMAILS else "phone"
        part = clients.select(row, pl.lit(kind).alias("field"), pl.col(name).alias("value"))
        if isinstance(clients.schema[name], pl.List):
            alone = pl.lit(value=False)
            if kind in clients.columns:  # most have one number, and it is told already
                alone = (pl.col("value").list.len() == 1) & (pl.col("value").list.first() == clients[kind])
            part = part.filter((pl.col("value").list.len() > 0) & ~alone.fill_null(value=False)).explode("value")
        if kind == "email":
            part = part.with_columns(pl.col("value").str.strip_chars().str.to_lowercase())
        parts.append(part.filter(pl.col("value").is_not_null() & (pl.col("value") != "")))
    return pl.concat(parts, how="vertical_relaxed")


def _shared(values: pl.DataFrame) -> pl.DataFrame:
    """Only the values that two different rows have: few, in most bases."""
    repeated = values.filter(pl.col("value").is_duplicated())
    return repeated.unique().filter(pl.struct("field", "value").is_duplicated())


def _components(shared: pl.DataFrame) -> dict[int, int]:
    """Row -> the first row of its component. Union-find, over the shared values only."""
    edges = shared.with_columns(first=pl.col("row").min().over("field", "value"))
    parent: dict[int, int] = {row: row for row in edges["row"].unique().to_list()}

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    for row, first in edges.filter(pl.col("row") != pl.col("first")).select("row", "first").rows():
        one, other = root(row), root(first)
        parent[max(one, other)] = min(one, other)
    return {row: root(row) for row in parent}


def _same_tax_id(clients: pl.DataFrame) -> Iterable[LookAlike]:
    if "tax_id" not in clients.columns:
        return
    row = pl.int_range(pl.len(), dtype=pl.UInt32).alias("row")
    known = clients.select(row, pl.col("tax_id").cast(pl.String).alias("value")).drop_nulls()
    twins = known.filter(pl.col("value").is_duplicated()).group_by("value").agg(pl.col("row").sort())
    place = _places(clients)
    for value, rows in twins.sort(pl.col("row").list.first()).rows():
        yield LookAlike("tax_id", tuple(place[row] for row in rows), value)


def _near_names(clients: pl.DataFrame, ignore: frozenset[str]) -> list[LookAlike]:
    """Pairs of near names: neighbours when sorted from the beginning or from the end, scored by edits."""
    if "name" not in clients.columns:
        return []
    names = clients["name"].unique().drop_nulls()
    plain = {name: _plain_name(name, ignore) for name in names.to_list()}
    whole = sorted({text for text in plain.values() if len(text) >= _SHORTEST})
    scores = _scores(whole) | {(text, text): 100.0 for text in whole}
    rows: dict[str, list[Place]] = {}
    for name, place in zip(clients["name"].to_list(), _places(clients), strict=True):
        if name is not None:
            rows.setdefault(plain[name], []).append(place)
    found = []
    for (one, other), score in scores.items():
        places = rows[one] if one == other else [*rows[one], *rows[other]]
        if len(places) > 1:
            found.append(LookAlike("name", tuple(places), one, round(score, 1)))
    return sorted(found, key=lambda alike: (-alike.score, alike.rows))


def _plain_name(name: str, ignore: frozenset[str]) -> str:
    """Words in alphabetical order, without case, marks and what says nothing."""
    folded = name.casefold().replace("\u0451", "\u0435")
    words = "".join(char if char.isalnum() else " " for char in folded).split()
    return " ".join(sorted(word for word in words if word not in ignore))


def _scores(names: list[str]) -> dict[tuple[str, str], float]:
    """Scores of near pairs among distinct plain names; (a, b) in alphabetical order."""
    from rapidfuzz import fuzz, process

    mirrored = sorted(range(len(names)), key=lambda place: names[place][::-1])
    pairs = {
        (min(one, other), max(one, other))
        for order in (range(len(names)), mirrored)
        for step in range(1, _NEIGHBOURS + 1)
        for one, other in zip(order, order[step:], strict=False)
    }
    left, right = [names[one] for one, _ in pairs], [names[other] for _, other in pairs]
    scores = process.cpdist(left, right, scorer=fuzz.ratio, score_cutoff=_NEAR) if pairs else ()
    return {
        (one, other): float(score)
        for one, other, score in zip(left, right, scores, strict=True)
        if score >= _NEAR and _digits(one) == _digits(other)
    }


def _digits(text: str) -> list[str]:
    return [char for char in text if char.isdigit()]
