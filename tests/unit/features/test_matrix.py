"""Features of families that can be counted on one hand."""

from functools import reduce
from operator import add

import numpy as np
import pandas as pd
import pytest

from graduation_model.errors import ConfigError, DataError
from graduation_model.features import (
    AssessmentFeatures,
    MidRank,
    catalogue,
    context_from_reference,
    feature_matrix,
    reference_context,
    wave_context,
)
from graduation_model.features.catalogue import Catalogue
from graduation_model.features.context import Visits, add_totals, cluster_totals, context_of, distributions_of
from graduation_model.features.params import Ratio
from lib.small import feature_params, small_instrument, visits, with_judgement

ENDS = [pd.Timestamp("2016-12-31"), pd.Timestamp("2017-12-31")]


def _features(assessments, **changes):
    features = catalogue(small_instrument(), feature_params(**changes))
    return feature_matrix(assessments, wave_context(assessments, ENDS, features, cluster="village"), features)


def test_money_is_its_place_among_the_families_of_its_own_wave():
    table = visits(
        [
            {"household_id": "a", "income": 100.0},
            {"household_id": "b", "income": 300.0},
            {"household_id": "c", "income": 300.0, "assessment_date": "2017-05-01"},
        ]
    )
    assert _features(table)["income__rank"].tolist() == [0.25, 0.75, 0.5]


def test_history_is_the_assessment_before_and_the_change_since():
    table = visits([{"status": "poor"}, {"status": "not_poor", "assessment_date": "2017-12-31"}])
    made = _features(table)
    assert np.isnan(made["status__previous"][0])
    assert made["status__previous"][1] == 1
    assert made["status__change"][1] == 1


def test_an_adjusted_judgement_is_its_distance_from_what_the_same_facilitator_judged_of_others():
    table = visits(
        [
            {"household_id": name, "village": who, "size": judged}
            for name, who, judged in (("a", "lenient", 5), ("b", "lenient", 4), ("c", "severe", 2), ("d", "severe", 1))
        ]
        + [{"household_id": "e", "village": "alone", "size": 3}]
    )
    features = catalogue(with_judgement("size"), feature_params(adjusted=("size",)))
    made = feature_matrix(table, wave_context(table, ENDS, features, cluster="village"), features)
    assert "size" not in made
    assert made["size__adjusted"].tolist()[:4] == [1.0, -1.0, 1.0, -1.0]
    assert np.isnan(made["size__adjusted"].iloc[4])  # of one judgement alone nobody knows how severe it is


def test_what_is_no_judgement_is_not_adjusted():
    with pytest.raises(ConfigError, match="'size' is no judgement"):
        catalogue(small_instrument(), feature_params(adjusted=("size",)))


def test_a_family_is_never_its_own_neighbour():
    table = visits(
        [
            {"household_id": name, "village": village, "income": income}
            for name, village, income in (("a", "v", 0.0), ("b", "v", 100.0), ("c", "v", 200.0), ("d", "w", 900.0))
        ]
    )
    made = _features(table)
    own = made["income__rank"].to_numpy()
    assert made["income__neighbours"][0] == pytest.approx((own[1] + own[2]) / 2)
    assert np.isnan(made["income__neighbours"][3])


def test_composition_is_missing_where_a_part_is_missing_or_the_divisor_is_nothing():
    made = _features(visits([{"size": 6, "rooms": 2}, {"household_id": "b", "size": 6, "rooms": None}]))
    assert made["crowding"][0] == 3
    assert np.isnan(made["crowding"][1])


def test_an_unanswered_choice_is_missing_in_every_level_rather_than_no():
    made = _features(visits([{"floor": "cement"}, {"household_id": "b", "floor": None}]))
    assert made[["floor=earth", "floor=cement"]].iloc[0].tolist() == [0, 1]
    assert made[["floor=earth", "floor=cement"]].iloc[1].isna().all()


def test_blocked_questions_are_no_features_and_protected_ones_only_where_the_programme_lets_them_in():
    instrument = small_instrument()
    guarded = instrument.model_copy(
        update={
            "questions": tuple(
                question.model_copy(update={"protected": question.name == "size"}) for question in instrument.questions
            )
        }
    )
    plain = catalogue(guarded, feature_params(ratios=()))
    let_in = catalogue(guarded, feature_params(ratios=(), protected=("size",)))
    assert "size" not in plain.names
    assert "size" in let_in.names
    assert not any("opinion" in name for name in let_in.names)


def test_a_ratio_over_a_protected_question_is_left_out_with_it():
    instrument = small_instrument()
    guarded = instrument.model_copy(
        update={
            "questions": tuple(
                question.model_copy(update={"protected": question.name == "size"}) for question in instrument.questions
            )
        }
    )
    assert "crowding" not in catalogue(guarded, feature_params()).names


def test_a_ratio_that_pulls_against_its_question_is_refused():
    per_head = Ratio(
        name="per_head",
        numerator="income",
        denominator="size",
        question="income",
        label={"id": "x", "en": "y"},
        direction="free",
    )
    with pytest.raises(ConfigError, match=r"contradicts income.*Make income free"):
        catalogue(small_instrument(), feature_params(ratios=(per_head,)))


def test_a_catalogue_comes_back_from_plain_data():
    features = catalogue(small_instrument(), feature_params())
    again = Catalogue.from_records(features.to_records())
    assert again.names == features.names
    assert again.signs == features.signs
    assert again.quantities == features.quantities


def test_a_row_after_the_last_wave_is_refused():
    table = visits([{}, {"household_id": "b", "assessment_date": "2018-06-01"}])
    with pytest.raises(DataError, match="1 assessments are dated after"):
        _features(table)


def test_a_stored_wave_ranks_money_and_knows_no_family():
    table = visits([{"household_id": f"h{place}", "income": float(place)} for place in range(101)])
    features = catalogue(small_instrument(), feature_params())
    stored = reference_context(wave_context(table, ENDS[:1], features, cluster="village"))
    alone = feature_matrix(table.iloc[[25]], context_from_reference(stored, ENDS[0], cluster="village"), features)
    assert alone["income__rank"].iloc[0] == pytest.approx(0.25, abs=0.01)
    assert alone[["status__previous", "income__neighbours"]].isna().all(axis=None)


def test_the_transformer_gives_the_same_values_as_the_function():
    table = visits([{"household_id": name} for name in "abc"])
    features = catalogue(small_instrument(), feature_params())
    made = AssessmentFeatures(features, ENDS, "village").fit(table).transform(table.iloc[1:])
    pd.testing.assert_frame_equal(made, _features(table).iloc[1:])


def test_midrank_passes_the_checks_of_scikit_learn():
    from sklearn.utils.estimator_checks import check_estimator

    check_estimator(MidRank())


def test_parts_of_the_families_add_up_to_the_context_of_all_in_any_order():
    drawn = np.random.default_rng(5)
    table = visits(
        [
            {"household_id": f"h{place}", "village": f"v{place % 3}", "income": income, "assessment_date": date}
            for place, income in enumerate(drawn.lognormal(size=60))
            for date in ("2016-12-31", "2017-12-31")
        ]
    )
    features = catalogue(small_instrument(), feature_params())
    families = drawn.permutation(table["household_id"].unique())
    parts = [Visits(table[table["household_id"].isin(some)], ENDS) for some in np.array_split(families, 7)]
    counted = [distributions_of(part, features) for part in parts]
    ranks = {key: reduce(add, (one[key] for one in counted)) for key in counted[0]}
    totals = add_totals([cluster_totals(part, features, ranks, cluster="village") for part in parts])
    for part in parts:
        context = context_of(part, features, ranks, totals, cluster="village")
        alone = feature_matrix(part.table, context, features)
        pd.testing.assert_frame_equal(alone, _features(table).loc[alone.index], check_exact=True)
