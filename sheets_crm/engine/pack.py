"""A pack of rules as its YAML file says it: the models, and a YAML text turned into a checked pack.

Pure: takes the text, not the file. What a rule means row by row is `evaluate`; whether its parts fit together is `check`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, ValidationError

from sheets_crm.engine.kinds import Type
from sheets_crm.engine.validation import as_pack_error
from sheets_crm.engine.yamltree import Tree, read_tree
from sheets_crm.errors import PackError

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
Condition = Annotated[str, Field(min_length=1)]
Category = Literal["zero", "one", "two", "few", "many", "other"]
Sentence = Annotated[str, Field(min_length=1)]


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


Names = Annotated[tuple[Name, ...], BeforeValidator(_listed, json_schema_input_type=str | list[str])]
Conditions = Annotated[tuple[Condition, ...], BeforeValidator(_listed, json_schema_input_type=str | list[str])]


def _every_form(forms: dict[Category, str]) -> dict[Category, str]:
    """A form for fractions, where the author left it out, is the one for 2-4 (ru) or the only one there is."""
    return forms if "other" in forms else {**forms, "other": forms.get("few") or next(iter(forms.values()))}


Forms = Annotated[dict[Category, Sentence], Field(min_length=1), AfterValidator(_every_form)]
Said = Sentence | Forms


class Model(BaseModel):
    """Unknown keys are refused; a loaded pack doesn't change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Texts(Model):
    """A sentence in both languages; plural forms are chosen by `n`."""

    ru: Said
    en: Said


class Lists(Model):
    """A list of sentences in both languages, item answering to item."""

    ru: tuple[Sentence, ...] = ()
    en: tuple[Sentence, ...] = ()


Then = Literal["again", "on_date", "declined", "done", "paid", "nothing"]


class Outcome(Model):
    """A result that a manager may choose, and what follows from it. `also`: other words for it that people type."""

    id: Name
    ru: Sentence
    en: Sentence
    then: Then = "nothing"
    also: Annotated[tuple[Sentence, ...], BeforeValidator(_listed, json_schema_input_type=str | list[str])] = ()


def _listed_or_plain(value: object) -> str:
    return "listed" if isinstance(value, (list, tuple)) else "plain"


# Today's plain lists, which mean nothing, or outcomes one by one, which may.
Outcomes = Annotated[
    Annotated[tuple[Outcome, ...], Tag("listed")] | Annotated[Lists, Tag("plain")], Discriminator(_listed_or_plain)
]


class Again(Model):
    """When to try again after an outcome `again`, how often, and who decides then. What is left out is `tasks.again` of crm.yaml."""

    after_days: (
        Annotated[tuple[Annotated[int, Field(ge=1, le=365)], ...], Field(min_length=1, max_length=20)] | None
    ) = None
    tries: Annotated[int, Field(ge=1, le=20)] | None = None
    to: Literal["head", "owner"] | None = None


class EndedText(Model):
    """What to say of a task that is no longer needed, where `when` holds on its card by then."""

    when: Condition
    ru: Said
    en: Said


class Param(Model):
    """A number, text or list that the owner may set in crm.yaml."""

    type: Literal["int", "number", "text", "list", "bool", "choice"]
    default: bool | int | Decimal | str | tuple[str | int | Decimal, ...]
    min: Decimal | None = None
    max: Decimal | None = None
    options: tuple[str, ...] = ()
    unit: Literal["days", "weeks", "months", "percent", "money"] | None = None  # for people: what the number counts
    label: Texts | None = None


class Role(Model):
    """Whoever has this role in crm.yaml; the row's manager where nobody has."""

    role: Name


class Expected(Model):
    """A task that a test expects; what is left out is not compared. Sentences are compared as people read them."""

    row: Annotated[int, Field(ge=1)]
    due: date | None = None
    occurrence: str | None = None
    priority: int | None = None
    amount: Decimal | None = None
    manager: str | None = None
    cell: str | None = None
    hint: str | None = None
    todo: dict[Literal["ru", "en"], str] = {}
    why: dict[Literal["ru", "en"], str] = {}


class PackTest(Model):
    """Rows in, tasks out. `given` stands under every row; `bound` lists the fields that the sheet has (default: all)."""

    name: Sentence
    today: date
    card: Name | None = None
    params: dict[str, Any] = {}
    bound: tuple[Name, ...] | None = None
    given: dict[str, Any] = {}
    rows: tuple[dict[str, Any], ...]
    expect: tuple[Annotated[int, Field(ge=1)] | Expected, ...]


class CardTexts(Model):
    """What is said otherwise on one card kind of a rule that looks at several."""

    todo: Texts | None = None
    why: Texts | None = None


class Every(Model):
    """How often a rule comes again for a card: once in `n` units. n may be computed from the card.

    spread: not all cards on the same day, but each on its own, always the same one.
    """

    unit: Literal["day", "week", "month", "quarter", "year"]
    n: Annotated[int, Field(ge=1, le=366)] | Condition = 1
    spread: bool = False


class Rule(Model):
    """When a card needs somebody's attention, and what to tell them. docs/reference/rules.md lists every key."""

    id: Name
    card: Names
    label: Texts
    needs: tuple[Name, ...] | dict[Name, tuple[Name, ...]] = ()
    params: dict[Name, Param] = {}
    when: Condition
    unless: Names = ()
    values: dict[Name, Condition] = {}
    occurrence: Conditions = ()
    every: Every | None = None
    due: Condition = "today"
    priority: Literal[1, 2, 3] | Condition = 2
    amount: Condition | None = None
    assignee: Condition | Role = "manager"
    cell: Names = ()
    todo: Texts
    why: Texts
    per_card: dict[Name, CardTexts] = {}
    checklist: Lists = Lists()
    outcomes: Outcomes = Lists()
    again: Again = Again()
    ended: tuple[EndedText, ...] = ()
    hint: Texts | None = None
    marketing: bool = False
    touch: bool | Literal["always"] = True
    enabled: bool = True
    tests: tuple[PackTest, ...] = ()

    def needed(self, card: str) -> frozenset[str]:
        """Fields that must be bound on a row's sheet for this rule to speak of it."""
        return frozenset(self.needs.get(card, ()) if isinstance(self.needs, dict) else self.needs)

    def said(self, card: str) -> tuple[Texts, Texts]:
        """(todo, why) as told on a card kind."""
        own = self.per_card.get(card, CardTexts())
        return own.todo or self.todo, own.why or self.why

    @property
    def choices(self) -> Lists:
        """What the drop-down of results offers."""
        if isinstance(self.outcomes, Lists):
            return self.outcomes
        return Lists(ru=tuple(one.ru for one in self.outcomes), en=tuple(one.en for one in self.outcomes))

    @property
    def results(self) -> tuple[Outcome, ...]:
        """Outcomes with a meaning, in the order of the drop-down; () where the pack gives plain lists."""
        return () if isinstance(self.outcomes, Lists) else self.outcomes


class Pack(Model):
    """A file of rules."""

    id: Name
    version: Annotated[int, Field(ge=1)]
    label: Texts
    rules: Annotated[tuple[Rule, ...], Field(min_length=1)]

    def rule(self, rule_id: str) -> Rule:
        """The rule by its id. KeyError when there is none."""
        return next(iter(rule for rule in self.rules if rule.id == rule_id), None) or _missing(rule_id)


def _missing(rule_id: str) -> Rule:
    raise KeyError(rule_id)


Fields = Mapping[str, Mapping[str, Type]]  # card -> column -> type


def parse_pack(text: str, source: str, *, fields: Fields | None = None, is_checked: bool = False) -> Pack:
    """A checked pack from the text of its YAML file; `source` names the file in messages.

    fields: custom fields of the workbook by card, beside FACT_COLUMNS. is_checked: this very text was checked before.
    PackError (`engine.*`) with file, line, key, what is allowed and the nearest name: whatever could go wrong with a pack
    goes wrong here, not at run.
    """
    tree = read_tree(text, source)
    pack = _validated(tree)
    if not is_checked:
        from sheets_crm.engine.check import check_pack

        check_pack(pack, tree, fields or {})
    return pack


def _validated(tree: Tree) -> Pack:
    if not isinstance(tree.value, dict):
        raise PackError("engine.not_mapping", where=tree.place(()).at("", 0), name="")
    try:
        return Pack.model_validate(tree.value)
    except ValidationError as error:
        raise as_pack_error(error, Pack, tree) from None


def pack_schema() -> dict[str, Any]:
    """JSON Schema of a pack, for editors."""
    return Pack.model_json_schema(mode="validation")
