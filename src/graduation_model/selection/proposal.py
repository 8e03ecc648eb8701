"""Ready families and rules in, the best list and what each rule costs out.

The best list has the most expected sustained exits, counted in millionths. All of the ready are past the line at which
graduating costs less than keeping; how heavy an error weighs is spent on that line, and is not counted again here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from graduation_model.errors import ConfigError
from graduation_model.selection.limits import Limit, ceilings_of
from graduation_model.selection.optimum import Infeasible, Optimum, TooHard, best_list, can_hold

IN_ONE = 1_000_000
# Which of the rules that keep a ready family out is named: the one about fewest families.
WAITS_FOR = {
    "spread": "over_spread",
    "district_max": "over_area",
    "floor": "over_floor",
    "budget": "over_budget",
    "quota": "over_quota",
}


def propose(probability: np.ndarray, limits: Sequence[Limit]) -> Optimum:
    """Return the best list.

    Parameters
    ----------
    probability : array (n_ready,)
        In order of rank.
    limits : sequence of Limit

    Raises
    ------
    ConfigError
        Where no list keeps all rules: it names the fewest that cannot hold together. Nobody is made ready for a rule.
        Where the best list cannot be worked out, which only many small groups that cross each other have brought about.
    """
    gain = np.round(probability * IN_ONE).astype(np.int64)
    try:
        return best_list(gain, ceilings_of(limits, len(gain)))
    except Infeasible:
        raise _conflict(limits, len(gain)) from None
    except TooHard:
        raise ConfigError(
            f"The best list of {len(gain):,} ready families under {len(limits)} rules could not be worked out",
            where="programme.yaml: selection",
            mend="Spread over groups of which each lies within one of the other (a facilitator within one district, "
            "a village with one facilitator), over fewer of them, or take one rule out",
        ) from None


def _conflict(limits: Sequence[Limit], ready: int) -> ConfigError:
    """The fewest rules that cannot hold together: each is needed, without any one of them there is a list."""
    kept = list(limits)
    for limit in limits:
        others = [one for one in kept if one is not limit]
        if not can_hold(ceilings_of(others, ready)):
            kept = others
    said = [f"{_name(limit)} ({_says(limit)})" for limit in kept]
    return ConfigError(
        f"With {ready} ready families no list keeps {'these rules together' if len(said) > 1 else 'this rule'}: "
        f"{', '.join(said)}",
        where="programme.yaml: selection",
        mend="Change one of them. Nobody is called ready to meet a rule",
    )


def _name(limit: Limit) -> str:
    return f"{limit.rule} {limit.level}".strip() if limit.kind != "floor" else f"floor {limit.level}"


def _says(limit: Limit) -> str:
    if limit.kind in ("district_min", "floor"):
        share = f"{limit.limit:.0%} of the list" if limit.of_list else f"at least {limit.limit:g}"
        return f"{share}, {limit.most():g} are ready"
    return f"at most {limit.limit:,.0f}"


def waits_for(limits: Sequence[Limit], chosen: np.ndarray) -> np.ndarray:
    """Return, for each ready family, the code of a rule that the list would break with it."""
    codes = np.full(len(chosen), "over_quota", dtype=object)
    for kind, code in reversed(WAITS_FOR.items()):
        for limit in limits:
            if limit.kind == kind:
                codes[limit.broken_by(chosen)] = code
    return codes
