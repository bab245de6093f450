"""How the client of the API behaves: where it calls, how long it waits, how often it tries again. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

ENDPOINT = "SHEETS_CRM_GOOGLE_ENDPOINT"  # the environment's word comes before crm.yaml's
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True)
class Calling:
    """endpoint: one base URL that stands for both hosts, Sheets' and Drive's; None: Google's own. Times in seconds.

    base_s: the first wait before trying again, doubled each time, and the unit of a wait for a spent quota (60 of them).
    total_s: how long one call may take with all its tries. The quotas are Google's for one user; 0: none.
    """

    endpoint: str | None = None
    connect_s: float = 10.0
    read_s: float = 200.0
    attempts: int = 6
    base_s: float = 1.0
    total_s: float = 300.0
    reads_per_minute: int = 60
    writes_per_minute: int = 60


def is_safe_endpoint(url: str) -> bool:
    """An https address, or plain http on this machine: anything else would carry the key in the open."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK))
