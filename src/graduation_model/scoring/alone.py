"""One family asked for alone: its answers and a bundle in, its probability against the bundle's stored wave out."""

from __future__ import annotations

import pandas as pd
from scipy.special import expit

from graduation_model.errors import DataError
from graduation_model.estimators.bundle import Bundle
from graduation_model.explanation.contributions import contributions
from graduation_model.explanation.reasons import top_reasons
from graduation_model.features.context import context_from_reference
from graduation_model.features.matrix import feature_matrix

CLUSTER = "__no_cluster__"


def score_answers(bundle: Bundle, answers: pd.DataFrame) -> pd.DataFrame:
    """Score answers that come without their wave: serving, a correction, a question "what would it say".

    Money is ranked among the families of the bundle's last training wave; history and neighbours are not known.

    Parameters
    ----------
    bundle : Bundle
    answers : frame (n, ...)
        The instrument's questions as columns, numbers as numbers and choices as the instrument's value names. A
        missing column is a missing answer. A derived question is taken as it is given: a bundle holds no poverty
        lines to compute it from.

    Returns
    -------
    frame (n, 4 + 20 + n_questions)
        probability, log_odds, base_log_odds, context (which wave ranked the money); the questions that weigh most, as
        `for_1`, `for_1_contribution`, … `against_5_contribution`; and each question's `contribution_<question>`.
    """
    wave_end = pd.Timestamp(bundle.card.as_of)
    rows = _typed(answers.reset_index(drop=True), bundle).assign(
        **{"household_id": "", "assessment_date": wave_end.to_datetime64(), CLUSTER: None}
    )
    context = context_from_reference(bundle.reference_context, wave_end, cluster=CLUSTER)
    explained = contributions(bundle, feature_matrix(rows, context, bundle.catalogue))
    result = pd.DataFrame(
        {
            "probability": expit(explained.log_odds),
            "log_odds": explained.log_odds,
            "base_log_odds": explained.base,
            "context": f"stored wave ending {bundle.card.as_of}, without history and neighbours",
        }
    )
    reasons = top_reasons(explained.by_question)
    return pd.concat([result, reasons, explained.by_question.add_prefix("contribution_")], axis=1)


def _typed(answers: pd.DataFrame, bundle: Bundle) -> pd.DataFrame:
    """The columns that the catalogue reads, typed as it was fitted; what is not there is missing."""
    needed = {name for quantity in bundle.catalogue.quantities for name in (quantity.numerator, quantity.denominator)}
    needed |= set(bundle.catalogue.of("level")["quantity"])
    columns = {
        name: _typed_answers(answers, name, bundle.card.levels.get(name)) for name in sorted(filter(None, needed))
    }
    return pd.DataFrame(columns, index=answers.index)


def _typed_answers(answers: pd.DataFrame, name: str, levels: tuple[str, ...] | None) -> pd.Series:
    raw = answers[name].astype("object") if name in answers else pd.Series(None, index=answers.index, dtype="object")
    typed = (
        raw.astype(pd.CategoricalDtype(list(levels)))
        if levels
        else pd.to_numeric(raw, errors="coerce").astype("float64")
    )
    unread = int((raw.notna() & typed.isna()).sum())
    if unread:
        expected = f"one of {', '.join(levels)}" if levels else "a number"
        raise DataError(f"{unread} answers cannot be read", where=name, mend=f"Give {expected}, or leave it empty")
    return typed
