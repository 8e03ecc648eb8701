"""How lenient each facilitator's judgements are, given the families visited: visits and facts in, a row each out.

Item response models of raters (Linacre 1989) put severity beside ability. Here ability is what the recorded facts lead
to expect, learnt from *other* facilitators' families, and severity is a random intercept: who visited few families is
drawn to the others (partial pooling: Efron and Morris 1975; the mixed model: Laird and Ware 1982).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from graduation_model.contract.instrument import Instrument, Question
from graduation_model.features.catalogue import ANSWER, LEVEL, RANK, RATIO, Catalogue
from graduation_model.monitoring.params import AuditParams

FOLDS = 5
PENALTY = 10.0
MOST_LEARNT = 100_000
# One family's answers, however they are put; what its neighbours or its past say would take the facilitator's part.
OF_THE_VISIT = (ANSWER, LEVEL, RANK, RATIO)
VERDICTS = ("lenient", "severe", "usual", "too_few")


def judgements(visits: pd.DataFrame, instrument: Instrument) -> pd.DataFrame:
    """Return the facilitators' judgements (n_visits, n_judgements) in standard scores, higher = readier.

    Subjective answers with an order; one whose direction is not declared is turned to go with those whose is.
    """
    asked = [question for question in instrument.questions if _is_judgement(question) and question.name in visits]
    scores = pd.DataFrame({question.name: _numbers(visits[question.name]) for question in asked}, index=visits.index)
    spread = scores.std()
    scores = ((scores - scores.mean()) / spread).loc[:, spread > 0]
    declared = [question for question in asked if question.sign and question.name in scores]
    if not declared:
        return scores.iloc[:, :0]
    known = scores[[question.name for question in declared]] * [question.sign for question in declared]
    return scores * np.sign(scores.corrwith(known.mean(axis=1)).fillna(0))


def _is_judgement(question: Question) -> bool:
    return question.subjective and (question.is_numeric or bool(question.levels)) and question.kind != "choice"


def _numbers(answers: pd.Series) -> pd.Series:
    if not isinstance(answers.dtype, pd.CategoricalDtype):
        return answers.astype("float64")
    return answers.cat.codes.astype("float64").where(answers.notna())


def recorded_facts(X: pd.DataFrame, features: Catalogue, instrument: Instrument) -> pd.DataFrame:
    """Return the features that say what was recorded of a family at this visit, none of them a judgement."""
    judged = {question.name for question in instrument.questions if question.subjective}
    table = features.table
    kept = table["source"].isin(OF_THE_VISIT) & ~table["question"].isin(judged)
    return X[table.loc[kept, "feature"].tolist()]


def facilitator_audit(
    judged: pd.DataFrame, facts: pd.DataFrame, facilitator: Sequence[object], params: AuditParams
) -> pd.DataFrame:
    """Return how lenient each facilitator is.

    Parameters
    ----------
    judged : frame (n_visits, n_judgements)
        See `judgements`.
    facts : frame (n_visits, n_facts)
        See `recorded_facts`; NaN is missing.
    facilitator : sequence (n_visits,)
    params : AuditParams

    Returns
    -------
    frame (n_facilitators, 6)
        facilitator_id, families, leniency (standard deviations of a family's judgement, 0 = as the others), low, high,
        verdict (`VERDICTS`). Sorted by id: it is no ranking. Empty where nothing is judged, or by one person alone.
    """
    score = judged.mean(axis=1)
    who = pd.Series(list(facilitator), index=judged.index)
    known = score.notna() & who.notna()
    score, who, facts = score[known], who[known].astype("str"), facts[known]
    if who.nunique() < 2 * FOLDS or not score.std() > 0:
        return _table(pd.Series(dtype=int), pd.Series(dtype=float), pd.Series(dtype=float), params)
    score = (score - score.mean()) / score.std()
    with threadpool_limits(1, user_api="blas"):  # a matrix product rounds by how many threads share it
        effect, error = _random_intercepts(score.to_numpy(), _expected(score, facts, who), who.to_numpy())
    return _table(who.value_counts(), effect, error, params)


def _expected(score: pd.Series, facts: pd.DataFrame, who: pd.Series) -> np.ndarray:
    """What the facts lead to expect, learnt from other facilitators' families."""
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import GroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    told = facts.loc[:, facts.notna().any()].to_numpy(dtype="float64")
    folds = GroupKFold(FOLDS).split(told, score, who)
    # Every so-manieth of very many: what the facts lead to expect is as plain from a part of them.
    folds = [(seen[:: -(-len(seen) // MOST_LEARNT)], held_out) for seen, held_out in folds]
    # Each fold is a copy already.
    model = make_pipeline(SimpleImputer(copy=False), StandardScaler(copy=False), Ridge(PENALTY, copy_X=False))
    return cross_val_predict(model, told, score, cv=folds)


def _random_intercepts(score: np.ndarray, expected: np.ndarray, who: np.ndarray) -> tuple[pd.Series, pd.Series]:
    """Best linear unbiased predictions of each one's intercept, and their standard errors."""
    from statsmodels.regression.mixed_linear_model import MixedLM

    known = np.column_stack([np.ones(len(score)), expected])
    fitted = MixedLM(score, known, groups=who).fit(reml=True)
    effect = pd.Series({name: float(np.ravel(value)[0]) for name, value in fitted.random_effects.items()})
    variance = pd.Series({name: float(np.ravel(value)[0]) for name, value in fitted.random_effects_cov.items()})
    return effect, np.sqrt(variance)


def _table(families: pd.Series, effect: pd.Series, error: pd.Series, params: AuditParams) -> pd.DataFrame:
    from scipy.stats import norm

    families = families.sort_index()
    effect, error = effect.reindex(families.index), error.reindex(families.index)
    reach = norm.ppf((1 + params.level) / 2) * error
    low, high = effect - reach, effect + reach
    conditions = [families < params.fewest_families, low > params.lenient, high < -params.lenient]
    return pd.DataFrame(
        {
            "facilitator_id": families.index.astype("str"),
            "families": families.to_numpy(dtype="int64"),
            "leniency": effect.to_numpy(dtype=float),
            "low": low.to_numpy(dtype=float),
            "high": high.to_numpy(dtype=float),
            "verdict": np.select(conditions, ["too_few", "lenient", "severe"], "usual").astype("str"),
        }
    )
