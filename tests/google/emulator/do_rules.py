"""Requests about protection, conditional formats, filters and filter views."""

from __future__ import annotations

from tests.google.emulator import cellwork, masks
from tests.google.emulator.batch import PROTECTED, Work, handles, need
from tests.google.emulator.cellwork import check_formula
from tests.google.emulator.do_cells import sort_cells
from tests.google.emulator.errors import Refused
from tests.google.emulator.formula import names_other_sheet
from tests.google.emulator.model import Json, Sheet, Span
from tests.google.emulator.places import grid, sheet_of


def by_id(work: Work, attribute: str, name: str, wanted: object, what: str) -> tuple[Sheet, int]:
    """The sheet and position of an object with an id. Refused when there is none."""
    for sheet in work.doc.sheets:
        for position, item in enumerate(getattr(sheet, attribute)):
            if item[name] == wanted:
                return sheet, position
    raise Refused(f"No {what} with id: {wanted}")


def free_id(work: Work, attribute: str, name: str, wanted: int | None, what: str) -> int:
    """The wanted id, or a new one. Refused when it is taken."""
    if wanted is None:
        return work.doc.new_id()
    if any(item[name] == wanted for sheet in work.doc.sheets for item in getattr(sheet, attribute)):
        raise Refused(f"A {what} with id {wanted} already exists.")
    return wanted


# --- protection


@handles("addProtectedRange")
def add_protected_range(work: Work, body: Json) -> Json:
    wanted = dict(need(body, "protectedRange"))
    sheet = _protection_sheet(work, wanted)
    if any(not work.may_edit(item) and len(item["range"]) <= 1 for item in sheet.protections):
        raise Refused(PROTECTED)
    number = free_id(work, "protections", "protectedRangeId", wanted.get("protectedRangeId"), "protected range")
    wanted["protectedRangeId"] = number
    _only_one(sheet, wanted)
    if not wanted.get("warningOnly"):
        wanted["editors"] = _editors(work, wanted.get("editors"))
    sheet.protections.append(wanted)
    return {"protectedRange": protection(work, wanted)}


def _protection_sheet(work: Work, wanted: Json) -> Sheet:
    if "namedRangeId" in wanted or "tableId" in wanted:
        raise Refused("The emulator protects ranges only.")
    place = wanted.setdefault("range", {})
    sheet, _ = grid(work.doc, place)
    place.setdefault("sheetId", sheet.id)
    for hole in wanted.get("unprotectedRanges", []):
        if set(place) - {"sheetId"}:
            raise Refused("Unprotected ranges can only be set when protecting a whole sheet.")
        hole.setdefault("sheetId", sheet.id)
        if hole["sheetId"] != sheet.id:
            raise Refused("Unprotected ranges must be on the protected sheet.")
        grid(work.doc, hole)
    return sheet


def _only_one(sheet: Sheet, wanted: Json) -> None:
    """A sheet is protected whole at most once."""
    if any(len(item["range"]) == 1 for item in sheet.protections if item is not wanted) and len(wanted["range"]) == 1:
        raise Refused(f'Sheet "{sheet.title}" already has sheet protection.')


def _editors(work: Work, wanted: Json | None) -> Json:
    """Left out: everybody who may edit now. The owner and the one who asks are always among them."""
    known = {address.casefold(): address for address in work.doc.editors()}
    if wanted is None:
        return {"users": list(known.values())}
    users = list(wanted.get("users", []))
    for address in (work.doc.owner(), work.email):
        if address and address.casefold() not in {user.casefold() for user in users}:
            users.append(address)
    return {**wanted, "users": users}


def protection(work: Work, item: Json) -> Json:
    """A protection as the caller sees it: editors only for those who may edit."""
    may = work.may_edit(item)
    shown = item if may else {name: value for name, value in item.items() if name != "editors"}
    return {**shown, **({"requestingUserCanEdit": True} if may else {})}


@handles("updateProtectedRange")
def update_protected_range(work: Work, body: Json) -> None:
    wanted = need(body, "protectedRange")
    mask = masks.for_update("ProtectedRange", body.get("fields"))
    number = wanted.get("protectedRangeId", 0)
    sheet, position = by_id(work, "protections", "protectedRangeId", number, "protected range")
    old = sheet.protections[position]
    if not work.may_edit(old):
        raise Refused(PROTECTED)
    new = masks.update(old, wanted, mask, keep=("protectedRangeId",))
    new.pop("requestingUserCanEdit", None)
    new_sheet = _protection_sheet(work, new)
    if not new.get("warningOnly"):
        new["editors"] = _editors(work, new.get("editors"))
    del sheet.protections[position]
    _only_one(new_sheet, new)
    new_sheet.protections.insert(position if new_sheet is sheet else 0, new)


@handles("deleteProtectedRange")
def delete_protected_range(work: Work, body: Json) -> None:
    number = body.get("protectedRangeId", 0)
    sheet, position = by_id(work, "protections", "protectedRangeId", number, "protected range")
    if not work.may_edit(sheet.protections[position]):
        raise Refused(PROTECTED)
    del sheet.protections[position]


# --- conditional formats


@handles("addConditionalFormatRule")
def add_conditional_format_rule(work: Work, body: Json) -> None:
    rule = need(body, "rule")
    sheet = _rule_sheet(work, rule)
    index = body.get("index", 0)
    if not 0 <= index <= len(sheet.conditions):
        raise Refused(f"Cannot insert a rule at index {index}: there are {len(sheet.conditions)}.")
    sheet.conditions.insert(index, rule)


def _rule_sheet(work: Work, rule: Json) -> Sheet:
    if not rule.get("ranges"):
        raise Refused("ConditionalFormatRule.ranges must be specified.")
    found = [grid(work.doc, place) for place in rule["ranges"]]
    if len({sheet.id for sheet, _ in found}) > 1:
        raise Refused("ConditionalFormatRule.ranges must all be on the same sheet.")
    for sheet, span in found:
        work.guard(sheet, span)
    if "booleanRule" not in rule and "gradientRule" not in rule:
        raise Refused("ConditionalFormatRule must have a booleanRule or a gradientRule.")
    if "booleanRule" in rule:
        _check_boolean(work, rule["booleanRule"])
    return found[0][0]


_RULE_LOOKS = {"backgroundColor", "backgroundColorStyle", "textFormat"}
_RULE_TEXT = {"bold", "italic", "strikethrough", "underline", "foregroundColor", "foregroundColorStyle"}


def _check_boolean(work: Work, rule: Json) -> None:
    condition = rule.get("condition") or {}
    if "type" not in condition:
        raise Refused("BooleanRule.condition.type must be specified.")
    values = condition.get("values", [])
    if condition["type"] in cellwork.VALIDATION_ONLY:
        raise Refused(f"Condition type {condition['type']} is not supported by conditional formats.")
    cellwork.check_count(condition)
    if condition["type"] == "CUSTOM_FORMULA":
        text = values[0].get("userEnteredValue", "")
        try:
            check_formula(text, work.doc.locale)
        except Refused:
            raise Refused(f"Invalid ConditionValue.userEnteredValue: {text}") from None
        if names_other_sheet(text):
            raise Refused(
                f"Invalid ConditionValue.userEnteredValue: {text}. Conditional format rules cannot reference a "
                "different sheet."
            )
    looks = rule.get("format", {})
    if set(looks) - _RULE_LOOKS or set(looks.get("textFormat", {})) - _RULE_TEXT:
        raise Refused(
            "ConditionalFormatRule.booleanRule.format: only bold, italic, strikethrough, underline, foreground color "
            "and background color are supported."
        )


@handles("updateConditionalFormatRule")
def update_conditional_format_rule(work: Work, body: Json) -> Json:
    rule = body.get("rule")
    sheet = _rule_sheet(work, rule) if rule else sheet_of(work.doc, body.get("sheetId"))
    index = body.get("index", 0)
    if not 0 <= index < len(sheet.conditions):
        raise Refused(f"No conditional format on sheet: {sheet.id} at index: {index}")
    old = sheet.conditions[index]
    if rule:
        sheet.conditions[index] = rule
        return {"newRule": rule, "newIndex": index, "oldRule": old}
    new_index = body.get("newIndex", 0)
    if not 0 <= new_index <= len(sheet.conditions):
        raise Refused(f"Cannot move a rule to index {new_index}.")
    del sheet.conditions[index]
    sheet.conditions.insert(new_index, old)
    return {"newRule": old, "oldIndex": index, "newIndex": new_index}


@handles("deleteConditionalFormatRule")
def delete_conditional_format_rule(work: Work, body: Json) -> Json:
    sheet, index = sheet_of(work.doc, body.get("sheetId")), body.get("index", 0)
    if not 0 <= index < len(sheet.conditions):
        raise Refused(f"No conditional format on sheet: {sheet.id} at index: {index}")
    for place in sheet.conditions[index]["ranges"]:
        work.guard(sheet, grid(work.doc, place)[1])
    return {"rule": sheet.conditions.pop(index)}


# --- filters


@handles("setBasicFilter")
def set_basic_filter(work: Work, body: Json) -> None:
    wanted = need(body, "filter")
    sheet, span = grid(work.doc, wanted.get("range", {}))
    work.guard(sheet, Span(span.top, span.left, span.top + 1, span.right))
    for table in sheet.tables:
        if span.cut(grid(work.doc, table["range"])[1]):
            raise Refused("You can't create a filter over a range that intersects a table.")
    sheet.basic_filter = {**wanted, "range": {"sheetId": sheet.id, **wanted.get("range", {})}}
    if wanted.get("sortSpecs") and span.bottom - span.top > 1:
        sort_cells(sheet, span._replace(top=span.top + 1), wanted["sortSpecs"])


@handles("clearBasicFilter")
def clear_basic_filter(work: Work, body: Json) -> None:
    sheet_of(work.doc, body.get("sheetId")).basic_filter = None


@handles("addFilterView")
def add_filter_view(work: Work, body: Json) -> Json:
    wanted = dict(need(body, "filter"))
    sheet, _ = grid(work.doc, wanted.get("range", {}))
    wanted["filterViewId"] = free_id(work, "filter_views", "filterViewId", wanted.get("filterViewId"), "filter view")
    wanted.setdefault("title", f"Filter {len(sheet.filter_views) + 1}")
    wanted["range"] = {"sheetId": sheet.id, **wanted.get("range", {})}
    if any(item["title"] == wanted["title"] for item in sheet.filter_views):
        raise Refused(f"A filter view with the title {wanted['title']} already exists.")
    sheet.filter_views.append(wanted)
    return {"filter": wanted}


@handles("updateFilterView")
def update_filter_view(work: Work, body: Json) -> None:
    wanted = need(body, "filter")
    mask = masks.for_update("FilterView", body.get("fields"))
    sheet, position = by_id(work, "filter_views", "filterViewId", wanted.get("filterViewId", 0), "filter view")
    new = masks.update(sheet.filter_views[position], wanted, mask, keep=("filterViewId",))
    grid(work.doc, need(new, "range"))
    sheet.filter_views[position] = new


@handles("deleteFilterView")
def delete_filter_view(work: Work, body: Json) -> None:
    sheet, position = by_id(work, "filter_views", "filterViewId", body.get("filterId", 0), "filter view")
    del sheet.filter_views[position]
