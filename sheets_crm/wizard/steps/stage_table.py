"""The stages of a funnel as a table to confirm: each met spelling, what it counts as, and where it stands. Pure.

Made from what the base itself would take the stages to be; an answer turns it into the funnel's settings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from rapidfuzz import fuzz

from sheets_crm.base.stages import FunnelSpec
from sheets_crm.cards import fold

Kind = Literal["open", "offer", "won", "lost", "same", "none"]
STAGES: tuple[Kind, ...] = ("open", "offer", "won", "lost")  # what counts as a stage
MOST_ROWS = 40  # the rarest spellings beyond that are told, not asked
_STEM = 6  # letters by which a word is known, whatever its ending
_ALIKE = 84.0  # of 100: letters that two spellings of one stage share at least


@dataclass(frozen=True)
class Row:
    """One name met in the cells, or one that the trade has. same: the stage it is another name of."""

    name: str
    count: int
    spelled: tuple[str, ...]
    kind: Kind
    same: str = ""

    @property
    def is_stage(self) -> bool:
        """Does it count as a stage of its own?"""
        return self.kind in STAGES


@dataclass(frozen=True)
class StageTable:
    """A funnel. rows: its stages in order, then other names by how often they are met. left_out: rare names beyond the most."""

    name: str
    card: str
    label: str
    sheets: tuple[str, ...]
    rows: tuple[Row, ...]
    left_out: tuple[Row, ...] = ()
    probabilities: Mapping[str, float] = field(default_factory=dict)

    @property
    def stages(self) -> list[Row]:
        """Those rows that are stages, in order."""
        return [row for row in self.rows if row.is_stage]


def table_of(spec: FunnelSpec, met: Mapping[str, int]) -> StageTable:
    """A funnel as settings have it. met: text in a cell -> how often; what they do not know counts as no stage."""
    counts: Counter[str] = Counter()
    spelled: dict[str, Counter[str]] = {}
    for text, count in met.items():
        counts[fold(text)] += count
        spelled.setdefault(fold(text), Counter())[text] += count
    own = {fold(stage): stage for stage in spec.stages}
    rows = [Row(stage, counts[name], spellings(spelled.get(name)), _kind(spec, stage)) for name, stage in own.items()]
    others = []
    for name, count in counts.most_common():
        if name not in own:
            shown = spelled[name].most_common(1)[0][0]
            kind, same = _counts_as(shown, spec)
            others.append(Row(shown, count, spellings(spelled[name]), kind, same))
    room = max(0, MOST_ROWS - len(rows))
    return StageTable(
        spec.name,
        spec.card,
        spec.label,
        spec.sheets,
        (*rows, *others[:room]),
        tuple(others[room:]),
        dict(spec.probabilities),
    )


def spellings(spelled: Counter[str] | None) -> tuple[str, ...]:
    """How a name is written, the commonest first; four at most."""
    return tuple(text for text, _ in spelled.most_common(4)) if spelled else ()


def _kind(spec: FunnelSpec, stage: str) -> Kind:
    kind = spec.kind(stage)
    if kind == "won":
        return "won"
    if kind == "lost":
        return "lost"
    return "none" if kind is None else "offer" if stage in spec.offer else "open"


def _counts_as(name: str, spec: FunnelSpec) -> tuple[Kind, str]:
    """What a name that is no stage is to the settings: another name of one, or nothing known."""
    target = spec.aliases.get(fold(name))
    if target is not None:
        return "same", target
    return "none", ""


def surely_alike(one: str, other: str) -> bool:
    """Are two names spellings of one?"""
    return likeness(one, other) >= _ALIKE


def likeness(one: str, other: str) -> float:
    """0..100: letters in common. As good as equal: a name that holds the other whole («Отказ клиента»), the same words with other
    endings in another order («выставили счёт»).
    """
    a, b = fold(one), fold(other)
    if " " in a and {word[:_STEM] for word in a.split()} == {word[:_STEM] for word in b.split()}:
        return 90.0
    shorter, longer = sorted((a, b), key=len)
    if len(shorter) >= 4 and (longer.startswith(f"{shorter} ") or longer.endswith(f" {shorter}")):
        return 90.0
    return fuzz.ratio(a, b)


@dataclass(frozen=True)
class OfTrade:
    """A funnel as the template has it. stages: name and kind in order. aliases: folded -> stage."""

    stages: tuple[tuple[str, Kind], ...]
    aliases: Mapping[str, str]

    @staticmethod
    def of(spec: FunnelSpec) -> OfTrade:
        """From the funnel as the base would take it from the template alone."""
        return OfTrade(tuple((stage, _kind(spec, stage)) for stage in spec.stages), spec.aliases)


def settings_of_table(
    table: StageTable, trade: OfTrade | None, said: Mapping[str, Any], names: Sequence[str]
) -> dict[str, Any]:
    """The funnel as crm.yaml says it; what is equal to the trade is left out.

    said: its settings so far, from which what the table does not hold is kept. names: all sheets of its card.
    """
    kept = {key: value for key, value in said.items() if key in {"stuck_days", "blocks_reactivation", "probabilities"}}
    settings: dict[str, Any] = {"card": table.card}
    if table.sheets and set(table.sheets) != set(names):
        settings["sheets"] = list(table.sheets)
    as_trade = trade is not None and tuple((row.name, row.kind) for row in table.stages) == trade.stages
    known = trade.aliases if trade is not None and as_trade else {}
    if not as_trade:
        settings |= _stated(table, "probabilities" in kept)
    same = {row.name: row.same for row in table.rows if row.kind == "same"}
    aliases = {name: stage for name, stage in same.items() if known.get(fold(name)) != stage}
    return {**settings, **({"aliases": aliases} if aliases else {}), **kept}


def _stated(table: StageTable, has_chances: bool) -> dict[str, Any]:  # noqa: FBT001
    """Stages of the owner's own."""
    settings: dict[str, Any] = {"label": table.label} if table.label != table.name else {}
    settings["stages"] = [row.name for row in table.stages]
    for kind in ("won", "lost", "offer"):
        settings[kind] = [row.name for row in table.stages if row.kind == kind]
    own = {row.name for row in table.stages}
    chances = {stage: chance for stage, chance in table.probabilities.items() if stage in own}
    return {**settings, **({"probabilities": chances} if chances and not has_chances else {})}
