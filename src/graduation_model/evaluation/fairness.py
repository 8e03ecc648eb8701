"""Forecasts and protected groups in; what each group gets at the quota, against all others, with intervals, out.

The quota is that of the whole list: the question is who is proposed, not how each group would rank by itself. Values
come from fairlearn's `MetricFrame` (Bird et al. 2020), intervals from our bootstrap of clusters: sums under resampled
weights add up over groups, so that "all others" are the total minus the group.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from graduation_model.evaluation.bootstrap import CELLS, cluster_counts, percentile_interval
from graduation_model.evaluation.params import EvaluationParams
from graduation_model.evaluation.quota import YearsOfFamilies

FIGURES = ("value", "low", "high", "difference", "difference_low", "difference_high")
COLUMNS = ("model", "group", "level", "metric", *FIGURES, "n", "n_selected", "finding")
TIMES = " × "
WORSE, NO_DIFFERENCE, TOO_FEW = "worse", "no_difference", "too_few"
# What of a group is reported, and which sign of its difference to all others is a harm to it.
HARMFUL_SIGN = {
    "selection_rate": 0,  # a group may be poorer: a lower share proposed is no harm by itself
    "precision": -1,
    "false_graduations": 1,
    "reached": -1,  # of those who would make it, fewer are proposed
    "calibration_at_quota": -1,  # proposed on chances that did not come true
    "calibration": -1,
}
METRICS = tuple(HARMFUL_SIGN)
PARTS = ("weight", "chance", "made", "taken", "taken_chance", "taken_made")
OF_THE_SELECTED = frozenset({"precision", "false_graduations", "calibration_at_quota"})


def fairness(families: pd.DataFrame, *, model: str, groups: Sequence[str], params: EvaluationParams) -> pd.DataFrame:
    """Measure what one model's list does to each group, and to each pair of groups crossed.

    Parameters
    ----------
    families : frame (n, ...)
        test_year, cluster, y (0/1), weight, a column a group, and the model's probability. All years are taken
        together, each with its own quota.
    model : str
        Its column.
    groups : sequence of str
        Columns whose levels are compared.

    Returns
    -------
    frame
        `COLUMNS`; a row a group, level and metric. `difference` is the level's value minus that of all other families;
        `finding` is `worse` where a harmful difference is of `min_difference` and its interval leaves zero, `too_few`
        where there are fewer than `min_group` families (or `min_selected` proposed): then no value is given.
    """
    families = families[families["y"].notna() & families[model].notna()].reset_index(drop=True)
    if families.empty or not groups:
        return pd.DataFrame({name: pd.Series(dtype="str") for name in COLUMNS})
    trial = _Trial(families, model, params)
    values = pd.concat([_by_group(trial, axes, families) for axes in _axes(groups)])
    member = _members(families, groups, values.index)
    sums, totals = trial.sums(member)
    plain, everybody = trial.plain_sums(member)
    all_others = _ratios(everybody - plain)
    draws, difference_draws = _ratios(sums), _ratios(sums) - _ratios(totals - sums)
    levels = values.index.to_frame(index=False)
    n, selected = (np.asarray(who @ member).astype(int) for who in (np.ones(len(families)), trial.taken[0] > 0))
    tables = []
    for k, metric in enumerate(METRICS):
        value = values[metric].to_numpy(dtype=float)
        figures = np.column_stack(
            [
                value,
                *percentile_interval(draws[k], params.interval),
                value - all_others[k, 0],
                *percentile_interval(difference_draws[k], params.interval),
            ]
        )
        finding = _findings(metric, figures, n, selected, params)
        figures[finding == TOO_FEW] = np.nan
        table = pd.DataFrame(figures, columns=list(FIGURES))
        tables.append(levels.join(table).assign(model=model, metric=metric, n=n, n_selected=selected, finding=finding))
    return pd.concat(tables).sort_values(["group", "level"], kind="stable", ignore_index=True)[list(COLUMNS)]


def _findings(
    metric: str, figures: np.ndarray, n: np.ndarray, selected: np.ndarray, params: EvaluationParams
) -> np.ndarray:
    few = n < params.min_group
    if metric in OF_THE_SELECTED:
        few |= selected < params.min_selected
    difference, low, high = figures[:, 3:].T
    sign = HARMFUL_SIGN[metric]
    harmed = ((sign > 0) & (low > 0)) | ((sign < 0) & (high < 0))
    harmed &= np.abs(difference) >= params.min_difference
    # One level alone has nobody to differ from.
    return np.select([few | np.isnan(figures).any(axis=1), harmed], [TOO_FEW, WORSE], NO_DIFFERENCE)


def verdicts(table: pd.DataFrame) -> pd.DataFrame:
    """Return one row a group and level: its finding, and in which metrics it is worse off.

    Returns
    -------
    frame
        group, level, finding, worse_in (tuple of metrics).

    Examples
    --------
    >>> rows = [("sex", "female", "precision", "no_difference"), ("sex", "female", "reached", "worse"),
    ...         ("sex", "other", "precision", "too_few"), ("sex", "other", "reached", "too_few")]
    >>> found = verdicts(pd.DataFrame(rows, columns=["group", "level", "metric", "finding"]))
    >>> found[["level", "finding", "worse_in"]].values.tolist()
    [['female', 'worse', ('reached',)], ['other', 'too_few', ()]]
    """
    rows = []
    for (group, level), part in table.groupby(["group", "level"], sort=False):
        worse = tuple(part.loc[part["finding"] == WORSE, "metric"])
        # Who is proposed and who is passed over must both be known, before it is said that there is no difference.
        unknown = (part.loc[part["metric"] != "selection_rate", "finding"] == TOO_FEW).any()
        rows.append((group, level, WORSE if worse else TOO_FEW if unknown else NO_DIFFERENCE, worse))
    return pd.DataFrame(rows, columns=["group", "level", "finding", "worse_in"])


class _Trial:
    """One model's list on the families of all years, as it is and under resamples."""

    def __init__(self, families: pd.DataFrame, model: str, params: EvaluationParams) -> None:
        self.y, self.p = families["y"].to_numpy(dtype=float), families[model].to_numpy(dtype=float)
        self.weight = families["weight"].to_numpy(dtype=float)
        self.cluster = pd.factorize(families["cluster"])[0]
        year = families["test_year"].to_numpy()
        self.years = YearsOfFamilies.of(year, self.y, self.p, params.quota_share)
        self.taken = self.years.taken(self.weight[None, :])
        self.params, self.seed = params, int(year.max())

    def sums(self, member: csr_array) -> tuple[np.ndarray, np.ndarray]:
        """The parts (6, B, n_levels) of every group under resamples, and (6, B, 1) of everybody."""
        clusters = int(self.cluster.max()) + 1
        if clusters == 1:  # drawing it again says nothing
            return np.full((len(PARTS), 1, member.shape[1]), np.nan), np.full((len(PARTS), 1, 1), np.nan)
        rng = np.random.default_rng(self.seed)
        # Whatever does not depend on the quota is summed a cluster once, and drawn with it.
        rows = np.arange(len(self.y))
        a_cluster = [csr_array((part, (self.cluster, rows)), shape=(clusters, len(rows))) for part in self.whole()]
        by_level, by_all = ([part @ who for part in a_cluster] for who in (member, np.ones((len(rows), 1))))
        levels, everybody = [], []
        for counts in _blocks(clusters, self.params.bootstrap, len(rows), rng):
            taken = self.years.taken(counts[:, self.cluster] * self.weight)
            near = np.flatnonzero(taken.any(axis=0))  # far below the quota, no resample takes anybody
            within = self.within(taken[:, near], near)
            levels.append(np.stack([*(counts @ part for part in by_level), *(part @ member[near] for part in within)]))
            everybody.append(
                np.stack([*(counts @ part for part in by_all), *(part.sum(axis=1, keepdims=True) for part in within)])
            )
        return np.concatenate(levels, axis=1), np.concatenate(everybody, axis=1)

    def plain_sums(self, member: csr_array) -> tuple[np.ndarray, np.ndarray]:
        """The parts (6, 1, n_levels) of every group as they are, and (6, 1, 1) of everybody."""
        parts = np.stack([*self.whole(), *self.within(self.taken[0])])
        return np.asarray(parts @ member)[:, None, :], parts.sum(axis=1)[:, None, None]

    def whole(self) -> tuple[np.ndarray, ...]:
        """Weight, chance and outcome (n,) of every family."""
        return self.weight, self.weight * self.p, self.weight * self.y

    def within(self, taken: np.ndarray, rows: np.ndarray | slice = slice(None)) -> tuple[np.ndarray, ...]:
        """The same (..., n) of what stands within the quota."""
        return taken, taken * self.p[rows], taken * self.y[rows]


def _blocks(clusters: int, resamples: int, families: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    block = max(1, min(resamples, CELLS // max(families, 1)))
    for start in range(0, resamples, block):
        yield cluster_counts(clusters, min(block, resamples - start), rng)


def _members(families: pd.DataFrame, groups: Sequence[str], levels: pd.MultiIndex) -> csr_array:
    """Who belongs to which level (n, n_levels)."""
    texts = {name: families[name].astype("str") for name in groups}
    places = []
    for axes in _axes(groups):
        crossed = texts[axes[0]].str.cat([texts[name] for name in axes[1:]], sep=TIMES)
        index = pd.MultiIndex.from_arrays([[TIMES.join(axes)] * len(crossed), crossed])
        places.append(levels.get_indexer(index))
    where = np.column_stack(places)
    rows = np.repeat(np.arange(len(families)), where.shape[1])
    return csr_array((np.ones(where.size), (rows, where.ravel())), shape=(len(families), len(levels)))


def _ratios(sums: np.ndarray) -> np.ndarray:
    """Return the metrics (n_metrics, B, n_levels), in the order of `METRICS`, from the parts."""
    weight, chance, made, taken, taken_chance, taken_made = sums
    precision = _ratio(taken_made, taken)
    return np.stack(
        [
            _ratio(taken, weight),
            precision,
            1 - precision,
            _ratio(taken_made, made),
            _ratio(taken_made - taken_chance, taken),
            _ratio(made - chance, weight),
        ]
    )


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    # The total minus the only group is nobody, up to rounding.
    return np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 1e-9)


def _axes(groups: Sequence[str]) -> list[tuple[str, ...]]:
    return [(name,) for name in groups] + list(combinations(groups, 2))


def _by_group(trial: _Trial, axes: tuple[str, ...], families: pd.DataFrame) -> pd.DataFrame:
    """The metrics (n_levels, n_metrics) of one group, or of two crossed, disaggregated by fairlearn."""
    from fairlearn.metrics import MetricFrame

    parts = np.stack([*trial.whole(), *trial.within(trial.taken[0])])

    def metrics_of(rows: np.ndarray, _: np.ndarray) -> tuple[float, ...]:
        return tuple(_ratios(parts[:, rows].sum(axis=1)[:, None, None])[:, 0, 0])

    # One metric of all figures over row numbers: fairlearn copies every column for every metric and group.
    rows = np.arange(len(families))
    with np.errstate(invalid="ignore"):  # it also seeks the least of figures that need not be there
        frame = MetricFrame(
            metrics=metrics_of, y_true=rows, y_pred=rows, sensitive_features=families[list(axes)].astype("str")
        )
    found = frame.by_group.dropna()
    levels = [TIMES.join(key) if isinstance(key, tuple) else key for key in found.index]
    index = pd.MultiIndex.from_arrays([[TIMES.join(axes)] * len(levels), levels], names=["group", "level"])
    return pd.DataFrame(found.tolist(), columns=list(METRICS), index=index)
