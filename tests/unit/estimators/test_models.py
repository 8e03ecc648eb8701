import pytest

from graduation_model.errors import ModelError
from graduation_model.estimators.models import main_features, make_models
from graduation_model.estimators.params import EstimatorParams
from graduation_model.features.catalogue import catalogue
from lib.learning import small_catalogue, training
from lib.small import feature_params, small_instrument

POINTS = EstimatorParams(weighted_sum={"status": 3.0, "income": 1.0}, pmt_exclude=("status", "income"))


def test_every_model_of_the_tables_is_made_under_its_name():
    models = make_models(POINTS, small_catalogue(), status_question="status")
    assert list(models) == ["lightgbm", "logistic", "pmt", "weighted_sum", "status_now", "random"]
    assert all(name == model.name for name, model in models.items())


def test_there_is_no_weighted_sum_without_points():
    assert "weighted_sum" not in make_models(EstimatorParams(), small_catalogue(), status_question="status")


def test_there_is_no_status_now_where_the_status_is_no_feature():
    without = catalogue(small_instrument(), feature_params(exclude=("status",), history=()))
    assert "status_now" not in make_models(EstimatorParams(), without, status_question="status")


def test_money_stands_by_its_rank_and_a_choice_by_no_single_feature():
    main = main_features(small_catalogue().table)
    assert main == {"status": "status", "size": "size", "rooms": "rooms", "income": "income__rank", "member": "member"}


def test_the_proxy_means_test_sees_neither_money_nor_status_nor_last_year():
    pmt = make_models(POINTS, small_catalogue(), status_question="status")["pmt"]
    assert pmt.features == ("size", "rooms", "floor=earth", "floor=cement", "member", "crowding")


def test_a_ratio_leaves_the_proxy_means_test_with_either_of_its_questions():
    params = EstimatorParams(pmt_exclude=("size",))
    pmt = make_models(params, small_catalogue(), status_question="status")["pmt"]
    assert not {"size", "crowding"} & set(pmt.features)


def test_points_for_a_choice_without_order_are_an_error():
    with pytest.raises(ModelError, match="Points for floor, which is no feature with an order"):
        make_models(EstimatorParams(weighted_sum={"floor": 1.0}), small_catalogue(), status_question="status")


def test_settings_and_directions_reach_the_trees():
    params = EstimatorParams(lightgbm={"rounds": 7, "leaves": 3}, seed=5)
    trees = make_models(params, small_catalogue(), status_question="status")["lightgbm"].component
    assert (trees.rounds, trees.leaves, trees.seed, trees.signs) == (7, 3, 5, small_catalogue().signs)


def test_every_model_fits_the_same_rows():
    rows = training(250)
    for model in make_models(POINTS, small_catalogue(), status_question="status").values():
        assert model.fit(rows).log_odds(rows.X).shape == (250,)
