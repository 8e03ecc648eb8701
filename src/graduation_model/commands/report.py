"""`report`: a selection in; a sheet for every family that people decide on, an index and a page for the cohort out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graduation_model.commands.changes import changes_of
from graduation_model.commands.inputs import ProgrammeLike, as_date, open_key, open_programme, read_tables
from graduation_model.commands.outputs import Output, output_folder, read_manifest
from graduation_model.commands.progress import step, track
from graduation_model.commands.report_inputs import Sources, report_inputs
from graduation_model.config import Programme
from graduation_model.contract.tables import Tables
from graduation_model.errors import ConfigError, DataError
from graduation_model.ingest.identity import Key
from graduation_model.ingest.mapping import MAPPING, find_mapping
from graduation_model.params import LANGUAGES, Language

if TYPE_CHECKING:
    import pandas as pd

    from graduation_model.reports import ReportInputs
    from graduation_model.reports.audience import Audience
    from graduation_model.reports.pages import Page


@dataclass(frozen=True)
class Report:
    """What `report` wrote: the folder, the number of pages, for whom, and how many families are nobody's to visit."""

    out: Path
    pages: int
    audience: Audience = "reviewer"
    without_facilitator: int = 0

    def story(self) -> str:
        """What to open, and what to hand over."""
        if self.audience == "facilitator":
            nobody = (
                f"\n{self.without_facilitator:,} families that people decide on name no facilitator: no folder has them"
                if self.without_facilitator
                else ""
            )
            return f"{self.pages:,} pages; hand over a folder each: {self.out / '<facilitator>' / 'index.html'}{nobody}"
        first = "cohort.html" if self.audience == "public" else "index.html"
        return f"{self.pages:,} pages; open {self.out / first}"


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
    audience: Audience = "reviewer",
    facilitator: str | None = None,
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
    audience
        `reviewer`: all of the above. `facilitator`: a folder each, `<facilitator>/`, with index, sheets and letters of
        their own families, without chances, weights and ranks. `public`: `cohort.html` alone, with counts, rules and
        tests. docs/audiences.md has the table.
    facilitator
        With `audience="facilitator"`, this one alone, as the scores name them.
    tracking
        Folder of the default tracking store, for a model out of the registry.
    """
    from graduation_model.reports.pages import report_pages, report_pdfs

    programme = open_programme(programme)
    _check_audience(audience, facilitator, pdf=pdf)
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
    own = _own_families(inputs, facilitator) if audience == "facilitator" else inputs.listed["household_id"]
    changes = None
    if audience != "public":
        changes = changes_of(own, programme, scored, tables, tracking=tracking)
        inputs = replace(inputs, changes=changes)
    languages = _languages(language)
    # What goes to everybody does not tell where the office keeps its files.
    parameters: dict[str, Any] = {"programme": programme.name, "language": language, "audience": audience}
    if audience != "public":
        parameters |= _places(programme, sources, data_folder, pdf=pdf)
    with output_folder(out, "report", parameters) as output:
        if changes is not None and audience == "reviewer":
            output.parquet(changes, "changes.parquet")
        expected = len(languages) * (1 if audience == "public" else 2 * len(own) + 2)
        pages = _write(output, report_pages(inputs, languages, audience, facilitator), expected)
        if pdf:
            with step("Setting the sheets in PDF"):
                _write(output, report_pdfs(inputs, languages[0], audience, facilitator))
        output.facts.update(model=scored["model"], simulated=inputs.simulated)
        if audience == "reviewer":  # it counts families by every rule, however few
            output.facts["selection"] = chosen["summary"]
    without = len(inputs.listed) - len(own) if audience == "facilitator" and facilitator is None else 0
    return Report(Path(out).resolve(), pages, audience, without)


def _places(programme: Programme, sources: Sources, data: Path, *, pdf: bool) -> dict[str, Any]:
    return {
        "programme": programme.folder,
        "selection": sources.selection,
        "scores": sources.scores,
        "data": data.resolve(),
        "previous": sources.previous,
        "compare": sources.compare,
        "training": sources.training,
        "pdf": pdf,
        "effective": None if sources.effective is None else sources.effective.date(),
    }


def _write(output: Output, pages: Iterable[Page], expected: int | None = None) -> int:
    """Write pages, with a bar where it is known how many are to come; return how many there were."""
    written = 0
    for page in pages if expected is None else track(pages, "Writing pages", expected):
        output.text(page.content, page.path)
        written += 1
    return written


def _check_audience(audience: str, facilitator: str | None, *, pdf: bool) -> None:
    from graduation_model.reports.audience import AUDIENCES

    if audience not in AUDIENCES:
        raise ConfigError(
            f"There is no audience '{audience}'", where="--audience", mend=f"Give one of {', '.join(AUDIENCES)}"
        )
    if facilitator is not None and audience != "facilitator":
        raise ConfigError(
            "Only pages for facilitators can be of one of them",
            where="--facilitator",
            mend="Add --audience facilitator, or leave --facilitator out",
        )
    if pdf and audience == "public":
        raise ConfigError(
            "PDF files are of families' sheets, and the public gets none", where="--pdf", mend="Leave --pdf out"
        )


def _own_families(inputs: ReportInputs, facilitator: str | None) -> pd.Series:
    """The families with pages that are some facilitator's, or one's."""
    from graduation_model.reports.pages import folders_of

    column = inputs.facilitator
    if column not in inputs.families:
        raise DataError(
            "The scores do not say which facilitator visits which family",
            where=f"scores: {column}",
            mend=f"Add {column} to selection.carry in programme.yaml, and score again",
        )
    folders = folders_of(inputs, facilitator)
    if facilitator is not None and folders.isna().all():
        raise DataError(
            "No scored family is this facilitator's",
            where="--facilitator",
            mend=f"Give the id as the scores have it in {column}; the filter of index.html lists them",
        )
    families = inputs.families
    return families.loc[folders.notna() & families["household_id"].isin(inputs.listed["household_id"]), "household_id"]


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
