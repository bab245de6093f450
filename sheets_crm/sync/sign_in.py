"""The owner's own sign-in to Google, kept in the state folder. A service account needs none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sheets_crm.errors import ConfigError
from sheets_crm.sync.intake import open_config
from sheets_crm.sync.state import StateFolder
from sheets_crm.words import Lang, say


@dataclass(frozen=True)
class SignedIn:
    """key, values: what to say."""

    key: str
    values: dict[str, str]


def sign_in(
    config: str | None, *, browser: bool = True, port: int = 0, on_language: Callable[[Lang], object] = lambda _: None
) -> SignedIn:
    """Sign in with the client file that crm.yaml names. ConfigError: it names none, or the file is something else."""
    from sheets_crm.books.google import access

    opened = open_config(config)
    on_language(opened.lang)
    if opened.config.google.credentials is None:
        raise ConfigError("google.stop.no_credentials")
    file = opened.beside(opened.config.google.credentials)
    if access.is_service_account(file):
        address = access.who(file, None).address or ""
        return SignedIn("google.sign_in_not_needed", {"path": str(file), "address": address})
    state = StateFolder.beside(opened.path, opened.config.workbook)
    prompt = say("google.sign_in_page", opened.lang, url="{url}")
    done = say("google.sign_in_done", opened.lang)
    ring = opened.config.google.keep_sign_in == "keyring"
    kept = access.sign_in(file, state.path, open_browser=browser, port=port, prompt=prompt, done=done, in_keyring=ring)
    return SignedIn("google.signed_in", {"path": kept})
