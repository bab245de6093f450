"""JSON Schemas of what owners write by hand, so that editors can help them."""

from __future__ import annotations

from typing import Any

from sheets_crm.cards import template_schema
from sheets_crm.engine import pack_schema
from sheets_crm.sync.config import CrmConfig

KINDS = ("config", "template", "rules")


def schema(what: str) -> dict[str, Any]:
    """The schema of crm.yaml, of a trade template or of a rule pack (one of KINDS)."""
    if what == "config":
        return {"$schema": "https://json-schema.org/draft/2020-12/schema", **CrmConfig.model_json_schema(by_alias=True)}
    return template_schema() if what == "template" else pack_schema()
