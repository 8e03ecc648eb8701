"""Lists and the decisions made on them in; how far people agreed, why they did not, and whether they were right, out.

What became of a family is known only under the decision that was made (selective labels: Lakkaraju and others 2017): of
the proposed that people kept nobody knows how they would have fared without aid. So each way of deciding is told by
itself, and none is called better.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from graduation_model.contract.schemas import GRADUATED, RETAINED
from graduation_model.followup.params import FollowUpParams
from graduation_model.followup.shares import share_known

# What the list said and people did: both leave, people kept who was proposed, people let go who was not, both stay.
BOTH_LEAVE, KEPT_BACK, LET_GO, BOTH_STAY = "both_leave", "kept_back", "let_go", "both_stay"
WAYS = (BOTH_LEAVE, KEPT_BACK, LET_GO, BOTH_STAY)
OVERRIDES = (KEPT_BACK, LET_GO)
# Where a family stands on the list: with READY, but not proposed, it waits.
PROPOSED, WAITING, READY = "proposed", "waiting", "ready"
ALL, NO_REASON = "all", ""


@dataclass(frozen=True)
class Overrides:
    """How people decided beside the list.

    Attributes
    ----------
    decided : frame (n, ...)
        Families on a list who were decided on after it: household_id, as_of_date, standing, way (`WAYS`; missing where
        the matter was put off or ended for papers or components), decision, role, reason, and the label's columns.
    agreement : frame
        role (`all` first), agreed, of, share: among the families that the list proposed or people let go. What both
        leave in the programme is most of it, and says nothing.
    stamped : tuple of str
        Roles whose agreement is above the limit.
    reasons : frame
        way, standing, reason, families: of the overrides.
    right : frame
        way, share (of the families whose outcome is known: stayed out), low, high, lowest, highest, n, due.
    waiting : int
        Proposed families on whom nobody has decided.
    """

    decided: pd.DataFrame
    agreement: pd.DataFrame
    stamped: tuple[str, ...]
    reasons: pd.DataFrame
    right: pd.DataFrame
    waiting: int


def overrides(
    lists: Sequence[tuple[pd.Timestamp, pd.DataFrame]],
    after: pd.DataFrame,
    decisions: pd.DataFrame,
    cluster: pd.Series,
    params: FollowUpParams,
) -> Overrides:
    """Set decisions against the lists they were made on.

    Parameters
    ----------
    lists : sequence of (as-of date, frame)
        As `select` writes them: household_id, selected, recommendation.
    after : frame (n, ...)
        As `cohort.after.after_decisions` gives it.
    decisions : frame
        For who decided, and why.
    cluster : Series (n,)
        Of `after`: what shares its luck.
    params : FollowUpParams
    """
    own = after.assign(cluster=cluster.to_numpy())
    said = decisions[["household_id", "decision_date", "decided_by_role", "reason_code"]]
    said = said.drop_duplicates(["household_id", "decision_date"])
    own = own.merge(said, on=["household_id", "decision_date"], how="left", validate="many_to_one")
    parts, waiting = [], 0
    for as_of, table in lists:
        made = own[((own["assessment_date"] <= as_of) & (own["decision_date"] >= as_of)).to_numpy()]
        made = made.sort_values(["assessment_date", "decision_date"]).drop_duplicates("household_id", keep="last")
        said_ready = (table["recommendation"] == READY).to_numpy()
        standing = table["recommendation"].astype("object").mask(said_ready, WAITING)
        standing = standing.mask(table["selected"].astype(bool), PROPOSED)
        listed = pd.DataFrame({"household_id": table["household_id"].astype("str"), "standing": standing})
        both = listed.merge(made, on="household_id", how="left")
        waiting += int((both["decision"].isna() & (both["standing"] == PROPOSED)).sum())
        parts.append(both[both["decision"].notna().to_numpy()].assign(as_of_date=as_of))
    decided = pd.concat(parts, ignore_index=True)
    decided = decided.assign(
        way=_ways(decided),
        role=decided["decided_by_role"].astype("object").fillna(NO_REASON),
        reason=decided["reason_code"].astype("object").fillna(NO_REASON),
    )
    agreement = _agreement(decided)
    enough = agreement["of"] >= params.fewest
    stamped = agreement.loc[enough & (agreement["share"] > params.rubber_stamp), "role"]
    return Overrides(decided, agreement, tuple(stamped), _reasons(decided), _right(decided, params), waiting)


def _ways(decided: pd.DataFrame) -> np.ndarray:
    proposed = (decided["standing"] == PROPOSED).to_numpy()
    left, stayed = ((decided["decision"] == one).to_numpy() for one in (GRADUATED, RETAINED))
    rules = [proposed & left, proposed & stayed, ~proposed & left, ~proposed & stayed]
    return np.select(rules, WAYS, "").astype(object)


def _agreement(decided: pd.DataFrame) -> pd.DataFrame:
    """How many of those whom the list proposed, or people let go, both meant."""
    looked = decided[decided["way"].isin([BOTH_LEAVE, *OVERRIDES])]
    both = (looked["way"] == BOTH_LEAVE).astype(int)
    by_role = both.groupby(looked["role"]).agg(["sum", "size"])
    rows = [(ALL, int(both.sum()), len(both)), *((str(role), int(s), int(n)) for role, s, n in by_role.itertuples())]
    table = pd.DataFrame(rows, columns=["role", "agreed", "of"])
    return table.assign(share=table["agreed"] / table["of"].where(table["of"] > 0))


def _reasons(decided: pd.DataFrame) -> pd.DataFrame:
    turned = decided[decided["way"].isin(OVERRIDES)]
    counts = turned.groupby(["way", "standing", "reason"]).size().rename("families").reset_index()
    return counts.sort_values(["way", "families", "reason"], ascending=[True, False, True], ignore_index=True)


def _right(decided: pd.DataFrame, params: FollowUpParams) -> pd.DataFrame:
    rows = []
    for way in WAYS:
        own = decided[(decided["way"] == way) & decided["label_status"].isin(["labelled", "lost"])]
        y = own["label"].to_numpy(dtype=float)
        settings = {"resamples": params.bootstrap, "interval": params.interval, "seed": len(own)}
        found = share_known(y, own["cluster"].to_numpy(), **settings)  # type: ignore[arg-type]
        rows.append((way, *found, int((~np.isnan(y)).sum()), len(y)))
    return pd.DataFrame(rows, columns=["way", "share", "low", "high", "lowest", "highest", "n", "due"])
