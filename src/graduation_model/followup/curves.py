"""What was seen after decisions in; how many had fallen back by each month, beside those whose story ended otherwise.

Kaplan and Meier (1958) and the cumulative incidence of Aalen and Johansen (1978), from statsmodels. A family is seen
well at one visit and fallen back at the next: the day is not known. So time is counted in rounds of visits, and all of
one round stand at the same month. By day, whoever is visited early in a round would leave the curve before those are
found who fell back, and the curve would rise far above the truth. Families that were not found leave it at the last
round that saw them well; the bounds say what it is if all of them fell back at once, or none did.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from graduation_model.evaluation.bootstrap import cluster_counts, percentile_interval

STAYS, FELL_BACK, ENDED = 0, 1, 2
FEWEST_CLUSTERS = 10


def curve(
    after: pd.DataFrame, cluster: np.ndarray, *, months: Sequence[int], resamples: int, interval: float, seed: int
) -> pd.DataFrame:
    """Return the curve of some families.

    Parameters
    ----------
    after : frame (n, ...)
        As `cohort.after.after_decisions` gives it, of families that are followed.
    cluster : array (n,)
        What is drawn again as one: a facilitator's families.
    months : sequence of int
        Rounds at which the curve is read.
    resamples, interval, seed
        Of the cluster bootstrap.

    Returns
    -------
    frame (2 * n_months, 9)
        measure (`fell_back`, `ended`), months, value (share in [0, 1]), low, high (missing with fewer than ten
        clusters), lowest, highest (whatever became of those not found), apart (of `fell_back`: one minus Kaplan and
        Meier, as if nobody's story could end otherwise), at_risk (families still followed just before).
    """
    time, status = _times(after)
    (worst, failing), (best, staying) = _bounds(after, time, status)
    grid = np.asarray(months, dtype=float)
    value = _incidence(time, status, grid)
    apart = 1 - _survival(time, status, grid)
    low, high = _interval(time, status, grid, cluster, resamples, interval, seed)
    worst_value, best_value = _incidence(worst, failing, grid), _incidence(best, staying, grid)
    at_risk = (time[:, None] >= grid).sum(axis=0)
    parts = []
    for place, measure in enumerate(("fell_back", "ended")):
        parts.append(
            pd.DataFrame(
                {
                    "measure": measure,
                    "months": grid.astype(int),
                    "value": value[place],
                    "low": low[place],
                    "high": high[place],
                    "lowest": np.minimum(best_value[place], worst_value[place]),
                    "highest": np.maximum(best_value[place], worst_value[place]),
                    "apart": apart if measure == "fell_back" else np.nan,
                    "at_risk": at_risk,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _times(after: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """The round that ends each family's story on the curve, in months, and how; who was never seen ends at 0."""
    failed, ended, seen = (after[f"{name}_month"].to_numpy(dtype=float) for name in ("failed", "ended", "good"))
    status = np.where(~np.isnan(failed), FELL_BACK, np.where(~np.isnan(ended), ENDED, STAYS))
    return np.select([status == FELL_BACK, status == ENDED], [failed, ended], seen), status


def _bounds(
    after: pd.DataFrame, time: np.ndarray, status: np.ndarray
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """The same if every family not found fell back in the round that missed it first; and if it stayed to the last."""
    missed, over = (after[f"{name}_month"].to_numpy(dtype=float) for name in ("missed", "over"))
    lost = ~np.isnan(missed)
    worst = (np.where(lost, missed, time), np.where(lost, FELL_BACK, status))
    best = (np.where(lost, over, time), np.where(lost, STAYS, status))
    return worst, best


def _incidence(time: np.ndarray, status: np.ndarray, grid: np.ndarray, weight: np.ndarray | None = None) -> np.ndarray:
    """Aalen and Johansen's cumulative incidence (2, n_grid) of falling back and of ending otherwise."""
    from statsmodels.duration.survfunc import CumIncidenceRight

    found = np.zeros((2, len(grid)))
    if not len(time) or status.max() == STAYS:
        return found
    # With weights it leaves its standard errors out, which divide by nobody at the last round.
    made = CumIncidenceRight(time, status, freq_weights=np.ones(len(time)) if weight is None else weight)
    place = np.searchsorted(made.times, grid, side="right")
    for kind, shares in enumerate(made.cinc):
        found[kind] = np.r_[0.0, shares][place]
    return np.clip(found, 0, 1)  # sums of shares may end a rounding error above 1


def _survival(time: np.ndarray, status: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Kaplan and Meier's share that had not fallen back (n_grid,)."""
    from statsmodels.duration.survfunc import SurvfuncRight

    if not (status == FELL_BACK).any():
        return np.ones(len(grid))
    made = SurvfuncRight(time, (status == FELL_BACK).astype(int))
    return np.r_[1.0, made.surv_prob][np.searchsorted(made.surv_times, grid, side="right")]


def _interval(
    time: np.ndarray,
    status: np.ndarray,
    grid: np.ndarray,
    cluster: np.ndarray,
    resamples: int,
    interval: float,
    seed: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Percentile interval under resampled clusters: low and high (2, n_grid)."""
    codes, names = pd.factorize(cluster)
    nothing = np.full((2, len(grid)), np.nan)
    if len(names) < FEWEST_CLUSTERS:
        return nothing, nothing
    # Families that share a round and an end are one row: the curve is drawn again from a handful of them.
    pairs = pd.DataFrame({"time": time, "status": status})
    which, rows = pd.factorize(pd.MultiIndex.from_frame(pairs), sort=True)
    counts = np.zeros((len(names), len(rows)))
    np.add.at(counts, (codes, which), 1.0)
    times, kinds = rows.get_level_values(0).to_numpy(), rows.get_level_values(1).to_numpy()
    drawn = cluster_counts(len(names), resamples, np.random.default_rng(seed)) @ counts
    values = np.stack([_incidence(times[one > 0], kinds[one > 0], grid, one[one > 0]) for one in drawn])
    low, high = percentile_interval(values.reshape(resamples, -1), interval)
    return low.reshape(2, -1), high.reshape(2, -1)
