"""crm.yaml as the conversation writes it: a new one with comments for its owner, an existing one changed where it must be.

Knows no screen. What is to be written is checked by `open_text` before it replaces anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sheets_crm.cards.yamlmodel import read_yaml
from sheets_crm.disk import make_folder, write_whole
from sheets_crm.errors import ConfigError
from sheets_crm.sync.intake import Opened, open_text
from sheets_crm.sync.state import StateFolder, cannot_write
from sheets_crm.sync.yaml_emit import canonical, entry, flow, plain
from sheets_crm.sync.yaml_splice import edited
from sheets_crm.wizard.draft import Draft
from sheets_crm.words import Lang, knows, say

# Keys that the conversation asks about: of an existing file it may take these away, never the others.
ASKED = (
    "workbook", "name", "language", "country", "currency", "timezone", "template", "sheets", "funnels", "stage_aliases",
    "clients", "managers", "rules", "tabs", "schedule", "backups", "notifications", "companion", "google",
)  # fmt: skip
# The order in which a new file has them: what people look for first stands first.
_ORDER = (
    "workbook", "name", "language", "country", "currency", "timezone", "date_order", "decimal", "template", "sheets",
    "funnels", "stage_aliases", "clients", "money", "consent", "booked_visit_is_open", "managers", "hand_over", "rules",
    "packs", "tabs", "tasks", "calendar", "schedule", "backups", "history", "notifications", "calendar_feed", "companion",
    "protected_structure", "book", "google",
)  # fmt: skip
_SECTION = "setup_run.yaml.section"
_KEPT = 10  # former versions of crm.yaml beside the state


def settings_of(text: str) -> dict[str, Any]:
    """A crm.yaml as plain data, exactly what stands in it. ConfigError: it is no YAML, or holds no settings."""
    data = read_yaml(text, "crm.yaml").data
    if not isinstance(data, dict):
        raise ConfigError("errors.yaml.not_a_mapping", file="crm.yaml", line=1)
    return data


def written(text: str | None, settings: Mapping[str, Any], lang: Lang) -> str:
    """The file that says just these settings. text: of the file that is there; None (or nothing in it): a new one.

    Of an existing file only the keys change whose values differ; every other sign of it stays.
    """
    settings = plain(settings)
    if text is None or not text.strip("\ufeff \r\n"):
        return _new(settings, lang)
    return edited(text, settings, above=lambda key: _comment(key, lang))


def wanted(draft: Draft, text: str | None) -> dict[str, Any]:
    """All that crm.yaml is to say: what was answered, and of the file that is there what the conversation does not ask about."""
    known = settings_of(text) if text is not None and text.strip("\ufeff \r\n") else {}
    kept = {key: value for key, value in known.items() if key not in ASKED}
    answered = {key: value for key, value in plain(draft.settings).items() if value is not None}
    spoken = {"language": draft.language}
    if known:  # one that names no language means the usual one
        spoken = {"language": known["language"]} if "language" in known else {}
    return {**kept, **spoken, **answered, "workbook": _as_it_stands(draft, known)}


def _as_it_stands(draft: Draft, known: Mapping[str, Any]) -> str:
    """The workbook's key; as the file has it where that means the same file."""
    stated = known.get("workbook")
    if not isinstance(stated, str) or not Path(draft.workbook).is_absolute():
        return workbook_key(draft)
    meant = (Path(draft.config).absolute().parent / Path(stated).expanduser()).absolute()
    return stated if meant == Path(draft.workbook) else workbook_key(draft)


def workbook_key(draft: Draft) -> str:
    """The workbook as crm.yaml names it: relative where it lies beside or below, so that the folder may be moved."""
    path = Path(draft.workbook)
    if not path.is_absolute():
        return draft.workbook
    try:
        return path.relative_to(Path(draft.config).absolute().parent).as_posix()
    except ValueError:
        return str(path)


def text_there(config: str | Path) -> str | None:
    """The file's text with its own line ends; None where there is none yet. ConfigError: it can't be read."""
    path = Path(config)
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise ConfigError("config.not_utf8", path=str(path)) from None
    except OSError as error:
        raise ConfigError("config.not_readable", path=str(path)) from error


def proposed(draft: Draft) -> tuple[str, Opened]:
    """The text that is to stand in crm.yaml, and what it opens as. Writes nothing. ConfigError as for any crm.yaml."""
    before = text_there(draft.config)
    text = written(before, wanted(draft, before), draft.language)
    return text, open_text(text.removeprefix("\ufeff"), Path(draft.config))


def save(draft: Draft) -> Path:
    """Check and write crm.yaml; the version before it is kept beside the state. Where it stands. ConfigError, StateError."""
    text, opened = proposed(draft)
    path = Path(draft.config).resolve()  # a link stays a link
    before = text_there(path)
    if before == text:
        return path
    try:
        make_folder_of(path)
        mode = path.stat().st_mode & 0o777 if before is not None else 0o600
        if before is not None:
            _keep(before, StateFolder.beside(opened.path, opened.config.workbook).path)
        write_whole(path, text.encode("utf-8"))
        path.chmod(mode)
    except OSError as error:
        raise cannot_write(error, path.parent) from error
    return path


def make_folder_of(path: Path) -> None:
    """The folder that crm.yaml stands in, where it is not there yet: the owner's own is left as it is."""
    if not path.parent.is_dir():
        make_folder(path.parent)


def _keep(before: str, state: Path) -> None:
    """The former version, by the moment it was replaced; the oldest ones go."""
    folder = state / "settings"
    make_folder(folder)
    moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
    write_whole(folder / f"crm.{moment}.yaml", before.encode("utf-8"))
    for old in sorted(folder.glob("crm.*.yaml"))[:-_KEPT]:
        old.unlink(missing_ok=True)


def _new(settings: Mapping[str, Any], lang: Lang) -> str:
    order = {key: place for place, key in enumerate(_ORDER)}
    keys = sorted(settings, key=lambda key: order.get(key, len(order)))
    workbook = str(settings.get("workbook", ""))
    parts = [_commented(say("setup_run.yaml.head", lang, workbook=workbook))]
    for key in keys:
        comment = _comment(key, lang)
        parts.append("\n".join([*([_commented(comment)] if comment else []), entry(key, settings[key])]))
    absent = [key for key in _ORDER if key not in settings and knows(f"setup_run.yaml.absent.{key}", lang)]
    if absent:
        more = [say("setup_run.yaml.more", lang), *(say(f"setup_run.yaml.absent.{key}", lang) for key in absent)]
        parts.append(_commented("\n".join(more)))
    return "\n\n".join(parts) + "\n"


def _comment(key: str, lang: Lang) -> str:
    name = f"{_SECTION}.{key}"
    return say(name, lang) if knows(name, lang) else ""


def _commented(text: str) -> str:
    return "\n".join(f"# {line}".rstrip() for line in text.strip("\n").split("\n"))


# --- what an edit changes ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Changed:
    """One setting that is otherwise now. was, becomes: as they are written; "" where there is nothing."""

    key: str
    was: str
    becomes: str


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Changed, ...]:
    """What differs between two crm.yaml, setting by setting, in the order of the file."""
    return tuple(_differences(plain(before), plain(after), ""))


def _differences(before: Any, after: Any, path: str) -> list[Changed]:
    if _NOTHING not in (before, after) and canonical(before) == canonical(after):
        return []
    if isinstance(before, dict) and isinstance(after, dict):
        found = []
        for key in dict.fromkeys([*before, *after]):
            here = f"{path}.{key}" if path else str(key)
            found += _differences(before.get(key, _NOTHING), after.get(key, _NOTHING), here)
        return found
    if isinstance(before, list) and isinstance(after, list) and _named(before) and _named(after):
        return _differences({one["name"]: one for one in before}, {one["name"]: one for one in after}, path)
    return [Changed(path, _shown(before), _shown(after))]


_NOTHING: Any = object()


def _named(items: list[Any]) -> bool:
    names = [one.get("name") for one in items if isinstance(one, dict)]
    return bool(items) and len(names) == len(items) == len(set(names)) and all(isinstance(one, str) for one in names)


def _shown(value: Any) -> str:
    return "" if value is _NOTHING else flow(value)
