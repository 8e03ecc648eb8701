"""How lenient each facilitator's judgements are, given the families visited: visits and facts in, a row each out.

Item response models of raters (Linacre 1989) put severity beside ability. Here ability is what the recorded facts lead
to expect, learnt from *other* facilitators' families, and severity is a random intercept: who visited few families is
drawn to the others (partial pooling: Efron and Morris 1975; the mixed model: Laird and Ware 1982).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from graduation_model.blas import one_thread
from graduation_model.contract.instrument import Instrument, Question
from graduation_model.features.catalogue import ANSWER, LEVEL, RANK, RATIO, Catalogue
from graduation_model.monitoring.params import AuditParams

FOLDS = 5
PENALTY = 10.0
MOST_LEARNT = 100_000
# One family's answers, however they are put; what its neighbours or its past say would take the facilitator's part.
OF_THE_VISIT = (ANSWER, LEVEL, RANK, RATIO)


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


def recorded_facts(features: Catalogue, instrument: Instrument) -> Catalogue:
    """Return the features that say what was recorded of a family at this visit, none of them a judgement."""
    judged = {question.name for question in instrument.questions if question.subjective}
    return features.part(features.table["source"].isin(OF_THE_VISIT) & ~features.table["question"].isin(judged))


def facilitator_audit(
    judged: pd.DataFrame, facts: pd.DataFrame, facilitator: Sequence[object], params: AuditParams
) -> pd.DataFrame:
    """Return how lenient each facilitator is.

    Parameters
    ----------
    judged : frame (n_visits, n_judgements)
        See `judgements`.
    facts : frame (n_visits, n_facts)
        The features of `recorded_facts`; NaN is missing.
    facilitator : sequence (n_visits,)
    params : AuditParams

    Returns
    -------
    frame (n_facilitators, 6)
        facilitator_id, families, leniency (standard deviations of a family's judgement, 0 = as the others), low, high,
        verdict (lenient, severe, usual, too_few). Sorted by id: it is no ranking. Empty where nothing is judged, or by
        one person alone.
    """
    score = judged.mean(axis=1)
    who = pd.Series(list(facilitator), index=judged.index)
    known = score.notna() & who.notna()
    score, who, facts = score[known], who[known].astype("str"), facts[known]
    if who.nunique() < 2 * FOLDS or not score.std() > 0:
        return _table(pd.Series(dtype=int), pd.Series(dtype=float), pd.Series(dtype=float), params)
    score = (score - score.mean()) / score.std()
    with one_thread():
        effect, error = random_intercepts(score.to_numpy(), _expected(score, facts, who), who.to_numpy())
    return _table(who.value_counts(), effect, error, params)


def _expected(score: pd.Series, facts: pd.DataFrame, who: pd.Series) -> np.ndarray:
    """What the facts lead to expect, learnt from other facilitators' families; a fact not recorded counts as usual."""
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import GroupKFold
    from sklearn.preprocessing import StandardScaler

    told = facts.loc[:, facts.notna().any()].to_numpy(dtype="float32")
    if not told.size:
        return np.zeros(len(score))
    told = StandardScaler(copy=False).fit_transform(told)
    told = np.nan_to_num(told, copy=False)
    expected = np.empty(len(score))
    for seen, held_out in GroupKFold(FOLDS).split(told, groups=who):
        # Every so-manieth of very many: what the facts lead to expect is as plain from a part of them.
        learnt = seen[:: -(-len(seen) // MOST_LEARNT)]
        model = Ridge(PENALTY, copy_X=False).fit(told[learnt].astype("float64"), score.to_numpy()[learnt])
        expected[held_out] = model.predict(told[held_out])
    return expected


def random_intercepts(score: np.ndarray, expected: np.ndarray, who: np.ndarray) -> tuple[pd.Series, pd.Series]:
    """Return each one's random intercept beside a straight line in what is expected, and its standard error.

    Restricted maximum likelihood (Patterson and Thompson 1971) of a model with one random effect is a search along one
    line, the ratio of the two variances; given it, everything is sums over facilitators (Searle, Casella and McCulloch
    1992). The search ends where facilitators do not differ, too: every intercept is 0 there.

    Parameters
    ----------
    score, expected : array (n_visits,)
    who : array (n_visits,)

    Returns
    -------
    (Series, Series)
        Of each facilitator, in units of the score.
    """
    from scipy.optimize import minimize_scalar

    code, names = pd.factorize(who, sort=True)
    size = np.bincount(code)
    known = [np.ones(len(score)), expected][: 2 if np.ptp(expected) > 0 else 1]
    table, free = np.column_stack([*known, score]), len(score) - len(known)
    sums = np.column_stack([np.bincount(code, column) for column in table.T])
    crossed = table.T @ table

    def line(ratio: float) -> tuple[np.ndarray, float, float]:
        """Coefficients, the families' variance, and minus twice the restricted log-likelihood but for a constant."""
        pulled = ratio / (1 + size * ratio)
        weighed = crossed - (sums.T * pulled) @ sums
        within, answer = weighed[:-1, :-1], weighed[:-1, -1]
        beta = np.linalg.solve(within, answer)
        variance = (weighed[-1, -1] - answer @ beta) / free
        return beta, variance, free * np.log(variance) + np.log1p(size * ratio).sum() + np.linalg.slogdet(within)[1]

    # In the share that a facilitator's intercept has of the variance of one judgement: from 0 to nearly 1.
    found = minimize_scalar(lambda part: line(part / (1 - part))[2], bounds=(0, 1 - 1e-6), options={"xatol": 1e-8})
    ratio = found.x / (1 - found.x)
    if line(0.0)[2] <= found.fun:
        ratio = 0.0
    beta, variance, _ = line(ratio)
    pulled = ratio / (1 + size * ratio)
    effect = pulled * (sums[:, -1] - sums[:, :-1] @ beta)
    return pd.Series(effect, names), pd.Series(np.sqrt(variance * pulled), names)


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
