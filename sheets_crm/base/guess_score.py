"""How well a column fits a field: its header and the look of its values put together into one number.

Does not choose between fields (guess) and reads no cells (profile).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sheets_crm.base.guess_words import WEAK, Field, Header, HeaderMeaning, fields_of, meaning
from sheets_crm.base.profile import Profile

# Kinds of values that are unmistakable: a header that says so is not believed against them.
_STRICT = frozenset(
    {"phone", "email", "date", "date_or_day", "birthday", "money", "count", "days", "percent", "number", "score"}
)
# What values alone, under a header that says nothing known, are worth.
_BY_VALUES: Mapping[Field, float] = {
    ("client", "phone"): 0.62,
    ("client", "email"): 0.66,
    ("contact", "phone"): 0.56,
    ("contact", "email"): 0.6,
}
_NO_HEADER: Mapping[Field, float] = {**_BY_VALUES, ("client", "name"): 0.55, ("client", "tax_id"): 0.5}
_UNIT_OF_LIKE: Mapping[str, tuple[str, ...]] = {
    "money": ("money",),
    "days": ("days",),
    "count": ("pieces", "days"),
    "percent": ("percent",),
    "date": ("date",),
    "birthday": ("date",),
    "date_or_day": ("date",),
}
_FEW = 3  # values below this say little


@dataclass(frozen=True)
class ColumnClues:
    """All that is known of a column: what stands over it, what its values look like, and what other sheets say of it.

    links: share of the values that are known, by the card whose ids or names they are (client, deal).
    formula: the cells are formulas.
    """

    index: int
    header: Header | None
    profile: Profile
    links: Mapping[str, float]
    formula: bool = False

    @property
    def meaning(self) -> HeaderMeaning:
        return meaning(self.header) if self.header else HeaderMeaning({})

    def trait(self, *names: str) -> float:
        """The greatest of the shares of these traits."""
        return max((self.profile["traits"].get(name, 0.0) for name in names), default=0.0)

    @property
    def count(self) -> float:
        return self.profile["filled"] * self.profile["rows"]


def fitness(clues: ColumnClues, card: str, *, headless: bool = False, monthly: bool = False) -> dict[str, float]:
    """Field -> how well the column fits it, 0..1; fields that do not come into question are left out."""
    scores: dict[str, float] = {}
    said = clues.meaning.scores
    for name, like in fields_of(card).items():
        heard = said.get((card, name), 0.0)
        seen = evidence(clues, like, monthly=monthly)
        if like == "link":
            heard, seen = _linked(clues, name, heard, seen)
        score = _together(heard, seen, like) if heard else 0.0
        if not heard and seen > 0:
            known_header = any(score >= 0.6 for score in said.values())
            table = _NO_HEADER if headless else {} if known_header else _BY_VALUES
            score = table.get((card, name), 0.0) * seen
        score *= _unit_says(clues.meaning.unit, like)
        if score > 0.05:
            scores[name] = min(score, 1.0)
    return scores


def _together(heard: float, seen: float, like: str) -> float:
    """The header's word and the values' word in one number."""
    if 0.8 * WEAK <= heard <= WEAK:  # a weak header: the values decide
        return heard * 0.6 + 0.38 * seen if seen > 0 else heard * (0.6 + 0.6 * seen)
    if seen >= 0:
        return heard * (0.82 + 0.18 * seen)
    return heard * (0.82 + (0.75 if like in _STRICT else 0.35) * seen)


def _linked(clues: ColumnClues, field: str, heard: float, seen: float) -> tuple[float, float]:
    """A link's values are known ids or names of other sheets: worth more than any header."""
    share = clues.links.get(field, 0.0)
    if share < 0.5:
        return heard, seen
    return max(heard, 0.75 if heard or share >= 0.85 else 0.0), max(seen, share)


def _unit_says(unit: str, like: str) -> float:
    if unit in ("", "other"):
        return 1.0
    wanted = _UNIT_OF_LIKE.get(like, ())
    if unit in wanted:
        return 1.05
    if unit == "percent":
        return 0.5
    return 0.6 if unit in ("money", "days") and like not in ("text", "reason", "number", "score") else 0.95


def evidence(clues: ColumnClues, like: str, *, monthly: bool = False) -> float:
    """How much the values speak for a kind of values: 1 certainly, 0 silent (an empty column), -1 against it."""
    if clues.count == 0:
        return 0.0
    if like == "date_or_day" and monthly and clues.trait("day") + clues.trait("date") >= 0.8:
        return 1.0  # some days of a month are typed as dates, others as bare numbers
    found = _EVIDENCE[like](clues)
    certainty = 1.0 if clues.count >= _FEW else 0.6
    return max(-1.0, min(1.0, found)) * certainty


def _share(value: float, enough: float, little: float) -> float:
    """-1 at `little` or less, 1 at `enough` or more, straight between."""
    if value >= enough:
        return 1.0
    return -1.0 if value <= little else 2 * (value - little) / (enough - little) - 1


def _phone(clues: ColumnClues) -> float:
    return _share(clues.trait("phone"), 0.6, 0.1) if clues.trait("true_date") < 0.3 else -1.0


def _email(clues: ColumnClues) -> float:
    return _share(clues.trait("email"), 0.6, 0.05)


def _date(clues: ColumnClues) -> float:
    found = clues.trait("date") + clues.trait("day_month")
    serial = clues.trait("serial")
    return max(_share(found, 0.6, 0.15), 0.2 if serial > 0.9 else -1.0)


def _birthday(clues: ColumnClues) -> float:
    dates = _date(clues)
    born, short = clues.trait("born"), clues.trait("day_month")
    if dates > 0 and born + short < 0.2:
        return -0.6
    return dates


def _money(clues: ColumnClues) -> float:
    numbers = clues.trait("number")
    if clues.trait("date") > 0.4:
        return -1.0
    found = _share(numbers, 0.7, 0.2)
    if found > 0 and (clues.trait("phone") > 0.8 or clues.trait("tax_id") > 0.9):
        return -0.7
    return found * (1.0 if clues.trait("sum") > 0.3 else 0.4)


def _count(clues: ColumnClues) -> float:
    numbers = clues.trait("number")
    found = _share(numbers, 0.7, 0.2)
    if clues.trait("date", "phone") > 0.5:
        return -1.0
    return found if clues.trait("small", "part") > 0.5 or found < 0 else 0.2


def _days(clues: ColumnClues) -> float:
    return _count(clues) if (clues.profile["high"] or 0) <= 400 else -0.6


def _percent(clues: ColumnClues) -> float:
    found = _share(max(clues.trait("number"), clues.trait("percent")), 0.7, 0.2)
    if found > 0 and clues.trait("hundred", "part", "percent") < 0.6:
        return -0.6
    return found


def _score(clues: ColumnClues) -> float:
    return _share(clues.trait("score"), 0.8, 0.3)


def _number(clues: ColumnClues) -> float:
    return _share(clues.trait("number"), 0.6, 0.1)


def _text(clues: ColumnClues) -> float:
    if clues.trait("true_date") > 0.5 or clues.trait("phone", "email") > 0.6:
        return -1.0
    letters = clues.trait("letters")
    return _share(letters, 0.5, 0.05) * 0.8


def _reason(clues: ColumnClues) -> float:
    return -1.0 if clues.trait("number") > 0.7 else _text(clues)


def _name(clues: ColumnClues) -> float:
    if clues.trait("email", "phone") > 0.5 or clues.trait("letters") < 0.4:
        return -1.0
    many = _share(clues.profile["distinct"], 0.6, 0.05) if clues.count >= 5 else 0.5
    known = clues.trait("person", "org") + 0.5 * clues.trait("first_name")
    if clues.trait("yes_no", "stage") > 0.6 or clues.trait("long") > 0.4:
        return -0.6
    return min(1.0, 0.5 * many + 0.6 * min(known, 1.0))


def _person(clues: ColumnClues) -> float:
    if clues.trait("email", "phone") > 0.5 or clues.trait("letters") < 0.4:
        return -1.0
    found = clues.trait("person") + clues.trait("first_name")
    if clues.trait("org") > 0.5 or clues.trait("long", "yes_no", "stage") > 0.5:
        return -0.6
    return min(1.0, found * 1.2) if found > 0.3 else 0.0


def _first_name(clues: ColumnClues) -> float:
    if clues.trait("person") > 0.4 or clues.trait("org") > 0.4:
        return -0.9
    return min(1.0, clues.trait("first_name") * 1.3) if clues.profile["words"] <= 2.2 else -0.5


def _last_name(clues: ColumnClues) -> float:
    if clues.trait("org") > 0.4 or clues.profile["words"] > 1.6:
        return -0.8
    return 0.5 if clues.trait("letters") > 0.8 else -0.8


def _manager(clues: ColumnClues) -> float:
    person = _person(clues)
    if person < 0:
        return person
    few = clues.profile["distinct"] <= 0.3 or clues.profile["values"] <= 12
    return 0.5 + 0.5 * person if few else -0.4


def _choice(clues: ColumnClues) -> float:
    if clues.trait("date", "email", "phone") > 0.5:
        return -1.0
    if clues.trait("letters") < 0.3:
        return -0.7
    few = clues.profile["values"] <= 12 or clues.profile["distinct"] <= 0.25
    return 0.7 if few else -0.3


def _stage(clues: ColumnClues) -> float:
    if clues.trait("date", "email", "phone", "number") > 0.5 or clues.trait("long") > 0.4:
        return -1.0
    few = clues.profile["values"] <= 25 and (clues.profile["distinct"] <= 0.5 or clues.profile["values"] <= 12)
    return (0.4 if few else -0.5) + 0.6 * clues.trait("stage")


def _yes_no(clues: ColumnClues) -> float:
    found = clues.trait("yes_no")
    return 1.0 if found >= 0.7 else 0.3 if clues.profile["values"] <= 6 and clues.trait("date") < 0.3 else -0.7


def _id(clues: ColumnClues) -> float:
    if clues.trait("true_date", "email", "person") > 0.3 or clues.trait("phone") > 0.8:
        return -1.0
    unique = _share(clues.profile["distinct"], 0.95, 0.6)
    code = clues.trait("code", "whole")
    return min(unique, 1.0 if code > 0.7 else 0.1 if clues.profile["length"] < 14 else -0.6)


def _code(clues: ColumnClues) -> float:
    if clues.trait("true_date") > 0.5 or clues.trait("person") > 0.5:
        return -1.0
    return 0.8 if clues.trait("code", "whole") > 0.5 else 0.0 if clues.trait("date") < 0.4 else -0.6


def _link(clues: ColumnClues) -> float:
    if clues.trait("true_date", "email", "phone") > 0.5 or clues.trait("long") > 0.5:
        return -1.0
    return 0.5 if clues.trait("person", "org", "code", "letters", "whole") > 0.5 else 0.0


def _tax_id(clues: ColumnClues) -> float:
    return _share(clues.trait("tax_id"), 0.6, 0.2)


def _url(clues: ColumnClues) -> float:
    return _share(clues.trait("url"), 0.6, 0.05)


def _handle(clues: ColumnClues) -> float:
    if clues.trait("handle") > 0.3:
        return 1.0
    return 0.3 if clues.trait("phone", "letters", "yes_no") > 0.5 and clues.trait("email", "date") < 0.4 else -0.8


def _address(clues: ColumnClues) -> float:
    if clues.trait("date", "email", "phone", "url") > 0.5:
        return -1.0
    return 1.0 if clues.trait("address") > 0.4 else 0.2 if clues.trait("letters") > 0.7 else -0.7


def _position(clues: ColumnClues) -> float:
    if clues.trait("date", "email", "phone", "number", "person") > 0.5:
        return -1.0
    return 1.0 if clues.trait("position") > 0.5 else -0.1


def _tooth(clues: ColumnClues) -> float:
    return _share(clues.trait("tooth"), 0.6, 0.2)


_EVIDENCE: Mapping[str, Callable[[ColumnClues], float]] = {
    "phone": _phone, "email": _email, "date": _date, "date_or_day": _date, "birthday": _birthday, "money": _money,
    "count": _count, "days": _days, "percent": _percent, "score": _score, "number": _number, "text": _text,
    "reason": _reason, "name": _name, "org": _name, "person": _person, "first_name": _first_name,
    "last_name": _last_name, "manager": _manager, "choice": _choice, "stage": _stage, "yes_no": _yes_no, "id": _id,
    "code": _code, "link": _link, "tax_id": _tax_id, "url": _url, "handle": _handle, "address": _address,
    "position": _position, "tooth": _tooth,
}  # fmt: skip
