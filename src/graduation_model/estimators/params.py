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


class IntervalParams(Params):
    """The interval around each family's chance.

    Parameters
    ----------
    level
        The share of families whose true chance, given their answers, it means to hold.
    steps
        Parts that a many-valued feature is cut into.
    cosines
        Terms that mix features; more see finer interactions and cost time.
    """

    level: float = Field(default=0.9, gt=0.5, lt=1)
    steps: int = Field(default=8, ge=2)
    cosines: int = Field(default=300, ge=0)


class FollowUpParams(Params):
    """Weights for families that were lost to follow-up.

    Parameters
    ----------
    weights
        Whether the families whose outcome is known stand for those that were lost. Off where the loss is a survey's
        own rotation rather than something that happened to families.
    most_lost
        Above this share lost all weigh the same, and bounds are given instead.
    truncate
        Weights are cut off at this share from both ends.
    folds
        Of the cross-fitted probability of being followed.
    """

    weights: bool = True
    most_lost: float = Field(default=0.4, ge=0, lt=1)
    truncate: float = Field(default=0.01, ge=0, lt=0.5)
    folds: int = Field(default=5, ge=2)


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
    intervals
        How the interval around each family's chance is made.
    follow_up
        How families that were lost to follow-up are made up for.
    """

    model: Literal["lightgbm", "logistic"] = "lightgbm"
    lightgbm: LightGBMParams = LightGBMParams()
    logistic: LogisticParams = LogisticParams()
    weighted_sum: dict[str, float] = {}
    pmt_exclude: tuple[str, ...] = ()
    calibration_folds: int = Field(default=5, ge=2)
    intervals: IntervalParams = IntervalParams()
    follow_up: FollowUpParams = FollowUpParams()
    seed: int = 20201215
