"""Where the token of an owner's own sign-in is kept: a file of the state folder (0600), or the system's keyring if asked for.

The keyring needs the package `keyring`; a machine without a screen mostly has none.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sheets_crm.disk import write_whole
from sheets_crm.errors import ConfigError, StateError

FILE = "google-token.json"
SERVICE = "sheets-crm"  # under which the keyring keeps it
Info = dict[str, Any]


def kept(state: Path | None, *, in_keyring: bool) -> Info | None:
    """The token; None where nobody has signed in yet. ConfigError: it can't be read."""
    if state is None:
        return None
    path = state / FILE
    try:
        text = _from_keyring(state) if in_keyring else path.read_text("utf-8")
        found = json.loads(text) if text else None
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ConfigError("google.stop.key_unreadable", path=str(path)) from error
    return found if isinstance(found, dict) else None


def keep(state: Path, info: Info, *, in_keyring: bool) -> str:
    """Keep it; where it is now. A file of an earlier sign-in goes when the keyring takes its place. StateError, ConfigError."""
    path = state / FILE
    try:
        if not in_keyring:
            write_whole(path, json.dumps(info).encode())
            return str(path)
        _ring().set_password(SERVICE, _name(state), json.dumps(info))
        path.unlink(missing_ok=True)
    except OSError as error:
        raise StateError("state.folder_denied", path=str(path)) from error
    except ConfigError:
        raise
    except Exception as error:  # a keyring that is locked, or has no place to keep things
        raise ConfigError("google.stop.keyring", why=str(error) or type(error).__name__) from error
    return f"keyring: {SERVICE}"


def _from_keyring(state: Path) -> str | None:
    try:
        found: str | None = _ring().get_password(SERVICE, _name(state))
        if found is None and state.name.startswith("for-"):  # a configuration copied from one that had signed in
            found = _ring().get_password(SERVICE, _name(state.parent))
    except ConfigError:
        raise
    except Exception as error:
        raise ConfigError("google.stop.keyring", why=str(error) or type(error).__name__) from error
    return found


def _ring() -> Any:
    try:
        import keyring
    except ImportError as error:
        raise ConfigError("google.stop.no_keyring") from error
    return keyring


def _name(state: Path) -> str:
    """One token a state folder: two firms on one machine may be two accounts."""
    return f"google {state.resolve()}"
