"""`due`: a data folder and a day in; who is to be visited, when and by whom, as a table and workbooks, out."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from graduation_model.commands.inputs import (
    Opened,
    ProgrammeLike,
    as_date,
    known_by,
    need_decisions,
    open_data,
    open_programme,
)
from graduation_model.commands.outputs import Output, output_folder, read_manifest
from graduation_model.commands.progress import step
from graduation_model.errors import UserError
from graduation_model.params import LANGUAGES
from graduation_model.parquet import read_frame


@dataclass(frozen=True)
class DueLists:
    """What `due` wrote.

    Attributes
    ----------
    out : Path
    statuses : dict
        How a visit stands -> visits.
    listed, visitors, most, nobody : int
        Visits on the lists, who makes them, how many the busiest person has, and how many have nobody but the proposer.
    workbooks : int
        Of each language.
    set_aside : str
        What of the tables was not looked at.
    """

    out: Path
    statuses: dict[str, int]
    listed: int
    visitors: int
    most: int
    nobody: int
    workbooks: int
    set_aside: str = ""

    def story(self) -> str:
        """The lists in a few lines, for a terminal."""
        stands = ", ".join(f"{status.replace('_', ' ')} {count:,}" for status, count in self.statuses.items())
        lines = [
            f"Visits: {stands or 'none'}",
            f"On the lists: {self.listed:,}, for {self.visitors:,} visitors, at most {self.most:,} each; none of them "
            "proposed the family",
        ]
        if self.nobody:
            lines.append(f"{self.nobody:,} visits have nobody but the proposer: send somebody from the office")
        if self.set_aside:
            lines.append(self.set_aside)
        return "\n".join(
            [*lines, f"{self.workbooks:,} workbooks in {self.out / 'due'} and in {self.out / 'en' / 'due'}"]
        )


def due(
    *,
    programme: ProgrammeLike,
    data: str | Path,
    as_of: str | dt.date | pd.Timestamp,
    out: str | Path,
    selection: str | Path | None = None,
    effective: str | dt.date | pd.Timestamp | None = None,
    key: str | Path | None = None,
    mapping: str | Path | None = None,
) -> DueLists:
    """List the follow-up visits that are to be made.

    Parameters
    ----------
    programme
        A programme, its folder, or its name under `configs/`.
    data
        A folder with `assessments`, `decisions` and, once there are any, `followups`.
    as_of
        The day on which the lists are made; what is dated later is not looked at.
    out
        Gets `due.parquet` (every visit, however it stands), `due/<area>.xlsx` (Indonesian), `en/due/<area>.xlsx` and a
        manifest.
    selection, effective
        A folder that `select` wrote, and the day from which its decisions are expected to hold: visits are planned for
        its proposed families, too, on whom nobody has decided yet.
    key, mapping
        As for `check`.

    Raises
    ------
    UserError
        Whatever a person can mend.
    """
    from graduation_model.followup import DUE, due_visits

    programme = open_programme(programme)
    if (selection is None) != (effective is None):
        raise UserError(
            "A list and the day from which it is expected to hold belong together",
            where="--selection, --effective",
            mend="Give both, or neither",
        )
    rules = need_decisions(programme)
    expected = None if selection is None or effective is None else (_proposed(selection), as_date(effective))
    opened = open_data(programme, data, as_of, key=key, mapping=mapping, need_followups=False)
    with step("Looking who is due"):
        visits = due_visits(
            known_by(opened.tables, opened.date),
            opened.tables.decisions,
            opened.tables.followups,
            as_of=opened.date,
            cohort=programme.cohort,
            label=programme.label,
            params=programme.followup,
            proposer=rules.proposer,
            visitor=rules.visitor,
            expected=expected,
        )
    listed = visits[visits["listed"]]
    load = listed["visitor"].value_counts()
    parameters = {
        **opened.parameters,
        "selection": None if selection is None else Path(selection).resolve(),
        "effective": None if effective is None else as_date(effective).date(),
    }
    with output_folder(out, "due", parameters) as output:
        output.parquet(visits, "due.parquet")
        workbooks = _write_workbooks(output, visits, opened)
        output.facts.update(opened.facts)
    counts = visits["status"].value_counts()
    return DueLists(
        out=Path(out).resolve(),
        statuses={status: int(counts[status]) for status in DUE if status in counts},
        listed=len(listed),
        visitors=len(load),
        most=int(load.max()) if len(load) else 0,
        nobody=int(listed["visitor"].isna().sum()),
        workbooks=workbooks,
        set_aside=opened.set_aside,
    )


def _proposed(selection: str | Path) -> list[str]:
    """The families that a list proposes; it must stand as `select` wrote it."""
    read_manifest(selection, "select")
    chosen = read_frame(Path(selection) / "selection.parquet")
    return chosen.loc[chosen["selected"], "household_id"].tolist()


def _write_workbooks(output: Output, visits: pd.DataFrame, opened: Opened) -> int:
    """Write a workbook an area in each language; return how many of one language."""
    from graduation_model.reports.due_list import due_workbooks
    from graduation_model.reports.render import page_place

    params, areas = opened.programme.followup, opened.programme.reports.area_names
    written = 0
    for language in LANGUAGES:
        for file, book in due_workbooks(
            visits,
            language,
            list_by=params.list_by,
            village=params.village,
            area_names=areas,
            as_of=opened.date,
            simulated=opened.simulated,
        ):
            output.text(book, page_place(f"due/{file}.xlsx", language))
            written += language == LANGUAGES[0]
    return written
