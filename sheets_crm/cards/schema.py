"""What a trade template may say: kinds of cards, their fields, funnels, defaults of rules. The vocabulary of configurations.

Pure: templates arrive as text. Which files there are and where they lie is the business of `templates`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    field_validator,
    model_validator,
)

from sheets_crm.cards.model import FieldType
from sheets_crm.cards.text import fold
from sheets_crm.cards.yamlmodel import merge, read_yaml, validate, wrong
from sheets_crm.errors import OwnerError, PackError
from sheets_crm.words import Lang

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
StageKind = Literal["open", "won", "lost"]
StageRole = Literal["offer", "invoice", "contract", "delivery", "repeat"]
Scalar = StrictBool | StrictInt | StrictFloat | StrictStr


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Label(_Model):
    """A name in both languages."""

    ru: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=1)]

    def say(self, lang: Lang) -> str:
        """The name in a language."""
        return self.ru if lang == "ru" else self.en


class Synonyms(_Model):
    """More headers under which the field is met."""

    ru: tuple[str, ...] = ()
    en: tuple[str, ...] = ()


class FieldSpec(_Model):
    """One field of a card.

    aliases: other names that configurations may use. past: a future day is a problem. link: the card kind referred to.
    choices: canonical value -> other spellings; open: other values are kept as typed.
    mark: a consent column that says «do not contact»: anything typed there, unless it denies, is a refusal.
    signed: a sum below zero is no problem (a balance). pattern, min, max: what a value must be, else bad_format.
    """

    type: FieldType
    label: Label
    aliases: tuple[Name, ...] = ()
    past: bool = False
    link: Name | None = None
    choices: Mapping[str, tuple[str, ...]] = {}
    open: bool = False
    mark: bool = False
    signed: bool = False
    pattern: str | None = None
    min: float | None = None
    max: float | None = None
    headers: Synonyms = Synonyms()

    @field_validator("pattern")
    @classmethod
    def _readable_pattern(cls, pattern: str | None) -> str | None:
        try:
            re.compile(pattern or "")
        except re.error as error:
            raise wrong("errors.yaml.bad_pattern", pattern=pattern, at=error.pos or 0) from error
        return pattern

    @model_validator(mode="after")
    def _complete(self) -> FieldSpec:
        if self.type == FieldType.LINK and self.link is None:
            raise wrong("errors.yaml.link_without_card")
        if self.type == FieldType.CHOICE and not self.choices:
            raise wrong("errors.yaml.choice_without_choices")
        return self

    @property
    def is_past(self) -> bool:
        """Only a past day (or today) makes sense."""
        return self.past or self.type == FieldType.PAST_DATE

    @cached_property
    def names(self) -> dict[str, str]:
        """Folded value or spelling -> canonical value of a choice."""
        return alias_table((name, others) for name, others in self.choices.items())


class CardSchema(_Model):
    """One kind of card. required: fields that must be filled; a list within it means at least one of them."""

    label: Label
    fields: Mapping[Name, FieldSpec]
    required: tuple[Name | tuple[Name, ...], ...] = ()

    @model_validator(mode="after")
    def _known_fields(self) -> CardSchema:
        for wanted in self.required:
            for name in [wanted] if isinstance(wanted, str) else wanted:
                if name not in self.fields:
                    raise wrong("errors.yaml.unknown_field", seen=name, known=tuple(self.fields))
        return self

    def field_name(self, written: str) -> str | None:
        """The field that a configuration calls so, by its name or an alias; None when there is none."""
        return self._names.get(fold(written))

    @cached_property
    def _names(self) -> dict[str, str]:
        table = {alias: name for name, spec in self.fields.items() for alias in spec.aliases}
        return table | {name: name for name in self.fields}


class Stage(_Model):
    """A stage of a funnel. aliases: other spellings; probability: of winning, 0..1."""

    name: Label
    kind: StageKind = "open"
    role: StageRole | None = None
    aliases: tuple[str, ...] = ()
    probability: Annotated[float, Field(ge=0, le=1)] | None = None
    required: tuple[Name, ...] = ()


class Funnel(_Model):
    """Stages in order, from the first touch to won and lost."""

    card: Name
    label: Label
    stages: Annotated[tuple[Stage, ...], Field(min_length=1)]

    def stage_names(
        self, lang: Lang, *, kind: StageKind | None = None, role: StageRole | None = None
    ) -> tuple[str, ...]:
        """Canonical names in a language, in order; only those of a kind or a role when asked."""
        return tuple(
            stage.name.say(lang)
            for stage in self.stages
            if (kind is None or stage.kind == kind) and (role is None or stage.role == role)
        )

    def aliases(self, lang: Lang) -> dict[str, str]:
        """Folded name (of either language) or alias -> canonical name in `lang`: what `parse` takes as `stages`."""
        return alias_table((s.name.say(lang), (*s.aliases, s.name.ru, s.name.en)) for s in self.stages)


class Template(_Model):
    """A trade: its cards, funnels and the defaults of rules (rule -> parameter -> value).

    starter: the sheets of a new workbook of this trade, a card each, and their columns in order.
    """

    id: Name
    label: Label
    extends: Name | None = None
    cards: Mapping[Name, CardSchema]
    funnels: Mapping[Name, Funnel] = {}
    defaults: Mapping[Name, Mapping[Name, Scalar]] = {}
    starter: Mapping[Name, Annotated[tuple[Name, ...], Field(min_length=1)]] = {}

    @model_validator(mode="after")
    def _known_cards(self) -> Template:
        links = {spec.link for card in self.cards.values() for spec in card.fields.values() if spec.link}
        for name in (*sorted(links), *(funnel.card for funnel in self.funnels.values())):
            if name not in self.cards:
                raise wrong("errors.yaml.unknown_card", seen=name, known=tuple(self.cards))
        return self

    @model_validator(mode="after")
    def _known_starter(self) -> Template:
        for card, names in self.starter.items():
            if card not in self.cards:
                raise wrong("errors.yaml.unknown_card", seen=card, known=tuple(self.cards))
            for name in names:
                if name not in self.cards[card].fields:
                    raise wrong("errors.yaml.unknown_field", seen=name, known=tuple(self.cards[card].fields))
        return self

    def find(self, written: str, cards: Sequence[str]) -> tuple[tuple[str, str], ...]:
        """(card, field) pairs that a configuration may mean by `written` on a sheet whose rows are `cards`.

        First among these cards; else among all others, where exactly one has it (nps). "card.field" says it outright.
        """
        card, dot, name = fold(written).partition(".")
        if dot:
            field = self.cards[card].field_name(name) if card in self.cards else None
            return ((card, field),) if field else ()
        here = self._matches(written, cards)
        elsewhere = self._matches(written, [kind for kind in self.cards if kind not in cards])
        return here or (elsewhere if len(elsewhere) == 1 else ())

    def _matches(self, written: str, cards: Iterable[str]) -> tuple[tuple[str, str], ...]:
        found = ((card, self.cards[card].field_name(written)) for card in cards if card in self.cards)
        return tuple((card, field) for card, field in found if field)


def alias_table(entries: Iterable[tuple[str, Iterable[str]]]) -> dict[str, str]:
    """Folded spelling -> canonical name. A canonical name wins over another one's alias; of two aliases, the first."""
    entries = [(name, tuple(others)) for name, others in entries]
    table: dict[str, str] = {}
    for name, others in entries:
        for other in others:
            table.setdefault(fold(other), name)
    return table | {fold(name): name for name, _ in entries}


def parse_template(text: str, source: str, *, parents: Mapping[str, str] | None = None) -> Template:
    """A template from its text; what it `extends` is taken from `parents` (id -> text) and overridden key by key.

    PackError with file, line, key, what is allowed and the nearest name. `source` is the file's name for messages.
    """
    document = read_yaml(text, source, error=PackError)
    seen: list[str] = []
    while parent := document.data.get("extends") if isinstance(document.data, dict) else None:
        if parent not in (parents or {}) or parent in seen:
            raise _no_parent(source, str(parent), parents or {})
        seen.append(str(parent))
        above = read_yaml((parents or {})[parent], f"{parent}.yaml", error=PackError)
        extended = above.data.get("extends") if isinstance(above.data, dict) else None
        document = merge(above, document)
        document.data["extends"] = extended
    if seen:
        document.data["extends"] = seen[0]
    return validate(document, Template, error=PackError)


def template_schema() -> dict[str, Any]:
    """JSON Schema of a template file, for editors."""
    return Template.model_json_schema()


def _no_parent(source: str, parent: str, parents: Mapping[str, str]) -> OwnerError:
    return PackError("errors.yaml.no_parent", file=source, parent=parent, allowed=", ".join(sorted(parents)))
