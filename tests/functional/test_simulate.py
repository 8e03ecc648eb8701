"""`simulate` by the command line: the same bytes for one seed, a province by name, and a page of what came out."""

import json
import re

import pandas as pd
import pytest

from graduation_model.cli import main


def simulated(out, *words):
    size = ["--households", "200", "--waves", "2", "--seed", "4"]
    code = main(["simulate", "--programme", "jamsosratu", *size, *words, "--out", str(out)])
    return code, json.loads((out / "manifest.json").read_text(encoding="utf-8")) if code == 0 else {}


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    out = tmp_path_factory.mktemp("simulated") / "once"
    return out, simulated(out)[1]


def test_one_seed_gives_the_same_bytes(once, tmp_path):
    assert simulated(tmp_path / "again")[1]["outputs"] == once[1]["outputs"]


def test_every_table_and_the_truth_apart(once):
    tables = {name for name in once[1]["outputs"] if name.endswith(".parquet")}
    files = {f"{name}.parquet" for name in ("assessments", "followups", "decisions", "uep", "poverty_lines")}
    assert tables == files | {"truth/households.parquet"}
    assert once[1]["parameters"]["province"] == "honest"


def test_what_is_derived_from_other_answers_is_not_in_a_partners_files(once):
    assert "percap_to_line" not in pd.read_parquet(once[0] / "assessments.parquet")
    assert "welfare_to_line" not in pd.read_parquet(once[0] / "followups.parquet")


def test_a_page_in_both_languages_sets_what_came_out_beside_what_was_aimed_at(once):
    for folder, words in ((once[0], "di luar sasaran"), (once[0] / "en", "outside of what was aimed at")):
        for name in ("calibration.html", "calibration.md"):
            page = (folder / name).read_text(encoding="utf-8")
            assert words in page
            assert not re.search(r"\bnan\b", page, re.IGNORECASE)
            assert "http" not in page


def test_a_province_can_be_named(tmp_path):
    code, manifest = simulated(tmp_path / "quiet", "--province", "quiet")
    assert (code, manifest["parameters"]["province"]) == (0, "quiet")
    lines = pd.read_parquet(tmp_path / "quiet" / "poverty_lines.parquet")
    assert lines.groupby("area_code")["line_idr"].nunique().eq(1).all()


def test_a_province_that_does_not_exist_is_refused(tmp_path, capsys):
    assert simulated(tmp_path / "loud", "--province", "loud")[0] == 2
    assert "Give one of honest, unrecorded, recorded, quiet" in capsys.readouterr().err
