"""Writes docs/reference/fields.md and rule-settings.md from the templates and the rule packs: `python tools/gen_reference.py`.

With --check it writes nothing and says which pages are stale. How the pages open stands in reference_words.yaml.
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
        yield from (f"{WORDS['required']}: {_required(schema)}.", "")
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


def rule_settings() -> Iterator[str]:
    """rule-settings.md: every rule of the bundled packs and the parameters that crm.yaml may set."""
    yield from _opening("rule_settings")
    for name, text in data.packs():
        for rule in parse_pack(text, name).rules:
            yield from _rule(rule)


def _rule(rule: Rule) -> Iterator[str]:
    yield from ("", f"## `{rule.id}` · {_say(rule.label, 'en')} · {_say(rule.label, 'ru')}", "")
    if not rule.enabled:
        yield from (WORDS["off"], "")
    if not rule.params:
        yield WORDS["no_params"]
        return
    yield from ("| parameter | default | allowed | meaning | in Russian |", "|---|---|---|---|---|")
    for name, param in rule.params.items():
        label = (_say(param.label, "en"), _say(param.label, "ru")) if param.label else ("", "")
        yield f"| `{name}` | {_default(rule.id, name, param)} | {_allowed(param)} | {label[0]} | {label[1]} |"


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


def _opening(page: str) -> tuple[str, ...]:
    return (*WORDS[page].strip().splitlines(), "", NOTE)


PAGES: dict[str, Callable[[], Iterator[str]]] = {"fields.md": fields, "rule-settings.md": rule_settings}


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
