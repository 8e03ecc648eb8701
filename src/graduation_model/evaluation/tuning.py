"""Training rows in, settings that forecast them better out: Optuna, on nothing that a report tests.

What is tuned is the bundle's model. A trial is judged by the log-loss of its own cross-fitted scores, households and
clusters apart, on the rows known at the end of the *first test year*: no outcome of a reported year is looked at, no
tree is stopped early, and the balance of the classes stays as it is. The first trial is the programme's own settings,
so that tuning never chooses something worse by its own measure.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from graduation_model.estimators.combination import combine
from graduation_model.estimators.models import make_learners
from graduation_model.estimators.params import EstimatorParams
from graduation_model.estimators.stack import cross_fitted_folds
from graduation_model.estimators.training_set import TrainingSet
from graduation_model.features.catalogue import Catalogue

if TYPE_CHECKING:
    import optuna

logger = logging.getLogger(__name__)

# Trials before any is cut short: a median of fewer says nothing.
STARTUP = 5


@dataclass(frozen=True)
class Tuned:
    """What tuning came to.

    Attributes
    ----------
    params : EstimatorParams
        The programme's, with the settings that did best.
    trials, pruned : int
    loss, default_loss : float
        Cross-fitted log-loss of the best trial, and of the programme's own settings.
    settings : dict
        What differs from the programme's: name -> value.
    """

    params: EstimatorParams
    trials: int
    pruned: int
    loss: float
    default_loss: float
    settings: dict[str, Any] = field(default_factory=dict)


class Tuning:
    """A search that can be interrupted and taken up again.

    Parameters
    ----------
    training : TrainingSet
        What was known at the end of the first test year.
    params : EstimatorParams
    catalogue : Catalogue
    storage : Path
        A SQLite file; trials that stand in it are not repeated.
    name : str
        Of the study: other data or settings are another study.
    """

    def __init__(
        self, training: TrainingSet, params: EstimatorParams, catalogue: Catalogue, *, storage: Path, name: str
    ) -> None:
        self.training, self.params, self.catalogue = training, params, catalogue
        self.study = _open(storage, name)
        if not self.study.get_trials(deepcopy=False):
            self.study.enqueue_trial(_own_settings(params))

    def run(self, trials: int) -> Iterator[int]:
        """Do what is left of so many trials; yields the number of each when it is done."""
        import optuna

        done = sum(trial.state.is_finished() for trial in self.study.get_trials(deepcopy=False))
        yield from range(min(done, trials))
        for number in range(done, trials):
            # Seeded a trial, not a run: an interrupted search goes on as it would have gone.
            self.study.sampler = optuna.samplers.TPESampler(seed=self.params.seed % 2**31 + number)
            self.study.optimize(self._objective, n_trials=1)
            yield number

    def _objective(self, trial: optuna.Trial) -> float:
        import optuna

        params = _suggested(trial, self.params)
        model = make_learners(params, self.catalogue)[params.model]
        own = self.training
        for step, so_far in enumerate(cross_fitted_folds(model, self.training)):
            fold, scores = so_far
            seen = ~np.isnan(scores[:, 0])
            if len(np.unique(own.y[seen])) == 2:
                trial.report(self._loss(scores, seen, seen, params), step)
                if trial.should_prune():
                    raise optuna.TrialPruned
        numbers = np.unique(fold)
        losses = [self._loss(scores, fold != number, fold == number, params) for number in numbers]
        return float(np.average(losses, weights=[own.weight[fold == number].sum() for number in numbers]))

    def _loss(self, scores: np.ndarray, kept: np.ndarray, out: np.ndarray, params: EstimatorParams) -> float:
        """Log-loss on some rows of the combination fitted on others."""
        own, pull = self.training, params.stack.pull if params.stack is not None else 0.0
        made = combine(scores[kept], own.y[kept], own.weight[kept], pull=pull)
        line = made.intercept + scores[out] @ np.array(made.weights)
        return float(np.average(np.logaddexp(0, line) - own.y[out] * line, weights=own.weight[out]))

    def result(self) -> Tuned:
        """Return the settings of the best finished trial."""
        import optuna

        trials = self.study.get_trials(deepcopy=False)
        best = self.study.best_trial
        own = _own_settings(self.params)
        settings = {name: value for name, value in best.params.items() if value != own.get(name)}
        return Tuned(
            params=_with(self.params, best.params),
            trials=len(trials),
            pruned=sum(trial.state == optuna.trial.TrialState.PRUNED for trial in trials),
            loss=float(self.study.best_value),
            default_loss=float(trials[0].value or np.nan),
            settings=settings,
        )


def _open(storage: Path, name: str) -> optuna.Study:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return optuna.create_study(
            study_name=name,
            storage=f"sqlite:///{storage}",
            load_if_exists=True,
            direction="minimize",
            pruner=optuna.pruners.MedianPruner(n_startup_trials=STARTUP),
        )


# setting -> (low, high, on a logarithmic scale); whole numbers where the bounds are.
SPACE: dict[str, tuple[float, float, bool]] = {
    "lightgbm.rounds": (50, 500, True),
    "lightgbm.learning_rate": (0.01, 0.1, True),
    "lightgbm.leaves": (3, 16, True),
    "lightgbm.min_in_leaf": (10, 200, True),
    "lightgbm.feature_fraction": (0.2, 1.0, False),
    "lightgbm.l2": (0.1, 100.0, True),
    "logistic.c": (0.001, 1.0, True),
    "stack.pull": (1.0, 1000.0, True),
}


def _rooms(params: EstimatorParams) -> tuple[str, ...]:
    return ("lightgbm", "logistic", "stack") if params.model == "stack" else (params.model,)


def _own_settings(params: EstimatorParams) -> dict[str, Any]:
    """The programme's own settings, drawn into the space where they lie outside."""
    own = {}
    for name, (low, high, _) in SPACE.items():
        room, setting = name.split(".")
        if room in _rooms(params):
            own[name] = type(low)(min(max(getattr(getattr(params, room), setting), low), high))
    return own


def _suggested(trial: optuna.Trial, params: EstimatorParams) -> EstimatorParams:
    chosen: dict[str, Any] = {}
    for name, (low, high, logarithmic) in SPACE.items():
        if name.split(".")[0] in _rooms(params):
            suggest = trial.suggest_int if isinstance(low, int) else trial.suggest_float
            chosen[name] = suggest(name, low, high, log=logarithmic)  # type: ignore[arg-type]
    return _with(params, chosen)


def _with(params: EstimatorParams, chosen: dict[str, Any]) -> EstimatorParams:
    rooms = {name.split(".")[0] for name in chosen}
    changed = {
        room: getattr(params, room).model_copy(
            update={name.split(".")[1]: value for name, value in chosen.items() if name.split(".")[0] == room}
        )
        for room in rooms
    }
    return params.model_copy(update=changed)
