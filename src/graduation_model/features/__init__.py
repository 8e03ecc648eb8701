"""The catalogue of features, history, wave context, scikit-learn transformers."""

from graduation_model.features.catalogue import Catalogue, catalogue
from graduation_model.features.context import WaveContext, context_from_reference, reference_context, wave_context
from graduation_model.features.matrix import feature_matrix
from graduation_model.features.params import FeatureParams
from graduation_model.features.transformers import AssessmentFeatures, MidRank

__all__ = [
    "AssessmentFeatures",
    "Catalogue",
    "FeatureParams",
    "MidRank",
    "WaveContext",
    "catalogue",
    "context_from_reference",
    "feature_matrix",
    "reference_context",
    "wave_context",
]
