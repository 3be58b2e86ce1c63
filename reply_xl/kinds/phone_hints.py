"""What a preview says of a phone number that nobody can have in the contact's country. A hint: the number is sent as it was typed."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from reply_xl.kinds.cell_text import quoted
from reply_xl.kinds.countries import country_code, country_name

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber


@lru_cache(8192)
def phone_hint(text: str, country: str | None) -> str | None:
    """What is odd about a phone number as `read_phone` gives it, for a contact in `country` (as the row's cell says it): what follows `B5
    (Phone)` in a sentence, without the full stop. None where nothing is odd, or where the country is not known."""
    region = country_code(country) if country else None
    if region is None:
        return None
    import phonenumbers as library

    number = _number(text, region)
    if number is None:
        return f"holds {quoted(text)}, which is not a phone number that can be dialled"
    where = "" if text.startswith(("+", "00")) else f" in {country_name(region)}"
    if text.isdecimal() and not text.startswith("0"):  # as Excel leaves a number whose first character was no digit to it
        if _has_country_code(number, text) and _is_valid(f"+{text}", region):
            return f"holds {quoted(text)}, which may have lost its first +"
        if _begins_with_zero(number, region) if _is_valid(text, region) else _is_valid(f"0{text}", region):
            return f"holds {quoted(text)}, which may have lost its first 0: numbers{where} begin with 0 or with +{number.country_code}"
    if library.is_valid_number(number):
        return None
    reason = library.is_possible_number_with_reason(number)
    if reason == library.ValidationResult.TOO_SHORT:
        return f"holds {quoted(text)}, which is too short for a phone number{where}"
    if reason == library.ValidationResult.TOO_LONG:
        return f"holds {quoted(text)}, which is too long for a phone number{where}"
    return f"holds {quoted(text)}, which is not a phone number in use{where}"


def _has_country_code(number: PhoneNumber, text: str) -> bool:
    """Whether the number itself is shorter than the digits; the 1 before a number in North America is also dialled at home."""
    return number.country_code != 1 and str(number.national_number) != text


def _begins_with_zero(number: PhoneNumber, region: str) -> bool:
    """Whether nobody in the country writes such a number without a 0; in some, such as India and Brazil, many do."""
    import phonenumbers as library

    metadata = library.PhoneMetadata.metadata_for_region(region)
    formats = metadata.number_format if metadata else ()
    written = library.format_number(number, library.PhoneNumberFormat.NATIONAL)
    return written.lstrip("(").startswith("0") and not any(one.national_prefix_optional_when_formatting for one in formats)


def _is_valid(text: str, region: str) -> bool:
    import phonenumbers as library

    number = _number(text, region)
    return number is not None and library.is_valid_number(number)


def _number(text: str, region: str) -> PhoneNumber | None:
    import phonenumbers as library

    try:
        return library.parse(text, region)
    except library.NumberParseException:
        return None
