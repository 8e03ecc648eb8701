"""Exact contributions, summed to questions; reasons; sentences."""

from graduation_model.explanation.contributions import Contributions, contributions
from graduation_model.explanation.exact import ShapTables, exact_shap, shap_base
from graduation_model.explanation.explainer import AdditivityError, Explainer, explainer_of
from graduation_model.explanation.reasons import top_reasons

__all__ = [
    "AdditivityError",
    "Contributions",
    "Explainer",
    "ShapTables",
    "contributions",
    "exact_shap",
    "explainer_of",
    "shap_base",
    "top_reasons",
]
