"""Codebooks: a code means what it meant in its own version of the questionnaire."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import reduce

import numpy as np
import pandas as pd

from graduation_model.ingest.params import Codebook, CodeMap

OWN = "own"  # the version of rows whose answers already are the instrument's values


def maps_of(question: str, codebooks: Sequence[Codebook]) -> tuple[CodeMap, ...]:
    """Return every code map of one question."""
    return reduce(lambda found, book: found + book.questions.get(question, ()), codebooks, ())


def as_code(raw: pd.Series) -> pd.Series:
    """Return codes as text without a decimal part: 6, 6.0 and ' 6 ' are one code.

    Examples
    --------
    >>> as_code(pd.Series([6, 7.0, None])).tolist()[:2]
    ['6', '7']
    """
    place, seen = pd.factorize(raw)  # a column holds few distinct codes: only those are turned into text
    if isinstance(raw.dtype, pd.StringDtype):
        texts = np.array([*_plain_or_tidied(pd.Series(seen)), None], dtype=object)
    else:
        texts = np.array([_code_text(value) for value in seen] + [None], dtype=object)
    return pd.Series(texts[place], index=raw.index, name=raw.name, dtype="object")


def as_code_text(raw: pd.Series) -> pd.Series:
    """Return codes as `as_code` does, with the dtype of text: a column that holds plain text already is taken as it is.

    Examples
    --------
    >>> as_code_text(pd.Series([6, 7.0, None])).tolist()
    ['6', '7', nan]
    """
    if isinstance(raw.dtype, pd.StringDtype) and _is_plain(pd.Series(pd.factorize(raw)[1])).all():
        return raw.astype("str")
    return as_code(raw).astype("str")


def _is_plain(texts: pd.Series) -> np.ndarray:
    return texts.str.fullmatch(r"[0-9A-Za-z_:/-]+").to_numpy(dtype=bool)


def _plain_or_tidied(texts: pd.Series) -> np.ndarray:
    """Tidy only the texts that may need it: ids are as many as rows, and most are letters and figures alone."""
    codes = texts.to_numpy(dtype=object, copy=True)
    for place in np.flatnonzero(~_is_plain(texts)):
        codes[place] = _code_text(codes[place])
    return codes


def _code_text(value: object) -> str | None:
    text = str(value).strip()
    if not text or re.fullmatch(r"#(?:NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|N/A|NOT_CALCULATED|ERROR)", text):
        return None  # a sheet's error is no code, and no id
    return re.sub(r"^(-?\d+)\.0+$", r"\1", text)


def decode(codes: pd.Series, versions: pd.Series, maps: Sequence[CodeMap]) -> pd.Series:
    """Return the instrument's values of some codes, each read in its own version; missing where that version has none.

    Parameters
    ----------
    codes : Series of text
        From `as_code`.
    versions : Series of text
        The codebook's version of each row.
    maps : sequence of CodeMap

    Examples
    --------
    >>> maps = [CodeMap(versions=(2011,), codes={6: "none"}), CodeMap(versions=(2012,), codes={6: "river"})]
    >>> decode(pd.Series(["6", "6", "9"]), pd.Series(["2011", "2012", "2012"]), maps).tolist()
    ['none', 'river', None]
    """
    value = pd.Series(None, index=codes.index, dtype="object")
    for code_map in maps:
        rows = versions.isin(code_map.versions)
        value[rows] = codes[rows].map(code_map.codes)
    return value.where(value.notna(), None)


def own_values(codes: pd.Series, levels: Sequence[str], maps: Sequence[CodeMap]) -> pd.Series:
    """Return those cells that already are the instrument's own values, where they cannot be a code of any version.

    Figures are never taken for a value (`900` of a form is code 900), nor a word that some version lists as the code of
    another value. A truth value, as a database has it, is yes or no.

    Examples
    --------
    >>> maps = [CodeMap(versions=(2016,), codes={1: "earth", "other": "cement"})]
    >>> own_values(pd.Series(["earth", "1", "900", "other"]), ["earth", "cement", "900", "other"], maps).tolist()
    ['earth', None, None, None]
    """
    listed = {code for code_map in maps for code, value in code_map.codes.items() if value != code}
    values = {level: level for level in levels} | (
        {"True": "yes", "False": "no"} if set(levels) == {"yes", "no"} else {}
    )
    meaning = {cell: level for cell, level in values.items() if cell not in listed and not cell.isdigit()}
    found = codes.map(meaning).astype("object")
    return found.where(found.notna(), None)
