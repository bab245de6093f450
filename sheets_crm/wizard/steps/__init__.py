"""The steps of the conversation, in order: what they ask, and what their answers come to in crm.yaml."""

from __future__ import annotations

from collections.abc import Iterable

from sheets_crm.wizard.reading import Reader
from sheets_crm.wizard.step import Step, World


def first_half(reader: Reader, world: World, recent: Iterable[str] = ()) -> tuple[Step, ...]:
    """Which workbook, what is what in it, its trade, its stages. recent: workbooks of earlier conversations."""
    from sheets_crm.wizard.steps.columns import ColumnsStep
    from sheets_crm.wizard.steps.sheets import SheetsStep
    from sheets_crm.wizard.steps.stages import StagesStep
    from sheets_crm.wizard.steps.trade import TradeStep
    from sheets_crm.wizard.steps.workbook import WorkbookStep

    return (
        WorkbookStep(reader, world, recent), SheetsStep(reader), ColumnsStep(reader), TradeStep(reader, world), StagesStep(reader),
    )  # fmt: skip
