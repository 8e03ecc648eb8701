"""Limits of monitoring: from where on a difference is told."""

from __future__ import annotations

from pydantic import Field

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
    """

    audit: AuditParams = AuditParams()
    drift: DriftParams = DriftParams()
    scores: ScoreDriftParams = ScoreDriftParams()
