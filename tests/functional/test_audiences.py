"""`report --audience`: whole folders for a facilitator and for the public, and what is refused."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from graduation_model.cli import main


@pytest.fixture(scope="module")
def families(year) -> pd.DataFrame:
    scores = pd.concat(pd.read_parquet(part) for part in (year / "scores" / "scores").glob("*.parquet"))
    selection = pd.read_parquet(year / "selection" / "selection.parquet")
    return selection.merge(scores[["household_id", "facilitator_id", "village_code"]], on="household_id")


def _report(year, out, *words: str) -> int:
    given = ["report", "--programme", year.programme, "--selection", year / "selection", "--out", out]
    return main([*map(str, given), "--language", "id", *words])


def test_the_public_gets_one_page_and_no_file_names_a_family_a_village_or_where_the_office_keeps_its_files(
    year, families, tmp_path
):
    assert _report(year, tmp_path / "public", "--audience", "public") == 0
    files = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "public").rglob("*") if path.is_file()}
    assert set(files) == {"cohort.html", "manifest.json"}
    forbidden = {*families["household_id"], *families["facilitator_id"], *families["village_code"], str(year.root)}
    for content in files.values():
        assert not [one for one in forbidden if one in content]
    assert "selection" not in json.loads(files["manifest.json"])


def test_a_facilitator_gets_a_folder_of_own_families(year, families, tmp_path, capsys):
    listed = families[families["recommendation"].isin(["ready", "review"])]
    one = listed["facilitator_id"].iloc[0]
    own = set(listed.loc[listed["facilitator_id"] == one, "household_id"])
    out = tmp_path / "facilitators"
    assert _report(year, out, "--audience", "facilitator", "--facilitator", one) == 0
    assert {path.name for path in out.iterdir()} == {one, "manifest.json"}
    assert {path.stem for path in (out / one / "households").iterdir()} == own
    assert {path.stem for path in (out / one / "letters").iterdir()} == own
    assert "hand over a folder each" in capsys.readouterr().out


@pytest.mark.parametrize(("words", "said"), [
    (("--facilitator", "F0001"), "Add --audience facilitator"),
    (("--audience", "facilitator", "--facilitator", "nobody"), "No scored family is this facilitator's"),
    (("--audience", "public", "--pdf"), "Leave --pdf out"),
])  # fmt: skip
def test_what_makes_no_sense_is_refused_with_how_to_mend_it(year, tmp_path, capsys, words, said):
    assert _report(year, tmp_path / "out", *words) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
