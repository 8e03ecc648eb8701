import pytest

from graduation_model.estimators.params import EstimatorParams, LightGBMParams, StackParams
from graduation_model.evaluation.tuning import Tuning
from lib.learning import small_catalogue, training

QUICK = LightGBMParams(rounds=50, min_in_leaf=10)


def params(model: str = "logistic") -> EstimatorParams:
    members = [{"name": "own", "kind": "logistic"}, {"name": "next", "kind": "logistic", "label": "next_wave"}]
    stack = StackParams(components=members) if model == "stack" else None
    return EstimatorParams(model=model, stack=stack, lightgbm=QUICK, calibration_folds=3)


def search(folder, model: str = "logistic") -> Tuning:
    return Tuning(training(), params(model), small_catalogue(), storage=folder / "tuning.db", name="study")


def trials(tuning: Tuning) -> list[tuple]:
    return [(trial.params, trial.value) for trial in tuning.study.get_trials()]


@pytest.mark.parametrize("model", ["logistic", "lightgbm", "stack"])
def test_the_programmes_own_settings_are_the_first_trial_and_never_beaten_by_a_worse_one(model, tmp_path):
    tuning = search(tmp_path, model)
    assert list(tuning.run(3)) == [0, 1, 2]
    found = tuning.result()
    assert tuning.study.get_trials()[0].params["logistic.c" if model != "lightgbm" else "lightgbm.rounds"] in (0.02, 50)
    assert found.loss <= found.default_loss
    assert found.trials == 3


def test_an_interrupted_search_goes_on_as_it_would_have_gone(tmp_path):
    (tmp_path / "whole").mkdir()
    whole = search(tmp_path / "whole")
    list(whole.run(4))
    interrupted = search(tmp_path).run(4)
    next(interrupted), next(interrupted)
    taken_up = search(tmp_path)
    assert list(taken_up.run(4)) == [0, 1, 2, 3]
    assert trials(taken_up) == trials(whole)


def test_only_the_settings_of_the_bundles_model_are_searched(tmp_path):
    tuning = search(tmp_path)
    list(tuning.run(2))
    assert set(tuning.study.best_trial.params) == {"logistic.c"}
    assert tuning.result().params.lightgbm == QUICK
