"""Choosing a workbook: a path as people paste it, what stands beside the file, and the draft that begins with it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from sheets_crm.books.excel.files import refuse_read_only
from sheets_crm.cards.yamlmodel import read_yaml
from sheets_crm.errors import ConfigError, OwnerError, WorkbookBusy, WorkbookMissing, WorkbookUnreadable
from sheets_crm.sync.config import CONFIG_NAME
from sheets_crm.sync.google import google_id
from sheets_crm.wizard.draft import Draft
from sheets_crm.wizard.step import World

_QUOTES = "\"'«»“”„‘’`"
_DRIVE = re.compile(r"^[A-Za-z]:[\\/]")


def pasted_path(text: str, world: World) -> Path:
    """The path meant: quotes around it, file://, ~, %20 and back slashes forgiven; a relative one starts where the owner is."""
    plain = text.strip().strip(_QUOTES).strip()
    if plain.lower().startswith("file:"):
        parts = urlsplit(plain)
        plain = unquote(parts.path)
        if parts.netloc and parts.netloc != "localhost":
            plain = f"//{parts.netloc}{plain}"
        if re.match(r"^/[A-Za-z]:", plain):
            plain = plain[1:]
    if plain == "~" or plain.startswith(("~/", "~\\")):
        plain = str(world.home) + plain[1:]
    path = Path(plain)
    if os.sep == "/" and "\\" in plain and not path.exists() and not _DRIVE.match(plain):
        path = Path(plain.replace("\\", "/"))
    return path if path.is_absolute() or _DRIVE.match(plain) else (world.here or world.home) / path


def config_beside(workbook: Path) -> Path:
    """The crm.yaml of a workbook: the one beside it, unless that belongs to another workbook of the same folder."""
    usual = workbook.with_name(CONFIG_NAME)
    own = workbook.with_name(f"{workbook.stem}.{CONFIG_NAME}")
    if own.is_file() or (usual.is_file() and not _belongs(usual, workbook)):
        return own
    return usual


def _belongs(config: Path, workbook: Path) -> bool:
    try:
        stated = str(settings_of(config).get("workbook", ""))
    except OwnerError:
        return True  # it is told when it is read
    if not stated or google_id(config, stated) is not None:
        return False
    return _same(config.parent / Path(stated).expanduser(), workbook)


def _same(one: Path, other: Path) -> bool:
    return one.resolve() == other.resolve()


def settings_of(config: Path) -> dict[str, Any]:
    """What a crm.yaml says, as plain data; {} where there is none. ConfigError: it can't be read."""
    try:
        text = config.read_text("utf-8-sig")
    except FileNotFoundError:
        return {}
    except UnicodeDecodeError:
        raise ConfigError("config.not_utf8", path=str(config)) from None
    except OSError as error:
        raise ConfigError("config.not_readable", path=str(config)) from error
    data = read_yaml(text, config.name).data
    if not isinstance(data, dict):
        raise ConfigError("errors.yaml.not_a_mapping", file=config.name, line=1)
    return data


def may_be_written(workbook: Path) -> None:
    """May the program write the workbook, and its settings beside it? WorkbookUnreadable, WorkbookMissing: what to do."""
    if not workbook.is_file():
        key = "books.directory" if workbook.is_dir() else "books.missing"
        raise WorkbookMissing(key, path=str(workbook))
    if not os.access(workbook, os.R_OK):
        raise WorkbookUnreadable("books.no_access", path=str(workbook))
    try:
        refuse_read_only(workbook)
    except WorkbookBusy as error:
        raise WorkbookUnreadable("setup.stop.read_only", path=str(workbook)) from error
    if not os.access(workbook.parent, os.W_OK):
        raise WorkbookUnreadable("setup.stop.folder_read_only", path=str(workbook.parent))


def with_file(draft: Draft, workbook: Path) -> Draft:
    """The draft of this file; all that was said of another one is forgotten. ConfigError: its crm.yaml can't be read."""
    workbook = Path(os.path.abspath(workbook))  # noqa: PTH100 - links stay as the owner knows them
    config = config_beside(workbook)
    settings = {**settings_of(config)}
    settings["workbook"] = settings.get("workbook") or workbook.name
    return begun(draft, str(workbook), config, settings)


def begun(draft: Draft, address: str, config: Path, settings: Mapping[str, Any]) -> Draft:
    """The draft with this workbook: as it is where it is the same, else anew, with the settings of its crm.yaml."""
    if draft.workbook == address and draft.config == str(config):
        return draft
    kept = {name: value for name, value in draft.notes.items() if name in {"way", "folder", "google", "starter"}}
    later = [part for part in draft.done if not part.startswith("workbook")]
    if draft.workbook and later:
        kept["instead_of"] = draft.workbook
    if config.is_file():
        kept["continued"] = str(config)
    spoken = {} if config.is_file() else {"language": draft.language}
    return Draft(
        language=draft.language, workbook=address, config=str(config), settings={**spoken, **settings},
        here=draft.here, done=tuple(part for part in draft.done if part not in later), notes=kept,
    )  # fmt: skip
