"""Why a task is no longer needed: what its rule says of the card now that the rule no longer applies.

A rule's own words come first (`ended:` of the pack), then what holds for every rule: it is off, the row is gone, another
rule speaks of it, the client refused. Where nothing else is known, the first part of the condition that no longer holds is named.
Looks only at the cards asked for. Pure: the day is an argument; the language is chosen when a tab is drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

import polars as pl

from sheets_crm.analytics.model import Facts
from sheets_crm.engine.facts import schema_of
from sheets_crm.engine.faults import Place
from sheets_crm.engine.frames import on_sheets, prepared, sheets_with
from sheets_crm.engine.kinds import Type
from sheets_crm.engine.model import Decision
from sheets_crm.engine.pack import Pack, Rule
from sheets_crm.engine.ready import Ending, among, ending
from sheets_crm.engine.settings import RuleSettings, rules_by_id
from sheets_crm.words import Lang, fill, say
from sheets_crm.workdays import Calendar

K = TypeVar("K")
Labels = Mapping[tuple[str, str], Mapping[str, str]]  # (card, field) -> its name by language
_WORDS = "outcomes.ended"
_LONGEST = 60  # characters of a value that a sentence quotes
_CENT = Decimal("0.01")
_SHOWN_AS = {"stage_kind": "stage", "offer_stage": "stage"}  # what people see of a fact that is made of a field


@dataclass(frozen=True)
class Asked:
    """A task whose reason is gone. subject: `_id` of its card; "" when it is not known any more."""

    rule: str
    card: str = ""
    subject: str = ""


@dataclass(frozen=True)
class Ended:
    """Why: a words key, or texts of the pack by language. A value may itself differ by language."""

    key: str = ""
    values: Mapping[str, object] = field(default_factory=dict)
    texts: Mapping[str, object] = field(default_factory=dict)

    def told(self, lang: Lang) -> str:
        """The reason as a part of a sentence, on one line, without a full stop."""
        values = {
            name: _quoted(value[lang] if isinstance(value, Mapping) else value) for name, value in self.values.items()
        }
        return fill(self.texts[lang], lang, values) if self.texts else say(self.key, lang, **values)


def _quoted(value: object) -> object:
    """A value in a sentence: a long text is cut short."""
    if not isinstance(value, str):
        return value
    text = " ".join(value.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}\u2026"


def why_ended(
    asked: Mapping[K, Asked],
    facts: Mapping[str, Facts],
    packs: Sequence[Pack],
    settings: RuleSettings,
    *,
    decisions: Iterable[Decision],
    today: date,
    labels: Labels | None = None,
    calendar: Calendar | None = None,
) -> dict[K, Ended]:
    """What ended each of these tasks; left out where nothing can be said. calendar: what days people work on."""
    rules = rules_by_id(packs)
    live: dict[str, set[str]] = {}
    for decision in decisions:
        live.setdefault(decision.subject, set()).add(decision.rule)
    found: dict[K, Ended] = {}
    rest: dict[tuple[str, str], dict[str, list[K]]] = {}
    for key, one in asked.items():
        plain = _plain(one, rules, settings, live)
        if plain is not None:
            found[key] = plain
        elif one.subject and one.rule:
            rest.setdefault((one.rule, one.card), {}).setdefault(one.subject, []).append(key)
    for (rule, card), subjects in rest.items():
        said = _on_rows(
            _Question(rules[rule], card, settings, today, labels or {}, calendar), facts.get(card), list(subjects)
        )
        found |= {key: said[subject] for subject, keys in subjects.items() for key in keys if subject in said}
    return found


def _plain(one: Asked, rules: Mapping[str, Rule], settings: RuleSettings, live: Mapping[str, set[str]]) -> Ended | None:
    """What can be said without looking at the row."""
    rule = rules.get(one.rule)
    if rule is None:
        return Ended(f"{_WORDS}.rule_gone") if one.rule else None
    if not settings.is_on(rule):
        return Ended(f"{_WORDS}.rule_off", {"rule": _label(rule)})
    beside = live.get(one.subject, set()) if one.subject else set()
    if rule.id in beside:
        return Ended(f"{_WORDS}.another_time")
    instead = next((rules[name] for name in rule.unless if name in beside), None)
    return Ended(f"{_WORDS}.other_rule", {"rule": _label(instead)}) if instead else None


def _label(rule: Rule) -> dict[str, str]:
    return {lang: fill(getattr(rule.label, lang), lang, {}) for lang in ("ru", "en")}


@dataclass(frozen=True)
class _Question:
    """One rule on one card kind, as it is set."""

    rule: Rule
    card: str
    settings: RuleSettings
    today: date
    labels: Labels
    calendar: Calendar | None

    def ending(self, schema: Mapping[str, Type]) -> Ending:
        """The rule's parts that tell why it no longer applies."""
        setting, place = self.settings.of(self.rule), Place(f"rules/{self.rule.id}")
        params = self.settings.params(self.rule)
        return ending(
            self.rule, self.card, schema, params, lambda *_: place,
            only=setting.only, calendar=self.calendar, working=setting.working_days,
        )  # fmt: skip

    def labelled(self, name: str) -> Mapping[str, str]:
        """What people call a field; its own name where nobody has said."""
        return self.labels.get((self.card, name)) or {"ru": name, "en": name}


def _on_rows(question: _Question, facts: Facts | None, subjects: Sequence[str]) -> dict[str, Ended]:
    """What is to be said of each subject, by its row as it is now."""
    gone = Ended(f"{_WORDS}.row_gone")
    if facts is None or facts.frame.is_empty():
        return dict.fromkeys(subjects, gone)
    near = facts.frame.filter(pl.col("id").is_in(list(subjects)))
    said = dict.fromkeys(subjects, gone)
    parts = [fields for fields, _ in question.ending(schema_of(facts.frame, facts.card)).parts]
    for row in _answers(question, replace(facts, frame=near)):
        ended = _of_row(question, row, parts)
        if ended is None:
            said.pop(row["id"], None)
        elif said.get(row["id"]) is gone:
            said[row["id"]] = ended
    return said


def _answers(question: _Question, facts: Facts) -> list[dict[str, Any]]:
    """Each row with the truth of every part that can speak, and the values of its texts."""
    schema = schema_of(facts.frame, facts.card)
    rule, setting = question.rule, question.settings.of(question.rule)
    end, columns = question.ending(schema), dict[str, pl.Expr]()
    columns |= {f"?ended:{index}": one.expr for index, one in enumerate(end.when)}
    columns |= {f"?part:{index}": one.expr for index, (_, one) in enumerate(end.parts)}
    columns |= {f"={name}": one.expr for name, one in end.values.items()}
    if end.only is not None:
        columns["?only"] = end.only.expr
    if setting.stages:
        columns["?stages"] = among(setting.stages)
    if rule.marketing:
        columns["?may_market"] = pl.col("may_market").fill_null(value=False)
    needed = rule.needed(question.card)
    columns["?speaking"] = on_sheets(sheets_with(facts, needed)) if needed else pl.lit(value=True)
    fields = {_SHOWN_AS.get(name, name) for names, _ in end.parts for name in names}
    shown = [name for name in sorted(fields) if name in facts.frame.columns]
    inputs = {root for expr in columns.values() for root in expr.meta.root_names()} | set(shown) | {"id"}
    frame = prepared(facts, schema, inputs, question.today)
    columns |= {f"#{name}": pl.col(name) for name in shown}
    return frame.select("id", *(expr.alias(name) for name, expr in columns.items())).to_dicts()


def _of_row(question: _Question, row: Mapping[str, Any], parts: Sequence[tuple[str, ...]]) -> Ended | None:
    rule = question.rule
    for index, ended in enumerate(rule.ended):
        if row[f"?ended:{index}"]:
            values = {name[1:]: _shown(value) for name, value in row.items() if name.startswith("=")}
            return Ended(values={**question.settings.params(rule), **values}, texts={"ru": ended.ru, "en": ended.en})
    if row.get("?may_market") is False:
        return Ended(f"{_WORDS}.no_consent")
    if not row["?speaking"]:
        return Ended(f"{_WORDS}.column_gone")
    for index, fields in enumerate(parts):
        if not row[f"?part:{index}"]:
            return _field_now(question, fields, row)
    if row.get("?only") is False or row.get("?stages") is False:
        return Ended(f"{_WORDS}.settings", {"rule": _label(rule)})
    return None


def _field_now(question: _Question, fields: Sequence[str], row: Mapping[str, Any]) -> Ended | None:
    """The first field of a part of the condition that no longer holds, and what it says now."""
    name = next((shown for shown in (_SHOWN_AS.get(one, one) for one in fields) if f"#{shown}" in row), None)
    if name is None:
        return None
    value, label = row[f"#{name}"], {"field": question.labelled(name)}
    if value is None or (isinstance(value, str) and not value.strip()):
        return Ended(f"{_WORDS}.field_blank", label)
    return Ended(f"{_WORDS}.field_now", {**label, "value": _shown(value)})


def _shown(value: object) -> object:
    """Whole numbers without a fraction, sums with two decimals."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value.quantize(_CENT) if isinstance(value, Decimal) else value
