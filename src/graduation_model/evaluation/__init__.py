"""Back-test, metrics at the quota, calibration, intervals, and warnings about results too good to be true."""

from graduation_model.evaluation.backtest import Backtest, backtest
from graduation_model.evaluation.evaluate import evaluate
from graduation_model.evaluation.leak import leak_warnings
from graduation_model.evaluation.metrics import METRICS
from graduation_model.evaluation.params import EvaluationParams

__all__ = ["METRICS", "Backtest", "EvaluationParams", "backtest", "evaluate", "leak_warnings"]
