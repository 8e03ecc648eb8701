"""The steps of a run on one part of the families: settled, counted for the wave context, and scored.

A step reads what earlier steps wrote, writes its files and a record, and can be done in any process, twice as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from graduation_model.blas import one_thread
from graduation_model.cohort.cohorts import IN_COHORT, standing
from graduation_model.features.context import (
    Distribution,
    Distributions,
    Visits,
    add_totals,
    cluster_totals,
    context_of,
    distributions_of,
)
from graduation_model.ingest.identity import linkage
from graduation_model.ingest.settle import settle
from graduation_model.parquet import read_frame
from graduation_model.scoring.accounts import check_account, families_seen, not_scored
from graduation_model.scoring.intake import rows_of
from graduation_model.scoring.job import Job, part_of
from graduation_model.scoring.stream import BLOCK, score_blocks
from graduation_model.scoring.tables import read_arrow, write_arrow, write_parquet
from graduation_model.scoring.work import Facts

VISITS, RANKS, TOTALS = "visits", "ranks.parquet", "totals.parquet"


def settle_part(job: Job, part: int, sources: Sequence[Facts]) -> Facts:
    """Settle one part's rows: visits that are kept, the quarantine, and who has no score and why."""
    rows, reader = rows_of(job, part, sources), job.reader_of(part)
    settled = settle(rows, reader)
    known = settled.table[(settled.table["assessment_date"] <= job.as_of).to_numpy()].reset_index(drop=True)
    where = standing(known, job.as_of, job.cohort)
    left_out = not_scored(where, settled.set_aside, known, job.as_of, job.cohort.assessment_max_age_months)
    counts = settled.counts
    check_account(
        "rows",
        counts["read"],
        **{name: counts[name] for name in ("kept", "identical_repeats", "rows_set_aside")},
    )
    families, scored = families_seen(rows.table, job.as_of), int((where["reason"] == IN_COHORT).sum())
    check_account("families", families, scored=scored, not_scored=len(left_out))
    quarantine = settled.quarantine
    if job.household:
        left_out, quarantine = (table[table["household_id"] == job.household] for table in (left_out, quarantine))
    files = {
        f"{VISITS}/{part:05d}.arrow": partial(write_arrow, known),
        f"not_scored/{part:05d}.arrow": partial(write_arrow, left_out),
        f"quarantine/{part:05d}.arrow": partial(write_arrow, quarantine),
    }
    facts = {
        "counts": counts,
        "linkage": linkage(settled.table),
        "families": families,
        "scored": scored,
        "not_scored": {str(reason): int(n) for reason, n in left_out["reason"].value_counts().items()},
        "quarantined": len(quarantine),
        "known": len(known),
        "first": str(known["assessment_date"].min().date()) if len(known) else None,
    }
    return job.work.finish(
        f"settle-{part:05d}", facts, {name: job.work.write(name, write) for name, write in files.items()}
    )


def count_part(job: Job, part: int) -> Facts:
    """Count one part's ranked answers."""
    found = distributions_of(_visits(job, part), job.bundle.catalogue)
    tables = [_as_table(wave, name, seen) for (wave, name), seen in found.items()]
    return _write_table(job, f"count-{part:05d}", f"ranks/{part:05d}.parquet", _concat(tables))


def merge_counts(job: Job) -> Facts:
    """Add the parts' counts up."""
    total: Distributions = {}
    for part in range(job.parts):
        for key, seen in _ranks(job, f"ranks/{part:05d}.parquet").items():
            total[key] = total[key] + seen if key in total else seen
    tables = [_as_table(wave, name, seen) for (wave, name), seen in sorted(total.items())]
    return _write_table(job, "ranks", RANKS, _concat(tables))


def total_part(job: Job, part: int) -> Facts:
    """Sum up one part's share of every cluster."""
    visits = _visits(job, part)
    totals = cluster_totals(visits, job.bundle.catalogue, _ranks(job, RANKS), cluster=job.cohort.cluster)
    return _write_table(job, f"total-{part:05d}", f"totals/{part:05d}.parquet", totals.reset_index())


def merge_totals(job: Job) -> Facts:
    """Add the parts' sums up, which are the same in any order."""
    total = _totals(job, f"totals/{0:05d}.parquet")
    for part in range(1, job.parts):
        total = add_totals([total, _totals(job, f"totals/{part:05d}.parquet")])
    return _write_table(job, "totals", TOTALS, total.reset_index())


def score_part(job: Job, part: int) -> Facts:
    """Score one part's families, with reasons and contributions."""
    known = read_arrow(job.work.folder / f"{VISITS}/{part:05d}.arrow")
    context = context_of(
        Visits(known, job.wave_ends),
        job.bundle.catalogue,
        _ranks(job, RANKS),
        _totals(job, TOTALS),
        cluster=job.cohort.cluster,
    )
    where = standing(known, job.as_of, job.cohort)
    rows = np.sort(where.loc[where["reason"] == IN_COHORT, "row"].to_numpy())
    if job.household:
        rows = _block_of(job.household, known, rows)
    with one_thread(api=None):
        blocks = list(
            score_blocks(
                known,
                rows,
                as_of=job.as_of,
                context=context,
                bundle=job.bundle,
                instrument=job.instrument,
                carry=job.carry,
                model_version=job.model_version,
            )
        )
    files, rows_of_file = {}, {}
    for name in ("scores", "contributions") if blocks else ():
        frames = [_wanted(job, getattr(block, name)) for block in blocks]
        path = f"{name}/part-{part:05d}.parquet"
        files[f"out/{path}"] = job.work.write(f"out/{path}", partial(write_parquet, frames))
        rows_of_file[path] = sum(map(len, frames))
    written = rows_of_file.get(f"scores/part-{part:05d}.parquet", 0)
    return job.work.finish(f"score-{part:05d}", {"written": written, "rows": rows_of_file}, files)


def standing_of(job: Job) -> str | None:
    """Return where the only family of a run stands, once its part is settled; None where it was never assessed."""
    part = int(part_of(pd.Series([job.household]), job.parts)[0])
    left_out = read_arrow(job.work.folder / f"not_scored/{part:05d}.arrow")
    if len(left_out):
        return str(left_out["reason"].iloc[0])
    known = read_arrow(job.work.folder / f"{VISITS}/{part:05d}.arrow", ["household_id"])
    return IN_COHORT if (known["household_id"] == job.household).any() else None


def collect(job: Job, name: str) -> None:
    """Put a table's parts into one file of the output, in their order."""
    paths = [job.work.folder / f"{name}/{part:05d}.arrow" for part in range(job.parts)]
    job.work.write(f"out/{name}.parquet", partial(write_parquet, _read_all(paths)))


def _read_all(paths: Sequence[Path]) -> Iterator[pd.DataFrame]:
    """The tables that have rows, or an empty one where none has."""
    found = False
    for path in paths:
        frame = read_arrow(path)
        if len(frame):
            found = True
            yield frame
    if not found:
        yield read_arrow(paths[0])


def _visits(job: Job, part: int) -> Visits:
    """One part's visits, with the columns that the wave context is made of."""
    used = {name for quantity in job.bundle.catalogue.quantities for name in (quantity.numerator, quantity.denominator)}
    columns = ["household_id", "assessment_date", job.cohort.cluster, *sorted(filter(None, used))]
    return Visits(read_arrow(job.work.folder / f"{VISITS}/{part:05d}.arrow", columns), job.wave_ends)


def _block_of(household: str, known: pd.DataFrame, rows: np.ndarray) -> np.ndarray:
    """The block of the cohort that holds one family: scored whole, since sums over other blocks round otherwise."""
    places = np.flatnonzero((known["household_id"].iloc[rows] == household).to_numpy())
    start = int(places[0]) // BLOCK * BLOCK
    return rows[start : start + BLOCK]


def _wanted(job: Job, table: pd.DataFrame) -> pd.DataFrame:
    return table[table["household_id"] == job.household] if job.household else table


def _as_table(wave: int, name: str, seen: Distribution) -> pd.DataFrame:
    return pd.DataFrame({"wave": wave, "quantity": name, "value": seen.values, "count": seen.counts})


def _concat(tables: list[pd.DataFrame]) -> pd.DataFrame:
    empty = pd.DataFrame({"wave": [], "quantity": [], "value": [], "count": []})
    typed = {"wave": "int64", "quantity": "str", "value": "float64", "count": "int64"}
    return pd.concat(tables or [empty], ignore_index=True).astype(typed)


def _ranks(job: Job, name: str) -> Distributions:
    table = read_frame(job.work.folder / name)
    return {
        (int(wave), str(quantity)): Distribution(seen["value"].to_numpy(), seen["count"].to_numpy())
        for (wave, quantity), seen in table.groupby(["wave", "quantity"])
    }


def _totals(job: Job, name: str) -> pd.DataFrame:
    return read_frame(job.work.folder / name).set_index(["quantity", "wave", "cluster"])


def _write_table(job: Job, step: str, name: str, table: pd.DataFrame) -> Facts:
    path = job.work.write(name, partial(table.to_parquet, index=False))
    return job.work.finish(step, {}, {name: path})
