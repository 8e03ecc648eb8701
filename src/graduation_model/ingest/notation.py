"""How people in the field write numbers, dates and yes: a raw column in, values out, missing where nobody can tell.

Every doubt is settled by the whole column, never by one cell: a column has one writer's habit, and a cell alone
(`1.000`, `05/03/2020`, `T`, `-`) can mean two things. Where the column does not settle it either, the cell stays
unread and its reader sets it aside.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from graduation_model.contract.instrument import Kind, Value

# What the field's forms write where there is no answer. It is missing with a reason, and above all no number.
DOES_NOT_KNOW, REFUSED = "does_not_know", "refused"
NO_ANSWER = {-98.0: DOES_NOT_KNOW, -99.0: REFUSED}

_YES = frozenset({"ya", "iya", "y", "yes", "true", "ada", "benar"})
_NO = frozenset({"tidak", "tdk", "no", "n", "false", "tidak ada", "salah"})
_TICKS = frozenset({"v", "\u221a", "\u2713", "\u2714"})
_UNTICKED = frozenset({"-", "x"})
_TRUTH_IN_ENGLISH = frozenset({"true", "false", "f"})

_MONTHS = {
    1: ("januari", "january", "jan"),
    2: ("februari", "february", "pebruari", "feb", "peb"),
    3: ("maret", "march", "mar"),
    4: ("april", "apr"),
    5: ("mei", "may"),
    6: ("juni", "june", "jun"),
    7: ("juli", "july", "jul"),
    8: ("agustus", "august", "agu", "agt", "ags", "agust", "aug"),
    9: ("september", "sep", "sept"),
    10: ("oktober", "october", "okt", "oct"),
    11: ("november", "nopember", "nov", "nop"),
    12: ("desember", "december", "des", "dec"),
}
_MONTH_OF = {name: month for month, names in _MONTHS.items() for name in names}


def is_blank(raw: pd.Series) -> pd.Series:
    """Return which cells hold nothing: missing, or only spaces."""
    if isinstance(raw.dtype, pd.StringDtype):
        return raw.isna() | (raw.str.strip() == "").astype("bool")
    if pd.api.types.is_numeric_dtype(raw.dtype) or pd.api.types.is_datetime64_any_dtype(raw.dtype):
        return raw.isna()
    return _by_distinct(raw, lambda cells: np.array([_is_blank(cell) for cell in cells], dtype=bool), missing=True)


def _is_blank(cell: object) -> bool:
    return isinstance(cell, str) and not cell.strip()


def distinct_cells(raw: pd.Series) -> tuple[np.ndarray, pd.Series]:
    """Return each cell's place in the table of distinct cells, and that table, whose last cell is a missing one.

    A column is read by what stands in it, not by how often: reading its distinct cells reads it.

    Examples
    --------
    >>> place, cells = distinct_cells(pd.Series(["a", None, "b", "a"]))
    >>> place.tolist(), cells.isna().tolist()
    ([0, 2, 1, 0], [False, False, True])
    """
    if isinstance(raw.dtype, pd.CategoricalDtype):
        categories, codes = raw.cat.categories, raw.cat.codes.to_numpy().astype(np.int64)
        used = np.bincount(codes + 1, minlength=len(categories) + 1)[1:] > 0
        place = np.append(np.cumsum(used) - 1, used.sum())[codes]  # a missing cell's code is -1: the last place
        return place, pd.Series([*categories[used], None], dtype=categories.dtype)
    if isinstance(raw.dtype, pd.StringDtype):
        place, found = pd.factorize(raw)
        cells = pd.concat([pd.Series(found), pd.Series([None], dtype=raw.dtype)], ignore_index=True)
        return np.where(place < 0, len(found), place), cells
    place, table = _distinct_of_each_kind(raw.astype("object"))
    return np.where(place < 0, len(table), place), pd.Series([*table, None], dtype="object")


def _by_distinct(raw: pd.Series, read: Callable[[np.ndarray], np.ndarray], *, missing: object) -> pd.Series:
    """Read only the distinct cells of a column, and put what was read back to each row."""
    if isinstance(raw.dtype, pd.StringDtype):
        place, found = pd.factorize(raw)
        table = np.asarray(found, dtype=object)
    else:
        place, table = _distinct_of_each_kind(raw.astype("object"))
    values = read(table)
    result = np.full(len(raw), missing, dtype=values.dtype)
    known = place >= 0
    result[known] = values[place[known]]
    return pd.Series(result, index=raw.index, name=raw.name, dtype=values.dtype)


def _distinct_of_each_kind(cells: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Factorize kind by kind: to pandas, 1 and True are one cell."""
    kinds = cells.map(type)
    place = np.full(len(cells), -1, dtype=np.int64)
    distinct: list[object] = []
    for kind in kinds.unique():
        rows = np.flatnonzero((kinds == kind).to_numpy())
        codes, seen = pd.factorize(cells.iloc[rows])
        place[rows] = np.where(codes >= 0, codes + len(distinct), -1)
        distinct.extend(seen)
    table = np.empty(len(distinct), dtype=object)
    table[:] = distinct
    return place, table


def _texts(cells: np.ndarray) -> pd.Series:
    """The cells that are text; missing for numbers, dates and truth values."""
    if pd.api.types.infer_dtype(cells, skipna=False) != "string":
        cells = np.array([cell if isinstance(cell, str) else None for cell in cells], dtype=object)
    return pd.Series(cells, dtype="str")


def _tidy(text: pd.Series) -> pd.Series:
    """Trimmed, in lower case, with plain single spaces."""
    return _without(text.str.replace("\u00a0", " ", regex=False), r" {2,}|[\t\r\n]+ *", " ").str.strip().str.lower()


def _without(text: pd.Series, pattern: str, put: str = "") -> pd.Series:
    """Replace a pattern in the texts that have it. Without \\s in it, which pandas leaves to slow Python, not Arrow."""
    rows = text.str.contains(pattern, regex=True).fillna(False).to_numpy(dtype=bool)
    if not rows.any():
        return text
    result = text.copy()
    result[rows] = text[rows].str.replace(pattern, put, regex=True)
    return result


def no_answers(raw: pd.Series) -> dict[str, pd.Series]:
    """Return which cells say that the family does not know (-98), and which that it refused (-99).

    Examples
    --------
    >>> {reason: cells.tolist() for reason, cells in no_answers(pd.Series(["-98", -99.0, "-9.8"])).items()}
    {'does_not_know': [True, False, False], 'refused': [False, True, False]}
    """
    if isinstance(raw.dtype, pd.StringDtype):
        text = raw.str.strip()
        return {reason: text.isin(_written(code)) for code, reason in NO_ANSWER.items()}
    if raw.dtype == object:
        meaning = {word: reason for code, reason in NO_ANSWER.items() for word in _written(code)}
        reasons = _by_distinct(raw, lambda cells: _looked_up(pd.Series(map(_word, cells)), meaning), missing=None)
        return {reason: reasons.eq(reason) for reason in NO_ANSWER.values()}
    if pd.api.types.is_numeric_dtype(raw.dtype) and not pd.api.types.is_bool_dtype(raw.dtype):
        values = raw.to_numpy(dtype=float, na_value=np.nan)
        return {reason: pd.Series(values == code, index=raw.index) for code, reason in NO_ANSWER.items()}
    return {reason: pd.Series(False, index=raw.index) for reason in NO_ANSWER.values()}


def _written(code: float) -> list[str]:
    """The ways in which files write -98: with a decimal part where a program made it a number, or a typeset minus."""
    figures = f"{-code:.0f}"
    return [f"{minus}{figures}{part}" for minus in ("-", "\u2212") for part in ("", ".0", ",0", ".00", ",00")]


# --- numbers


def read_numbers(raw: pd.Series, kind: Kind = "number") -> pd.Series:
    """Return numbers as float64; missing where a cell is blank or none can be read from it.

    Parameters
    ----------
    raw : Series
        Text, numbers, or both.
    kind
        Of the question. Where nothing in the column tells whether `1.000` is one or a thousand, the dot of an amount
        or a count parts thousands, since nobody writes either with three decimals; any other number stays unread.

    Examples
    --------
    >>> read_numbers(pd.Series(["Rp 1.000.000", "1.250.000,50", "900"]), "money").tolist()
    [1000000.0, 1250000.5, 900.0]
    >>> read_numbers(pd.Series(["1.125", "0.5"])).tolist()  # the second cell shows that the dot is decimal
    [1.125, 0.5]
    >>> read_numbers(pd.Series(["1.125", "2"])).tolist()  # nothing does
    [nan, 2.0]
    """
    if pd.api.types.is_bool_dtype(raw.dtype):
        return pd.Series(np.nan, index=raw.index, name=raw.name)
    if pd.api.types.is_numeric_dtype(raw.dtype):
        numbers = raw.astype("float64")
    else:
        numbers = _by_distinct(raw, lambda cells: _numbers_of(cells, kind), missing=np.nan)
    return numbers.where(np.isfinite(numbers))


def _numbers_of(cells: np.ndarray, kind: Kind) -> np.ndarray:
    text = _texts(cells)
    is_text = text.notna().to_numpy()
    numbers = np.full(len(cells), np.nan)
    numbers[~is_text] = [_as_number(cell) for cell in cells[~is_text]]
    # Most columns: figures alone, or as a program writes whole numbers that it holds with decimals (4.0).
    if is_text.all() and text.str.fullmatch(r"[0-9]+(?:\.0)?").all():
        return text.astype("float64").to_numpy()
    whole = is_text & text.str.fullmatch(r"[0-9]+").to_numpy(dtype=bool, na_value=False)
    numbers[whole] = text[whole].astype("float64")
    left = np.flatnonzero(is_text & ~whole)
    if len(left):
        numbers[left] = _written_numbers(_tidy(text.iloc[left]), kind)
    return numbers


def _as_number(cell: object) -> float:
    if isinstance(cell, bool | np.bool_) or not isinstance(cell, int | float | np.integer | np.floating):
        return np.nan
    return float(cell)


def _written_numbers(text: pd.Series, kind: Kind) -> np.ndarray:
    body = _without(text, r"^(?:rp|idr) *\.? *")
    body = _without(body, r" *(?:rp|idr|rupiah)$")
    body = _without(body, r",-{1,2}$")  # Rp 1.000.000,-
    body = body.str.replace("\u2212", "-", regex=False)

    def like(pattern: str) -> np.ndarray:
        return body.str.fullmatch(rf"[+-]?(?:{pattern})").to_numpy(dtype=bool)

    plain = like(r"\d+|\d{1,3}(?: \d{3})+")
    dot_doubt, comma_doubt = like(r"[1-9]\d{0,2}\.\d{3}"), like(r"[1-9]\d{0,2},\d{3}")
    # What can only be read with the dot, or only with the comma, parting thousands.
    dot_parts = like(r"[1-9]\d{0,2}(?:\.\d{3}){2,}|[1-9]\d{0,2}(?:\.\d{3})+,\d+|\d+,\d+") & ~comma_doubt
    decimal_dot = like(r"[1-9]\d{0,2}(?:,\d{3}){2,}|[1-9]\d{0,2}(?:,\d{3})+\.\d+|\d+\.\d+(?:e[+-]?\d+)?|\d+e[+-]?\d+")
    comma_parts = decimal_dot & ~dot_doubt
    with_dots, with_commas = dot_parts.copy(), comma_parts.copy()
    if dot_parts.any() and not comma_parts.any():
        with_dots |= dot_doubt | comma_doubt
    elif comma_parts.any() and not dot_parts.any():
        with_commas |= dot_doubt | comma_doubt
    elif not dot_parts.any() and kind in ("money", "count") and dot_doubt.any() != comma_doubt.any():
        with_dots |= dot_doubt
        with_commas |= comma_doubt
    numbers = np.full(len(body), np.nan)
    numbers[plain] = body[plain].str.replace(" ", "", regex=False).astype("float64")
    dotted = body[with_dots].str.replace(".", "", regex=False).str.replace(",", ".", regex=False)
    numbers[with_dots] = dotted.astype("float64")
    numbers[with_commas] = body[with_commas].str.replace(",", "", regex=False).astype("float64")
    return numbers


# --- yes and no


def read_yes_no(raw: pd.Series) -> pd.Series:
    """Return "yes" and "no"; None where a cell is blank or does not say.

    `-` and `x` are a no only beside ticks, and where no word or figure says no; `T` is Tidak unless the column speaks
    of true and false; figures are read only where they are 0 and 1, since a 2 means that a codebook is needed.

    Examples
    --------
    >>> read_yes_no(pd.Series(["Ya", "tidak", "Y", "T"])).tolist()
    ['yes', 'no', 'yes', 'no']
    >>> read_yes_no(pd.Series(["V", "-", None])).tolist()
    ['yes', 'no', None]
    >>> read_yes_no(pd.Series(["1", "2"])).tolist()
    [None, None]
    """
    return _by_distinct(raw, _yes_no_of, missing=None)


def _yes_no_of(cells: np.ndarray) -> np.ndarray:
    words = pd.Series([_word(cell) for cell in cells], dtype="object")
    seen = set(words.dropna())
    meaning = dict.fromkeys(_YES | _TICKS, "yes") | dict.fromkeys(_NO, "no")
    figures = {word for word in seen if word.lstrip("-").isdigit()}
    if figures <= {"0", "1"}:
        meaning |= {"0": "no", "1": "yes"}
    speaks_english = bool(seen & _TRUTH_IN_ENGLISH)
    if not (speaks_english and seen & {"y", "ya", "tidak"}):
        meaning |= {"t": "yes", "f": "no"} if speaks_english else {"t": "no"}
    says_no = bool(seen & (_NO | {"t", "f", "0"}))
    if seen & _TICKS and not says_no:
        meaning |= dict.fromkeys(_UNTICKED, "no")
    return _looked_up(words, meaning)


def _looked_up(words: pd.Series, meaning: dict[str, str]) -> np.ndarray:
    found = np.empty(len(words), dtype=object)
    found[:] = [meaning.get(word) for word in words]
    return found


def _word(cell: object) -> str | None:
    if isinstance(cell, str):
        return " ".join(cell.split()).casefold()
    if isinstance(cell, bool | np.bool_):
        return str(bool(cell)).casefold()
    number = _as_number(cell)
    if np.isnan(number):
        return None
    return str(int(number)) if number.is_integer() else str(number)


# --- choices


def read_choices(raw: pd.Series, values: Sequence[Value]) -> pd.Series:
    """Return the canonical names of choices written as name or as label; None where a cell is neither.

    Capitals and spaces do not count. A label that two values share says neither.

    Examples
    --------
    >>> from graduation_model.params import Label
    >>> earth = Value(name="earth", label=Label(id="Tanah", en="Earth floor"))
    >>> read_choices(pd.Series(["earth", " TANAH", "earth  floor", "mud"]), [earth]).tolist()
    ['earth', 'earth', 'earth', None]
    """
    names: dict[str, set[str]] = {}
    for value in values:
        for text in {_word(value.label.id), _word(value.label.en)} - {None}:
            names.setdefault(str(text), set()).add(value.name)
    meaning = {text: min(found) for text, found in names.items() if len(found) == 1}
    meaning |= {value.name: value.name for value in values}

    def read(cells: np.ndarray) -> np.ndarray:
        return _looked_up(pd.Series([_word(cell) for cell in cells], dtype="object"), meaning)

    return _by_distinct(raw, read, missing=None)


# --- dates


def read_dates(raw: pd.Series) -> pd.Series:
    """Return dates; missing where a cell is blank, no date, or a date of which day and month cannot be told apart.

    Read are date cells, `2020-12-31`, `31/12/2020`, `31-12-2020`, `31.12.2020` and `31 Desember 2020`. Day comes
    before month, as it is written in Indonesia, unless the column shows the month first (`12/31/2020`); where it shows
    both, only dates that can be read in one way are.

    A sheet that was once opened with American settings holds `05/03/2020` turned round as a date cell, while
    `31/03/2020` stayed text. Where texts have only days above 12 and date cells only days up to 12, those date cells
    are therefore not believed.

    Examples
    --------
    >>> read_dates(pd.Series(["31/12/2020", "01/02/2020", "1 Mei 2020"])).dt.strftime("%Y-%m-%d").tolist()
    ['2020-12-31', '2020-02-01', '2020-05-01']
    >>> read_dates(pd.Series(["31/12/2020", "12/31/2020", "01/02/2020"])).notna().tolist()
    [True, True, False]
    """
    days = _by_distinct(raw, _dates_of, missing=np.datetime64("NaT", "s"))
    return days.astype("datetime64[s]")


def _dates_of(cells: np.ndarray) -> np.ndarray:
    text = _tidy(_texts(cells))
    iso = text.str.extract(r"^(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})(?:[ t]\d{2}:\d{2}.*)?$")
    named = text.str.extract(r"^(?P<day>\d{1,2})[ -](?P<month>[a-z]+)\.?[ -](?P<year>\d{4})$")
    named["month"] = named["month"].map(_MONTH_OF)
    figures = text.str.extract(
        r"^(?P<first>\d{1,2})[/.-](?P<second>\d{1,2})[/.-](?P<year>\d{4})(?: \d{1,2}[:.]\d{2}.*)?$"
    )
    first, second = (pd.to_numeric(figures[name]).astype("float64") for name in ("first", "second"))
    day_first, month_first = (first > 12) & (second <= 12), (second > 12) & (first <= 12)
    told_apart = day_first | month_first | (first == second)
    reads_month_first = month_first if day_first.any() else month_first | bool(month_first.any())
    if day_first.any() and month_first.any():
        figures["year"] = figures["year"].where(told_apart)
    turned = pd.DataFrame(
        {
            "year": figures["year"],
            "month": first.where(reads_month_first, second),
            "day": second.where(reads_month_first, first),
        }
    )
    written = _calendar(iso).fillna(_calendar(named)).fillna(_calendar(turned))
    cells_read = _date_cells(cells)
    only_late_days = bool(day_first.any()) and not (first.notna() & ~day_first).any()
    if only_late_days and (cells_read.dropna().dt.day <= 12).all():
        cells_read = cells_read.where(cells_read.dt.day == cells_read.dt.month)
    return written.fillna(cells_read).to_numpy()


def _calendar(parts: pd.DataFrame) -> pd.Series:
    """Year, month and day -> dates; pandas, not Arrow: Arrow reads 31 February as 2 March."""
    numbers = parts.apply(pd.to_numeric, errors="coerce").astype("float64")
    numbers["year"] = numbers["year"].where(numbers["year"].between(1900, 2200))
    return pd.to_datetime(numbers[["year", "month", "day"]], errors="coerce").astype("datetime64[s]")


def _date_cells(cells: np.ndarray) -> pd.Series:
    days = [
        np.datetime64(cell.strftime("%Y-%m-%d"), "s")
        if isinstance(cell, datetime.date) and 1900 <= cell.year <= 2200
        else np.datetime64("NaT", "s")
        for cell in cells
    ]
    return pd.Series(np.array(days, dtype="datetime64[s]"))
