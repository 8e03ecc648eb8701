"""Things with fit and predict that expose their additive parts: scorers, baselines, calibration, the bundle."""

from graduation_model.estimators.baselines import ProxyMeansTest, RandomOrder, StatusNow, WeightedSum
from graduation_model.estimators.boosting import LightGBMScorer
from graduation_model.estimators.bundle import Bundle, BundleCard, load_bundle, save_bundle
from graduation_model.estimators.calibration import CalibratedAdditive, Calibration
from graduation_model.estimators.models import LEARNERS, make_models
from graduation_model.estimators.params import (
    ComponentParams,
    EstimatorParams,
    LightGBMParams,
    LogisticParams,
    StackParams,
)
from graduation_model.estimators.scorecard import LogisticScorecard
from graduation_model.estimators.stack import AdditiveStack, Component, StackModel
from graduation_model.estimators.support import outside_support, support_ranges
from graduation_model.estimators.training_set import AdditiveModel, AdditiveParts, TrainingSet
from graduation_model.estimators.uncertainty import Uncertainty, fit_uncertainty

__all__ = [
    "LEARNERS",
    "AdditiveModel",
    "AdditiveParts",
    "AdditiveStack",
    "Bundle",
    "BundleCard",
    "CalibratedAdditive",
    "Calibration",
    "Component",
    "ComponentParams",
    "EstimatorParams",
    "LightGBMParams",
    "LightGBMScorer",
    "LogisticParams",
    "LogisticScorecard",
    "ProxyMeansTest",
    "RandomOrder",
    "StackModel",
    "StackParams",
    "StatusNow",
    "TrainingSet",
    "Uncertainty",
    "WeightedSum",
    "fit_uncertainty",
    "load_bundle",
    "make_models",
    "outside_support",
    "save_bundle",
    "support_ranges",
]
