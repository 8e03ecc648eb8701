"""The beeswarm shows the weightiest questions, the same way every time."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from graduation_model.explanation.beeswarm import draw_beeswarm, weightiest


@pytest.fixture
def by_question():
    rng = np.random.default_rng(1)
    return pd.DataFrame({"floor": rng.normal(0, 0.1, 40), "income": rng.normal(0, 1.0, 40)})


def test_the_weightiest_question_stands_first(by_question):
    assert weightiest(by_question) == ["income", "floor"]
    assert weightiest(by_question, top=1) == ["income"]


def test_rows_and_colour_bar_carry_the_words_given(by_question):
    axes = Figure().add_subplot()
    draw_beeswarm(axes, by_question, by_question, ["Lantai", "Uang"], colour_label="", low="rendah", high="tinggi")
    assert {tick.get_text() for tick in axes.get_yticklabels()} == {"Lantai", "Uang"}
    assert [tick.get_text() for tick in axes.figure.axes[-1].get_yticklabels()] == ["rendah", "tinggi"]


def test_drawing_leaves_the_global_generator_as_it_was(by_question):
    np.random.seed(5)
    expected = np.random.rand()
    np.random.seed(5)
    draw_beeswarm(Figure().add_subplot(), by_question, by_question, ["a", "b"], colour_label="", low="", high="")
    assert np.random.rand() == expected
