"""The new .xlsx of a copy while it is being made: in a hidden folder beside its place, and there in one step when all is done.

So that a copy killed at any moment leaves no half file under the name that was asked for. What such a copy leaves is swept by the next one.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from pathlib import Path

from sheets_crm.disk import flush_folder, make_folder


def begun(path: Path) -> Path:
    """Where the file that is to stand at the path is made, under the same name. OSError as the system says it."""
    dropped(path)
    folder = _folder(path)
    make_folder(folder)
    return folder / path.name


def put(path: Path) -> None:
    """The finished file in its place, never in that of another one. FileExistsError; OSError as the system says it."""
    made = _folder(path) / path.name
    try:
        os.link(made, path)
    except FileExistsError:
        raise
    except (OSError, AttributeError, NotImplementedError):  # a disk without links
        if os.path.lexists(path):
            raise FileExistsError(path) from None
        made.rename(path)
    flush_folder(path.parent)
    dropped(path)


def dropped(path: Path) -> None:
    """Take out what stands of an unfinished copy."""
    with contextlib.suppress(OSError):
        shutil.rmtree(_folder(path))


def _folder(path: Path) -> Path:
    return path.with_name(f".sheets-crm-{hashlib.blake2b(path.name.encode(), digest_size=6).hexdigest()}.copying")
