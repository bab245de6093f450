"""Sending a message within a bounded time, whatever a service does: refuse, fail or hang.

The library that knows the services runs in a process of its own (`send`), which is ended when its time is up. An address goes
there on standard input: it is seen in no list of processes and in no log.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from sheets_crm.daemon.notices import send

TIMEOUT_S = 45.0


class Answer(StrEnum):
    """What came of it. hung: nobody knows whether it arrived."""

    SENT = "sent"
    REFUSED = "refused"
    HUNG = "hung"


@dataclass(frozen=True)
class Sent:
    """The answer, and what the service said, without any part of the address."""

    answer: Answer
    said: str = ""


class Post(Protocol):
    """Sends a message."""

    def send(self, url: str, title: str, body: str) -> Sent:
        """Send it, or say that it was not taken. Raises nothing."""
        ...


class ApprisePost:
    """By `apprise`: e-mail, Telegram and what else it knows."""

    def __init__(self, timeout_s: float = TIMEOUT_S, program: Path = Path(send.__file__)) -> None:
        self._timeout_s = timeout_s
        self._command = [sys.executable, "-P", "-X", "utf8", str(program)]

    def send(self, url: str, title: str, body: str) -> Sent:
        """Send it, or say that it was not taken."""
        asked = json.dumps({"url": url, "title": title, "body": body}).encode()
        try:
            done = subprocess.run(  # noqa: S603 - our own program
                self._command, input=asked, capture_output=True, timeout=self._timeout_s, check=False
            )
            answer = json.loads(done.stdout)
        except subprocess.TimeoutExpired:
            return Sent(Answer.HUNG)
        except (OSError, ValueError) as error:
            return Sent(Answer.REFUSED, type(error).__name__)
        return Sent(Answer.SENT if answer["sent"] else Answer.REFUSED, answer["said"])


def is_address(url: str) -> bool:
    """Is this an address that can be sent to? Looks at how it is written only."""
    return send.plugin_of(url) is not None


def scheme(url: str) -> str:
    """The service of an address, which is no secret: tgram, mailtos."""
    return url.partition("://")[0]
