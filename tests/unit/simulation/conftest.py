"""One small province for the tests that only look at it."""

from __future__ import annotations

from pathlib import Path

import pytest

from graduation_model.config import load_programme
from graduation_model.simulation import simulate

JAMSOSRATU = Path(__file__).parents[3] / "configs" / "jamsosratu"


@pytest.fixture(scope="session")
def jamsosratu():
    return load_programme(JAMSOSRATU)


@pytest.fixture(scope="session")
def province(jamsosratu):
    return simulate(jamsosratu.instrument, jamsosratu.simulation, households=4000, waves=3, seed=7)


@pytest.fixture(scope="session")
def quiet(jamsosratu):
    """A province without drift, styles, selection and informative loss; neighbours have nothing in common either."""
    alone = jamsosratu.simulation.welfare.model_copy(update={"village_share": 0.0})
    params = jamsosratu.simulation.model_copy(update={"province": "quiet", "welfare": alone})
    return simulate(jamsosratu.instrument, params, households=4000, waves=2, seed=5)
