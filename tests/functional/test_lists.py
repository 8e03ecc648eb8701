"""`select` and `compare` on typed-in scores: what a list says of itself, drawn again, and against last year's."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

import graduation_model
from graduation_model.cli import main
from graduation_model.commands.outputs import read_manifest
from graduation_model.errors import DataError
from graduation_model.params import Label
from graduation_model.selection.params import Condition, Guard, Spread
from lib.scored import ROOT, programme, scores_folder

CHANCES = {"A": 0.99, "B": 0.95, "C": 0.90, "D": 0.86, "E": 0.40}


def selected(tmp_path: Path, name: str, folder: Path, **rules: object) -> Path:
    out = tmp_path / name
    graduation_model.select(programme=programme(**rules), scores=folder, out=out)
    return out


def compared(tmp_path: Path, first: Path, second: Path, **more: Path) -> tuple[list[tuple[str, ...]], dict]:
    result = graduation_model.compare(first=first, second=second, out=tmp_path / "compare", **more)
    table = pd.read_parquet(tmp_path / "compare" / "compare.parquet")
    moved = table[table["change"] != "stayed"]
    return [tuple(row) for row in moved.to_numpy()], result.summary


def test_the_workbook_says_what_each_rule_cost_that_the_list_is_proven_and_that_the_model_is_out_of_date(tmp_path):
    folder = scores_folder(tmp_path / "scores", CHANCES, expires="2019-12-31", village_code=["1", "1", "2", "3", "3"])
    spread = (Spread(column="village_code", most=1),)
    out = selected(tmp_path, "selection", folder, quota=3, spread=spread, carry=("village_code",))
    book = CalamineWorkbook.from_filelike(io.BytesIO((out / "selection.xlsx").read_bytes()))
    assert book.sheet_names == ["Daftar", "Aturan", "Keterangan"]
    rules = book.get_sheet_by_name("Aturan").to_python()
    assert [row[0] for row in rules[1:]] == [
        "Kuota: jumlah keluarga paling banyak",
        "Paling banyak dari satu desa atau kelurahan",
    ]
    assert rules[2][3].startswith("Mengurangi perkiraan graduasi yang bertahan sebanyak 0,1;")
    about = [row[0] for row in book.get_sheet_by_name("Keterangan").to_python()]
    assert about[0].startswith("Kedaluwarsa") or "31 Desember 2019" in about[0]
    assert "2,8. Hal ini terbukti." in about[1]
    priced = pd.read_parquet(out / "rules.parquet").set_index("rule")
    assert priced.loc["spread_village_code", "price_exits"] == pytest.approx(0.09)
    assert read_manifest(out, "select")["summary"]["proven"]


def test_a_guards_own_words_stand_in_the_list(tmp_path):
    folder = scores_folder(tmp_path / "scores", CHANCES, n_disabled_severe=[1, 0, 0, 0, 0])
    guard = Guard(
        name="disability",
        label=Label(id="ada anggota dengan disabilitas <b>berat</b>", en="-"),
        all_of=(Condition(column="n_disabled_severe", at_least=1),),
    )
    out = selected(tmp_path, "selection", folder, guards=(guard,), carry=("n_disabled_severe",))
    book = CalamineWorkbook.from_filelike(io.BytesIO((out / "selection.xlsx").read_bytes()))
    assert "disabilitas <b>berat</b>" in str(book.get_sheet_by_name("Daftar").to_python())


def test_a_list_drawn_again_says_how_surely_each_family_is_on_it_and_the_same_seed_says_the_same(tmp_path):
    low = {"probability_low": [0.97, 0.70, 0.70, 0.70, 0.2], "probability_high": [0.999, 0.99, 0.97, 0.95, 0.6]}
    folder = scores_folder(tmp_path / "scores", CHANCES, **low)
    words = {"programme": programme(quota=3), "scores": folder, "resamples": 40, "seed": 7}
    for name in ("one", "two"):
        graduation_model.select(out=tmp_path / name, **words)
    shares = [pd.read_parquet(tmp_path / name / "stability.parquet") for name in ("one", "two")]
    pd.testing.assert_frame_equal(*shares)
    share = shares[0].set_index("household_id")["selected_share"]
    assert share["A"] == 1
    assert share["E"] < 0.05 < share["D"] < share["B"] < 1
    summary = read_manifest(tmp_path / "one", "select")["summary"]["stability"]
    assert summary["kept"] == pytest.approx(share[["A", "B", "C"]].mean())


def test_scores_without_intervals_cannot_be_drawn_again(tmp_path):
    folder = scores_folder(tmp_path / "scores", CHANCES)
    with pytest.raises(DataError, match="No family has an interval"):
        graduation_model.select(programme=programme(), scores=folder, resamples=5, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_larger_quota_lets_the_next_in(tmp_path):
    folder = scores_folder(tmp_path / "scores", CHANCES)
    small, large = (selected(tmp_path, f"q{quota}", folder, quota=quota) for quota in (2, 3))
    assert compared(tmp_path, small, large)[0] == [("C", "entered", "quota", "")]
    assert compared(tmp_path, large, small)[0] == [("C", "left", "quota", "")]


def test_a_rule_that_is_new_is_named_by_its_key(tmp_path):
    folder = scores_folder(tmp_path / "scores", CHANCES, village_code=["1", "1", "2", "3", "3"])
    carry = {"quota": 2, "carry": ("village_code",)}
    first = selected(tmp_path, "first", folder, **carry)
    second = selected(tmp_path, "second", folder, spread=(Spread(column="village_code", most=1),), **carry)
    rows, summary = compared(tmp_path, first, second)
    assert rows == [("B", "left", "rule", "spread"), ("C", "entered", "rule", "spread")]
    assert summary["order"] == ["rule spread"]
    assert summary["stayed"] == 1


def test_what_scores_did_is_told_apart_from_what_the_quota_did(tmp_path):
    first = selected(tmp_path, "first", scores_folder(tmp_path / "a", CHANCES), quota=2)
    later = {"B": 0.91, "C": 0.97, "D": 0.96, "E": 0.40, "F": 0.98}
    second = selected(tmp_path, "second", scores_folder(tmp_path / "b", later, answers="2"), quota=4)
    rows, summary = compared(tmp_path, first, second)
    assert rows == [
        ("A", "left", "not_scored", ""),
        ("C", "entered", "answers", "own_score_rose"),
        ("D", "entered", "quota", ""),
        ("F", "entered", "new", ""),
    ]
    assert summary["order"] == ["answers", "quota"]


def test_where_model_and_answers_both_changed_a_third_scoring_tells_them_apart(tmp_path):
    first = selected(tmp_path, "first", scores_folder(tmp_path / "a", CHANCES), quota=2)
    between = scores_folder(tmp_path / "c", {**CHANCES, "D": 0.97}, answers="2")
    new = scores_folder(tmp_path / "b", {**CHANCES, "D": 0.97, "C": 0.98}, answers="2", bundle="0b")
    second = selected(tmp_path, "second", new, quota=2)
    at_once, _ = compared(tmp_path, first, second)
    assert {row[2] for row in at_once} == {"scores"}
    apart, summary = compared(tmp_path, first, second, between=between)
    assert apart == [("B", "left", "answers", "others_passed"), ("C", "entered", "model", "own_score_rose")]
    assert summary["order"] == ["answers", "model"]
    with pytest.raises(DataError, match="not the second list's answers"):
        compared(tmp_path, first, second, between=new)


def test_rules_that_do_not_fit_the_new_scores_are_changed_together_with_them(tmp_path):
    old = scores_folder(tmp_path / "a", CHANCES, village_code=["1", "1", "2", "3", "3"])
    spread = (Spread(column="village_code", most=1),)
    first = selected(tmp_path, "first", old, quota=2, spread=spread, carry=("village_code",))
    second = selected(tmp_path, "second", scores_folder(tmp_path / "b", CHANCES, answers="2"), quota=2)
    rows, summary = compared(tmp_path, first, second)
    assert summary["together"] == ["answers"]
    assert rows == [("B", "entered", "rule", "spread"), ("C", "left", "rule", "spread")]


def test_compare_from_the_command_line_ends_with_0_and_a_list_that_changed_since_with_2(tmp_path, capsys):
    folder = scores_folder(tmp_path / "scores", CHANCES)
    first, second = (selected(tmp_path, f"q{quota}", folder, quota=quota) for quota in (2, 3))
    assert main(["compare", str(first), str(second), "--out", str(tmp_path / "out")]) == 0
    assert "entered: quota 1" in capsys.readouterr().out
    scores_folder(folder, {**CHANCES, "A": 0.5})
    assert main(["compare", str(first), str(second), "--out", str(tmp_path / "again")]) == 2
    assert "not the scores that the list was made from" in capsys.readouterr().err
    assert not (tmp_path / "again").exists()


WOMEN = {"name": "women", "label": {"id": "perempuan", "en": "women"}, "count": 3,
         "all_of": [{"column": "head_sex", "is_one_of": ["female"]}]}  # fmt: skip


@pytest.mark.parametrize(
    ("rules", "columns", "words"),
    [
        ({"spread": [{"column": "vilage_code", "most": 1}]}, {}, "names column vilage_code"),
        ({"spread": [{"column": "village_code", "most": 1}]}, {}, "Columns village_code are missing"),
        ({"floors": [WOMEN], "quota": 2}, {}, "no list keeps these rules together: quota (at most 2), floor women"),
        ({"areas": [{"column": "district_code", "max": {"3699": 1}}]}, {}, "No scored family has district_code 3699"),
        ({"quotum": 2}, {}, "selection.quotum"),
        ({}, {"bundle_sha256": ["0a", "0a", "0b", "0a"]}, "bundle_sha256 holds 2 different values"),
        ({}, {"probability": [0.9, float("nan"), 0.9, 0.9]}, "probability is missing or outside 0-1 in 1 rows"),
        ({}, {"household_id": ["A", "B", "B", "C"]}, "1 rows repeat a household_id"),
    ],
)
def test_rules_and_scores_that_make_no_fair_list_end_with_one_line_and_nothing_written(
    tmp_path, capsys, rules, columns, words
):
    folder = Path(shutil.copytree(ROOT / "configs" / "jamsosratu", tmp_path / "jamsosratu"))
    settings = (folder / "programme.yaml").read_text(encoding="utf-8")
    start, end = settings.index("\nselection:"), settings.index("\nmonitoring:")
    carry = ["district_code", "head_sex", *(["village_code"] if "village_code are" in words else [])]
    selection = json.dumps({"cost_ratio": 4, "band": 0.05, "carry": carry, **rules})
    (folder / "programme.yaml").write_text(
        f"{settings[:start]}\nselection: {selection}{settings[end:]}", encoding="utf-8"
    )
    carried = {"district_code": "3601", "head_sex": "female"}
    scores = scores_folder(tmp_path / "scores", dict.fromkeys("ABCD", 0.9), **{**carried, **columns})
    command = ["select", "--programme", folder, "--scores", scores, "--out", tmp_path / "out"]
    assert main([str(word) for word in command]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert len(error.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("household", ["../../etc/passwd", "<script>alert(1)</script>", "=1+1"])
def test_an_odd_id_is_an_id_and_nothing_else(tmp_path, household):
    folder = scores_folder(tmp_path / "scores", {household: 0.99, "B": 0.9})
    out = selected(tmp_path, "selection", folder, quota=1)
    assert pd.read_parquet(out / "selection.parquet").query("selected")["household_id"].tolist() == [household]
    assert sorted(path.name for path in out.iterdir()) == [
        "manifest.json", "rules.parquet", "selection.parquet", "selection.xlsx",
    ]  # fmt: skip
