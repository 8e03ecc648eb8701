from __future__ import annotations

import pytest

from graduation_model.reports.calibration_page import calibration_page, calibration_text
from graduation_model.simulation import Figure, calibration, simulate

FAR_OFF = {"drift"}


def test_the_honest_province_hits_what_was_aimed_at(province, jamsosratu):
    figures = calibration(province, jamsosratu.instrument, jamsosratu.simulation)
    outside = {figure.name for figure in figures if figure.inside is False}
    # Four thousand families scatter; the full province is looked at by `make bench`.
    assert outside <= FAR_OFF | {"district_share", "caseload_spread", "leniency", "discrimination", "caseload"}
    assert len(figures) > 15


def test_the_quiet_province_loses_families_at_random(quiet, jamsosratu):
    params = jamsosratu.simulation.model_copy(update={"province": "quiet"})
    figures = {figure.name: figure for figure in calibration(quiet, jamsosratu.instrument, params)}
    assert figures["relapse"].value > 0.5


def test_a_province_with_nothing_to_measure_says_so(jamsosratu):
    made = simulate(jamsosratu.instrument, jamsosratu.simulation, households=30, waves=1, seed=1)
    figures = {figure.name: figure for figure in calibration(made, jamsosratu.instrument, jamsosratu.simulation)}
    assert figures["drift"].value is None
    assert figures["drift"].inside is None
    page = calibration_text(list(figures.values()), title=jamsosratu.title, province="honest", language="en")
    assert "nothing to measure" in page
    assert "nan" not in page.lower()


@pytest.mark.parametrize(("value", "standing"), [(0.3, "inside"), (0.5, "outside"), (None, "nothing to measure")])
def test_a_figure_stands_inside_or_outside(jamsosratu, value, standing):
    figure = Figure("lost", 0.25, 0.35, value)
    page = calibration_page([figure], title=jamsosratu.title, province="quiet", language="en")
    assert f">{standing}</td>" in page
    assert "25.0%–35.0%" in page
