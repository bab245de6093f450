"""Levels of a CRM: 1 tasks and funnel, 2 segments and coming back, 3 loyalty, credit, surveys. What each switches on.

Which levels there are is computed from the rules that are installed; nothing is promised that no rule does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from typing import Any

import yaml

from sheets_crm import data
from sheets_crm.engine import parse_pack
from sheets_crm.engine.pack import Rule
from sheets_crm.words import Lang, fill


@dataclass(frozen=True)
class Level:
    """rules: those that belong to it and no lower one. tabs: those that come with it."""

    number: int
    rules: tuple[Rule, ...]
    tabs: tuple[str, ...]

    def labels(self, lang: Lang) -> tuple[str, ...]:
        """What its rules are called."""
        return tuple(fill(getattr(rule.label, lang), lang, {}) for rule in self.rules)


@cache
def levels() -> tuple[Level, ...]:
    """The levels for which something is installed, from the first."""
    rules = [rule for name, text in data.packs() for rule in parse_pack(text, name).rules]
    of: dict[int, list[Rule]] = {1: []}
    for rule in rules:
        of.setdefault(_level_of(rule.id), []).append(rule)
    return tuple(
        Level(number, tuple(of[number]), tuple(_data().get(number, {}).get("tabs", ()))) for number in sorted(of)
    )


def _level_of(rule: str) -> int:
    return next(
        (number for number, one in _data().items() if any(fnmatchcase(rule, pattern) for pattern in one["rules"])), 1
    )


def at_level(settings: Mapping[str, Any], before: int | None, level: int) -> dict[str, Any]:
    """The settings with rules and tabs above the level off, and those that an earlier choice put off on again.

    What the owner said of a rule with parameters stays as it is said; only whether it is on changes. Tabs that were said and are
    said no more are left as an empty section, so that a file that has them loses them.
    """
    rules, tabs = dict(settings.get("rules") or {}), dict(settings.get("tabs") or {})
    for one in levels():
        if before is not None and before < one.number <= level:
            for rule in one.rules:
                _switch_on(rules, rule.id)
            for tab in one.tabs:
                _switch_on(tabs, tab)
        elif one.number > level:
            for rule in one.rules:
                if rule.enabled:
                    said = rules.get(rule.id)
                    rules[rule.id] = {**said, "on": False} if isinstance(said, Mapping) else False
            for tab in one.tabs:
                tabs[tab] = {**(tabs.get(tab) or {}), "on": False}
    kept = {name: value for name, value in settings.items() if name not in {"rules", "tabs"}}
    return {**kept, **({"rules": rules} if rules else {}), **({"tabs": tabs} if tabs or "tabs" in settings else {})}


def _switch_on(section: dict[str, Any], name: str) -> None:
    said = section.get(name)
    rest = {key: value for key, value in said.items() if key != "on"} if isinstance(said, Mapping) else {}
    if rest:
        section[name] = rest
    elif said is False or isinstance(said, Mapping):
        section.pop(name)


def level_of(settings: Mapping[str, Any]) -> int:
    """The level that settings come to: the highest of which not everything that could be on is off."""
    rules = settings.get("rules") or {}

    def is_off(rule: Rule) -> bool:
        said = rules.get(rule.id)
        return said is False or (isinstance(said, Mapping) and said.get("on") is False)

    on = [one.number for one in levels() if not all(is_off(rule) for rule in one.rules if rule.enabled)]
    return max(on, default=1)


@cache
def _data() -> Mapping[int, Any]:
    found: Mapping[int, Any] = yaml.safe_load(
        resources.files("sheets_crm.wizard").joinpath("levels.yaml").read_text("utf-8")
    )
    return found
