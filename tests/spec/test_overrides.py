"""People beside the list, as a programme officer would check it: agreement, reasons, and what nobody may learn from."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from graduation_model.cohort.after import after_decisions
from graduation_model.cohort.cohorts import build_cohorts
from graduation_model.config import load_programme
from graduation_model.followup.overrides import overrides
from lib.followed import assessed, decided, visited

PROGRAMME = load_programme(Path(__file__).parents[2] / "configs" / "jamsosratu")
LABEL, LATE = PROGRAMME.label, pd.Timestamp("2020-12-31")
AS_OF = pd.Timestamp("2018-12-31")


def names(start: int, n: int) -> list[str]:
    return [f"K{number:03}" for number in range(start, start + n)]


def the_list(proposed: list[str], others: list[str], recommendation: str = "not_ready") -> pd.DataFrame:
    rows = [(one, True, "ready") for one in proposed] + [(one, False, recommendation) for one in others]
    return pd.DataFrame(rows, columns=["household_id", "selected", "recommendation"])


def decide(*parts: tuple[list[str], str, str | None]) -> pd.DataFrame:
    role = {"decided_by_role": "dinas_sosial"}
    return pd.concat([decided(own, decision=what, reason_code=why, **role) for own, what, why in parts])


def set_beside(listed: pd.DataFrame, decisions: pd.DataFrame, visits: pd.DataFrame | None = None):
    families = listed["household_id"].tolist()
    made = visited([]) if visits is None else visits
    after = after_decisions(
        assessed(families), decisions, made, known_by=LATE, label=LABEL, visits=PROGRAMME.followup.visits(LABEL)
    )
    return overrides([(AS_OF, listed)], after, decisions, after["household_id"], PROGRAMME.followup)


# proposed and let go, proposed and kept, let go without being proposed, neither -> agreement, rubber stamp
AGREEMENT = [
    (100, 0, 0, 90, 1.0, True),
    (98, 2, 0, 90, 0.98, True),
    (97, 3, 0, 90, 0.97, False),  # the limit itself is not above it
    (97, 0, 3, 90, 0.97, False),
    (50, 25, 25, 90, 0.5, False),
    (29, 0, 0, 90, 1.0, False),  # of so few nothing is said
]


@pytest.mark.parametrize(("both", "kept", "let_go", "neither", "share", "stamped"), AGREEMENT)
def test_agreement_counts_whom_the_list_proposed_or_people_let_go(both, kept, let_go, neither, share, stamped):
    first, second = names(0, both), names(100, kept)
    third, fourth = names(200, let_go), names(300, neither)
    decisions = decide(
        (first, "graduated", "economy_improved"),
        (second, "retained", "illness_or_disability"),
        (third, "graduated", "better_off_than_recorded"),
        (fourth, "retained", "still_eligible"),
    )
    found = set_beside(the_list(first + second, third + fourth), decisions)
    assert found.agreement["share"].iloc[0] == pytest.approx(share)
    assert found.stamped == (("all", "dinas_sosial") if stamped else ())


def test_reasons_are_told_of_overrides_alone_and_by_what_the_list_said():
    proposed, others = names(0, 4), names(100, 3)
    decisions = decide(
        (proposed[:1], "graduated", "economy_improved"),
        (proposed[1:3], "retained", "illness_or_disability"),
        (proposed[3:], "retained", None),
        (others[:1], "graduated", "better_off_than_recorded"),
        (others[1:], "retained", "still_eligible"),
    )
    found = set_beside(the_list(proposed, others, "review"), decisions)
    assert found.reasons.to_numpy().tolist() == [
        ["kept_back", "proposed", "illness_or_disability", 2],
        ["kept_back", "proposed", "", 1],
        ["let_go", "review", "better_off_than_recorded", 1],
    ]


def test_what_was_put_off_or_not_decided_is_neither_agreement_nor_override():
    proposed = names(0, 3)
    decisions = decide((proposed[:1], "deferred", "papers_incomplete"), (proposed[1:2], "exited_admin", None))
    found = set_beside(the_list(proposed, []), decisions)
    assert found.agreement["of"].iloc[0] == 0
    assert found.reasons.empty
    assert found.waiting == 1


def test_a_decision_from_before_the_list_is_not_one_on_it():
    family = names(0, 1)
    found = set_beside(the_list(family, []), decided(family, decision_date="2018-12-01", effective_date="2019-01-01"))
    assert len(found.decided) == 0
    assert found.waiting == 1


def test_whether_people_were_right_is_told_by_each_way_of_deciding_with_bounds():
    both, let_go = names(0, 4), names(100, 2)
    decisions = decide((both, "graduated", "economy_improved"), (let_go, "graduated", "better_off_than_recorded"))
    fell = {"welfare_to_line": 1.0}
    visits = visited(
        [(both[0], "2020-02-01", {}), (both[1], "2020-02-01", {}), (both[2], "2020-02-01", fell),
         (let_go[0], "2020-02-01", fell)]
    )  # fmt: skip
    right = set_beside(the_list(both, let_go), decisions, visits).right.set_index("way")
    told = right.loc[["both_leave", "let_go"], ["share", "lowest", "highest", "n", "due"]]
    assert told.to_numpy().round(3).tolist() == [[0.667, 0.5, 0.75, 3, 4], [0.0, 0.0, 0.5, 1, 2]]
    assert right.loc[["kept_back", "both_stay"], "due"].tolist() == [0, 0]


# the decision, visits -> what a model may learn of the family
LEARNT = [
    ("kept by people against the list, not visited", "retained", [], ("not_due", "not_followed")),
    ("not proposed and kept, not visited", "retained", [], ("not_due", "not_followed")),
    ("kept, and a register has it back: only failures would show", "retained", None, ("not_due", "not_followed")),
    ("kept, and visited as the comparison sample", "retained", ["2020-02-01"], ("labelled", "good_at_every_visit")),
    ("let go, and not found", "graduated", [], ("lost", "visit_missing")),
    ("let go, and met", "graduated", ["2020-02-01"], ("labelled", "good_at_every_visit")),
    ("put off", "deferred", [], ("not_due", "not_followed")),
]


@pytest.fixture(scope="module")
def learnt():
    """Every story is one family's."""
    # Told at a visit long after, outside of every window.
    back = {"reentered_program": "yes", "reentry_date": pd.Timestamp("2019-07-01"), "reentry_reason": "welfare"}
    late = ("2020-11-01", {"followup_status": "not_found", **back})
    visits = visited([(story, *one) for story, _, met, _ in LEARNT
                      for one in ([late] if met is None else [(day, {}) for day in met])])  # fmt: skip
    made = [decided([story], decision=what, reason_code="illness_or_disability") for story, what, *_ in LEARNT]
    families = assessed([story for story, *_ in LEARNT])
    settings = {"params": PROGRAMME.cohort, "label": LABEL, "decisions": pd.concat(made)}
    return build_cohorts(families, visits, LATE, **settings).set_index("household_id")


@pytest.mark.parametrize(("story", "told"), [(story, told) for story, *_, told in LEARNT])
def test_a_decision_is_no_outcome(learnt, story, told):
    row = learnt.loc[story]
    assert (row["label_status"], row["label_reason"]) == told
    assert pd.isna(row["label"]) == (told[0] != "labelled")
