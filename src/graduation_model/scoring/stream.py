"""Assessments, a wave context and a bundle in; blocks of scores and contributions out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

from graduation_model.contract.instrument import Instrument
from graduation_model.estimators.bundle import Bundle
from graduation_model.estimators.support import outside_support
from graduation_model.explanation.contributions import contributions
from graduation_model.explanation.reasons import top_reasons
from graduation_model.features.context import WaveContext
from graduation_model.features.matrix import feature_matrix
from graduation_model.scoring.completeness import completeness

BLOCK = 10_000


@dataclass(frozen=True)
class ScoredBlock:
    """One block of households: the rows of the tables `scores` and `contributions`."""

    scores: pd.DataFrame
    contributions: pd.DataFrame


def score_blocks(
    assessments: pd.DataFrame,
    rows: np.ndarray,
    *,
    as_of: pd.Timestamp,
    context: WaveContext,
    bundle: Bundle,
    instrument: Instrument,
    carry: Sequence[str],
    model_version: str,
    block: int = BLOCK,
) -> Iterator[ScoredBlock]:
    """Score the cohort of an as-of date block by block.

    Parameters
    ----------
    assessments : frame
        Typed assessments.
    rows : array of int
        Positions of the cohort's assessments: one a household.
    as_of, context, bundle, instrument
        The cohort's date, its wave context, the model and the questions.
    carry : sequence of str
        Columns that scores take along.
    model_version : str
        As registered; empty for a bundle from a folder.
    block : int
        Households a block: memory is bound by it, the values do not depend on it.
    """
    for start in range(0, len(rows), block):
        part = assessments.iloc[rows[start : start + block]].reset_index(drop=True)
        yield score_block(
            part,
            as_of=as_of,
            context=context,
            bundle=bundle,
            instrument=instrument,
            carry=carry,
            model_version=model_version,
        )


def score_block(
    part: pd.DataFrame,
    *,
    as_of: pd.Timestamp,
    context: WaveContext,
    bundle: Bundle,
    instrument: Instrument,
    carry: Sequence[str],
    model_version: str,
) -> ScoredBlock:
    """Score some households' assessments, with reasons; additivity is checked on every block."""
    X = feature_matrix(part, context, bundle.catalogue)
    explained = contributions(bundle, X)
    household = part["household_id"].astype("str")
    low, high = bundle.uncertainty.bounds(X, explained.log_odds)
    scores = pd.DataFrame(
        {
            "household_id": household,
            "as_of_date": np.datetime64(as_of, "s"),
            "assessment_date": part["assessment_date"],
            "probability": expit(explained.log_odds),
            "probability_low": low,
            "probability_high": high,
            "log_odds": explained.log_odds,
            "base_log_odds": explained.base,
            "support": np.where(outside_support(X, bundle.support), "outside", "inside"),
            "never_graduated": bundle.uncertainty.never_graduated(X),
            "completeness": completeness(part, instrument),
            "conformal_p": bundle.uncertainty.conformal_p(explained.log_odds),
        }
    )
    taken = part[[name for name in carry if name not in scores.columns]]
    stamp = pd.DataFrame(
        {"model": bundle.card.model, "model_version": model_version, "bundle_sha256": bundle.sha256}, index=part.index
    )
    scores = pd.concat([scores, top_reasons(explained.by_question), taken, stamp], axis=1)
    keys = pd.DataFrame({"household_id": household, "base_log_odds": explained.base})
    return ScoredBlock(scores, pd.concat([keys, explained.by_question], axis=1))
