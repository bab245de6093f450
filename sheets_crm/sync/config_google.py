"""The `google` section of crm.yaml: how the program reaches a Google spreadsheet. Reads text, calls nobody."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from sheets_crm.base.settings import Settings
from sheets_crm.books.google.settings import Calling, is_safe_endpoint
from sheets_crm.cards.yamlmodel import wrong


class TimeoutSettings(Settings):
    """Seconds to wait for a connection, and for an answer."""

    connect: float = Field(default=10, gt=0, le=600)
    read: float = Field(default=200, gt=0, le=3600)


class RetrySettings(Settings):
    """attempts: tries of one call. base: seconds before the second one, doubled each time. total: seconds for all tries."""

    attempts: int = Field(default=6, ge=1, le=50)
    base: float = Field(default=1, ge=0, le=60)
    total: float = Field(default=300, gt=0, le=7200)


class QuotaSettings(Settings):
    """Calls a minute that the program allows itself; 0: as many as it likes. Google gives each user 60 of either kind."""

    reads: int = Field(default=60, ge=0, le=100_000)
    writes: int = Field(default=60, ge=0, le=100_000)


class GoogleSettings(Settings):
    """credentials: the key file of a service account, or the client file of an own sign-in; left out: the machine's own."""

    credentials: str | None = Field(default=None, min_length=1)
    keep_sign_in: Literal["file", "keyring"] = "file"  # where an own sign-in is kept
    endpoint: str | None = None  # one base URL in place of Google's hosts
    timeouts: TimeoutSettings = TimeoutSettings()
    retries: RetrySettings = RetrySettings()
    per_minute: QuotaSettings = QuotaSettings()
    poll_seconds: int = Field(default=30, ge=5, le=86_400)  # how often the daemon asks whether something changed
    sort_from: int = Field(default=20, ge=0, le=23)  # from this hour on rows may be put in order though people typed
    sort_to: int = Field(default=7, ge=0, le=23)  # until this hour

    @field_validator("endpoint")
    @classmethod
    def _safe(cls, url: str | None) -> str | None:
        if url is not None and not is_safe_endpoint(url):
            raise wrong("google.stop.endpoint", seen=url)
        return url

    def calling(self, endpoint: str | None) -> Calling:
        """For the client. endpoint: of the environment, which comes first."""
        return Calling(
            endpoint or self.endpoint, self.timeouts.connect, self.timeouts.read,
            self.retries.attempts, self.retries.base, self.retries.total, self.per_minute.reads, self.per_minute.writes,
        )  # fmt: skip

    def may_sort(self, hour: int) -> bool:
        """Is it outside working hours?"""
        if self.sort_from <= self.sort_to:
            return self.sort_from <= hour < self.sort_to
        return hour >= self.sort_from or hour < self.sort_to
