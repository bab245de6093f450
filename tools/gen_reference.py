"""Writes docs/reference/fields.md, rules.md and facts.md from the templates, the rule pack and the facts: `python tools/gen_reference.py`.

With --check it writes nothing and says which pages are stale. What a fact that is no field means stands in reference_words.yaml.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sheets_crm import data  # noqa: E402
from sheets_crm.cards import Template, template  # noqa: E402
from sheets_crm.cards.schema import CardSchema, FieldSpec  # noqa: E402
from sheets_crm.cards.templates import template_texts  # noqa: E402
from sheets_crm.engine import parse_pack  # noqa: E402
from sheets_crm.engine.facts import FACT_COLUMNS  # noqa: E402
from sheets_crm.engine.pack import Param, Rule, Texts  # noqa: E402

FOLDER = ROOT / "docs" / "reference"
WORDS = yaml.safe_load((ROOT / "tools" / "reference_words.yaml").read_text("utf-8"))
NOTE = "Made by `tools/gen_reference.py`; a test keeps it up to date."


def fields() -> Iterator[str]:
    """fields.md: cards and fields of the base template, then what each trade changes."""
    base = template("base")
    yield from _opening("fields")
    for card, schema in base.cards.items():
        yield from ("", f"## `{card}` · {schema.label.en} · {schema.label.ru}", "")
        yield from _card(schema, schema.fields)
    for name in sorted(set(template_texts()) - {"base"}):
        yield from _trade(template(name), base)


def _card(schema: CardSchema, shown: Iterable[str]) -> Iterator[str]:
    if schema.required:
        yield from (f"Required · обязательны: {_required(schema)}.", "")
    yield from ("| field | type | other names | Russian | English |", "|---|---|---|---|---|")
    for name in shown:
        spec = schema.fields[name]
        aliases = ", ".join(f"`{alias}`" for alias in spec.aliases)
        yield f"| `{name}` | {_type(spec)} | {aliases} | {spec.label.ru} | {spec.label.en} |"


def _required(schema: CardSchema) -> str:
    return ", ".join(
        f"`{one}`" if isinstance(one, str) else "(" + " / ".join(f"`{name}`" for name in one) + ")"
        for one in schema.required
    )


def _type(spec: FieldSpec) -> str:
    parts = [f"link to {spec.link}" if spec.link else str(spec.type.value)]
    parts += ["not in the future"] if spec.is_past else []
    parts += ["may be below zero"] if spec.signed else []
    parts += ["any mark is a yes"] if spec.mark else []
    parts += [f"from {spec.min:g}"] if spec.min is not None else []
    parts += [f"to {spec.max:g}"] if spec.max is not None else []
    parts += [f"{', '.join(spec.choices)}{' or other words' if spec.open else ''}"] if spec.choices else []
    return ", ".join(parts)


def _trade(trade: Template, base: Template) -> Iterator[str]:
    yield from ("", f"# Template `{trade.id}` · {trade.label.en} · {trade.label.ru}")
    for card, schema in trade.cards.items():
        below = base.cards[card]
        changed = [name for name, spec in schema.fields.items() if spec != below.fields.get(name)]
        if changed or schema.required != below.required:
            yield from ("", f"## `{card}` in `{trade.id}`", "")
            yield from _card(schema, changed)
    for name, funnel in trade.funnels.items():
        yield from ("", f"## Funnel `{name}` of `{trade.id}` · {funnel.label.en} · {funnel.label.ru}", "")
        yield from ("| stage | English | kind | also met as |", "|---|---|---|---|")
        for stage in funnel.stages:
            kind = f"{stage.kind}, {stage.role}" if stage.role else stage.kind
            yield f"| {stage.name.ru} | {stage.name.en} | {kind} | {', '.join(stage.aliases)} |"


def rules() -> Iterator[str]:
    """rules.md: every rule of the bundled packs with its parameters and condition."""
    yield from _opening("rules")
    for name, text in data.packs():
        pack = parse_pack(text, name)
        for rule in pack.rules:
            yield from _rule(rule)


def _rule(rule: Rule) -> Iterator[str]:
    yield from ("", f"## `{rule.id}` · {_say(rule.label, 'en')} · {_say(rule.label, 'ru')}", "")
    told = {
        "Looks at": ", ".join(f"`{card}`" for card in rule.card),
        "Silent on a sheet without": _needed(rule),
        "When": f"`{' '.join(rule.when.split())}`",
        "Gives way to": ", ".join(f"`{other}`" for other in rule.unless),
        "Consent": "only clients that may be marketed to" if rule.marketing else "",
        "Due": f"`{rule.due}`",
        "This time is told by": ", ".join(f"`{one}`" for one in rule.occurrence),
        "Usual": "on" if rule.enabled else "off",
    }  # fmt: skip
    yield from (f"- {name}: {value}" for name, value in told.items() if value)
    if rule.params:
        yield from ("", "| parameter | default | allowed | meaning | по-русски |", "|---|---|---|---|---|")
        for name, param in rule.params.items():
            label = (_say(param.label, "en"), _say(param.label, "ru")) if param.label else ("", "")
            yield f"| `{name}` | {_default(rule.id, name, param)} | {_allowed(param)} | {label[0]} | {label[1]} |"


def _needed(rule: Rule) -> str:
    by_card = {card: ", ".join(f"`{name}`" for name in sorted(rule.needed(card))) for card in rule.card}
    told = set(by_card.values())
    return told.pop() if len(told) == 1 else "; ".join(f"{needs} ({card})" for card, needs in by_card.items())


def _default(rule: str, name: str, param: Param) -> str:
    trades = {one: template(one).defaults.get(rule, {}).get(name) for one in sorted(template_texts())}
    special = [f"{value} in {one}" for one, value in trades.items() if value not in (None, param.default)]
    return f"`{param.default}`" + (f" ({', '.join(special)})" if special else "")


def _allowed(param: Param) -> str:
    limits = [
        f"from {param.min:g}" if param.min is not None else "",
        f"to {param.max:g}" if param.max is not None else "",
    ]
    return " ".join([{"int": "whole number", "number": "number"}.get(param.type, param.type), *filter(None, limits)])


def _say(texts: Texts, lang: str) -> str:
    said = getattr(texts, lang)
    return said if isinstance(said, str) else str(said["other"])


def facts() -> Iterator[str]:
    """facts.md: the columns that conditions may use, by card."""
    base = template("base")
    yield from _opening("facts")
    common = set.intersection(*(set(columns) for columns in FACT_COLUMNS.values()))
    yield from ("", "## On every card", "")
    yield from _columns({name: FACT_COLUMNS["client"][name] for name in FACT_COLUMNS["client"] if name in common}, None)
    for card, columns in FACT_COLUMNS.items():
        yield from ("", f"## `{card}`", "")
        schema = base.cards.get(card)
        own = {name: kind for name, kind in columns.items() if name not in common}
        yield from _columns(own, schema)


def _columns(columns: dict[str, object], schema: CardSchema | None) -> Iterator[str]:
    yield from ("| column | type | meaning | по-русски |", "|---|---|---|---|")
    for name, kind in columns.items():
        words = WORDS["facts"].get(name)
        known = [one for one in (schema, *template("base").cards.values()) if one is not None and name in one.fields]
        label = known[0].fields[name].label if known else None
        en, ru = (words["en"], words["ru"]) if words else (label.en, label.ru) if label else ("", "")
        yield f"| `{name}` | {getattr(kind, 'value', kind)} | {en} | {ru} |"


def _opening(page: str) -> tuple[str, ...]:
    return (*WORDS["openings"][page].strip().splitlines(), "", NOTE)


PAGES: dict[str, Callable[[], Iterator[str]]] = {"fields.md": fields, "rules.md": rules, "facts.md": facts}


def stale() -> list[str]:
    """Pages that don't say what the program says."""
    return [
        name
        for name, made in PAGES.items()
        if not (FOLDER / name).is_file() or (FOLDER / name).read_text("utf-8") != "\n".join(made()) + "\n"
    ]


def main(arguments: list[str]) -> int:
    """Exit code."""
    old = stale()
    if "--check" not in arguments:
        for name in old:
            (FOLDER / name).write_text("\n".join(PAGES[name]()) + "\n", "utf-8")
    print(", ".join(old))
    return 1 if old and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
