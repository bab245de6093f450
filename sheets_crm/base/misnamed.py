"""A name in crm.yaml that nothing answers to: told with its place, what is allowed and the nearest name. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from sheets_crm.cards.yamlmodel import nearest
from sheets_crm.errors import ConfigError


def misnamed(key: str, seen: str, allowed: Iterable[str], keys: tuple[str, ...], **values: object) -> ConfigError:
    """The error `key`, or `key_near` where a known name looks much like the one seen. keys: where it stands in crm.yaml."""
    known = list(dict.fromkeys(allowed))
    near = nearest(seen, known) or ""
    return ConfigError(
        f"{key}_near" if near else key, seen=seen, near=near, allowed=", ".join(known), keys=keys, **values
    )
