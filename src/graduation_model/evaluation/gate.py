"""The promotion gate: a challenger's and a champion's evaluation in, a Verdict with its reasons out.

Pure: it reads nothing, writes nothing and knows no registry. It sees only families whose outcome was known by the
challenger's as-of date.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from graduation_model.evaluation.contest import Contest, calibration, contest, precision
from graduation_model.evaluation.params import EvaluationParams

Fact = str | int | float
Outcome = Literal["passed", "failed", "note"]

# From what a person can do in the head to what only a program can; what is not named counts as hardest.
SIMPLEST_FIRST = ("random", "status_now", "facilitator", "weighted_sum", "pmt", "logistic", "lightgbm", "stack")
LEARNT = frozenset({"logistic", "lightgbm", "stack"})
CHAMPION = "champion"
NOBODY_APPROVES = "nobody_approves"
TOLERANCE = 1e-6


@dataclass(frozen=True)
class Evaluation:
    """What a training left behind for the gate.

    Attributes
    ----------
    version : str
        As the registry numbers it.
    model : str
        The bundle's model: a column of `predictions`.
    label, instrument_version : str
        What it forecasts, and from which questionnaire.
    as_of, expires : str
        ISO dates; `expires` is empty for a model from before there were any.
    questions : int
        That its features are made of.
    models, groups : tuple of str
        Columns of `predictions`: chances, and groups whose harm is looked at.
    predictions : frame
        As `forecasts.without_ids` gives it; empty where the run kept none.
    explanation_gap : float
        By how much contributions missed the log-odds at most.
    explanation_overlap : float or None
        The share of strongest reasons that the model of a year earlier gave too; None where there was none.
    set_aside : float
        Share of visits that the data check set aside, in [0, 1].
    leaks : tuple of str
        Codes of leak findings.
    """

    version: str
    model: str
    label: str
    instrument_version: str
    as_of: str
    expires: str
    questions: int
    models: tuple[str, ...]
    groups: tuple[str, ...]
    predictions: pd.DataFrame
    explanation_gap: float
    explanation_overlap: float | None
    set_aside: float
    leaks: tuple[str, ...]

    def record(self) -> dict[str, Any]:
        """Return all but the predictions and the version as plain data, for the run."""
        return {name: value for name, value in vars(self).items() if name not in ("predictions", "version")}

    @classmethod
    def from_record(cls, record: Mapping[str, Any], predictions: pd.DataFrame, version: str) -> Evaluation:
        """Return what `record` gave and the run kept.

        Raises
        ------
        TypeError, ValueError
            Where the record is of another shape.
        """
        lists = {name: tuple(record[name]) for name in ("models", "groups", "leaks") if name in record}
        return cls(**{**record, **lists, "predictions": predictions, "version": version})


@dataclass(frozen=True)
class Reason:
    """One thing that the gate looked at: its code, how it came out, and the figures."""

    code: str
    outcome: Outcome
    facts: Mapping[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """Whether the gate opens, and why.

    Attributes
    ----------
    reasons : tuple of Reason
        Every check, passed or failed, and notes; the gate opens where none failed.
    """

    reasons: tuple[Reason, ...]

    @property
    def opens(self) -> bool:
        """Whether no check failed."""
        return all(reason.outcome != "failed" for reason in self.reasons)

    @property
    def failed(self) -> tuple[str, ...]:
        """The codes of the failed checks."""
        return tuple(reason.code for reason in self.reasons if reason.outcome == "failed")

    @property
    def awaits_approval(self) -> bool:
        """Whether all that is missing is a person who answers for it."""
        return self.failed == (NOBODY_APPROVES,)


def gate(
    challenger: Evaluation, champion: Evaluation | None, *, params: EvaluationParams, approver: str, on: dt.date
) -> Verdict:
    """Judge a challenger.

    Parameters
    ----------
    challenger : Evaluation
    champion : Evaluation or None
        None: the programme has none yet, and the challenger is compared with the best baseline. The same, with a note
        that says why, where the champion's forecasts are not of the same label and families.
    params : EvaluationParams
        `params.gate` holds the limits.
    approver : str
        The person who answers for it.
    on : date
        The day of the promotion.
    """
    reasons = [_approval(approver), _expiry(challenger, on)]
    families = _known_families(challenger, params)
    if len(families) < params.gate.min_labelled or families["y"].nunique() < 2:
        least = params.gate.min_labelled
        reasons.append(Reason("untested", "failed", {"families": len(families), "least": least}))
    else:
        years = sorted(int(year) for year in families["test_year"].unique())
        tested: dict[str, Fact] = {"families": len(families), "years": ", ".join(map(str, years))}
        reasons.append(Reason("tested", "passed", tested))
        reasons += _against(challenger, champion, families, params)
        reasons += _calibrated(challenger, families, params)
    return Verdict((*reasons, *_explained(challenger, params), _data(challenger, params), _leaks(challenger)))


def _approval(approver: str) -> Reason:
    name = approver.strip()
    return Reason("approved", "passed", {"approver": name}) if name else Reason(NOBODY_APPROVES, "failed")


def _expiry(challenger: Evaluation, on: dt.date) -> Reason:
    if challenger.expires and on > dt.date.fromisoformat(challenger.expires):
        # No failure: a past year may be lived through again. Who scores with it is told, and so is every reader.
        return Reason("expired", "note", {"date": challenger.expires})
    if not challenger.expires:
        return Reason("no_expiry", "note")
    return Reason("current", "passed", {"date": challenger.expires})


def _known_families(challenger: Evaluation, params: EvaluationParams) -> pd.DataFrame:
    """The families of the latest test years whose outcomes were known by the as-of date; `y` is what was known."""
    made = challenger.predictions
    if made.empty:
        return made.assign(y=pd.Series(dtype=float))
    known = made[made["y_by_as_of"].notna() & made[challenger.model].notna()]
    years = sorted(known["test_year"].unique())[-params.gate.years :]
    known = known[known["test_year"].isin(years)]
    return known.assign(y=known["y_by_as_of"]).reset_index(drop=True)


def _against(
    challenger: Evaluation, champion: Evaluation | None, families: pd.DataFrame, params: EvaluationParams
) -> list[Reason]:
    """Compare with the champion where that can be done on the same families, else with the best baseline."""
    notes: list[Reason] = []
    if champion is not None:
        paired, notes = _paired(challenger, champion, families, params)
        if paired is not None:
            notes.append(Reason("against_champion", "note", {"version": champion.version}))
            found = contest(paired, challenger.model, CHAMPION, groups=challenger.groups, params=params)
            return [*notes, _better(challenger, champion, found, params), *_harm(found, params)]
    baseline = _best_baseline(challenger, families, params)
    if baseline is None:
        return [*notes, Reason("nothing_to_compare", "failed")]
    notes.append(Reason("against_baseline", "note", {"model": baseline}))
    found = contest(families, challenger.model, baseline, groups=challenger.groups, params=params)
    return [*notes, _better(challenger, baseline, found, params), *_harm(found, params)]


def _paired(
    challenger: Evaluation, champion: Evaluation, families: pd.DataFrame, params: EvaluationParams
) -> tuple[pd.DataFrame | None, list[Reason]]:
    """Put the champion's forecasts beside the challenger's, family by family, or say why that cannot be done."""
    version: dict[str, Fact] = {"version": champion.version}
    if champion.predictions.empty:
        return None, [Reason("champion_without_forecasts", "note", version)]
    if champion.label != challenger.label:
        return None, [Reason("champion_other_label", "note", {**version, "label": champion.label})]
    keys = ["test_year", "cohort", "family"]
    said = champion.predictions[[*keys, champion.model]].rename(columns={champion.model: CHAMPION})
    paired = families.merge(said[said[CHAMPION].notna()], on=keys, validate="1:1")
    if len(paired) < params.gate.min_labelled or paired["y"].nunique() < 2:
        return None, [Reason("champion_other_families", "note", {**version, "families": len(paired)})]
    if champion.instrument_version == challenger.instrument_version:
        return paired, []
    asked: dict[str, Fact] = {**version, "instrument": champion.instrument_version}
    return paired, [Reason("champion_other_instrument", "note", asked)]


def _best_baseline(challenger: Evaluation, families: pd.DataFrame, params: EvaluationParams) -> str | None:
    """The one with the highest precision on the very families that it is then compared on: a hard opponent."""
    baselines = [
        name
        for name in challenger.models
        if name != challenger.model and name not in LEARNT and families[name].notna().all()
    ]
    return max(baselines, key=lambda name: precision(families, name, params.quota_share), default=None)


def _better(challenger: Evaluation, other: Evaluation | str, found: Contest, params: EvaluationParams) -> Reason:
    difference, margin = found.precision, params.gate.margin
    facts: dict[str, Fact] = {
        "difference": difference.value,
        "low": difference.low,
        "high": difference.high,
        "margin": margin,
    }
    if np.isnan([difference.value, difference.low, difference.high]).any():
        return Reason("no_interval", "failed")
    if difference.low > 0:
        return Reason("better", "passed", facts)
    if difference.low >= -margin and _simpler(challenger, other):
        return Reason("not_worse_simpler", "passed", facts)
    if difference.low >= -margin and _fresher(challenger, other):
        return Reason("not_worse_fresher", "passed", facts)
    return Reason("worse" if difference.high < 0 else "not_better", "failed", facts)


def _rank(model: str) -> int:
    return SIMPLEST_FIRST.index(model) if model in SIMPLEST_FIRST else len(SIMPLEST_FIRST)


def _simpler(challenger: Evaluation, other: Evaluation | str) -> bool:
    if isinstance(other, str):
        return _rank(challenger.model) < _rank(other)
    one, two = (_rank(challenger.model), challenger.questions), (_rank(other.model), other.questions)
    return one[0] <= two[0] and one[1] <= two[1] and one != two


def _fresher(challenger: Evaluation, other: Evaluation | str) -> bool:
    """The same kind of model, learnt from what was known later: every champion expires and must have a successor."""
    return isinstance(other, Evaluation) and challenger.model == other.model and challenger.as_of > other.as_of


def _harm(found: Contest, params: EvaluationParams) -> list[Reason]:
    limit = params.gate.max_group_harm
    harmed = [each for each in found.groups if each.difference.value > limit and each.difference.low > 0]
    reasons = [
        Reason(
            "group_harmed",
            "failed",
            {
                "group": each.group,
                "level": each.level,
                "difference": each.difference.value,
                "low": each.difference.low,
                "high": each.difference.high,
                "limit": limit,
            },
        )
        for each in harmed
    ]
    if not harmed and found.groups:
        reasons.append(Reason("no_group_harmed", "passed", {"groups": len(found.groups), "limit": limit}))
    if found.too_few:
        reasons.append(Reason("groups_too_few", "note", {"groups": found.too_few}))
    return reasons


def _calibrated(challenger: Evaluation, families: pd.DataFrame, params: EvaluationParams) -> list[Reason]:
    slope, gap = calibration(families, challenger.model)
    if np.isnan(slope):
        return [Reason("no_slope", "failed")]
    low, high = params.gate.calibration_slope
    limit = params.gate.calibration_gap
    fits = low <= slope <= high and abs(gap) <= limit
    facts: dict[str, Fact] = {"slope": slope, "lowest": low, "highest": high, "gap": gap, "limit": limit}
    return [Reason("calibrated", "passed", facts) if fits else Reason("not_calibrated", "failed", facts)]


def _explained(challenger: Evaluation, params: EvaluationParams) -> list[Reason]:
    adds_up = challenger.explanation_gap <= TOLERANCE
    reasons = [Reason("adds_up", "passed") if adds_up else Reason("does_not_add_up", "failed")]
    overlap, least = challenger.explanation_overlap, params.gate.explanation_overlap
    if overlap is None:
        return [*reasons, Reason("stability_unknown", "note")]
    facts: dict[str, Fact] = {"share": overlap, "least": least}
    return [*reasons, Reason("stable", "passed", facts) if overlap >= least else Reason("unstable", "failed", facts)]


def _data(challenger: Evaluation, params: EvaluationParams) -> Reason:
    facts: dict[str, Fact] = {"share": challenger.set_aside, "limit": params.gate.max_set_aside}
    passed = challenger.set_aside <= params.gate.max_set_aside
    return Reason("data_passed", "passed", facts) if passed else Reason("data_failed", "failed", facts)


def _leaks(challenger: Evaluation) -> Reason:
    if challenger.leaks:
        return Reason("leaks", "failed", {"findings": ", ".join(sorted(set(challenger.leaks)))})
    return Reason("no_leaks", "passed")
