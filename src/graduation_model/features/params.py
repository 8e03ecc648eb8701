"""Settings of the feature room."""

from __future__ import annotations

from graduation_model.contract.instrument import Direction
from graduation_model.params import Label, Params


class Ratio(Params):
    """A composition feature: one number over another, put to the account of one question."""

    name: str
    numerator: str
    denominator: str
    question: str
    label: Label
    direction: Direction = "free"


class FeatureParams(Params):
    """Which features follow from the instrument.

    Parameters
    ----------
    protected
        Protected questions that the programme lets in, against the default.
    exclude
        Further questions left out.
    history
        Questions whose answer at the previous assessment, and the change since, are features.
    neighbours
        Questions whose mean over the other families of the cluster is a feature.
    ratios
        Composition and crowding.
    adjusted
        Judgements of the facilitator's that count as their distance from what the same facilitator judged of the other
        families of the wave, instead of as they stand. `cohort.cluster` is then who visited.
    """

    protected: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    history: tuple[str, ...] = ()
    neighbours: tuple[str, ...] = ()
    ratios: tuple[Ratio, ...] = ()
    adjusted: tuple[str, ...] = ()
