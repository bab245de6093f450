"""Addresses of messages typed in the conversation: held in memory until the first sync, never in a draft or in crm.yaml."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sheets_crm.errors import OwnerError
from sheets_crm.sync.secrets import secret, set_secret
from sheets_crm.sync.state import StateFolder
from sheets_crm.wizard.draft import Draft
from sheets_crm.wizard.yaml_writer import text_there, wanted

OWNER = "owner"  # under which the owner's address is kept where crm.yaml names none


@dataclass
class Addresses:
    """Typed and not yet kept, by the crm.yaml they belong to."""

    _typed: dict[str, str] = field(default_factory=dict)

    def hold(self, draft: Draft, url: str) -> None:
        """Remember what was typed."""
        self._typed[draft.config] = url

    def drop(self, draft: Draft) -> None:
        """Forget what was typed."""
        self._typed.pop(draft.config, None)

    def known(self, draft: Draft) -> str | None:
        """The owner's address: as typed just now, else as it is kept; None where there is none."""
        return self._typed.get(draft.config) or _kept(draft)

    def is_pending(self, draft: Draft) -> bool:
        """Was one typed that is not kept yet?"""
        return draft.config in self._typed

    def keep(self, draft: Draft) -> None:
        """Put the typed address where secrets are kept. StateError."""
        url = self._typed.get(draft.config)
        if url is not None:
            state = StateFolder.beside(Path(draft.config), workbook_of(draft))
            set_secret(state, name_of(draft), url)
            self.drop(draft)


def name_of(draft: Draft) -> str:
    """The name of the owner's address in crm.yaml."""
    section: Any = draft.settings.get("notifications")
    names = section.get("owner") if isinstance(section, dict) else None
    first = next(iter(names), None) if isinstance(names, (list, tuple)) else names
    return str(first) if first else OWNER


def workbook_of(draft: Draft) -> str:
    """The workbook as crm.yaml names it: by that its state folder knows it."""
    return str(wanted(draft, text_there(draft.config))["workbook"])


def _kept(draft: Draft) -> str | None:
    if not draft.config:
        return None
    try:
        state = StateFolder.existing(Path(draft.config), workbook_of(draft))
        return secret(state, name_of(draft)) if state is not None else None
    except OwnerError:  # a damaged file of secrets: told when one is kept
        return None
