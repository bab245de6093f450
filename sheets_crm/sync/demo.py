"""`demo`: the bundled, invented workbook copied to a folder and synced there."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from sheets_crm import data
from sheets_crm.errors import OwnerError
from sheets_crm.sync.backup import refuse_open
from sheets_crm.sync.run import Result, sync
from sheets_crm.words import LANGS, Lang


@dataclass(frozen=True)
class Shown:
    """What the demo did. workbook, config: the copies to look at."""

    result: Result
    workbook: Path
    config: Path


def run(folder: Path, lang: Lang) -> Shown:
    """Copy and sync. What an earlier demo left in the folder is replaced; a folder with a configuration of one's own is refused.

    OwnerError: the folder is no folder, is somebody's own, or can't be written. WorkbookBusy: the demo workbook is open.
    """
    source, config = data.demo_files(lang)
    workbook, settings = folder / source.name, folder / config.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _refuse_own(folder, workbook, settings)
        refuse_open(workbook)
        shutil.copyfile(source, workbook)
        shutil.copyfile(config, settings)
    except OSError as error:
        raise OwnerError("sync.demo_folder", path=str(folder)) from error
    return Shown(sync(str(settings), today=data.DEMO_TODAY, lang=lang, accept_emptied=True), workbook, settings)


def _refuse_own(folder: Path, workbook: Path, settings: Path) -> None:
    """Nothing of the owner's is replaced: a folder is the demo's when its configuration is one that we put there."""
    ours = {data.demo_files(lang)[1].read_bytes() for lang in LANGS}
    if settings.exists():
        if settings.read_bytes() not in ours:
            raise OwnerError("sync.demo_taken", path=str(folder), name=settings.name)
    elif workbook.exists():
        raise OwnerError("sync.demo_taken", path=str(folder), name=workbook.name)
