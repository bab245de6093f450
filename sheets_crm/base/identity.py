"""Who is who from run to run: one `_id` per row of a card's frame, whatever happens to the rows.

Pure. Knows nothing of rules or files; row numbers are never looked at.
An identity is the row's strongest natural key as text (`id:k-7`, `phone:+7...`), so that it can be computed anew when the
state is lost; the last snapshot only carries an identity over an edit of that key (base/identity_carry).
It holds personal data: it goes into the state folder and, hashed, into task keys; never into a log.
Source: docs/explain/identity.md.
"""

from __future__ import annotations

from functools import partial
from hashlib import blake2b

import polars as pl

from sheets_crm.base.identity_carry import EVENT_PASSES, PARTY_PASSES, carried

SEPARATOR = "\u241f"  # stands between the parts; nobody types it
LONGEST = 160  # characters; a longer identity is cut and closed by a digest

# Cards that happen to someone and repeat: named by whom, when and what. All others are named by themselves.
_EVENTS = frozenset(
    {"deal", "lead", "order", "order_line", "payment", "interaction", "visit", "survey", "nps", "offer", "invoice"}
)
_WHO = ("client", "client_ref", "lead", "lead_ref", "account", "phone", "email", "name", "client_id", "contact")
_WHEN = ("created", "date", "first_contact_date")
_WHAT = ("title", "deal", "deal_ref", "product", "service", "kind")
_OFFER = ("offer_date", "invoice_date", "due_date")
_NAME = ("name", "legal_name", "title")
_LINKS = ("client_id",)  # already an identity: taken as it stands


def identify(frame: pl.DataFrame, card: str, previous: pl.DataFrame | None) -> pl.Series:
    """`_id` of every row: String, no nulls, no two equal, in the order of `frame`.

    previous: the last snapshot of the same card, with its `_id`; None when there is none or it is lost: then the result
    depends on the rows' content alone, not on their order. Columns that are not bound may be missing from either frame.
    """
    if not frame.height:
        return pl.Series("_id", [], dtype=pl.String)
    event = is_event(card, frame)
    known = pl.Series("_id", [None], dtype=pl.String).new_from_index(0, frame.height)
    if previous is not None and previous.height and "_id" in previous.columns:
        passes = EVENT_PASSES if event else PARTY_PASSES
        known = carried(frame, previous, partial(_keys, event=event), passes, key_columns(event=event))
    if not known.null_count():
        return known.alias("_id")
    return _name_the_rest(frame, known, event=event)


def is_event(card: str, frame: pl.DataFrame) -> bool:
    """Is the card named by whom, when and what (a deal, a payment) and not by itself (a client, a product)?"""
    if card in _EVENTS:
        return True
    itself = {"id", "name", "phone", "phones", "email", "tax_id", "legal_name", "first_name", "last_name"}
    return card not in {"client", "contact", "product"} and not itself & set(frame.columns)


def key_columns(*, event: bool) -> tuple[str, ...]:
    """Columns of a frame from which keys are made."""
    own = ("id", "tax_id", "phone", "email", "first_name", "last_name", *_NAME)
    return tuple(
        dict.fromkeys((*own, *_WHO, *_WHEN, *_WHAT, *_OFFER, "invoice_no", "amount") if event else (*own, *_WHEN))
    )


def _name_the_rest(frame: pl.DataFrame, known: pl.Series, *, event: bool) -> pl.Series:
    """Natural identities for rows that have none yet, distinct from one another and from those known."""
    new = known.is_null().arg_true()
    rows = frame if len(new) == frame.height else frame[new]
    base = _shortened(_natural(rows, event=event))
    taken = known.drop_nulls()
    clash = base.is_duplicated() | base.is_null()
    if len(taken):
        clash |= base.is_in(taken.to_list())
    if clash.any():
        twins = rows.filter(clash)
        keys = _keys(twins, event=event)
        parts = keys.select(_event_parts() if event else _party_parts())
        settled = _distinct(base.filter(clash), parts, keys["when"], content(twins), taken)
        base = base.scatter(clash.arg_true(), settled)
    return base.alias("_id") if rows is frame else known.scatter(new, base).alias("_id")


def _natural(rows: pl.DataFrame, *, event: bool) -> pl.Series:
    """The strongest natural key of each row as text; null where a row has none. Not yet distinct."""
    ids = rows.select((pl.lit("id:") + _first(rows, ("id",))).alias("_id")).to_series()
    if not ids.null_count():
        return ids  # the common case, and nothing else need be normalised
    return _keys(rows, event=event).select(_event_key() if event else _party_key()).to_series()


def _distinct(base: pl.Series, parts: pl.DataFrame, when: pl.Series, whole: pl.Series, taken: pl.Series) -> pl.Series:
    """`base` made distinct: of equals the earliest keeps it, the others add parts of their own, at last a number.

    "Earliest" is by date, then by content, so that sorting the sheet changes nothing; rows equal in everything go by order.
    """
    unnamed = pl.lit("row:") + pl.col("whole").map_elements(digest, return_dtype=pl.String)
    table = (
        pl.DataFrame({"base": base, "when": when, "whole": whole})
        .with_row_index("place")
        .with_columns(pl.coalesce(pl.col("base"), unnamed if base.null_count() else pl.lit(None)).alias("_id"))
        .hstack(parts)
        .sort("when", *parts.columns, "whole", "place", nulls_last=True)
    )
    for column in parts.columns:
        clash = _clash(table["_id"], taken)
        if not clash.any():
            break
        longer = pl.concat_str("_id", column, separator=SEPARATOR, ignore_nulls=True)
        table = table.with_columns(pl.when(clash).then(longer).otherwise("_id").alias("_id"))
        table = table.with_columns(_shortened(table["_id"]))
    return _numbered(table, taken).sort("place")["_id"]


def _clash(names: pl.Series, taken: pl.Series) -> pl.Series:
    later = ~names.is_first_distinct()
    return later | names.is_in(taken.to_list()) if len(taken) else later


def _numbered(table: pl.DataFrame, taken: pl.Series) -> pl.DataFrame:
    """Rows that are still not distinct get `#2`, `#3` ... in their order; a number that is taken is passed over."""
    clash = _clash(table["_id"], taken)
    if not clash.any():
        return table
    used = set(taken.to_list()) | set(table.filter(~clash)["_id"].to_list())
    last: dict[str, int] = {}
    names = table["_id"].to_list()
    for place in clash.arg_true().to_list():
        plain = names[place]
        number = last.get(plain, 1) + 1
        while f"{plain}{SEPARATOR}#{number}" in used:
            number += 1
        last[plain] = number
        names[place] = f"{plain}{SEPARATOR}#{number}"
        used.add(names[place])
    return table.with_columns(pl.Series("_id", names, dtype=pl.String))


def _shortened(names: pl.Series) -> pl.Series:
    long = (names.str.len_chars() > LONGEST).arg_true()
    if not len(long):
        return names.alias("_id")
    cut = [f"{name[: LONGEST - 34]}{SEPARATOR}{digest(name)}" for name in names.gather(long).to_list()]
    return names.scatter(long, pl.Series(cut, dtype=pl.String)).alias("_id")


def digest(text: str) -> str:
    """32 hexadecimal digits, equal in every version and on every machine (Polars' own hash is not)."""
    return blake2b(text.encode(), digest_size=16).hexdigest()


def content(frame: pl.DataFrame) -> pl.Series:
    """All fields of each row as one text, in the order of the fields' names."""
    columns = sorted(name for name in frame.columns if not name.startswith("_"))
    if not columns:
        return pl.Series("whole", [""], dtype=pl.String).new_from_index(0, frame.height)
    texts = [_text(frame, name).fill_null("") for name in columns]
    return frame.select(pl.concat_str(texts, separator=SEPARATOR).alias("whole")).to_series()


def _text(frame: pl.DataFrame, name: str) -> pl.Expr:
    kind = frame.schema[name]
    if isinstance(kind, pl.List):
        return pl.col(name).cast(pl.List(pl.String)).list.join(";")
    if kind.is_float():  # a number typed into an id: 12.0 is 12
        column = pl.col(name)
        return (
            pl.when(column == column.floor())
            .then(column.cast(pl.Int64, strict=False).cast(pl.String))
            .otherwise(column.cast(pl.String))
        )
    return pl.col(name).cast(pl.String)


def _keys(frame: pl.DataFrame, *, event: bool) -> pl.DataFrame:
    """Normalised keys of each row: id, tax, phone, email, name, when; of an event also who, link, what, its papers and sum."""
    first = [_text(frame, name) for name in ("last_name", "first_name") if name in frame.columns]
    name = _first(frame, _NAME[:2] if event else _NAME)
    if first:
        name = pl.coalesce(name, _folded(pl.concat_str(first, separator=" ", ignore_nulls=True)))
    phones = pl.col("phones").list.first() if "phones" in frame.columns else pl.lit(None, pl.String)
    keys = {
        "id": _first(frame, ("id",)),
        "tax": _first(frame, ("tax_id",)),
        "phone": pl.coalesce(_first(frame, ("phone",)), phones),
        "email": _first(frame, ("email",)),
        "name": name,
        "when": _first(frame, _WHEN),
    }
    if event:
        keys |= {
            "who": _first(frame, _WHO),
            "link": _first(frame, _LINKS),
            "what": _first(frame, _WHAT),
            "offer": _first(frame, _OFFER),
            "invoice": _first(frame, ("invoice_no",)),
            "amount": _first(frame, ("amount",)),
        }
    return frame.with_columns(**keys).select(list(keys))  # with_columns: a row each, though no key is bound at all


def _first(frame: pl.DataFrame, names: tuple[str, ...]) -> pl.Expr:
    """The first of these columns that says something, folded; null where none does or none is bound."""
    texts = [
        _text(frame, name) if name in _LINKS or not _is_text(frame, name) else _folded(_text(frame, name))
        for name in names
        if name in frame.columns
    ]
    return pl.coalesce(texts) if texts else pl.lit(None, pl.String)


def _is_text(frame: pl.DataFrame, name: str) -> bool:
    return frame.schema[name] in (pl.String, pl.Categorical) or isinstance(frame.schema[name], pl.Enum)


def _folded(text: pl.Expr) -> pl.Expr:
    """Without case and with yo as ye, as names and ids compare (DESIGN 5.4); blank is null."""
    plain = text.str.strip_chars().str.to_lowercase().str.replace_all("\u0451", "\u0435", literal=True)
    return pl.when(plain != "").then(plain)


def _labelled(label: str, key: str) -> pl.Expr:
    return pl.lit(f"{label}:") + pl.col(key)


def _joined(*parts: pl.Expr) -> pl.Expr:
    return pl.concat_str(parts, separator=SEPARATOR, ignore_nulls=True)


def _party_key() -> pl.Expr:
    return pl.coalesce(_labelled(key, key) for key in ("id", "tax", "phone", "email", "name")).alias("_id")


def _party_parts() -> list[pl.Expr]:
    return [_labelled(key, key).alias(key) for key in ("name", "phone", "email", "tax")]


def _event_key() -> pl.Expr:
    """By id; else by whom, when and what, known since the card's first day; else by the papers that came later."""
    of, on, what = _labelled("of", "who"), _labelled("on", "when"), _labelled("what", "what")
    paper, offer = _labelled("invoice", "invoice"), _labelled("offer", "offer")
    who, born = pl.col("who").is_not_null(), pl.col("when").is_not_null() | pl.col("what").is_not_null()
    loose = _joined(on, what, offer, _labelled("sum", "amount"))
    return (
        pl.when(pl.col("id").is_not_null())
        .then(_labelled("id", "id"))
        .when(who & born)
        .then(_joined(of, on, what))
        .when(pl.col("invoice").is_not_null())
        .then(_joined(of, paper))
        .when(who)
        .then(_joined(of, offer))
        .otherwise(pl.when(loose != "").then(loose))
        .alias("_id")
    )


def _event_parts() -> list[pl.Expr]:
    by_id = pl.col("id").is_not_null()
    first = [("of", "who"), ("on", "when"), ("what", "what")]
    later = [("invoice", "invoice"), ("offer", "offer"), ("sum", "amount")]
    return [
        *(pl.when(by_id).then(_labelled(label, key)).alias(label) for label, key in first),
        *(_labelled(label, key).alias(label) for label, key in later),
    ]
