"""Where families live and who visits them: districts' weights in, codes and facilitators out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from graduation_model.simulation.params import SimulationParams


@dataclass(frozen=True)
class Places:
    """Where each family lives, whether or not it is ever assessed.

    Attributes
    ----------
    codes : frame (n_villages, 4)
        district_code, subdistrict_code, village_code, facilitator_id of each village.
    district, village, facilitator : int array (n_families,)
    n_villages, n_facilitators : int
    """

    codes: pd.DataFrame
    district: np.ndarray
    village: np.ndarray
    facilitator: np.ndarray
    n_villages: int
    n_facilitators: int


def draw_places(families: int, params: SimulationParams, *, households: int, rng: np.random.Generator) -> Places:
    """Give each of `families` a district, a village and a facilitator; caseloads fit `households` at a time."""
    weight = np.array([district.weight for district in params.districts])
    weight = weight / weight.sum()
    facilitators = np.maximum(1, np.rint(weight * households / params.caseload)).astype(int)
    district = np.repeat(np.arange(len(weight)), facilitators)
    chance = _caseloads(district, weight, params, rng)
    facilitator = np.searchsorted(np.cumsum(chance), rng.random(families) * chance.sum(), side="right")
    facilitator = np.minimum(facilitator, len(chance) - 1)
    per = params.villages_per_facilitator
    village = facilitator * per + rng.integers(per, size=families)
    codes = _codes(district, params)
    return Places(
        codes=codes,
        district=district[facilitator],
        village=village,
        facilitator=facilitator,
        n_villages=len(codes),
        n_facilitators=len(district),
    )


def _caseloads(
    district: np.ndarray, weight: np.ndarray, params: SimulationParams, rng: np.random.Generator
) -> np.ndarray:
    """Chance of each facilitator; a district's sum to its weight, so that uneven caseloads leave its share alone."""
    uneven = rng.gamma((params.caseload / params.caseload_spread) ** 2, size=len(district))
    return weight[district] * uneven / np.bincount(district, weights=uneven)[district]


def _codes(district: np.ndarray, params: SimulationParams) -> pd.DataFrame:
    """The codes of every village in BPS's manner: 4 digits the district, 3 more the subdistrict, 3 more the village."""
    number = np.arange(len(district)) - np.searchsorted(district, district)
    subdistricts = np.array([one.subdistricts for one in params.districts])[district]
    per = params.villages_per_facilitator
    facilitator = np.repeat(np.arange(len(district)), per)
    village = (number // subdistricts)[facilitator] * per + np.tile(np.arange(per), len(district)) + 1
    names = pd.Series([one.code for one in params.districts], dtype="str")
    code = names.iloc[district[facilitator]].reset_index(drop=True)
    subdistrict = code + _digits((number % subdistricts)[facilitator] * 10 + 10, 3)
    return pd.DataFrame(
        {
            "district_code": code,
            "subdistrict_code": subdistrict,
            "village_code": subdistrict + _digits(village, 3),
            "facilitator_id": "F" + _digits(facilitator + 1, 4),
        }
    )


def _digits(numbers: np.ndarray, width: int) -> pd.Series:
    return pd.Series(numbers).astype("str").str.zfill(width)
