"""Rule packs: which ones hold for a configuration, and `rules check`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import xxhash

from sheets_crm import data
from sheets_crm.engine import Pack, RuleSettings, parse_pack, parse_settings, run_pack_tests, untested
from sheets_crm.engine.faults import Place
from sheets_crm.engine.packtest import Difference
from sheets_crm.engine.yamltree import read_tree
from sheets_crm.errors import ConfigError, OwnerError, PackError
from sheets_crm.shelf import NO_SHELF, Shelf
from sheets_crm.sync.intake import Opened, placed
from sheets_crm.words import Lang, say


def packs_of(opened: Opened, shelf: Shelf = NO_SHELF) -> tuple[Pack, ...]:
    """The bundled packs, then the owner's own. shelf: remembers which texts were found to be sound."""
    texts = (*data.packs(), *((name, _own(opened, name)) for name in opened.config.packs))
    return tuple(_sound(text, name, shelf) for name, text in texts)


def _sound(text: str, name: str, shelf: Shelf) -> Pack:
    """A pack; one whose very text an earlier run found sound is not checked again."""
    known = f"pack-{xxhash.xxh3_128_hexdigest(text.encode('utf-8', 'surrogatepass'))}"
    is_checked = shelf.get(known) is not None
    pack = _parsed(text, name, is_checked=is_checked)
    if not is_checked:
        shelf.put(known, ())
    return pack


@lru_cache(maxsize=16)  # a daemon and the wizard ask again and again, and a pack is never changed
def _parsed(text: str, name: str, *, is_checked: bool) -> Pack:
    return parse_pack(text, name, is_checked=is_checked)


def _own(opened: Opened, name: str) -> str:
    path = opened.beside(name)
    if not path.is_file():
        with placed(opened.document):
            raise ConfigError("config.pack_missing", path=str(path), keys=("packs",))
    return _text(path)


def settings_of(opened: Opened, packs: Sequence[Pack]) -> RuleSettings:
    """The owner's rule settings over the template's defaults. A default for a rule that no pack has is passed over."""
    known = {rule.id for pack in packs for rule in pack.rules}
    section: dict[str, Any] = {rule: dict(values) for rule, values in opened.template.defaults.items() if rule in known}
    for rule, stated in opened.config.rules.items():
        section[rule] = {**section.get(rule, {}), **(stated if isinstance(stated, Mapping) else {"on": stated})}
    return parse_settings(section, packs, where=lambda keys: _place(opened, ("rules", *keys)), source=opened.path.name)


def _place(opened: Opened, keys: tuple[str | int, ...]) -> Place:
    """Where a rule's setting stands in crm.yaml; with an offset into its text, the very sign."""
    mark = opened.document.mark(keys)

    def locate(offset: int) -> tuple[int, int]:
        try:
            tree = read_tree(opened.path.read_text("utf-8-sig"), mark.file)
        except (OwnerError, OSError, ValueError):
            return mark.line, 0
        inside = tree.place(keys).locate
        return inside(offset) if inside and isinstance(tree.at(keys), str) else (mark.line, 0)

    return Place(mark.file, ".".join(map(str, keys)), locate)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise PackError("config.pack_not_readable", path=str(path)) from error


@dataclass(frozen=True)
class Checked:
    """A pack looked at: how many tests ran, and what failed, in sentences of one language."""

    name: str
    tests: int
    failures: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Nothing failed."""
        return not self.failures

    def json(self) -> dict[str, Any]:
        """As plain data."""
        return {"pack": self.name, "tests": self.tests, "passed": self.passed, "failures": list(self.failures)}


def check(paths: Iterable[Path], lang: Lang) -> list[Checked]:
    """Read packs (files, or all *.yaml of folders; the bundled ones where none are named) and run their tests."""
    files = [file for path in paths for file in _files(path)]
    texts = [(str(file), _text(file)) for file in files] if files else list(data.packs())
    return [_checked(name, text, lang) for name, text in texts]


def _files(path: Path) -> list[Path]:
    files = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
    if not files:
        raise PackError("config.pack_none", path=str(path))
    return files


def _checked(name: str, text: str, lang: Lang) -> Checked:
    try:
        pack = parse_pack(text, name)
        results = run_pack_tests(pack)
    except OwnerError as error:
        return Checked(name, 0, (say(error.key, lang, **error.values),))
    failures = [
        say(
            _failed(d), lang, rule=result.rule, test=result.name, row=d.row, what=d.what, expected=d.expected, got=d.got
        )
        for result in results
        for d in result.differences
    ]
    failures += [say("cli.pack_untested", lang, rule=rule) for rule in untested(pack)]
    return Checked(name, len(results), tuple(failures))


def _failed(difference: Difference) -> str:
    """The sentence for a task that is missing, is too much, or reads otherwise."""
    if difference.what != "task":
        return "cli.pack_test_failed"
    return "cli.pack_test_missing" if difference.expected == "yes" else "cli.pack_test_extra"
