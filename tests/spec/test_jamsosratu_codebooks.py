"""What the codes of PBDT 2015, Regsosek 2022 and Susenas 2025 mean to Jamsosratu, as literal tables."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from graduation_model.config import Programme, load_programme
from graduation_model.ingest.codebooks import OWN, decode, maps_of
from graduation_model.ingest.typing import type_question

FOLDER = Path(__file__).parents[2] / "configs" / "jamsosratu"
PBDT, REGSOSEK, SUSENAS = "pbdt_2015", "regsosek_2022", "susenas_2025"

# question, code -> in PBDT, in Regsosek, in Susenas; None: that codebook does not know the code, and sets it aside.
TRAPS = [
    # PBDT's yes/no alternates: 1/2 on odd items, 3/4 on even ones. Regsosek has 1/2 throughout.
    ("has_motorbike", 1, None, "yes", None),
    ("has_motorbike", 2, None, "no", None),
    ("has_motorbike", 3, "yes", None, None),
    ("has_motorbike", 4, "no", None, None),
    ("has_fridge", 3, "yes", None, None),
    ("has_tv", 4, "no", None, None),
    ("has_laptop", 1, None, "yes", None),
    ("has_water_heater", 3, "yes", None, None),
    ("has_boat", 4, "no", None, None),
    ("has_other_house", 3, "yes", None, None),
    ("has_bicycle", 1, "yes", "yes", None),
    ("has_bicycle", 3, None, None, None),
    ("has_car", 2, "no", "no", None),
    ("has_gas_12kg", 1, "yes", "yes", None),
    ("has_ac", 2, "no", "no", None),
    ("has_gold_10g", 1, "yes", "yes", None),
    # motor_tempel and kapal are 1/2, perahu_motor is 3/4: one question here.
    ("has_motor_boat", 2, "no", "no", None),
    ("has_motor_boat", 3, "yes", None, None),
    # The head's work: Susenas says no with 5.
    ("head_works", 1, None, "yes", "yes"),
    ("head_works", 2, None, "no", None),
    ("head_works", 5, None, None, "no"),
    # Earth is 9 in PBDT, 8 in Regsosek, and together with bamboo 6 in Susenas.
    ("floor", 9, "poor", "medium", None),
    ("floor", 8, "medium", "poor", None),
    ("floor", 6, "medium", "medium", "poor"),
    ("floor", 7, "poor", "poor", "medium"),
    ("floor", 4, "good", "good", "medium"),
    ("floor", 10, "medium", None, None),
    # Susenas has wood and logs as 3, bamboo of every kind as 4.
    ("wall", 3, "medium", "medium", "medium"),
    ("wall", 4, "poor", "poor", "poor"),
    ("wall", 5, "medium", "medium", "poor"),
    ("wall", 7, "poor", "poor", None),
    # Roof 5 and 6: asbestos and zinc, wood and bamboo, asbestos and bamboo.
    ("roof", 3, "good", "medium", "medium"),
    ("roof", 4, "good", "medium", "medium"),
    ("roof", 5, "medium", "medium", "medium"),
    ("roof", 6, "medium", "poor", "poor"),
    ("roof", 7, "medium", "poor", "medium"),
    ("roof", 8, "poor", "medium", None),
    # Water 4 is a vendor's pipe or a borehole; an open well is 7 or 6, an open spring 9 or 8.
    ("water", 4, "improved", "improved", "improved"),
    ("water", 6, "improved", "unimproved", "unimproved"),
    ("water", 7, "unimproved", "improved", "improved"),
    ("water", 8, "improved", "unimproved", "unimproved"),
    ("water", 9, "unimproved", "unimproved", "unimproved"),
    ("water", 10, "unimproved", "improved", "improved"),
    ("water", 11, "improved", "unimproved", "unimproved"),
    ("water", 12, "unimproved", None, None),
    # Electricity: PBDT leaves the meter to the power.
    ("lighting", 1, "pln", "pln", "pln"),
    ("lighting", 2, "non_pln", "pln", "pln"),
    ("lighting", 3, "none", "non_pln", "non_pln"),
    ("lighting", 4, None, "none", "none"),
    ("power_va", 1, "up_to_450", "up_to_450", None),
    ("power_va", 2, "900", "900", None),
    ("power_va", 5, "1300_plus", "1300_plus", None),
    ("power_va", 6, "up_to_450", None, None),
    # Who does not cook at home is 9, 12 or 0.
    ("cooking_fuel", 0, None, None, "none"),
    ("cooking_fuel", 4, "clean", "clean", "clean"),
    ("cooking_fuel", 5, "kerosene", "clean", "clean"),
    ("cooking_fuel", 7, "solid", "kerosene", "kerosene"),
    ("cooking_fuel", 9, "none", "solid", "solid"),
    ("cooking_fuel", 11, None, "other", "other"),
    ("cooking_fuel", 12, None, "none", None),
    # No toilet is 4, or 5 (not used) and 6.
    ("toilet_access", 3, "shared", "shared", None),
    ("toilet_access", 4, "none", "shared", None),
    ("toilet_access", 5, None, "none", None),
    ("toilet_access", 6, None, "none", None),
    # A pit is 3 or 4.
    ("toilet_type", 2, "squat", "squat", "squat"),
    ("toilet_type", 3, "pit", "squat", "squat"),
    ("toilet_type", 4, "none", "pit", "pit"),
    # Sewage 3 and 4 change places.
    ("waste_disposal", 2, "safe", "safe", None),
    ("waste_disposal", 3, "pit", "open", None),
    ("waste_disposal", 4, "open", "pit", None),
    ("waste_disposal", 5, "open", "open", None),
    ("wall_condition", 1, "good", None, None),
    ("roof_condition", 2, "poor", None, None),
    ("house_ownership", 1, "own", "own", None),
    ("house_ownership", 3, "rent_free", "rent_free", None),
    ("house_ownership", 4, "other", "other", None),
    ("land_ownership", 3, "state", None, None),
    ("head_sex", 1, "male", "male", "male"),
    ("head_sex", 2, "female", "female", "female"),
    ("head_marital", 1, "never", "never", "never"),
    ("head_marital", 3, "divorced", "divorced", "divorced"),
    ("head_marital", 4, "widowed", "widowed", "widowed"),
    # No certificate is 23 or 25.
    ("head_education", 5, None, "sd", None),
    ("head_education", 9, None, "smp", None),
    ("head_education", 15, None, "sma", None),
    ("head_education", 18, None, "tertiary", "tertiary"),
    ("head_education", 23, None, "none", None),
    ("head_education", 25, None, None, "none"),
    # Susenas has one code for employees and one for casual work.
    ("head_work_status", 4, None, "employee", "employee"),
    ("head_work_status", 5, None, "employee", "casual"),
    ("head_work_status", 6, None, "casual", "unpaid_family"),
    ("head_work_status", 7, None, "casual", None),
    ("head_work_status", 8, None, "unpaid_family", None),
    ("head_sector", 6, None, "agriculture", None),
    ("head_sector", 8, None, "industry", None),
    ("head_sector", 11, None, "construction", None),
    ("head_sector", 14, None, "trade", None),
    # Disability runs from "cannot at all" to "no difficulty".
    ("worst_difficulty", 1, None, "cannot", None),
    ("worst_difficulty", 4, None, "none", None),
    # Insurance is a bit sum; 99 is no sum.
    ("jkn_active", 0, None, "none", None),
    ("jkn_active", 1, None, "pbi", None),
    ("jkn_active", 3, None, "several", None),
    ("jkn_active", 4, None, "employer", None),
    ("jkn_active", 8, None, "other", None),
    ("jkn_active", 15, None, "several", None),
    ("jkn_active", 99, None, None, None),
    # Turnover is a band, not rupiah.
    ("business_turnover_band", 1, None, "under_5m", None),
    ("business_turnover_band", 3, None, "from_15m", None),
    ("business_turnover_band", 7, None, "from_25m", None),
]

# The same thing under its number in PBDT, Regsosek and Susenas; None: no code of its own there.
SAME_THING = [
    ("floor", "ceramic", 2, 2, 2),
    ("floor", "tile", 4, 4, 2),
    ("floor", "good wood", 5, 5, 4),
    ("floor", "poor wood", 8, 5, 4),
    ("floor", "cement", 6, 6, 5),
    ("floor", "bamboo", 7, 7, 6),
    ("floor", "earth", 9, 8, 6),
    ("floor", "other", 10, 9, 7),
    ("wall", "boards", 3, 3, 3),
    ("wall", "logs", 5, 5, 3),
    ("wall", "woven bamboo", 4, 4, 4),
    ("wall", "bamboo", 6, 6, 4),
    ("wall", "other", 7, 7, 5),
    ("roof", "concrete tiles, as concrete", 1, 1, 1),
    ("roof", "concrete tiles, as tiles", 1, 2, 2),
    ("roof", "clay tiles", 4, 2, 2),
    ("roof", "asbestos", 5, 4, 5),
    ("roof", "zinc", 6, 3, 3),
    ("roof", "shingle", 7, 5, 4),
    ("roof", "bamboo", 8, 6, 6),
    ("roof", "straw", 9, 7, 6),
    ("water", "piped", 3, 3, 3),
    ("water", "borehole", 5, 4, 4),
    ("water", "protected well", 6, 5, 5),
    ("water", "open well", 7, 6, 6),
    ("water", "protected spring", 8, 7, 7),
    ("water", "open spring", 9, 8, 8),
    ("water", "surface", 10, 9, 9),
    ("water", "rain", 11, 10, 10),
    ("cooking_fuel", "gas of 3 kg", 3, 4, 4),
    ("cooking_fuel", "kerosene", 5, 7, 7),
    ("cooking_fuel", "firewood", 8, 10, 10),
    ("cooking_fuel", "does not cook", 9, 12, 0),
    ("lighting", "grid without a meter", 1, 2, 2),
    ("lighting", "another supply", 2, 3, 3),
    ("lighting", "none", 3, 4, 4),
    ("toilet_access", "public", 3, 4, None),
    ("toilet_access", "none", 4, 6, None),
    ("toilet_type", "slab", 2, 3, 3),
    ("toilet_type", "pit", 3, 4, 4),
    ("waste_disposal", "pit", 3, 4, None),
    ("waste_disposal", "river", 4, 3, None),
    ("head_sex", "woman", 2, 2, 2),
]

REQUIRED_OF_A_CODED_FILE = [PBDT, REGSOSEK, SUSENAS]


@pytest.fixture(scope="module")
def jamsosratu() -> Programme:
    return load_programme(FOLDER)


def meaning(programme: Programme, version: str, question: str, code: object) -> str | None:
    maps = maps_of(question, programme.codebooks)
    return decode(pd.Series([str(code)]), pd.Series([version]), maps).tolist()[0]


@pytest.mark.parametrize(("question", "code", "pbdt", "regsosek", "susenas"), TRAPS)
def test_a_code_means_what_its_own_codebook_says(jamsosratu, question, code, pbdt, regsosek, susenas):
    found = [meaning(jamsosratu, version, question, code) for version in (PBDT, REGSOSEK, SUSENAS)]
    assert found == [pbdt, regsosek, susenas]


@pytest.mark.parametrize(("question", "thing", "pbdt", "regsosek", "susenas"), SAME_THING)
def test_the_same_thing_is_the_same_answer_in_every_codebook(jamsosratu, question, thing, pbdt, regsosek, susenas):
    codes = {PBDT: pbdt, REGSOSEK: regsosek, SUSENAS: susenas}
    found = {meaning(jamsosratu, version, question, code) for version, code in codes.items() if code is not None}
    assert len(found) == 1, thing
    assert found != {None}, thing


def test_a_motorbike_of_an_old_file_is_read_as_yes_and_a_code_of_another_form_is_set_aside(jamsosratu):
    raw = pd.Series(["3", "4", "1", None, 3.0])
    typed = type_question(
        raw, jamsosratu.instrument.named("has_motorbike"), pd.Series([PBDT] * 5), jamsosratu.codebooks
    )
    assert typed.values.astype(object).where(typed.values.notna(), None).tolist() == ["yes", "no", None, None, "yes"]
    assert typed.failed.tolist() == [False, False, True, False, False]


def test_rows_of_two_codebooks_are_read_each_in_its_own(jamsosratu):
    typed = type_question(
        pd.Series(["9", "8", "8", "9"]),
        jamsosratu.instrument.named("floor"),
        pd.Series([PBDT, REGSOSEK, PBDT, REGSOSEK]),
        jamsosratu.codebooks,
    )
    assert typed.values.tolist() == ["poor", "poor", "medium", "medium"]


@pytest.mark.parametrize("version", REQUIRED_OF_A_CODED_FILE)
def test_every_required_choice_has_codes_in_every_codebook(jamsosratu, version):
    """A required answer without a code would set every family of the file aside."""
    without = [
        question.name
        for question in jamsosratu.instrument.questions
        if question.levels
        and question.need == "required"
        and not any(version in code_map.versions for code_map in maps_of(question.name, jamsosratu.codebooks))
    ]
    assert without == []


@pytest.mark.parametrize("version", [OWN, REGSOSEK])
def test_the_instruments_own_values_are_read_beside_codes_and_without_a_codebook(jamsosratu, version):
    """Only figures are no value beside codes: 900 of a file may be a code that nobody listed."""
    for name in {name for book in jamsosratu.codebooks for name in book.questions}:
        question = jamsosratu.instrument.named(name)
        levels = pd.Series([level for level in question.levels if version == OWN or not level.isdigit()])
        typed = type_question(levels, question, pd.Series([version] * len(levels)), jamsosratu.codebooks)
        assert typed.values.tolist() == levels.tolist(), name


def test_every_answer_of_a_mapped_question_is_reached_by_some_raw_code(jamsosratu):
    reached: dict[str, set[str]] = {}
    for book in jamsosratu.codebooks:
        for name, maps in book.questions.items():
            for code_map in maps:
                reached.setdefault(name, set()).update(code_map.codes.values())
    unreached = {name: set(jamsosratu.instrument.named(name).levels) - values for name, values in reached.items()}
    assert {name: values for name, values in unreached.items() if values} == {}
