"""Questions with several answers at once (select_multiple, bit sums) in; the instrument's yes/no questions out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from graduation_model.errors import DataError
from graduation_model.ingest.codebooks import as_code
from graduation_model.ingest.mapping import Multiple
from graduation_model.ingest.notation import is_blank, read_yes_no

NO_SUM = "99"
_BETWEEN = " ,;|/"


def yes_no_of(frame: pd.DataFrame, multiple: Multiple) -> dict[str, pd.Series]:
    """Return question -> answers as text ("yes", "no", or what stood there and cannot be read).

    Where nothing was chosen at all, nothing was answered: all are missing. A cell with an answer that the mapping does
    not know is read for none of the questions, since a misspelt answer must not become a no. The same holds where a
    form's two encodings, one column for all answers and one for each, contradict each other.

    Raises
    ------
    DataError
        Where the frame holds the question in neither encoding.

    Examples
    --------
    >>> aid = Multiple(column="aid", options={"pkh": "gets_pkh", "pip": "gets_pip"}, others=("none",))
    >>> read = yes_no_of(pd.DataFrame({"aid": ["pkh pip", "none", None, "pkh kur"]}), aid)
    >>> read["gets_pkh"].tolist(), read["gets_pip"].tolist()
    (['yes', 'no', None, 'pkh kur'], ['yes', 'no', None, 'pkh kur'])
    >>> goods = Multiple(column="goods", bits={1: "has_tv", 4: "has_ac"}, others=("2",))
    >>> yes_no_of(pd.DataFrame({"goods": [7, 0, 99, 8]}), goods)["has_ac"].tolist()
    ['yes', 'no', None, '8']
    """
    if multiple.bits:
        if multiple.column not in frame.columns:
            raise _missing(multiple)
        return _of_sums(frame[multiple.column], multiple)
    details = details_of(frame.columns, multiple.column, [*multiple.options, *multiple.others])
    summary = _of_summary(frame[multiple.column], multiple) if multiple.column in frame.columns else None
    if summary is None and not set(multiple.options) <= set(details):
        raise _missing(multiple)
    own = {
        multiple.options[option]: _of_column(frame[column])
        for option, column in details.items()
        if option in multiple.options
    }
    if summary is None:
        return own
    return {
        question: _agreed(own[question], answers) if question in own else answers
        for question, answers in summary.items()
    }


def details_of(columns: Iterable[object], question: str, options: Sequence[str]) -> dict[str, str]:
    """Return option -> its own column, for a question that has a column for each answer.

    Examples
    --------
    >>> details_of(["house/aid", "house/aid/pkh", "aid/pip", "x"], "aid", ["pkh", "pip"])
    {'pkh': 'house/aid/pkh', 'pip': 'aid/pip'}
    """
    wanted = {f"{question}/{option}".casefold(): option for option in options}
    found: dict[str, str] = {}
    for column in map(str, columns):
        parts = column.casefold().split("/")
        tails = ("/".join(parts[place:]) for place in range(len(parts) - 1))
        option = next((wanted[tail] for tail in tails if tail in wanted), None)
        if option is not None:
            found.setdefault(option, column)
    return found


def columns_of(columns: Iterable[object], multiple: Multiple) -> set[str]:
    """Return every column that one question's answers stand in."""
    columns = list(columns)
    return {multiple.column, *details_of(columns, multiple.column, [*multiple.options, *multiple.others]).values()}


def _missing(multiple: Multiple) -> DataError:
    return DataError(
        "There is no such column, and none for each of its answers",
        where=f"column {multiple.column}",
        mend="Mend its name in the mapping; the answers' own columns are called question/answer",
    )


def _of_column(raw: pd.Series) -> pd.Series:
    answers = read_yes_no(raw)
    return answers.where(answers.notna() | is_blank(raw), as_code(raw))


def _agreed(own: pd.Series, summary: pd.Series) -> pd.Series:
    """One encoding where the other is blank; where they contradict each other, both, which nobody can read."""
    either = own.where(own.notna(), summary)
    apart = (own.notna() & summary.notna() & (own != summary)).to_numpy(dtype=bool)
    return either.mask(apart, "chosen: " + summary.astype("str") + ", own column: " + own.astype("str"))


def _of_summary(raw: pd.Series, multiple: Multiple) -> dict[str, pd.Series]:
    place, cells = pd.factorize(as_code(raw))
    known = {" ".join(option.split()).casefold(): option for option in (*multiple.options, *multiple.others)}
    # The longest first: "PKH lansia" is not PKH. Labels hold blanks, so a cell cannot simply be cut at them.
    one = "|".join(re.escape(option) for option in sorted(known, key=len, reverse=True))
    each = re.compile(rf"(?<!\w)(?:{one})(?!\w)")
    tables: dict[str, list[str | None]] = {question: [] for question in multiple.questions}
    for cell in cells:
        text = " ".join(str(cell).split()).casefold()
        chosen = None if each.sub("", text).strip(_BETWEEN) else {known[found] for found in each.findall(text)}
        for option, question in multiple.options.items():
            tables[question].append(str(cell) if chosen is None else "yes" if option in chosen else "no")
    return {question: _at(place, answers, raw) for question, answers in tables.items()}


def _of_sums(raw: pd.Series, multiple: Multiple) -> dict[str, pd.Series]:
    place, cells = pd.factorize(as_code(raw))
    allowed = sum({*multiple.bits, *map(int, multiple.others)})
    tables: dict[str, list[str | None]] = {question: [] for question in multiple.questions}
    for cell in cells:
        text = str(cell)
        # 99 would be 64 + 32 + 2 + 1, and is what the form writes where nobody knows.
        is_sum = text.isascii() and text.isdigit() and len(text) < 10 and not int(text) & ~allowed
        for bit, question in multiple.bits.items():
            answer = ("yes" if int(text) & bit else "no") if is_sum else text
            tables[question].append(None if text == NO_SUM else answer)
    return {question: _at(place, answers, raw) for question, answers in tables.items()}


def _at(place: np.ndarray, answers: list[str | None], raw: pd.Series) -> pd.Series:
    table = np.array([*answers, None], dtype=object)
    return pd.Series(table[place], index=raw.index, dtype="object")
