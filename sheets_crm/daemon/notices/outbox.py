"""Messages on their way: tried, tried again with growing gaps, given up when they have lost their sense.

Each is recorded before it is sent, so no restart loses one. What a crash or a hanging service leaves in doubt is sent again,
but for a digest: that comes at most once, because a morning list twice is worse than one that the Tasks tab has anyway.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

from sheets_crm.daemon.notices.journal import journal, log
from sheets_crm.daemon.notices.people import Address
from sheets_crm.daemon.notices.post import Answer, Post, Sent
from sheets_crm.daemon.notices.record import Item, Notebook, Record
from sheets_crm.errors import OwnerError

KEPT = timedelta(days=1)  # then a message is given up
MOST = 200  # messages that wait; the oldest give way
GAPS = tuple(timedelta(minutes=n) for n in (1, 5, 15, 30, 60))
_IN_DOUBT = timedelta(minutes=5)  # after that whoever was sending is gone
_ONCE = ("digest",)

Waits = Callable[[datetime], datetime]  # the first moment from this on that is not quiet


def put(record: Record, item: Item) -> None:
    """Put a message in. News of new rows that waits for morning is joined into one message."""
    if item.kind == "lead":
        for one in record.outbox:
            if one.kind == "lead" and one.address == item.address and not one.tries and one.due > item.made:
                one.body = f"{one.body}\n{item.body}"
                return
    record.outbox.append(item)
    if len(record.outbox) > MOST:
        log.warning("outbox full: %d messages given up", len(record.outbox) - MOST)
        del record.outbox[:-MOST]


def take_back(record: Record, cause: str) -> set[str]:
    """Remove alarms about a cause that were not tried yet; the ids of the addresses that now never hear of it."""
    early = [one for one in record.outbox if one.kind == "alarm" and one.cause == cause and not one.tries]
    record.outbox = [one for one in record.outbox if one not in early]
    return {one.address for one in early}


class Courier:
    """Takes messages out of a notebook and hands them to the post. One at a time; the notebook is never held meanwhile."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._me = uuid4().hex

    def deliver(
        self, notebook: Notebook, now: datetime, waits: Waits, *, until: Callable[[], bool] = lambda: False
    ) -> int:
        """Send all that is due; how many were sent. until: says when to stop. OwnerError: the notebook can't be used."""
        journal(notebook.state)
        sent = 0
        tried: set[tuple[str, ...]] = set()
        while not until():
            item = self._next(notebook, now, tried)
            if item is None:
                break
            tried.add(_mark(item))
            answer = self._send(notebook, item)
            sent += answer.answer == Answer.SENT
            self._done(notebook, item, answer, now, waits)
        return sent

    def _next(self, notebook: Notebook, now: datetime, tried: set[tuple[str, ...]]) -> Item | None:
        """The next message that is due, marked as being sent; what has lost its sense is dropped."""
        if not any(_is_due(one, now) or one.until < now for one in notebook.read().outbox):
            return None
        with notebook.change() as record:
            self._clear(record, now)
            for one in record.outbox:
                if _is_due(one, now) and _mark(one) not in tried and not one.sending:
                    one.sending, one.tried, one.tries = self._me, now, one.tries + 1
                    return one.model_copy()
        return None

    def _clear(self, record: Record, now: datetime) -> None:
        kept = []
        for one in record.outbox:
            left_behind = one.sending and one.tried is not None and abs(now - one.tried) >= _IN_DOUBT
            if left_behind and one.kind in _ONCE:
                log.warning("message of kind %s to %s: in doubt, not sent again", one.kind, _name(one))
                continue
            if one.until < now and (left_behind or not one.sending):
                log.warning("message of kind %s to %s given up after %d tries", one.kind, _name(one), one.tries)
                continue
            if left_behind:
                one.sending = ""
            kept.append(one)
        record.outbox = kept

    def _send(self, notebook: Notebook, item: Item) -> Sent:
        try:
            url = Address.of(item.address).url(notebook.state)
        except OwnerError as error:
            return Sent(Answer.REFUSED, error.key)
        return self._post.send(url, item.title, item.body) if url else Sent(Answer.REFUSED, "no such address is set")

    def _done(self, notebook: Notebook, item: Item, sent: Sent, now: datetime, waits: Waits) -> None:
        gone = sent.answer == Answer.SENT or (sent.answer == Answer.HUNG and item.kind in _ONCE)
        if sent.answer != Answer.SENT:
            log.warning("message of kind %s to %s, try %d: %s", item.kind, _name(item), item.tries, sent.answer)
        with notebook.change() as record:
            for one in list(record.outbox):
                if _mark(one) != _mark(item) or one.sending != self._me:
                    continue
                if gone:
                    record.outbox.remove(one)
                    continue
                again = now + GAPS[min(one.tries, len(GAPS)) - 1]
                one.sending, one.due = "", waits(again) if one.quiet else again


def _is_due(one: Item, now: datetime) -> bool:
    """Its moment has come; one that lies further ahead than any gap or night was set by a clock that was wrong."""
    return one.due <= now or one.due - now > KEPT


def _mark(one: Item) -> tuple[str, ...]:
    return (one.address, one.kind, one.made.isoformat(), one.title, one.cause)


def _name(one: Item) -> str:
    """For the log: the name of the address, never the address."""
    return Address.of(one.address).secret
