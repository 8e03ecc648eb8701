"""`outcomes`: a data folder, a day and perhaps lists in; what became of families after decisions, as a page, out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from graduation_model.commands.inputs import (
    ProgrammeLike,
    as_date,
    known_by,
    need_decisions,
    open_data,
    open_programme,
)
from graduation_model.commands.outputs import output_folder, read_manifest
from graduation_model.commands.progress import step
from graduation_model.config import Programme
from graduation_model.contract.tables import Tables
from graduation_model.errors import DataError
from graduation_model.params import LANGUAGES
from graduation_model.parquet import read_frame

if TYPE_CHECKING:
    from graduation_model.followup.outcomes import Followed
    from graduation_model.followup.overrides import Overrides


NO_LIST = "no_list"


@dataclass(frozen=True)
class OutcomeReport:
    """What `outcomes` wrote.

    Attributes
    ----------
    out : Path
    stayed_out, fell_back, lost : int
        Of the families that left and whose months are over.
    lowest, highest : float
        The share that stayed out, whatever became of the lost; NaN where nobody's months are over.
    unseen : int
        Of those that stayed out: were well at the last visit, and not met at another before it.
    stamped : tuple of str
        Who agreed with the list more often than `followup.rubber_stamp` (`all`: all together).
    set_aside : str
        What of the tables was not looked at.
    """

    out: Path
    stayed_out: int
    fell_back: int
    lost: int
    lowest: float
    highest: float
    unseen: int = 0
    stamped: tuple[str, ...] = ()
    set_aside: str = ""

    def story(self) -> str:
        """The outcome in a few lines, for a terminal."""
        due = self.stayed_out + self.fell_back + self.lost
        lines = [
            f"{due:,} families left and their months are over: {self.stayed_out:,} stayed out, {self.fell_back:,} fell "
            f"back, {self.lost:,} were not found"
        ]
        if due:
            lines.append(f"Stayed out: between {self.lowest:.1%} and {self.highest:.1%}, whatever became of the lost")
        if self.unseen:
            lines.append(f"{self.unseen:,} of those that stayed out were not met at a visit in between: see the page")
        if self.stamped:
            lines.append(f"Rubber stamp? Agreement with the list is above the limit: {', '.join(self.stamped)}")
        if self.set_aside:
            lines.append(self.set_aside)
        return "\n".join([*lines, f"See {self.out / 'outcomes.html'} and {self.out / 'en' / 'outcomes.html'}"])


def outcomes(
    *,
    programme: ProgrammeLike,
    data: str | Path,
    as_of: str | dt.date | pd.Timestamp,
    out: str | Path,
    selections: Sequence[str | Path] = (),
    key: str | Path | None = None,
    mapping: str | Path | None = None,
) -> OutcomeReport:
    """Say what became of the families after the decisions.

    Parameters
    ----------
    programme
        A programme, its folder, or its name under `configs/`.
    data
        A folder with `assessments`, `decisions` and `followups`.
    as_of
        What is dated later is not looked at.
    out
        Gets `outcomes.parquet` (every figure of the page), with lists `reasons.parquet` (of overrides); `outcomes.html`
        (Indonesian), `en/outcomes.html` and a manifest. No family stands in any of them.
    selections
        Folders that `select` wrote: the lists that people decided on.
    key, mapping
        As for `check`.

    Raises
    ------
    UserError
        Whatever a person can mend.
    """
    from graduation_model.followup.outcomes import EVERYBODY, LEFT, SUSTAINED, UNSEEN, outcome_table
    from graduation_model.reports.outcome_cells import hide_small, hide_small_reasons
    from graduation_model.reports.outcomes_page import OutcomeInputs, outcomes_page
    from graduation_model.reports.render import page_place

    programme = open_programme(programme)
    need_decisions(programme)
    lists = _lists(selections)
    opened = open_data(programme, data, as_of, key=key, mapping=mapping)
    params, min_cell = programme.followup, programme.reports.min_cell
    with step("Looking what became of the families"):
        found, beside = _found(programme, opened.tables, lists, opened.date)
        every = outcome_table(found, visits=params.visits(programme.label), params=params)
        table = hide_small(every, min_cell)
    reasons = None if beside is None else hide_small_reasons(beside.reasons, min_cell)
    inputs = OutcomeInputs(
        table=table,
        title=programme.title,
        label_title=programme.label.title,
        caveat=programme.label.caveat,
        as_of=opened.date,
        params=params,
        months=programme.label.horizon_months,
        min_cell=min_cell,
        least_followed=programme.evaluation.least_followed,
        area_names=programme.reports.area_names,
        overrides=beside,
        reasons=reasons,
        reason_words=programme.ingest.reason_codes,
        simulated=opened.simulated,
    )
    given = ", ".join(str(Path(one).resolve()) for one in selections) or None
    with output_folder(out, "outcomes", {**opened.parameters, "selections": given}) as output:
        output.parquet(table, "outcomes.parquet")
        if reasons is not None:
            output.parquet(reasons, "reasons.parquet")
        for language in LANGUAGES:
            output.text(outcomes_page(inputs, language), page_place("outcomes.html", language))
        output.facts.update(opened.facts)
        if beside is not None:
            output.facts["stamped"] = list(beside.stamped)
    own = every[(every["families"] == LEFT) & (every["group"] == EVERYBODY)].drop_duplicates("measure")
    own = own.set_index("measure").reindex(["stayed_out", "fell_back", "lost", SUSTAINED, UNSEEN])
    counts = own["value"].fillna(0).astype(int)
    return OutcomeReport(
        out=Path(out).resolve(),
        stayed_out=int(counts["stayed_out"]),
        fell_back=int(counts["fell_back"]),
        lost=int(counts["lost"]),
        lowest=float(own.at[SUSTAINED, "lowest"]),
        highest=float(own.at[SUSTAINED, "highest"]),
        unseen=int(counts[UNSEEN]),
        stamped=beside.stamped if beside else (),
        set_aside=opened.set_aside,
    )


def _found(
    programme: Programme, tables: Tables, lists: list[tuple[pd.Timestamp, pd.DataFrame]], date: pd.Timestamp
) -> tuple[Followed, Overrides | None]:
    """Every decision that is followed, with what is shown apart; and how people decided beside the lists."""
    from graduation_model.cohort.after import after_decisions
    from graduation_model.followup.outcomes import followed
    from graduation_model.followup.overrides import overrides

    known, label, params = known_by(tables, date), programme.label, programme.followup
    decided = tables.decisions[(tables.decisions["decision_date"] <= date).to_numpy()]
    after = after_decisions(known, decided, tables.followups, known_by=date, label=label, visits=params.visits(label))
    own = known.iloc[after["row"].to_numpy()].reset_index(drop=True)
    cluster = own[programme.cohort.cluster]
    beside = overrides(lists, after, decided, cluster, params) if lists else None
    groups = {"district": own[programme.cohort.area], "exit_kind": after["exit_kind"]}
    if len(tables.uep):
        groups["uep"] = _granted(after, tables.uep[(tables.uep["grant_date"] <= date).to_numpy()], label.horizon_months)
    if beside is not None:
        keys = ["household_id", "assessment_date"]
        ways = beside.decided[[*keys, "way"]].drop_duplicates(keys)
        groups["way"] = after[keys].merge(ways, on=keys, how="left")["way"].fillna(NO_LIST)
    return followed(after, label=label, groups=groups, cluster=cluster), beside


def _granted(after: pd.DataFrame, uep: pd.DataFrame, months: int) -> pd.Series:
    """Whether business capital was granted within the months that are watched."""
    pairs = after[["household_id", "effective_date"]].reset_index().merge(uep[["household_id", "grant_date"]])
    ends = pairs["effective_date"] + pd.DateOffset(months=months)
    within = pairs[((pairs["grant_date"] >= pairs["effective_date"]) & (pairs["grant_date"] <= ends)).to_numpy()]
    return pd.Series(after.index.isin(within["index"]), index=after.index).map({True: "yes", False: "no"})


def _lists(selections: Sequence[str | Path]) -> list[tuple[pd.Timestamp, pd.DataFrame]]:
    """Every list with the day it was made for.

    Raises
    ------
    DataError
        Where two are for one day: nobody could say which of them people had before them.
    """
    found = []
    for folder in map(Path, selections):
        manifest = read_manifest(folder, "select")
        found.append((as_date(manifest["as_of"]), read_frame(folder / "selection.parquet")))
    if len({date for date, _ in found}) < len(found):
        raise DataError(
            "Two lists are of the same day", where="--selection", mend="Give the one that people had before them"
        )
    return sorted(found, key=lambda one: one[0])
