"""What counts as a move between two waves, and what does not."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graduation_model.contract.instrument import Instrument
from graduation_model.monitoring.drift import answer_drift, beyond_chance, code_drift, codebook_drift, gain_of_exchange
from graduation_model.monitoring.params import DriftParams
from lib.small import small_instrument

PARAMS = DriftParams()


def wave(n: int, seed: int, **changes: object) -> pd.DataFrame:
    """Answers to the small instrument's questions, all drawn alike for every seed."""
    rng = np.random.default_rng(seed)
    drawn: dict[str, object] = {}
    for question in small_instrument().questions:
        if question.kind == "money":
            drawn[question.name] = np.round(np.exp(rng.normal(13, 0.5, n)), -4)
        elif question.is_numeric:
            drawn[question.name] = rng.integers(1, 8, n).astype(float)
        elif question.levels:
            values = rng.choice(question.levels, n)
            drawn[question.name] = pd.Categorical(values, dtype=question.dtype())
    return pd.DataFrame(drawn).assign(**changes)


def of_kind(instrument: Instrument, *kinds: str) -> str:
    """The name of the first question of one of these kinds."""
    return next(q.name for q in instrument.questions if q.kind in kinds and q.derived is None)


def told(now: pd.DataFrame, before: pd.DataFrame) -> set[tuple[str, str]]:
    table = answer_drift(now, before, small_instrument(), PARAMS)
    return set(table.loc[table["told"], ["question", "measure"]].itertuples(index=False, name=None))


def test_two_waves_drawn_alike_cross_no_limit():
    assert told(wave(2_000, 1), wave(2_000, 2)) == set()


def test_two_answers_whose_codes_were_swapped_are_told():
    name = of_kind(small_instrument(), "choice", "ordered_choice", "yes_no")
    before, now = wave(2_000, 1), wave(2_000, 2)
    levels = list(before[name].dtype.categories)
    skewed = [
        pd.Categorical(np.where(np.arange(2_000) % 5 == 0, rare, usual), dtype=before[name].dtype)
        for rare, usual in ((levels[0], levels[1]), (levels[1], levels[0]))
    ]
    assert told(now.assign(**{name: skewed[0]}), before.assign(**{name: skewed[1]})) == {(name, "answers_moved")}


def test_a_jump_in_prices_moves_the_level_and_not_the_answers():
    name = of_kind(small_instrument(), "money")
    before, now = wave(2_000, 1), wave(2_000, 2)
    assert told(now.assign(**{name: 1.5 * now[name]}), before) == {(name, "amounts_moved")}


def test_a_question_that_is_no_longer_answered_is_told():
    name = of_kind(small_instrument(), "count", "number")
    now = wave(2_000, 2)
    emptied = now.assign(**{name: now[name].where(np.arange(2_000) % 4 != 0)})
    assert told(emptied, wave(2_000, 1)) == {(name, "missing_moved")}


def test_of_a_handful_of_answers_nothing_is_said():
    table = answer_drift(wave(60, 1), wave(2_000, 2), small_instrument(), PARAMS)
    assert table.empty


def test_a_question_that_moves_by_itself_can_be_left_out():
    name = of_kind(small_instrument(), "count", "number")
    now = wave(2_000, 2)
    moved = now.assign(**{name: now[name] + 3})
    assert (name, "answers_moved") in told(moved, wave(2_000, 1))
    free = DriftParams(without=(name,))
    assert name not in set(answer_drift(moved, wave(2_000, 1), small_instrument(), free)["question"])


def two_visits(*, exchanged: tuple[int, int] = (0, 0), same: bool = True, n: int = 2_000) -> tuple[pd.DataFrame, ...]:
    """Two waves of the same families, one in ten of whom answers anew; two codes of the choice changed places."""
    name = of_kind(small_instrument(), "choice", "ordered_choice")
    rng = np.random.default_rng(3)
    before = wave(n, 1).assign(household_id=[f"H{i}" for i in range(n)])
    now = before.copy()
    anew = rng.random(n) < 0.1
    now.loc[anew, name] = wave(n, 2).loc[anew, name]
    levels = list(now[name].dtype.categories)
    one, other = (levels[place] for place in exchanged)
    moved = now[name].astype("object").replace({one: other, other: one})
    now[name] = pd.Categorical(moved, dtype=before[name].dtype)
    ids = now["household_id"] if same else "new " + now["household_id"]
    return now.assign(household_id=ids).sample(frac=1, random_state=1), before


def told_codes(now: pd.DataFrame, before: pd.DataFrame) -> list[str]:
    table = code_drift(now, before, small_instrument(), PARAMS)
    return table.loc[table["told"], "question"].tolist()


def test_codes_of_equal_shares_that_changed_places_are_told_by_the_families_own_answers():
    now, before = two_visits(exchanged=(0, 1))
    assert told(now, before) == set()  # the shares of answers are as they were
    assert told_codes(now, before) == [of_kind(small_instrument(), "choice", "ordered_choice")]


def test_answers_that_families_change_by_themselves_are_no_exchange_of_codes():
    assert told_codes(*two_visits()) == []


def test_of_other_families_than_last_time_nothing_is_said_about_codes():
    now, before = two_visits(exchanged=(0, 1), same=False)
    assert code_drift(now, before, small_instrument(), PARAMS).empty


@given(st.lists(st.integers(0, 300), min_size=2, max_size=5))
def test_answers_that_have_nothing_to_do_with_those_before_gain_nothing_by_an_exchange(counts):
    assert gain_of_exchange(np.outer(np.array(counts) + 1, np.array(counts) + 1)) == 0


@given(st.lists(st.integers(50, 500), min_size=3, max_size=6), st.randoms())
def test_any_exchange_of_codes_is_seen_whichever_they_are(counts, random):
    places = list(range(len(counts)))
    random.shuffle(places)
    gain = gain_of_exchange(np.diag(counts)[:, places])
    moved = sum(count for place, count in enumerate(counts) if places[place] != place) / sum(counts)
    assert gain == pytest.approx(moved, abs=2.01 / np.sqrt(sum(counts)))


def cells(*rows: tuple[str, int, str, int]) -> pd.DataFrame:
    """Quarantine: question, wave, rule, how many cells."""
    return pd.DataFrame(
        [(question, year, rule) for question, year, rule, n in rows for _ in range(n)],
        columns=["question", "wave", "rule"],
    )


@pytest.mark.parametrize(("before", "now", "is_told"), [
    (0, 43, True),    # a code that no codebook knows has come
    (93, 67, True),   # one went and another came: fewer, and still a change
    (50, 55, False),  # as many as ever
])  # fmt: skip
def test_codes_that_a_codebook_does_not_know_are_told_where_their_share_changes(before, now, is_told):
    quarantine = cells(("water", 2017, "not_in_codebook", before), ("water", 2018, "not_in_codebook", now))
    table = codebook_drift(quarantine, (2018, 1_000), (2017, 1_000), PARAMS)
    assert table["told"].tolist() == [is_told]


def test_other_failing_cells_are_no_matter_of_codebooks():
    assert codebook_drift(cells(("rooms", 2018, "maximum", 90)), (2018, 1_000), (2017, 1_000), PARAMS).empty


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=1, max_size=8))
def test_a_distance_is_a_share_and_does_not_depend_on_the_order_of_answers(counts):
    one, other = (np.array(column, dtype=float) + 1 for column in zip(*counts, strict=True))
    distance = beyond_chance(one, other)
    assert 0 <= distance <= 1
    assert beyond_chance(one[::-1], other[::-1]) == pytest.approx(distance)
    assert beyond_chance(other, one) == pytest.approx(distance)
    assert beyond_chance(one, one) == 0
