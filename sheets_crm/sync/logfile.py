"""The log of one workbook's runs: private, rotated, without personal data.

Opened by sync/state, late: an unchanged run writes none. Knows nothing of what is logged.
"""

from __future__ import annotations

import io
import logging
import re
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from sheets_crm.disk import make_folder, private
from sheets_crm.errors import StateError

_BYTES = 1_000_000
_FILES = 5


def open_log(folder: Path, name: str, file: str = "sheets-crm.log") -> logging.Logger:
    """The logger `name` writing to a file in `folder`, and nowhere else any more. Calling it twice adds nothing.

    file: two processes that rotate one file lose lines, so whoever lives long has its own.
    """
    logger = logging.getLogger(name)
    target = str((folder / file).absolute())
    for handler in list(logger.handlers):
        if isinstance(handler, PrivateFile):
            if handler.baseFilename == target:
                return logger
            logger.removeHandler(handler)
            handler.close()
    try:
        make_folder(folder)
        handler = PrivateFile(target, maxBytes=_BYTES, backupCount=_FILES, encoding="utf-8")
    except OSError as error:
        raise StateError("state.folder_denied", path=str(folder)) from error
    handler.setFormatter(Scrubbed("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    return logger


class PrivateFile(RotatingFileHandler):
    """A rotated log that only its owner may read, each new file too."""

    def _open(self) -> io.TextIOWrapper:
        return io.TextIOWrapper(open(self.baseFilename, "ab", opener=private), encoding=self.encoding)


class Scrubbed(logging.Formatter):
    """Log lines without personal data: no quoted text, addresses or long numbers; of an exception only its kind and place.

    The message of an exception is left out: it may quote a cell.
    """

    _QUOTED = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'|\u00ab[^\u00bb\n]*\u00bb|\u201c[^\u201d\n]*\u201d")
    _MAIL = re.compile(r"[^\s@<>()]+@[^\s@<>()]+")
    _NUMBER = re.compile(r"\+?\d(?:[\s().\-\u00a0]{0,2}\d){6,}")
    _WORDS = re.compile(r"[^\x00-\x7f]+(?:[\s.\-]+[^\x00-\x7f]+)*")  # names in other alphabets than the program's own

    def format(self, record: logging.LogRecord) -> str:
        """The line. What another handler made of the exception is kept on the record, and is not for us."""
        own = logging.makeLogRecord({**record.__dict__, "exc_text": None, "stack_info": None})
        return super().format(own)

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: ARG002, N802 - logging's
        """The moment, UTC."""
        return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name is logging's
        """The line; its own time stamp is not a phone number."""
        record.message = self._scrub(record.message)
        return super().formatMessage(record)

    def formatException(  # noqa: N802 - the name is logging's
        self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> str:
        """Kind and places, innermost last; of the chain of causes too."""
        lines = []
        error = ei[1]
        seen: set[int] = set()
        while error is not None and id(error) not in seen:
            seen.add(id(error))
            lines.append(f"{type(error).__module__}.{type(error).__qualname__}")
            lines += _places(error.__traceback__)
            error = error.__cause__ or error.__context__
        return "\n".join(lines)

    def _scrub(self, text: str) -> str:
        for pattern in (self._QUOTED, self._MAIL, self._NUMBER, self._WORDS):
            text = pattern.sub("...", text)
        return text


def _places(trace: TracebackType | None) -> list[str]:
    lines = []
    while trace is not None:
        code = trace.tb_frame.f_code
        lines.append(f"  {Path(code.co_filename).name}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return lines
