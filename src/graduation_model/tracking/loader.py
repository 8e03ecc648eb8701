"""A bundle's folder comes in; what MLflow serves goes out. MLflow's registry names this module: keep its name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from graduation_model.estimators.bundle import Bundle


@dataclass(frozen=True)
class ServedBundle:
    """A bundle behind MLflow's `predict`: single families, against the context stored with the bundle."""

    bundle: Bundle

    def predict(self, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Score answers.

        Parameters
        ----------
        model_input : frame (n_households, n_questions)
            Canonical answers; a question that is left out is missing.
        params : dict, optional
            Taken for MLflow's sake; there is nothing to set.

        Returns
        -------
        frame
            probability, log_odds, base_log_odds, context, reasons, contributions: see `scoring.score_answers`.
        """
        from graduation_model.scoring.alone import score_answers

        return score_answers(self.bundle, pd.DataFrame(model_input))


def _load_pyfunc(data_path: str) -> ServedBundle:
    """Load for `mlflow.pyfunc`; the bundle checks its manifest before a byte is parsed."""
    from graduation_model.estimators.bundle import load_bundle

    return ServedBundle(load_bundle(Path(data_path)))
