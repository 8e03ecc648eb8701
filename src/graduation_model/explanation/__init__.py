"""Exact contributions, summed to questions; reasons; sentences."""

from graduation_model.explanation.contributions import AdditivityError, Contributions, contributions
from graduation_model.explanation.engine import ShapTables, exact_shap, shap_base
from graduation_model.explanation.reasons import top_reasons

__all__ = ["AdditivityError", "Contributions", "ShapTables", "contributions", "exact_shap", "shap_base", "top_reasons"]
