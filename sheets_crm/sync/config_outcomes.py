"""`tasks.again` of crm.yaml: when to try again after an outcome that asks for it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sheets_crm.base.settings import Settings


class AgainSettings(Settings):
    """After an outcome such as "no answer"; a rule may say otherwise."""

    # days until the second try, the third ...; the last number repeats
    after_days: Annotated[tuple[Annotated[int, Field(ge=1, le=365)], ...], Field(min_length=1, max_length=20)] = (
        1,
        2,
        4,
        7,
    )
    tries: int = Field(default=5, ge=1, le=20)  # so many without success, then a task for `to`
    to: Literal["head", "owner"] = "head"
