"""Report inputs in, the annex of the minutes (berita acara) of each subdistrict out: a page and a workbook to sign.

A page can be made again without one family. Nothing on it is counted, so nothing else changes then.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import Any

import pandas as pd

from graduation_model.params import Language
from graduation_model.reports.evaluation_words import model_words
from graduation_model.reports.file_names import safe_names
from graduation_model.reports.inputs import LISTED, ReportInputs
from graduation_model.reports.workbook import new_workbook, write_about, write_list
from graduation_model.wording import day, text

SIGNERS = ("facilitator", "village", "subdistrict", "office")
# What is filled in by hand.
OPEN = ("decision", "reason", "signature")


def minutes(inputs: ReportInputs, language: Language) -> Iterator[dict[str, Any]]:
    """Yield the content of every annex, by district and subdistrict.

    Yields
    ------
    dict
        file, place, rows (household_id, file, village, facilitator, standing), and what is the same on every annex.
    """
    listed = inputs.listed
    if listed.empty:
        return
    date = day(inputs.scores["as_of_date"].iloc[0], language)
    same = {
        "programme": inputs.title.in_(language),
        "simulated": inputs.simulated,
        "label_stamp": inputs.label_stamp(language),
        "as_of": text("common.as_of", language, date=date),
        "signers": _signers(language),
        "model": model_words(str(inputs.model["name"]), language),
    }
    for file, place, families in by_subdistrict(inputs, language):
        yield {**same, "file": file, "place": place, "rows": families.to_dict(orient="records")}


def _signers(language: Language) -> list[str]:
    return [text(f"minutes.signer_{signer}", language) for signer in SIGNERS]


def by_subdistrict(inputs: ReportInputs, language: Language) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Yield file name, place in words and listed families of each subdistrict: the proposed first, then by rank.

    Yields
    ------
    str, str, frame (n_families, ...)
        The columns household_id, standing (in words), village and facilitator where they are known, and file.
    """
    listed = inputs.listed
    column = inputs.params.subdistrict if inputs.params.subdistrict in listed else inputs.area
    codes = listed[column].astype("object").where(listed[column].notna(), "") if column in listed else ""
    listed = listed.assign(
        code=codes, order=pd.Categorical(listed["standing"], categories=list(LISTED), ordered=True)
    ).sort_values(["code", "order", "rank", "household_id"], kind="stable", ignore_index=True)
    # All are put into words at once: most subdistricts are a dozen families.
    table = _table(inputs, listed, language)
    places = listed.groupby(listed["code"].astype("str"), sort=False).indices
    for (code, rows), file in zip(places.items(), safe_names(list(places)), strict=True):
        known = inputs.params.area_names.get(code, code)
        parts = dict.fromkeys(name for name in (listed["area_name"].iat[rows[0]], known) if name)
        yield file, " · ".join(parts) or text("index.unknown_area", language), table.iloc[rows]


def _table(inputs: ReportInputs, families: pd.DataFrame, language: Language) -> pd.DataFrame:
    words = {code: text(f"standing.{code}", language) for code in families["standing"].unique()}
    table = {"household_id": families["household_id"].astype("str"), "standing": families["standing"].map(words)}
    if inputs.village in families:
        table["village"] = inputs.place_names(families, inputs.village)
    if inputs.facilitator in families:
        table["facilitator"] = families[inputs.facilitator].astype("str")
    return pd.DataFrame({**table, "file": families["file"]}).astype("object")


def minutes_workbook(inputs: ReportInputs, families: pd.DataFrame, place: str, language: Language) -> bytes:
    """Return one annex as an .xlsx file, with columns to be filled in and signed.

    Parameters
    ----------
    families : frame
    place : str
        As `by_subdistrict` gives them.
    """
    table = families.drop(columns="file").assign(**dict.fromkeys(OPEN))
    headings = [text("workbook.household_id", language)]
    headings += [text(f"minutes.{name}", language) for name in table.columns[1:]]
    about = [f"{text('minutes.title', language)}: {place}", text("minutes.held", language)]
    about += [text("minutes.lead", language), text("common.people_decide", language)]
    about += [text("minutes.signs", language, signer=signer) for signer in _signers(language)]
    prints = {"bundle": inputs.model["bundle_sha256"], "inputs": inputs.inputs_sha256}
    about += [f"{text(f'common.{name}', language)}: {sha256}" for name, sha256 in prints.items()]
    if inputs.simulated:
        about.insert(0, text("common.simulated", language))
    with new_workbook(text("minutes.title", language)) as (book, buffer):
        write_list(book, text("workbook.list", language), table, headings)
        write_about(book, about, language)
    return buffer.getvalue()


def names_in_minutes(page: str, household: str) -> bool:
    """Return whether an annex lists a family."""
    return _row_of(household).search(page) is not None


def minutes_without(page: str, household: str) -> str:
    """Return an annex without one family's line; lines are numbered by the page itself."""
    return _row_of(household).sub("", page)


def _row_of(household: str) -> re.Pattern[str]:
    told = escape(household).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")  # as the templates escape
    return re.compile(rf'<tr data-id="{re.escape(told)}">.*?</tr>\n', re.DOTALL)
