"""Funnels as they hold for a workbook: stages in order, what each means, and under which names it is met in cells.

What the owner leaves out comes from the template, else from the stages found in the cells. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

import yaml

from sheets_crm.base.model import Binding, BoundColumn
from sheets_crm.base.settings import BaseSettings, FunnelSettings
from sheets_crm.books.model import Grid
from sheets_crm.cards import Template, fold
from sheets_crm.cards.lexicon import folded
from sheets_crm.cards.schema import Funnel
from sheets_crm.words import Lang

_LEAST_ROWS = 3  # a stage nobody knows must be met this often to count as one, not as a slip of the pen
_LEAST_SHARE = 0.01
_LIST_SHARE = 0.8  # of the filled stage cells must stand in a list of the owner's
_LIST_MET = 0.6  # of such a list must be met: a report that names the stages among other things is none
_LONGEST_LIST = 200  # rows of a sheet that holds lists
_TRADE_SHARE = 0.6  # of the filled stage cells must be known to the trade template's funnel


@dataclass(frozen=True)
class FunnelSpec:
    """A funnel ready to use. `sheets` empty: every sheet bound to the card."""

    name: str
    card: str
    label: str
    sheets: tuple[str, ...]
    stages: tuple[str, ...]
    open: frozenset[str]
    won: frozenset[str]
    lost: frozenset[str]
    offer: frozenset[str]
    aliases: Mapping[str, str]  # folded -> stage
    probabilities: Mapping[str, float]
    stuck_days: int
    blocks_reactivation: bool

    def kind(self, stage: str) -> str | None:
        """open, won or lost; None for a stage that the owner counts as none of them."""
        return "won" if stage in self.won else "lost" if stage in self.lost else "open" if stage in self.open else None

    def holds(self, sheet: str) -> bool:
        """Do the cards of this sheet belong to the funnel?"""
        return not self.sheets or sheet in self.sheets


def funnel_specs(
    settings: BaseSettings, template: Template, bindings: Mapping[str, Binding], grids: Mapping[str, Grid], lang: Lang
) -> tuple[FunnelSpec, ...]:
    """The funnels of a workbook: the owner's, else the template's, else one for each sheet that has a stage column."""
    trades = template.funnels if template.id != "base" else {}
    if settings.funnels:
        specs = [
            _spec(name, _completed(funnel, trades.get(name), bindings, grids, lang))
            for name, funnel in settings.funnels.items()
        ]
    elif trades and _covers(trade := [_spec(n, _of_trade(f, lang)) for n, f in trades.items()], bindings, grids):
        specs = trade
    else:
        specs = [
            _spec(sheet, _met_on(bindings[sheet], column, grids[sheet], lists))
            for lists in [_lists(bindings, grids)]
            for sheet, column in _stage_columns(bindings, grids)
        ]
    return tuple(_with_aliases(spec, settings.stage_aliases) for spec in specs if spec.stages)


def _covers(trade: Sequence[FunnelSpec], bindings: Mapping[str, Binding], grids: Mapping[str, Grid]) -> bool:
    """Are most stages in the cells those of the trade? An owner with stages of their own gets a funnel of their own."""
    known = filled = 0
    for sheet, column in _stage_columns(bindings, grids):
        texts = _stage_texts(bindings[sheet], column, grids[sheet])
        filled += len(texts)
        known += sum(
            1 for text in texts if any(spec.card == column.card and fold(text) in spec.aliases for spec in trade)
        )
    return bool(trade) and known >= _TRADE_SHARE * filled


def _stage_texts(binding: Binding, column: BoundColumn, grid: Grid) -> list[str]:
    texts = grid.columns[column.index].gather(binding.layout.rows - 1).text.drop_nulls().to_list()
    return [text for text in texts if fold(text) not in folded("blank")]


def _stage_columns(bindings: Mapping[str, Binding], grids: Mapping[str, Grid]) -> list[tuple[str, BoundColumn]]:
    return [
        (sheet, column)
        for sheet, binding in bindings.items()
        for column in binding.columns
        if column.field == "stage" and column.card in ("lead", "deal") and column.index < len(grids[sheet].columns)
    ]


def _met_on(binding: Binding, column: BoundColumn, grid: Grid, lists: Sequence[Sequence[str]]) -> FunnelSettings:
    stages = stages_met(_stage_texts(binding, column, grid), lists)
    return FunnelSettings(card=_card(column.card), sheets=(binding.sheet,), stages=stages)


def _lists(bindings: Mapping[str, Binding], grids: Mapping[str, Grid]) -> list[list[str]]:
    """The short columns of texts on sheets that hold no cards: the lists that an owner's drop-downs are fed from."""
    found = []
    for sheet, grid in grids.items():
        if sheet not in bindings and grid.height <= _LONGEST_LIST:
            for column in grid.columns:
                texts = [" ".join(text.split()) for text in column.text.drop_nulls().to_list()]
                found.append([text for text in dict.fromkeys(texts) if text])
    return [texts for texts in found if len(texts) >= _LEAST_ROWS]


def _with_aliases(spec: FunnelSpec, aliases: Mapping[str, str]) -> FunnelSpec:
    own = {fold(stage): stage for stage in spec.stages}
    more = {fold(alias): own[fold(stage)] for alias, stage in aliases.items() if fold(stage) in own}
    return replace(spec, aliases={**more, **spec.aliases})


def _completed(
    funnel: FunnelSettings, trade: Funnel | None, bindings: Mapping[str, Binding], grids: Mapping[str, Grid], lang: Lang
) -> FunnelSettings:
    """The owner's funnel. Stages that it does not list are the trade's under the same name, else those met in the cells.

    A stage of the owner's that the trade has too is known by the trade's spellings of it as well.
    """
    if funnel.stages:
        return funnel if trade is None else funnel.model_copy(update={"aliases": _spellings(funnel, trade, lang)})
    below = _of_trade(trade, lang) if trade is not None else FunnelSettings(
        card=funnel.card,
        stages=stages_met(
            text
            for sheet, column in _stage_columns(bindings, grids)
            if column.card == funnel.card and (not funnel.sheets or sheet in funnel.sheets)
            for text in _stage_texts(bindings[sheet], column, grids[sheet])
        ),
    )  # fmt: skip
    own = {key: getattr(funnel, key) for key in funnel.model_fields_set if key != "stages"}
    return below.model_copy(update={**own, "aliases": {**below.aliases, **funnel.aliases}})


def _spellings(funnel: FunnelSettings, trade: Funnel, lang: Lang) -> dict[str, str]:
    """The owner's spellings over the trade's, of stages that both have. What is a stage itself is no spelling of another."""
    own = {fold(stage): stage for stage in funnel.stages}
    shared = {alias: own[fold(stage)] for alias, stage in trade.aliases(lang).items() if fold(stage) in own}
    stated = {fold(alias) for alias in funnel.aliases}
    return {
        alias: stage for alias, stage in shared.items() if alias not in own and alias not in stated
    } | funnel.aliases


def trade_specs(template: Template, lang: Lang) -> tuple[FunnelSpec, ...]:
    """The template's funnels alone; none of the template that fits any trade, whose stages are only an example."""
    return tuple(_spec(name, _of_trade(one, lang)) for name, one in template.funnels.items() if template.id != "base")


def stage_columns(bindings: Mapping[str, Binding], grids: Mapping[str, Grid]) -> list[tuple[str, BoundColumn]]:
    """The columns that hold stages of leads and deals, with their sheets."""
    return _stage_columns(bindings, grids)


def stage_counts(binding: Binding, column: BoundColumn, grid: Grid) -> Counter[str]:
    """How often each text stands in a column of stages, as typed but for spaces; blanks are left out."""
    return Counter(" ".join(text.split()) for text in _stage_texts(binding, column, grid))


def _of_trade(funnel: Funnel, lang: Lang) -> FunnelSettings:
    return FunnelSettings(
        card=_card(funnel.card), label=funnel.label.say(lang), stages=funnel.stage_names(lang), won=funnel.stage_names(lang, kind="won"),
        lost=funnel.stage_names(lang, kind="lost"), offer=funnel.stage_names(lang, role="offer"), aliases=funnel.aliases(lang),
        probabilities={stage.name.say(lang): stage.probability for stage in funnel.stages if stage.probability is not None},
    )  # fmt: skip


def _card(card: str) -> Any:
    return card


def stages_met(texts: Iterable[str], lists: Iterable[Sequence[str]] = ()) -> tuple[str, ...]:
    """The stages of a column, in order: the owner's own list that most cells agree with, else those met.

    Those met stand in the order of the trade that covers most of them, the rest as first met, won and lost last.
    """
    counts: Counter[str] = Counter()
    spelled: dict[str, Counter[str]] = {}
    for text in texts:
        if fold(text) not in folded("blank"):
            counts[fold(text)] += 1
            spelled.setdefault(fold(text), Counter())[" ".join(text.split())] += 1
    if own := _own_list(counts, lists):
        return own
    known = {fold(stage) for trade in _trades() for stage in trade}
    least = max(_LEAST_ROWS, _LEAST_SHARE * sum(counts.values()))
    met = [name for name, count in counts.items() if name in known or count >= least]
    best = max(_trades(), key=lambda trade: sum(counts[fold(stage)] for stage in trade), default=())
    place = {fold(stage): position for position, stage in enumerate(best)}
    end = {"won": 1000, "lost": 2000}
    order = sorted(
        met,
        key=lambda name: (end.get(stage_role(name) or "", place.get(name, 500)), place.get(name, 0), met.index(name)),
    )
    return tuple(spelled[name].most_common(1)[0][0] for name in order)


def _own_list(counts: Counter[str], lists: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """The owner's own list of stages, if most cells agree with one; what stands above its first stage is its heading."""
    own = max(lists, key=lambda stages: (_rows_in(stages, counts), _share_met(stages, counts)), default=())
    if not counts or _rows_in(own, counts) < _LIST_SHARE * sum(counts.values()) or _share_met(own, counts) < _LIST_MET:
        return ()
    return tuple(own[min(position for position, stage in enumerate(own) if fold(stage) in counts) :])


def listed_stages(
    sheet: str, column: BoundColumn, bindings: Mapping[str, Binding], grids: Mapping[str, Grid]
) -> tuple[str, ...]:
    """The list of stages that the owner keeps in the workbook for this column, in its order; () where there is none."""
    counts = Counter(fold(text) for text in _stage_texts(bindings[sheet], column, grids[sheet]))
    return _own_list(counts, _lists(bindings, grids))


def _share_met(stages: Sequence[str], counts: Counter[str]) -> float:
    return sum(1 for stage in stages if fold(stage) in counts) / len(stages) if stages else 0.0


def _rows_in(stages: Iterable[str], counts: Counter[str]) -> int:
    return sum(counts[name] for name in {fold(stage) for stage in stages})


def _spec(name: str, funnel: FunnelSettings) -> FunnelSpec:
    stages = funnel.stages
    lost = _chosen(funnel.lost, stages, "lost")
    won = _chosen(funnel.won, stages, "won") - (lost if funnel.won is None else frozenset())
    opened = frozenset(funnel.open) if funnel.open is not None else frozenset(stages) - won - lost
    aliases = {fold(stage): stage for stage in stages} | {
        fold(alias): _own(stage, stages) for alias, stage in funnel.aliases.items()
    }
    return FunnelSpec(
        name=name, card=funnel.card, label=funnel.label or name, sheets=funnel.sheets, stages=stages,
        open=opened, won=won, lost=lost, offer=_chosen(funnel.offer, [s for s in stages if s in opened], "offer"),
        aliases=aliases, probabilities=funnel.probabilities, stuck_days=funnel.stuck_days,
        blocks_reactivation=funnel.blocks_reactivation,
    )  # fmt: skip


def _own(stage: str, stages: Sequence[str]) -> str:
    return next((name for name in stages if fold(name) == fold(stage)), stage)


def _chosen(stated: Sequence[str] | None, stages: Sequence[str], role: str) -> frozenset[str]:
    if stated is not None:
        return frozenset(_own(stage, stages) for stage in stated)
    return frozenset(stage for stage in stages if stage_role(stage) == role)


def stage_role(stage: str) -> str | None:
    """lost, won or offer, by the words in a stage's name; None for any other stage."""
    name = fold(stage)
    roles = ("lost", "offer") if any(_says(name, word) for word in _data()["not_won"]) else ("lost", "won", "offer")
    return next((role for role in roles if any(_says(name, word) for word in _data()["roles"][role])), None)


def _says(name: str, word: str) -> bool:
    """A short word must stand alone («кп»), a longer one may be the start of a word («закрыт» in «закрыто»)."""
    return any(part == word if len(word) <= 3 else part.startswith(word) for part in name.split()) or (
        " " in word and word in name
    )


def stage_aliases(funnels: Iterable[FunnelSpec], binding: Binding) -> Mapping[str, Mapping[str, str]]:
    """For each card of a sheet: folded name as met in a cell -> canonical stage."""
    result: dict[str, dict[str, str]] = {}
    for spec in funnels:
        if spec.card in binding.cards and spec.holds(binding.sheet):
            result.setdefault(spec.card, {}).update(spec.aliases)
    return result


@cache
def _trades() -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(stages) for trade in _data()["trades"].values() for stages in trade)


@cache
def _data() -> Any:
    return yaml.safe_load(resources.files("sheets_crm.base").joinpath("stage_names.yaml").read_text("utf-8"))
