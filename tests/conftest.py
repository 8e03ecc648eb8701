"""What every test may lean on: tests/lib on the path, and no MLflow that asks the network."""

import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))
# The machines are shared: how long an example takes says nothing.
settings.register_profile("shared", deadline=None)
settings.load_profile("shared")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MPLBACKEND", "Agg")


@pytest.hookimpl(tryfirst=True)  # xdist writes the groups into the names of the tests after it
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give all tests of the small year to one process, and those of one file to one: what they share is made once."""
    for item in items:
        shared = "year" if "year" in getattr(item, "fixturenames", ()) else item.nodeid.split("::")[0]
        item.add_marker(pytest.mark.xdist_group(shared))
