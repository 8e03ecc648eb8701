import pandas as pd

from graduation_model.evaluation.leak import leak_warnings
from graduation_model.evaluation.params import EvaluationParams

PARAMS = EvaluationParams(leak_auc=0.9)


def evaluation(**changes: object) -> pd.DataFrame:
    row = {"model": "lightgbm", "group": "all", "metric": "auc", "test_year": 2016, "value": 0.93, "baseline": ""}
    return pd.DataFrame([{**row, **changes}])


def test_a_forecast_that_is_too_good_is_named_with_its_year():
    (warning,) = leak_warnings(evaluation(), PARAMS)
    assert warning.startswith("lightgbm reaches an AUC of 0.93 on the cohort of 2016, above 0.9")


def test_a_believable_forecast_is_left_alone():
    assert leak_warnings(evaluation(value=0.9), PARAMS) == ()


def test_other_metrics_differences_and_small_groups_are_left_alone():
    for changes in ({"metric": "share_positive"}, {"baseline": "random"}, {"group": "head_sex"}):
        assert leak_warnings(evaluation(**changes), PARAMS) == ()
