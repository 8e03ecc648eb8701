"""Exact contributions, summed to questions; reasons; sentences."""

from graduation_model.explanation.contributions import AdditivityError, Contributions, contributions
from graduation_model.explanation.reasons import top_reasons

__all__ = ["AdditivityError", "Contributions", "contributions", "top_reasons"]
