"""A back-test and its bundle in; all that the model card and the gate need to know of them out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from graduation_model.config import Programme
from graduation_model.contract.tables import Tables
from graduation_model.errors import ModelError
from graduation_model.estimators.bundle import Bundle
from graduation_model.estimators.points_card import PointsCard, points_card
from graduation_model.evaluation.agreement import Agreement, agreement
from graduation_model.evaluation.backtest import Backtest
from graduation_model.evaluation.fairness import fairness
from graduation_model.evaluation.forecasts import without_ids
from graduation_model.evaluation.gate import Evaluation
from graduation_model.evaluation.leak import Finding, leak_findings
from graduation_model.explanation.contributions import Contributions, contributions
from graduation_model.explanation.stability import reasons_in_common

EXPLAINED = 2_000  # families in the beeswarm: a picture, not a table


@dataclass(frozen=True)
class Appraisal:
    """What was found out about a candidate.

    Attributes
    ----------
    fairness : frame
        See `evaluation.fairness`; of every tested family of every test year.
    leaks : tuple of Finding
    points : PointsCard or None
        None where no answer tells the families apart.
    agreement : Agreement or None
        Of the points card made as of the newest test year with the model of that year.
    X : frame
        The families whose scores are explained below.
    explained : Contributions
    evaluation : Evaluation
        For the gate.
    """

    fairness: pd.DataFrame
    leaks: tuple[Finding, ...]
    points: PointsCard | None
    agreement: Agreement | None
    X: pd.DataFrame
    explained: Contributions
    evaluation: Evaluation


def appraise(programme: Programme, bundle: Bundle, tried: Backtest, tables: Tables, as_of: pd.Timestamp) -> Appraisal:
    """Look for harm, leaks and reasons that do not hold, and make the points card."""
    name, params = bundle.card.model, programme.evaluation
    asked = programme.instrument.by_name
    protected = tuple(group for group in tried.groups if asked[group].protected)
    leaks = leak_findings(tried, tables.assessments, as_of, params)
    X = tried.training.X.iloc[-EXPLAINED:]
    explained = contributions(bundle, X)
    kept = without_ids(tried.forecasts, list(tried.models))
    gap = np.abs(explained.base + explained.by_question.to_numpy().sum(axis=1) - explained.log_odds)
    read = tables.counts.get("assessments", {})
    evaluation = Evaluation(
        version="",
        model=name,
        label=bundle.card.label,
        instrument_version=bundle.card.instrument_version,
        as_of=bundle.card.as_of,
        expires=bundle.card.expires,
        questions=len(set(bundle.catalogue.questions)),
        models=tuple(tried.models),
        groups=protected,
        predictions=kept.drop(columns=[group for group in tried.groups if group not in protected]),
        explanation_gap=float(gap.max(initial=0)),
        explanation_overlap=_overlap(bundle, tried, explained, X, as_of.year),
        set_aside=read.get("rows_set_aside", 0) / max(read.get("read", 0), 1),
        leaks=tuple(finding.code for finding in leaks),
    )
    points = _points(X=tried.training.X, bundle=bundle)
    return Appraisal(
        fairness=fairness(tried.forecasts, model=name, groups=protected, params=params),
        leaks=leaks,
        points=points,
        agreement=_agreement(tried, name, params.quota_share) if points else None,
        X=X,
        explained=explained,
        evaluation=evaluation,
    )


def _overlap(bundle: Bundle, tried: Backtest, explained: Contributions, X: pd.DataFrame, year: int) -> float | None:
    """How many reasons the model of the latest earlier test year gives too."""
    earlier = [trial for trial in tried.trials if trial.year < year]
    if not earlier:
        return None
    before = replace(bundle, model=earlier[-1].models[bundle.card.model])  # type: ignore[arg-type]
    return reasons_in_common(explained.by_question, contributions(before, X).by_question)


def _points(X: pd.DataFrame, bundle: Bundle) -> PointsCard | None:
    try:
        return points_card(X, bundle.model.log_odds(X), bundle.catalogue)
    except ModelError:
        return None


def _agreement(tried: Backtest, name: str, quota_share: float) -> Agreement | None:
    """Try the card as the model is tried: made from what the year's model learnt from, on families of that year."""
    if not tried.trials:
        return None
    trial = tried.trials[-1]
    tested = tried.predictions[tried.predictions["test_year"] == trial.year]
    try:
        card = points_card(trial.learnt, trial.models[name].log_odds(trial.learnt), tried.catalogue)
    except ModelError:
        return None
    return agreement(
        card.total(trial.X),
        tested[name].to_numpy(dtype=float),
        tested["y"].to_numpy(dtype=float),
        tested["weight"].to_numpy(dtype=float),
        year=trial.year,
        quota_share=quota_share,
    )
