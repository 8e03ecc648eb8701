"""Numbers, money, dates and shares in, text as people write it in each language out."""

from __future__ import annotations

import datetime
import math
from typing import Any

from graduation_model.params import Language

_MINUS, _NO_BREAK, _DASH = "\u2212", "\u00a0", "\u2013"
_MONTHS: dict[Language, tuple[str, ...]] = {
    "id": ("Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober",
           "November", "Desember"),
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December"),
}  # fmt: skip
_TO_INDONESIAN = str.maketrans(",.", ".,")


def number(value: float, language: Language, decimals: int = 0, *, signed: bool = False) -> str:
    """Return a number with so many decimals, thousands apart, and a true minus sign.

    Examples
    --------
    >>> number(1250000, "id"), number(1250000, "en"), number(0.72, "id", 2), number(0.3, "en", 1, signed=True)
    ('1.250.000', '1,250,000', '0,72', '+0.3')
    """
    size = f"{abs(value):,.{decimals}f}"
    is_zero = not size.strip("0.,")
    sign = "" if is_zero else _MINUS if value < 0 else "+" if signed else ""
    return sign + (size.translate(_TO_INDONESIAN) if language == "id" else size)


def plain(value: float, language: Language, most_decimals: int = 2) -> str:
    """Return a number with as many decimals as it needs, up to a few.

    Examples
    --------
    >>> plain(4.0, "id"), plain(4.5, "id"), plain(1234.567, "en")
    ('4', '4,5', '1,234.57')
    """
    rounded = round(value, most_decimals)
    needed = next((n for n in range(most_decimals) if round(rounded, n) == rounded), most_decimals)
    return number(rounded, language, needed)


def money(value: float, currency: str, language: Language) -> str:
    """Return an amount without cents behind its currency's sign.

    Indonesian spelling joins the letters of a currency to the figure; elsewhere a space that does not break stands.

    Examples
    --------
    >>> money(1250000, "Rp", "id"), money(-350, "S/", "en").replace(chr(160), " ")
    ('Rp1.250.000', '−S/ 350')
    """
    gap = "" if language == "id" and currency[-1:].isalpha() else _NO_BREAK
    sign = _MINUS if round(value) < 0 else ""
    return f"{sign}{currency}{gap}{number(abs(value), language)}"


def percent(share: float, language: Language, decimals: int = 0) -> str:
    """Return a share in [0, 1] as a percentage.

    Examples
    --------
    >>> percent(0.725, "id", 1), percent(0.725, "en", 1)
    ('72,5%', '72.5%')
    """
    return f"{number(share * 100, language, decimals)}%"


def in_hundred(probability: float) -> int:
    """Return a probability as a count out of 100, from 1 to 99: no forecast is certain.

    Examples
    --------
    >>> in_hundred(0.716), in_hundred(0.9991), in_hundred(0.0)
    (72, 99, 1)
    """
    return min(99, max(1, math.floor(probability * 100 + 0.5)))


def day(date: Any, language: Language) -> str:
    """Return a date (a `date`, a `Timestamp`, or ISO text) in words.

    Examples
    --------
    >>> day("2020-12-15", "id"), day("2020-12-15", "en")
    ('15 Desember 2020', '15 December 2020')
    """
    when = date if hasattr(date, "month") else datetime.date.fromisoformat(str(date)[:10])
    return f"{when.day} {_MONTHS[language][when.month - 1]} {when.year}"


def span(low: str, high: str) -> str:
    """Return two numbers, already written, as a range.

    Examples
    --------
    >>> span("0,61", "0,80")
    '0,61–0,80'
    """
    return f"{low}{_DASH}{high}"
