"""Results of `notify` as people read them in a terminal. Every sentence comes from `words`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sheets_crm.words import Lang, say

if TYPE_CHECKING:
    from sheets_crm.daemon.notices.by_hand import Kept, Outcome


def kept(done: Kept, lang: Lang) -> str:
    """An address was kept."""
    lines = [say("notices.said.saved", lang, name=done.name, path=str(done.path))]
    if not done.used:
        lines.append(say("notices.said.mail_unused", lang, name=done.name))
    return "\n".join(lines)


def outcomes(found: Sequence[Outcome], lang: Lang, timeout_s: float) -> str:
    """One line an address, or the message itself where it was only to be looked at."""
    return "\n".join(_outcome(one, lang, timeout_s) for one in found)


def _outcome(one: Outcome, lang: Lang, timeout_s: float) -> str:
    name = say("notices.said.mail_to", lang, name=one.name, manager=one.manager) if one.manager else one.name
    if one.answer == "shown":
        return f"--- {name}\n{one.title}\n\n{one.body}\n"
    key = {"empty": "digest_empty"}.get(one.answer, one.answer)
    return say(
        f"notices.said.{key}", lang, name=name, service=one.service, said=one.said or "\u2014", n=round(timeout_s)
    )
