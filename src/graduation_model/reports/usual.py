"""A wave's answers in; what is usual where each listed family lives, and its poverty line, out.

What is usual is told of a place with enough families only: the middle of three answers is one family's answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from graduation_model.contract.instrument import Instrument, Question


@dataclass(frozen=True)
class Usual:
    """What is usual around each listed family.

    Attributes
    ----------
    answers : frame (n_listed, n_questions)
        Typed: the median of numbers and ordered answers, the most frequent of the others; missing where too few
        families answered.
    column, code : list of str
        Of which place: '' where even the widest has too few families.
    families : list of int
        How many families of that place were assessed.
    """

    answers: pd.DataFrame
    column: list[str]
    code: list[str]
    families: list[int]


def usual_answers(
    wave: pd.DataFrame,
    households: Sequence[str],
    *,
    places: Sequence[str],
    questions: Mapping[str, Question],
    minimum: int,
) -> Usual:
    """Return what is usual in the narrowest place of each family that has enough families.

    Parameters
    ----------
    wave : frame (n_families, places and questions)
        Every assessed family, index household_id.
    households : sequence of str
        Those who are told.
    places : sequence of str
        Columns that say where a family lives, the narrowest first.
    questions : mapping
        Name -> question; those that the wave does not hold are left out.
    minimum : int
        Fewer families than this are not summed up.

    Examples
    --------
    >>> from graduation_model.params import Label
    >>> rooms = Question(name="rooms", kind="count", section="home", label=Label(id="Ruang", en="Rooms"))
    >>> wave = pd.DataFrame({"village": ["a", "a", "b"], "area": "X", "rooms": [1.0, 2.0, 9.0]}, index=list("123"))
    >>> usual = usual_answers(wave, ["1", "3"], places=["village", "area"], questions={"rooms": rooms}, minimum=2)
    >>> usual.answers["rooms"].tolist(), usual.code, usual.families
    ([1.5, 2.0], ['a', 'X'], [2, 3])
    """
    told = {name: question for name, question in questions.items() if name in wave}
    chosen = pd.DataFrame({"column": "", "code": "", "families": 0}, index=pd.RangeIndex(len(households)))
    parts = []
    for column in [name for name in places if name in wave]:
        codes = wave[column].astype("str").reindex(households).reset_index(drop=True)
        counts = codes.map(wave[column].astype("str").value_counts()).fillna(0).astype(int)
        fits = (chosen["code"] == "") & (counts >= minimum)
        chosen.loc[fits, ["column", "code"]] = np.column_stack([np.full(int(fits.sum()), column), codes[fits]])
        chosen.loc[fits, "families"] = counts[fits]
        middles = _middles(wave, column, codes[fits].unique(), told, minimum)
        parts.append(middles.reindex(codes[fits]).set_axis(chosen.index[fits]))
    answers = pd.concat(parts).sort_index() if parts else pd.DataFrame(index=pd.RangeIndex(0))
    return Usual(
        answers.reindex(index=chosen.index, columns=list(told)),
        chosen["column"].tolist(),
        chosen["code"].tolist(),
        chosen["families"].tolist(),
    )


def _middles(
    wave: pd.DataFrame, column: str, codes: np.ndarray, questions: Mapping[str, Question], minimum: int
) -> pd.DataFrame:
    place = wave[column].astype("str")
    there = place.isin(codes)
    place = place[there].astype("category")  # told apart once, not once a question
    answers = wave.loc[there, list(questions)]
    middles = {name: _middle(answers[name], place, question) for name, question in questions.items()}
    answered = answers.notna().groupby(place, observed=True).sum()
    return pd.DataFrame({name: middles[name].where(answered[name] >= minimum) for name in questions})


def _middle(answers: pd.Series, place: pd.Series, question: Question) -> pd.Series:
    if question.is_numeric:
        return answers.groupby(place, observed=True).median()
    if not question.levels:
        return pd.Series(None, index=place.unique(), dtype="object")
    codes = pd.Series(pd.Categorical(answers, categories=list(question.levels)).codes, index=answers.index)
    codes = codes.where(codes >= 0)
    if question.kind == "choice":
        counts = pd.crosstab(place, codes)
        middle = counts.idxmax(axis=1) if counts.size else pd.Series(dtype="float64")
    else:
        middle = codes.groupby(place, observed=True).quantile(0.5, interpolation="lower")
    return middle.dropna().map(lambda code: question.levels[int(code)])


def poverty_lines(
    wave: pd.DataFrame, households: Sequence[str], instrument: Instrument, *, area: str
) -> list[float | None]:
    """Return the poverty line that each family's derived answer was set against; None where it cannot be told.

    A line is what divides an amount into its multiple. An amount of nothing tells no line, so its area's stands in.
    """
    derived = next((question for question in instrument.questions if question.derived and question.name in wave), None)
    if derived is None or derived.derived is None or derived.derived.amount not in wave:
        return [None] * len(households)
    heads = wave[derived.derived.heads] if derived.derived.heads else 1.0
    multiple = wave[derived.name]
    line = wave[derived.derived.amount] / heads / multiple.where(multiple > 0)
    if area in wave:
        line = line.fillna(line.groupby(wave[area]).transform("median"))
    return [None if pd.isna(value) else float(value) for value in line.reindex(households)]
