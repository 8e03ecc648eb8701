"""Eight offices' workbooks with planted faults: check finds every one of them, and nearly nothing where nothing is."""

import json
from dataclasses import dataclass

import pandas as pd
import pytest

from graduation_model.cli import main

CELL = ["file", "sheet", "row", "column", "rule"]
# An income rounded to half a million is no fault.
NO_FAULT = "heaped"


@dataclass(frozen=True)
class Sent:
    """What was planted, and what the check found."""

    planted: pd.DataFrame
    quarantine: pd.DataFrame
    findings: pd.DataFrame
    counts: dict
    truth: pd.DataFrame
    read: pd.DataFrame


@pytest.fixture(scope="module")
def sent(tmp_path_factory):
    root = tmp_path_factory.mktemp("messy")
    words = ["simulate", "--programme", "configs/jamsosratu", "--households", "600", "--waves", "2", "--seed", "1"]
    assert main([*words, "--messy", "--out", str(root / "data")]) == 0
    assert main([*words, "--out", str(root / "clean")]) == 0
    words = ["check", "--programme", "configs/jamsosratu", "--data", str(root / "data"), "--out", str(root / "out")]
    assert main(words) == 1
    quarantine = pd.read_parquet(root / "out" / "quarantine.parquet")
    place = quarantine["source_file"].str.extract(r"assessments/(?P<file>[^#]+)#(?P<sheet>.+)")
    return Sent(
        planted=pd.read_parquet(root / "data" / "truth" / "planted.parquet"),
        quarantine=quarantine.join(place).rename(columns={"source_row": "row"}),
        findings=pd.read_parquet(root / "out" / "findings.parquet"),
        counts=json.loads((root / "out" / "manifest.json").read_text())["counts"],
        truth=pd.read_parquet(root / "clean" / "assessments.parquet"),
        read=pd.read_parquet(root / "out" / "assessments.parquet"),
    )


def _cells(table):
    return table[CELL].value_counts()


def test_every_planted_cell_is_found_by_its_rule_at_its_place(sent):
    planted = sent.planted[(sent.planted["row"] > 0) & (sent.planted["rule"] != NO_FAULT)]
    found = sent.quarantine.merge(planted[CELL], on=CELL)
    by_rule = planted["rule"].value_counts().to_dict()
    assert found["rule"].value_counts().to_dict() == by_rule
    assert len(by_rule) == 17
    assert by_rule["duplicate_key"] == by_rule["two_visits_in_wave"] == 6
    assert by_rule["not_a_date"] == by_rule["required"] == by_rule["power_needs_a_meter"] == 3


def test_what_was_planted_in_files_and_facilitators_is_found(sent):
    told = sent.planted[sent.planted["row"] == 0]
    for rule in ("identical_answers", "missing_answers", "missing_answers_of_facilitator", "suspected_codebook"):
        planted, found = (table[table["rule"] == rule] for table in (told, sent.findings))
        assert set(planted["facilitator_id"]) == set(found["facilitator_id"]), rule
        assert set(planted["question"]) == set(found["column"]), rule
    suspected = sent.findings.loc[sent.findings["rule"] == "suspected_codebook", "source_file"]
    assert suspected.str.contains(told.loc[told["rule"] == "suspected_codebook", "file"].iloc[0]).all()
    assert sent.counts["assessments"]["identical_repeats"] == (told["rule"] == "identical_repeats").sum()
    assert set(sent.counts["privacy"]) == set(told.loc[told["rule"] == "privacy", "column"])
    assert sent.counts["masked"] == {told.loc[told["rule"] == "masked", "column"].iloc[0]: 3}


def test_nothing_else_is_set_aside_but_what_decision_12_leaves_unread(sent):
    everything = sent.quarantine.merge(sent.planted[CELL], on=CELL, how="left", indicator=True)
    alarms = everything[everything["_merge"] == "left_only"]
    # Simulated families lose goods, too; and a column with nothing but crosses says neither yes nor no.
    assert set(alarms["rule"]) <= {"assets_lost", "not_an_allowed_answer"}
    assert set(alarms.loc[alarms["rule"] == "not_an_allowed_answer", "found"]) <= {"x", "-"}
    cells = len(sent.read) * len(sent.read.columns)
    assert len(alarms) < cells / 1000


def test_rounded_incomes_are_told_apart_from_faults(sent):
    heaped = sent.planted[sent.planted["rule"] == NO_FAULT]
    assert len(heaped) > 10
    assert sent.quarantine.merge(heaped[CELL[:-1]], on=CELL[:-1]).empty


def test_every_other_answer_is_read_as_it_was_given(sent):
    """Eight ways of writing a number, a date and a yes are one answer again."""
    key = ["household_id", "assessment_date"]
    faulty = sent.quarantine["question"].unique()
    same = [
        name
        for name in ("hh_size", "food_spend_month_idr", "n_65plus", "wall", "cooking_fuel", "food_worry_12m", "has_car")
        if name not in faulty
    ]
    both = sent.read.merge(sent.truth, on=key, suffixes=("", "_given"))
    assert len(both) > 1100
    copied = both["facilitator_id"] == sent.findings.query("rule == 'identical_answers'")["facilitator_id"].iloc[0]
    for name in same:
        given, read = (both.loc[~copied, column].astype("object") for column in (f"{name}_given", name))
        assert ((given == read) | (given.isna() & read.isna())).mean() > 0.99, name
