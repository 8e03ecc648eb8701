"""Follow-ups and decisions that cannot be right, each planted once in an invented folder: what is said of them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from graduation_model.cli import main
from graduation_model.config import load_programme
from graduation_model.ingest.load import load_tables
from graduation_model.simulation import simulate

PROGRAMME = load_programme(Path(__file__).parents[2] / "configs" / "jamsosratu")
DERIVED = "welfare_to_line"
SAID = ("currency", "poverty_line", DERIVED)

# what is planted (row of the follow-ups -> its changes), column, rule, what becomes of it
FOLLOWUPS = [
    ("a family never assessed", {"household_id": "S9999999"}, "household_id", "never_assessed", "row_set_aside"),
    ("before its decision", {"followup_date": "2020-12-31"}, "followup_date", "before_decision", "row_set_aside"),
    ("no decision on file", {"decision": None}, "household_id", "not_decided", "kept"),
    ("twice on a day, saying different things", {"twice": True}, "household_id", "duplicate_key", "row_set_aside"),
    ("by the proposer, who says to be another", {"visitor_id": "proposer"}, "observer_independent", "by_proposer",
     "answer_set_aside"),
    ("amounts in dollars", {"currency": "USD"}, "currency", "other_currency", "row_set_aside"),
    ("measured against another line", {"poverty_line": "ppp_3.00"}, "poverty_line", "other_poverty_line",
     "row_set_aside"),
    ("a ratio against another line", {DERIVED: 1.3}, DERIVED, "other_line", "kept"),
]  # fmt: skip
DECISIONS = [
    ("a family never assessed", {"household_id": "S9999998"}, "household_id", "never_assessed", "row_set_aside"),
    ("an unknown reason", {"reason_code": "because"}, "reason_code", "unknown_reason_code", "answer_set_aside"),
]


@pytest.fixture(scope="module")
def province():
    visits = PROGRAMME.simulation.visits.model_copy(update={"retained": 1.0, "lost": 0.0, "moved": 0.0})
    params = PROGRAMME.simulation.model_copy(update={"visits": visits})
    return simulate(PROGRAMME.instrument, params, households=60, waves=1, seed=1, given_answers=0)


def write(folder: Path, province, followups: pd.DataFrame, decisions: pd.DataFrame) -> Path:
    derived = [question.name for question in PROGRAMME.instrument.questions if question.derived]
    province.assessments.drop(columns=derived).to_parquet(folder / "assessments.parquet")
    province.poverty_lines.to_parquet(folder / "poverty_lines.parquet")
    followups.to_parquet(folder / "followups.parquet")
    decisions.to_parquet(folder / "decisions.parquet")
    return folder


def load(folder: Path, params=PROGRAMME.ingest):
    return load_tables(folder, instrument=PROGRAMME.instrument, params=params, codebooks=PROGRAMME.codebooks)


@pytest.fixture(scope="module")
def planted(province, tmp_path_factory):
    """Every fault in a row of its own; the rows are met visits of families of which nothing else is wrong."""
    met = province.followups[(province.followups["followup_status"] == "interviewed").to_numpy()]
    met = met.drop_duplicates("household_id").reset_index(drop=True)
    # Only the row with another line says a ratio of its own.
    met = met.assign(currency="IDR", poverty_line=None, **{DERIVED: None}).astype(dict.fromkeys(SAID, "object"))
    proposer = province.assessments.set_index("household_id")["facilitator_id"]
    met = met.assign(observer_independent="yes", visitor_id="KAB", followup_date=met["followup_date"].astype("object"))
    decisions, rows, twice = province.decisions.copy(), {}, []
    for row, (story, changes, *_) in enumerate(FOLLOWUPS):
        family = met.at[row, "household_id"]
        rows[story] = row + 1
        for column, value in changes.items():
            if column == "decision":
                decisions = decisions[decisions["household_id"] != family]
            elif column == "twice":
                twice = [met.iloc[row].to_dict() | {"hh_size": 24}]
            else:
                met.at[row, column] = proposer[family] if value == "proposer" else value
    met = pd.concat([met, pd.DataFrame(twice)], ignore_index=True)
    met["followup_date"] = pd.to_datetime(met["followup_date"])
    decisions = decisions.reset_index(drop=True).astype({"reason_code": "object"})
    decisions = pd.concat([decisions, decisions.tail(1)], ignore_index=True)
    for row, (_, changes, *_) in enumerate(DECISIONS, start=1):
        for column, value in changes.items():
            decisions.loc[len(decisions) - row, column] = value
    folder = write(tmp_path_factory.mktemp("planted"), province, met, decisions)
    return load(folder), rows, len(met), len(decisions), folder


def of_table(tables, name: str) -> pd.DataFrame:
    return tables.quarantine[tables.quarantine["source_file"].str.startswith(name)]


@pytest.mark.parametrize(("story", "changes", "column", "rule", "effect"), FOLLOWUPS, ids=[one[0] for one in FOLLOWUPS])
def test_a_follow_up_that_cannot_be_right_is_named(planted, story, changes, column, rule, effect):
    tables, rows, *_ = planted
    found = of_table(tables, "followups")
    found = found[found["rule"] == rule]
    assert len(found) == (2 if "twice" in changes else 1)
    assert found["source_row"].iloc[0] == rows[story]
    assert found[["question", "effect"]].drop_duplicates().to_numpy().tolist() == [[column, effect]]
    assert (found["mend"] != "").all()


@pytest.mark.parametrize(("story", "changes", "column", "rule", "effect"), DECISIONS, ids=[one[0] for one in DECISIONS])
def test_a_decision_that_cannot_be_right_is_named(planted, story, changes, column, rule, effect):
    found = of_table(planted[0], "decisions")
    assert found.loc[found["rule"] == rule, ["question", "effect"]].to_numpy().tolist() == [[column, effect]]


def test_nothing_else_is_said_and_the_rows_are_counted(planted):
    tables, _, followups, decisions, _ = planted
    assert len(of_table(tables, "followups")) == len(FOLLOWUPS) + 1
    assert len(of_table(tables, "decisions")) == len(DECISIONS)
    aside = sum(effect == "row_set_aside" for *_, effect in FOLLOWUPS) + 1
    assert tables.counts["followups"]["rows_set_aside"] == aside
    assert len(tables.followups) == followups - aside
    assert len(tables.decisions) == decisions - 1


@pytest.mark.parametrize("command", ["due", "outcomes"])
def test_the_commands_say_how_many_were_set_aside(planted, command, tmp_path, capsys):
    *_, followups, decisions, folder = planted
    words = ["--programme", "jamsosratu", "--data", str(folder), "--as-of", "2021-07-20"]
    assert main([command, *words, "--out", str(tmp_path / "out")]) == 0
    assert f"Set aside: 6 of {followups} followups, 1 of {decisions} decisions;" in capsys.readouterr().out


@pytest.mark.parametrize(("command", "more"), [("due", ["--effective", "2021-02-01"]), ("outcomes", [])])
def test_a_list_that_is_gone_is_refused_with_a_mend(planted, command, more, tmp_path, capsys):
    words = ["--programme", "jamsosratu", "--data", str(planted[-1]), "--as-of", "2021-07-20", *more]
    assert main([command, *words, "--selection", str(tmp_path / "gone"), "--out", str(tmp_path / "out")]) == 2
    assert "Give a folder that 'select --out' wrote" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_proposers_visit_is_kept_as_no_independent_one_unless_the_programme_wants_none(planted, province, tmp_path):
    tables, *_ = planted
    assert tables.followups["observer_independent"].isna().sum() == 1
    strict = PROGRAMME.ingest.follow_up_rules.model_copy(update={"independent_only": True})
    visits = province.followups.assign(visitor_id="KAB")
    family = visits["household_id"].iloc[0]
    own = province.assessments.set_index("household_id").at[family, "facilitator_id"]
    visits.loc[visits["household_id"] == family, "visitor_id"] = own
    folder = write(tmp_path, province, visits, province.decisions)
    told = of_table(load(folder, PROGRAMME.ingest.model_copy(update={"follow_up_rules": strict})), "followups")
    assert told[["household_id", "rule", "effect"]].drop_duplicates().to_numpy().tolist() == [
        [family, "by_proposer", "row_set_aside"]
    ]
