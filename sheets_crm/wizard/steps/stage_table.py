"""The stages of a funnel as a table to confirm: each met spelling, what it counts as, and where it stands. Pure.

Made from what the base itself would take the stages to be; an answer turns it into the funnel's settings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from rapidfuzz import fuzz

from sheets_crm.base.stages import FunnelSpec, stage_role
from sheets_crm.cards import fold

Kind = Literal["open", "offer", "won", "lost", "same", "none"]
STAGES: tuple[Kind, ...] = ("open", "offer", "won", "lost")  # what counts as a stage
MOST_ROWS = 40  # the rarest spellings beyond that are told, not asked
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


def table_of(spec: FunnelSpec, met: Mapping[str, int], said: Mapping[str, Any]) -> StageTable:
    """A funnel as it stands. met: text in a cell -> how often. said: its settings so far, which a guess does not overrule."""
    counts: Counter[str] = Counter()
    spelled: dict[str, Counter[str]] = {}
    for text, count in met.items():
        counts[fold(text)] += count
        spelled.setdefault(fold(text), Counter())[text] += count
    own = {fold(stage): stage for stage in spec.stages}
    rows = [Row(stage, counts[name], _spellings(spelled.get(name)), _kind(spec, stage)) for name, stage in own.items()]
    others = []
    for name, count in counts.most_common():
        if name not in own:
            shown = spelled[name].most_common(1)[0][0]
            kind, same = _counts_as(shown, spec, said)
            others.append(Row(shown, count, _spellings(spelled[name]), kind, same))
    rows = _joined(rows, spec, said)
    room = max(0, MOST_ROWS - len(rows))
    return StageTable(
        spec.name, spec.card, spec.label, spec.sheets, (*rows, *others[:room]), tuple(others[room:]), dict(spec.probabilities)
    )


def _spellings(spelled: Counter[str] | None) -> tuple[str, ...]:
    return tuple(text for text, _ in spelled.most_common(4)) if spelled else ()


def _kind(spec: FunnelSpec, stage: str) -> Kind:
    kind = spec.kind(stage)
    if kind == "won":
        return "won"
    if kind == "lost":
        return "lost"
    return "none" if kind is None else "offer" if stage in spec.offer else "open"


def _counts_as(name: str, spec: FunnelSpec, said: Mapping[str, Any]) -> tuple[Kind, str]:
    """What a name that is no stage yet most likely is: another name of a stage, a slip of the pen, or nothing known."""
    target = spec.aliases.get(fold(name))
    if target is not None:
        return "same", target
    if said.get("stages"):
        return "none", ""  # the owner's own list of stages does not have it
    near = max(spec.stages, key=lambda stage: _likeness(name, stage), default=None)
    if near is not None and _likeness(name, near) >= _ALIKE:
        return "same", near
    role = stage_role(name)
    alike = [stage for stage in spec.stages if stage_role(stage) == role] if role in {"won", "lost"} else []
    return ("same", alike[0]) if len(alike) == 1 else ("none", "")


def _likeness(one: str, other: str) -> float:
    """0..100: letters in common; a name that begins with the other whole («Отказ клиента») is as good as equal."""
    a, b = fold(one), fold(other)
    shorter, longer = sorted((a, b), key=len)
    if len(shorter) >= 4 and (longer.startswith(f"{shorter} ") or longer.endswith(f" {shorter}")):
        return 90.0
    return fuzz.ratio(a, b)


def _joined(rows: Sequence[Row], spec: FunnelSpec, said: Mapping[str, Any]) -> list[Row]:
    """Of stages that were only met in cells: «Отказ» and «Отказ клиента» are one, the commoner name gives it its name."""
    if said.get("stages") or spec.probabilities:
        return list(rows)
    kept: list[Row] = []
    for row in sorted(rows, key=lambda one: -one.count):
        twin = next((one for one in kept if row.kind == one.kind and _likeness(row.name, one.name) >= _ALIKE), None)
        kept.append(row if twin is None or not row.count else replace(row, kind="same", same=twin.name))
    place = {row.name: at for at, row in enumerate(rows)}
    return sorted(kept, key=lambda row: (not row.is_stage, place[row.name]))


def settings_of_table(table: StageTable, trade: StageTable | None, said: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The funnel as crm.yaml says it. trade: the same as the template has it: what is equal to that is left out.

    said: its settings so far, from which what the table does not hold is kept. names: all sheets of its card.
    """
    kept = {key: value for key, value in said.items() if key in {"stuck_days", "blocks_reactivation", "probabilities"}}
    stages = table.stages
    known = {fold(row.name): fold(row.same or row.name) for row in trade.rows} if trade is not None else {}
    aliases = {
        row.name: row.same for row in table.rows if row.kind == "same" and known.get(fold(row.name)) != fold(row.same)
    }
    settings: dict[str, Any] = {"card": table.card}
    if table.sheets and set(table.sheets) != set(names):
        settings["sheets"] = list(table.sheets)
    if trade is None and table.label != table.name:
        settings["label"] = table.label
    if trade is None or [(row.name, row.kind) for row in stages] != [(row.name, row.kind) for row in trade.stages]:
        settings["stages"] = [row.name for row in stages]
        for kind in ("won", "lost", "offer"):
            settings[kind] = [row.name for row in stages if row.kind == kind]
        own = {row.name for row in stages}
        chances = {stage: chance for stage, chance in table.probabilities.items() if stage in own}
        if chances and "probabilities" not in kept:
            settings["probabilities"] = chances
    return {**settings, **({"aliases": aliases} if aliases else {}), **kept}
