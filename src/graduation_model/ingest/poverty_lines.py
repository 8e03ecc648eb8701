"""Poverty lines: a table of them in, for each visit the line of its area as of its date out, or a refusal.

A line is money a head and month. It holds from its period on, until the next one; it is never extrapolated.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from graduation_model.errors import DataError
from graduation_model.ingest.codebooks import as_code
from graduation_model.ingest.formats import digest_of, find_parts, read_part
from graduation_model.ingest.notation import read_numbers
from graduation_model.ingest.params import PovertyLineParams
from graduation_model.ingest.places import places_of

TABLE = "poverty_lines"
COLUMNS = ("area_code", "period", "line_idr", "basis")
DISTRICT, PROVINCE = "district", "province"
SHOWN = 5  # areas in a message


@dataclass(frozen=True)
class PovertyLines:
    """A table of poverty lines.

    Attributes
    ----------
    table : frame (n, 3)
        area_code, period (the first day of its month), line; of one basis, no area and period twice.
    sources : dict
        File -> sha256: what a manifest says of where they came from.
    """

    table: pd.DataFrame
    sources: dict[str, str]


def read_poverty_lines(folder: Path, own: Path | None, params: PovertyLineParams) -> PovertyLines:
    """Read the data folder's table of poverty lines, or else the programme's own.

    Raises
    ------
    DataError
        Where there is none, a column is missing, a row cannot be read, or an area and period stands there twice.
    """
    parts = find_parts(folder, TABLE)
    names = [part.relative_to(folder).as_posix() for part in parts]
    if not parts and own is not None and own.is_file():
        parts, names = [own], [f"programme/{own.name}"]
    if not parts:
        raise DataError(
            "There is no table of poverty lines, and an answer is set against one",
            where=folder,
            mend=f"Put {TABLE}.csv with {', '.join(COLUMNS)} there, or into the programme's folder",
        )
    read = [read_part(part) for part in parts]
    lines = [_lines_of(raw, part, params.basis) for raw, part in zip(read, parts, strict=True)]
    table = pd.concat(lines, ignore_index=True)
    twice = int(table.duplicated(["area_code", "period"], keep=False).sum())
    if twice:
        raise DataError(
            f"{twice} rows say a line for an area and period that another row says too",
            where=", ".join(str(part) for part in parts[:3]),
            mend="Keep one row for each area_code, period and basis",
        )
    return PovertyLines(table, {name: digest_of(part, raw) for name, part, raw in zip(names, parts, read, strict=True)})


def _lines_of(raw: pd.DataFrame, path: Path, basis: str) -> pd.DataFrame:
    missing = [name for name in COLUMNS if name not in raw.columns]
    if missing:
        raise DataError(f"Columns are missing: {', '.join(missing)}", where=path, mend="Add them")
    table = pd.DataFrame(
        {
            "area_code": as_code(raw["area_code"]),
            "period": _first_days(raw["period"]),
            "line": read_numbers(raw["line_idr"], "money"),
        }
    )
    unread = table["area_code"].isna() | table["period"].isna() | ~(table["line"] > 0) | raw["basis"].isna()
    if unread.any():
        rows = places_of(raw, path).rows[np.flatnonzero(unread.to_numpy())]
        shown = ", ".join(str(row) for row in rows[:SHOWN])
        raise DataError(
            f"{len(rows)} rows are no poverty line (row {shown})",
            where=path,
            mend="Give an area's code, a period as YYYY-MM, and a line above zero in whole currency a head and month",
        )
    return table[(as_code(raw["basis"]) == basis).to_numpy()]


def _first_days(raw: pd.Series) -> pd.Series:
    """The first day of a period's month; a sheet may have turned 2021-03 into a day of that month."""
    text = raw.astype("string").str.strip().str.extract(r"^(\d{4}-\d{2})(?:-\d{2}(?:[ T]00:00:00(?:\.0+)?)?)?$")[0]
    return pd.to_datetime(text, format="%Y-%m", errors="coerce").astype("datetime64[s]")


def lines_as_of(
    areas: pd.Series, dates: pd.Series, lines: PovertyLines, params: PovertyLineParams, *, table: str
) -> pd.DataFrame:
    """Return for each visit the line of its area: the latest period not after its date.

    Parameters
    ----------
    areas, dates : Series (n,), one index
        Area codes and days, none missing.
    table : str
        Whose visits these are, for a message.

    Returns
    -------
    frame (n, 2)
        line, and line_basis: `district` where the area has a line of its own by that date, `province` where its
        province's stands in; the index of `areas`.

    Raises
    ------
    DataError
        Where a visit has no line, or its newest is older than `max_age_months`; names areas, periods and counts.

    Examples
    --------
    >>> periods = pd.Series(["2020-03-01", "2021-03-01"], dtype="datetime64[s]")
    >>> table = pd.DataFrame({"area_code": ["36", "3601"], "period": periods, "line": [500.0, 390.0]})
    >>> lines = PovertyLines(table, {})
    >>> days = pd.Series(["2021-02-28", "2021-03-01"], dtype="datetime64[s]")
    >>> lines_as_of(pd.Series(["3601", "3601"]), days, lines, PovertyLineParams(area="d"), table="x").values.tolist()
    [[500.0, 'province'], [390.0, 'district']]
    """
    # Visits are many, areas and days few: each pair of them is looked up once.
    days, day_of = np.unique(dates.to_numpy(), return_inverse=True)
    pairs = pd.factorize(areas)[0] * len(days) + day_of
    _, first, place = np.unique(pairs, return_index=True, return_inverse=True)
    found = _newest(areas.iloc[first], dates.iloc[first], lines, params)
    refused = pd.Series(found["refused"].to_numpy()[place], index=areas.index)
    if refused.any():
        raise _refusal(areas[refused], dates[refused], found["period"].iloc[place[refused]], params, table)
    return found[["line", "line_basis"]].take(place).set_axis(areas.index)


def _newest(areas: pd.Series, dates: pd.Series, lines: PovertyLines, params: PovertyLineParams) -> pd.DataFrame:
    own = _latest(areas, dates, lines.table)
    province = _latest(areas.str[: params.province_digits], dates, lines.table)
    if not params.province_may_stand_in:
        province = province.assign(line=np.nan, period=pd.NaT)
    alone = own["line"].isna()
    used = own.mask(alone, province)
    basis = pd.Series(np.where(alone, PROVINCE, DISTRICT), index=areas.index, dtype="str")
    age = _months(dates) - _months(used["period"])
    refused = ~(age <= params.max_age_months)  # no line at all has no age
    return pd.DataFrame({"line": used["line"], "line_basis": basis, "period": used["period"], "refused": refused})


def _latest(areas: pd.Series, dates: pd.Series, table: pd.DataFrame) -> pd.DataFrame:
    visits = pd.DataFrame(
        {
            "area_code": pd.Series(areas.astype("str").to_numpy(), dtype="str"),  # also of no visits at all
            "date": dates.astype("datetime64[s]").to_numpy(),
            "place": np.arange(len(areas)),
        }
    ).sort_values("date", kind="stable")
    known = table.astype({"area_code": "str"}).sort_values("period", kind="stable")
    found = pd.merge_asof(visits, known, left_on="date", right_on="period", by="area_code")
    return found.sort_values("place")[["period", "line"]].set_index(areas.index)


def _months(dates: pd.Series) -> pd.Series:
    return dates.dt.year * 12 + dates.dt.month


def _refusal(areas: pd.Series, dates: pd.Series, newest: pd.Series, params: PovertyLineParams, table: str) -> DataError:
    visits = pd.DataFrame({"area": areas, "date": dates, "newest": newest.to_numpy()})
    found = visits.groupby("area", sort=True).agg(
        first=("date", "min"), last=("date", "max"), newest=("newest", "max"), count=("date", "size")
    )
    said = [_said(str(area), row) for area, row in zip(found.index, found.to_dict("records"), strict=True)]
    more = f"; and {len(said) - SHOWN} more areas" if len(said) > SHOWN else ""
    return DataError(
        f"{len(visits):,} visits have no poverty line of the {params.max_age_months} months before them: "
        f"{'; '.join(said[:SHOWN])}{more}",
        where=table,
        mend=f"Add rows of these areas and periods to {TABLE}.csv, from BPS; a line is never extrapolated",
    )


def _said(area: str, found: dict[Hashable, Any]) -> str:
    first, last = f"{found['first']:%Y-%m}", f"{found['last']:%Y-%m}"
    when = first if first == last else f"{first} to {last}"
    known = "no line before" if pd.isna(found["newest"]) else f"newest line {found['newest']:%Y-%m}"
    return f"{area} in {when} ({found['count']:,} visits, {known})"


def areas_of(visits: pd.DataFrame, date: str, assessments: pd.DataFrame, area: str) -> pd.Series:
    """Return where each family lived at a visit: the area of its last assessment by then; missing before its first.

    Parameters
    ----------
    visits, assessments : frame
        With household_id and their dates, `date` and assessment_date.
    """
    rows = pd.DataFrame(
        {"household_id": visits["household_id"].astype("str"), "date": visits[date], "place": np.arange(len(visits))}
    )
    known = assessments[["household_id", "assessment_date", area]].dropna().astype({"household_id": "str"})
    dated = rows.dropna().sort_values("date", kind="stable")
    found = pd.merge_asof(
        dated,
        known.sort_values("assessment_date", kind="stable"),
        left_on="date",
        right_on="assessment_date",
        by="household_id",
    )
    return found.set_index("place")[area].reindex(rows["place"]).set_axis(visits.index)
