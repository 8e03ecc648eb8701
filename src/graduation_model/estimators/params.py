"""Settings of the estimators."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from graduation_model.params import Params


class LightGBMParams(Params):
    """A small, strongly regularised ensemble: a programme's own cohorts hold hundreds of families, not millions."""

    rounds: int = Field(default=200, gt=0)
    learning_rate: float = Field(default=0.03, gt=0)
    leaves: int = Field(default=8, ge=2)
    min_in_leaf: int = Field(default=40, ge=1)
    feature_fraction: float = Field(default=0.5, gt=0, le=1)
    bagging_fraction: float = Field(default=0.8, gt=0, le=1)
    l2: float = Field(default=10.0, ge=0)


class LogisticParams(Params):
    """The scorecard: ridge-penalised logistic regression on standardised features."""

    c: float = Field(default=0.02, gt=0)


class ComponentParams(Params):
    """One member of the stack.

    Parameters
    ----------
    kind
        `lightgbm` or `logistic`, with the settings that the model of that name has.
    label
        `own`: the programme's label; `next_wave`: the status one wave later.
    population
        Whose rows it learns from: the `programme`'s families, or `everybody` who was assessed again.
    min_rows
        With fewer labelled rows it is left out, and the card says so.
    max_rows
        It learns from so many rows at most, drawn by lot; None: from all.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    kind: Literal["lightgbm", "logistic"]
    label: Literal["own", "next_wave"] = "own"
    population: Literal["programme", "everybody"] = "programme"
    min_rows: int = Field(default=200, gt=0)
    max_rows: int | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _own_is_the_programmes(self) -> ComponentParams:
        if self.label == "own" and self.population == "everybody":
            raise ValueError(f"component '{self.name}': the own label is the programme's; everybody has next_wave")
        return self


class StackParams(Params):
    """The additive stack: its components, and how they are combined.

    Parameters
    ----------
    pull
        How many rows' worth of evidence says beforehand that all components are alike.
    caution
        By how many standard errors the spread of the log-odds is drawn in.
    """

    components: tuple[ComponentParams, ...] = Field(
        default=(
            ComponentParams(name="own_linear", kind="logistic"),
            ComponentParams(name="own_trees", kind="lightgbm"),
            ComponentParams(name="next_linear", kind="logistic", label="next_wave", population="everybody"),
            ComponentParams(name="next_trees", kind="lightgbm", label="next_wave", population="everybody"),
        ),
        min_length=1,
    )
    pull: float = Field(default=10.0, ge=0)
    caution: float = Field(default=1.0, ge=0)

    @model_validator(mode="after")
    def _names_differ(self) -> StackParams:
        names = [component.name for component in self.components]
        if len(set(names)) < len(names):
            raise ValueError("two components of the stack have one name")
        return self


class IntervalParams(Params):
    """The interval around each family's chance.

    Parameters
    ----------
    level
        The share of families whose true chance, given their answers, it means to hold.
    steps
        Parts that a many-valued feature is cut into.
    cosines
        Terms that mix features; more see finer interactions and cost time.
    """

    level: float = Field(default=0.9, gt=0.5, lt=1)
    steps: int = Field(default=8, ge=2)
    cosines: int = Field(default=300, ge=0)


class FollowUpParams(Params):
    """Weights for families that were lost to follow-up.

    Parameters
    ----------
    weights
        Whether the families whose outcome is known stand for those that were lost. Off where the loss is a survey's
        own rotation rather than something that happened to families.
    most_lost
        Above this share lost all weigh the same, and bounds are given instead.
    truncate
        Weights are cut off at this share from both ends.
    folds
        Of the cross-fitted probability of being followed.
    """

    weights: bool = True
    most_lost: float = Field(default=0.4, ge=0, lt=1)
    truncate: float = Field(default=0.01, ge=0, lt=0.5)
    folds: int = Field(default=5, ge=2)


class EstimatorParams(Params):
    """Which model is the bundle, and how the models and baselines are made.

    Parameters
    ----------
    model
        The one that the bundle holds.
    stack
        The additive stack; None: it is neither fitted nor compared.
    weighted_sum
        Question -> points between its lowest and its highest answer: the programme's hand-weighted sum, as used today.
    pmt_exclude
        Questions that a proxy means test may not see: money and status, which it is meant to stand in for.
    calibration_folds
        Folds of the cross-fitted slope and intercept; households and clusters apart.
    intervals
        How the interval around each family's chance is made.
    follow_up
        How families that were lost to follow-up are made up for.
    """

    model: Literal["stack", "lightgbm", "logistic"] = "lightgbm"
    stack: StackParams | None = None
    lightgbm: LightGBMParams = LightGBMParams()
    logistic: LogisticParams = LogisticParams()
    weighted_sum: dict[str, float] = {}
    pmt_exclude: tuple[str, ...] = ()
    calibration_folds: int = Field(default=5, ge=2)
    intervals: IntervalParams = IntervalParams()
    follow_up: FollowUpParams = FollowUpParams()
    seed: int = 20201215

    @model_validator(mode="after")
    def _stack_is_declared(self) -> EstimatorParams:
        if self.model == "stack" and self.stack is None:
            raise ValueError("model: stack needs estimators.stack, which may be empty braces")
        return self
