"""The reference says what the program does: keys of crm.yaml, its examples, JSON objects, generated pages."""

from __future__ import annotations

import json
import re
from datetime import date

import openpyxl
import pytest
import yaml
from typer.testing import CliRunner

from sheets_crm.base.bind import _resolved
from sheets_crm.cards import load_model
from sheets_crm.cli.app import app
from sheets_crm.engine import parse_pack, run_pack_tests
from sheets_crm.engine.settings import RuleSetting
from sheets_crm.sync import run
from sheets_crm.sync.config import CrmConfig
from tests.house.reference import documented, examples, make_workbook, schema_keys
from tools import gen_reference

TODAY = "2026-11-20"


def page(root, name):
    return (root / "docs" / "reference" / name).read_text("utf-8")


def stated_keys():
    """(section, key) -> its JSON schema, of all that crm.yaml may hold."""
    keys = {(section, key): spec for section, key, spec in schema_keys(CrmConfig.model_json_schema())}
    return keys | {("rules.RULE", key): {} for key in set(RuleSetting.model_fields) - {"params"}}


def test_every_key_is_documented_and_no_other(root):
    assert set(documented(page(root, "config.md"))) == set(stated_keys())


def test_the_russian_page_knows_the_same_keys(root):
    assert set(documented(page(root, "config.ru.md"))) == set(stated_keys())


@pytest.mark.parametrize("name", ["config.md", "config.ru.md"])
def test_choices_and_defaults_are_those_of_the_program(root, name):
    told = documented(page(root, name))
    for where, spec in stated_keys().items():
        default, meaning = told[where]
        options = [spec, *spec.get("anyOf", ()), spec.get("items", {})]
        for choice in [one for option in options for one in option.get("enum", ())]:
            assert f"`{choice}`" in meaning, (where, choice)
        value = spec.get("default")
        if isinstance(value, list):
            assert [one for one in value if f"`{one}`" not in meaning] == [], where
        elif value not in (None, "") and not isinstance(value, dict):
            shown = str(value).lower() if isinstance(value, bool) else str(value)
            assert default == f"`{shown}`", where


def test_golden_configurations_use_only_documented_keys(root):
    told = set(documented(page(root, "config.md")))
    paths = list((root / "tests" / "golden").glob("*/crm.yaml"))
    assert paths
    for path in paths:
        assert set(walked(yaml.safe_load(path.read_text("utf-8")), told)) - told == set()


def walked(data, known, section="crm.yaml"):
    """(section, key) of every key of a configuration that is not a name of the owner's own."""
    for key, value in data.items():
        yield section, key
        below = key if section == "crm.yaml" else f"{section}.{key}"
        sections = {where for where, _ in known}
        named = next(
            (one for one in sections if one.rpartition(".")[0] == below and one.rpartition(".")[2].isupper()), ""
        )
        if isinstance(value, dict) and below in sections:
            yield from walked(value, known, below)
        elif isinstance(value, dict) and named == "rules.RULE":
            continue  # parameters: the engine refuses those that a rule doesn't have
        elif isinstance(value, dict) and named:
            for inner in value.values():
                yield from walked(inner, known, named)
        elif isinstance(value, list) and f"{below}[]" in sections:
            for inner in value:
                if isinstance(inner, dict):
                    yield from walked(inner, known, f"{below}[]")


def all_examples(root):
    pages = [root / "README.md", *sorted((root / "docs").rglob("*.md"))]
    return [(path.name, example) for path in pages for example in examples(path.read_text("utf-8"))]


def is_pack(example):
    return "version" in yaml.safe_load(example)


def is_part(example):
    """Only keys of crm.yaml, and not the one without which it is none."""
    return "workbook" not in yaml.safe_load(example)


def test_every_yaml_example_is_read(root):
    found = all_examples(root)
    assert len(found) > 20
    for name, example in found:
        if is_pack(example):
            assert run_pack_tests(parse_pack(example, name))
        else:
            text = f"workbook: x.xlsx\n{example}" if is_part(example) else example
            load_model(text, name, CrmConfig)


def test_every_whole_example_works_on_such_a_workbook(root, tmp_path):
    done = set()
    for number, (name, example) in enumerate(all_examples(root)):
        if is_pack(example) or is_part(example) or example in done or "docs.google.com" in example:
            continue
        done.add(example)
        folder = tmp_path / str(number) / "here"
        (folder / "rules").mkdir(parents=True)
        pack = PACK.format(id=f"ours_{number}")
        (folder / "rules" / "ours.yaml").write_text(pack, "utf-8")
        (folder / "crm.yaml").write_text(example, "utf-8")
        config = load_model(example, name, CrmConfig)
        placed = make_workbook(config, folder)
        plan = run.plan(str(folder), today=date.fromisoformat(TODAY)).plan_json()
        assert set(plan["bindings"]) == set(config.sheets or {}), (name, example)
        wrong = [
            p
            for p in plan["problems"]
            if p["kind"] in {"column_lost", "column_moved", "unknown_value", "bad_date", "bad_number"}
        ]
        assert wrong == [], (name, example)
        for sheet, letters in placed.items():
            assert set(letters.values()) <= set(plan["bindings"][sheet]["columns"].values()), (name, sheet)
            header_row = _resolved(sheet, config.sheets).header_row
            assert header_row in (None, plan["bindings"][sheet]["header_row"])
        clients = [sheet for sheet, one in plan["bindings"].items() if "client" in one["card"]]
        assert plan["valid_clients"] > 0 or not clients, (name, example)
    assert len(done) >= 10


PACK = """\
id: {id}
version: 1
label: {{ru: Свои, en: Ours}}
rules:
  - id: {id}_rule
    card: client
    label: {{ru: Правило, en: Rule}}
    when: revenue > 1000000
    occurrence: client_id
    todo: {{ru: Позвоните, en: Call}}
    why: {{ru: Крупный клиент, en: A large client}}
"""


def test_generated_pages_are_up_to_date():
    assert gen_reference.stale() == [], "run: python tools/gen_reference.py"


# JSON objects


def told_paths(root, heading):
    """The documented keys of one command's object, as patterns: a word in capitals is any name."""
    text = page(root, "json.md").split(f"## `{heading}`\n", 1)[1].split("\n## ", 1)[0]
    found = re.findall(r"^\| `([^`]+)` \|", text, flags=re.MULTILINE)
    return {path: _pattern(path) for path in found}


# What a word in capitals stands for: of a field's name a dot is part (lead.stage); a kind of card is none of the fixed blocks.
STANDS_FOR = {"FIELD": r"[\w.]+", "KIND": "(?:lead|deal|payment|order|interaction|visit|survey|contact)"}


def _pattern(path):
    return re.compile(re.sub(r"\b[A-Z]{3,}\b", lambda word: STANDS_FOR.get(word[0], r"[^.\[\]]+"), re.escape(path)))


def seen_paths(value, path=""):
    """Every path of a JSON value, leaves and branches; empty lists and objects too."""
    if path:
        yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from seen_paths(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for inner in value:
            yield from seen_paths(inner, f"{path}[]")


def differences(told, values):
    """(documented but never seen, seen but not documented). A branch above a documented key needs no line of its own."""
    seen = {path for value in values for path in seen_paths(value)}
    missing = {
        path
        for path, pattern in told.items()
        if not any(pattern.fullmatch(one.removesuffix("[]")) or pattern.fullmatch(one) for one in seen)
    }
    heads = {head for path in told for head in _heads(path)}
    generic = [_pattern(head) for head in heads]
    extra = {one for one in seen if not any(p.fullmatch(one) for p in [*told.values(), *generic])}
    return missing, extra


def _heads(path):
    parts = path.split(".")
    for count in range(1, len(parts) + 1):
        head = ".".join(parts[:count])
        yield head
        yield head.removesuffix("[]")


SHOP = {  # a small shop with one of everything: tasks, problems, duplicates, debts, a column nobody knows
    "Clients": [
        ["Client ID", "Client", "Phone", "E-mail", "Birthday", "Manager", "Zzqq"],
        ["K-1", "Oak Cafe", "(426) 555-0101", "oak@firm.example", date(1980, 11, 22), "Jordan", "x1"],
        ["K-2", "Elm Bar", "(426) 555-0101", "elm@firm.example", date(1980, 3, 2), "Riley", "x2"],
        ["K-3", "Fir Inn", 4265550103, "fir@firm", date(1981, 4, 3), "Riley", "x3"],
    ],
    "Deals": [
        ["Deal ID", "Client", "Stage", "Amount", "Created", "Invoice date", "Due date", "Paid", "Next step date", "Lost reason", "Closed"],
        ["D-1", "K-1", "Invoice sent", 1000, date(2026, 9, 1), date(2026, 9, 5), date(2026, 10, 1), 100, None, None, None],
        ["D-2", "K-2", "Won", 500, date(2026, 1, 1), date(2026, 1, 2), date(2026, 1, 9), 500, None, None, date(2026, 1, 9)],
        ["D-3", "K-1", "Won", "1,200.5", date(2025, 1, 1), None, None, None, None, None, date(2025, 2, 9)],
        ["D-4", "K-1", "Lost", 70, date(2025, 1, 1), None, None, None, None, None, None],
    ],
    "Remarks": [["Call the plumber on Monday"]],
}  # fmt: skip


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in SHOP.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(folder / "shop.xlsx")
    (folder / "crm.yaml").write_text("workbook: shop.xlsx\nlanguage: en\ncountry: US\n", "utf-8")
    return folder


def printed(*arguments, code=0):
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    assert result.exit_code == code, (arguments, result.output, result.exception)
    return json.loads(result.stdout)


def test_plan_prints_what_the_page_says(root, shop):
    plan = printed("plan", shop, "--json", "--today", TODAY)
    missing, extra = differences(told_paths(root, "plan --json"), [plan])
    assert (missing - {"notes[]"}, extra) == (set(), set())
    check = printed("check", shop, "--json", "--today", TODAY, code=1)
    missing, extra = differences(told_paths(root, "check --json"), [check])
    assert (missing - {"notes[]"}, extra) == (set(), set())
    assert isinstance(plan["notes"], list)
    assert plan["written"] is False


def test_guess_prints_what_the_page_says(root, shop):
    assert differences(
        told_paths(root, "guess --json"), [printed("guess", shop / "shop.xlsx", "--country", "US", "--json")]
    ) == (set(), set())


def test_questions_print_what_the_page_says(root, shop):
    config = ["-c", shop, "--json", "--today", TODAY]
    assert differences(told_paths(root, "why --json"), [printed("why", "Oak", *config)]) == (set(), set())
    assert differences(told_paths(root, "find --json"), [printed("find", "oak", *config)]) == (set(), set())
    cards = [printed("card", "Oak Cafe", *config), printed("card", "Fir Inn", *config)]
    assert differences(told_paths(root, "card --json"), cards) == (set(), set())


def test_copies_exports_and_leaving_print_what_the_page_says(root, shop, tmp_path):
    import shutil

    firm = shutil.copytree(shop, tmp_path / "firm")
    shutil.rmtree(firm / ".sheets-crm", ignore_errors=True)
    (firm / "copies").mkdir()
    (firm / "crm.yaml").write_text((shop / "crm.yaml").read_text("utf-8") + "backups: {folder: copies}\n", "utf-8")
    made = printed("backup", "now", firm, "--json")
    assert differences(told_paths(root, "backup now --json"), [made]) == (set(), set())
    out = printed("export", "tasks", "--manager", "Jordan", firm, "--today", TODAY, "--json")
    assert differences(told_paths(root, "export tasks --json"), [out]) == (set(), set())
    for day in ("2026-11-01", TODAY):
        printed("sync", firm, "--json", "--today", day)
        book = openpyxl.load_workbook(firm / "shop.xlsx")
        book["Clients"]["C2"] = f"(426) 555-01{day[-2:]}"
        book["Clients"]["F3"] = "Jordan Lee"
        book.save(firm / "shop.xlsx")
    printed("sync", firm, "--json")
    left = printed("doctor", "--leaving", "Jordan", firm, "--json")
    assert differences(told_paths(root, "doctor --leaving --json"), [left]) == (set(), set())
    gone = printed("remove", firm, "--yes", "--json")
    assert gone["changed"]
    missing, extra = differences(told_paths(root, "remove --json"), [gone])
    # these are asked in tests/cli/test_remove.py and tests/sync/test_removal.py
    told_of_more = {"deleted[]", "kept[].tab", "kept[].message", "service.paths[]", "service.left[]"}
    assert (missing - told_of_more, extra) == (set(), set())


def test_sync_and_its_surroundings_print_what_the_page_says(root, shop):
    first = printed("sync", shop, "--json", "--today", TODAY)
    second = printed("sync", shop, "--json", "--today", TODAY)
    missing, extra = differences(told_paths(root, "sync --json"), [first, second])
    assert (missing - {"notes[]", "google"}, extra) == (set(), set())  # a Google base is asked in tests/google
    assert first["written"]
    assert second["unchanged"]
    assert differences(told_paths(root, "backup list --json"), [printed("backup", "list", shop, "--json")]) == (
        set(),
        set(),
    )
    assert differences(told_paths(root, "backup verify --json"), [printed("backup", "verify", shop, "--json")]) == (
        set(),
        set(),
    )
    assert differences(told_paths(root, "doctor --json"), [printed("doctor", shop, "--json")]) == (set(), set())
    bad = shop / "bad.yaml"
    bad.write_text("id: x\n", "utf-8")
    checked = printed("rules", "check", bad, "--json", code=15)
    assert differences(told_paths(root, "rules check --json"), [checked]) == (set(), set())


def test_the_index_leads_to_every_page(root):
    index = root / "docs" / "index.md"
    linked = {(index.parent / target).resolve() for target in re.findall(r"\]\(([^)#]+)\)", index.read_text("utf-8"))}
    pages = {path for path in (root / "docs").rglob("*.md") if path.parent.name != "problems"} - {index}
    assert {path.name for path in pages if path.resolve() not in linked} == set()
