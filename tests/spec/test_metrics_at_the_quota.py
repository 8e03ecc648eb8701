"""What is said about the families that a list would propose.

Ten families of a test cohort, in the order of their probability; the quota is a share of the cohort. `+` made it and
`-` fell back. A family at the edge of the quota, or several with the same probability there, count by the part that
fits.
"""

import numpy as np
import pytest

from graduation_model.evaluation.metrics import METRICS

TABLE = [
    # title, outcomes in order, probabilities, quota, precision, recall, false graduations
    ("the best two of ten, both made it", "++--+-----", "98 76 54 43 21", 0.2, 1.0, 2 / 3, 0.0),
    ("the best two of ten, one fell back", "+-+-------", "98 76 54 43 21", 0.2, 0.5, 0.5, 0.5),
    ("everybody is proposed: the base rate", "+-+-+-----", "98 76 54 43 21", 0.9999999, 0.3, 1.0, 0.7),
    ("two and a half: the third counts by half", "++-+------", "98 76 54 43 21", 0.25, 0.8, 2 / 3, 0.2),
    ("the third made it: half of it counts", "+-++------", "98 76 54 43 21", 0.25, 0.6, 0.5, 0.4),
    ("four equals for two places, one of four made it", "+---++----", "99 99 44 44 21", 0.2, 0.25, 1 / 6, 0.75),
    ("all alike: a lot among all", "+++-------", "55 55 55 55 55", 0.2, 0.3, 0.2, 0.7),
]


def families(outcomes: str, probabilities: str) -> tuple[np.ndarray, np.ndarray]:
    digits = [int(digit) for digit in probabilities.replace(" ", "")]
    return np.array([sign == "+" for sign in outcomes], dtype=float), np.array(digits) / 10


@pytest.mark.parametrize(
    ("title", "outcomes", "probabilities", "quota", "precision", "recall", "failed"),
    TABLE,
    ids=[row[0] for row in TABLE],
)
def test_at_the_quota(title, outcomes, probabilities, quota, precision, recall, failed):
    y, p = families(outcomes, probabilities)
    assert METRICS["precision_at_quota"](y, p, None, quota) == pytest.approx(precision, abs=1e-6)
    assert METRICS["recall_at_quota"](y, p, None, quota) == pytest.approx(recall, abs=1e-6)
    assert METRICS["false_graduations_at_quota"](y, p, None, quota) == pytest.approx(failed, abs=1e-6)


def test_a_family_of_weight_two_takes_two_places():
    y, p = np.array([1.0, 0.0, 1.0]), np.array([0.9, 0.8, 0.7])
    assert METRICS["precision_at_quota"](y, p, np.array([2.0, 1.0, 1.0]), 0.75) == pytest.approx(2 / 3)


def test_said_and_seen_in_the_large():
    y, p = np.array([1.0, 1.0, 0.0, 0.0]), np.array([0.6, 0.5, 0.4, 0.1])
    assert METRICS["share_positive"](y, p, None, 0.2) == 0.5
    assert METRICS["calibration_in_the_large"](y, p, None, 0.2) == pytest.approx(0.1)  # more made it than was said
