"""`demo`: the bundled, invented workbook copied to a folder and synced there."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from sheets_crm import data
from sheets_crm.sync.run import Result, sync
from sheets_crm.words import Lang


@dataclass(frozen=True)
class Shown:
    """What the demo did. workbook, config: the copies to look at."""

    result: Result
    workbook: Path
    config: Path


def run(folder: Path, lang: Lang) -> Shown:
    """Copy and sync. What an earlier demo left in the folder is replaced; anything else there is left alone."""
    source, config = data.demo_files(lang)
    folder.mkdir(parents=True, exist_ok=True)
    workbook, settings = folder / source.name, folder / config.name
    shutil.copyfile(source, workbook)
    shutil.copyfile(config, settings)
    return Shown(sync(str(settings), today=data.DEMO_TODAY, lang=lang), workbook, settings)
