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
