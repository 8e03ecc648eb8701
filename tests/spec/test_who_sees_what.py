"""Who sees what: the table of docs/audiences.md, held against every file that is written for each of them.

For each line of the table stands below what it looks like on a page. Where the table says "–" it must be in no file:
neither on a page, nor hidden in one, nor in the list's data, a workbook, or what a PDF is made from.
"""

from __future__ import annotations

import html
import io
import json
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from graduation_model.reports.answers import answer_columns
from graduation_model.reports.audience import AUDIENCES, shown
from graduation_model.reports.index_page import index_dict
from graduation_model.reports.pages import folders_of, pdf_files, report_pages
from graduation_model.reports.sheet import sheets
from graduation_model.wording import text
from lib.province import province_inputs

TABLE = Path(__file__).parents[2] / "docs" / "audiences.md"
LANGUAGE = "en"
SAYS = {"–": "no", "ya / yes": "yes", "sendiri / own": "own"}


def rows() -> list[tuple[str, ...]]:
    lines = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]
    return [(cell[0].split(" / ")[1], *(SAYS[one] for one in cell[1:])) for cell in cells]


def plain(content: str | bytes) -> str:
    """What a file holds, whatever it is packed in: attributes, data and all, with escapes undone."""
    if isinstance(content, bytes):
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            content = " ".join(book.read(name).decode("utf-8", "ignore") for name in book.namelist())
    unescaped = html.unescape(re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), content))
    return " ".join(re.sub(r"<style>.*?</style>", " ", unescaped, flags=re.DOTALL).split())


@pytest.fixture(scope="module")
def inputs():
    made = province_inputs()
    return replace(made, params=made.params.model_copy(update={"min_cell": 3}))  # few are proposed of so few


@pytest.fixture(scope="module")
def written(inputs) -> dict[str, dict[str, str]]:
    """Audience -> path -> content, of pages, workbooks and PDF files."""
    found: dict[str, dict[str, str]] = {}
    for audience in AUDIENCES:
        files = {page.path: plain(page.content) for page in report_pages(inputs, (LANGUAGE,), audience)}
        for path, _, content in pdf_files(inputs, LANGUAGE, audience):
            files[path] = plain(json.dumps(content, ensure_ascii=False))
        found[audience] = files
    return found


@pytest.fixture(scope="module")
def family(inputs) -> dict:
    """The sheet of a proposed family with everything on it, its line of the scores, and its facilitator's folder."""
    listed = inputs.families[inputs.families["standing"] == "proposed"].iloc[-1]
    sheet = next(
        one
        for one in sheets(inputs, answer_columns(inputs, LANGUAGE), LANGUAGE)
        if one["household_id"] == listed["household_id"]
    )
    folder = folders_of(inputs)[listed.name]
    return {"sheet": sheet, "scores": listed, "folder": folder}


def looks_like(what: str, inputs, family: dict) -> list[str]:
    """What a line of the table looks like where it is shown."""
    sheet, scores = family["sheet"], family["scores"]
    facts = [fact["now"] for fact in sheet["facts"] if fact["now"].startswith("Rp") and len(fact["now"]) > 8]
    reasons = [reason for side in sheet["reasons"].values() for reason in side]
    return {
        "a family's id": [sheet["household_id"]],
        "a family's village": [inputs.params.area_names[scores["village_code"]]],
        "a family's facilitator": [str(scores["facilitator_id"])],
        "what is recorded, now and before": [*facts, sheet["before_date"]],
        "the recommendation and its rule": [sheet["advice"]["meaning"], sheet["advice"]["rule"]],
        "reasons in words": [reason["record"] for reason in reasons],
        "what to make sure of on a visit": [sheet["ask"], text("sheet.more.doubts", LANGUAGE)],
        "the mentoring plan": [*sheet["plan"]["steps"], sheet["plan"]["title"]],
        "the family's letter": [text("letter.machine", LANGUAGE)],
        "chance and interval": [*(sheet["chance"][one] for one in ("sentence", "interval")), "Chance in 100"],
        "weight of each record": [reason["points"] for reason in reasons if len(reason["points"]) > 4],
        "rank and place on the waiting list": [text("index.rank", LANGUAGE), f">{text('index.position', LANGUAGE)}<"],
        "distance from the line": [sheet["contrast"][0]],
        "the hand-weighted sum": [sheet["hand_rule"]["words"]],
        "decision box": [text("sheet.agree", LANGUAGE), text("sheet.decision", LANGUAGE)],
        "annex to the minutes": [text("minutes.held", LANGUAGE)],
        "spread of chances": [text("cohort.spread", LANGUAGE)],
        "counts by district, small ones hidden": [text("cohort.by_area", LANGUAGE)],
        "rules and what they cost": [text("rules.spread_village_code", LANGUAGE), text("rules.about", LANGUAGE)],
        "expected false graduations": [text("cohort.false_note", LANGUAGE)],
        "fingerprints of model and data": [inputs.model["bundle_sha256"], inputs.inputs_sha256],
    }[what]  # fmt: skip


@pytest.mark.parametrize(("what", *AUDIENCES), rows())
def test_what_the_table_says_is_on_the_pages_and_in_no_other_file(
    what, facilitator, reviewer, public, inputs, written, family
):
    for audience, says in zip(AUDIENCES, (facilitator, reviewer, public), strict=True):
        files = written[audience]
        for telling in looks_like(what, inputs, family):
            found = {path for path, content in files.items() if " ".join(telling.split()) in content}
            assert bool(found) == (says != "no"), (audience, telling, found)


def test_a_facilitators_folder_holds_nothing_of_another_ones_families(inputs, written):
    whose = inputs.families.assign(folder=folders_of(inputs))
    folders = {path.split("/")[0] for path in written["facilitator"]}
    assert len(folders) > 2
    for path, content in written["facilitator"].items():
        others = whose[(whose["folder"] != path.split("/")[0])]
        assert not [one for one in {*others["household_id"], *others["facilitator_id"]} if one in content], path


def test_neither_chance_nor_rank_nor_their_order_is_in_the_list_of_a_facilitator(inputs):
    whose = inputs.families.assign(folder=folders_of(inputs))
    for _, families in whose.groupby("folder"):
        found = json.loads(index_dict(inputs, LANGUAGE, "facilitator", families)["data"])
        assert {one for row in found["rows"] for one in (*row[3:5], *row[5:6])} == {None}
        by_standing = [(row[2], row[0]) for row in found["rows"]]
        assert by_standing == sorted(by_standing)


def test_a_facilitators_pages_stay_the_same_where_only_chances_and_weights_differ(inputs):
    """Nothing that can be computed back is in them, whatever it looks like."""
    shift = {name: inputs.scores[name] * 0.99 for name in inputs.scores if name.endswith("_contribution")}
    scores = inputs.scores.assign(probability=inputs.scores["probability"] * 0.999, log_odds=0.0, **shift)
    ranks = {name: inputs.selection[name].rank(ascending=False) for name in ("rank", "waiting_list_position")}
    selection = inputs.selection.assign(**ranks)
    other = replace(inputs, scores=scores, selection=selection, hand_points=inputs.hand_points[::-1])
    made = [
        {page.path: page.content for page in report_pages(one, (LANGUAGE,), "facilitator")} for one in (inputs, other)
    ]
    assert made[0] == made[1]


def test_the_publics_page_is_the_same_for_other_families_in_the_same_numbers(inputs, written):
    """Ids, villages, facilitators, answers and the order of rows leave no trace in it."""
    names = {one: f"X{place:06d}" for place, one in enumerate(inputs.selection["household_id"])}
    scores = inputs.scores.assign(
        household_id=inputs.scores["household_id"].map(names), village_code="9", facilitator_id="F"
    ).iloc[::-1]
    selection = inputs.selection.assign(household_id=inputs.selection["household_id"].map(names))
    nothing = pd.DataFrame()
    other = replace(inputs, scores=scores, selection=selection, contributions=inputs.contributions.iloc[:0],
                    answers=nothing, previous=nothing, wave=nothing, flags=nothing, decisions=nothing, uep=nothing,
                    hand_points=None, changes=None)  # fmt: skip
    (page,) = report_pages(other, (LANGUAGE,), "public")
    assert {page.path: plain(page.content)} == written["public"]


def test_a_part_of_a_page_that_the_table_does_not_know_is_shown_to_nobody(family):
    with pytest.raises(KeyError, match="new_part"):
        shown("sheet", family["sheet"] | {"new_part": "?"}, "reviewer")


def test_one_facilitators_pages_can_be_written_alone(inputs, written):
    one = str(inputs.families["facilitator_id"].iloc[0])
    paths = {page.path for page in report_pages(inputs, (LANGUAGE,), "facilitator", one)}
    assert paths
    assert {path.split("/")[0] for path in paths} == {folders_of(inputs, one).dropna().iloc[0]}
    assert paths <= set(written["facilitator"])
