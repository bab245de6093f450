"""What a client base consists of: card kinds and their fields, how their cells are read, and what can be wrong with a cell.

Pure. Knows nothing of workbooks, sheets' layouts or rules.
"""

from sheets_crm.cards.lexicon import Habits, habits
from sheets_crm.cards.model import FieldType, Parsed, Problem, Reading, Severity, severity
from sheets_crm.cards.parse import parse, reading_of
from sheets_crm.cards.problems import message, title
from sheets_crm.cards.readers.dates import detect_date_order
from sheets_crm.cards.readers.numbers import detect_decimal
from sheets_crm.cards.schema import (
    CardSchema,
    FieldSpec,
    Funnel,
    Stage,
    Template,
    alias_table,
    parse_template,
    template_schema,
)
from sheets_crm.cards.templates import template, template_texts
from sheets_crm.cards.text import clean, cleaned, fold, folded
from sheets_crm.cards.yamlmodel import load_model

__all__ = [
    "CardSchema", "FieldSpec", "FieldType", "Funnel", "Habits", "Parsed", "Problem", "Reading", "Severity", "Stage", "Template",
    "alias_table", "clean", "cleaned", "detect_date_order", "detect_decimal", "fold", "folded", "habits", "load_model", "message",
    "parse", "parse_template", "reading_of", "severity", "template", "template_schema", "template_texts", "title",
]  # fmt: skip
