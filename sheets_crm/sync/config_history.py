"""crm.yaml, section `history`: how much of the past is shown and kept, and when a loss is too large to be obeyed."""

from __future__ import annotations

from pydantic import Field

from sheets_crm.base.settings import Settings


class HistorySettings(Settings):
    """What an owner may choose about history."""

    tab_rows: int = Field(default=500, ge=1, le=10_000)  # of the History tab, where it is on
    keep_days: int = Field(default=730, ge=31, le=36_500)  # everything in full; then as docs/explain/state.md says
    alarm_deleted_share: float = Field(default=0.5, gt=0, le=1)  # of the rows, in one run or in two days
    alarm_rewritten_share: float = Field(default=0.5, gt=0, le=1)  # of the values of what people are known by
