"""What a person does by hand: set an address, try the addresses, send or look at the digest now.

For runs from cron without the daemon too. Answers with results, prints nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sheets_crm.daemon.notices.desk import Desk
from sheets_crm.daemon.notices.digest import Day, Reader, digest, without_names
from sheets_crm.daemon.notices.material import material
from sheets_crm.daemon.notices.people import Address, People
from sheets_crm.daemon.notices.post import Answer, ApprisePost, Post, Sent, is_address, scheme
from sheets_crm.errors import ConfigError, NotFound, OwnerError
from sheets_crm.sync.config_notices import MAIL
from sheets_crm.sync.intake import open_config
from sheets_crm.sync.run import Result
from sheets_crm.sync.secrets import set_secret
from sheets_crm.sync.state import StateFolder
from sheets_crm.words import Lang, say

Hear = Callable[[Lang], object]


@dataclass(frozen=True)
class Kept:
    """An address was kept. used: crm.yaml names it."""

    name: str
    path: Path
    used: bool


@dataclass(frozen=True)
class Outcome:
    """What came of one address. answer: "unset" where none is set, "empty" where there was nothing to tell.

    manager: whose e-mail it was, where that is written to. service: the kind of address, which is no secret.
    """

    name: str
    answer: str
    service: str = ""
    said: str = ""
    manager: str = ""
    title: str = ""
    body: str = ""


def set_address(config: str | None, name: str, read: Callable[[], str], on_language: Hear) -> Kept:
    """Keep the address that `read` gives under a name. ConfigError where it is none; it is never quoted."""
    opened = open_config(config)
    on_language(opened.lang)
    if not re.fullmatch(r"[^\W\d_][\w-]{0,39}", name):
        raise ConfigError("notices.error.name", seen=name if "://" not in name else "\u2026")
    url = read().strip().strip("\"'")
    if not url:
        raise ConfigError("notices.error.nothing_typed", name=name)
    if not is_address(url):
        raise ConfigError("notices.error.not_an_address", name=name)
    state = StateFolder.beside(opened.path, opened.config.workbook)
    path = set_secret(state, name, url)
    named = {one.secret for one in People.of(opened.config, state).all()}
    return Kept(name, path, used=name in named or name == MAIL)


def try_out(config: str | None, only: str | None, on_language: Hear, post: Post | None = None) -> list[Outcome]:
    """Send a test message to every address of crm.yaml, or to the one named."""
    opened = open_config(config)
    on_language(opened.lang)
    desk = Desk.of(opened)
    title = say("notices.test.title", opened.lang, book=desk.book)
    body = say("notices.test.body", opened.lang)
    sender = post or ApprisePost()
    return [_sent(desk, sender, one, title, body) for one in _wanted(desk, only)]


def send_digest(
    result: Result, now: datetime, only: str | None, *, show: bool, post: Post | None = None
) -> list[Outcome]:
    """The digest of a plan, sent now whatever the hour; show: looked at, not sent.

    Sent, it counts as today's: the daemon does not send it again.
    """
    desk = Desk.of(result.opened)
    people, sender = desk.people, post or ApprisePost()
    assert people is not None
    readers = people.readers()
    wanted = _wanted(desk, only)
    day_of = material(result, people.known_as, personal=desk.personal)
    record = desk.notebook.read()
    day = Day(day_of, result.today, desk.book, desk.lang, desk.personal, record.failing, record.failures)
    outcomes = []
    for address in wanted:
        said = digest(Reader(*readers[address]), day if desk.personal else without_names(day))
        if said is None:
            outcomes.append(Outcome(address.secret, "empty", manager=_whose(desk, address)))
        elif show:
            outcomes.append(
                Outcome(address.secret, "shown", manager=_whose(desk, address), title=said[0], body=said[1])
            )
        else:
            outcomes.append(_sent(desk, sender, address, *said))
            _remember(desk, address, outcomes[-1], result, now)
    return outcomes


def _remember(desk: Desk, address: Address, outcome: Outcome, result: Result, now: datetime) -> None:
    today = desk.today(now)
    if outcome.answer != Answer.SENT or result.today != today:
        return
    with desk.notebook.change() as record:
        record.digests[address.id] = today
        record.outbox = [one for one in record.outbox if one.kind != "digest" or one.address != address.id]


def _wanted(desk: Desk, only: str | None) -> Sequence[Address]:
    """The addresses meant. ConfigError where there are none at all, NotFound for a name that is none of them."""
    assert desk.people is not None
    known = desk.people.all()
    if not known:
        raise ConfigError("notices.error.nobody")
    found = [one for one in known if only in (None, one.secret)]
    if not found:
        names = tuple(dict.fromkeys(one.secret for one in known))
        raise NotFound("notices.error.not_named", seen=only if only and "://" not in only else "\u2026", there=names)
    return found


def _sent(desk: Desk, post: Post, address: Address, title: str, body: str) -> Outcome:
    url = address.url(desk.notebook.state)
    whose = _whose(desk, address)
    if url is None:
        return Outcome(address.secret, "unset", manager=whose)
    sent: Sent = post.send(url, title, body)
    return Outcome(address.secret, str(sent.answer), scheme(url), sent.said, whose, title, body)


def _whose(desk: Desk, address: Address) -> str:
    """The manager whose e-mail an address is; "" for an address of its own."""
    if not address.to or desk.people is None:
        return ""
    return next((one.name for one in desk.people.config.managers if one.email == address.to), "")


def complaint(outcomes: Sequence[Outcome]) -> OwnerError | None:
    """What to leave with: an error that names the addresses which nothing reached."""
    lost = tuple(dict.fromkeys(one.name for one in outcomes if one.answer in ("unset", "refused", "hung")))
    return OwnerError("notices.error.not_sent", names=lost) if lost else None
