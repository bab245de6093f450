"""A problem as people read it: one sentence or two, what is wrong and what to do.

The cell's place is not part of the sentence: it stands in its own column. Texts: words/*/problems.yaml, one entry a kind.
"""

from __future__ import annotations

from sheets_crm.cards.model import Problem
from sheets_crm.words import Lang, knows, say

# Every kind that the program can report, in the order of the reference.
KINDS = (
    "bad_date", "date_as_text", "date_in_future", "bad_number", "number_as_text", "negative_amount", "currency_mismatch",
    "bad_phone", "phone_as_number", "phone_lost_zero", "several_phones", "bad_email", "bad_tax_id", "bad_format",
    "birth_implausible", "required_blank", "unknown_value", "duplicate_id", "orphan_link", "ambiguous_link",
    "duplicate_client", "photo_missing", "cell_error", "not_calculated", "tooth_invalid", "column_moved", "column_lost",
    "header_duplicate",
)  # fmt: skip


def message(problem: Problem, lang: Lang) -> str:
    """What is wrong and what to do, in a language. `problem.values["field"]` names the field as people call it."""
    return " ".join(what_and_do(problem, lang))


def what_and_do(problem: Problem, lang: Lang) -> tuple[str, str]:
    """The same in its two halves: what is wrong (with what stands in the cell), and what to do."""
    what, do = (_say(problem, part, lang) for part in ("what", "do"))
    if problem.suggestion and problem.severity == "error":
        return what, f"{say('problems.try', lang, suggestion=problem.suggestion)} {do}"
    return what, do


def title(kind: str, lang: Lang) -> str:
    """The name of a kind of problem, for lists and counts."""
    return say(f"problems.{_known(kind, lang)}.title", lang)


def _say(problem: Problem, part: str, lang: Lang) -> str:
    values = {"field": problem.field, "suggestion": problem.suggestion or ""} | problem.values | {"seen": problem.seen}
    return say(f"problems.{_known(problem.kind, lang)}.{part}", lang, **values)


def _known(kind: str, lang: Lang) -> str:
    """The kind, or "unknown" for one that a rule pack brought without a text of its own."""
    return kind if knows(f"problems.{kind}.title", lang) else "unknown"
