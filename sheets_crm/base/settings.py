"""What the owner says about their workbook's sheets: the part of crm.yaml that `base` and `analytics` read.

Unknown keys are refused. Pure.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from sheets_crm.cards.problems import KINDS
from sheets_crm.cards.yamlmodel import wrong

Scalar = str | int | float | bool


def _listed(value: object) -> object:
    """One value may be written without brackets."""
    return value if isinstance(value, (list, tuple)) or value is None else [value]


def _as_text(value: object) -> object:
    """A header or a stage may read like a number (2024): it is still a name."""
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


Text = Annotated[str, BeforeValidator(_as_text)]
Names = Annotated[tuple[Text, ...], BeforeValidator(_listed)]


class Settings(BaseModel):
    """Base of all settings: frozen, and a key we don't know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Requirement(Settings):
    """A field that must be filled. `any`: one of several is enough, reported at the first. `as`: the kind of problem a blank is."""

    field: str | None = None
    any: Names = ()
    kind: str = Field(default="required_blank", alias="as")

    @field_validator("kind")
    @classmethod
    def _is_known(cls, kind: str) -> str:
        if kind not in KINDS:
            raise wrong("errors.yaml.not_allowed", seen=kind, known=KINDS)
        return kind

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if bool(self.field) == bool(self.any):
            raise ValueError("either `field` or `any`")
        return self

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of which one must be filled."""
        return self.any or (self.field or "",)


def _requirement(value: object) -> object:
    return {"field": value} if isinstance(value, str) else value


class SheetSettings(Settings):
    """How one sheet is read. All of it may be left out: then it is guessed, and said."""

    card: Names = ()
    header_row: int | None = Field(default=None, ge=0, le=1_048_576)
    columns: dict[str, Text] | None = None  # field (or card.field) -> letter or header text
    fill_down: Names = ()  # columns whose value holds for the rows below it until the next one
    values: dict[str, Scalar] = {}  # field -> the value of every row
    key: str | None = None  # its rows are no cards: they tell more about the cards that have this field equal
    month: Annotated[str | None, Field(pattern=r"^\d{4}-\d{2}$")] = (
        None  # of a monthly sheet: bare numbers are its days
    )
    required: tuple[Annotated[Requirement, BeforeValidator(_requirement)], ...] | None = None
    like: str | None = None  # another sheet whose settings hold here too
    ignore: bool = False
    requests: bool | None = None  # its rows are requests (a form's answers); left out: so where a form writes them
    file: str | None = (
        None  # read-only source beside the configuration (.csv, .json, .xlsx, .ods, .xls, .xlsb; * for several files), or a Google address
    )
    sheet: str | None = None  # of that file; its first one by default
    country: Annotated[str | None, Field(pattern=r"^[A-Z]{2}$")] = None
    currency: Annotated[str | None, Field(pattern=r"^[A-Z]{3}$")] = None
    date_order: Literal["dmy", "mdy"] | None = None
    decimal: Literal[",", "."] | None = None


class FunnelSettings(Settings):
    """A funnel: its stages in order, and what they mean. What is left out comes from the template or the stages' names."""

    card: Literal["lead", "deal"] = "deal"
    sheets: Names = ()  # only these; all sheets bound to the card by default
    label: str | None = None
    stages: Names = ()
    open: Names | None = None  # all that are neither won nor lost
    won: Names | None = None
    lost: Names | None = None
    offer: Names | None = None  # stages at which an offer awaits its answer
    aliases: dict[str, Text] = {}  # as met in cells -> stage
    probabilities: dict[str, Annotated[float, Field(ge=0, le=1)]] = {}
    stuck_days: int = Field(default=14, ge=1, le=3650)
    blocks_reactivation: bool = True  # an open card here means that the client is being served


class ClientSettings(Settings):
    """Whose rows are the clients."""

    sheets: Names = ()  # all sheets bound to the client card by default; rows of the others name a client of these
    match: Annotated[tuple[Literal["id", "tax_id", "phone", "email", "name"], ...], BeforeValidator(_listed)] = (
        "id", "tax_id", "phone", "email", "name",
    )  # by what the rows of the others name a client  # fmt: skip
    # Rows with an equal one are one client; none: each row (or block) is one. Left out: none, but where clients stand only on
    # sheets of visits, a row a visit, they are formed by id, phone, else name.
    by: Annotated[tuple[Literal["phone", "name", "email", "id"], ...] | None, BeforeValidator(_listed)] = None
    repeated_ids: Literal["first", "drop"] = (
        "first"  # first: links go to the first row, later rows stay clients with a problem
    )


Basis = Literal["payments", "deals", "orders", "visits", "column"]


class MoneySettings(Settings):
    """What counts as revenue, as a purchase, as paid, and when money is due. None: by what is bound."""

    revenue: Basis | None = None
    purchases: Basis | None = None
    paid: Literal["column", "payments"] | None = None
    due: Literal["column", "terms"] | None = None
    terms_days: int | None = Field(default=None, ge=0, le=3650)  # where no column says
    undated: bool | None = (
        None  # does a payment, visit or order without a readable date count? payments and visits yes, orders no
    )


class BaseSettings(Settings):
    """All that shapes the base."""

    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] = "RU"
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "RUB"
    date_order: Literal["dmy", "mdy"] | None = None
    decimal: Literal[",", "."] | None = None
    sheets: dict[str, SheetSettings] = {}
    funnels: dict[str, FunnelSettings] = {}
    stage_aliases: dict[str, Text] = {}  # as met in cells -> stage, in every funnel that has the stage
    clients: ClientSettings = ClientSettings()
    money: MoneySettings = MoneySettings()
    consent: Literal["opt_out", "opt_in"] = "opt_out"
    booked_visit_is_open: bool = False
