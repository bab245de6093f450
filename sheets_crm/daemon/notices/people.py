"""Who is told: the addresses of the owner and of each manager, by the names that crm.yaml gives them.

An address itself is a secret and is looked up only when something is sent. Sends nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from sheets_crm.cards import fold
from sheets_crm.sync.config import CrmConfig, Manager
from sheets_crm.sync.config_notices import MAIL
from sheets_crm.sync.secrets import secret
from sheets_crm.sync.state import StateFolder

_RECIPIENTS = {"to", "cc", "bcc", "reply", "reply_to"}


@dataclass(frozen=True)
class Address:
    """Where something is sent. secret: the name of the address. to: a manager's e-mail, written to by that mail address."""

    secret: str
    to: str = ""

    @property
    def id(self) -> str:
        """Stable over runs; holds a person's e-mail, so it is not for logs."""
        return f"{self.secret}:{self.to}" if self.to else self.secret

    @classmethod
    def of(cls, known: str) -> Address:
        """The address with this id."""
        name, _, to = known.partition(":")
        return cls(name, to)

    def url(self, state: StateFolder) -> str | None:
        """The address as `apprise` takes it; None where nobody has set it. ConfigError: the file of secrets is damaged."""
        known = secret(state, self.secret)
        return known if known is None or not self.to else written_to(known, self.to)


@dataclass(frozen=True)
class People:
    """The addresses of a configuration. has_mail: the secret by which managers' e-mails are written to is set."""

    config: CrmConfig
    has_mail: bool = False

    @classmethod
    def of(cls, config: CrmConfig, state: StateFolder) -> People:
        """Of a configuration and what is set in its state folder."""
        return cls(config, any(one.email for one in config.managers) and secret(state, MAIL) is not None)

    def owner(self) -> tuple[Address, ...]:
        """The owner's: those stated, else those of the managers whose role is the owner's or the head's."""
        if self.config.notifications.owner:
            return tuple(Address(name) for name in self.config.notifications.owner)
        for role in ("owner", "head"):
            found = [one for manager in self.config.managers if manager.role == role for one in self._of(manager)]
            if found:
                return tuple(dict.fromkeys(found))
        return ()

    def manager(self, name: str) -> tuple[Address, ...]:
        """A manager's, by any spelling of the name; () for nobody and for who has none.

        Where no manager has an address the owner is told of everything.
        """
        if not self._any_manager():
            return self.owner()
        wanted = fold(name)
        for manager in self.config.managers:
            if wanted and wanted in {fold(one) for one in (manager.name, *manager.aliases)}:
                return self._of(manager)
        return ()

    def manager_or_owner(self, name: str) -> tuple[Address, ...]:
        """A manager's, and the owner's where the manager can't be told."""
        return self.manager(name) or self.owner()

    def known_as(self, name: str) -> str:
        """A manager's name as the configuration has it; as it stands for somebody it does not know."""
        wanted = fold(name)
        for manager in self.config.managers:
            if wanted in {fold(one) for one in (manager.name, *manager.aliases)}:
                return manager.name
        return name

    def all(self) -> tuple[Address, ...]:
        """Every address, each once."""
        found = [*self.owner(), *(one for manager in self.config.managers for one in self._of(manager))]
        return tuple(dict.fromkeys(found))

    def readers(self) -> dict[Address, tuple[Sequence[str] | None, bool]]:
        """Address -> the managers whose it is, in the order of the configuration, and whether it is the owner's.

        None for the managers: everybody's, because nobody else is told.
        """
        owner = self.owner()
        if not self._any_manager():
            return dict.fromkeys(owner, (None, True))
        return {one: ([m.name for m in self.config.managers if one in self._of(m)], one in owner) for one in self.all()}

    def _any_manager(self) -> bool:
        return any(self._of(manager) for manager in self.config.managers)

    def _of(self, manager: Manager) -> tuple[Address, ...]:
        if manager.notify:
            return tuple(Address(name) for name in manager.notify)
        return (Address(MAIL, manager.email),) if manager.email and self.has_mail else ()


def written_to(url: str, to: str) -> str:
    """A mail address of `apprise` with this one recipient instead of its own."""
    parts = urlsplit(url)
    query = [(name, value) for name, value in parse_qsl(parts.query) if name.lower() not in _RECIPIENTS]
    return urlunsplit(parts._replace(path="", query=urlencode([*query, ("to", to)])))
