"""Report inputs and languages in, every page of a report out, one at a time, linked."""

from __future__ import annotations

import gc
import multiprocessing
import os
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from itertools import repeat
from typing import Any

import pandas as pd

from graduation_model.params import LANGUAGES, Language
from graduation_model.reports.answers import answer_columns
from graduation_model.reports.audience import Audience, shown
from graduation_model.reports.cohort_page import cohort_dict
from graduation_model.reports.file_names import safe_names
from graduation_model.reports.index_page import index_dict
from graduation_model.reports.inputs import LISTED, ReportInputs
from graduation_model.reports.letter import letters
from graduation_model.reports.minutes import by_subdistrict, minutes, minutes_workbook
from graduation_model.reports.pdf import require_typst, sheets_pdf
from graduation_model.reports.public_page import public_dict
from graduation_model.reports.render import render
from graduation_model.reports.sheet import sheets
from graduation_model.wording import day, text

INDEX, COHORT = "index.html", "cohort.html"
SHEETS, LETTERS, MINUTES = "households", "letters", "minutes"
FILES_A_PROCESS = 16


@dataclass(frozen=True)
class Page:
    """One page or workbook: where it belongs in the report's folder (with forward slashes), and what it holds."""

    path: str
    content: str | bytes


@dataclass(frozen=True)
class _Folder:
    """Where the pages of one language stand, what stands beside them, and what each of them says besides its own."""

    language: Language
    root: str
    others: Mapping[Language, str]
    pages: tuple[tuple[str, str], ...]
    everywhere: Mapping[str, Any]

    def page(self, template: str, name: str, content: Mapping[str, Any]) -> Page:
        """Render a page into its place."""
        said = {**self.everywhere, **content, "links": self._links(name)}
        return Page(self.root + name, render(template, said, self.language))

    def within(self, folder: str) -> _Folder:
        """The same in a folder of one person."""
        others = {language: f"{folder}/{root}" for language, root in self.others.items()}
        return replace(self, root=f"{folder}/{self.root}", others=others)

    def _links(self, name: str) -> list[dict[str, str]]:
        """The other pages of the same language, then the same page in the other language."""
        here = posixpath.dirname(self.root + name)

        def link(to: str, words: str, other: str = "") -> dict[str, str]:
            folder, file = posixpath.split(to)
            return {"to": posixpath.join(_way(here, folder), file), "words": words, "language": other}

        folder, file = posixpath.split(name)
        twin = {SHEETS: (f"{LETTERS}/{file}", "letter.title"), LETTERS: (f"{SHEETS}/{file}", "sheet.title")}
        pages = [*self.pages, *([twin[folder]] if folder in twin else [])]
        own = [link(self.root + page, text(key, self.language)) for page, key in pages if page != name]
        return own + [link(root + name, text("common.language", other), other) for other, root in self.others.items()]


@cache
def _way(here: str, there: str) -> str:
    """From one folder of a report to another; '' where they are the same."""
    way = posixpath.relpath(there or ".", here or ".")
    return "" if way == "." else way


def report_pages(
    inputs: ReportInputs,
    languages: Sequence[Language],
    audience: Audience = "reviewer",
    facilitator: str | None = None,
) -> Iterator[Page]:
    """Yield every page of a report.

    Parameters
    ----------
    inputs : ReportInputs
    languages : sequence of Language
        One: its pages stand at the root. Both: Indonesian at the root, English in `en/`, each page linked to its
        counterpart.
    audience : Audience
        Who the pages are for: `audience.PARTS` says what they are shown.
    facilitator : str, optional
        Of the facilitators, this one alone.

    Yields
    ------
    Page
        For reviewers: `index.html`, `cohort.html`, `minutes/<subdistrict>.html` and `.xlsx` to be signed, and for every
        proposed, waiting or review-band family `households/<safe id>.html` and `letters/<safe id>.html`. For
        facilitators: one folder each, with an index, sheets and letters of their own families. For the public:
        `cohort.html` alone. None of them reaches for anything outside itself but the links between them.
    """
    gc.freeze()  # what was read stays until the end: the collector need not walk through it again every few sheets
    try:
        yield from _pages(inputs, languages, audience, facilitator)
    finally:
        gc.unfreeze()


def _pages(
    inputs: ReportInputs, languages: Sequence[Language], audience: Audience, facilitator: str | None
) -> Iterator[Page]:
    chosen = [language for language in LANGUAGES if language in languages]
    for language in chosen:
        folder = _Folder(
            language,
            root="" if language == chosen[0] else f"{language}/",
            others={other: "" if other == chosen[0] else f"{other}/" for other in chosen if other != language},
            pages=_PAGES[audience],
            everywhere=_everywhere(inputs, audience, language),
        )
        if audience == "public":
            yield folder.page("public.html.j2", COHORT, public_dict(inputs, language))
        elif audience == "facilitator":
            yield from _facilitators_pages(inputs, folder, facilitator)
        else:
            yield from _reviewers_pages(inputs, folder)


_PAGES: Mapping[Audience, tuple[tuple[str, str], ...]] = {
    "reviewer": ((INDEX, "common.back_to_list"), (COHORT, "common.to_summary")),
    "facilitator": ((INDEX, "common.back_to_list"),),
    "public": (),
}


def _reviewers_pages(inputs: ReportInputs, folder: _Folder) -> Iterator[Page]:
    language = folder.language
    yield folder.page("index.html.j2", INDEX, index_dict(inputs, language))
    # One workbook to be signed is enough: it stands at the root, in the first language.
    workbooks = {"workbooks": posixpath.relpath(MINUTES, folder.root or ".") + "/"}
    yield folder.page("cohort.html.j2", COHORT, cohort_dict(inputs, language) | workbooks)
    for annex in minutes(inputs, language):
        yield folder.page("minutes.html.j2", f"{MINUTES}/{annex['file']}.html", annex)
    if not folder.root:
        for file, place, families in by_subdistrict(inputs, language):
            yield Page(f"{MINUTES}/{file}.xlsx", minutes_workbook(inputs, families, place, language))
    yield from (folder.page(*family) for family, _ in _families(inputs, language, "reviewer"))


def _facilitators_pages(inputs: ReportInputs, folder: _Folder, facilitator: str | None) -> Iterator[Page]:
    """A folder each, to be copied as it is: nothing in it leads to, or tells of, another one's families."""
    own = folders_of(inputs, facilitator)
    for name, families in inputs.families.groupby(own, sort=True):
        index = index_dict(inputs, folder.language, "facilitator", families)
        yield folder.within(str(name)).page("index.html.j2", INDEX, index)
    whose = dict(zip(inputs.families["household_id"].astype("str"), own, strict=True))
    for family, household in _families(inputs, folder.language, "facilitator"):
        if isinstance(whose[household], str):
            yield folder.within(whose[household]).page(*family)


def folders_of(inputs: ReportInputs, facilitator: str | None = None) -> pd.Series:
    """Return in which facilitator's folder each family of `inputs.families` stands; missing where in none.

    Parameters
    ----------
    facilitator : str, optional
        Only this one's.
    """
    column = inputs.families[inputs.facilitator]
    names = column.astype("str").where(column.notna() & ((column.astype("str") == facilitator) | (facilitator is None)))
    everyone = sorted(names.dropna().unique())
    return names.map(dict(zip(everyone, safe_names(everyone), strict=True)))


def _families(
    inputs: ReportInputs, language: Language, audience: Audience
) -> Iterator[tuple[tuple[str, str, dict[str, Any]], str]]:
    """Template, name and content of every listed family's sheet and letter, and whose they are."""
    columns = answer_columns(inputs, language)
    for folder, kind, families in (
        (SHEETS, "sheet", sheets(inputs, columns, language)),
        (LETTERS, "letter", letters(inputs, columns, language)),
    ):
        for family in families:
            name = f"{folder}/{family['file']}.html"
            yield (f"{kind}.html.j2", name, shown(kind, family, audience)), family["household_id"]


def report_pdfs(
    inputs: ReportInputs,
    language: Language,
    audience: Audience = "reviewer",
    facilitator: str | None = None,
) -> Iterator[Page]:
    """Yield the sheets as PDF files, each family an A4 page with a bookmark.

    For reviewers one file a subdistrict, `sheets-<subdistrict>.pdf`; for facilitators one each, `sheets.pdf` in their
    folder; for the public none.

    Raises
    ------
    UserError
        Where Typst is not installed.
    """
    require_typst()
    files = list(pdf_files(inputs, language, audience, facilitator))
    # Typst forgets nothing that it has set: processes of few files keep its memory small. A pool that replaces its own
    # processes (`max_tasks_per_child`) can stand still for ever (cpython issue 115634), so each lot has a new pool.
    start, workers = _ready_to_set(), os.cpu_count() or 1
    lot = workers * FILES_A_PROCESS
    for first in range(0, len(files), lot):
        part = files[first : first + lot]
        with ProcessPoolExecutor(workers, mp_context=start) as pool:
            made = pool.map(sheets_pdf, [own for _, _, own in part], [title for _, title, _ in part], repeat(language))
            yield from (Page(path, content) for (path, _, _), content in zip(part, made, strict=True))


def _ready_to_set() -> multiprocessing.context.BaseContext:
    """How processes that set PDF files are started: where there are forks, of one that has imported all they need."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    start = multiprocessing.get_context("forkserver")
    start.set_forkserver_preload([sheets_pdf.__module__])
    return start


def pdf_files(
    inputs: ReportInputs, language: Language, audience: Audience, facilitator: str | None = None
) -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
    """Yield path, title and content of each PDF file: nothing else reaches Typst."""
    stamp = _everywhere(inputs, audience, language)
    told = sheets(inputs, answer_columns(inputs, language), language)
    said = {sheet["household_id"]: shown("sheet", sheet, audience) | stamp for sheet in told}
    for path, of, families in _bound(inputs, language, audience, facilitator):
        yield path, f"{text('sheet.title', language)}: {of}", [said[str(one)] for one in families["household_id"]]


def _bound(
    inputs: ReportInputs, language: Language, audience: Audience, facilitator: str | None
) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Path, place or person in words, and families of each file."""
    if audience == "reviewer":
        for file, place, families in by_subdistrict(inputs, language):
            yield f"sheets-{file}.pdf", place, families
    elif audience == "facilitator":
        listed = inputs.families[inputs.families["standing"].isin(LISTED)]
        for folder, families in listed.groupby(folders_of(inputs, facilitator).loc[listed.index], sort=True):
            yield f"{folder}/sheets.pdf", str(families[inputs.facilitator].iloc[0]), families


def _everywhere(inputs: ReportInputs, audience: Audience, language: Language) -> dict[str, Any]:
    """What every page says: who it is for, what its figures rest on, and whether its model should not decide."""
    # Real families, judged by a model that learnt from invented ones.
    invented = not inputs.simulated and inputs.model.get("simulated")
    return {
        "audience": "" if audience == "reviewer" else text(f"audience.{audience}", language),
        "fingerprints": {"bundle": inputs.model["bundle_sha256"], "inputs": inputs.inputs_sha256},
        "expired": expiry_words(inputs.model, language),
        "model_stamp": text("common.simulated_model", language) if invented else "",
    }


def expiry_words(model: Mapping[str, Any], language: Language) -> str:
    """Return what every page of an out-of-date model says; empty where it is not.

    Examples
    --------
    >>> expiry_words({"expired": True, "expires": "2022-12-31"}, "en")
    'Out of date: this model was meant for use up to 31 December 2022. Train again before deciding.'
    >>> expiry_words({"name": "lightgbm"}, "en")
    ''
    """
    return text("expiry.warning", language, date=day(model["expires"], language)) if model.get("expired") else ""
