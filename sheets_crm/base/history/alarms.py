"""Changes too large to be obeyed without asking: a base that was emptied, a column that was rewritten, clients replaced.

Says what it sees; `sync` stops the run. Only what can't be another way of writing the same counts as rewritten: a country
code put before every number, surnames in capitals, a new mail domain are no alarm. Source: DESIGN 7, promise 8; FEATURES V3.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl
from sqlalchemy import Connection, func, select

from sheets_crm.base.history.compact import ACCEPTED, kept_value
from sheets_crm.base.history.schema import FIELD_CHANGES, RUNS

ENOUGH = 20  # rows; below that, half of them may well be an ordinary day
SHARE = 0.5
_DAYS_BACK = 1  # deletions of today and yesterday count together
_WORD = r"\p{L}{2,}|\d+"


@dataclass(frozen=True)
class Loss:
    """A card kind that lost most of its rows, or all."""

    card: str
    was: int
    now: int


@dataclass(frozen=True)
class Rewrite:
    """Fields that read otherwise in most of the rows, the worst first; `changed` of its `rows` values."""

    card: str
    fields: tuple[str, ...]
    changed: int
    rows: int

    @property
    def field(self) -> str:
        """The worst of them."""
        return self.fields[0]


def looks_emptied(previous: Mapping[str, int], current: Mapping[str, int], share: float = SHARE) -> Loss | None:
    """The worst loss among card kinds, None when there is none: more than `share` of 20 or more rows, or every row.

    previous, current: card kind -> number of rows. A kind that is not bound any more (no entry) is not a loss of rows.
    """
    losses = [
        Loss(card, was, now)
        for card, was in previous.items()
        if was and (now := current.get(card, was)) < was and (now == 0 or (was >= ENOUGH and was - now > share * was))
    ]
    return max(losses, key=lambda loss: (loss.was - loss.now) / loss.was, default=None)


def counts_lately(connection: Connection, counts: Mapping[str, int], today: date) -> dict[str, int]:
    """Card kind -> rows at the end of the day before yesterday, or when the owner last accepted a loss.

    counts: rows at the last run. So ten runs that each delete a tenth are seen as what they are together.
    """
    first = select(func.min(RUNS.c.run)).where(RUNS.c.today >= (today - timedelta(days=_DAYS_BACK)).isoformat())
    begun = connection.execute(first).scalar()
    if begun is None:  # the last run was earlier
        return dict(counts)
    since = max(int(begun), int(kept_value(connection, ACCEPTED) or 0) + 1)
    changes = FIELD_CHANGES.c
    query = (
        select(changes.card, changes.kind, func.count())
        .where(changes.run >= since, changes.kind.in_(("added", "removed")))
        .group_by(changes.card, changes.kind)
    )
    found = dict(counts)
    for card, kind, times in connection.execute(query):
        if card in found:
            found[card] += times if kind == "removed" else -times
    return found


def looks_replaced(
    card: str, previous: pl.DataFrame | None, current: pl.DataFrame, share: float = SHARE
) -> Loss | None:
    """Most of the cards are others than before, though there may be as many: a base pasted over another."""
    if previous is None or previous.height < ENOUGH:
        return None
    left = previous.select("_id").join(current.select("_id"), on="_id", how="semi").height
    return Loss(card, previous.height, left) if previous.height - left > share * previous.height else None


def looks_rewritten(
    card: str,
    previous: pl.DataFrame | None,
    current: pl.DataFrame,
    *,
    share: float = SHARE,
    steady: Callable[[str], Collection[str]] | None = None,
) -> Rewrite | None:
    """Fields people are known by that say something else, or nothing, in more than `share` of 20 or more values.

    steady: field -> the sheets on which it is read from the same column as before; None: on all of them.
    """
    if previous is None:
        return None
    fields = [name for name in _KEYS if name in current.columns and name in previous.columns]
    fields = [name for name in fields if current.schema[name] == previous.schema[name] == pl.String]
    if current.height == previous.height and current["_id"].equals(previous["_id"]):  # the usual run: few comparisons
        fields = [name for name in fields if not current[name].equals(previous[name])]
    if not fields:
        return None
    were = previous.select("_id", **{f"{name}_was": name for name in fields})
    pairs = current.select("_id", "_sheet", *fields).join(were, on="_id")
    found = []
    for name in fields:
        here = pairs if steady is None else pairs.filter(pl.col("_sheet").is_in(list(steady(name))))
        if seen := _rewritten(card, name, here.select(now=name, was=f"{name}_was"), share):
            found.append(seen)
    found.sort(key=lambda seen: seen.changed, reverse=True)
    if not found:
        return None
    return Rewrite(card, tuple(seen.field for seen in found), found[0].changed, found[0].rows)


def _rewritten(card: str, name: str, pairs: pl.DataFrame, share: float) -> Rewrite | None:
    known = pairs.drop_nulls("was")
    differ = known.filter(pl.col("now").ne_missing(pl.col("was")))
    if known.height < ENOUGH or differ.height <= share * known.height:  # an ordinary day ends here
        return None
    key = _KEYS[name]
    other = differ.filter(pl.col("now").is_null() | ~_same(key(pl.col("now")), key(pl.col("was"))))
    return Rewrite(card, (name,), other.height, known.height) if other.height > share * known.height else None


def _same(now: pl.Expr, was: pl.Expr) -> pl.Expr:
    """Do most of the words of the shorter one stand in the other? ("Ltd" in common makes no two firms one.)"""
    shorter = pl.min_horizontal(now.list.n_unique(), was.list.n_unique())
    return (now.list.set_intersection(was).list.len() * 2 > shorter).fill_null(value=False)


def _words(text: pl.Expr) -> pl.Expr:
    plain = text.str.to_lowercase().str.replace_all("\u0451", "\u0435", literal=True)
    return plain.str.extract_all(_WORD)


def _last_digits(text: pl.Expr) -> pl.Expr:
    return text.str.replace_all(r"\D", "").str.slice(-7).str.extract_all(r"\d{5,}")


def _before_at(text: pl.Expr) -> pl.Expr:
    return text.str.to_lowercase().str.extract_all(r"^[^@]+")


def _whole(text: pl.Expr) -> pl.Expr:
    return text.str.to_lowercase().str.extract_all(r"^.+$")


# What a person is known by, and what of it must stay. Stages and sums may change wholesale in a day; these don't.
_KEYS: Mapping[str, Callable[[pl.Expr], pl.Expr]] = {
    "name": _words,
    "phone": _last_digits,
    "email": _before_at,
    "tax_id": _last_digits,
    "client": _words,
    "birthday": _whole,
}
