"""LightGBM ends the process on a text that it would not have written: ours is looked through first."""

import numpy as np
import pytest

from graduation_model.estimators.boosting import LightGBMScorer
from graduation_model.estimators.tree_text import check_tree_text
from lib.learning import component, training


@pytest.fixture(scope="module")
def fitted():
    rows = training()
    return component("lightgbm", rounds=3).fit(rows.X, rows.y)


def _changed(text, old, new):
    """The first tree with a line changed, its size in the header told anew."""
    assert old in text
    first, start = int(text.split("tree_sizes=")[1].split(" ")[0]), text.index("Tree=0")
    tree = text[start : start + first].replace(old, new, 1)
    header = text[:start].replace(f"tree_sizes={first}", f"tree_sizes={len(tree)}")
    return header + tree + text[start + first :]


def _line(text, name):
    return next(line for line in text.split("\n") if line.startswith(f"{name}="))


# What stands in a line of the first tree, what is put there, and what is said of it.
CHANGES = [
    ("num_cat", lambda cells: [""], "invalid literal"),
    ("num_leaves", lambda cells: ["99999"], "numbers and not"),
    ("split_feature", lambda cells: ["99999999", *cells[1:]], "a feature that there is not"),
    ("split_feature", lambda cells: ["-1", *cells[1:]], "a feature that there is not"),
    ("decision_type", lambda cells: ["1", *cells[1:]], "a set of categories that there is not"),
    ("decision_type", lambda cells: ["64", *cells[1:]], "a decision of no known kind"),
    ("left_child", lambda cells: ["0", *cells[1:]], "a node below two others"),
    ("right_child", lambda cells: ["4294967296", *cells[1:]], "a child that there is not"),
    ("right_child", lambda cells: cells[:-1], "numbers and not"),
    ("threshold", lambda cells: ["x", *cells[1:]], "could not convert"),
    ("threshold", lambda cells: ["nan", *cells[1:]], "a node without a threshold"),
    ("leaf_value", lambda cells: ["1e400", *cells[1:]], "a leaf without a value"),
    ("leaf_count", lambda cells: ["-2", *cells[1:]], "a count that is none"),
    ("is_linear", lambda cells: ["1"], "its kind"),
]


@pytest.mark.parametrize(("name", "change", "said"), CHANGES)
def test_a_tree_that_is_none_is_refused_and_says_why(fitted, name, change, said):
    line = _line(fitted.text_, name)
    changed = f"{name}={' '.join(change(line.removeprefix(f'{name}=').split(' ')))}"
    with pytest.raises(ValueError, match=f"tree 0 is no tree.*{said}"):
        LightGBMScorer.from_text(_changed(fitted.text_, line, changed), fitted.feature_names_in_)


HEADERS = [
    ("num_class=1", "num_class=2", "log-odds of one thing"),
    ("max_feature_idx=", "max_feature_idx=9", "log-odds of one thing"),
    ("objective=binary sigmoid:1", "objective=x", "log-odds of one thing"),
    ("feature_infos=", "feature_infos=[0:1] ", "name each of its features once"),
    ("tree_sizes=", "tree_sizes=9", "does not stand where the header says"),
    ("end of trees", "Tree=9", "more trees than the header says"),
]


@pytest.mark.parametrize(("old", "new", "said"), HEADERS)
def test_a_header_that_does_not_fit_its_trees_is_refused(fitted, old, new, said):
    with pytest.raises(ValueError, match=said):
        check_tree_text(fitted.text_.replace(old, new, 1), fitted.n_features_in_)


def test_what_stands_behind_the_trees_is_not_given_to_lightgbm(fitted):
    odd = fitted.text_.replace("parameters:\n", "parameters:\n,,,,\n", 1)  # ends the process where it is read
    X = training().X
    again = LightGBMScorer.from_text(odd, fitted.feature_names_in_)
    assert np.array_equal(again.decision_function(X), fitted.decision_function(X))
