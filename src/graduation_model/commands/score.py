"""`score`: a cohort's assessments and a model in, probabilities with exact reasons out; every family accounted for."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from graduation_model.cohort.cohorts import IN_COHORT, standing
from graduation_model.cohort.dates import as_of_dates, months_before
from graduation_model.commands.inputs import (
    ProgrammeLike,
    as_date,
    is_simulated,
    key_facts,
    known_by,
    mapping_of,
    model_name,
    no_such_family,
    one_family,
    open_key,
    open_model,
    open_programme,
    read_tables,
)
from graduation_model.commands.outputs import output_folder
from graduation_model.commands.progress import step, track
from graduation_model.config import Programme
from graduation_model.contract.tables import Tables
from graduation_model.errors import DataError
from graduation_model.estimators.bundle import Bundle
from graduation_model.explanation.explainer import explainer_of
from graduation_model.features.context import wave_context
from graduation_model.scoring.stream import BLOCK, score_blocks

logger = logging.getLogger(__name__)

SET_ASIDE = "assessment_set_aside"


@dataclass(frozen=True)
class Scoring:
    """What `score` wrote.

    Attributes
    ----------
    out : Path
    scored : int
        Families with a score.
    not_scored : dict
        Reason -> number of families.
    quarantined : int
        Failing cells.
    out_of_date : str
        The day on which the model expired, where that was before the as-of date.
    """

    out: Path
    scored: int
    not_scored: dict[str, int]
    quarantined: int
    out_of_date: str = ""

    def story(self) -> str:
        """Who was scored and who was not, for a terminal."""
        left = [f"{count:,} not scored: {reason.replace('_', ' ')}" for reason, count in self.not_scored.items()]
        scored = f"{self.scored:,} families scored; {self.quarantined:,} cells in quarantine"
        late = [f"The model expired on {self.out_of_date}: every page says so"] if self.out_of_date else []
        return "\n".join([scored, *left, *late, f"See {self.out}"])


def score(
    *,
    programme: ProgrammeLike,
    data: str | Path,
    as_of: str | dt.date | pd.Timestamp,
    out: str | Path,
    model: str | Path | None = None,
    tracking: str | Path = ".",
    key: str | Path | None = None,
    mapping: str | Path | None = None,
    household: str | None = None,
) -> Scoring:
    """Score every family of a programme as of a date, or one of them again.

    Parameters
    ----------
    programme
        A programme, its folder, or its name under `configs/`.
    data
        A folder with `assessments`; follow-ups are not looked at.
    as_of
        Only assessments dated on or before it are read into the features.
    out
        Gets `scores/`, `contributions/`, `not_scored.parquet`, `quarantine.parquet` and a manifest.
    model
        A bundle's folder or a registry address; default the programme's champion.
    tracking
        Folder of the default tracking store, where MLFLOW_TRACKING_URI is not set.
    key
        A file with the secret that replaces every household_id by a keyed HMAC; needed where the ids are NIK or KK.
    mapping
        Which column is which question, as `check --suggest` drafted it and a person confirmed it; default the
        `mapping.yaml` in the data folder, where there is one.
    household
        Write this family alone, seen against the whole wave of the same data: its line is the one that all families
        together would give, bit for bit.

    Raises
    ------
    UserError
        Whatever a person can mend; nothing half-written stays behind.
    """
    programme, date, secret = open_programme(programme), as_date(as_of), open_key(key, data)
    address = str(model) if model is not None else _champion(programme, tracking)
    bundle, version = open_model(address, programme, tracking)
    expired = bundle.card.expired(str(date.date()))
    if expired:
        logger.warning("The model expired on %s: train again before deciding", bundle.card.expires)
    tables = read_tables(programme, data, need_followups=False, key=secret, mapping=mapping)
    known = known_by(tables, date)
    where = standing(known, date, programme.cohort)
    rows = np.sort(where.loc[where["reason"] == IN_COHORT, "row"].to_numpy())
    _check_cohort(len(rows), date, programme)
    left_out = _not_scored(where, tables, known, date, programme)
    families, quarantine = len(rows), tables.quarantine
    if household is not None:
        family = one_family(household, secret)
        rows = _block_of(family, known, rows, left_out)
        left_out, quarantine = (table[table["household_id"] == family] for table in (left_out, quarantine))
    parameters = {
        "programme": programme.folder,
        "data": Path(data).resolve(),
        "as_of": date.date(),
        "model": address,
        "mapping": mapping_of(data, mapping),
    }
    with output_folder(out, "score", parameters) as output:
        with step("Building the wave context"):
            context = wave_context(
                known, as_of_dates(known, date, programme.cohort), bundle.catalogue, cluster=programme.cohort.cluster
            )
        blocks = score_blocks(
            known,
            rows,
            as_of=date,
            context=context,
            bundle=bundle,
            instrument=programme.instrument,
            carry=_carried(programme),
            model_version=version,
        )
        for number, block in enumerate(track(blocks, "Scoring and explaining", -(-len(rows) // BLOCK))):
            for name, table in (("scores", block.scores), ("contributions", block.contributions)):
                kept = table if household is None else table[table["household_id"] == family]
                output.parquet(kept, f"{name}/part-{number:05d}.parquet")
        output.parquet(left_out, "not_scored.parquet")
        output.parquet(quarantine, "quarantine.parquet")
        scored = len(rows) if household is None else 1
        output.facts.update(_facts(bundle, version, tables, scored, expired=expired), **key_facts(secret))
        output.facts["simulated"] = is_simulated(data)
        output.facts["context"] = _context_facts(known, families, scored)
    counts = {str(reason): int(count) for reason, count in left_out["reason"].value_counts().items()}
    late = bundle.card.expires if expired else ""
    return Scoring(Path(out).resolve(), scored, counts, len(quarantine), late)


def _champion(programme: Programme, tracking: str | Path) -> str:
    from graduation_model.tracking import tracking_uri

    return f"models:/{model_name(programme, uri=tracking_uri(Path(tracking)), alias='champion')}@champion"


def _block_of(family: str, known: pd.DataFrame, rows: np.ndarray, left_out: pd.DataFrame) -> np.ndarray:
    """The block of the cohort that holds one family: scored whole, since sums over other blocks round otherwise."""
    places = np.flatnonzero((known["household_id"].iloc[rows] == family).to_numpy())
    if len(places):
        start = int(places[0]) // BLOCK * BLOCK
        return rows[start : start + BLOCK]
    reasons = left_out.loc[left_out["household_id"] == family, "reason"]
    if reasons.empty:
        raise no_such_family("these assessments")
    raise DataError(
        f"This family has no score on that date: {reasons.iloc[0].replace('_', ' ')}",
        where="--household",
        mend="Check --as-of, and what 'check' says of its visit",
    )


def _context_facts(known: pd.DataFrame, families: int, scored: int) -> dict[str, Any]:
    """Against whom the families written here were seen: always the whole wave, also where one family is written."""
    return {"wave": "whole", "visits": len(known), "families": families, "written": scored}


def _check_cohort(families: int, date: pd.Timestamp, programme: Programme) -> None:
    if families:
        return
    params, rule = programme.cohort, programme.cohort.population
    member = f" with {rule.question} = {' or '.join(rule.is_one_of)}" if rule else ""
    raise DataError(
        f"No family{member} was assessed within {params.assessment_max_age_months} months of {date.date()}",
        where="assessments",
        mend="Check --as-of, and cohort.population in programme.yaml",
    )


def _carried(programme: Programme) -> list[str]:
    unit = [programme.selection.quota_unit] if programme.selection.quota_unit else []
    return list(dict.fromkeys([*programme.selection.carry, programme.cohort.area, *unit]))


def _not_scored(
    where: pd.DataFrame, tables: Tables, known: pd.DataFrame, date: pd.Timestamp, programme: Programme
) -> pd.DataFrame:
    """Every family that was ever assessed by then and has no score, with the reason."""
    left = where[where["reason"] != IN_COHORT]
    last = known["assessment_date"].iloc[left["row"].to_numpy()].to_numpy()
    table = pd.DataFrame(
        {"household_id": left["household_id"].to_numpy(), "reason": left["reason"].to_numpy(), "assessment_date": last}
    )
    aside = tables.set_aside[tables.set_aside["household_id"].notna()]
    dated = pd.to_datetime(aside["assessment_date"])
    start = months_before(date, programme.cohort.assessment_max_age_months)
    fresh = aside[((dated > start) & (dated <= date)) | dated.isna()]
    scored = set(where.loc[where["reason"] == IN_COHORT, "household_id"])
    fresh = fresh[~fresh["household_id"].isin(scored)].drop_duplicates("household_id", keep="last")
    table = table[~table["household_id"].isin(fresh["household_id"])]
    both = pd.concat([table, fresh.assign(reason=SET_ASIDE)[list(table.columns)]], ignore_index=True)
    return both.astype({"household_id": "str", "reason": "str", "assessment_date": "datetime64[s]"}).sort_values(
        "household_id", ignore_index=True
    )


def _facts(bundle: Bundle, version: str, tables: Tables, scored: int, *, expired: bool) -> dict[str, Any]:
    return {
        "model": {
            "name": bundle.card.model,
            "version": version,
            "bundle_sha256": bundle.sha256,
            "label": bundle.card.label,
            "label_kind": bundle.card.label_kind,
            "label_title": bundle.card.label_title.model_dump(exclude_none=True),
            "caveat": bundle.card.caveat.model_dump(exclude_none=True),
            "as_of": bundle.card.as_of,
            "expires": bundle.card.expires,
            "expired": expired,
            "simulated": bundle.card.simulated,
        },
        "explained_by": explainer_of(bundle).facts,
        "inputs": tables.sources,
        "counts": {**tables.counts, "scored": scored},
    }
