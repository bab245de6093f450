"""The second half of the conversation: from the people met in the workbook to the first sync, over one plan that they share."""

from __future__ import annotations

from datetime import date

from sheets_crm.wizard.secrets import Addresses
from sheets_crm.wizard.step import Step, World
from sheets_crm.wizard.steps.finish import FinishStep
from sheets_crm.wizard.steps.managers import ManagersStep
from sheets_crm.wizard.steps.preview import PreviewStep
from sheets_crm.wizard.steps.rules import RulesStep
from sheets_crm.wizard.steps.timetable import TimetableStep
from sheets_crm.wizard.trial import Trials


def second_half(reader: object, world: World, today: date | None = None) -> tuple[Step, ...]:
    """Managers, rules, preview, timetable, finish, in this order.

    reader: of the first half; not needed here, for a plan reads the workbook whole, our own tabs and marks too.
    today: None for the day it is in the workbook's time zone.
    """
    _ = reader
    trials, addresses = Trials(world, today), Addresses()
    return (
        ManagersStep(trials),
        RulesStep(trials),
        PreviewStep(trials),
        TimetableStep(world, addresses),
        FinishStep(world, addresses, today),
    )
