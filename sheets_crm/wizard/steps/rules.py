"""Step "rules": every rule in plain words, on or off, with its numbers; what it would do today; what it lacks to speak.

What a rule says and may be set to comes from its pack. Knows nothing of conditions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sheets_crm.errors import OwnerError
from sheets_crm.wizard.draft import Draft
from sheets_crm.wizard.rule_numbers import read_number, shown_number, unit_of, usual_params
from sheets_crm.wizard.shapes import Block, Choice, Field, Fields, Given, Kind, Screen, Sentence
from sheets_crm.wizard.step import Answered
from sheets_crm.wizard.steps.asked import Typed, screen, told, typed
from sheets_crm.wizard.steps.shared import OneScreen, is_set, set_or_drop, waited_for
from sheets_crm.wizard.trial import Trials
from sheets_crm.wizard.tried_rules import Tried, tried
from sheets_crm.wizard.yaml_writer import proposed
from sheets_crm.words import Lang, fill, say, show

if TYPE_CHECKING:
    from sheets_crm.engine import Pack, Rule
    from sheets_crm.engine.pack import Param
    from sheets_crm.sync.intake import Opened
    from sheets_crm.sync.run import Result

_KEY = "setup_run.rules"
_KINDS: Mapping[str, Kind] = {"int": "number", "number": "number", "choice": "choice"}


class RulesStep(OneScreen):
    """One screen: a group of fields for each rule; those that can say nothing of this workbook stand last, folded."""

    id = "rules"
    key = _KEY
    reads = frozenset({"workbook", "sheets", "funnels", "template", "country", "clients", "money"})

    def __init__(self, trials: Trials) -> None:
        self._trials = trials
        self._tried: Tried | None = None  # the last one: a result is looked through once

    def screen(self, part: str, draft: Draft, wrong: Mapping[str, str], lang: Lang) -> Screen:
        """The rules; without counts where no plan is possible yet."""
        title, intro = self.title(part, draft, lang), say(f"{_KEY}.intro", lang)
        trial = self._trials.of(draft)
        if trial.is_running and (waiting := waited_for(part, title, trial, lang, wrong=wrong, intro=intro)):
            return waiting
        try:
            opened, packs = _packs(draft)
        except OwnerError as error:
            return screen(part, title, (), lang, wrong={"": told(error, lang)}, go_on="")
        known = self._known(trial.result)
        blocks = list(_Shown(draft, opened, known, Typed(draft, part, wrong), lang).blocks(packs))
        if unknown := _unknown(draft, packs):
            blocks.insert(0, Sentence(say(f"{_KEY}.unknown", lang, names=unknown), "warning"))
        elif trial.error is not None:
            blocks.insert(0, Sentence(say(f"{_KEY}.no_counts", lang, why=told(trial.error, lang)), "warning"))
        return screen(part, title, blocks, lang, wrong=wrong, intro=intro)

    def _known(self, result: Result | None) -> Tried | None:
        if result is None:
            return None
        if self._tried is None or self._tried.result is not result:
            self._tried = tried(result)
        return self._tried

    def answer(self, part: str, draft: Draft, given: Given, action: str, lang: Lang) -> Answered:  # noqa: ARG002 - as of any step
        """The draft with the `rules` section in it: what differs from the usual."""
        try:
            opened, packs = _packs(draft)
        except OwnerError as error:
            return Answered(draft, {"": told(error, lang)})
        unknown = _unknown(draft, packs)
        before = {name: said for name, said in dict(draft.settings.get("rules") or {}).items() if name not in unknown}
        wrong: dict[str, str] = {}
        for rule in _rules(packs):
            usual = usual_params(rule, opened.template)
            params, faults = _read(rule, given, usual, lang)
            wrong |= {f"{rule.id}.{name}": text for name, text in faults.items()}
            entry = entry_of(rule, before.get(rule.id), usual, params, on=is_set(given, rule.id))
            before = set_or_drop(before, **{rule.id: entry})
        if wrong:
            return Answered(draft, wrong)
        changed = draft.model_copy(update={"settings": set_or_drop(draft.settings, rules=before or None)})
        try:
            _check(changed)
        except OwnerError as error:
            return Answered(draft, {"": told(error, lang)})
        return Answered(changed)


def _packs(draft: Draft) -> tuple[Opened, tuple[Pack, ...]]:
    from sheets_crm.sync.packs import packs_of

    opened = proposed(draft)[1]
    return opened, packs_of(opened)


def _check(draft: Draft) -> None:
    from sheets_crm.sync.packs import settings_of

    opened, packs = _packs(draft)
    settings_of(opened, packs)


def _unknown(draft: Draft, packs: Iterable[Pack]) -> tuple[str, ...]:
    """Rules that the settings name and no pack has: with one of them nothing works, so that they are taken out."""
    known = {rule.id for rule in _rules(packs)}
    return tuple(str(name) for name in draft.settings.get("rules") or {} if name not in known)


def _rules(packs: Iterable[Pack]) -> list[Rule]:
    return [rule for pack in packs for rule in pack.rules]


# --- shown ------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Shown:
    """What the fields of all rules are made from."""

    draft: Draft
    opened: Opened
    known: Tried | None
    typed: Typed
    lang: Lang

    def blocks(self, packs: Sequence[Pack]) -> Iterable[Block]:
        """A group of fields for each rule; those that are silent here last."""
        silent: list[Block] = []
        for rule in _rules(packs):
            lacks = self.known.lacks(rule, self.opened.template, self.lang) if self.known is not None else ""
            block = self._block(rule, lacks)
            if lacks and not any(field.error for field in block.fields):
                silent.append(block)
            else:
                yield block
        if silent:
            yield Sentence(say(f"{_KEY}.silent", self.lang, n=len(silent)))
            yield from silent

    def _block(self, rule: Rule, lacks: str) -> Fields:
        lang = self.lang
        said = stated(self.draft.settings.get("rules"), rule.id)
        on = bool(said.get("on", rule.enabled))
        usual = usual_params(rule, self.opened.template)
        held = self.typed.check(rule.id, holds=on)
        switch = Field(rule.id, say(f"{_KEY}.on", lang), "check", held, error=self.typed.error(rule.id))
        numbers = [
            self._field(f"{rule.id}.{name}", param, said.get(name, usual[name]), usual[name])
            for name, param in rule.params.items()
        ]
        intro = self._intro(rule, lacks, on=on)
        return Fields(_text(rule.label, lang), (switch, *numbers), intro=intro, is_open=on and not lacks)

    def _intro(self, rule: Rule, lacks: str, *, on: bool) -> str:
        """What it does, an example of this workbook or else of the pack, and how often, or what it lacks."""
        lang, known = self.lang, self.known
        parts = [say(f"{_KEY}.does", lang, todo=_text(rule.todo, lang))]
        example = (known.example(rule.id, lang) if known is not None else "") or _example_of_pack(rule, lang)
        parts += [say(f"{_KEY}.example", lang, why=example)] if example else []
        if lacks:
            parts.append(lacks)
        elif known is not None:
            parts.append(say(f"{_KEY}.count" if on else f"{_KEY}.count_off", lang, n=known.count(rule.id)))
        return " ".join(parts)

    def _field(self, name: str, param: Param, holds: Any, usual: Any) -> Field:
        label = _text(param.label, self.lang) if param.label is not None else name.partition(".")[2]
        error = self.typed.error(name)
        if param.type == "bool":
            return Field(name, label, "check", self.typed.check(name, holds=bool(holds)), error=error)
        kind = _KINDS.get(param.type, "text")
        least, most = ("" if limit is None else shown_number(limit) for limit in (param.min, param.max))
        return Field(
            name, label, kind, self.typed.value(name, shown_number(holds)), error=error,
            choices=tuple(Choice(option, option) for option in param.options), least=least, most=most,
            help=say(f"{_KEY}.usual", self.lang, value=_usual(usual, self.lang)),
            unit=unit_of(param, usual, self.opened.config.home_currency, self.lang),
        )  # fmt: skip


def _usual(value: Any, lang: Lang) -> str:
    """The usual value as people write it."""
    number = isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)
    return show(Decimal(str(value)), lang) if number else shown_number(value)


def _text(texts: Any, lang: Lang) -> str:
    return fill(getattr(texts, lang), lang, {})


def _example_of_pack(rule: Rule, lang: Lang) -> str:
    """A reason as the pack's own tests expect it."""
    for test in rule.tests:
        for expected in test.expect:
            if not isinstance(expected, int) and expected.why.get(lang):
                return expected.why[lang]
    return ""


# --- taken in ---------------------------------------------------------------------------------------------------------------


def stated(section: Any, rule: str) -> dict[str, Any]:
    """What crm.yaml says of a rule, as a mapping."""
    said = section.get(rule) if isinstance(section, Mapping) else None
    if isinstance(said, Mapping):
        return {str(key): value for key, value in said.items()}
    if isinstance(said, str):
        said = {"on": True, "yes": True, "true": True, "off": False, "no": False, "false": False}.get(said.lower())
    return {} if said is None else {"on": bool(said)}


def _read(rule: Rule, given: Given, usual: Mapping[str, Any], lang: Lang) -> tuple[dict[str, Any], dict[str, str]]:
    params, faults = {}, {}
    for name, param in rule.params.items():
        field = f"{rule.id}.{name}"
        if param.type == "bool":
            params[name] = is_set(given, field)
            continue
        value, fault = read_number(param, typed(given, field) if field in given else shown_number(usual[name]), lang)
        if fault:
            faults[name] = fault
        else:
            params[name] = value
    return params, faults


def entry_of(rule: Rule, before: Any, usual: Mapping[str, Any], params: Mapping[str, Any], *, on: bool) -> Any:
    """What crm.yaml says of a rule: what differs from the usual, and what it said before. None where there is nothing to say."""
    said = stated({rule.id: before}, rule.id)
    switch = {"on": on} if "on" in said or on != rule.enabled else {}
    numbers = {
        name: value
        for name, value in params.items()
        if name in said or shown_number(value) != shown_number(usual[name])
    }
    entry = {**said, **switch, **numbers}
    if entry == said and before is not None:
        return before
    if not entry:
        return None
    return entry["on"] if list(entry) == ["on"] else {"on": entry.pop("on"), **entry} if "on" in entry else entry
