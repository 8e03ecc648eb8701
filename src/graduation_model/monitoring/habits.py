"""Habits of facilitators that answers give away: visits in, a row a facilitator and habit out.

Each habit is a share of a facilitator's visits (or answers). Shares are drawn to the usual one by a beta prior fitted
to all facilitators (empirical Bayes; Robbins 1956), so that two odd visits in seven are no habit.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from graduation_model.contract.findings import identical_answers
from graduation_model.contract.instrument import Instrument
from graduation_model.contract.params import CheckParams
from graduation_model.monitoring.params import AuditParams

COPIED, SHORT, ROUND, ONE_JUDGEMENT, JUST_PAST, ASSETS_GONE = (
    "copied_sheets",
    "short_interviews",
    "round_amounts",
    "one_judgement",
    "just_past_threshold",
    "assets_gone",
)
HABITS = (COPIED, SHORT, ROUND, ONE_JUDGEMENT, JUST_PAST, ASSETS_GONE)
COLUMNS = ("facilitator_id", "habit", "count", "of", "share", "pooled", "low", "usual", "verdict")


def habits(
    visits: pd.DataFrame,
    judged: pd.DataFrame,
    instrument: Instrument,
    params: AuditParams,
    checks: CheckParams,
    *,
    assets_gone: pd.Series | None = None,
) -> pd.DataFrame:
    """Return every facilitator's habits in one wave.

    Parameters
    ----------
    visits : frame (n_visits, ...)
        Typed assessments of one wave, with the column `checks.facilitator`.
    judged : frame (n_visits, n_judgements)
        See `facilitators.judgements`.
    instrument, params, checks
    assets_gone : bool Series (n_visits,), optional
        Where several goods of the last visit are gone; None where no earlier visit is known.

    Returns
    -------
    frame with `COLUMNS`
        share = count / of; pooled and low: drawn to the usual share, and its low end at `params.level`; verdict:
        `told`, `usual`, or `too_few` with fewer than `fewest_families` visits. Sorted by habit and id: no ranking.
    """
    if checks.facilitator not in visits:
        return pd.DataFrame(columns=list(COLUMNS))
    who = visits[checks.facilitator].astype("object")
    caseload = who.value_counts()
    found = [
        _judged(counts, caseload, name, params)
        for name, counts in _counted(visits, who, judged, instrument, params, checks, assets_gone)
        if counts["of"].sum() > 0
    ]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=list(COLUMNS))


def _counted(
    visits: pd.DataFrame,
    who: pd.Series,
    judged: pd.DataFrame,
    instrument: Instrument,
    params: AuditParams,
    checks: CheckParams,
    assets_gone: pd.Series | None,
) -> Iterator[tuple[str, pd.DataFrame]]:
    yield COPIED, _copied(visits, who, instrument, checks)
    if params.duration in visits:
        minutes = visits[params.duration].astype("float64")
        yield SHORT, _by(who, minutes < params.fewest_minutes, minutes.notna())
    if params.round_amount is not None:
        yield ROUND, _round(visits, who, instrument, params.round_amount)
    if judged.shape[1] > 1:
        yield ONE_JUDGEMENT, _one_judgement(judged, who)
    for question, threshold in params.thresholds.items():
        if question in visits:
            apart = visits[question].astype("float64") / threshold - 1
            yield JUST_PAST, _by(who, apart >= 0, apart.abs() < params.just_past)
    if assets_gone is not None:
        yield ASSETS_GONE, _by(who, assets_gone, pd.Series(True, index=visits.index))


def _by(who: pd.Series, is_so: pd.Series, counts: pd.Series) -> pd.DataFrame:
    cells = pd.DataFrame({"count": is_so & counts, "of": counts})
    return cells.groupby(who).sum().astype("int64")


def _copied(visits: pd.DataFrame, who: pd.Series, instrument: Instrument, checks: CheckParams) -> pd.DataFrame:
    """Families whose sheet is that of several others of the same facilitator, word for word."""
    seen = visits.assign(wave=visits["assessment_date"].dt.year)
    nowhere = pd.DataFrame({"source_file": "", "source_row": 0}, index=visits.index)
    groups = identical_answers(seen, nowhere, instrument.questions, checks)
    alike = groups.groupby("facilitator_id")["count"].sum()
    of = who.value_counts()
    return pd.DataFrame({"count": of.index.astype("str").map(alike).fillna(0).astype("int64"), "of": of})


def _round(visits: pd.DataFrame, who: pd.Series, instrument: Instrument, amount: float) -> pd.DataFrame:
    money = [question.name for question in instrument.questions if question.kind == "money" and question.name in visits]
    values = visits[money].to_numpy(dtype="float64", na_value=np.nan)
    told = values > 0
    cells = pd.DataFrame({"count": (told & (values % amount == 0)).sum(axis=1), "of": told.sum(axis=1)})
    return cells.set_index(visits.index).groupby(who).sum().astype("int64")


def _one_judgement(judged: pd.DataFrame, who: pd.Series) -> pd.DataFrame:
    """Visits with the judgements that this facilitator gives most often: straight-lining across families."""
    told = judged.notna().all(axis=1)
    vector = pd.util.hash_pandas_object(judged.round(6), index=False)
    times = vector[told].groupby([who[told], vector[told]]).size()
    most = times.groupby(level=0).max()
    return pd.DataFrame({"count": most, "of": told.groupby(who).sum()}).fillna(0).astype("int64")


def _judged(counts: pd.DataFrame, caseload: pd.Series, habit: str, params: AuditParams) -> pd.DataFrame:
    """Draw shares to the usual one, and tell those that lie clearly above it."""
    from scipy.stats import beta

    counts = counts[counts["of"] > 0].sort_index()
    usual = counts["count"].sum() / counts["of"].sum()
    held = _prior_size(counts, usual)
    a, b = counts["count"] + usual * held, counts["of"] - counts["count"] + (1 - usual) * held
    low = beta.ppf((1 - params.level) / 2, np.maximum(a, 1e-9), np.maximum(b, 1e-9))
    few = caseload.reindex(counts.index).to_numpy() < params.fewest_families
    told = (low > params.habit * usual) & (low > params.habit_least)
    return pd.DataFrame(
        {
            "facilitator_id": counts.index.astype("str"),
            "habit": habit,
            "count": counts["count"].to_numpy(),
            "of": counts["of"].to_numpy(),
            "share": (counts["count"] / counts["of"]).to_numpy(),
            "pooled": (a / (a + b)).to_numpy(),
            "low": low,
            "usual": usual,
            "verdict": np.select([few, told], ["too_few", "told"], "usual"),
        }
    ).astype({"habit": "str", "verdict": "str"})


def _prior_size(counts: pd.DataFrame, usual: float) -> float:
    """Return how many visits the usual share weighs: fewer, the more shares differ beyond chance (Kleinman 1973)."""
    of = counts["of"].to_numpy(dtype=float)
    share = counts["count"].to_numpy() / of
    chance = usual * (1 - usual)
    if len(of) < 2 or chance == 0:
        return 1.0
    spread = np.average((share - usual) ** 2, weights=of)
    by_chance = chance * len(of) / of.sum()
    beyond = max(spread - by_chance, 1e-9)
    return float(np.clip(chance / beyond - 1, 1.0, 1e6))
