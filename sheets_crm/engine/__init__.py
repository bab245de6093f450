"""Rule packs, and the pure function base + numbers + pack + day -> decisions.

Pure. Knows nothing of tabs, marks or files.
"""

from sheets_crm.engine.evaluate import decide
from sheets_crm.engine.model import Decision
from sheets_crm.engine.pack import Pack, Rule, pack_schema, parse_pack
from sheets_crm.engine.packtest import run_pack_tests, untested
from sheets_crm.engine.settings import RuleSettings, parse_settings

__all__ = [
    "Decision",
    "Pack",
    "Rule",
    "RuleSettings",
    "decide",
    "pack_schema",
    "parse_pack",
    "parse_settings",
    "run_pack_tests",
    "untested",
]
