"""Texts of a rule: which placeholders they have. Does not fill them in; `words` does, when a tab is drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from string import Formatter

from sheets_crm.engine.pack import Rule, Said, Texts

Spot = tuple[tuple[str | int, ...], str]  # (keys under the rule, the sentence)


def sentences(rule: Rule) -> Iterator[Spot]:
    """Every sentence of a rule's tasks, and where it stands."""
    for keys, texts in _texts(rule):
        yield from _said(keys, texts.ru, texts.en)
    for key, lists in (("checklist", rule.checklist), ("outcomes", rule.choices)):
        for lang in ("ru", "en"):
            told = enumerate(getattr(lists, lang))
            listed = key == "outcomes" and rule.results
            yield from (((key, index, lang) if listed else (key, lang, index), text) for index, text in told)


def _said(keys: tuple[str | int, ...], ru: Said, en: Said) -> Iterator[Spot]:
    for lang, said in (("ru", ru), ("en", en)):
        if isinstance(said, Mapping):
            yield from (((*keys, lang, form), text) for form, text in said.items())
        else:
            yield (*keys, lang), said


def _texts(rule: Rule) -> Iterator[tuple[tuple[str, ...], Texts]]:
    owners = [((), rule), *((("per_card", card), own) for card, own in rule.per_card.items())]
    for keys, owner in owners:
        for key in ("todo", "why", "hint"):
            if texts := getattr(owner, key, None):
                yield (*keys, key), texts


def ended_sentences(rule: Rule) -> Iterator[Spot]:
    """Every sentence about a task that is no longer needed."""
    for index, ended in enumerate(rule.ended):
        yield from _said(("ended", index), ended.ru, ended.en)


def fields_of(sentence: str) -> set[str]:
    """Names in braces. ValueError where a brace is left open or a name is not a plain one."""
    names = set()
    for _, name, spec, conversion in Formatter().parse(sentence):
        if name is None:
            continue
        if not name.isidentifier() or spec or conversion:
            raise ValueError(name)
        names.add(name)
    return names


def placeholders(rule: Rule) -> set[str]:
    """Names that the rule's texts ask for."""
    return {name for _, sentence in sentences(rule) for name in fields_of(sentence)} | (
        {"n"} if has_forms(rule) else set()
    )


def ended_placeholders(rule: Rule) -> set[str]:
    """Names that the texts of tasks no longer needed ask for."""
    forms = any(isinstance(said, Mapping) for one in rule.ended for said in (one.ru, one.en))
    return {name for _, sentence in ended_sentences(rule) for name in fields_of(sentence)} | ({"n"} if forms else set())


def hint_names(rule: Rule) -> set[str]:
    """Names that the rule's hint asks for."""
    return {name for keys, sentence in sentences(rule) if keys[0] == "hint" for name in fields_of(sentence)}


def has_forms(rule: Rule) -> bool:
    """Does any sentence come in plural forms?"""
    said = [one for _, texts in _texts(rule) for one in (texts.ru, texts.en)]
    return any(
        isinstance(one, Mapping) for one in [*said, *(one for ended in rule.ended for one in (ended.ru, ended.en))]
    )
