"""An evaluation in; a warning for every result that is too good to be a forecast out."""

from __future__ import annotations

import pandas as pd

from graduation_model.evaluation.params import EvaluationParams


def leak_warnings(evaluation: pd.DataFrame, params: EvaluationParams) -> tuple[str, ...]:
    """Return a sentence for each model and year whose AUC is above `params.leak_auc`.

    Telling who is poor *now* from the same questions is easy; who sees such a figure on a forecast has most likely
    let the outcome, or something written down after it, into the features.
    """
    plain = (evaluation["metric"] == "auc") & (evaluation["group"] == "all") & (evaluation["baseline"] == "")
    suspects = evaluation[plain & (evaluation["value"] > params.leak_auc)].sort_values(["test_year", "model"])
    return tuple(
        f"{row.model} reaches an AUC of {row.value:.2f} on the cohort of {row.test_year}, above {params.leak_auc:g}: "
        "too good for a forecast. Look for a question that knows the outcome."
        for row in suspects.itertuples(index=False)
    )
