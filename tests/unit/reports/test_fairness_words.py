"""Groups for a policy reader: a verdict each, and no figure that singles anybody out."""

import pandas as pd

from graduation_model.reports.fairness_words import fairness_section
from graduation_model.reports.group_words import GroupWords
from lib.small import small_instrument

WORDS = GroupWords(small_instrument())


def table(rows):
    """(level, metric, value, difference, n, selected, finding) -> the fairness table of question `member`."""
    names = ["level", "metric", "value", "difference", "n", "n_selected", "finding"]
    made = pd.DataFrame(rows, columns=names).assign(model="m", group="member")
    return made.assign(low=made["value"] - 0.02, high=made["value"] + 0.02, difference_low=0.0, difference_high=0.1)


def level(name, n, selected, finding="no_difference", worse_in=(), difference=0.1):
    metrics = ("selection_rate", "precision", "false_graduations", "reached", "calibration_at_quota", "calibration")
    value = None if finding == "too_few" else 0.25
    return [
        (name, metric, value, difference, n, selected,
         "worse" if metric in worse_in else "no_difference" if worse_in else finding)
        for metric in metrics
    ]  # fmt: skip


def section(rows, language="en"):
    return fairness_section(table(rows), WORDS, language, min_cell=10)


def test_each_group_has_a_plain_verdict():
    rows = level("yes", 400, 90, worse_in=("precision", "false_graduations")) + level("no", 900, 200)
    (group,) = section(rows)["groups"]
    said = {row["level"]: row["verdict"] for row in group["rows"]}
    assert said["Yes"] == "Worse for this group: 10.0 points more false graduations."
    assert said["No"] == "No difference that the data can show."


def test_too_few_families_are_said_to_be_too_few():
    rows = level("yes", 30, 4, "too_few") + level("no", 900, 200)
    (group,) = section(rows, "id")["groups"]
    said = {row["verdict"] for row in group["rows"]}
    assert "Keluarga terlalu sedikit untuk disimpulkan." in said


def test_small_counts_are_hidden_and_what_would_reveal_them_too():
    rows = level("yes", 300, 4, worse_in=("reached",)) + level("no", 900, 200) + level("missing", 80, 20)
    (group,) = section(rows)["groups"]
    shown = {row["level"]: row for row in group["rows"]}
    assert shown["Yes"]["selected"] == "*"
    assert {cell["value"] for cell in shown["Yes"]["cells"]} == {"*"}
    assert shown["Yes"]["verdict"] == "Worse for this group; the figures are hidden."
    assert shown["not recorded"]["selected"] == "*"  # else the total would give the other away


def test_nothing_measured_gives_nothing_to_show():
    assert fairness_section(None, WORDS, "id", min_cell=10)["groups"] == []
    assert fairness_section(table([]).iloc[:0], WORDS, "id", min_cell=10)["groups"] == []


def test_no_cell_is_nan():
    rows = level("yes", 30, 12, "too_few") + level("no", 900, 200)
    assert "nan" not in str(section(rows)).lower()
