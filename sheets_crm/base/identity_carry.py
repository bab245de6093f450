"""Identities of the last snapshot carried over to the rows of today, also where a key was edited meanwhile.

Pure. Does not name anybody: rows that match nothing stay null, and base/identity names them.
A match is one to one: the evidence must be the row's alone among those not matched yet, on both sides.
Source: docs/explain/identity.md, "Who is still who".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import or_

import polars as pl

_ID = "_id"
_WAS = "_was"


@dataclass(frozen=True)
class Pass:
    """One kind of evidence. `on`: keys that must be known and equal.

    same: at least one of these must be known and equal too. unlike: none of these may be known on both sides and differ.
    by_name: a pair of different names does not count when each of the two names has a partner of its own.
    """

    on: tuple[str, ...]
    same: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()
    by_name: bool = False


PARTY_PASSES: tuple[Pass, ...] = (
    Pass(("id",), same=("name", "phone", "email", "tax")),
    Pass(("name", "tax")),  # also when the owner gave out new numbers
    Pass(("name", "phone")),
    Pass(("name", "email")),
    Pass(("id",)),
    Pass(("tax",), unlike=("id",), by_name=True),
    Pass(("phone",), unlike=("id",), by_name=True),
    Pass(("any_phone",), unlike=("id",), by_name=True),
    Pass(("email",), unlike=("id",), by_name=True),
    Pass(("name",), unlike=("id",)),
)

EVENT_PASSES: tuple[Pass, ...] = (
    Pass(("id",), same=("who", "link", "when", "what", "phone", "name")),
    Pass(("who", "when", "what")),
    Pass(("link", "when", "what")),
    Pass(("id",)),
    Pass(("who", "invoice"), unlike=("id",)),
    Pass(("who", "when", "amount"), unlike=("id",)),
    Pass(("who", "what"), unlike=("id", "when")),
    Pass(("link", "what"), unlike=("id", "when")),
    Pass(("when", "what", "amount"), unlike=("id",)),
    Pass(("who", "what", "amount"), unlike=("id",)),  # its day was mended
    Pass(("who", "when"), unlike=("id",)),
    Pass(("link", "when"), unlike=("id",)),
    Pass(("phone", "when"), unlike=("id",)),
    Pass(("name", "when"), unlike=("id",)),
    Pass(("who", "offer"), unlike=("id", "when", "what")),
    Pass(("who", "amount"), unlike=("id", "when", "what")),
    Pass(("who",), unlike=("id", "when", "what", "invoice")),
    Pass(("link",), unlike=("id", "when", "what", "invoice")),
)


def carried(
    frame: pl.DataFrame,
    previous: pl.DataFrame,
    keys: Callable[[pl.DataFrame], pl.DataFrame],
    passes: tuple[Pass, ...],
    columns: tuple[str, ...],
) -> pl.Series:
    """`_id` of the snapshot for each row of `frame`, null where the row is new. `keys` gives normalised keys of rows."""
    shared = [name for name in columns if name in frame.columns and name in previous.columns]
    if not shared:
        return pl.Series(_ID, [None], dtype=pl.String).new_from_index(0, frame.height)
    if _as_they_stood(frame, previous, shared):
        return previous[_ID]
    now = pl.DataFrame({"row": pl.int_range(frame.height, dtype=pl.UInt32, eager=True)})
    pairs = _mostly_untouched(frame, previous, shared)
    now = now.join(pairs, on="row", how="left", maintain_order="left")
    left = now.filter(pl.col(_ID).is_null())["row"]
    if len(left):
        gone = pl.DataFrame({"row": pl.int_range(previous.height, dtype=pl.UInt32, eager=True), _ID: previous[_ID]})
        gone = gone.join(pairs, on=_ID, how="anti", maintain_order="left")
        found = _matched(
            _evidence(frame, left, keys),
            _evidence(previous, gone["row"], keys).with_columns(gone[_ID]),
            passes,
        )
        now = now.join(found, on="row", how="left", suffix=_WAS, maintain_order="left")
        now = now.with_columns(pl.coalesce(_ID, _ID + _WAS).alias(_ID))
    return now[_ID]


def _as_they_stood(frame: pl.DataFrame, previous: pl.DataFrame, shared: list[str]) -> bool:
    """Every key is where it was: and where keys repeat, so is every other field."""
    if frame.height != previous.height or not all(frame[name].equals(previous[name]) for name in shared):
        return False
    if all(frame[name].equals(previous[name]) for name in _others(frame, previous, shared)):
        return True
    return not _exact(frame, shared)["key"].is_duplicated().any()


def _others(frame: pl.DataFrame, previous: pl.DataFrame, shared: list[str]) -> list[str]:
    return [name for name in frame.columns if name in previous.columns and name[0] != "_" and name not in shared]


def _mostly_untouched(frame: pl.DataFrame, previous: pl.DataFrame, shared: list[str]) -> pl.DataFrame:
    """As `_untouched`, and much quicker where a few rows among many were edited in their places.

    Rows that stand where they stood with all their fields are who they were: unless a row that is not as it was has, or
    had, the same keys. Then those of equal keys must be told apart, and all rows are looked at.
    """
    edited = _edited(frame, previous, shared)
    if edited is None:
        return _untouched(frame, previous, shared)
    rows = edited.arg_true().cast(pl.UInt32)
    here, there = frame[rows], previous[rows]
    if _has_any_of(frame.select(shared), ~edited, (here, there)):
        return _untouched(frame, previous, shared)
    as_they_were = pl.DataFrame({"row": (~edited).arg_true().cast(pl.UInt32)})
    as_they_were = as_they_were.with_columns(previous[_ID].gather(as_they_were["row"]))
    pairs = _untouched(here, there, shared)
    return pl.concat([as_they_were, pairs.with_columns(rows.gather(pairs["row"]).alias("row"))])


def _edited(frame: pl.DataFrame, previous: pl.DataFrame, shared: list[str]) -> pl.Series | None:
    """Which rows differ in any field from those in their places; None where there is no comparing place by place."""
    names = [*shared, *_others(frame, previous, shared)]
    if frame.height != previous.height or any(frame.schema[name] != previous.schema[name] for name in names):
        return None
    differs = [frame[name].ne_missing(previous[name]) for name in names if not frame[name].equals(previous[name])]
    return pl.Series([False]).new_from_index(0, frame.height) if not differs else reduce(or_, differs)


def _has_any_of(keys: pl.DataFrame, among: pl.Series, others: tuple[pl.DataFrame, ...]) -> bool:
    """Does any of these rows have the keys of any of the other rows? keys: of all rows, all columns; among: which rows count."""
    shared = keys.columns
    first = pl.concat([other[shared[0]] for other in others]).unique()
    alike = among & keys[shared[0]].is_in(first.implode(), nulls_equal=True)  # a quick look that spares most rows
    known = pl.concat([_exact(other, shared)["key"] for other in others])
    return bool(_exact(keys.filter(alike), shared)["key"].is_in(known.implode()).any())


def _untouched(frame: pl.DataFrame, previous: pl.DataFrame, shared: list[str]) -> pl.DataFrame:
    """Pairs (row, _id) of rows whose keys are exactly as they were; equals are told apart by the rest, then by order."""
    now, was = _exact(frame, shared), _exact(previous, shared)
    others = _others(frame, previous, shared)
    if now["key"].is_duplicated().any() or was["key"].is_duplicated().any():
        both = [*shared, *sorted(others)]
        pairs = _joined(_ranked(frame, now, both), _ranked(previous, was, both), previous)
        now_left = now.join(pairs, on="row", how="anti", maintain_order="left")
        was_left = was.join(
            pairs.rename({"row": "mate", "row_was": "row"}), on="row", how="anti", maintain_order="left"
        )
        rest = _joined(_counted(now_left), _counted(was_left), previous)
        return pl.concat([pairs, rest]).select("row", _ID)
    return _joined(now, was, previous).select("row", _ID)


def _joined(now: pl.DataFrame, was: pl.DataFrame, previous: pl.DataFrame) -> pl.DataFrame:
    pairs = now.join(was, on="key", how="inner", suffix=_WAS).select("row", "row_was")
    return pairs.with_columns(previous[_ID].gather(pairs["row_was"]))


def _exact(frame: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    texts = [_plain(frame, name) for name in columns]
    key = pl.concat_str(texts, separator="\u241f").alias("key")
    return frame.select(key).with_row_index("row")


def _plain(frame: pl.DataFrame, name: str) -> pl.Expr:
    column = pl.col(name)
    if isinstance(frame.schema[name], pl.List):
        column = column.cast(pl.List(pl.String)).list.join(";")
    return column.cast(pl.String).fill_null("\u2400")


def _ranked(frame: pl.DataFrame, keyed: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """Keys where equal ones are told apart by the whole row, and rows equal in everything by their order."""
    twins = keyed["key"].is_duplicated()
    whole = _exact(frame.filter(twins), columns)["key"]
    key = keyed["key"].scatter(twins.arg_true(), whole) if twins.any() else keyed["key"]
    return _counted(keyed.with_columns(key.alias("key")), every=False)


def _counted(keyed: pl.DataFrame, *, every: bool = True) -> pl.DataFrame:
    if not every and not keyed["key"].is_duplicated().any():
        return keyed.with_columns(pl.col("key") + "\u241f1")
    nth = pl.col("row").cum_count().over("key").cast(pl.String)
    return keyed.with_columns(pl.concat_str("key", nth, separator="\u241f"))


def _evidence(frame: pl.DataFrame, rows: pl.Series, keys: Callable[[pl.DataFrame], pl.DataFrame]) -> pl.DataFrame:
    part = frame[rows]
    found = keys(part).with_columns(rows.alias("row"))
    if "phones" not in part.columns:
        return found.with_columns(pl.concat_list("phone").alias("any_phone"))
    return found.with_columns(
        pl.concat_list(found["phone"], part["phones"].cast(pl.List(pl.String)).fill_null([])).alias("any_phone")
    )


def _matched(now: pl.DataFrame, was: pl.DataFrame, passes: tuple[Pass, ...]) -> pl.DataFrame:
    """Pairs (row, _id) found by the passes in their order, each row and each identity at most once."""
    found = [pl.DataFrame(schema={"row": pl.UInt32, _ID: pl.String})]
    for step in passes:
        if not (now.height and was.height):
            break
        if not set(step.on) <= set(now.columns) or not set(step.on) <= set(was.columns):
            continue
        pairs = _pairs(now, was, step)
        if pairs.height:
            found.append(pairs)
            now = now.join(pairs, on="row", how="anti")
            was = was.join(pairs, on=_ID, how="anti")
    return pl.concat(found)


def _pairs(now: pl.DataFrame, was: pl.DataFrame, step: Pass) -> pl.DataFrame:
    on = list(step.on)
    if step.on == ("any_phone",):
        left, right = (side.explode("any_phone").unique(["row", "any_phone"]) for side in (now, was))
    else:
        left, right = now, was
    pairs = _alone(left, on).join(_alone(right, on), on=on, how="inner", suffix=_WAS)
    for condition in _conditions(step, pairs, now, was):
        pairs = pairs.filter(condition)
    pairs = pairs.select("row", _ID).unique()
    return pairs.filter(pl.col("row").is_unique() & pl.col(_ID).is_unique())


def _alone(side: pl.DataFrame, on: list[str]) -> pl.DataFrame:
    """Rows whose evidence is known and is nobody else's."""
    known = side.drop_nulls(on)
    return known.filter(pl.struct(on).is_unique()) if len(on) > 1 else known.filter(pl.col(on[0]).is_unique())


def _conditions(step: Pass, pairs: pl.DataFrame, now: pl.DataFrame, was: pl.DataFrame) -> list[pl.Expr]:
    def has(key: str) -> bool:
        return key + _WAS in pairs.columns

    same = [pl.col(key) == pl.col(key + _WAS) for key in step.same if has(key)]
    unlike = [pl.col(key) != pl.col(key + _WAS) for key in step.unlike if has(key)]
    conditions = [~differs.fill_null(value=False) for differs in unlike]
    if step.same:
        conditions.append(pl.any_horizontal(same).fill_null(value=False) if same else pl.lit(False))
    if step.by_name and has("name") and was["name"].count() and now["name"].count():
        crossed = (
            (pl.col("name") != pl.col("name_was"))
            & pl.col("name").is_in(was["name"].drop_nulls().to_list())
            & pl.col("name_was").is_in(now["name"].drop_nulls().to_list())
        )
        conditions.append(~crossed.fill_null(value=False))
    return conditions
