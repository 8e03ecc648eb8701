"""Folders and checked tables in, everything that the pages of a report are made from out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from graduation_model.cohort.dates import as_of_dates
from graduation_model.commands.inputs import as_date, known_by, read_parts
from graduation_model.commands.outputs import manifest_in, read_manifest
from graduation_model.config import Programme
from graduation_model.contract.tables import KEPT, Tables
from graduation_model.errors import DataError
from graduation_model.params import Label
from graduation_model.parquet import read_frame

if TYPE_CHECKING:
    from graduation_model.reports import ReportInputs

LISTED = ("ready", "review")


@dataclass(frozen=True)
class Sources:
    """Where the pages' figures stand.

    Attributes
    ----------
    selection, scores : Path
        Folders whose hashes were checked.
    chosen, scored : dict
        Their manifests.
    tables : Tables
        The data that was scored.
    previous, training, compare : Path, optional
        See `report`.
    effective : Timestamp, optional
    """

    selection: Path
    chosen: dict[str, Any]
    scores: Path
    scored: dict[str, Any]
    tables: Tables
    previous: Path | None = None
    training: Path | None = None
    compare: Path | None = None
    effective: pd.Timestamp | None = None


def report_inputs(programme: Programme, sources: Sources) -> ReportInputs:
    """Gather what the pages say.

    Raises
    ------
    DataError
        Where the training or the list before is not what it should be.
    """
    from graduation_model.reports.doubts import visit_flags
    from graduation_model.reports.inputs import ReportInputs

    scored, tables = sources.scored, sources.tables
    selection = read_frame(sources.selection / "selection.parquet")
    scores = read_parts(sources.scores, "scores")
    listed = selection.loc[selection["recommendation"].isin(LISTED), "household_id"]
    contributions = read_parts(sources.scores, "contributions")
    of_listed = scores[scores["household_id"].isin(listed)]
    as_of = as_date(scored["parameters"]["as_of"])
    known = known_by(tables, as_of) if len(scores) else tables.assessments.iloc[:0]
    now = _scored_visits(known, scores)
    quarantine = read_frame(sources.scores / "quarantine.parquet")
    tests = _tests(sources)
    return ReportInputs(
        title=programme.title,
        instrument=programme.instrument,
        params=programme.reports,
        selection_params=programme.selection,
        label_title=Label(**scored["model"]["label_title"]),
        caveat=Label(**scored["model"]["caveat"]),
        model=scored["model"],
        selection=selection,
        summary=sources.chosen["summary"],
        scores=scores,
        contributions=contributions[contributions["household_id"].isin(listed)],
        answers=now[now["household_id"].isin(listed)].set_index("household_id"),
        previous=_visits_before(known, of_listed),
        wave=now.set_index("household_id"),
        flags=visit_flags(quarantine, of_listed),
        decisions=_by(tables.decisions, "effective_date", as_of),
        uep=_by(tables.uep, "grant_date", as_of),
        earlier=_earlier(sources.previous or _first_of(sources.compare)),
        hand_points=_hand_points(programme, known, now, as_of),
        effective=sources.effective,
        followup_months=tuple(visit.months for visit in programme.followup.visits(programme.label)),
        evaluation=tests.get("evaluation"),
        fairness=tests.get("fairness"),
        rules=_table(sources.selection / "rules.parquet"),
        stability=_table(sources.selection / "stability.parquet"),
        compared=_compared(sources),
        not_scored=read_frame(sources.scores / "not_scored.parquet")["reason"].value_counts().to_dict(),
        quarantine=_set_aside(quarantine),
        hashes={"bundle": scored["model"]["bundle_sha256"], **scored["inputs"]},
        currency=programme.currency,
        area=programme.cohort.area,
        simulated=scored.get("simulated", scored["model"]["simulated"]),
    )


def _scored_visits(assessments: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """The visit of every scored family that its score rests on."""
    # An empty list has no dates to look up by, and is a result too.
    dates = scores.set_index("household_id")["assessment_date"].reindex(assessments["household_id"]).to_numpy()
    return assessments[assessments["assessment_date"].to_numpy() == dates]


def _visits_before(assessments: pd.DataFrame, listed: pd.DataFrame) -> pd.DataFrame:
    """The listed families' visit before the one that was scored."""
    own = assessments[assessments["household_id"].isin(listed["household_id"])]
    dates = listed.set_index("household_id")["assessment_date"].reindex(own["household_id"]).to_numpy()
    before = own[own["assessment_date"].to_numpy() < dates].sort_values("assessment_date", kind="stable")
    return before.drop_duplicates("household_id", keep="last").set_index("household_id")


def _by(table: pd.DataFrame, date: str, as_of: pd.Timestamp) -> pd.DataFrame:
    return table[(table[date] <= as_of).to_numpy()] if date in table else table


def _earlier(folder: Path | None) -> pd.DataFrame | None:
    if folder is None:
        return None
    manifest = read_manifest(folder, "select")
    return read_frame(folder / "selection.parquet").assign(as_of_date=manifest["as_of"])


def _compared(sources: Sources) -> pd.DataFrame | None:
    if sources.compare is None:
        return None
    second = Path(read_manifest(sources.compare, "compare")["parameters"]["second"])
    if second != sources.selection:
        raise DataError(
            "This compares another list",
            where=sources.compare,
            mend="Give the folder that 'compare' wrote with this selection as the second list",
        )
    return read_frame(sources.compare / "compare.parquet")


def _first_of(compare: Path | None) -> Path | None:
    """The list before, as the comparison names it."""
    return None if compare is None else Path(read_manifest(compare, "compare")["parameters"]["first"])


def _tests(sources: Sources) -> dict[str, pd.DataFrame]:
    """Evaluation and fairness of the training whose bundle scored; where it is not at hand, the page says so."""
    folder = sources.training or _training_beside(sources.scored)
    return {} if folder is None else _tests_of(folder, sources)


def _training_beside(scored: dict[str, Any]) -> Path | None:
    """The training that made the bundle, where it lies around it; what else lies there is none of ours to judge."""
    folder = Path(str(scored["parameters"]["model"])).parent
    said = manifest_in(folder)
    made = said.get("command") == "train" and said["model"]["bundle_sha256"] == scored["model"]["bundle_sha256"]
    return folder if made else None


def _tests_of(folder: Path, sources: Sources) -> dict[str, pd.DataFrame]:
    trained = read_manifest(folder, "train")
    if trained["model"]["bundle_sha256"] != sources.scored["model"]["bundle_sha256"]:
        raise DataError(
            "This training made another model than the one that scored",
            where=folder,
            mend="Give the folder that 'train --out' wrote with that model, or none",
        )
    return {name: read_frame(folder / f"{name}.parquet") for name in ("evaluation", "fairness")}


def _hand_points(programme: Programme, known: pd.DataFrame, now: pd.DataFrame, as_of: pd.Timestamp) -> pd.Series | None:
    """What today's score sheet gives every scored family, seen against each other."""
    points = programme.estimators.weighted_sum
    if not points or now.empty:
        return None
    from graduation_model.estimators.baselines import hand_weighted
    from graduation_model.estimators.models import main_features, points_of_features
    from graduation_model.features import catalogue, feature_matrix, wave_context

    features = catalogue(programme.instrument, programme.features)
    ends = as_of_dates(known, as_of, programme.cohort)
    context = wave_context(known, ends, features, cluster=programme.cohort.cluster)
    matrix = feature_matrix(now, context, features)
    values: np.ndarray = hand_weighted(matrix, points_of_features(points, main_features(features.table)))
    return pd.Series(values, index=now["household_id"].to_numpy())


def _table(path: Path) -> pd.DataFrame | None:
    return read_frame(path) if path.is_file() else None


def _set_aside(quarantine: pd.DataFrame) -> dict[str, int]:
    """Rule -> cells that left the data; what was only flagged is still in them."""
    return quarantine.loc[quarantine["effect"] != KEPT, "rule"].value_counts().to_dict()
