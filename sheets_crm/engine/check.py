"""Do the parts of a pack fit together? Compiles every expression, looks up every name, before any row is seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from sheets_crm.engine.expr import Param as ParamValue
from sheets_crm.engine.facts import FACT_COLUMNS
from sheets_crm.engine.faults import Place, nearest, unknown
from sheets_crm.engine.kinds import Type, fold
from sheets_crm.engine.pack import Fields, Pack, Param, Rule
from sheets_crm.engine.ready import ending, ready
from sheets_crm.engine.texts import ended_sentences, fields_of, has_forms, sentences
from sheets_crm.engine.yamltree import Path, Tree
from sheets_crm.errors import PackError

_RESERVED = ("today", "card", "bound", "on", "stages", "assignee", "only", "working_days", "n")


def check_pack(pack: Pack, tree: Tree, fields: Fields) -> None:
    """PackError for the first thing that doesn't fit, in the order of the file."""
    above: list[str] = []
    for index, rule in enumerate(pack.rules):
        spot = _Spot(tree, ("rules", index))
        if rule.id in above:
            raise spot.fault("repeated_rule", "id", name=rule.id)
        for position, name in enumerate(rule.unless):
            if name not in above:
                raise unknown("rule_above", name, above, spot.at("unless", position).at("", 0))
        _check_rule(rule, spot, fields)
        above.append(rule.id)


class _Spot:
    """A rule's place in the file."""

    def __init__(self, tree: Tree, path: Path) -> None:
        self.tree, self.path = tree, path

    def at(self, *keys: str | int) -> Place:
        path = (*self.path, *keys)
        single = path not in self.tree.marks and isinstance(keys[-1], int)
        return self.tree.place(path[:-1] if single else path)  # `occurrence: x` stands for a list of one

    def fault(self, key: str, *keys: str | int, **values: object) -> PackError:
        return PackError(f"engine.{key}", where=self.at(*keys).at("", 0), **values)


def _check_rule(rule: Rule, spot: _Spot, fields: Fields) -> None:
    schemas: dict[str, Mapping[str, Type]] = {}
    for position, card in enumerate(rule.card):
        if card not in FACT_COLUMNS:
            raise unknown("card", card, FACT_COLUMNS, spot.at("card", position).at("", 0))
        schemas[card] = {**FACT_COLUMNS[card], **fields.get(card, {})}
    _check_params(rule, spot, schemas)
    _check_fields(rule, spot, schemas)
    _check_texts(rule, spot, schemas)
    if not rule.occurrence and rule.every is None:
        raise PackError("engine.missing_key", where=spot.tree.place(spot.path).at("", 0), name="occurrence")
    values = defaults(rule)
    for card, schema in schemas.items():
        ready(rule, card, schema, values, spot.at)
        ending(rule, card, schema, values, spot.at)
    _check_tests(rule, spot, schemas)


def defaults(rule: Rule) -> dict[str, ParamValue]:
    """The values of a rule's parameters where the owner set none."""
    return {name: param.default for name, param in rule.params.items()}


def _check_params(rule: Rule, spot: _Spot, schemas: Mapping[str, Mapping[str, Type]]) -> None:
    for name, param in rule.params.items():
        if name in _RESERVED or any(name in schema for schema in schemas.values()):
            raise spot.fault("taken_name", "params", name, name=name)
        fault = misfit(param, param.default)
        if fault:
            raise spot.fault(fault[0], "params", name, "default", **fault[1])


def misfit(param: Param, value: Any) -> tuple[str, dict[str, object]] | None:
    """Why a value can't be the parameter's: (engine key, values for the sentence); None when it can."""
    seen: dict[str, object] = {"seen": str(value), "name": ""}
    number = isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)
    match param.type:
        case "int" if not number or value != int(value):
            return "not_whole", seen
        case "number" if not number:
            return "not_number", seen
        case "text" | "choice" if not isinstance(value, str):
            return "not_text", seen
        case "choice" if value not in param.options:
            return "not_one_of", {**seen, "allowed": ", ".join(param.options), "near": nearest(value, param.options)}
        case "bool" if not isinstance(value, bool):
            return "not_bool", seen
        case "list" if not isinstance(value, (list, tuple)):
            return "not_listed", seen
    if number and param.min is not None and value < param.min:
        return "too_small", {**seen, "limit": param.min}
    if number and param.max is not None and value > param.max:
        return "too_large", {**seen, "limit": param.max}
    return None


def _check_fields(rule: Rule, spot: _Spot, schemas: Mapping[str, Mapping[str, Type]]) -> None:
    if isinstance(rule.needs, dict):
        _check_cards("needs", rule.needs, schemas, spot)
    _check_cards("per_card", rule.per_card, schemas, spot)
    everything = {name for schema in schemas.values() for name in schema}
    for card, schema in schemas.items():
        for name in sorted(rule.needed(card) - set(schema)):
            raise unknown("field", name, schema, spot.at("needs").at("", 0))
    for position, name in enumerate(rule.cell):
        if name not in everything:
            raise unknown("field", name, everything, spot.at("cell", position).at("", 0))


def _check_cards(key: str, cards: Iterable[str], schemas: Mapping[str, Mapping[str, Type]], spot: _Spot) -> None:
    """Cards named under a key must be the rule's own."""
    for card in cards:
        if card not in schemas:
            raise unknown("card", card, schemas, spot.at(key, card).at("", 0))


def _check_texts(rule: Rule, spot: _Spot, schemas: Mapping[str, Mapping[str, Type]]) -> None:
    if has_forms(rule) and "n" not in rule.values:
        raise spot.fault("no_n", "why")
    _check_outcomes(rule, spot)
    for key, lists in (("checklist", rule.checklist), ("outcomes", rule.choices)):
        if len(lists.ru) != len(lists.en):
            raise spot.fault("uneven_lists", key, name=key)
    for keys, sentence in (*sentences(rule), *ended_sentences(rule)):
        try:
            names = fields_of(sentence)
        except ValueError:
            raise spot.fault("bad_braces", *keys, seen=sentence) from None
        for schema in schemas.values():
            known = {*schema, *rule.params, *rule.values, "today"} - {"card"}
            for name in sorted(names - known):
                raise unknown("placeholder", name, known, spot.at(*keys).at("", 0))


def _check_outcomes(rule: Rule, spot: _Spot) -> None:
    """Each result is known by its id and by its words: none may stand for two."""
    taken: dict[str, int] = {}
    for number, outcome in enumerate(rule.results):
        for name in {fold(one) for one in (outcome.id, outcome.ru, outcome.en, *outcome.also)}:
            if taken.setdefault(name, number) != number:
                raise spot.fault("outcome_twice", "outcomes", number, name=name)


def _check_tests(rule: Rule, spot: _Spot, schemas: Mapping[str, Mapping[str, Type]]) -> None:
    for number, test in enumerate(rule.tests):
        keys = ("tests", number)
        card = test.card or rule.card[0]
        if card not in schemas:
            raise unknown("card", card, schemas, spot.at(*keys, "card").at("", 0))
        for name, value in test.params.items():
            _check_param(rule, name, value, spot, (*keys, "params", name))
        _check_row(test.given, schemas[card], spot, (*keys, "given"))
        for index, row in enumerate(test.rows):
            _check_row(row, schemas[card], spot, (*keys, "rows", index))
        for position, expected in enumerate(test.expect):
            row_number = expected if isinstance(expected, int) else expected.row
            if row_number > len(test.rows):
                raise spot.fault("no_such_row", *keys, "expect", position, n=row_number)


def _check_param(rule: Rule, name: str, value: Any, spot: _Spot, keys: tuple[str | int, ...]) -> None:
    param = rule.params.get(name)
    if param is None:
        raise unknown("param", name, rule.params, spot.at(*keys).at("", 0))
    fault = misfit(param, value)
    if fault:
        raise spot.fault(fault[0], *keys, **fault[1])


def _check_row(row: Mapping[str, Any], schema: Mapping[str, Type], spot: _Spot, keys: tuple[str | int, ...]) -> None:
    from sheets_crm.engine.packtest import column_value

    for name, value in row.items():
        where = spot.at(*keys, name).at("", 0)
        if name not in schema:
            raise unknown("field", name, schema, where)
        column_value(value, schema[name], where)
