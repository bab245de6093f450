"""What an answer of Google's means: try again, wait for the quota, or tell the owner what to mend.

Sources: GOOGLE's error model (google.rpc.Status, ErrorInfo), Drive's error reasons, and recorded answers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sheets_crm.errors import OwnerError, WorkbookBusy, WorkbookMissing, WorkbookUnreadable

_QUOTA = {"rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"}
_LIMIT = re.compile(r"\b(rate limit|quota) exceeded\b", re.IGNORECASE)
_DISABLED = re.compile(r"\bAPI has not been used in project\b|\bit is disabled\b", re.IGNORECASE)
_SCOPES = re.compile(r"\binsufficient authentication scopes\b", re.IGNORECASE)
_PASSING = {408, 409, 500, 502, 503, 504}
_ENABLE = re.compile(r"https://console\.\S+?(?=\s|$)")


@dataclass(eq=False)
class Refusal(Exception):
    """An answer other than 2xx. reasons: machine-readable words of it; retry_s: how long Google asks us to wait."""

    status: int
    message: str
    reasons: frozenset[str] = frozenset()
    retry_s: float | None = None

    @property
    def is_quota(self) -> bool:
        """Too many calls: none of it was done."""
        named = bool(self.reasons & _QUOTA) or bool(_LIMIT.search(self.message))
        return self.status == 429 or (self.status == 403 and named)

    @property
    def is_passing(self) -> bool:
        """The server's trouble, which ends by itself; whether a write was done is not known."""
        return self.status in _PASSING


def refusal(status: int, body: Any, headers: Mapping[str, str]) -> Refusal:
    """An answer as a Refusal, whatever its body is."""
    if isinstance(body, list) and body:  # streaming hosts wrap it
        body = body[0]
    error = body.get("error") if isinstance(body, dict) else None
    retry = headers.get("Retry-After", "")
    retry_s = float(retry) if retry.isdigit() else None
    if not isinstance(error, dict):
        return Refusal(status, str(error or ""), retry_s=retry_s)
    details = [item for item in error.get("details") or () if isinstance(item, dict)]
    entries = [item for item in error.get("errors") or () if isinstance(item, dict)]
    reasons = {str(item["reason"]) for item in (*details, *entries) if item.get("reason")}
    return Refusal(
        status, str(error.get("message") or ""), frozenset(reasons | {str(error.get("status") or "")}), retry_s
    )


def owner_error(trouble: Refusal, *, title: str, address: str | None, writing: bool = False) -> OwnerError:
    """What the owner has to know of a refusal that trying again does not mend."""
    values: dict[str, object] = {"workbook": title, "address": address or "", "message": trouble.message}
    if trouble.is_quota:
        return WorkbookBusy("google.stop.quota", **values)
    if trouble.is_passing:
        return WorkbookBusy("google.stop.unreachable", **values)
    if trouble.status == 401:
        return WorkbookUnreadable("google.stop.token_refused", **values)
    if trouble.status == 404:
        return WorkbookMissing("google.stop.not_found", **values)
    if trouble.status == 403:
        return _forbidden(trouble, values, writing=writing)
    if trouble.status == 400:
        return _bad(trouble, values)
    return WorkbookUnreadable("google.stop.refused", **values)


def _forbidden(trouble: Refusal, values: dict[str, object], *, writing: bool) -> OwnerError:
    if trouble.reasons & {"accessNotConfigured", "SERVICE_DISABLED"} or _DISABLED.search(trouble.message):
        found = _ENABLE.search(trouble.message)
        page = found[0] if found else "https://console.cloud.google.com/apis/library/sheets.googleapis.com"
        return WorkbookUnreadable("google.stop.api_disabled", **values, page=page)
    if trouble.reasons & {"insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"} or _SCOPES.search(
        trouble.message
    ):
        return WorkbookUnreadable("google.stop.scopes", **values)
    if "storageQuotaExceeded" in trouble.reasons:
        return WorkbookUnreadable("google.stop.storage_full", **values)
    known = "_with" if values["address"] else ""
    return WorkbookUnreadable(
        f"google.stop.read_only{known}" if writing else f"google.stop.not_shared{known}", **values
    )


def _bad(trouble: Refusal, values: dict[str, object]) -> OwnerError:
    if "not supported for this document" in trouble.message:
        return WorkbookUnreadable("google.stop.office_file", **values)
    if "protected cell" in trouble.message:
        return WorkbookUnreadable("google.stop.protected", **values)
    return WorkbookUnreadable("google.stop.refused", **values)
