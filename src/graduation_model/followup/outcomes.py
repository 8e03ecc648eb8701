"""What was seen after decisions in; how many stayed out, fell back, ended otherwise or were lost, by cohort, out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from graduation_model.cohort.labels import EXCLUDED, LABELLED, LOST, NOT_FOLLOWED
from graduation_model.cohort.params import LabelParams, Visit
from graduation_model.contract.schemas import RETAINED
from graduation_model.followup.curves import curve
from graduation_model.followup.params import FollowUpParams
from graduation_model.followup.shares import share_known

# Where a family stands at the label's horizon. The five add up to those followed.
STAYED_OUT, FELL_BACK, ENDED, UNKNOWN, NOT_YET = "stayed_out", "fell_back", "ended", "lost", "not_due"
ENDS = (STAYED_OUT, FELL_BACK, ENDED, UNKNOWN, NOT_YET)
LEFT, COMPARED = "left", "compared"  # who left the programme; the comparison sample that stayed
EVERYBODY, COHORT, OTHER = "all", "cohort", "other"
FOLLOWED, SUSTAINED, REENTERED, UNSEEN = "followed", "sustained", "reentered", "unseen_between"
FELL_BACK_BY, ENDED_BY, FELL_BACK_APART = "fell_back_by", "ended_by", "fell_back_apart"
COLUMNS = (
    "families", "group", "level", "cohort", "measure", "months", "value", "low", "high", "lowest", "highest", "n",
)  # fmt: skip


@dataclass(frozen=True)
class Followed:
    """Decisions that are followed, and what is shown apart.

    Attributes
    ----------
    after : frame (n, ...)
        As `after_decisions` gives it, with `families` (`left`, `compared`), `end` (`ENDS`), `back` (came back for
        want), `cohort` (ISO day on which the decision took effect), and a column a group.
    groups : tuple of str
    cluster : str
        Column of what shares its luck.
    """

    after: pd.DataFrame
    groups: tuple[str, ...]
    cluster: str


def followed(
    after: pd.DataFrame, *, label: LabelParams, groups: Mapping[str, pd.Series], cluster: pd.Series
) -> Followed:
    """Return the decisions that are followed.

    Parameters
    ----------
    after : frame (n, ...)
    groups : mapping
        Name -> what to show apart (n,); missing: nobody knows.
    cluster : Series (n,)

    Returns
    -------
    Followed
        Everybody who left as the label follows, and of those who stayed whom somebody set out to visit. Nobody else
        has an outcome, and nobody else is counted as having one.
    """
    left = after["decision"].isin(label.clock.followed)
    compared = (after["decision"] == RETAINED) & (after["label_reason"] != NOT_FOLLOWED) & _touched(after)
    table = after.assign(
        families=np.where(left, LEFT, COMPARED),
        end=_ends(after),
        back=(after["in_register"] & ~after["ended"].notna()),
        cohort=after["effective_date"].dt.strftime("%Y-%m-%d"),
        cluster=cluster.astype("object").fillna("").to_numpy(),
        **{name: values.astype("object").where(values.notna(), "").to_numpy() for name, values in groups.items()},
    )
    return Followed(table[(left | compared).to_numpy()].reset_index(drop=True), tuple(groups), "cluster")


def _touched(after: pd.DataFrame) -> pd.Series:
    """Whether a visit has said anything of a family: of those who stayed only a sample is visited."""
    seen = after[["failed", "good_until", "ended"]].notna().any(axis=1)
    return seen | after["label_status"].isin([LABELLED, LOST, EXCLUDED])


def _ends(after: pd.DataFrame) -> np.ndarray:
    status = after["label_status"]
    rules = [
        ((status == LABELLED) & (after["label"] == 1), STAYED_OUT),
        ((status == LABELLED) & (after["label"] == 0), FELL_BACK),
        (status == LOST, UNKNOWN),
        (status == EXCLUDED, ENDED),
    ]
    return np.select([holds.to_numpy() for holds, _ in rules], [name for _, name in rules], NOT_YET)


def outcome_table(found: Followed, *, visits: Sequence[Visit], params: FollowUpParams) -> pd.DataFrame:
    """Return everything that the outcome report says, one figure a row.

    Parameters
    ----------
    found : Followed
    visits : sequence of Visit
        Curves are read at each up to the last at which anybody was seen.

    Returns
    -------
    frame
        `COLUMNS`. `families` is `left` or `compared`; `group` is `all`, `cohort` or one of the groups; `cohort` is
        `all`, or of a group the day on which the decisions took effect: the ends and the share of that day's. Counts
        (measures `followed`, `ENDS`, `reentered`; of everybody `unseen_between`: stayed out by the required visits, and
        not known at another) stand in `value`; shares (`sustained`, and with months
        `fell_back_by`, `ended_by`, `fell_back_apart`) have interval and bounds, and `n`: the families known, or still
        followed.
    """
    parts = [pd.DataFrame(columns=list(COLUMNS))]
    for families, rows in found.after.groupby("families", sort=False):
        grid, cohorts = _grid(rows, visits), rows[COHORT].nunique()
        for group in (EVERYBODY, COHORT, *found.groups):
            levels = _levels(rows, group, params.fewest)
            if group in found.groups and levels.nunique() < 2:
                continue
            for level, own in rows.groupby(levels, sort=True):
                figures = [*_counts(own), _share(own, params), *([_unseen(own)] if group == EVERYBODY else [])]
                table = pd.concat([pd.DataFrame(figures), _curve(own, grid, params)], ignore_index=True)
                where = {"families": families, "group": group, "level": str(level)}
                parts.append(table.assign(**where, cohort=EVERYBODY))
                if group in found.groups and cohorts > 1:
                    parts += [_of_cohort(part, params).assign(**where, cohort=day) for day, part in own.groupby(COHORT)]
    table = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]
    return table.reindex(columns=list(COLUMNS)).astype({"months": "Int64"})


def _of_cohort(own: pd.DataFrame, params: FollowUpParams) -> pd.DataFrame:
    ends = [figure for figure in _counts(own) if figure["measure"] in ENDS]
    return pd.DataFrame([*ends, _share(own, params)])


def _levels(rows: pd.DataFrame, group: str, fewest: int) -> pd.Series:
    """The level of each row; levels with few families are one, and with the next smallest where they are still few."""
    if group == EVERYBODY:
        return pd.Series(EVERYBODY, index=rows.index)
    levels = rows[group].astype(str)
    sizes = levels.value_counts().sort_values(kind="stable")
    small = int((sizes < fewest).sum())
    while group != COHORT and 0 < small < len(sizes) and sizes.iloc[:small].sum() < fewest:
        small += 1
    return levels if group == COHORT else levels.where(~levels.isin(sizes.index[:small]), OTHER)


def _counts(own: pd.DataFrame) -> Iterator[dict[str, object]]:
    n = len(own)
    yield {"measure": FOLLOWED, "value": float(n), "n": n}
    for end in ENDS:
        yield {"measure": end, "value": float((own["end"] == end).sum()), "n": n}
    yield {"measure": REENTERED, "value": float(own["back"].sum()), "n": n}


def _unseen(own: pd.DataFrame) -> dict[str, object]:
    """Who stayed out as far as the required visits tell, and may have fallen back between them (decision 33)."""
    unseen = (own["end"] == STAYED_OUT) & ~own["throughout"].astype(bool)
    return {"measure": UNSEEN, "value": float(unseen.sum()), "n": len(own)}


def _share(own: pd.DataFrame, params: FollowUpParams) -> dict[str, object]:
    due = own[own["end"].isin([STAYED_OUT, FELL_BACK, UNKNOWN])]
    value, low, high, lowest, highest = share_known(
        due["label"].to_numpy(dtype=float),
        due["cluster"].to_numpy(),
        resamples=params.bootstrap,
        interval=params.interval,
        seed=len(due),
    )
    ends = {"low": low, "high": high, "lowest": lowest, "highest": highest}
    return {"measure": SUSTAINED, "value": value, **ends, "n": int(due["label"].notna().sum())}


def _grid(rows: pd.DataFrame, visits: Sequence[Visit]) -> list[int]:
    """The rounds at which curves are read: all up to the last at which anybody was seen."""
    last = rows[["failed_month", "good_month", "ended_month"]].max(axis=1).max()
    return [visit.months for visit in visits if visit.months <= last]


def _curve(own: pd.DataFrame, grid: list[int], params: FollowUpParams) -> pd.DataFrame:
    if not grid or len(own) < params.fewest:
        return pd.DataFrame()
    settings = {"resamples": params.bootstrap, "interval": params.interval, "seed": len(own)}
    found = curve(own, own["cluster"].to_numpy(), months=grid, **settings)  # type: ignore[arg-type]
    found = found[(found["at_risk"] >= params.fewest).to_numpy()]
    apart = found[found["measure"] == "fell_back"].assign(measure=FELL_BACK_APART)
    apart = apart.assign(value=apart["apart"])[["measure", "months", "value", "at_risk"]]
    table = pd.concat([found.assign(measure=found["measure"] + "_by"), apart], ignore_index=True)
    return table.drop(columns="apart").rename(columns={"at_risk": "n"})
