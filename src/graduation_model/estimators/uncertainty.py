"""What a bundle knows of its own uncertainty: intervals, conformal p-values, and who was ever graduated, as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy.special import expit

from graduation_model.estimators.arrays import arrays_from_bytes, arrays_to_bytes
from graduation_model.estimators.basis import Basis
from graduation_model.estimators.conformal import ConformalCalibration, as_often_as_now
from graduation_model.estimators.intervals import Intervals, fit_intervals
from graduation_model.estimators.params import EstimatorParams
from graduation_model.estimators.propensity import fit_propensity
from graduation_model.estimators.scorecard import LogisticScorecard
from graduation_model.estimators.training_set import TrainingSet

# Below this propensity nobody like the family was graduated: what would become of it is not in the data.
LEAST_PROPENSITY = 0.02
WHOLE_NUMBERS = ("indicated", "step_column")


@dataclass(frozen=True)
class Uncertainty:
    """Each part None where it could not be learnt.

    Attributes
    ----------
    intervals : Intervals or None
    conformal : ConformalCalibration or None
    graduated : LogisticScorecard or None
        Log-odds of having been graduated, given the answers; only where decisions were recorded.
    """

    intervals: Intervals | None = None
    conformal: ConformalCalibration | None = None
    graduated: LogisticScorecard | None = None

    def bounds(self, X: pd.DataFrame, log_odds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return probability_low and probability_high (n,); NaN without intervals."""
        if self.intervals is None:
            return np.full(len(X), np.nan), np.full(len(X), np.nan)
        return self.intervals.bounds(X, log_odds)

    def conformal_p(self, log_odds: np.ndarray) -> np.ndarray:
        """Return conformal p-values (n,); NaN without a calibration."""
        return np.full(len(log_odds), np.nan) if self.conformal is None else self.conformal.p_values(log_odds)

    def never_graduated(self, X: pd.DataFrame) -> np.ndarray:
        """Return which rows (n,) are unlike every family that was graduated; nobody where no decision is known."""
        if self.graduated is None or not len(X):
            return np.zeros(len(X), dtype=bool)
        return expit(self.graduated.decision_function(X)) < LEAST_PROPENSITY

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return everything as named arrays."""
        arrays: dict[str, np.ndarray] = {}
        if self.intervals is not None:
            own, basis = self.intervals, self.intervals.basis
            arrays |= {f"basis.{part.name}": np.asarray(getattr(basis, part.name)) for part in fields(Basis)}
            arrays |= {f"intervals.{part.name}": np.asarray(getattr(own, part.name)) for part in fields(own)[1:]}
        if self.conformal is not None:
            arrays |= {f"conformal.{name}": value for name, value in self.conformal.__dict__.items()}
        if self.graduated is not None:
            record = self.graduated.to_record()
            arrays |= {f"graduated.{name}": np.asarray(value) for name, value in record.items()}
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], features: list[str]) -> Self:
        """Return what `to_arrays` wrote.

        Raises
        ------
        KeyError, TypeError, ValueError
            If an array is missing or of another length.
        """
        conformal, graduated = _part(arrays, "conformal"), _part(arrays, "graduated")
        return cls(
            intervals=_intervals(_part(arrays, "intervals"), _part(arrays, "basis")),
            conformal=ConformalCalibration(**conformal) if conformal else None,
            graduated=LogisticScorecard.from_record(graduated, features) if graduated else None,
        )


NOTHING_CLAIMED = Uncertainty()


def _part(arrays: Mapping[str, np.ndarray], kind: str) -> dict[str, Any]:
    return {name.split(".", 1)[1]: value for name, value in arrays.items() if name.startswith(f"{kind}.")}


def _intervals(own: dict[str, Any], basis: dict[str, Any]) -> Intervals | None:
    if not own:
        return None
    whole = {name: basis[name].astype(int) for name in WHOLE_NUMBERS}
    numbers = {name: float(own[name]) for name in ("rest", "level")}
    return Intervals(
        **{**own, **numbers, "basis": Basis(**{**basis, **whole, "step_scale": float(basis["step_scale"])})}
    )


def fit_uncertainty(
    training: TrainingSet,
    cross_fitted: np.ndarray | None,
    *,
    params: EstimatorParams,
    unlabelled: np.ndarray | None = None,
    graduated: np.ndarray | None = None,
    graduated_X: pd.DataFrame | None = None,
) -> Uncertainty:
    """Learn a model's uncertainty from its own training rows.

    Parameters
    ----------
    training : TrainingSet
    cross_fitted : array (n,) or None
        Log-odds from fits that had not seen the row; without them (too few rows) nothing is claimed.
    params : EstimatorParams
    unlabelled : array (r,), optional
        Log-odds that the model gives to families like those to be scored.
    graduated : array (m,), bool, optional
        Of every family on which a decision was recorded: whether it was to graduate it.
    graduated_X : frame (m, n_features), optional
        Their features at the assessment before.
    """
    rule = None
    if graduated is not None and graduated_X is not None and len(np.unique(graduated)) == 2:
        rule = fit_propensity(graduated_X, graduated, seed=params.seed)
    intervals = conformal = None
    if cross_fitted is not None:
        intervals = fit_intervals(training, cross_fitted, params=params.intervals, seed=params.seed)
        now = np.empty(0) if unlabelled is None else unlabelled
        weight = as_often_as_now(cross_fitted, training.weight, now)
        conformal = ConformalCalibration.fit(cross_fitted, training.y, weight)
    # Read back at once, so that what is scored in memory is what stands on disk.
    arrays = arrays_to_bytes(Uncertainty(intervals, conformal, rule).to_arrays())
    return Uncertainty.from_arrays(arrays_from_bytes(arrays), [str(name) for name in training.X.columns])
