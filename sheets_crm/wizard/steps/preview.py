"""Step "preview": what was found in the workbook, and what would be written where. It is `plan` on the real workbook."""

from __future__ import annotations

from collections.abc import Mapping

from sheets_crm.wizard.draft import Draft
from sheets_crm.wizard.shapes import Action, Given, Screen
from sheets_crm.wizard.step import Answered
from sheets_crm.wizard.steps import findings
from sheets_crm.wizard.steps.asked import screen, told
from sheets_crm.wizard.steps.shared import AGAIN, OneScreen, waited_for
from sheets_crm.wizard.trial import Trials
from sheets_crm.words import Lang, say


class PreviewStep(OneScreen):
    """One screen, nothing to fill in: go on, look again, or go back and mend."""

    id = "preview"
    key = "setup_run.preview"

    def __init__(self, trials: Trials) -> None:
        self._trials = trials

    def screen(self, part: str, draft: Draft, wrong: Mapping[str, str], lang: Lang) -> Screen:
        """All that was found; while it is reckoned, that it is."""
        title = self.title(part, draft, lang)
        trial = self._trials.of(draft)
        waiting = waited_for(part, title, trial, lang, wrong=wrong, intro=say("setup_run.preview.intro", lang))
        if waiting is not None or trial.result is None:
            assert waiting is not None
            return waiting
        again = Action(AGAIN, say("setup_run.again", lang))
        blocks = findings.blocks(trial.result, draft, lang)
        intro = say("setup_run.preview.intro", lang)
        return screen(
            part, title, blocks, lang, wrong=wrong, intro=intro, actions=(again,), go_on="setup_run.preview.go_on"
        )

    def answer(self, part: str, draft: Draft, given: Given, action: str, lang: Lang) -> Answered:  # noqa: ARG002 - as of any step
        """On, where there is something to go on with."""
        if action == AGAIN:
            self._trials.look_again()
            return Answered(draft, stay=True)
        trial = self._trials.of(draft)
        if trial.is_running:
            return Answered(draft, stay=True)
        if trial.error is not None:
            return Answered(draft, {"": told(trial.error, lang)})
        return Answered(draft)
