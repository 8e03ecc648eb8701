"""Cohorts labelled with what was known on two days in; which outcomes became known in between, a row a cohort, out."""

from __future__ import annotations

import pandas as pd

from graduation_model.cohort.labels import EXCLUDED, LABELLED, LOST, NOT_DUE

KEY = ["household_id", "as_of_date"]
COLUMNS = ("cohort", "families", "known_before", "matured", "stayed_out", "not_due", "lost", "excluded")


def matured(before: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    """Return the families whose outcome was not known on the first day and is on the second.

    Parameters
    ----------
    before, now : frame
        Of `outcomes.cohorts_by`, for the same kind of label and two dates.

    Returns
    -------
    frame (n_matured, n_columns)
        Rows of `now`.
    """
    known_before = pd.MultiIndex.from_frame(_known(before)[KEY])
    known_now = _known(now)
    return known_now[~pd.MultiIndex.from_frame(known_now[KEY]).isin(known_before)].reset_index(drop=True)


def matured_by_cohort(before: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    """Count them by cohort.

    Returns
    -------
    frame (n_cohorts, 8)
        cohort (ISO date), families, known_before, matured (known only now), stayed_out (of those), not_due, lost,
        excluded.

    Examples
    --------
    >>> then = pd.DataFrame({"household_id": ["a", "b", "c"], "as_of_date": pd.Timestamp("2018-12-31"),
    ...                      "label": [1.0, float("nan"), float("nan")],
    ...                      "label_status": ["labelled", "not_due", "not_due"]})
    >>> now = then.assign(label=[1.0, 0.0, float("nan")], label_status=["labelled", "labelled", "lost"])
    >>> matured_by_cohort(then, now)[["cohort", "known_before", "matured", "stayed_out", "lost"]].values.tolist()
    [['2018-12-31', 1, 1, 0, 1]]
    """
    new = matured(before, now)
    by_status = now.groupby("as_of_date")["label_status"].value_counts().unstack(fill_value=0)
    counts = {
        "families": now.groupby("as_of_date").size(),
        "known_before": _known(before).groupby("as_of_date").size(),
        "matured": new.groupby("as_of_date").size(),
        "stayed_out": new.groupby("as_of_date")["label"].sum(),
        **{name: by_status.get(status) for name, status in (("not_due", NOT_DUE), ("lost", LOST))},
        "excluded": by_status.get(EXCLUDED),
    }
    table = pd.DataFrame({name: count for name, count in counts.items() if count is not None})
    table = table.reindex(columns=list(COLUMNS[1:])).fillna(0).astype("int64").reset_index(names="cohort")
    return table.assign(cohort=table["cohort"].dt.strftime("%Y-%m-%d").astype("str"))


def _known(cohorts: pd.DataFrame) -> pd.DataFrame:
    return cohorts[(cohorts["label_status"] == LABELLED).to_numpy()]
