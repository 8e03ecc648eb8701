"""Nobody is lost: which families were seen by a date, and why those without a score have none."""

from __future__ import annotations

import numpy as np
import pandas as pd

from graduation_model.cohort.cohorts import IN_COHORT
from graduation_model.cohort.dates import months_before

SET_ASIDE = "assessment_set_aside"


class LostFamiliesError(RuntimeError):
    """Families or rows went in that did not come out: a bug, and the run stops rather than forget them."""


def families_seen(rows: pd.DataFrame, as_of: pd.Timestamp) -> int:
    """Return how many families were assessed by a date, also those whose rows cannot be used; an unreadable day counts.

    Parameters
    ----------
    rows : frame (n_rows, household_id, assessment_date)
        As typed, before anything was taken out. Rows without an id are counted as rows alone.
    """
    by_then = ~(rows["assessment_date"] > as_of)
    return int(rows.loc[by_then & rows["household_id"].notna(), "household_id"].nunique())


def not_scored(
    where: pd.DataFrame, set_aside: pd.DataFrame, known: pd.DataFrame, as_of: pd.Timestamp, months: int
) -> pd.DataFrame:
    """Return every family that was ever assessed by a date and has no score, with the reason.

    Parameters
    ----------
    where : frame
        From `cohort.standing`.
    set_aside : frame (n, household_id, assessment_date)
        Visits that were set aside whole.
    known : frame
        The assessments that `where` counts in.
    months : int
        How old an assessment may be: one that was set aside within them is the reason, whatever stood before.

    Returns
    -------
    frame: household_id, reason, assessment_date
    """
    left = where[where["reason"] != IN_COHORT]
    last = known["assessment_date"].iloc[left["row"].to_numpy()].to_numpy()
    table = pd.DataFrame(
        {"household_id": left["household_id"].to_numpy(), "reason": left["reason"].to_numpy(), "assessment_date": last}
    )
    dated = pd.to_datetime(set_aside["assessment_date"])
    aside = set_aside[set_aside["household_id"].notna() & ~(dated > as_of)]
    dated = dated.loc[aside.index]
    known_too = where[where["household_id"].isin(aside["household_id"])]  # few: a look-up among all takes long
    fresh = ~(dated <= months_before(as_of, months)) | ~aside["household_id"].isin(known_too["household_id"])
    scored = known_too.loc[known_too["reason"] == IN_COHORT, "household_id"]
    aside = aside[fresh & ~aside["household_id"].isin(scored)].drop_duplicates("household_id", keep="last")
    table = table[~table["household_id"].isin(aside["household_id"])]
    both = pd.concat([table, aside.assign(reason=SET_ASIDE)[list(table.columns)]], ignore_index=True)
    typed = {"household_id": "str", "reason": "str", "assessment_date": "datetime64[s]"}
    return both.astype(typed).sort_values("household_id", ignore_index=True)


def check_account(what: str, went_in: int, **came_out: int) -> None:
    """Hold what went in against what came out.

    Examples
    --------
    >>> check_account("families", 3, scored=2, not_scored=1)
    >>> check_account("families", 3, scored=2, not_scored=0)
    Traceback (most recent call last):
      ...
    graduation_model.scoring.accounts.LostFamiliesError: 3 families went in, and 2 came out (scored 2, not_scored 0)
    """
    total = int(np.sum(list(came_out.values())))
    if went_in != total:
        parts = ", ".join(f"{name} {count}" for name, count in came_out.items())
        raise LostFamiliesError(f"{went_in} {what} went in, and {total} came out ({parts})")
