"""Passwords, tokens and addresses that hold them: never in crm.yaml, never in a log.

A secret has a name; crm.yaml names it. Looked for in the environment (`SHEETS_CRM_<NAME>`), then in the state folder's
`secrets.yaml` (mode 0600), then in the system's keyring where the `keyring` package is installed.
"""

from __future__ import annotations

import os
from pathlib import Path

import yaml

from sheets_crm.disk import write_whole
from sheets_crm.errors import ConfigError, StateError
from sheets_crm.sync.state import StateFolder

FILE = "secrets.yaml"
SERVICE = "sheets-crm"  # under which the keyring keeps them


def secret(state: StateFolder, name: str) -> str | None:
    """The secret of that name; None where nobody has set it. ConfigError: the file is not name: text, line by line."""
    from_environment = os.environ.get(f"SHEETS_CRM_{name.upper().replace('-', '_')}")
    return from_environment or _stored(state.path / FILE).get(name) or _in_keyring(name)


def set_secret(state: StateFolder, name: str, value: str) -> Path:
    """Keep a secret in the state folder's file, readable by its owner alone; where it stands now."""
    path = state.path / FILE
    known = _stored(path) | {name: value}
    try:
        write_whole(path, yaml.safe_dump(known, allow_unicode=True, sort_keys=True).encode())
    except OSError as error:
        raise StateError("state.folder_denied", path=str(path)) from error
    return path


def _stored(path: Path) -> dict[str, str]:
    try:
        found = yaml.safe_load(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError("state.secrets_unreadable", path=str(path)) from error
    if found is not None and not isinstance(found, dict):
        raise ConfigError("state.secrets_unreadable", path=str(path))
    return {str(name): str(value) for name, value in (found or {}).items() if value is not None}


def _in_keyring(name: str) -> str | None:
    """What the system's keyring holds; None where there is none."""
    try:
        import keyring
    except ImportError:
        return None
    try:
        found: str | None = keyring.get_password(SERVICE, name)
    except Exception:  # noqa: BLE001 - a keyring that is locked or broken is as good as none
        return None
    return found
