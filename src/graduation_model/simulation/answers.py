"""Answers to the assessment: hidden parts in, one typed column a question out, as the instrument words it."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from graduation_model.contract.instrument import Instrument, Question
from graduation_model.errors import ConfigError
from graduation_model.simulation.params import Item, SimulationParams
from graduation_model.simulation.visits import FOLLOWUP_QUESTIONS

# Nobody knows their income to the rupiah.
INCOME_STEP = 10_000


@dataclass(frozen=True)
class Respondents:
    """Everything that answers hang on, one entry an assessment.

    Attributes
    ----------
    family, wave, years_in : int array (n,)
    prices : array (n,)
        Prices of the year over those of the base year.
    line : array (n,)
        Poverty line of the family's district in that year.
    ratio : array (n,)
        Income a head over the line, as measured.
    hidden : mapping of standard scores, arrays (n,)
    n_families : int
    """

    family: np.ndarray
    wave: np.ndarray
    years_in: np.ndarray
    prices: np.ndarray
    line: np.ndarray
    ratio: np.ndarray
    hidden: Mapping[str, np.ndarray]
    n_families: int


def check_items(instrument: Instrument, params: SimulationParams) -> None:
    """Refuse settings that name no question, leave a required one out, or have shares for other levels.

    Raises
    ------
    ConfigError
    """
    unasked = sorted(set(FOLLOWUP_QUESTIONS) - set(instrument.followup_by_name))
    if unasked:
        raise ConfigError(
            f"A simulated visit answers {', '.join(unasked)}, which no follow-up asks",
            mend="Add it to followup in instrument.yaml",
        )
    questions, drawn = instrument.by_name, {params.income, params.ratio}
    unknown = sorted((set(params.items) | drawn | {params.size}) - set(questions))
    if unknown:
        raise ConfigError(
            f"'simulation' names {', '.join(unknown)}, which the instrument does not ask",
            mend="Mend the spelling, or add the question to instrument.yaml",
        )
    for name, question in questions.items():
        item = params.items.get(name)
        if item is None and name not in drawn and (question.need == "required" or name == params.size):
            raise ConfigError(f"'simulation.items' has no {name}, which is required", mend="Say how it is answered")
        if item and question.kind in ("date", "text"):
            raise ConfigError(
                f"'simulation.items.{name}' would answer a {question.kind}, which nobody simulates",
                mend="Take the item out: the question stays unanswered",
            )
        if item and question.levels and len(item.shares) != len(question.levels):
            raise ConfigError(
                f"'simulation.items.{name}.shares' has {len(item.shares)} shares for {len(question.levels)} levels",
                mend="Give one share a level",
            )


def draw_answers(
    instrument: Instrument, params: SimulationParams, respondents: Respondents, *, seed: int
) -> dict[str, np.ndarray | pd.Categorical | pd.Series]:
    """Return a typed column for every question of the assessment.

    Each question has its own random stream, so that one more question leaves the answers to the others as they were.
    """
    values = {
        name: _answer(instrument.by_name[name], item, respondents, params, _stream(seed, name))
        for name, item in params.items.items()
    }
    size, line = values[params.size], respondents.line
    income = np.rint(respondents.ratio * line * size / INCOME_STEP) * INCOME_STEP
    values[params.income] = _within(instrument.by_name[params.income], income)
    ratio = (values[params.income] / size / line).round(3)
    values[params.ratio] = _within(instrument.by_name[params.ratio], ratio)
    _make_consistent(values, params)
    hasty = _stream(seed, "hasty visits").random(len(line)) < params.hasty
    answered = {
        name: _answered(instrument.by_name[name], params, hasty, _stream(seed, f"{name} missing")) for name in values
    }
    # Whoever does not say the income cannot have it set against the line.
    answered[params.ratio] = answered[params.income]
    _leave_unasked(instrument, values, answered)
    return {
        name: _typed(question, values[name], answered[name]) if name in values else _unanswered(question, len(line))
        for name, question in instrument.by_name.items()
    }


def _stream(seed: int, name: str) -> np.random.Generator:
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def _answer(
    question: Question, item: Item, who: Respondents, params: SimulationParams, rng: np.random.Generator
) -> np.ndarray:
    """Positions of levels, or amounts, as floats; nothing is missing yet."""
    score = _score(item, who, rng)
    if item.shares:
        limits = np.quantile(score[who.wave == 0], np.cumsum(item.shares)[:-1])
        position = np.searchsorted(limits, score).astype(float)
        return position if question.levels else _within(question, position + item.first)
    amount = float(item.middle or 0) * np.exp(item.spread * score)
    if question.kind == "money":
        amount = amount * who.prices
    if item.none:
        amount[score < np.quantile(score[who.wave == 0], item.none)] = 0.0
    amount = np.rint((amount + item.yearly * who.years_in) / item.round_to) * item.round_to
    return _within(question, amount)


def _within(question: Question, amount: np.ndarray) -> np.ndarray:
    low = -np.inf if question.minimum is None else question.minimum
    return np.clip(amount, low, np.inf if question.maximum is None else question.maximum)


def _score(item: Item, who: Respondents, rng: np.random.Generator) -> np.ndarray:
    """Standard score: what loads on the hidden parts, the family's own bent, and the day's noise."""
    left = 1 - sum(load**2 for load in item.loads.values())
    own = rng.standard_normal(who.n_families)[who.family]
    today = rng.standard_normal(len(who.family))
    score = np.sqrt(left * item.sticky) * own + np.sqrt(left * (1 - item.sticky)) * today + item.drift * who.wave
    for name, load in item.loads.items():
        score += load * who.hidden[name]
    return score


def _make_consistent(values: dict[str, np.ndarray], params: SimulationParams) -> None:
    """Hold what is counted within what contains it."""
    room = {item.part_of: values[item.part_of] - 1 for item in params.items.values() if item.part_of}
    for name, item in params.items.items():
        if item.part_of:
            values[name] = np.minimum(values[name], room[item.part_of])
            room[item.part_of] = room[item.part_of] - values[name]
        if item.head:
            values[name] = np.maximum(values[name], values[item.head] >= item.head_from)
    for name, item in params.items.items():
        if item.at_most:
            values[name] = np.minimum(values[name], values[item.at_most])


def _answered(question: Question, params: SimulationParams, hasty: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Where an answer was written down."""
    if question.need == "required":
        return np.ones(len(hasty), dtype=bool)
    item = params.items.get(question.name)
    chance = params.missing if item is None or item.missing is None else item.missing
    return rng.random(len(hasty)) >= np.where(hasty, max(chance, params.hasty_missing), chance)


def _leave_unasked(instrument: Instrument, values: Mapping[str, np.ndarray], answered: dict[str, np.ndarray]) -> None:
    """Blank what another answer, or its lack, made pointless."""
    for question in instrument.questions:
        condition = question.asked_if
        if condition and question.name in answered and condition.question in answered:
            level = instrument.by_name[condition.question].levels.index(condition.equals)
            answered[question.name] &= answered[condition.question] & (values[condition.question] == level)


def _typed(question: Question, value: np.ndarray, answered: np.ndarray) -> np.ndarray | pd.Categorical:
    if question.levels:
        codes = np.where(answered, value, -1).astype(np.int8)
        return pd.Categorical.from_codes(codes, dtype=question.dtype())  # type: ignore[call-overload]
    return np.where(answered, value, np.nan)


def _unanswered(question: Question, n: int) -> pd.Series:
    return pd.Series([None] * n).astype(question.dtype())  # type: ignore[call-overload]
