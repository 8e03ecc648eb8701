"""Back-test, metrics at the quota, calibration, intervals, fairness, the promotion gate, and what smells of a leak."""

from graduation_model.evaluation.backtest import Backtest, backtest
from graduation_model.evaluation.evaluate import evaluate
from graduation_model.evaluation.fairness import fairness, verdicts
from graduation_model.evaluation.gate import Evaluation, Reason, Verdict, gate
from graduation_model.evaluation.leak import Finding
from graduation_model.evaluation.metrics import METRICS
from graduation_model.evaluation.params import EvaluationParams, GateParams

__all__ = [
    "METRICS",
    "Backtest",
    "Evaluation",
    "EvaluationParams",
    "Finding",
    "GateParams",
    "Reason",
    "Verdict",
    "backtest",
    "evaluate",
    "fairness",
    "gate",
    "verdicts",
]
