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
    """Everybody is followed here, so that shares of a small province mean something."""
    visits = jamsosratu.simulation.visits.model_copy(update={"comparison": 1.0})
    params = jamsosratu.simulation.model_copy(update={"visits": visits})
    return simulate(jamsosratu.instrument, params, households=4000, waves=3, seed=7)
