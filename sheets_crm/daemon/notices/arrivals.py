"""New requests: rows of leads, deals or clients that no run has seen before, and how they read.

What has been seen is kept in `notices/seen.parquet`: identities, nothing else. The first look only remembers. A row that
was deleted and comes back is not new. Sends nothing.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from sheets_crm.analytics.model import Facts
from sheets_crm.disk import write_whole
from sheets_crm.sync.run import Result
from sheets_crm.tasks.texts import fold
from sheets_crm.words import Lang, say

FILE = "seen.parquet"
CARDS = ("lead", "deal", "client")  # one row may be several: it is told as the first of these
SEVERAL = 5  # more of them at once are a list that somebody put in: told in one line
_CLOSED = ("won", "lost")
_FIELDS = ("id", "sheet", "row", "client", "client_id", "contact", "manager")


@dataclass(frozen=True)
class Arrival:
    """A new row. sheet: "" where its name would name a client."""

    card: str
    sheet: str
    row: int
    manager: str
    client: str
    contact: str
    client_id: str
    id: str


class Seen:
    """Identities of every lead, deal and client that a run has seen: columns card, id."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    def read(self) -> pl.DataFrame | None:
        """None where there are none yet, or they can't be read: then this run is the first look."""
        try:
            return pl.read_parquet(io.BytesIO(self._path.read_bytes())).select("card", "id")
        except (OSError, pl.exceptions.PolarsError):
            return None

    def write(self, seen: pl.DataFrame) -> None:
        """Keep them. OSError: not allowed, or no room."""
        out = io.BytesIO()
        seen.write_parquet(out, compression="zstd")
        write_whole(self._path, out.getvalue())


def look(result: Result, before: pl.DataFrame | None) -> tuple[list[Arrival], pl.DataFrame | None]:
    """The new rows, and all that is seen now (None where that is what was seen before).

    A card kind that is bound for the first time is only remembered. Deals that are won or lost already are no requests.
    """
    now = _present(result)
    if before is None:
        return [], now
    fresh = now.join(before, on=["card", "id"], how="anti", maintain_order="left")
    if fresh.is_empty():
        return [], None
    known_cards = set(before["card"].unique())
    found = [
        arrival
        for card in CARDS
        if card in known_cards and card in result.numbers.facts
        for arrival in _arrivals(card, result.numbers.facts[card], fresh, result)
    ]
    return _once(found), pl.concat([before, fresh])


def _present(result: Result) -> pl.DataFrame:
    frames = [
        frame.select(pl.lit(card).alias("card"), pl.col("_id").cast(pl.String).alias("id"))
        for card in CARDS
        if (frame := result.base.frame(card)) is not None
    ]
    schema = {"card": pl.String, "id": pl.String}
    return pl.concat([pl.DataFrame(schema=schema), *frames]).unique(maintain_order=True)


def _arrivals(card: str, facts: Facts, fresh: pl.DataFrame, result: Result) -> list[Arrival]:
    rows = facts.frame.join(
        fresh.filter(pl.col("card") == card).select("id"), on="id", how="semi", maintain_order="left"
    )
    if "stage_kind" in rows.columns:
        rows = rows.filter(~pl.col("stage_kind").is_in(_CLOSED).fill_null(value=False))
    telling = {sheet: _says_nobody(sheet, result) for sheet in rows["sheet"].unique().to_list()}
    return [
        Arrival(card, row["sheet"] if telling[row["sheet"]] else "", row["row"], row["manager"] or "", row["client"] or "", row["contact"] or "", row["client_id"] or "", row["id"])
        for row in rows.select(name for name in _FIELDS).iter_rows(named=True)
    ]  # fmt: skip


def _once(found: Sequence[Arrival]) -> list[Arrival]:
    """One of each row, and no new client beside a request of theirs."""
    asking = {one.client_id for one in found if one.card != "client" and one.client_id}
    places: dict[tuple[str, int], Arrival] = {}
    for one in found:
        if one.card != "client" or one.id not in asking:
            places.setdefault((one.sheet, one.row), one)
    return list(places.values())


def _says_nobody(sheet: str, result: Result) -> bool:
    """Does the name of a sheet name no client? Some keep a sheet for each."""
    clients = result.numbers.clients
    wanted = fold(sheet)
    if clients.is_empty() or len(wanted) < 3:
        return True
    names = clients["name"].cast(pl.String).str.to_lowercase().str.replace_all("\u0451", "\u0435")
    return not bool(names.str.contains(wanted, literal=True).any())


def text(found: Sequence[Arrival], *, book: str, lang: Lang, personal: bool) -> tuple[str, str]:
    """Title and text about new rows: each of a few, the number of many."""
    title = say("notices.lead.title", lang, book=book)
    if len(found) > SEVERAL:
        cards = Counter(one.card for one in found)
        lines = [say("notices.lead.many", lang, n=len(found))]
        lines += [f"\u2022 {say(f'cli.card.{card}', lang)} \u2014 {n}" for card, n in cards.items()]
        return title, "\n".join(lines)
    return title, "\n".join(_line(one, lang, personal=personal) for one in found)


def _line(one: Arrival, lang: Lang, *, personal: bool) -> str:
    who = ", ".join(part for part in (one.client, one.contact) if part) if personal else ""
    key = "notices.lead.place" if one.sheet else "notices.lead.row"
    place = say(key, lang, sheet=one.sheet, row=str(one.row))
    kind = say(f"notices.lead.{one.card}", lang)
    return f"{kind}: {who} ({place})" if who else f"{kind}: {place}"
