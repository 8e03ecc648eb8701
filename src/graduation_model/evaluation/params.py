"""Settings of the back-test."""

from __future__ import annotations

from pydantic import Field

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
    min_group
        Groups with fewer labelled families are not reported.
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
    min_group: int = Field(default=50, ge=10)
    groups: tuple[str, ...] = ()
    populations: tuple[Population, ...] = ()
