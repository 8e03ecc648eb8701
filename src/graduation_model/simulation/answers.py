"""Answers to one wave's assessments: hidden parts in, one typed column a question out, as the instrument words it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from graduation_model.contract.instrument import Instrument, Question
from graduation_model.simulation.params import Item, SimulationParams
from graduation_model.simulation.streams import stream

# Nobody knows their income to the rupiah.
INCOME_STEP = 10_000
Limits = dict[str, np.ndarray]


@dataclass(frozen=True)
class Respondents:
    """Everything that the answers of one wave hang on, one entry an assessment.

    Attributes
    ----------
    wave : int
    family, years_in : int array (n,)
    prices : float
        Prices of the year over those of the base year.
    line : array (n,)
        Poverty line of the family's district in that year.
    ratio : array (n,)
        Income a head over the line, as measured.
    hidden : mapping of standard scores, float32 arrays (n,)
    style : int array (n,)
        Of the facilitator: -1, 0, 1.
    copied_from : int array (n,)
        Position of the family whose sheet is handed in.
    n_families : int
        Ever drawn.
    """

    wave: int
    family: np.ndarray
    years_in: np.ndarray
    prices: float
    line: np.ndarray
    ratio: np.ndarray
    hidden: Mapping[str, np.ndarray]
    style: np.ndarray
    copied_from: np.ndarray
    n_families: int


@dataclass(frozen=True)
class Sheets:
    """One wave's answers.

    Attributes
    ----------
    values : mapping of float arrays (n,)
        Positions of levels, or amounts, as the family itself would answer: nothing missing, nothing copied.
    answered : mapping of bool arrays (n,)
        Where its own answer would have been written down.
    caps : mapping of arrays (n,)
        What an answer was held within.
    limits : mapping of arrays
        Standard scores between the levels of a question, from the first wave on.
    typed : mapping
        What was handed in, typed.
    """

    values: dict[str, np.ndarray]
    answered: dict[str, np.ndarray]
    caps: dict[str, np.ndarray]
    limits: Limits
    typed: dict[str, pd.Categorical | pd.Series | np.ndarray]


def fill_sheets(
    instrument: Instrument, params: SimulationParams, who: Respondents, *, limits: Limits | None, seed: int
) -> Sheets:
    """Answer every question of one wave's assessments.

    Each question has its own random stream, so that one more question leaves the answers to the others as they were.

    Parameters
    ----------
    limits
        Of the first wave; None where this is the first.
    """
    values: dict[str, np.ndarray] = {}
    cut: Limits = {} if limits is None else limits
    for name, item in params.items.items():
        score = _score(name, item, who, seed)
        if limits is None:
            cut[name] = np.quantile(score, _steps(item))
        score += np.float32(item.drift * who.wave + params.facilitators.style * item.judged * who.style)
        values[name] = _answer(instrument.by_name[name], item, score, cut[name], who, seed)
    size = values[params.size]
    income = np.rint(who.ratio * who.line * size / INCOME_STEP) * INCOME_STEP
    values[params.income] = _within(instrument.by_name[params.income], income)
    if params.ratio in instrument.by_name:
        ratio = (values[params.income] / size / who.line).round(3)
        values[params.ratio] = _within(instrument.by_name[params.ratio], ratio)
    caps = _make_consistent(values, params)
    answered = _answered(instrument, params, values, who, seed)
    return Sheets(values, answered, caps, cut, _handed_in(instrument, values, answered, who))


def _steps(item: Item) -> np.ndarray:
    """Shares of the first wave below each limit of an item's standard score."""
    return np.cumsum(item.shares)[:-1] if item.shares else np.array([item.none] if item.none else [])


def _score(name: str, item: Item, who: Respondents, seed: int) -> np.ndarray:
    """Standard score: what loads on the hidden parts, the family's own bent, and the day's noise."""
    left = 1 - sum(load**2 for load in item.loads.values())
    own = stream(seed, name, "own").standard_normal(who.n_families, dtype=np.float32)[who.family]
    today = stream(seed, name, who.wave).standard_normal(len(who.family), dtype=np.float32)
    score = np.float32(np.sqrt(left * item.sticky)) * own + np.float32(np.sqrt(left * (1 - item.sticky))) * today
    for part, load in item.loads.items():
        score += np.float32(load) * who.hidden[part]
    return score


def _answer(
    question: Question, item: Item, score: np.ndarray, limits: np.ndarray, who: Respondents, seed: int
) -> np.ndarray:
    """Positions of levels, or amounts, as floats; nothing is missing yet."""
    if item.shares:
        position = np.searchsorted(limits, score).astype(float)
        if item.hidden:
            chance = hiding(item, who.wave)
            position[stream(seed, name_of_hiding(question), who.wave).random(len(score)) < chance] = 0.0
        return position if question.levels else _within(question, position + item.first)
    amount = float(item.middle or 0) * np.exp(item.spread * score.astype(float))
    if question.kind == "money":
        amount = amount * who.prices
    if item.none:
        amount[score < limits[0]] = 0.0
    amount = np.rint((amount + item.yearly * who.years_in) / item.round_to) * item.round_to
    return _within(question, amount)


def hiding(item: Item, wave: int) -> float:
    """Return the chance that who has something says no, after so many years of being asked (Banerjee et al. 2019)."""
    return float(1 - (1 - item.hidden) ** wave)


def name_of_hiding(question: Question) -> str:
    return f"{question.name} hidden"


def _within(question: Question, amount: np.ndarray) -> np.ndarray:
    low = -np.inf if question.minimum is None else question.minimum
    return np.clip(amount, low, np.inf if question.maximum is None else question.maximum)


def _make_consistent(values: dict[str, np.ndarray], params: SimulationParams) -> dict[str, np.ndarray]:
    """Hold what is counted within what contains it; return what each answer was held within."""
    caps: dict[str, np.ndarray] = {}
    room = {item.part_of: values[item.part_of] - 1 for item in params.items.values() if item.part_of}
    for name, item in params.items.items():
        if item.part_of:
            caps[name] = room[item.part_of]
            values[name] = np.minimum(values[name], caps[name])
            room[item.part_of] = room[item.part_of] - values[name]
        if item.head:
            values[name] = np.maximum(values[name], values[item.head] >= item.head_from)
    for name, item in params.items.items():
        if item.at_most:
            caps[name] = values[item.at_most]
            values[name] = np.minimum(values[name], caps[name])
    return caps


def _answered(
    instrument: Instrument, params: SimulationParams, values: Mapping[str, np.ndarray], who: Respondents, seed: int
) -> dict[str, np.ndarray]:
    """Where each answer was written down."""
    hasty = stream(seed, "hasty visits", who.wave).random(len(who.line)) < params.hasty
    answered = {}
    for name in values:
        question, item = instrument.by_name[name], params.items.get(name)
        if question.need == "required":
            answered[name] = np.ones(len(hasty), dtype=bool)
            continue
        chance = params.missing if item is None or item.missing is None else item.missing
        luck = stream(seed, name, "missing", who.wave).random(len(hasty), dtype=np.float32)
        answered[name] = luck >= np.where(hasty, max(chance, params.hasty_missing), chance)
    if params.ratio in answered:
        # Whoever does not say the income cannot have it set against the line.
        answered[params.ratio] = answered[params.income]
    _leave_unasked(instrument, values, answered)
    return answered


def _leave_unasked(instrument: Instrument, values: Mapping[str, np.ndarray], answered: dict[str, np.ndarray]) -> None:
    """Blank what another answer, or its lack, made pointless."""
    for question in instrument.questions:
        condition = question.asked_if
        if condition and question.name in answered and condition.question in answered:
            level = instrument.by_name[condition.question].levels.index(condition.equals)
            answered[question.name] = (
                answered[question.name] & answered[condition.question] & (values[condition.question] == level)
            )


def _handed_in(
    instrument: Instrument, values: Mapping[str, np.ndarray], answered: Mapping[str, np.ndarray], who: Respondents
) -> dict[str, pd.Categorical | pd.Series | np.ndarray]:
    """A typed column a question; a copied sheet is another family's, word for word."""
    source = who.copied_from
    return {
        name: _typed(question, values[name][source], answered[name][source])
        if name in values
        else pd.Series([None] * len(source)).astype(question.dtype())  # type: ignore[call-overload]
        for name, question in instrument.by_name.items()
    }


def _typed(question: Question, value: np.ndarray, answered: np.ndarray) -> np.ndarray | pd.Categorical:
    if question.levels:
        codes = np.where(answered, value, -1).astype(np.int8)
        return pd.Categorical.from_codes(codes, dtype=question.dtype())  # type: ignore[call-overload]
    return np.where(answered, value, np.nan)
