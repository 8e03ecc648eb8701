"""`report`: a selection in; a sheet for every family that people decide on, an index and a page for the cohort out."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from graduation_model.commands.changes import changes_of
from graduation_model.commands.inputs import ProgrammeLike, as_date, open_key, open_programme, read_tables
from graduation_model.commands.outputs import output_folder, read_manifest
from graduation_model.commands.progress import step, track
from graduation_model.commands.report_inputs import Sources, report_inputs
from graduation_model.contract.tables import Tables
from graduation_model.errors import DataError
from graduation_model.ingest.identity import Key
from graduation_model.ingest.mapping import MAPPING, find_mapping
from graduation_model.params import LANGUAGES, Language


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
    previous: str | Path | None = None,
    compare: str | Path | None = None,
    training: str | Path | None = None,
    effective: str | dt.date | None = None,
    pdf: bool = False,
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
        Gets `index.html`, `cohort.html`, and for every selected, review-band and waiting-list family
        `households/<household_id>.html` (for the reviewer) and `letters/<household_id>.html` (for the family); with
        `both`, the English pages in `en/`. `changes.parquet`: what would change what is recommended of them, where
        the model that scored them is still there.
    scores, data, mapping
        Default: the folders and the mapping file that the manifests name. Hashes are checked: a page never explains
        other numbers than those that the list was made from.
    language
        `id`, `en` or `both`.
    key
        The key file that the scores were made with, where they were.
    previous
        A folder that `select --out` wrote for the list before: sheets tell what it said of a family, the summary who
        was swapped.
    compare
        A folder that `compare --out` wrote for the list before and this one: the summary tells what swapped families.
    training
        The folder that `train --out` wrote with the model that scored: the summary shows its tests. Default: where
        that bundle lies, if it lies there.
    effective
        The day on which decisions take effect; without it, dates of follow-up visits are left to be filled in.
    pdf
        Write the sheets as PDF files too, `sheets-<subdistrict>.pdf`, in the first language; needs Typst.
    tracking
        Folder of the default tracking store, for a model out of the registry.
    """
    programme = open_programme(programme)
    if pdf:
        from graduation_model.reports.pdf import require_typst

        require_typst()  # told before the work, not after it
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
    sources = Sources(
        selection=chosen_folder,
        chosen=chosen,
        scores=scores_folder,
        scored=scored,
        tables=tables,
        previous=None if previous is None else Path(previous).resolve(),
        compare=None if compare is None else Path(compare).resolve(),
        training=None if training is None else Path(training).resolve(),
        effective=None if effective is None else as_date(effective),
    )
    with step("Gathering what the pages say"):
        inputs = report_inputs(programme, sources)
    changes = changes_of(inputs.listed["household_id"], programme, scored, tables, tracking=tracking)
    inputs = replace(inputs, changes=changes)
    languages = _languages(language)
    from graduation_model.reports.pages import report_pages, report_pdfs

    parameters = {
        "programme": programme.folder,
        "selection": chosen_folder,
        "scores": scores_folder,
        "data": data_folder.resolve(),
        "language": language,
        "previous": sources.previous,
        "compare": sources.compare,
        "training": sources.training,
        "pdf": pdf,
        "effective": None if sources.effective is None else sources.effective.date(),
    }
    with output_folder(out, "report", parameters) as output:
        if changes is not None:
            output.parquet(changes, "changes.parquet")
        expected = len(languages) * (2 * len(inputs.listed) + 2)
        pages = 0
        for page in track(report_pages(inputs, languages), "Writing pages", expected):
            output.text(page.content, page.path)
            pages += 1
        if pdf:
            with step("Setting the sheets in PDF"):
                for page in report_pdfs(inputs, languages[0]):
                    output.text(page.content, page.path)
        output.facts.update(model=scored["model"], selection=chosen["summary"], simulated=inputs.simulated)
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
