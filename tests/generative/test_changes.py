"""What would change a recommendation: only what a family can act on, really scored, and never more than needed."""

from __future__ import annotations

from functools import cache
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graduation_model.cohort.dates import as_of_dates
from graduation_model.config import Programme, load_programme
from graduation_model.estimators.bundle import Bundle, load_bundle
from graduation_model.explanation.changes import CHANGE_COLUMNS, changes
from graduation_model.explanation.moves import Moves, lines_by_area, movable, moves
from graduation_model.features.context import WaveContext, number, wave_context
from graduation_model.features.matrix import feature_matrix
from graduation_model.simulation import simulate

ROOT = Path(__file__).parents[2]


class Province:
    """A few hundred simulated families, the committed model, and a line in the midst of them."""

    def __init__(self) -> None:
        self.programme: Programme = load_programme(ROOT / "configs" / "jamsosratu")
        self.bundle: Bundle = load_bundle(ROOT / "models" / "jamsosratu-simulated" / "bundle")
        known = simulate(
            self.programme.instrument, self.programme.simulation, households=300, waves=3, seed=5
        ).assessments
        ends = as_of_dates(known, known["assessment_date"].max(), self.programme.cohort)
        self.context: WaveContext = wave_context(known, ends, self.bundle.catalogue, cluster="facilitator_id")
        by_date = known.sort_values("assessment_date", kind="stable")
        self.rows = by_date.drop_duplicates("household_id", keep="last").head(120).reset_index(drop=True)
        self.rows["percap_to_line"] = self.rows["income_month_idr"] / self.rows["hh_size"] / 400_000.0
        self.lines = lines_by_area(self.rows, self.programme.instrument, "district_code")
        self.now = self.log_odds(self.rows)
        self.line = float(np.quantile(self.now, 0.8))

    def log_odds(self, rows: pd.DataFrame) -> np.ndarray:
        return self.bundle.model.log_odds(feature_matrix(rows, self.context, self.bundle.catalogue))

    def steps(self, *, forwards: bool) -> Moves:
        return moves(
            self.rows, self.programme.instrument, self.bundle.catalogue, forwards=forwards, area_lines=self.lines
        )

    def changes(self, rows: pd.DataFrame, line: float) -> pd.DataFrame:
        return changes(self.bundle, rows, self.context, self.programme.instrument, line=line, area_lines=self.lines)


@cache
def province() -> Province:
    return Province()


def same(left: pd.Series, right: pd.Series) -> np.ndarray:
    return ((left == right) | (left.isna() & right.isna())).to_numpy(dtype=bool)


@given(st.booleans(), st.integers(0, 2**32 - 1))
@settings(max_examples=25)
def test_no_step_touches_a_fixed_protected_or_derived_answer_but_through_what_it_is_derived_from(
    forwards: bool, seed: int
) -> None:
    steps = province().steps(forwards=forwards)
    family = np.arange(len(steps.rows))
    chosen = np.random.default_rng(seed).random((len(family), len(steps.questions))) < 0.3
    before, after = steps.rows, steps.moved(family, chosen)
    moved = {question.name: chosen[:, place] for place, question in enumerate(steps.questions)}
    for name in before:
        question = province().programme.instrument.by_name.get(str(name))
        stays = same(before[name], after[name])
        allowed = moved.get(str(name), np.zeros(len(family), dtype=bool))
        if question is not None and question.derived:
            allowed = np.any([moved.get(part, allowed) for part in question.derived.parts], axis=0)
        if question is not None and question.asked_if:
            allowed = allowed | (after[question.asked_if.question] != question.asked_if.equals).to_numpy(dtype=bool)
        assert stays[~allowed].all(), name


def test_what_can_move_is_actionable_has_a_direction_and_is_nobodys_judgement() -> None:
    for question in movable(province().programme.instrument, province().bundle.catalogue):
        assert question.actionable != "no"
        assert question.direction != "free"
        fixed = (question.protected, question.blocked, question.subjective, question.derived is not None)
        assert not any(fixed)


@pytest.mark.parametrize("forwards", [True, False])
def test_a_step_goes_the_promised_way_and_stays_within_what_can_be_answered(forwards: bool) -> None:
    steps = province().steps(forwards=forwards)
    for place, question in enumerate(steps.questions):
        then, now = steps.then[:, place], number(steps.rows[question.name])
        some = ~np.isnan(then)
        assert (np.sign(then[some] - now[some]) == (question.sign if forwards else -question.sign)).all()
        assert (then[some] >= (question.minimum or 0)).all()
        assert (then[some] <= (question.maximum or np.inf)).all()


def answered(row: pd.DataFrame, told: pd.DataFrame) -> pd.DataFrame:
    """One family's answers after the steps that are told of it, typed in by hand."""
    row = row.copy()
    for step in told.itertuples(index=False):
        question = province().programme.instrument.by_name[step.question]
        row[step.question] = row[step.question].astype("object")
        row.loc[:, step.question] = step.then if question.levels else float(step.then)
        row[step.question] = row[step.question].astype(question.dtype())
        if step.question == "income_month_idr":
            row["percap_to_line"] = row["income_month_idr"] / row["hh_size"] / 400_000.0
    return row


def test_a_family_that_answers_so_gets_the_score_that_was_told() -> None:
    world = province()
    found = world.changes(world.rows, world.line)
    assert tuple(found.columns) == CHANGE_COLUMNS
    for household, told in found[found["direction"] == "to_ready"].groupby("household_id"):
        row = world.rows[world.rows["household_id"] == household].reset_index(drop=True)
        assert told["step"].tolist() == list(range(1, len(told) + 1))
        for upto in range(1, len(told) + 1):
            again = world.log_odds(answered(row, told.head(upto)))[0]
            assert again == pytest.approx(told["log_odds_then"].iloc[upto - 1], abs=1e-6)
        assert told["reaches"].iloc[0] == (told["log_odds_then"].iloc[-1] >= world.line)


def test_no_fewer_steps_reach_the_line_and_where_none_is_told_no_three_do() -> None:
    world = province()
    steps = world.steps(forwards=True)
    found = world.changes(world.rows, world.line).query("direction == 'to_ready'")
    for household, told in list(found.groupby("household_id"))[:12]:
        family = int(np.flatnonzero(world.rows["household_id"] == household)[0])
        places = np.flatnonzero(~np.isnan(steps.then[family]))
        fewer = len(told) - 1 if told["reaches"].iloc[0] else min(2, len(places))
        for size in range(1, fewer + 1):
            sets = list(combinations(places, size))
            member = np.zeros((len(sets), len(steps.questions)), dtype=bool)
            for row, one in enumerate(sets):
                member[row, list(one)] = True
            assert world.log_odds(steps.moved(np.full(len(sets), family), member)).max() < world.line


def test_a_family_is_told_the_same_alone_as_among_all() -> None:
    world = province()
    together = world.changes(world.rows, world.line)
    for place in range(0, 20, 4):
        alone = world.changes(world.rows.iloc[[place]], world.line)
        mine = together[together["household_id"] == world.rows["household_id"].iloc[place]].reset_index(drop=True)
        pd.testing.assert_frame_equal(alone, mine, rtol=1e-9)


def test_what_keeps_a_family_ready_lowers_its_score_each_by_itself() -> None:
    world = province()
    kept = world.changes(world.rows, world.line).query("direction == 'keeps_ready'")
    assert kept["household_id"].nunique() == pytest.approx((world.now >= world.line).sum(), abs=1)
    assert (kept["log_odds_then"] < kept["log_odds_now"]).all()
    assert ((kept["log_odds_then"] < world.line) == kept["reaches"]).all()


def test_nobody_at_all_is_a_table_without_rows() -> None:
    world = province()
    assert list(world.changes(world.rows.head(0), world.line).columns) == list(CHANGE_COLUMNS)
