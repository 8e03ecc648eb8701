"""Settings of the back-test and of the gate."""

from __future__ import annotations

from pydantic import Field, field_validator

from graduation_model.cohort.params import Condition
from graduation_model.params import Params


class Population(Condition):
    """Further families that the learners are tried on, with their own label: everybody assessed who meets a condition.

    Parameters
    ----------
    name
        As it stands in the evaluation.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")

    @property
    def condition(self) -> Condition:
        return Condition(question=self.question, is_one_of=self.is_one_of)


class GateParams(Params):
    """What a challenger must show before it becomes the champion.

    Parameters
    ----------
    margin
        Not worse: the interval of its precision at the quota, minus the other's, lies above minus this share.
    years
        How many test years whose outcomes were known by the as-of date count, the latest first.
    max_group_harm
        By how much the share of false graduations among a group's proposed may grow.
    calibration_slope
        Lowest and highest slope that still says: the chances fit.
    calibration_gap
        How far the mean chance may lie from the share that made it.
    min_labelled
        With fewer tested families nothing can be said, and the gate stays closed.
    max_set_aside
        The share of visits that the data check may have set aside whole.
    explanation_overlap
        The share of each family's strongest reasons that the model of a year earlier gave too.
    expiry_months
        From the as-of date; past it a model still scores, and every page says so.
    """

    margin: float = Field(default=0.03, ge=0, lt=1)
    years: int = Field(default=3, ge=1)
    max_group_harm: float = Field(default=0.05, ge=0, lt=1)
    calibration_slope: tuple[float, float] = (0.75, 1.33)
    calibration_gap: float = Field(default=0.05, gt=0, lt=1)
    min_labelled: int = Field(default=200, ge=1)
    max_set_aside: float = Field(default=0.05, ge=0, le=1)
    explanation_overlap: float = Field(default=0.6, ge=0, le=1)
    expiry_months: int = Field(default=24, ge=1)

    @field_validator("calibration_slope")
    @classmethod
    def _lower_first(cls, bounds: tuple[float, float]) -> tuple[float, float]:
        if not 0 < bounds[0] < 1 < bounds[1]:
            raise ValueError("give a lower and an upper slope, with 1 between them")
        return bounds


class EvaluationParams(Params):
    """How a model is tried on cohorts that it has not seen.

    Parameters
    ----------
    test_years
        How many cohorts are test years, counted back from the as-of date.
    quota_share
        The share of a test cohort that is proposed when a metric speaks of the quota.
    bootstrap
        Resamples of clusters behind every interval.
    leak_auc
        An AUC above this on a forecast says leak, not luck.
    leak_feature_auc
        A single answer that reaches this says leak.
    leak_id_auc
        A number that reaches this from nothing but ids says leak: ids are given out, they do not make it.
    min_group
        Groups with fewer labelled families are not reported.
    least_followed
        Below this share of due follow-ups done, the figures of a year are marked: only their bounds can be relied on.
    list_level
        Level of the conformal cut whose share of false graduations is printed.
    min_selected
        Of a group with fewer proposed families, nothing is said about them.
    min_difference
        A smaller difference between a group and all others is not called one, however narrow its interval.
    groups
        Further questions by which results are shown apart, beside the protected ones.
    populations
        Further populations; the learners are fitted anew on the labels of each.
    """

    test_years: int = Field(default=3, ge=1)
    quota_share: float = Field(default=0.2, gt=0, lt=1)
    bootstrap: int = Field(default=400, ge=20)
    interval: float = Field(default=0.95, gt=0, lt=1)
    leak_auc: float = Field(default=0.90, gt=0.5, le=1)
    leak_feature_auc: float = Field(default=0.85, gt=0.5, le=1)
    leak_id_auc: float = Field(default=0.65, gt=0.5, le=1)
    min_group: int = Field(default=50, ge=10)
    least_followed: float = Field(default=0.6, ge=0, le=1)
    list_level: float = Field(default=0.2, gt=0, lt=1)
    min_selected: int = Field(default=10, ge=1)
    min_difference: float = Field(default=0.02, ge=0, lt=1)
    groups: tuple[str, ...] = ()
    populations: tuple[Population, ...] = ()
    gate: GateParams = GateParams()
