"""The `rules:` section of crm.yaml: which rules are on, with what parameters, for which stages, for whom.

Validated against the packs: whatever is wrong is a ConfigError with the nearest name. Pure: takes the section, not the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NoReturn

from pydantic import BaseModel, ConfigDict

from sheets_crm.engine.check import defaults, misfit
from sheets_crm.engine.expr import Param
from sheets_crm.engine.facts import FACT_COLUMNS
from sheets_crm.engine.faults import Place, as_config, unknown
from sheets_crm.engine.functions import SWITCHED
from sheets_crm.engine.pack import Fields, Pack, Rule
from sheets_crm.engine.ready import ready
from sheets_crm.errors import ConfigError, PackError

Where = Callable[[tuple[str | int, ...]], Place]  # keys under `rules` -> where that stands in crm.yaml


class RuleSetting(BaseModel):
    """What the owner says of one rule. `on` None: as the pack says. `only`: a further condition.

    working_days: the days since and until that the rule's condition counts are working days.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    on: bool | None = None
    params: dict[str, Any] = {}
    stages: tuple[str, ...] = ()
    assignee: str | None = None
    only: str = ""
    working_days: bool = False


class RuleSettings(BaseModel):
    """What the owner says of rules: rule id -> setting. Rules that are not here stand as their pack says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rules: dict[str, RuleSetting] = {}

    def of(self, rule: Rule) -> RuleSetting:
        return self.rules.get(rule.id, _SILENT)

    def is_on(self, rule: Rule) -> bool:
        said = self.of(rule).on
        return rule.enabled if said is None else said

    def params(self, rule: Rule) -> dict[str, Param]:
        """The rule's parameters: the owner's values over the pack's defaults."""
        return {**defaults(rule), **self.of(rule).params}


_SILENT = RuleSetting()
_OWN_RULES = {"escalation": "sheets-crm"}  # of tasks that the program itself sets: no pack may have one of that name
_COUNTS_DAYS = re.compile(rf"\b({'|'.join(SWITCHED)})\b", re.IGNORECASE)
_SWITCHES = {"on": True, "yes": True, "true": True, "off": False, "no": False, "false": False}
_OWN_KEYS = ("on", "stages", "assignee", "only", "working_days")


def parse_settings(
    section: Mapping[str, Any] | None,
    packs: Sequence[Pack],
    *,
    where: Where | None = None,
    source: str = "crm.yaml",
    fields: Fields | None = None,
) -> RuleSettings:
    """Settings from the section as read from YAML: `{rule_id: true | false | {on, stages, assignee, only, working_days, <param>: value}}`.

    ConfigError (`engine.*`): unknown rule or parameter (with the nearest), a value that doesn't fit, a condition that can't be
    read; PackError: two packs have a rule of the same id.
    """
    at = where or (lambda keys: Place(source, ".".join(map(str, ("rules", *keys))), lambda _: (0, 0)))
    known = rules_by_id(packs)
    try:
        return _parsed(section, known, at, fields or {})
    except PackError as error:
        raise as_config(error) from None


def rules_by_id(packs: Iterable[Pack]) -> dict[str, Rule]:
    """All rules of all packs. PackError when two packs have a rule of the same id: their tasks would share keys."""
    owner = dict(_OWN_RULES)
    rules: dict[str, Rule] = {}
    for pack in packs:
        for rule in pack.rules:
            if rule.id in owner:
                raise PackError("engine.rule_twice", where=pack.id, name=rule.id, other=owner[rule.id])
            rules[rule.id], owner[rule.id] = rule, pack.id
    return rules


def _parsed(section: Any, known: Mapping[str, Rule], at: Where, fields: Fields) -> RuleSettings:
    if section is None:
        return RuleSettings()
    if not isinstance(section, Mapping):
        _refuse("not_mapping", at(()), name="rules", seen=section)
    settings: dict[str, RuleSetting] = {}
    for rule_id, said in section.items():
        rule = known.get(rule_id)
        if rule is None:
            raise unknown("rule", str(rule_id), known, at((rule_id,)).at("", 0))
        settings[rule_id] = _setting(rule, said, at, fields)
    return RuleSettings(rules=settings)


def _setting(rule: Rule, said: Any, at: Where, fields: Fields) -> RuleSetting:
    if isinstance(said, (bool, str)):
        return RuleSetting(on=_switch(said, at((rule.id,))))
    if said is None:
        return RuleSetting()
    if not isinstance(said, Mapping):
        _refuse("not_mapping", at((rule.id,)), name=rule.id, seen=said)
    own = {_key(key): value for key, value in said.items()}  # a YAML reader of 1.1 takes the key `on` for True
    params = {name: value for name, value in own.items() if name not in _OWN_KEYS}
    setting = RuleSetting(
        on=_switch(own.get("on"), at((rule.id, "on"))),
        params={name: _param(rule, name, value, at) for name, value in params.items()},
        stages=_stages(rule, own.get("stages"), at, fields),
        assignee=_text(own.get("assignee"), at((rule.id, "assignee"))),
        only=_text(own.get("only"), at((rule.id, "only"))) or "",
        working_days=_working_days(rule, own.get("working_days"), at),
    )
    _try(rule, setting, at, fields)
    return setting


def _key(key: object) -> str:
    return {True: "on", False: "off"}.get(key, "") if isinstance(key, bool) else str(key)


def _refuse(key: str, place: Place, **values: object) -> NoReturn:
    seen = str(values.pop("seen", ""))
    raise ConfigError(f"engine.{key}", where=place.at("", 0), seen=seen, **values)


def _switch(value: Any, place: Place) -> bool | None:
    if isinstance(value, str):  # a YAML reader of 1.2 leaves `on` and `off` as they are
        value = _SWITCHES.get(value.strip().lower(), value)
    if value is not None and not isinstance(value, bool):
        _refuse("not_bool", place, name="on", seen=value)
    return value


def _text(value: Any, place: Place) -> str | None:
    if value is not None and not isinstance(value, str):
        _refuse("not_text", place, name=place.key, seen=value)
    return value


def _working_days(rule: Rule, value: Any, at: Where) -> bool:
    """Refused for a rule whose condition counts no days: nothing would come of it."""
    place = at((rule.id, "working_days"))
    if value is not None and not isinstance(value, bool):
        _refuse("not_bool", place, name="working_days", seen=value)
    if value and not _COUNTS_DAYS.search(rule.when):
        _refuse("counts_no_days", place, name=rule.id)
    return bool(value)


def _stages(rule: Rule, value: Any, at: Where, fields: Fields) -> tuple[str, ...]:
    if value is None:
        return ()
    place = at((rule.id, "stages"))
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, (list, tuple)) or not all(isinstance(item, str) for item in listed):
        _refuse("not_listed", place, name="stages", seen=value)
    if not any("stage" in {**FACT_COLUMNS[card], **fields.get(card, {})} for card in rule.card):
        _refuse("no_stages", place, name=rule.id)
    return tuple(listed)


def _param(rule: Rule, name: str, value: Any, at: Where) -> Any:
    place = at((rule.id, name))
    param = rule.params.get(name)
    if param is None:
        raise unknown("param", name, [*rule.params, *_OWN_KEYS], place.at("", 0))
    if param.type == "list" and isinstance(value, str):
        value = [value]
    fault = misfit(param, value)
    if fault:
        _refuse(fault[0], place, **{**fault[1], "name": name})
    if isinstance(value, float):
        return Decimal(str(value))
    return tuple(value) if isinstance(value, list) else value


def _try(rule: Rule, setting: RuleSetting, at: Where, fields: Fields) -> None:
    """Compile the rule as it is now set: nothing is left to fail at run."""
    values = {**defaults(rule), **setting.params}
    for card in rule.card:
        schema = {**FACT_COLUMNS[card], **fields.get(card, {})}
        ready(rule, card, schema, values, lambda *keys: at((rule.id, *keys)), only=setting.only)
