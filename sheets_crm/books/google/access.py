"""Who we are to Google: a service account's key, an owner's own sign-in, or what the machine is signed in as.

Tokens are got from the `token_uri` of the credentials' own file, whatever the endpoint of the API is.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sheets_crm.books.google.tokens import keep, kept
from sheets_crm.errors import ConfigError

# Least that does it: cells and structure; of Drive the version, kind and sharing of files, never their content.
SCOPES = (
    "https://www.googleapis.com/auth/spreadsheets",
    "https://www.googleapis.com/auth/drive.metadata.readonly",
)
_CLIENTS = ("installed", "web")
_OWN = ("client_id", "client_secret", "refresh_token", "token_uri")


PATIENCE_S = 600  # so long the page in the browser is waited for


@dataclass(frozen=True)
class Who:
    """Credentials, and the address that the spreadsheet has to be shared with where it is known."""

    credentials: Any
    address: str | None
    kind: str  # "service_account", "own" or "default"


def who(file: Path | None, state: Path | None, *, in_keyring: bool = False) -> Who:
    """Read the credentials. file: of crm.yaml, None for the machine's own. state: the folder that holds a sign-in's token.

    in_keyring: the system's keyring holds it.

    ConfigError: the file is not there, is not what Google gives out, or nobody has signed in yet.
    """
    if file is None:
        return _default()
    info = _info(file)
    if info.get("type") == "service_account":
        return _service_account(info, file)
    if info.get("type") == "authorized_user":
        return _own(info, file)
    if any(name in info for name in _CLIENTS):
        return _signed_in(file, state, in_keyring=in_keyring)
    raise ConfigError("google.stop.key_unknown", path=str(file))


def is_service_account(file: Path) -> bool:
    """Is it such a key? ConfigError: it can't be read."""
    return bool(_info(file).get("type") == "service_account")


def _info(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text("utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError("google.stop.key_missing", path=str(file)) from None
    except (OSError, ValueError) as error:
        raise ConfigError("google.stop.key_unreadable", path=str(file)) from error
    if not isinstance(found, dict):
        raise ConfigError("google.stop.key_unknown", path=str(file))
    return found


def _service_account(info: dict[str, Any], file: Path) -> Who:
    from google.oauth2 import service_account

    class Account(service_account.Credentials):
        """Without the look-up of allowed regions that newer versions make at a host that nobody configured."""

        def _is_regional_access_boundary_lookup_required(self) -> bool:
            return False

    try:
        found = Account.from_service_account_info(info, scopes=SCOPES)  # type: ignore[no-untyped-call]
    except (ValueError, KeyError) as error:
        raise ConfigError("google.stop.key_unreadable", path=str(file)) from error
    return Who(found, str(info["client_email"]), "service_account")


def _own(info: dict[str, Any], file: Path) -> Who:
    from google.oauth2.credentials import Credentials

    if not all(info.get(name) for name in _OWN[:3]):
        raise ConfigError("google.stop.key_unreadable", path=str(file))
    uri = info.get("token_uri") or "https://oauth2.googleapis.com/token"
    found = Credentials(  # type: ignore[no-untyped-call]
        None, refresh_token=info["refresh_token"], token_uri=uri, client_id=info["client_id"],
        client_secret=info["client_secret"], scopes=SCOPES,
    )  # fmt: skip
    return Who(found, info.get("account"), "own")


def _signed_in(file: Path, state: Path | None, *, in_keyring: bool) -> Who:
    token = kept(state, in_keyring=in_keyring)
    if token is None:
        raise ConfigError("google.stop.not_signed_in", path=str(file))
    return _own(token, file)


def _default() -> Who:
    import google.auth
    from google.auth.exceptions import DefaultCredentialsError

    try:
        found, _ = google.auth.default(scopes=SCOPES)
    except DefaultCredentialsError as error:
        raise ConfigError("google.stop.no_credentials") from error
    return Who(found, getattr(found, "service_account_email", None), "default")


def sign_in(
    file: Path, state: Path, *, open_browser: bool = True, port: int = 0, prompt: str = "", done: str = "OK",
    in_keyring: bool = False,
) -> str:  # fmt: skip
    """The owner's own sign-in: a page in the browser, an answer to a port of loopback, a token that is kept.

    file: the client secrets of an installed app. prompt: what to print, `{url}` in it. done: what the browser shows at the end.
    Where the token is kept now. ConfigError: the sign-in was refused or left alone, or the keyring takes nothing.
    """
    from google_auth_oauthlib.flow import InstalledAppFlow
    from oauthlib.oauth2.rfc6749.errors import OAuth2Error

    info = _info(file)
    if not any(name in info for name in _CLIENTS):
        raise ConfigError("google.stop.key_unknown", path=str(file))
    flow = InstalledAppFlow.from_client_config(info, SCOPES)
    try:
        found = flow.run_local_server(
            host="127.0.0.1", port=port, open_browser=open_browser, authorization_prompt_message=prompt,
            success_message=done, timeout_seconds=PATIENCE_S, access_type="offline", prompt="consent",
        )  # fmt: skip
    except AttributeError as error:  # so it is told that nobody answered
        raise ConfigError("google.stop.sign_in_late", n=PATIENCE_S // 60) from error
    except OAuth2Error as error:
        raise ConfigError("google.stop.sign_in_refused", why=error.description or error.error or "") from error
    except (Warning, OSError) as error:  # not all was allowed that was asked for; no way to Google; the port is taken
        raise ConfigError("google.stop.sign_in_refused", why=str(error)) from error
    if not found.refresh_token:
        raise ConfigError("google.stop.sign_in_refused", why="refresh_token")
    record = {"type": "authorized_user", **{name: getattr(found, name) for name in _OWN}}
    return keep(state, record, in_keyring=in_keyring)
