"""Numbers and lists of rules as owners type and read them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from sheets_crm.tabs.look import currency_sign
from sheets_crm.words import Lang, knows, say

if TYPE_CHECKING:
    from sheets_crm.cards import Template
    from sheets_crm.engine import Rule
    from sheets_crm.engine.pack import Param

_KEY = "setup_run.rules"
_SPACES = re.compile(r"\s")


def usual_params(rule: Rule, template: Template) -> dict[str, Any]:
    """The values of a rule's parameters where the owner sets none: the trade's over the pack's."""
    of_trade: Mapping[str, Any] = template.defaults.get(rule.id, {})
    return {name: of_trade.get(name, param.default) for name, param in rule.params.items()}


def shown_number(value: object) -> str:
    """A value as it is typed."""
    if isinstance(value, (list, tuple)):
        return ", ".join(map(shown_number, value))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (float, Decimal)):
        exact = Decimal(str(value))
        return str(int(exact)) if exact == exact.to_integral_value() else format(exact, "f")
    return str(value)


def read_number(param: Param, text: str, lang: Lang) -> tuple[Any, str]:
    """(value as crm.yaml has it, "") of what was typed; (None, what is wrong with it)."""
    if not text:
        return None, say(f"{_KEY}.wrong.blank", lang)
    if param.type == "list":
        return [part.strip() for part in re.split(r"[,;\n]", text) if part.strip()], ""
    if param.type == "choice":
        return (text, "") if text in param.options else (None, say(f"{_KEY}.wrong.choice", lang, seen=text))
    if param.type == "text":
        return text, ""
    try:
        value = Decimal(_SPACES.sub("", text).replace(",", "."))
    except InvalidOperation:
        return None, say(f"{_KEY}.wrong.number", lang, seen=text)
    if not value.is_finite() or (param.type == "int" and value != value.to_integral_value()):
        return None, say(f"{_KEY}.wrong.{'whole' if value.is_finite() else 'number'}", lang, seen=text)
    fault = _out_of_range(param, value, text, lang)
    if fault:
        return None, fault
    return int(value) if value == value.to_integral_value() else float(value), ""


def _out_of_range(param: Param, value: Decimal, text: str, lang: Lang) -> str:
    low, high = param.min is not None and value < param.min, param.max is not None and value > param.max
    if not low and not high:
        return ""
    least, most = (None if limit is None else shown_number(limit) for limit in (param.min, param.max))
    key = "between" if least and most else "at_least" if least else "at_most"
    values = {"least": least or "", "most": most or ""}
    told = {name: value for name, value in values.items() if value}
    return say(f"{_KEY}.wrong.{key}", lang, seen=text, **told)


def unit_of(param: Param, value: object, currency: str, lang: Lang) -> str:
    """What the number counts, as it stands behind it: days, the currency's sign."""
    if param.unit == "money":
        return currency_sign(currency, lang)
    name = f"{_KEY}.unit.{param.unit}"
    return say(name, lang, n=value if isinstance(value, (int, Decimal)) else 5) if knows(name, lang) else ""
