"""`backups:` of crm.yaml: how many copies of the workbook stay, and where else they are kept. Touches no file."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from sheets_crm.base.settings import Settings
from sheets_crm.cards.yamlmodel import wrong
from sheets_crm.sync.backup.model import Keep


class BackupSettings(Settings):
    """How many copies of the workbook are kept, and where.

    folder: a second place, beside the state folder's own; relative paths start at crm.yaml. encrypt: the name of a secret
    (never the secret itself) with which the copies there are encrypted.
    """

    keep: int = Field(default=20, ge=1, le=10_000)
    days: int = Field(default=14, ge=0, le=3650)  # and the last copy of each of so many days,
    weeks: int = Field(default=8, ge=0, le=520)  # weeks
    months: int = Field(default=12, ge=0, le=120)  # and months
    folder: str | None = Field(default=None, min_length=1)
    encrypt: Annotated[str | None, Field(pattern=r"^[a-z][a-z0-9_-]*$")] = None

    @model_validator(mode="after")
    def _nothing_is_encrypted_in_silence(self) -> Self:
        """Who writes `encrypt` alone would believe that the copies are encrypted; those beside the workbook never are."""
        if self.encrypt is not None and self.folder is None:
            raise wrong("backup.errors.encrypt_without_folder")
        return self

    @property
    def rotation(self) -> Keep:
        """Which copies stay in the state folder."""
        return Keep(self.keep, self.days, self.weeks, self.months)

    @property
    def rotation_outside(self) -> Keep:
        """Which copies stay in the owner's folder: there is one a day, so the number alone keeps only the newest."""
        return Keep(1, self.days, self.weeks, self.months)
