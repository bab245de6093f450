"""The trade templates that come with the program: found by id, read once.

The only module of the room that looks for package data: `templates/` beside the package in a checkout, `_data/templates` within an installed one.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

from sheets_crm.cards.schema import Template, parse_template
from sheets_crm.cards.yamlmodel import nearest
from sheets_crm.errors import PackError

_PLACES = (("_data", "templates"), ("..", "templates"))


@cache
def template(name: str) -> Template:
    """A template that comes with the program. PackError for a name that is not among them."""
    texts = template_texts()
    if name not in texts:
        near = nearest(name, list(texts)) or ""
        key = "errors.template.unknown_near" if near else "errors.template.unknown"
        raise PackError(key, seen=name, near=near, allowed=", ".join(sorted(texts)))
    return parse_template(texts[name], f"templates/{name}.yaml", parents=texts)


@cache
def template_texts() -> dict[str, str]:
    """Id -> text of every template that comes with the program: the `parents` of an owner's own template."""
    texts: dict[str, str] = {}
    for place in _PLACES:
        folder = resources.files("sheets_crm").joinpath(*place)
        if folder.is_dir():
            for entry in folder.iterdir():
                if entry.name.endswith(".yaml"):
                    texts.setdefault(entry.name.removesuffix(".yaml"), entry.read_text("utf-8"))
    return texts
