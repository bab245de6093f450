"""A removal as people read it, before and after. Every sentence comes from `words`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from sheets_crm.cli.text_daemon import typed
from sheets_crm.sync.removal import titles
from sheets_crm.words import Lang, say

if TYPE_CHECKING:
    from sheets_crm.daemon.service import Done
    from sheets_crm.sync.removal import Foreseen, Removed


def foreseen(found: Foreseen, lang: Lang) -> str:
    """What would be taken out, and what becomes of the marks."""
    lines = [say("remove.would", lang, workbook=book, tabs=_quoted(t, lang)) for book, t in titles(found.tabs).items()]
    if found.marks:
        lines.append(say("remove.marks", lang, n=found.marks))
    return "\n".join(lines)


def done(result: Removed, stopped: Done | None, lang: Lang) -> str:
    """What was taken out, what stays and how to be rid of it."""
    gone = {path.name for path in result.files}
    taken = {book: tabs for book, tabs in titles(result.tabs).items() if book not in gone}
    lines = [say("remove.taken", lang, workbook=book, tabs=_quoted(tabs, lang)) for book, tabs in taken.items()]
    lines += [say("remove.deleted", lang, path=str(path)) for path in result.files]
    lines += [say(key, lang, **values) for key, values in result.kept]
    if not result.changed and not result.kept:
        lines.append(say("remove.nothing", lang, workbook=result.opened.called))
    elif result.tidied:
        lines.append(say("remove.tidied", lang, workbook=result.opened.called))
    if result.changed and result.marks:
        lines.append(say("remove.marks_kept", lang, n=result.marks))
    lines += [say("remove.copy", lang, name=name) for name in result.backups]
    lines += _service(stopped, lang)
    return "\n".join([*lines, *_stays(result, lang)])


def _quoted(tabs: Iterable[str], lang: Lang) -> tuple[str, ...]:
    return tuple(f"«{tab}»" if lang == "ru" else f"“{tab}”" for tab in tabs)


def _service(stopped: Done | None, lang: Lang) -> Iterator[str]:
    if stopped is None:
        return
    yield say("remove.service", lang)
    if stopped.left:
        yield say("daemon.service.left", lang)
        yield from (f"  {typed(words)}" for words in stopped.left)


def _stays(result: Removed, lang: Lang) -> Iterator[str]:
    yield ""
    yield say("remove.stays.head", lang)
    yield from (f"  {say(f'remove.stays.{one.key}', lang, path=one.path, n=one.n)}" for one in result.stays)
    yield say("remove.stays.program", lang)


def service_json(stopped: Done | None) -> dict[str, Any] | None:
    """What became of the service; None where it did not look after this workbook."""
    if stopped is None:
        return None
    return {"paths": [str(path) for path in stopped.paths], "left": [typed(words) for words in stopped.left]}
