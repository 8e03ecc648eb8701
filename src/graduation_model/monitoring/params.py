"""Limits of monitoring: from where on a difference is told."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from graduation_model.params import Params


class AuditParams(Params):
    """The facilitators' audit.

    Parameters
    ----------
    fewest_families
        Of a facilitator with fewer families nothing is said: on seven of them anybody looks unusual.
    level
        What an interval holds.
    lenient
        A facilitator is told as lenient, or severe, where the whole interval lies further than this from the others'
        mean, in standard deviations of a family's judgement.
    habit
        A habit is told where the low end of a facilitator's share lies above so many times the usual share...
    habit_least
        ... and above this share: a usual share of next to nothing makes everybody unusual.
    fewest_minutes
        An interview shorter than that is short; `duration` names the question. None: no such check.
    round_amount
        Money that is a multiple of it is round, in the programme's currency. None: no such check.
    just_past
        How far above a threshold an answer lies just past it, and as far below just short of it, as a share of the
        threshold.
    thresholds
        Question -> the value at which its answer begins to count.
    """

    fewest_families: int = Field(default=30, ge=10)
    level: float = Field(default=0.95, gt=0.5, lt=1)
    lenient: float = Field(default=0.1, ge=0)
    habit: float = Field(default=2.0, ge=1)
    habit_least: float = Field(default=0.05, gt=0, lt=1)
    duration: str | None = None
    fewest_minutes: float = Field(default=5.0, gt=0)
    round_amount: float | None = Field(default=None, gt=0)
    just_past: float = Field(default=0.1, gt=0, lt=1)
    thresholds: dict[str, float] = {}


class DriftParams(Params):
    """How far a wave's answers may move from those of the wave before.

    Parameters
    ----------
    fewest
        Of fewer answers nothing is said.
    unreadable
        Difference of the shares of answers that the codebook does not know.
    answers
        Share of families that would have to answer otherwise for the two waves to be alike, beyond what chance shows.
    codes
        Share of the families of both waves that would answer as before if codes were exchanged, more than do as they
        stand, beyond what chance shows.
    missing
        Difference of the shares of families that did not answer.
    amounts
        Log of the ratio of medians of an amount of money: 0.3 is a rise by 35 %.
    apart
        AUC of a model that tells the two waves apart: .5 where it cannot.
    without
        Questions that move by themselves from wave to wave, such as the months in the programme.
    """

    fewest: int = Field(default=100, ge=10)
    unreadable: float = Field(default=0.01, gt=0, lt=1)
    answers: float = Field(default=0.1, gt=0, lt=1)
    codes: float = Field(default=0.02, gt=0, lt=1)
    missing: float = Field(default=0.1, gt=0, lt=1)
    amounts: float = Field(default=0.3, gt=0)
    apart: float = Field(default=0.75, gt=0.5, lt=1)
    without: tuple[str, ...] = ()


class ScoreDriftParams(Params):
    """How far scores and reasons may move from one year to the next.

    Parameters
    ----------
    scores
        Share of families that would have to be scored otherwise for the two years to be alike.
    level
        Difference of the mean probabilities.
    reasons
        Difference of a question's shares in carrying the list.
    listed
        Share of the families, the best, whose reasons are compared.
    """

    scores: float = Field(default=0.1, gt=0, lt=1)
    level: float = Field(default=0.05, gt=0, lt=1)
    reasons: float = Field(default=0.05, gt=0, lt=1)
    listed: float = Field(default=0.1, gt=0, le=1)


class OutcomeParams(Params):
    """How far a model's chances may lie from what became of the families, and their promise from last year's.

    Parameters
    ----------
    fewest
        Of fewer outcomes that became known since the model was made nothing is said.
    gap
        Share that made it minus the mean chance, of all and of the best-scored.
    slope
        Of the calibration line: lowest and highest.
    resamples
        Of clusters, for the intervals: a limit counts as crossed only beyond chance.
    estimate
        How far the precision and AUC that the chances alone promise may move from the wave before.
    """

    fewest: int = Field(default=100, ge=10)
    gap: float = Field(default=0.05, gt=0, lt=1)
    slope: tuple[float, float] = (0.75, 1.33)
    resamples: int = Field(default=200, ge=20)
    estimate: float = Field(default=0.05, gt=0, lt=1)

    @field_validator("slope")
    @classmethod
    def _around_one(cls, slope: tuple[float, float]) -> tuple[float, float]:
        if not 0 < slope[0] < 1 < slope[1]:
            raise ValueError("the lowest slope lies between 0 and 1, the highest above 1")
        return slope


# Every finding that can cross a limit, by what was measured.
Finding = Literal[
    "answers_moved",
    "codes_swapped",
    "missing_moved",
    "amounts_moved",
    "unreadable_moved",
    "waves_apart",
    "scores_moved",
    "level_moved",
    "reasons_moved",
    "outcome_gap",
    "listed_gap",
    "outcome_slope",
    "estimated_precision",
    "estimated_auc",
    "copied_sheets",
    "short_interviews",
    "round_amounts",
    "one_judgement",
    "just_past_threshold",
    "assets_gone",
]


class MonitoringParams(Params):
    """What monitoring looks at.

    Parameters
    ----------
    audit
        Of facilitators.
    drift
        Of answers.
    scores
        Of probabilities and reasons.
    outcomes
        Of chances that came true, or promise to.
    blocking
        Findings with which nobody is scored: `score --monitor` stops, until a named person says otherwise.
    """

    audit: AuditParams = AuditParams()
    drift: DriftParams = DriftParams()
    scores: ScoreDriftParams = ScoreDriftParams()
    outcomes: OutcomeParams = OutcomeParams()
    blocking: tuple[Finding, ...] = ()
