"""`report`: a selection in; a sheet for every family that people decide on, an index and a page for the cohort out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from graduation_model.commands.changes import changes_of
from graduation_model.commands.inputs import ProgrammeLike, open_key, open_programme, read_parts, read_tables
from graduation_model.commands.outputs import output_folder, read_manifest
from graduation_model.commands.progress import step, track
from graduation_model.config import Programme
from graduation_model.contract.tables import KEPT, Tables
from graduation_model.errors import DataError
from graduation_model.ingest.identity import Key
from graduation_model.ingest.mapping import MAPPING, find_mapping
from graduation_model.params import LANGUAGES, Label, Language

LISTED = ("ready", "review")


@dataclass(frozen=True)
class Report:
    """What `report` wrote: the folder and the number of pages."""

    out: Path
    pages: int

    def story(self) -> str:
        """What to open."""
        return f"{self.pages:,} pages; open {self.out / 'index.html'}"


def report(
    *,
    programme: ProgrammeLike,
    selection: str | Path,
    out: str | Path,
    scores: str | Path | None = None,
    data: str | Path | None = None,
    language: str = "both",
    key: str | Path | None = None,
    mapping: str | Path | None = None,
    tracking: str | Path = ".",
) -> Report:
    """Write the pages of a selection.

    Parameters
    ----------
    programme
        A programme, its folder, or its name under `configs/`.
    selection
        A folder that `select --out` wrote.
    out
        Gets `index.html`, `cohort.html`, `households/<household_id>.html` for every selected, review-band and
        waiting-list family; with `both`, the English pages in `en/`. `changes.parquet`: what would change what is
        recommended of them, where the model that scored them is still there.
    scores, data, mapping
        Default: the folders and the mapping file that the manifests name. Hashes are checked: a page never explains
        other numbers than those that the list was made from.
    language
        `id`, `en` or `both`.
    key
        The key file that the scores were made with, where they were.
    tracking
        Folder of the default tracking store, for a model out of the registry.
    """
    programme = open_programme(programme)
    with step("Checking the selection, the scores and the data"):
        chosen_folder = Path(selection).resolve()
        chosen = read_manifest(chosen_folder, "select")
        scores_folder = Path(scores or chosen["parameters"]["scores"]).resolve()
        scored = read_manifest(scores_folder, "score")
        _same_scores(chosen, scored, scores_folder)
    data_folder = Path(data or scored["parameters"]["data"])
    secret = open_key(key, data_folder)
    _same_key(scored, secret, scores_folder)
    if mapping is None and find_mapping(data_folder) is None:
        mapping = scored["parameters"].get("mapping")
    tables = read_tables(programme, data_folder, need_followups=False, key=secret, mapping=mapping)
    _same_data(scored, tables, data_folder)
    inputs = _inputs(programme, chosen_folder, chosen, scores_folder, scored, tables)
    listed = inputs.selection.loc[inputs.selection["recommendation"].isin(LISTED), "household_id"]
    found = changes_of(listed, programme, scored, tables, tracking=tracking)
    languages = _languages(language)
    from graduation_model.reports.pages import report_pages

    parameters = {
        "programme": programme.folder,
        "selection": chosen_folder,
        "scores": scores_folder,
        "data": data_folder.resolve(),
        "language": language,
    }
    with output_folder(out, "report", parameters) as output:
        if found is not None:
            output.parquet(found, "changes.parquet")
        pages = 0
        for page in track(report_pages(inputs, languages), "Writing pages", len(languages) * (len(listed) + 2)):
            output.text(page.content, page.path)
            pages += 1
        output.facts.update(model=scored["model"], selection=chosen["summary"])
    return Report(Path(out).resolve(), pages)


def _languages(language: str) -> tuple[Language, ...]:
    return LANGUAGES if language == "both" else tuple(known for known in LANGUAGES if known == language)


def _same_scores(chosen: dict[str, Any], scored: dict[str, Any], folder: Path) -> None:
    now = {name: entry["sha256"] for name, entry in scored["outputs"].items() if name.startswith("scores/")}
    if now != chosen["inputs"]:
        raise DataError(
            "These are not the scores that the selection was made from",
            where=folder,
            mend="Run 'select' on them again, or give the scores it was made from",
        )


def _same_key(scored: dict[str, Any], key: Key | None, folder: Path) -> None:
    if scored.get("key_fingerprint") != (key.fingerprint if key else None):
        raise DataError(
            "The scores were made with another key, or one of the two without any",
            where=folder,
            mend="Give --key with the file that 'score' was given, or none if it had none",
        )


def _same_data(scored: dict[str, Any], tables: Tables, folder: Path) -> None:
    scored_from = ("assessments", "corrections", "poverty_lines", MAPPING)
    now = {name: digest for name, digest in tables.sources.items() if name.startswith(scored_from)}
    before = {name: digest for name, digest in scored["inputs"].items() if name.startswith(scored_from)}
    if now != before:
        raise DataError(
            "These are not the assessments that were scored, or the mapping was another",
            where=folder,
            mend="Run 'score' on them again, or give the data that was scored",
        )


def _inputs(
    programme: Programme,
    chosen_folder: Path,
    chosen: dict[str, Any],
    scores_folder: Path,
    scored: dict[str, Any],
    tables: Tables,
) -> Any:
    from graduation_model.reports.inputs import ReportInputs

    selection = pd.read_parquet(chosen_folder / "selection.parquet")
    scores = read_parts(scores_folder, "scores")
    listed = selection.loc[selection["recommendation"].isin(LISTED), "household_id"]
    contributions = read_parts(scores_folder, "contributions")
    answers, previous = _answers(tables.assessments, scores[scores["household_id"].isin(listed)])
    not_scored = pd.read_parquet(scores_folder / "not_scored.parquet")
    return ReportInputs(
        title=programme.title,
        instrument=programme.instrument,
        params=programme.reports,
        selection_params=programme.selection,
        label_title=Label(**scored["model"]["label_title"]),
        caveat=Label(**scored["model"]["caveat"]),
        model=scored["model"],
        selection=selection,
        summary=chosen["summary"],
        scores=scores,
        contributions=contributions[contributions["household_id"].isin(listed)],
        answers=answers,
        previous=previous,
        not_scored=not_scored["reason"].value_counts().to_dict(),
        quarantine=_set_aside(pd.read_parquet(scores_folder / "quarantine.parquet")),
        hashes={"bundle": scored["model"]["bundle_sha256"], **scored["inputs"]},
        currency=programme.currency,
        area=programme.cohort.area,
        simulated=scored["model"]["simulated"],
    )


def _answers(assessments: pd.DataFrame, listed: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The listed families' answers at the assessment that was scored, and at the one before it."""
    of_listed = assessments[assessments["household_id"].isin(listed["household_id"])]
    # An empty list has no dates to look up by, and is a result too.
    dates = listed.set_index("household_id")["assessment_date"].reindex(of_listed["household_id"]).to_numpy()
    now = of_listed[of_listed["assessment_date"].to_numpy() == dates].set_index("household_id")
    before = of_listed[of_listed["assessment_date"].to_numpy() < dates].sort_values("assessment_date", kind="stable")
    return now, before.drop_duplicates("household_id", keep="last").set_index("household_id")


def _set_aside(quarantine: pd.DataFrame) -> dict[str, int]:
    """Rule -> cells that left the data; what was only flagged is still in them."""
    return quarantine.loc[quarantine["effect"] != KEPT, "rule"].value_counts().to_dict()
