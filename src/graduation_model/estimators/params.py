"""Settings of the estimators."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from graduation_model.params import Params


class LightGBMParams(Params):
    """A small, strongly regularised ensemble: a programme's own cohorts hold hundreds of families, not millions."""

    rounds: int = Field(default=200, gt=0)
    learning_rate: float = Field(default=0.03, gt=0)
    leaves: int = Field(default=8, ge=2)
    min_in_leaf: int = Field(default=40, ge=1)
    feature_fraction: float = Field(default=0.5, gt=0, le=1)
    bagging_fraction: float = Field(default=0.8, gt=0, le=1)
    l2: float = Field(default=10.0, ge=0)


class LogisticParams(Params):
    """The scorecard: ridge-penalised logistic regression on standardised features."""

    c: float = Field(default=0.02, gt=0)


class EstimatorParams(Params):
    """Which model is the bundle, and how the models and baselines are made.

    Parameters
    ----------
    model
        The one that the bundle holds.
    weighted_sum
        Question -> points between its lowest and its highest answer: the programme's hand-weighted sum, as used today.
    pmt_exclude
        Questions that a proxy means test may not see: money and status, which it is meant to stand in for.
    calibration_folds
        Folds of the cross-fitted slope and intercept; households and clusters apart.
    """

    model: Literal["lightgbm", "logistic"] = "lightgbm"
    lightgbm: LightGBMParams = LightGBMParams()
    logistic: LogisticParams = LogisticParams()
    weighted_sum: dict[str, float] = {}
    pmt_exclude: tuple[str, ...] = ()
    calibration_folds: int = Field(default=5, ge=2)
    seed: int = 20201215
