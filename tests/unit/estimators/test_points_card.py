"""The points card: whole points, within directions, near the model."""

import numpy as np
import pandas as pd
import pytest

from graduation_model.errors import ModelError
from graduation_model.estimators.points_card import MOST_POINTS, MOST_STEPS, points_card
from graduation_model.evaluation.metrics import METRICS
from lib.learning import calibrated, features, small_catalogue, training


@pytest.fixture(scope="module")
def made():
    rows = training(600)
    model = calibrated("logistic", rows)
    return points_card(rows.X, model.log_odds(rows.X), small_catalogue()), model, rows


def test_points_are_small_whole_numbers_and_few_lines(made):
    card, _, _ = made
    points = [step.points for step in card.steps]
    assert all(isinstance(one, int) and 0 < abs(one) <= MOST_POINTS for one in points)
    assert len(points) <= MOST_STEPS


def test_only_what_one_visit_records_stands_on_the_card(made):
    table = small_catalogue().table.set_index("feature")
    assert {table.at[step.feature, "source"] for step in made[0].steps} <= {"answer", "level", "rank"}


def test_no_line_runs_against_its_questions_direction(made):
    signs = dict(zip(small_catalogue().names, small_catalogue().signs, strict=True))
    assert all(step.points * signs[step.feature] >= 0 for step in made[0].steps)
    # A model that falls with the status finds no step of it.
    rows = made[2]
    turned = points_card(rows.X, -rows.X["status"].fillna(1).to_numpy() + rows.X["size"].fillna(4).to_numpy() / 9,
                         small_catalogue())  # fmt: skip
    assert "status" not in {step.feature for step in turned.steps}


def test_the_card_orders_new_families_nearly_as_the_model_does(made):
    card, model, _ = made
    X = features(800, seed=9)
    likely = model.log_odds(X) > np.median(model.log_odds(X))
    assert METRICS["auc"](likely.astype(float), card.total(X)) > 0.85


def test_more_points_never_mean_a_smaller_chance(made):
    card, _, _ = made
    chances = card.chance(np.arange(card.lowest, card.highest + 1))
    assert (np.diff(chances) >= 0).all()
    assert ((chances > 0) & (chances < 1)).all()


def test_a_missing_answer_earns_nothing(made):
    card, _, _ = made
    nothing = pd.DataFrame(np.nan, index=[0], columns=list(small_catalogue().names))
    assert card.total(nothing).tolist() == [0.0]


def test_answers_that_tell_nobody_apart_make_no_card():
    X = features(50) * 0 + 1
    with pytest.raises(ModelError, match="No points card can be made"):
        points_card(X.fillna(1.0), np.zeros(50), small_catalogue())
