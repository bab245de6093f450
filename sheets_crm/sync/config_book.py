"""The `book` section of crm.yaml: how a run meets the workbook's file. Reads text, touches no workbook."""

from __future__ import annotations

from pydantic import Field

from sheets_crm.base.settings import Settings


class BookSettings(Settings):
    """wait_s: seconds that a run waits for a file that somebody has open or is just saving."""

    wait_s: int = Field(default=5, ge=0, le=3600)
