"""A back-test and its tables in; a named finding for everything that looks as if the outcome had got in, out.

Telling who is poor *now* from the same questions is easy; who sees such a figure on a forecast has most likely let the
outcome, or something written down after it, into the features.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from graduation_model.cohort.dates import wave_of
from graduation_model.evaluation.metrics import METRICS
from graduation_model.evaluation.params import EvaluationParams

if TYPE_CHECKING:
    from graduation_model.evaluation.backtest import Backtest

# The checks in the order in which a card lists them; a finding's code is the check that made it.
CHECKS = ("auc_too_high", "one_feature", "dated_after", "id_predicts")
IDS = ("household_id", "facilitator_id")
# An end or a beginning of an id that stands for fewer families is the family itself, and proves nothing.
LEAST_PART = 20
SEED = 0  # of the lot that halves the households


@dataclass(frozen=True)
class Finding:
    """One suspicion.

    Attributes
    ----------
    code : str
        One of `CHECKS`.
    facts : mapping
        auc_too_high: model, year, auc, limit. one_feature: feature, question, auc, limit. dated_after: column, rows,
        after. id_predicts: column, part (order, beginning, ending), auc, limit.
    """

    code: str
    facts: Mapping[str, str | int | float] = field(default_factory=dict)

    def sentence(self) -> str:
        """Say it in a line for a log."""
        return _SENTENCES[self.code].format_map(self.facts)


_SENTENCES = {
    "auc_too_high": "{model} reaches an AUC of {auc:.2f} on the cohort of {year}, above {limit:g}: too good for a "
    "forecast. Look for a question that knows the outcome.",
    "one_feature": "{feature} alone reaches an AUC of {auc:.2f}, above {limit:g}: does {question} know the outcome?",
    "dated_after": "{rows} assessments hold a {column} after {after}: answers written down after the as-of date.",
    "id_predicts": "The {part} of {column} alone reaches an AUC of {auc:.2f}, above {limit:g}: were ids given out by "
    "outcome?",
}


def leak_findings(
    tried: Backtest, assessments: pd.DataFrame, as_of: pd.Timestamp, params: EvaluationParams
) -> tuple[Finding, ...]:
    """Look for leaks in a back-test and in the assessments that it read.

    Parameters
    ----------
    tried : Backtest
    assessments : frame
        As the back-test was given them; those after `as_of` are left aside.
    as_of : Timestamp
    params : EvaluationParams
        The limits `leak_auc`, `leak_feature_auc`, `leak_id_auc`.

    Returns
    -------
    tuple of Finding
        In the order of `CHECKS`; empty where nothing was found.
    """
    known = assessments[(assessments["assessment_date"] <= as_of).to_numpy()]
    waves = tried.context.wave_ends
    ends = pd.Series(list(waves)).iloc[wave_of(known["assessment_date"], waves)]
    questions = dict(zip(tried.catalogue.names, tried.catalogue.questions, strict=True))
    findings = (
        *auc_findings(tried.evaluation, params),
        *feature_findings(tried.training.X, tried.training.y, questions, params),
        *date_findings(known, ends, as_of),
    )
    made = tried.forecasts
    tested = made[made["y"].notna()] if len(made) else made
    if len(tested) < 2:
        return findings
    facilitators = _facilitators(known)
    ids = tested[["household_id"]].reset_index(drop=True)
    if facilitators is not None:
        ids = ids.assign(facilitator_id=ids["household_id"].map(facilitators))
    return (*findings, *id_findings(ids, tested["y"].to_numpy(dtype=float), params))


def _facilitators(known: pd.DataFrame) -> pd.Series | None:
    """Each family's latest facilitator."""
    if "facilitator_id" not in known:
        return None
    latest = known.sort_values("assessment_date", kind="stable").drop_duplicates("household_id", keep="last")
    return latest.set_index("household_id")["facilitator_id"]


def auc_findings(evaluation: pd.DataFrame, params: EvaluationParams) -> tuple[Finding, ...]:
    """Return a finding for each model and year whose AUC is above `params.leak_auc`."""
    if evaluation.empty:
        return ()
    plain = (evaluation["metric"] == "auc") & (evaluation["group"] == "all") & (evaluation["baseline"] == "")
    suspects = evaluation[plain & (evaluation["value"] > params.leak_auc)].sort_values(["test_year", "model"])
    return tuple(
        Finding(
            "auc_too_high",
            {"model": row.model, "year": int(row.test_year), "auc": float(row.value), "limit": params.leak_auc},
        )
        for row in suspects.itertuples(index=False)
    )


def feature_findings(
    X: pd.DataFrame, y: np.ndarray, questions: Mapping[str, str], params: EvaluationParams
) -> tuple[Finding, ...]:
    """Return a finding for each feature that alone, or by being missing, tells the outcomes apart.

    Parameters
    ----------
    X : frame (n, n_features)
        What a model learns from; NaN is missing.
    y : array (n,), 0 or 1
    questions : mapping
        Feature -> question.
    """
    values = X.to_numpy(dtype=float)
    missing = np.isnan(values)
    # Missing stands in the middle: a feature is judged by what it says where it says something.
    middle = np.nan_to_num(np.nanmedian(np.where(missing.all(axis=0), 0.0, values), axis=0)) if len(values) else 0.0
    alone = np.maximum(separation(np.where(missing, middle, values), y), separation(missing.astype(float), y))
    return tuple(
        Finding(
            "one_feature",
            {
                "feature": str(X.columns[place]),
                "question": questions.get(str(X.columns[place]), str(X.columns[place])),
                "auc": float(alone[place]),
                "limit": params.leak_feature_auc,
            },
        )
        for place in np.argsort(-alone, kind="stable")
        if alone[place] > params.leak_feature_auc
    )


def separation(values: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return how well each column tells the outcomes apart, whichever way round: AUC, at least one half.

    The AUC is the rank sum of Mann and Whitney (1947); one half where y is of one kind.

    Examples
    --------
    >>> separation(np.array([[3.0, 1.0], [2.0, 1.0], [1.0, 1.0]]), np.array([0, 1, 1])).tolist()
    [1.0, 0.5]
    """
    from scipy.stats import rankdata

    good, bad = int((y == 1).sum()), int((y != 1).sum())
    if not good or not bad:
        return np.full(values.shape[1], 0.5)
    ranks = rankdata(values, axis=0)
    auc = (ranks[y == 1].sum(axis=0) - good * (good + 1) / 2) / (good * bad)
    return np.maximum(auc, 1 - auc)


def date_findings(assessments: pd.DataFrame, wave_ends: pd.Series, as_of: pd.Timestamp) -> tuple[Finding, ...]:
    """Return a finding for each date in the assessments that lies after what the row's cohort could have known.

    Parameters
    ----------
    assessments : frame (n, ...)
        That features are made of. Every column of dates is looked at: when it was entered, uploaded, corrected.
    wave_ends : Series (n,)
        The as-of date of each row's wave.
    as_of : Timestamp
        Named in the finding.
    """
    found = []
    for column in assessments:
        if not pd.api.types.is_datetime64_any_dtype(assessments[column].dtype):
            continue
        rows = int((assessments[column].to_numpy() > wave_ends.to_numpy()).sum())
        if rows:
            found.append(Finding("dated_after", {"column": str(column), "rows": rows, "after": str(as_of.date())}))
    return tuple(found)


def id_findings(ids: pd.DataFrame, y: np.ndarray, params: EvaluationParams) -> tuple[Finding, ...]:
    """Return a finding for each id whose order, beginning or ending alone tells the outcomes apart.

    Parameters
    ----------
    ids : frame (n, ...)
        `household_id`, `facilitator_id`: those of `IDS` that there are.
    y : array (n,), 0 or 1

    Notes
    -----
    Beginnings and endings are scored by the mean outcome of families that share them, in the half of the households
    that the scored one is not in. Areas stand in many ids, and areas differ: hence the limit well above one half.
    """
    found = []
    for column in (name for name in IDS if name in ids):
        text = ids[column].astype("str").fillna("")
        order = np.unique(text.to_numpy(dtype=object), return_inverse=True)[1]
        households, names = pd.factorize(ids["household_id"], sort=True)
        # Dealt by lot: every other number would part even endings from odd ones.
        half = (np.random.default_rng(SEED).random(len(names)) < 0.5)[households]
        reached = {
            "order": float(separation(order[:, None].astype(float), y)[0]),
            "beginning": _by_part(text, y, half, beginning=True),
            "ending": _by_part(text, y, half, beginning=False),
        }
        for part, auc in reached.items():
            if auc > params.leak_id_auc:
                facts: dict[str, str | int | float] = {
                    "column": column,
                    "part": part,
                    "auc": auc,
                    "limit": params.leak_id_auc,
                }
                found.append(Finding("id_predicts", facts))
    return tuple(found)


def _by_part(text: pd.Series, y: np.ndarray, half: np.ndarray, *, beginning: bool) -> float:
    """The AUC of the other half's mean outcome of the same part: of the longest part that many families share."""
    for length in range(int(text.str.len().max()), 0, -1):
        codes, names = pd.factorize(text.str[:length] if beginning else text.str[-length:])
        if len(names) < 2 or len(text) / len(names) < LEAST_PART:
            continue
        aucs = []
        for scored in (half, ~half):
            count = np.bincount(codes[~scored], minlength=len(names))
            good = np.bincount(codes[~scored], weights=y[~scored], minlength=len(names))
            mean = (good + y[~scored].mean() * LEAST_PART) / (count + LEAST_PART)  # a small part says little
            aucs.append(_auc(mean[codes[scored]], y[scored]))
        return float(np.mean(aucs))
    return 0.5


def _auc(values: np.ndarray, y: np.ndarray) -> float:
    return METRICS["auc"](y, values, None, 0.5) if len(np.unique(y)) == 2 else 0.5
