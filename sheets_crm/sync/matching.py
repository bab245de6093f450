"""Which client is meant by what somebody typed. Knows nothing of where the frame comes from."""

from __future__ import annotations

from typing import Any

import polars as pl

from sheets_crm.cards import fold, folded
from sheets_crm.errors import NotFound
from sheets_crm.words import Phrase


def one_client(frame: pl.DataFrame, wanted: str) -> dict[str, Any]:
    """The one row that a number, name, e-mail, phone or part of a name means. NotFound when none or several match.

    frame: client (the name), number, email, phone as text; sheet and row, to tell several apart.
    """
    meant = fold(wanted)
    digits = "".join(char for char in wanted if char.isdigit())
    names = folded(frame["client"].fill_null(""))
    numbers = folded(frame["number"].fill_null("")) if "number" in frame.columns else names
    tries = [numbers == meant, names == meant, frame["email"].str.to_lowercase() == wanted.lower()]
    if len(digits) >= 7:
        tries.append(frame["phone"].str.contains(digits[-10:], literal=True))
    tries.append(names.str.contains(meant, literal=True))
    for mask in tries:
        found = frame.filter(mask.fill_null(value=False))
        if len(found) == 1:
            return found.row(0, named=True)
        if len(found) > 1:
            raise NotFound(
                "sync.many_clients",
                wanted=wanted,
                places=tuple(
                    Phrase(
                        "cli.client_place", {"client": r["client"] or "?", "sheet": r["sheet"], "row": str(r["row"])}
                    )
                    for r in found.head(8).iter_rows(named=True)
                ),
            )
    raise NotFound("sync.no_client", wanted=wanted)
