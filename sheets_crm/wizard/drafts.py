"""Where drafts are kept between two sittings: one private file for each workbook, in a folder of our own."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pydantic import ValidationError

from sheets_crm.disk import make_folder, write_whole
from sheets_crm.wizard.draft import Draft

SECRET = "secret."  # noqa: S105 - so begin the names of fields whose values are never put away, not even as typed


class Drafts:
    """The drafts in one folder (0700; made when the first is kept)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def newest(self) -> Draft | None:
        """The draft that was worked on last; None where there is none. An unreadable one counts as none."""
        found = sorted(self._folder.glob("*.json"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
        return next((draft for draft in map(_read, found) if draft is not None), None)

    def keep(self, draft: Draft) -> None:
        """Put the draft away in place of its last version. One without a workbook yet waits under a name of its own."""
        make_folder(self._folder)
        write_whole(self._path(draft), _without_secrets(draft).model_dump_json(indent=1).encode())
        if draft.workbook:
            self._path(Draft()).unlink(missing_ok=True)

    def forget(self, draft: Draft) -> None:
        """Take the draft away."""
        self._path(draft).unlink(missing_ok=True)

    def _path(self, draft: Draft) -> Path:
        name = hashlib.sha256(draft.workbook.encode()).hexdigest()[:16] if draft.workbook else "new"
        return self._folder / f"{name}.json"


def _without_secrets(draft: Draft) -> Draft:
    """The draft without what was typed into fields that hide it."""
    given = {
        part: {name: values for name, values in typed.items() if not name.startswith(SECRET)}
        for part, typed in draft.given.items()
    }
    return draft.model_copy(update={"given": given})


def _read(path: Path) -> Draft | None:
    try:
        return Draft.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None
