"""One message to one address through `apprise`, as a process of its own: what hangs in it can be ended from outside.

Run by path with one JSON object on standard input (url, title, body); answers with one (sent, said) on standard output.
Imports nothing of ours: it starts quickly, and a library's oddities stay in here. Never run with an address on the command line.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import warnings
from typing import Any
from urllib.parse import unquote, urlsplit

LONGEST = 3500  # signs of a message; Telegram takes 4096 with its title and marks
LONGEST_TITLE = 200
_LEAST_SECRET = 4  # shorter parts of an address are words like "to"


def main() -> None:
    """Send what standard input says, answer on standard output, and leave whatever threads the library has begun."""
    asked = json.loads(sys.stdin.buffer.read())
    sent, said = deliver(asked["url"], asked["title"], asked["body"])
    sys.stdout.write(json.dumps({"sent": sent, "said": said}))
    sys.stdout.flush()
    os._exit(0)


def deliver(url: str, title: str, body: str) -> tuple[bool, str]:
    """(taken, what the service said) of one message."""
    import apprise

    heard = Heard()
    logging.getLogger("apprise").addHandler(heard)
    plugin = plugin_of(url)
    if plugin is None:
        return False, "not an address"
    plugin.overflow_mode = apprise.OverflowMode.SPLIT  # a service with shorter messages gets several
    sender = apprise.Apprise(plugin, asset=plugin.asset)
    taken = sender.notify(title=title[:LONGEST_TITLE], body=clipped(body), body_format=apprise.NotifyFormat.TEXT)
    return bool(taken), "" if taken else without(url, heard.last)


def plugin_of(url: str) -> Any:
    """The library's object of an address; None where it knows no such address."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what the library's own parts are made of
        return _plugin_of(url)


def _plugin_of(url: str) -> Any:
    import apprise

    logging.getLogger("apprise").propagate = False  # its lines name addresses; else they reach standard error
    logging.getLogger("apprise").addHandler(logging.NullHandler())
    asset = apprise.AppriseAsset(
        app_id="sheets-crm",
        app_desc="sheets-crm",
        app_url="",
        async_mode=False,
        storage_mode=apprise.PersistentStoreMode.MEMORY,
    )
    try:
        return apprise.Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
    except Exception:  # noqa: BLE001 - what it cannot read is no address
        return None


def clipped(body: str) -> str:
    """The text, cut at a line's end where it is longer than services take."""
    if len(body) <= LONGEST:
        return body
    cut = body.rfind("\n", 0, LONGEST - 1)
    return body[: cut if cut > LONGEST // 2 else LONGEST - 1] + "\n\u2026"


def without(url: str, text: str) -> str:
    """A service's answer without any part of the address, in one short line."""
    parts = [part for found in urlsplit(url)[1:] for part in re.split(r"[/@:&=?#]", found)]
    for part in sorted({*parts, *map(unquote, parts)}, key=len, reverse=True):
        if len(part) >= _LEAST_SECRET:
            text = text.replace(part, "\u2026")
    text = re.sub(r"[^\s@<>()]+@[^\s@<>()]+", "\u2026", text)
    return " ".join(text.split())[:200]


class Heard(logging.Handler):
    """Keeps the last warning."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.last = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it; that it gave up after so many tries says less than the warning before."""
        self.last = record.getMessage()


if __name__ == "__main__":
    main()
