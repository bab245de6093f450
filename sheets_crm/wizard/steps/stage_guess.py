"""What the stages of a workbook most likely are: the owner's own names, with what the trade knows of them. Pure.

The base puts each sheet's stages in order; here sheets with the same stages become one funnel, spellings are joined, and stages
that the trade has and nobody has reached yet are offered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sheets_crm.base.stages import FunnelSpec, stage_role
from sheets_crm.cards import Template, fold
from sheets_crm.cards.schema import Stage
from sheets_crm.wizard.steps.stage_table import MOST_ROWS, Kind, Row, StageTable, likeness, spellings, surely_alike
from sheets_crm.words import Lang

_COVERS = 0.6  # share of the cells that the trade must know for its order and unreached stages to be offered
_SHARED = 0.5  # of the smaller one's stages that two sheets must have in common to be one funnel
_LEAST, _LEAST_SHARE = 5, 0.03  # a name that nobody knows counts as a stage when it is met so often
_OWN_END = 0.1  # another word for won or lost is an end of its own from this share on
_USUAL = {"deal": "deals", "lead": "leads"}


@dataclass(frozen=True)
class Met:
    """A sheet's stages: its funnel as the base has it, and how often each text stands in its cells.

    is_listed: the owner keeps a list of these stages.
    """

    spec: FunnelSpec
    counts: Mapping[str, int]
    is_listed: bool = False


@dataclass
class _Group:
    card: str
    sheets: list[str]
    stages: list[str]
    counts: Counter[str]
    is_listed: bool

    @property
    def rows(self) -> int:
        return sum(self.counts.values())


def guessed_tables(
    found: Sequence[Met], trade: Template, lang: Lang, labels: Mapping[str, str]
) -> dict[str, StageTable]:
    """The funnels by name. found: of each sheet with a column of stages. labels: card -> what a funnel of it is called."""
    groups = _groups(found)
    names: dict[str, _Group] = {}
    for group in sorted(groups, key=lambda one: -one.rows):  # the fullest one takes the usual name
        usual = next(
            (name for name, one in trade.funnels.items() if one.card == group.card), _USUAL.get(group.card, group.card)
        )
        names[usual if usual not in names else group.sheets[0]] = group
    in_order = sorted(names.items(), key=lambda item: groups.index(item[1]))
    return {name: _table(name, group, groups, _Trade(trade, group, lang), labels) for name, group in in_order}


def _table(name: str, group: _Group, groups: Sequence[_Group], trade: _Trade, labels: Mapping[str, str]) -> StageTable:
    alone = sum(1 for one in groups if one.card == group.card) == 1
    rows, left_out = _few(_rows(group, trade))
    label = labels.get(group.card, name) if alone else group.sheets[0]
    sheets = () if alone else tuple(group.sheets)
    return StageTable(name, group.card, label, sheets, rows, left_out, trade.chances(rows))


def _groups(found: Sequence[Met]) -> list[_Group]:
    """Sheets of one card with much the same stages are one funnel, as months and branches are."""
    groups: list[_Group] = []
    for met in found:
        names = {fold(stage) for stage in met.spec.stages}
        sheet = met.spec.sheets[0] if met.spec.sheets else met.spec.name
        for group in groups:
            own = {fold(stage) for stage in group.stages}
            if group.card == met.spec.card and len(own & names) >= _SHARED * min(len(own), len(names)):
                group.sheets.append(sheet)
                group.stages += [stage for stage in met.spec.stages if fold(stage) not in own]
                group.counts.update(met.counts)
                group.is_listed |= met.is_listed
                break
        else:
            groups.append(_Group(met.spec.card, [sheet], list(met.spec.stages), Counter(met.counts), met.is_listed))
    return groups


class _Trade:
    """What the trade's funnel says of the names of a group."""

    def __init__(self, trade: Template, group: _Group, lang: Lang) -> None:
        funnel = next((one for one in trade.funnels.values() if one.card == group.card), None)
        self._funnel = funnel
        self.is_example = trade.id == "base"  # its stages are nobody's own
        names = funnel.aliases(lang) if funnel is not None else {}
        by_name = {stage.name.say(lang): stage for stage in funnel.stages} if funnel is not None else {}
        self._stages: dict[str, Stage] = {alias: by_name[name] for alias, name in names.items()}
        known = sum(count for text, count in group.counts.items() if fold(text) in self._stages)
        self.covers = funnel is not None and known >= _COVERS * group.rows

    def chances(self, rows: Sequence[Row]) -> dict[str, float]:
        """How likely a deal is won from each stage."""
        if self.is_example:
            return {}
        found = {row.name: stage.probability for row in rows if row.is_stage and (stage := self.stage(row.name))}
        return {name: chance for name, chance in found.items() if chance is not None}

    def stage(self, name: str) -> Stage | None:
        """The trade's stage of this name or spelling."""
        return self._stages.get(fold(name))

    def place(self, name: str) -> int | None:
        """Where it stands in the trade's order."""
        stage = self.stage(name)
        return list(self._funnel.stages).index(stage) if stage is not None and self._funnel is not None else None

    @property
    def stages(self) -> tuple[Stage, ...]:
        return self._funnel.stages if self._funnel is not None else ()


def _rows(group: _Group, trade: _Trade) -> tuple[Row, ...]:
    counts: Counter[str] = Counter()
    spelled: dict[str, Counter[str]] = {}
    for text, count in group.counts.items():
        counts[fold(text)] += count
        spelled.setdefault(fold(text), Counter())[text] += count
    listed = group.is_listed
    own = [stage for stage in group.stages if listed or _is_stage(stage, counts[fold(stage)], group.rows, trade)]
    rows = [
        Row(stage if listed else _called(stage, spelled.get(fold(stage)), trade), counts[fold(stage)], spellings(spelled.get(fold(stage))), _kind(stage, trade))
        for stage in own
    ]  # fmt: skip
    rows = rows if listed else _joined(rows, trade)
    stages = [row for row in rows if row.is_stage]
    if trade.covers and not listed and not trade.is_example:
        stages = _with_unreached(stages, trade)
    others = [row for row in rows if not row.is_stage]
    named = {fold(row.name) for row in (*stages, *others)}
    for name, _ in counts.most_common():
        if name not in named:
            shown = spelled[name].most_common(1)[0][0]
            kind, same = _counts_as(shown, stages, trade)
            others.append(Row(shown, counts[name], spellings(spelled[name]), kind, same))
    return (*stages, *sorted(others, key=lambda row: -row.count))


def _is_stage(name: str, count: int, rows: int, trade: _Trade) -> bool:
    """Is a name that was met a stage of its own, rather than a slip or another word for one?"""
    if trade.stage(name) is not None:
        return True
    if stage_role(name) in {"won", "lost"}:
        return not trade.covers or count >= _OWN_END * rows
    return count >= max(_LEAST, _LEAST_SHARE * rows)


def _called(name: str, spelled: Counter[str] | None, trade: _Trade) -> str:
    """A stage's name as it is best written: with a capital letter, as most such cells have it or the trade has it."""
    written = [text for text, _ in spelled.most_common()] if spelled else []
    stage = trade.stage(name)
    known = [own for own in (stage.name.ru, stage.name.en) if fold(own) == fold(name)] if stage is not None else []
    return next((text for text in (*written, *known) if text[:1].isupper() and not text.isupper()), name)


def _few(rows: Sequence[Row]) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    """The rows that are asked about, and the rarest names beyond."""
    most = max(MOST_ROWS, sum(1 for row in rows if row.is_stage))
    return tuple(rows[:most]), tuple(rows[most:])


def _kind(name: str, trade: _Trade) -> Kind:
    stage = trade.stage(name) if trade.covers else None
    if stage is not None:
        if stage.kind != "open":
            return stage.kind
        return "offer" if stage.role == "offer" else "open"
    role = stage_role(name)
    if role == "won":
        return "won"
    if role == "lost":
        return "lost"
    return "offer" if role == "offer" else "open"


def _joined(rows: Sequence[Row], trade: _Trade) -> list[Row]:
    """Names of one stage, by the trade or by their letters, joined under the commonest."""
    kept: list[Row] = []
    joined: dict[str, Row] = {}
    for row in sorted(rows, key=lambda one: -one.count):
        stage = trade.stage(row.name)
        twin = next((one for one in kept if stage is not None and trade.stage(one.name) == stage), None)
        twin = twin or next((one for one in kept if row.kind == one.kind and surely_alike(row.name, one.name)), None)
        joined[row.name] = row if twin is None else Row(row.name, row.count, row.spelled, "same", twin.name)
        kept += [row] if twin is None else []
    return [joined[row.name] for row in rows]


def _with_unreached(rows: Sequence[Row], trade: _Trade) -> list[Row]:
    """The stages in the trade's order, with those of the trade that nobody has reached yet."""
    reached = {trade.place(row.name) for row in rows}
    place, before = {}, -1.0
    for row in rows:
        known = trade.place(row.name)
        before = float(known) if known is not None else before + 0.01
        place[row.name] = before
    more = []
    for at, stage in enumerate(trade.stages):
        if at not in reached:
            name = stage.name.ru if _is_russian(rows) else stage.name.en
            more.append(Row(name, 0, (), _kind(name, trade)))
            place[name] = float(at)
    return sorted([*rows, *more], key=lambda row: place[row.name])


def _is_russian(rows: Sequence[Row]) -> bool:
    """Are the owner's stages written in Cyrillic?"""
    letters = "".join(row.name for row in rows)
    return sum("\u0400" <= char <= "\u04ff" for char in letters) * 2 > sum(map(str.isalpha, letters))


def _counts_as(name: str, stages: Sequence[Row], trade: _Trade) -> tuple[Kind, str]:
    """What a name that is no stage most likely is: another name of one, or a slip of the pen."""
    meant = trade.stage(name)
    twin = next((row.name for row in stages if meant is not None and trade.stage(row.name) == meant), None)
    if twin is not None:
        return "same", twin
    near = max(stages, key=lambda row: likeness(name, row.name), default=None)
    if near is not None and surely_alike(name, near.name):
        return "same", near.name
    role = stage_role(name)
    ends = [row.name for row in stages if row.kind == role] if role in {"won", "lost"} else []
    return ("same", ends[0]) if len(ends) == 1 else ("none", "")
