"""Telephones: tables of real dirt by country, and agreement of the quick way with the slow one."""

import random

import phonenumbers
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sheets_crm.cards import parse
from sheets_crm.cards.readers.dialling import by_dialling
from sheets_crm.cards.readers.phonetext import read_phones


@pytest.mark.parametrize(
    ("text", "country", "phone"),
    [
        ("+7 948 796 61 22 ", "RU", "+79487966122"), ("8(945)6192491", "RU", "+79456192491"), ("975-978-57-42", "RU", "+79759785742"),
        ("89429747521", "RU", "+79429747521"), ("8 (495) 123-45-67 вн. 5", "RU", "+74951234567"), ("тел. 89123456789 доб. 12", "RU", "+79123456789"),
        ("8 912 345-67-89 (с 9 до 18)", "RU", "+79123456789"), ("8 912 345-67-89 Иван", "RU", "+79123456789"), ("внук 89123456789", "RU", "+79123456789"),
        ("\u202a+7\u00a0(912)\u00a0345‑67‑89\u202c", "RU", "+79123456789"), ("+375 29 123-45-67", "RU", "+375291234567"),
        ("8 10 375 29 123 45 67", "RU", "+375291234567"), ("4951234567", "RU", "+74951234567"), ("+1 212 555 0100", "RU", "+12125550100"),
        ("8 701 123 45 67", "KZ", "+77011234567"), ("3271234567", "KZ", "+73271234567"),
        ("+1 426 555 0107", "US", "+14265550107"), ("(481) 555-0132", "US", "+14815550132"), ("614.555.0128", "US", "+16145550128"),
        ("1-418-555-0143", "US", "+14185550143"), ("(639) 555-0111 ext. 12", "US", "+16395550111"), ("212-555-0100x5", "US", "+12125550100"),
        ("011 44 20 7946 0123", "US", "+442079460123"), ("+44 20 7946 0123", "US", "+442079460123"),
        ("020 7946 0123", "GB", "+442079460123"), ("+44 (0)20 7946 0123", "GB", "+442079460123"), ("44 7911 123456", "GB", "+447911123456"),
        ("0044 7911 123456", "GB", "+447911123456"), ("01234 567890", "GB", "+441234567890"), ("0300 123 4567", "GB", "+443001234567"),
        ("+33 1 23 45 67 89", "GB", "+33123456789"), ("+07911 123456", "GB", "+447911123456"),
        ("+375 29 123-45-67", "BY", "+375291234567"), ("8 029 123-45-67", "BY", "+375291234567"), ("80291234567", "BY", "+375291234567"),
        ("375291234567", "BY", "+375291234567"), ("+7 912 345 67 89", "BY", "+79123456789"), ("030 123456", "DE", "+4930123456"),
    ],
)  # fmt: skip
def test_a_telephone_in_a_text_cell(read, text, country, phone):
    assert read("phone", text, country) == (phone, [])
    assert read("phone", text, country, name="fields") == ([phone], [])


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("нет тел", "RU"), ("+7", "RU"), ("8-94", "RU"), ("дом. 5-12-33", "RU"), ("+7912345678", "RU"), ("375291234567", "RU"), ("7951234567", "RU"),
        ("2951234567", "RU"), ("0", "RU"), ("7011234567", "KZ"), ("555-0100", "US"), ("call front desk", "US"), ("x", "US"), ("(212) 555", "US"),
        ("1125550100", "US"), ("0125550100", "US"), ("+1 212 555 010", "US"), ("04234 567890", "GB"), ("0800 1111", "GB"), ("2079460123", "GB"),
        ("+44 7911 12345", "GB"), ("123", "BY"), ("+1234567", "RU"), ("0000000000", "RU"), ("00 0912 345 67 89", "GB"),
        ("375 29 123-45", "BY"), ("8029", "BY"), ("+375 29 123", "BY"), ("+0 29 123-45-67 8", "BY"), ("+1234567890123456", "RU"), ("٨٩١٢٣٤٥٦٧٨٩", "RU"),
    ],
)  # fmt: skip
def test_what_is_no_telephone(read, text, country):
    assert read("phone", text, country) == (None, ["bad_phone"])


@pytest.mark.parametrize(
    ("text", "country", "phones"),
    [
        ("942-537-64-67, 948-157-70-46", "RU", ["+79425376467", "+79481577046"]), ("+7 (975) 705-45-54, +7 974 464 45 58 ", "RU", ["+79757054554", "+79744644558"]),
        ("89123456789 или 89123456780", "RU", ["+79123456789", "+79123456780"]), ("8 912 345 67 89\n8 912 345 67 80", "RU", ["+79123456789", "+79123456780"]),
        ("89123456789 89123456780", "RU", ["+79123456789", "+79123456780"]), ("Иван 89123456789 Пётр 89123456780", "RU", ["+79123456789", "+79123456780"]),
        ("201-555-0127 / 432.555.0121", "US", ["+12015550127", "+14325550121"]), ("7911 123456; 020 7946 0123", "GB", ["+447911123456", "+442079460123"]),
    ],
)  # fmt: skip
def test_several_telephones_in_a_cell(read, text, country, phones):
    assert read("phone", text, country, name="fields") == (phones, ["several_phones"])
    assert read("phone", text, country) == (phones[0], ["several_phones"])


@pytest.mark.parametrize("text", ["89123456789/80", "+7 912 345-67-89, 8 912 345-67-89", "89123456789, дом. 5-12-33"])
def test_one_telephone_twice_or_beside_a_scrap_is_one(read, text):
    assert read("phone", text) == ("+79123456789", [])


@pytest.mark.parametrize(
    ("value", "country", "phone", "kinds"),
    [
        (89_728_361_130, "RU", "+79728361130", ["phone_as_number"]), (9_728_361_130, "RU", "+79728361130", ["phone_as_number"]),
        (2_365_550_116, "US", "+12365550116", ["phone_as_number"]), (7_911_123_456, "GB", "+447911123456", ["phone_lost_zero"]),
        (447_911_123_456, "GB", "+447911123456", ["phone_as_number"]), (512_33, "RU", None, ["bad_phone"]), (89_728_361_130.5, "RU", None, ["bad_phone"]),
        (375_291_234_567, "BY", "+375291234567", ["phone_as_number"]), (True, "RU", None, ["bad_phone"]), ("7911 123456", "GB", "+447911123456", ["phone_lost_zero"]),
        (-89_728_361_130, "RU", None, ["bad_phone"]),
    ],
)  # fmt: skip
def test_telephones_stored_as_numbers(read, value, country, phone, kinds):
    assert read("phone", value, country) == (phone, kinds)


def test_suggestions_are_clean_telephones(suggest):
    assert suggest("phone", 89_728_361_130) == "+79728361130"
    assert suggest("phone", "7911 123456", "GB") == "+447911123456"
    assert suggest("phone", "375 29 123-45-67", "RU") == "+375291234567", "only its plus is missing"
    assert suggest("phone", "нет тел") is None


@given(st.text(alphabet="0123456789+-() .,;/добext\n", max_size=30), st.sampled_from(["RU", "US", "GB", "KZ", "BY"]))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_reading_a_read_telephone_changes_nothing(column, reading, field, text, country):
    parsed = parse(column(text), field("phone"), "phone", reading(country))
    phone = parsed.values["phone"].to_list()[0]
    found = [] if phone is None else parsed.values["phones"].to_list()[0]
    again = parse(column(*found), field("phone"), "phone", reading(country))
    assert again.values["phone"].to_list() == found
    assert again.issues.is_empty()
    whole = read_phones(text.strip(), country).numbers
    assert list(whole) == found, "a column reads as its cells do one by one"


@pytest.mark.parametrize("country", ["RU", "US", "GB"])
def test_numbers_that_the_library_knows_as_valid_are_read_alike(read, country):
    chance = random.Random(country)
    for _ in range(20):
        base = phonenumbers.example_number_for_type(country, phonenumbers.PhoneNumberType.MOBILE)
        national = int(str(base.national_number)[:-4] + f"{chance.randrange(10**4):04}")
        number = phonenumbers.PhoneNumber(country_code=base.country_code, national_number=national)
        e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        for form in (phonenumbers.PhoneNumberFormat.NATIONAL, phonenumbers.PhoneNumberFormat.INTERNATIONAL):
            assert read("phone", phonenumbers.format_number(number, form), country)[0] == e164


@pytest.mark.parametrize(
    "country", ["BY", "UA", "UZ", "KG", "AM", "GE", "DE", "FR", "PL", "IT", "ES", "TR", "IN", "AU", "IL", "BR", "CN"]
)
def test_the_quick_way_of_other_countries_agrees_with_the_library(country):
    chance = random.Random(country)
    kinds = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE)
    texts = set()
    for kind in kinds:
        example = phonenumbers.example_number_for_type(country, kind)
        national = phonenumbers.national_significant_number(example)
        for kept in range(1, len(national)):
            digits = national[:kept] + "".join(chance.choice("0123456789") for _ in national[kept:])
            trunk = phonenumbers.PhoneMetadata.metadata_for_region(country).national_prefix or ""
            for digits_now in (digits, digits[:-1], digits + "5"):
                texts |= {
                    f"+{example.country_code}{digits_now}",
                    f"{trunk}{digits_now}",
                    digits_now,
                    f"{example.country_code}{digits_now}",
                    f"+{digits_now}",
                }
    bare = pl.Series(sorted(texts))
    quick = by_dialling(bare, country)
    assert quick.count() > len(texts) / 20
    slow = [read_phones(text, country).numbers for text in bare]
    assert [(text, one) for text, one, other in zip(bare, quick, slow, strict=True) if one and other != (one,)] == []
