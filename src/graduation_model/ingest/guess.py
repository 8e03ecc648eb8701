"""A column of somebody's file in; what question it may be, out: a guess that a person confirms, and says so.

Only whole columns are looked at, by the readers that later read them (`notation`): a column is a number where nearly
every filled cell is read as one. Nothing here decides a direction, what can be acted on, or what is protected.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from graduation_model.contract.instrument import Kind
from graduation_model.ingest.headers import without_accents
from graduation_model.ingest.notation import is_blank, read_dates, read_numbers, read_yes_no
from graduation_model.ingest.personal import holds_personal, is_personal_header

Left = Literal["personal", "empty", "one_answer"]
Role = Literal["household", "date", "year", "place", "facilitator"]

NEARLY_ALL = 0.98  # of the filled cells: the others are what `check` sets aside
MOST_ANSWERS = 15
TIMES_EACH = 3  # an answer that is chosen from a list comes back

_COUNT = re.compile(
    r"n|num|number|numero|nro|cantidad|count|total|jumlah|jml|banyak|size|age|umur|usia|edad|year|years|month|months|rooms?"
)
_MONEY = re.compile(r"income|wage|salary|expenditure|spend|price|rent|idr|rp|usd|pen|penghasilan|pengeluaran|ingreso")
_ROLES: dict[Role, re.Pattern[str]] = {
    "household": re.compile(r"household|hh|hhid|keluarga|hogar|family|id"),
    "year": re.compile(r"year|tahun|anio|ano"),
    "facilitator": re.compile(r"facilitator|pendamping|enumerator|interviewer|cluster|conglome|caseworker"),
    "place": re.compile(r"region|province|provinsi|district|kabupaten|kecamatan|village|desa|kelurahan|municipality"),
}


@dataclass(frozen=True)
class Guess:
    """What a column may be.

    Attributes
    ----------
    column, name
        Its header, and the question's name made from it.
    kind
        None where the column is left out, for the reason in `left`.
    minimum, maximum
        Round bounds about the numbers that were seen: wide enough for a year more, to be narrowed by a person.
    answers
        Canonical name -> the cell, of a choice.
    roles
        What else it may serve as: the family's id, the visit's date, its place, whoever assessed.
    perhaps
        Another kind that would fit as well.
    """

    column: str
    name: str
    kind: Kind | None
    left: Left | None = None
    minimum: float | None = None
    maximum: float | None = None
    answers: dict[str, str] | None = None
    roles: tuple[Role, ...] = ()
    perhaps: Kind | None = None


def guess_questions(frame: pd.DataFrame) -> list[Guess]:
    """Return a guess a column, in the file's order.

    Parameters
    ----------
    frame : frame (n_rows, source columns)
        As read, before any typing.

    Examples
    --------
    >>> seen = pd.DataFrame({"Lantai": ["Tanah", "Ubin"] * 9, "Jumlah anggota": ["4", "11"] * 9, "Nama KRT": "X"})
    >>> [(guess.name, guess.kind, guess.left) for guess in guess_questions(seen)]
    [('lantai', 'choice', None), ('jumlah_anggota', 'count', None), ('nama_krt', None, 'personal')]
    """
    names = _distinct([_slug(str(column), "question") for column in frame.columns])
    return [_guess(frame[column], str(column), name) for column, name in zip(frame.columns, names, strict=True)]


def _guess(raw: pd.Series, column: str, name: str) -> Guess:
    if is_personal_header(column) or holds_personal(raw):
        return Guess(column, name, None, "personal")
    filled = raw[~is_blank(raw)].reset_index(drop=True)
    if filled.empty:
        return Guess(column, name, None, "empty")
    words = set(re.findall(r"[a-z]+", without_accents(column).lower()))
    roles = tuple(role for role, said in _ROLES.items() if any(said.fullmatch(word) for word in words))
    if _share(read_yes_no(filled)) >= NEARLY_ALL:
        return Guess(column, name, "yes_no", roles=roles)
    numbers = read_numbers(filled)
    if _share(numbers) >= NEARLY_ALL:
        return _number(filled, numbers.dropna(), Guess(column, name, "number", roles=roles), words)
    if _share(read_dates(filled)) >= NEARLY_ALL:
        return Guess(column, name, "date", roles=(*roles, "date"))
    return _text(filled, Guess(column, name, "text", roles=roles))


def _share(read: pd.Series) -> float:
    return float(read.notna().mean())


def _number(filled: pd.Series, numbers: pd.Series, guess: Guess, words: set[str]) -> Guess:
    least, most = float(numbers.min()), float(numbers.max())
    if least == most and "year" not in guess.roles:
        return Guess(guess.column, guess.name, None, "one_answer")
    whole = bool((numbers % 1 == 0).all())
    counted = any(_COUNT.fullmatch(word) for word in words)
    money = not counted and any(_MONEY.fullmatch(word) for word in words)
    if whole and least >= 0 and numbers.nunique() <= MOST_ANSWERS and not counted and not money:
        coded = _text(filled, guess)
        if coded.kind == "choice":  # figures that stand for answers, most likely
            return Guess(guess.column, guess.name, "choice", answers=coded.answers, roles=guess.roles, perhaps="count")
    kind: Kind = "money" if money else "count" if whole and least >= 0 else "number"
    return Guess(
        guess.column,
        guess.name,
        kind,
        minimum=0 if least >= 0 else -_round_up(-least),
        maximum=_round_up(most) if most > 0 else 0,
        roles=guess.roles,
    )


def _text(filled: pd.Series, guess: Guess) -> Guess:
    cells = filled.map(_shown)
    counts = cells.value_counts()
    if len(counts) == 1:
        return Guess(guess.column, guess.name, None, "one_answer")
    if len(counts) > MOST_ANSWERS or len(cells) < TIMES_EACH * len(counts):
        return guess
    ordered = sorted(counts.index, key=lambda cell: (len(cell), cell) if cell.isdigit() else (0, cell))
    names = _distinct([_slug(cell, "answer") for cell in ordered])
    answers = dict(zip(names, ordered, strict=True))
    return Guess(guess.column, guess.name, "choice", answers=answers, roles=guess.roles)


def _shown(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return " ".join(str(cell).split())


def _round_up(value: float) -> float:
    """The next 1, 2 or 5 with zeros that is half as large again, or more."""
    wanted = 1.5 * value
    power = 10.0 ** np.floor(np.log10(wanted))
    return float(next(step * power for step in (1, 2, 5, 10) if step * power >= wanted))


def _slug(text: str, otherwise: str) -> str:
    """A name as the instrument takes it: small letters, figures and low lines, a letter first for a question."""
    name = re.sub(r"[^a-z0-9]+", "_", without_accents(text).lower()).strip("_") or otherwise
    return f"q_{name}" if otherwise == "question" and not name[0].isalpha() else name


def _distinct(names: Iterable[str]) -> list[str]:
    seen: dict[str, int] = {}
    distinct = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        distinct.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return distinct
