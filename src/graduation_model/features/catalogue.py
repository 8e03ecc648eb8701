"""The catalogue of features: the instrument and a programme's choices in, one table out.

Direction, actionability, question and source of a feature stand in one row, so that they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from graduation_model.contract.instrument import SIGN, Instrument, Question
from graduation_model.errors import ConfigError
from graduation_model.features.params import FeatureParams, Ratio

ANSWER, LEVEL, RANK, PREVIOUS, CHANGE, NEIGHBOURS, RATIO, ADJUSTED = (
    "answer",
    "level",
    "rank",
    "previous",
    "change",
    "neighbours",
    "ratio",
    "adjusted",
)
COLUMNS = ("feature", "question", "source", "quantity", "level", "sign", "actionable", "protected")


@dataclass(frozen=True)
class Quantity:
    """One number a visit: an answer, or one answer over another; `ranked` within its wave where it is money."""

    name: str
    numerator: str
    denominator: str | None
    ranked: bool


@dataclass(frozen=True)
class Catalogue:
    """Every feature of a programme, in the order of the matrix's columns.

    Attributes
    ----------
    table : frame (n_features, 8)
        feature, question (whose contribution it counts to), source (answer, level, rank, previous, change,
        neighbours, ratio, adjusted), quantity, level (of a choice), sign (monotone constraint: 1, -1, 0), actionable,
        protected.
    quantities : tuple of Quantity
        The numbers that features are views of.
    """

    table: pd.DataFrame
    quantities: tuple[Quantity, ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(self.table["feature"])

    @cached_property
    def signs(self) -> tuple[int, ...]:
        return tuple(int(sign) for sign in self.table["sign"])

    @cached_property
    def questions(self) -> tuple[str, ...]:
        """The question of each feature."""
        return tuple(self.table["question"])

    def of(self, source: str) -> pd.DataFrame:
        """The features of one source."""
        return self.table[self.table["source"] == source]

    def part(self, kept: pd.Series) -> Catalogue:
        """The catalogue of some of the features alone.

        Parameters
        ----------
        kept : bool Series (n_features,)
        """
        table = self.table[kept].reset_index(drop=True)
        used = set(table["quantity"])
        return Catalogue(table, tuple(quantity for quantity in self.quantities if quantity.name in used))

    @cached_property
    def compared(self) -> tuple[str, ...]:
        """The quantities of which the mean over the cluster's other families is needed."""
        used = self.table["source"].isin([NEIGHBOURS, ADJUSTED])
        return tuple(dict.fromkeys(self.table.loc[used, "quantity"]))

    @cached_property
    def remembered(self) -> frozenset[str]:
        """The quantities whose value at a family's other visits is needed."""
        used = self.table["source"].isin([PREVIOUS, CHANGE])
        return frozenset(self.table.loc[used, "quantity"]) | frozenset(self.compared)

    def to_records(self) -> dict[str, list[dict[str, Any]]]:
        """The catalogue as plain data, for the bundle."""
        return {
            "features": self.table.to_dict(orient="records"),
            "quantities": [vars(quantity) for quantity in self.quantities],
        }

    @classmethod
    def from_records(cls, records: dict[str, list[dict[str, Any]]]) -> Catalogue:
        return cls(
            table=pd.DataFrame(records["features"], columns=list(COLUMNS)),
            quantities=tuple(Quantity(**quantity) for quantity in records["quantities"]),
        )


def catalogue(instrument: Instrument, params: FeatureParams) -> Catalogue:
    """Derive the catalogue of a programme.

    A protected question is left out unless `params.protected` names it; a blocked one always is.

    Raises
    ------
    ConfigError
        Where a ratio's direction contradicts the direction of one of its questions: a higher answer would then push
        the score both ways, and the promise made about the question could not be kept. Where an adjusted question is
        no judgement.
    """
    asked = {question.name: question for question in instrument.questions if _is_feature(question, params)}
    for ratio in params.ratios:
        _check_ratio(ratio, instrument)
    ratios = {ratio.name: ratio for ratio in params.ratios if {ratio.numerator, ratio.denominator} <= set(asked)}
    for name in params.adjusted:
        _check_adjusted(instrument.named(name))
    plain = (question for name, question in asked.items() if name not in params.adjusted)
    rows = [row for question in plain for row in _now(question)]
    rows += [
        _row(f"{name}__{ADJUSTED}", name, ADJUSTED, name, asked[name].sign, asked[name])
        for name in params.adjusted
        if name in asked
    ]
    rows += [
        _row(ratio.name, ratio.question, RATIO, ratio.name, SIGN[ratio.direction], asked[ratio.question])
        for ratio in ratios.values()
    ]
    rows += [row for name in params.history if name in asked or name in ratios for row in _history(name, asked, ratios)]
    rows += [
        _row(
            f"{name}__{NEIGHBOURS}", _question_of(name, ratios), NEIGHBOURS, name, 0, asked[_question_of(name, ratios)]
        )
        for name in params.neighbours
        if name in asked or name in ratios
    ]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return Catalogue(table=table, quantities=_quantities(asked, ratios, table))


def _is_feature(question: Question, params: FeatureParams) -> bool:
    if question.blocked or question.name in params.exclude or question.kind in ("date", "text"):
        return False
    return not question.protected or question.name in params.protected


def _row(feature: str, question: str, source: str, quantity: str, sign: int, of: Question, level: str = "") -> tuple:
    return (feature, question, source, quantity, level, sign, of.actionable, of.protected)


def _now(question: Question) -> Iterator[tuple]:
    name = question.name
    if question.kind == "choice":
        for level in question.levels:
            yield _row(f"{name}={level}", name, LEVEL, name, 0, question, level)
    elif question.kind == "money":  # prices move: what counts is the place among the families of the same wave
        yield _row(f"{name}__{RANK}", name, RANK, name, question.sign, question)
    else:
        yield _row(name, name, ANSWER, name, question.sign, question)


def _question_of(name: str, ratios: dict[str, Ratio]) -> str:
    return ratios[name].question if name in ratios else name


def _history(name: str, asked: dict[str, Question], ratios: dict[str, Ratio]) -> Iterator[tuple]:
    question = _question_of(name, ratios)
    sign = SIGN[ratios[name].direction] if name in ratios else asked[name].sign
    # A higher answer today raises the change and leaves the previous answer alone: only the change is constrained.
    yield _row(f"{name}__{PREVIOUS}", question, PREVIOUS, name, 0, asked[question])
    yield _row(f"{name}__{CHANGE}", question, CHANGE, name, sign, asked[question])


def _quantities(asked: dict[str, Question], ratios: dict[str, Ratio], table: pd.DataFrame) -> tuple[Quantity, ...]:
    used = set(table.loc[table["source"] != LEVEL, "quantity"])
    plain = [Quantity(name, name, None, question.kind == "money") for name, question in asked.items() if name in used]
    composed = [
        Quantity(name, ratio.numerator, ratio.denominator, asked[ratio.numerator].kind == "money")
        for name, ratio in ratios.items()
        if name in used
    ]
    return tuple(plain + composed)


def _check_adjusted(question: Question) -> None:
    if not question.subjective or question.kind == "choice":
        raise ConfigError(
            f"'{question.name}' is no judgement with an order: nothing is to be adjusted",
            where="features.adjusted",
            mend="Name questions that are marked subjective in instrument.yaml, and whose answers have an order",
        )


def _check_ratio(ratio: Ratio, instrument: Instrument) -> None:
    sign = SIGN[ratio.direction]
    for name, pull in ((ratio.numerator, 1), (ratio.denominator, -1)):
        question = instrument.named(name)
        if not question.is_numeric:
            raise ConfigError(
                f"'{ratio.name}' divides {name}, which is no number",
                where="features.ratios",
                mend="Use a number, a count or money",
            )
        if question.sign and question.sign * pull != sign:
            raise ConfigError(
                f"'{ratio.name}' is {ratio.direction}, which contradicts {name}: {question.direction}",
                where="features.ratios",
                mend=f"Make {name} free in instrument.yaml, or mend the ratio's direction",
            )
