"""One wave held against the wave before, and its facilitators against each other: known visits in, findings out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

from graduation_model.cohort import eligible_rows
from graduation_model.cohort.dates import as_of_dates, wave_of
from graduation_model.cohort.params import CohortParams
from graduation_model.contract.instrument import Instrument
from graduation_model.contract.params import CheckParams
from graduation_model.contract.waves import ASSETS_LOST, check_waves
from graduation_model.errors import DataError
from graduation_model.estimators.bundle import Bundle
from graduation_model.evaluation.matured import matured
from graduation_model.evaluation.outcomes import Outcomes, cohorts_by
from graduation_model.explanation.contributions import contributions
from graduation_model.features import Catalogue, feature_matrix, wave_context
from graduation_model.features.context import WaveContext
from graduation_model.monitoring.drift import answer_drift, code_drift, codebook_drift
from graduation_model.monitoring.facilitators import OF_THE_VISIT, facilitator_audit, judgements, recorded_facts
from graduation_model.monitoring.habits import habits
from graduation_model.monitoring.outcomes import estimate_drift, outcome_table
from graduation_model.monitoring.params import MonitoringParams
from graduation_model.monitoring.scores import REASONS_MOVED, reasons_drift, score_drift
from graduation_model.monitoring.two_waves import TwoWaves, sampled, tell_apart

APART = "waves_apart"
# Visits that are scored together.
AT_ONCE = 100_000


@dataclass(frozen=True)
class Monitored:
    """What monitoring saw.

    Attributes
    ----------
    visits : dict
        `now` and `before` -> number of visits; the two waves' as-of dates stand in `dates`.
    dates : dict
    answers : frame
        See `drift.COLUMNS`; with what codebooks did not know.
    apart : TwoWaves
    apart_limit : float
    facilitators, habits : frame
    scores, reasons : frame or None
        None without a model.
    outcomes, estimates : frame or None
        See `outcomes`; None without a model.
    """

    visits: dict[str, int]
    dates: dict[str, str]
    answers: pd.DataFrame
    apart: TwoWaves
    apart_limit: float
    facilitators: pd.DataFrame
    habits: pd.DataFrame
    scores: pd.DataFrame | None = None
    reasons: pd.DataFrame | None = None
    outcomes: pd.DataFrame | None = None
    estimates: pd.DataFrame | None = None

    @property
    def told(self) -> dict[str, int]:
        """Findings by kind: limits that were crossed. A facilitator's leniency crosses none, it is to be known."""
        tables = {"answers": self.answers, "scores": self.scores, "reasons": self.reasons}
        tables |= {"outcomes": self.outcomes, "estimates": self.estimates}
        counts = {name: 0 if table is None else int(table["told"].sum()) for name, table in tables.items()}
        by_habit = int((self.habits["verdict"] == "told").sum()) if len(self.habits) else 0
        return counts | {"apart": int(self.apart.auc > self.apart_limit), "habits": by_habit}

    def findings(self, blocking: Collection[str] = ()) -> pd.DataFrame:
        """Return every limit that was crossed.

        Parameters
        ----------
        blocking : collection of str
            Measures with which nobody is scored.

        Returns
        -------
        frame with columns measure, subject, value, blocking
            subject: the question, or the facilitator of a habit; '' where it is the wave as a whole.
        """
        reasons = None if self.reasons is None else self.reasons.assign(measure=REASONS_MOVED)
        tables = [self.answers, self.scores, reasons, self.outcomes, self.estimates]
        crossed = [_crossed(table, "question") for table in tables if table is not None]
        if self.apart.auc > self.apart_limit:
            crossed.append(pd.DataFrame({"measure": [APART], "subject": [""], "value": [self.apart.auc]}))
        if len(self.habits):
            habits = self.habits.rename(columns={"habit": "measure", "share": "value"})
            crossed.append(_crossed(habits.assign(told=habits["verdict"] == "told"), "facilitator_id"))
        table = pd.concat(crossed, ignore_index=True).astype({"measure": "str", "subject": "str", "value": "float64"})
        return table.assign(blocking=table["measure"].isin(list(blocking)))


def _crossed(table: pd.DataFrame, subject: str) -> pd.DataFrame:
    rows = table[table["told"].astype(bool)]
    return pd.DataFrame({"measure": rows["measure"], "subject": rows.get(subject, ""), "value": rows["value"]})


def monitor_wave(
    known: pd.DataFrame,
    quarantine: pd.DataFrame,
    as_of: pd.Timestamp,
    *,
    instrument: Instrument,
    cohort: CohortParams,
    features: Catalogue,
    checks: CheckParams,
    params: MonitoringParams,
    bundle: Bundle | None = None,
    outcomes: Outcomes | None = None,
) -> Monitored:
    """Hold the wave that ends on a date against the last wave before it in which anybody was assessed.

    Parameters
    ----------
    known : frame (n_visits, ...)
        Typed assessments dated on or before the date.
    quarantine : frame
    as_of : Timestamp
    instrument, cohort, features, checks, params
    bundle : Bundle, optional
        Scores both waves, for the drift of scores and reasons.
    outcomes : Outcomes, optional
        Everything that tells an outcome, of the kind that the bundle forecasts: its chances are held against those
        that became known after it was made.

    Raises
    ------
    DataError
        Where there is nothing to hold the wave against, or nobody was assessed in it.
    """
    ends = as_of_dates(known, as_of, cohort)
    wave = wave_of(known["assessment_date"], ends)
    current, earlier = len(ends) - 1, np.unique(wave[wave < len(ends) - 1])
    if not len(earlier) or not (wave == current).any():
        raise DataError(
            "Monitoring needs visits in the wave of that date and in one before it",
            where="assessments",
            mend="Bring the assessments of two years, or check --as-of",
        )
    reference = int(earlier[-1])
    now, before = (known[wave == number].reset_index(drop=True) for number in (current, reference))
    context = wave_context(known, ends, features, cluster=cohort.cluster)
    judged = judgements(now, instrument)
    facts = feature_matrix(now, context, recorded_facts(features, instrument))
    by_model: dict[str, pd.DataFrame] = {}
    if bundle is not None:
        by_model = _scores(known, (ends[current], ends[reference]), context, features, cohort, bundle, params)
        if outcomes is not None:
            seen = _came_true(known, outcomes, ends[current], context, features, cohort, bundle)
            by_model["outcomes"] = outcome_table(seen, params.outcomes, params.scores)
    return Monitored(
        visits={"now": len(now), "before": len(before)},
        dates={"now": str(ends[current].date()), "before": str(ends[reference].date())},
        answers=_answers(now, before, quarantine, (ends[current].year, ends[reference].year), instrument, params),
        apart=_apart(now, before, context, features, params),
        apart_limit=params.drift.apart,
        facilitators=facilitator_audit(judged, facts, _who(now, checks), params.audit),
        habits=habits(now, judged, instrument, params.audit, checks, assets_gone=_assets_gone(known, wave, instrument)),
        **by_model,
    )


def _who(visits: pd.DataFrame, checks: CheckParams) -> pd.Series:
    """Who visited; nobody where the table does not say."""
    return visits.get(checks.facilitator, pd.Series(None, index=visits.index, dtype="object"))


def _answers(
    now: pd.DataFrame,
    before: pd.DataFrame,
    quarantine: pd.DataFrame,
    years: tuple[int, int],
    instrument: Instrument,
    params: MonitoringParams,
) -> pd.DataFrame:
    sizes = tuple(zip(years, (len(now), len(before)), strict=True))
    tables = [
        answer_drift(now, before, instrument, params.drift),
        code_drift(now, before, instrument, params.drift),
        codebook_drift(quarantine, sizes[0], sizes[1], params.drift),
    ]
    return pd.concat(tables, ignore_index=True)


def _apart(
    now: pd.DataFrame, before: pd.DataFrame, context: WaveContext, features: Catalogue, params: MonitoringParams
) -> TwoWaves:
    """By the answers of the visit: an earlier wave has less history. Without ranks, whose ties give a wave away."""
    ranked = {quantity.name for quantity in features.quantities if quantity.ranked}
    table = features.table
    kept = table["source"].isin(OF_THE_VISIT) & ~table["quantity"].isin(ranked)
    plain = features.part(kept & ~table["question"].isin(params.drift.without))
    visits = sampled(now, before)
    X = [feature_matrix(part, context, plain) for part in visits]
    households = (visits[0]["household_id"], visits[1]["household_id"])
    return tell_apart(X[0], X[1], households, plain.questions)


def _assets_gone(known: pd.DataFrame, wave: np.ndarray, instrument: Instrument) -> pd.Series | None:
    if instrument.assets_lost is None:
        return None
    faults = check_waves(known, assets=instrument.assets_lost, within=None).table
    gone = np.zeros(len(known), dtype=bool)
    gone[faults.loc[faults["rule"] == ASSETS_LOST, "row"].to_numpy()] = True
    return pd.Series(gone[wave == wave.max()])


def _scores(
    known: pd.DataFrame,
    dates: tuple[pd.Timestamp, pd.Timestamp],
    context: WaveContext,
    features: Catalogue,
    cohort: CohortParams,
    bundle: Bundle,
    params: MonitoringParams,
) -> dict[str, pd.DataFrame]:
    """Score both cohorts with one model: what moved is the families, not the model."""
    chances, lists = [], []
    for date in dates:
        rows = eligible_rows(known, date, cohort)
        blocks = (known.iloc[rows[start : start + AT_ONCE]] for start in range(0, len(rows), AT_ONCE))
        found = [contributions(bundle, feature_matrix(block, context, features)).log_odds for block in blocks]
        chance = pd.Series(expit(np.concatenate([np.empty(0), *found])))
        first = np.argsort(-chance.to_numpy(), kind="stable")[: max(1, round(params.scores.listed * len(chance)))]
        chances.append(chance)
        # Of the best alone, and once more: what is said of all the others would fill the memory.
        listed = feature_matrix(known.iloc[rows[first]], context, features)
        lists.append(contributions(bundle, listed).by_question)
    return {
        "scores": score_drift(chances[0], chances[1], params.scores),
        "reasons": reasons_drift(lists[0], lists[1], params.scores),
        "estimates": estimate_drift(chances[0], chances[1], params.outcomes, params.scores),
    }


def _came_true(
    known: pd.DataFrame,
    outcomes: Outcomes,
    as_of: pd.Timestamp,
    context: WaveContext,
    features: Catalogue,
    cohort: CohortParams,
    bundle: Bundle,
) -> pd.DataFrame:
    """Chances of the families whose outcome became known after the model was made: it never learnt from it."""
    made = pd.Timestamp(bundle.card.as_of)
    then = known[(known["assessment_date"] <= made).to_numpy()].reset_index(drop=True)
    if then.empty or made >= as_of:
        return pd.DataFrame({"probability": [], "y": [], "cluster": []})
    new = matured(cohorts_by(then, outcomes, cohort, made), cohorts_by(known, outcomes, cohort, as_of))
    visits = known.iloc[new["row"].to_numpy()].reset_index(drop=True)
    chance = expit(bundle.model.log_odds(feature_matrix(visits, context, features)))
    return pd.DataFrame({"probability": chance, "y": new["label"].to_numpy(), "cluster": visits[cohort.cluster]})
