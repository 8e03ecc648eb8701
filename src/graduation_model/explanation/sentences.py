"""A question, its answer and the sign of its contribution in, a sentence for people out.

The sentence says what the record holds and which way it moved the score: never that a family is poor *because*.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from graduation_model.contract.instrument import YES_NO, Question
from graduation_model.params import Language
from graduation_model.wording import day, has_text, money, percent, plain, text


def answer_words(question: Question, answer: Any, language: Language, *, currency: str = "") -> str | None:
    """Return one answer in words; None where it is missing.

    Examples
    --------
    >>> from graduation_model.params import Label
    >>> rooms = Question(name="rooms", kind="count", section="home", label=Label(id="Rumah", en="House"), unit="room")
    >>> answer_words(rooms, 3.0, "id"), answer_words(rooms, 1.0, "en"), answer_words(rooms, None, "en")
    ('3 ruang', '1 room', None)
    """
    if _is_missing(answer):
        return None
    if question.levels:
        return _level_words(question, language).get(str(answer), str(answer))
    if question.kind == "money":
        return money(float(answer), currency or question.unit or "", language)
    if question.is_numeric:
        return _with_unit(float(answer), question, language)
    return day(answer, language) if question.kind == "date" else str(answer)


def column_words(question: Question, answers: pd.Series, language: Language, *, currency: str = "") -> list[str | None]:
    """Return a column of answers in words; each distinct answer is put into words once.

    Parameters
    ----------
    question : Question
    answers : Series (n,)
        Typed answers to it.

    Returns
    -------
    list of str or None, (n,)
    """
    codes, distinct = pd.factorize(answers)
    words = np.array(
        [*(answer_words(question, answer, language, currency=currency) for answer in distinct), None], dtype=object
    )
    return words[codes].tolist()  # a missing answer has the code -1, the last word


def reason_sentence(
    question: Question, answer: str | None, contribution: float, language: Language, *, before: str | None = None
) -> str:
    """Return why the score moved, in one short sentence.

    Parameters
    ----------
    question : Question
    answer : str or None
        The answer in words (`answer_words`); None where it is missing.
    contribution : float
        In log-odds; only its sign is used.
    before : str, optional
        The previous answer in words: said where it was another.

    Examples
    --------
    >>> from graduation_model.params import Label
    >>> floor = Question(name="floor", kind="yes_no", section="home", label=Label(id="Lantai semen", en="Cement floor"))
    >>> reason_sentence(floor, "ya", 0.4, "id")
    'Lantai semen: ya; ini menaikkan nilai.'
    >>> reason_sentence(floor, "yes", 0.4, "en", before="no")
    'Cement floor: yes (previously no); this raised the score.'
    >>> reason_sentence(floor, None, -0.1, "id")
    'Lantai semen: tidak tercatat; ini menurunkan nilai.'
    """
    move = "raised" if contribution > 0 else "lowered" if contribution < 0 else "level"
    return text(f"sentence.{move}", language, record=record_words(question, answer, language, before=before))


def record_words(question: Question, answer: str | None, language: Language, *, before: str | None = None) -> str:
    """Return what the record holds, where a heading says already which way it moved the score.

    Examples
    --------
    >>> from graduation_model.params import Label
    >>> floor = Question(name="floor", kind="yes_no", section="home", label=Label(id="Lantai semen", en="Cement floor"))
    >>> record_words(floor, "ya", "id", before="tidak"), record_words(floor, None, "en")
    ('Lantai semen: ya (sebelumnya tidak)', 'Cement floor: not recorded')
    """
    label = question.label.in_(language)
    if answer is None:
        return text("sentence.record_missing", language, label=label)
    if before is not None and before != answer:
        return text("sentence.record_changed", language, label=label, answer=answer, before=before)
    return text("sentence.record", language, label=label, answer=answer)


def _is_missing(answer: Any) -> bool:
    return answer is None or answer is pd.NA or answer is pd.NaT or (isinstance(answer, float) and math.isnan(answer))


def _level_words(question: Question, language: Language) -> dict[str, str]:
    if question.kind == "yes_no":
        return {name: text(f"common.{name}", language) for name in YES_NO}
    return {value.name: value.label.in_(language) for value in question.values}


def _with_unit(value: float, question: Question, language: Language) -> str:
    if question.unit == "share":
        return percent(value, language)
    count = plain(value, language)
    # An instrument may name its unit in the singular or in the plural; a unit of its own stands as it is.
    own = question.unit or ""
    unit = next((name for name in (own, own.removesuffix("s")) if has_text(f"units.{name}")), "")
    words = text(f"units.{unit}", language, count=count) if unit else f"{count} {own}".strip()
    said = words.removeprefix(count).strip().casefold()
    return count if said and said in question.label.in_(language).casefold() else words
