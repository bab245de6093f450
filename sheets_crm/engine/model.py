"""What the engine says: a rule applied to a card on a day.

Pure. Knows nothing of tabs, marks or files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from sheets_crm.engine.pack import Again, Outcome


@dataclass(frozen=True, slots=True)  # there may be as many as clients
class Decision:
    """A rule applies to a card. Texts are filled in when drawn: `todo`, `why` are {"ru": ..., "en": ...} templates, `values` fill them.

    subject: `_id` of the card the rule looked at; sheet, row, cell: where it stands (`cell` is the cell the reason is in).
    occurrence: what makes it this time (an offer date, an invoice number, a birthday's year ...).
    dated: the rule itself names the day (a birthday); else `due` is the day of the run.
    results: outcomes that mean something, in the order of `outcomes`; () where they are only recorded. again: when to try again.
    """

    rule: str
    card: str
    subject: str
    occurrence: str
    sheet: str
    row: int
    cell: str
    client: str
    manager: str
    contact: str
    due: date
    priority: int  # 1 high, 2 normal, 3 low
    amount: Decimal | None
    todo: Mapping[str, object]
    why: Mapping[str, object]
    checklist: Mapping[str, tuple[str, ...]]
    outcomes: Mapping[str, tuple[str, ...]]
    values: Mapping[str, object] = field(default_factory=dict)
    hint: str = ""
    client_id: str = ""  # `_id` of the client, "" when none is linked
    advice: Mapping[str, object] = field(
        default_factory=dict
    )  # a template like `why`, to stand under `hint`; {} when none
    dated: bool = False
    results: tuple[Outcome, ...] = ()
    again: Again | None = None
    turn: date | None = None  # of a rule that comes again every so often: the day on which this time began
    earlier: tuple[str, ...] = ()  # ... and the occurrences before this one, newest first
