"""Grids and bindings -> the client base: frames of all cards, identities, links, duplicates, problems.

The order matters: clients first, because deals link to them; deals next, because payments link to those. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from sheets_crm.base.clients import forming, grouped, merged
from sheets_crm.base.duplicates import duplicate_groups
from sheets_crm.base.frames import SheetCards, called, read_sheet
from sheets_crm.base.identity import identify
from sheets_crm.base.joined import joined, matched
from sheets_crm.base.links import repeated, resolve, same_row
from sheets_crm.base.model import Base, Binding, BoundColumn
from sheets_crm.base.recomputed import by_formula, recomputed
from sheets_crm.base.settings import BaseSettings, SheetSettings
from sheets_crm.base.stages import FunnelSpec, stage_aliases
from sheets_crm.books.model import Grid
from sheets_crm.cards import Template, fold
from sheets_crm.cards.model import FieldType, Problem, Reading
from sheets_crm.cells import letter
from sheets_crm.errors import ConfigError
from sheets_crm.shelf import NO_SHELF, Shelf

# Cards that others point to come first.
ORDER = ("client", "lead", "deal", "product", "contact", "payment", "order", "interaction", "visit", "survey")

Previous = Callable[[str], pl.DataFrame | None]


@dataclass
class _Work:
    bindings: Mapping[str, Binding]
    template: Template
    settings: BaseSettings
    by: tuple[str, ...]  # what clients are formed by, none where each row is one
    frames: dict[str, pl.DataFrame] = field(default_factory=dict)
    extra: list[Problem] = field(default_factory=list)

    def problem(self, card: str, name: str, frame: pl.DataFrame, mask: pl.Series, kind: str) -> None:
        """Note a problem at the cell of a field, for the rows of a mask."""
        if not bool(mask.any()):
            return
        seen = frame[name] if name in frame.columns else None
        for position in mask.arg_true().to_list():
            sheet, row = frame["_sheet"][position], frame["_row"][position]
            bound = bound_column(self.bindings[sheet], card, name)
            if bound is not None:
                self.extra.append(
                    Problem(
                        sheet=sheet, cell=f"{letter(bound.index)}{row}", row=row, kind=kind, card=card, field=name,
                        seen="" if seen is None else str(seen[position]), values=called(bound),
                    )
                )  # fmt: skip


def build(
    grids: Mapping[str, Grid],
    bindings: Mapping[str, Binding],
    template: Template,
    settings: BaseSettings,
    *,
    sheet_settings: Mapping[str, SheetSettings],
    funnels: Sequence[FunnelSpec],
    reading: Reading,
    previous: Previous = lambda _card: None,
    found: Sequence[Problem] = (),
    shelf: Shelf = NO_SHELF,
) -> Base:
    """The client base of one run.

    previous: the last snapshot's frame of a card kind, for identities that outlive an edit. found: problems met on the way.
    shelf: columns that an earlier run has read.
    """
    keys = {name: said.key for name, said in sheet_settings.items() if said.key is not None and name in bindings}
    theirs = [binding for name, binding in bindings.items() if "client" in binding.cards and name not in keys]
    work = _Work(bindings, template, settings, forming(theirs, settings.clients))
    skip = recomputed(bindings, grids, settings.money)
    sheets = {
        name: read_sheet(
            grids[name], binding, template, settings, sheet_settings.get(name, SheetSettings()),
            reading=reading,
            stages=stage_aliases(funnels, binding),
            skip=skip,
            shelf=shelf,
        )
        for name, binding in bindings.items()
    }  # fmt: skip
    _gather(work, sheets, keys)
    for name, key in keys.items():
        _join(work, bindings[name].cards[0], sheets[name], key)
    to_client = _clients(work, previous)
    for card in ORDER[1:]:
        if card in work.frames:
            _others(work, card, to_client, previous)
    clients = work.frames.get("client")
    if clients is not None:
        work.frames["client"] = clients.drop("emails", strict=False)
    return Base(
        frames=work.frames,
        problems=_in_order(work, sheets, found),
        bindings=bindings,
        valid_clients=_valid(clients, to_client, sheets, work),
        duplicates=() if clients is None else tuple(group.rows for group in duplicate_groups(clients)),
        computed=by_formula(bindings, grids),
    )


def _gather(work: _Work, sheets: Mapping[str, SheetCards], keys: Mapping[str, str]) -> None:
    """The cards of all sheets together, but for those that a source only says more of."""
    for card in ORDER:
        frames = [
            read.frames[card]
            for name, read in sheets.items()
            if card in read.frames and not _is_joined(work.bindings[name], card, keys)
        ]
        if frames:
            work.frames[card] = pl.concat(frames, how="diagonal_relaxed")


def _in_order(work: _Work, sheets: Mapping[str, SheetCards], found: Sequence[Problem]) -> tuple[Problem, ...]:
    """All problems, by sheet, row and cell."""
    place = {name: at for at, name in enumerate(work.bindings)}
    problems = (*(problem for read in sheets.values() for problem in read.problems), *work.extra, *found)
    return tuple(sorted(problems, key=lambda p: (place[p.sheet], p.row, len(p.cell), p.cell, p.kind)))


def bound_column(binding: Binding, card: str, name: str) -> BoundColumn | None:
    """The column bound to a field of a card, None when there is none."""
    return next((column for column in binding.columns if column.card == card and column.field == name), None)


def _is_joined(binding: Binding, card: str, keys: Mapping[str, str]) -> bool:
    return binding.sheet in keys and card == binding.cards[0]


def _join(work: _Work, card: str, source: SheetCards, key: str) -> None:
    """Fill the cards with what a source joined by `key` says of them. An id that no card has is a reference to nothing."""
    if card not in work.frames:
        return
    rows = source.frames[card]
    work.frames[card], orphans = joined(work.frames[card], rows, key)
    if work.template.cards[card].fields[key].type in (FieldType.ID, FieldType.TAX_ID):
        work.problem(card, key, rows, orphans, "orphan_link")


def _clients(work: _Work, previous: Previous) -> pl.DataFrame | None:
    """Make the client frame; returns which client stands on which row: `_sheet`, `_row`, `_id`."""
    clients = work.frames.get("client")
    if clients is None:
        return None
    by = work.by
    clients, asking = _without_requests(work, clients)
    clients, others = _of_client_sheets(work, clients)
    if "id" in clients.columns and "id" not in by:
        again = repeated(clients)
        work.problem("client", "id", clients, again, "duplicate_id")
        if work.settings.clients.repeated_ids == "drop":
            clients = clients.filter(~again)
    places = clients.select("_sheet", "_row").with_row_index("_card")
    if by:
        clients, places = _formed(work, clients, by)
    clients, places = _with_asking(clients, places, asking, work.settings.clients.match)
    clients = clients.with_columns(_id=identify(clients, "client", previous("client")))
    work.frames["client"] = clients
    known = places.with_columns(_id=clients["_id"].gather(places["_card"])).drop("_card")
    return known if others is None else pl.concat([known, _named(work, others)])


def _without_requests(work: _Work, clients: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame | None]:
    """The rows that are clients, and those of requests; None where there are none."""
    asking = [name for name, binding in work.bindings.items() if binding.requests]
    if not asking:
        return clients, None
    here = clients["_sheet"].is_in(asking)
    return clients.filter(~here), clients.filter(here)


def _of_client_sheets(work: _Work, clients: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame | None]:
    """The rows that are clients, and those that only name one; None where every sheet's rows are clients."""
    stated = {fold(name): name for name in work.settings.clients.sheets}
    if not stated:
        return clients, None
    if unknown := stated.keys() - {fold(name) for name in work.bindings}:
        raise ConfigError("config.client_sheet_unknown", sheet=stated[min(unknown)], sheets=", ".join(work.bindings))
    own = clients["_sheet"].is_in([name for name in work.bindings if fold(name) in stated])
    return clients.filter(own), clients.filter(~own)


def _named(work: _Work, rows: pl.DataFrame) -> pl.DataFrame:
    """Which client of the client sheets each row means: `_sheet`, `_row`, `_id`. One that means nobody is a problem."""
    by = work.settings.clients.match
    found, nobody = matched(work.frames["client"], rows, by)
    for key in (name for name in by if name in rows.columns):
        here = nobody & rows[key].is_not_null()
        work.problem("client", key, rows, here, "orphan_link")
        nobody = nobody & ~here
    return rows.select("_sheet", "_row").with_columns(_id=found).drop_nulls("_id")


def _formed(work: _Work, rows: pl.DataFrame, by: Sequence[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Clients formed from rows of something else, and which row is which client's. A row that names nobody is nobody's."""
    rows = rows.with_columns(_group=grouped(rows, by))
    visits = work.frames.get("visit", pl.DataFrame())
    when = visits.select("_sheet", "_row", _when="date") if "date" in visits.columns else None
    clients = merged(rows.drop_nulls("_group"), when)
    known = rows.select("_sheet", "_row", "_group").drop_nulls("_group")
    cards = clients.select("_group").with_row_index("_card")
    places = known.join(cards, on="_group", how="left", maintain_order="left").select("_card", "_sheet", "_row")
    return clients.drop("_group"), places


def _with_asking(
    clients: pl.DataFrame, places: pl.DataFrame, asking: pl.DataFrame | None, match: Sequence[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The clients with those who ask and are none yet, and whose each request is. A name alone makes nobody a known client."""
    if asking is None or asking.is_empty():
        return clients, places
    numbered = clients.with_columns(_id=pl.int_range(clients.height).cast(pl.String))
    found = matched(numbered, asking, [key for key in match if key != "name"])[0].cast(pl.UInt32)
    asking = asking.with_columns(_card=found)
    new = asking.filter(pl.col("_card").is_null()).drop("_card")
    new = new.with_columns(_group=grouped(new, ("phone", "email"))).drop_nulls("_group")
    formed = merged(new, None)
    cards = formed.select("_group").with_row_index("_card", offset=clients.height)
    fresh = new.select("_sheet", "_row", "_group").join(cards, on="_group", how="left", maintain_order="left")
    theirs = asking.drop_nulls("_card").select("_card", "_sheet", "_row")
    everyone = pl.concat([clients, formed.drop("_group")], how="diagonal_relaxed")
    return everyone, pl.concat([places, theirs, fresh.select(places.columns)])


def _others(work: _Work, card: str, to_client: pl.DataFrame | None, previous: Previous) -> None:
    frame = work.frames[card]
    for name, spec in work.template.cards[card].fields.items():
        if spec.type != FieldType.LINK or spec.link is None:
            continue
        target = work.frames.get(spec.link)
        if name in frame.columns and target is not None:
            linked = resolve(frame[name], target, spec.link)
            frame = frame.with_columns(linked.ids.alias(f"{name}_id"))
            work.problem(card, name, frame, linked.orphan, "orphan_link")
            work.problem(card, name, frame, linked.ambiguous, "ambiguous_link")
        elif spec.link == "client" and to_client is not None:
            frame = frame.with_columns(same_row(frame, to_client).alias("client_id"))
    if "id" in frame.columns and card in ("deal", "lead"):
        work.problem(card, "id", frame, repeated(frame), "duplicate_id")
    work.frames[card] = frame.with_columns(_id=identify(frame, card, previous(card)))


def _valid(
    clients: pl.DataFrame | None,
    to_client: pl.DataFrame | None,
    sheets: Mapping[str, SheetCards],
    work: _Work,
) -> int:
    """How many clients have no error in their own columns (docs/reference/clients.md).

    Where each row is a client, all its bound columns are its own, those of its deal too. Where several rows make one client,
    the client's fields are; in any of the rows. Rows that only name a client of another sheet say nothing of it here.
    """
    if clients is None or to_client is None:
        return 0
    stated = {fold(name): name for name in work.settings.clients.sheets}
    whole = {name: not work.by and not _in_blocks(read) for name, read in sheets.items()}
    dirty = {
        (name, row)
        for name, read in sheets.items()
        for row in (read.dirty_rows if whole[name] else read.dirty_client_rows)
    }
    dirty |= {(p.sheet, p.row) for p in work.extra if p.severity == "error" and (whole[p.sheet] or p.card == "client")}
    dirty = {place for place in dirty if not stated or fold(place[0]) in stated}
    places = pl.DataFrame(sorted(dirty), schema={"_sheet": pl.String, "_row": pl.UInt32}, orient="row")
    bad = to_client.join(places, on=["_sheet", "_row"], how="semi")["_id"]
    return len(clients) - int(clients["_id"].is_in(bad.implode()).sum())


def _in_blocks(read: SheetCards) -> bool:
    """Do several rows of the sheet make one client?"""
    return any(bool((frame["_row"] != frame["_block"]).any()) for frame in read.frames.values())
