"""Trying a rule's settings out: reading what was typed, what crm.yaml would say, comparing two plans, and saving.

Knows no screen. Only `save` writes, and only crm.yaml.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sheets_crm.engine.check import misfit
from sheets_crm.engine.pack import Param, Rule
from sheets_crm.tasks import Task, split_keys
from sheets_crm.tasks.keys import base_key
from sheets_crm.wizard.shapes import Given
from sheets_crm.words import Lang, knows, say

if TYPE_CHECKING:
    from sheets_crm.sync.intake import Opened
    from sheets_crm.sync.run import Result

ON = "on"  # the switch, beside a rule's parameters
_LARGEST = 10**15


@dataclass(frozen=True)
class Changed:
    """One setting of a rule that is tried out. name: `on` or a parameter's."""

    name: str
    was: Any
    becomes: Any


@dataclass(frozen=True)
class Trial:
    """A rule's settings as they would stand in crm.yaml, and what differs from those that hold."""

    rule: str
    stated: bool | Mapping[str, Any]
    changed: tuple[Changed, ...]


@dataclass(frozen=True)
class Compared:
    """Tasks of the rule now and then, those that would go and come, and all tasks now and then."""

    before: int
    after: int
    go: tuple[Task, ...]
    come: tuple[Task, ...]
    every: tuple[int, int]


def read(rule: Rule, given: Given, lang: Lang) -> tuple[dict[str, Any], dict[str, str]]:
    """Values as the rule wants them, and what is wrong with the others."""
    values: dict[str, Any] = {ON: bool(_typed(given, ON))}
    wrong = {}
    for name, param in rule.params.items():
        value = _value(param, _typed(given, name))
        fault = misfit(param, value)
        if fault is None:
            values[name] = value
        else:
            wrong[name] = _wrong(param, fault[0], lang)
    return values, wrong


def _typed(given: Given, name: str) -> str:
    return "\n".join(given.get(name, ())).strip()


def _value(param: Param, typed: str) -> Any:
    if param.type == "bool":
        return bool(typed)
    if param.type == "list":
        return tuple(line.strip() for line in typed.splitlines() if line.strip())
    if param.type in {"int", "number"}:
        return _number(typed)
    return typed


def _number(typed: str) -> Any:
    """The number that people mean; what was typed where it is none, or none of this world."""
    try:
        number = Decimal(typed.replace(",", ".").replace("\u00a0", "").replace(" ", ""))
    except InvalidOperation:
        return typed
    if not number.is_finite() or number.copy_abs() > _LARGEST:
        return typed
    return int(number) if number == number.to_integral_value() else number


def _wrong(param: Param, key: str, lang: Lang) -> str:
    name = f"pages.rules.wrong.{key}" if knows(f"pages.rules.wrong.{key}") else "pages.rules.wrong.other"
    return say(name, lang, least=param.min, most=param.max, allowed=", ".join(param.options))


def tried(opened: Opened, result: Result, rule: Rule, values: Mapping[str, Any]) -> Trial:
    """What crm.yaml would say of the rule with these values (`on` and every parameter); what nobody changed stays unsaid."""
    holds = {ON: result.settings.is_on(rule), **result.settings.params(rule)}
    changed = tuple(
        Changed(name, holds[name], value) for name, value in values.items() if not _same(holds[name], value)
    )
    known = opened.config.rules.get(rule.id, {})
    stated: dict[str, Any] = dict(known) if isinstance(known, Mapping) else {ON: known}
    stated |= {one.name: _plain(one.becomes) for one in changed}
    only_switch = set(stated) == {ON}
    return Trial(rule.id, stated[ON] if only_switch else stated, changed)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, (tuple, list)) and isinstance(other, (tuple, list)):
        return [str(part) for part in one] == [str(part) for part in other]
    return bool(one == other)


def _plain(value: Any) -> Any:
    """As YAML has it."""
    if isinstance(value, tuple):
        return list(value)
    return float(value) if isinstance(value, Decimal) else value


def compared(rule: str, before: Result, after: Result) -> Compared:
    """The rule's open tasks in two plans; a task is known by its key."""
    was, becomes = (_of_rule(rule, result) for result in (before, after))
    return Compared(
        len(was),
        len(becomes),
        tuple(task for key, task in was.items() if key not in becomes),
        tuple(task for key, task in becomes.items() if key not in was),
        (len(before.open_tasks), len(after.open_tasks)),
    )


def _of_rule(rule: str, result: Result) -> dict[str, Task]:
    """Key -> task, of the rule's reasons; a row with several reasons has a key for each."""
    found = {}
    for task in result.open_tasks:
        for key, decision in zip(split_keys(task.key), task.decisions, strict=False):
            if decision.rule == rule:
                found[base_key(key)] = task
    return found


def save(config: Path, trial: Trial) -> None:
    """Write the rule's settings into crm.yaml; all else in it stays. ConfigError, PackError: it would not open so, and is not written."""
    from sheets_crm.sync.packs import packs_of, settings_of
    from sheets_crm.wizard import yaml_writer
    from sheets_crm.wizard.draft import Draft

    text = yaml_writer.text_there(config)
    known = yaml_writer.settings_of((text or "").removeprefix("\ufeff"))
    said = {name: value for name, value in known.items() if name != "workbook"}
    said["rules"] = {**(known.get("rules") or {}), trial.rule: trial.stated}
    draft = Draft(
        workbook=str(known["workbook"]), config=str(config), settings=said,
        language="en" if known.get("language") == "en" else "ru",
    )  # fmt: skip
    _, opened = yaml_writer.proposed(draft)
    settings_of(opened, packs_of(opened))
    yaml_writer.save(draft)


def lacks(result: Result, rule: Rule) -> frozenset[str] | None:
    """Fields without which the rule is silent on every sheet: of the sheet that lacks fewest. None: it has what it needs."""
    least: frozenset[str] | None = None
    for card in rule.card:
        facts = result.numbers.facts.get(card)
        needed = rule.needed(card)
        for bound in facts.bound.values() if facts is not None else ():
            missing = needed - bound
            if not missing:
                return None
            least = missing if least is None or len(missing) < len(least) else least
    return least if least is not None else frozenset().union(*(rule.needed(card) for card in rule.card))
