"""Report inputs and languages in, every page of a report out, one at a time, linked."""

from __future__ import annotations

import multiprocessing
import os
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from typing import Any

from graduation_model.params import LANGUAGES, Language
from graduation_model.reports.answers import answer_columns
from graduation_model.reports.cohort_page import cohort_dict
from graduation_model.reports.index_page import index_dict
from graduation_model.reports.inputs import ReportInputs
from graduation_model.reports.letter import letters
from graduation_model.reports.minutes import by_subdistrict, minutes, minutes_workbook
from graduation_model.reports.pdf import require_typst, sheets_pdf
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


def report_pages(inputs: ReportInputs, languages: Sequence[Language]) -> Iterator[Page]:
    """Yield every page of a report.

    Parameters
    ----------
    inputs : ReportInputs
    languages : sequence of Language
        One: its pages stand at the root. Both: Indonesian at the root, English in `en/`, each page linked to its
        counterpart.

    Yields
    ------
    Page
        `index.html`, `cohort.html`, `minutes/<subdistrict>.html` and `.xlsx` to be signed, and for every proposed,
        waiting or review-band family `households/<safe id>.html` and `letters/<safe id>.html`. None of them reaches
        for anything outside itself but the links between them.
    """
    chosen = [language for language in LANGUAGES if language in languages]
    for language in chosen:
        root = "" if language == chosen[0] else f"{language}/"
        others = {other: "" if other == chosen[0] else f"{other}/" for other in chosen if other != language}
        stamp = _stamps(inputs, language)
        yield _page("index.html.j2", INDEX, index_dict(inputs, language) | stamp, root, others, language)
        # One workbook to be signed is enough: it stands at the root, in the first language.
        workbooks = {"workbooks": posixpath.relpath(MINUTES, root or ".") + "/"}
        cohort = cohort_dict(inputs, language) | stamp | workbooks
        yield _page("cohort.html.j2", COHORT, cohort, root, others, language)
        for annex in minutes(inputs, language):
            yield _page("minutes.html.j2", f"{MINUTES}/{annex['file']}.html", annex | stamp, root, others, language)
        if not root:
            for file, _, families in by_subdistrict(inputs, language):
                yield Page(f"{root}{MINUTES}/{file}.xlsx", minutes_workbook(inputs, families, language))
        columns = answer_columns(inputs, language)
        for folder, template, families in (
            (SHEETS, "sheet.html.j2", sheets(inputs, columns, language)),
            (LETTERS, "letter.html.j2", letters(inputs, columns, language)),
        ):
            for family in families:
                name = f"{folder}/{family['file']}.html"
                yield _page(template, name, family | stamp, root, others, language)


def report_pdfs(inputs: ReportInputs, language: Language) -> Iterator[Page]:
    """Yield the sheets as PDF files, one a subdistrict, `sheets-<subdistrict>.pdf`, each family an A4 page.

    Raises
    ------
    UserError
        Where Typst is not installed.
    """
    require_typst()
    stamp = _stamps(inputs, language)
    columns = answer_columns(inputs, language)
    said = {sheet["household_id"]: sheet | stamp for sheet in sheets(inputs, columns, language)}

    annexes = list(by_subdistrict(inputs, language))
    own = [[said[str(household)] for household in families["household_id"]] for _, _, families in annexes]
    titles = [f"{text('sheet.title', language)}: {place}" for _, place, _ in annexes]
    # Typst forgets nothing that it has set: processes of few files keep its memory small. A pool that replaces its own
    # processes (`max_tasks_per_child`) can stand still for ever (cpython issue 115634), so each lot has a new pool.
    start, workers = multiprocessing.get_context("spawn"), os.cpu_count() or 1
    lot = workers * FILES_A_PROCESS
    for first in range(0, len(annexes), lot):
        part = slice(first, first + lot)
        with ProcessPoolExecutor(workers, mp_context=start) as pool:
            made = pool.map(sheets_pdf, own[part], titles[part], repeat(language))
            for (file, _, _), content in zip(annexes[part], made, strict=True):
                yield Page(f"sheets-{file}.pdf", content)


def _stamps(inputs: ReportInputs, language: Language) -> dict[str, str]:
    """What every page of a model that should not decide says."""
    # Real families, judged by a model that learnt from invented ones.
    invented = not inputs.simulated and inputs.model.get("simulated")
    return {
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


def _page(
    template: str, name: str, content: dict[str, Any], root: str, others: dict[Language, str], language: Language
) -> Page:
    links = _links(name, root, others, language)
    return Page(root + name, render(template, {**content, "links": links}, language))


def _links(name: str, root: str, others: dict[Language, str], language: Language) -> list[dict[str, str]]:
    """The other pages of the same language, then the same page in the other language."""
    here = posixpath.dirname(root + name)

    def link(to: str, words: str, other: str = "") -> dict[str, str]:
        return {"to": posixpath.relpath(to, here or "."), "words": words, "language": other}

    folder, file = posixpath.split(name)
    twin = {SHEETS: (f"{LETTERS}/{file}", "letter.title"), LETTERS: (f"{SHEETS}/{file}", "sheet.title")}
    pages = [(INDEX, "common.back_to_list"), (COHORT, "common.to_summary"), *([twin[folder]] if folder in twin else [])]
    own = [link(root + page, text(key, language)) for page, key in pages if page != name]
    return own + [link(prefix + name, text("common.language", other), other) for other, prefix in others.items()]
