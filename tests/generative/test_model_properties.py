"""What holds for every family and every answer: parts add up, directions hold, bundles come back or are refused."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graduation_model.errors import ModelError
from graduation_model.estimators.bundle import Bundle, load_bundle, save_bundle
from lib.learning import features, small_bundle, small_catalogue

KINDS = st.sampled_from(["lightgbm", "logistic", "stack"])
RAISED = [name for name, sign in zip(small_catalogue().names, small_catalogue().signs, strict=True) if sign == 1]
answer = st.one_of(st.just(float("nan")), st.floats(-5, 12, width=32))


@cache
def bundle(kind: str) -> Bundle:
    return small_bundle(kind)


@st.composite
def families(draw: st.DrawFn) -> pd.DataFrame:
    names = list(small_catalogue().names)
    rows = draw(st.lists(st.lists(answer, min_size=len(names), max_size=len(names)), min_size=1, max_size=5))
    return pd.DataFrame(rows, columns=names, dtype="float32")


@given(KINDS, families())
@settings(max_examples=60)
def test_contributions_add_up_to_the_log_odds_that_decide(kind, X):
    model = bundle(kind).model
    np.testing.assert_allclose(model.additive_parts(X).total(), model.log_odds(X), atol=1e-6)


@given(KINDS, families(), st.sampled_from(RAISED), st.floats(0, 10, width=32))
@settings(max_examples=60)
def test_a_higher_answer_never_lowers_a_score_where_the_instrument_says_so(kind, X, feature, more):
    model = bundle(kind).model
    raised = X.assign(**{feature: X[feature] + np.float32(more)})
    assert (model.log_odds(raised) >= model.log_odds(X) - 1e-12).all()


@given(KINDS, families())
@settings(max_examples=30)
def test_a_family_has_the_same_score_alone_and_among_others(kind, X):
    model = bundle(kind).model
    alone = np.concatenate([model.log_odds(X.iloc[[row]]) for row in range(len(X))])
    np.testing.assert_allclose(alone, model.log_odds(X), rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", ["lightgbm", "logistic", "stack"])
def test_a_bundle_that_went_to_disk_scores_as_before(kind, tmp_path):
    save_bundle(bundle(kind), tmp_path)
    X = features(500, seed=11)
    assert (load_bundle(tmp_path).model.log_odds(X) == bundle(kind).model.log_odds(X)).all()


@cache
def _saved(kind: str, root: str) -> dict[str, bytes]:
    from pathlib import Path

    folder = Path(root) / kind
    save_bundle(bundle(kind), folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@given(kind=KINDS, data=st.data())
@settings(max_examples=80)
def test_a_bundle_with_any_one_byte_changed_is_refused(kind, data, tmp_path_factory):
    root = tmp_path_factory.getbasetemp() / "one_byte"
    files = _saved(kind, str(root))
    name = data.draw(st.sampled_from(sorted(files)))
    place = data.draw(st.integers(0, len(files[name]) - 1))
    other = data.draw(st.integers(1, 255))
    path = root / kind / name
    changed = bytearray(files[name])
    changed[place] ^= other
    path.write_bytes(bytes(changed))
    try:
        with pytest.raises(ModelError):
            load_bundle(root / kind)
    finally:
        path.write_bytes(files[name])
