"""The gate's verdict in words: every reason that the gate can give has a sentence in both languages."""

import inspect
import re

import pytest

from graduation_model.evaluation.gate import Reason, Verdict, gate
from graduation_model.reports.verdict import verdict_lines, verdict_markdown, verdict_record, verdict_story
from graduation_model.wording import has_text

OPEN = Verdict(
    (
        Reason("approved", "passed", {"approver": "Siti"}),
        Reason("better", "passed", {"difference": 0.041, "low": 0.013, "high": 0.067, "margin": 0.03}),
        Reason("against_baseline", "note", {"model": "weighted_sum"}),
    )
)
CLOSED = Verdict((*OPEN.reasons, Reason("untested", "failed", {"families": 12, "least": 200})))
FACTS = {"version": "2", "approver": "Siti", "date": "2021-02-01"}


def test_every_code_of_the_gate_has_its_words():
    source = inspect.getsource(inspect.getmodule(gate))
    codes = set(re.findall(r'Reason\(\s*"([a-z_]+)"', source)) | {"worse", "not_better"}
    assert len(codes) > 25
    assert [code for code in sorted(codes) if not has_text(f"gate.{code}")] == []


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("id", "Lebih baik pada kuota: ketepatan +4,1 poin lebih tinggi (selang +1,3 sampai +6,7)."),
        ("en", "Better at the quota: precision +4.1 points higher (interval +1.3 to +6.7)."),
    ],
)
def test_figures_are_written_as_people_write_them(language, said):
    assert verdict_lines(OPEN, language)[1]["words"] == said


def test_a_terminal_sees_first_what_failed():
    lines = verdict_story(CLOSED, "en").splitlines()
    assert lines[0] == "The gate stays closed: the champion does not change."
    assert lines[1].strip().startswith("failed: Only 12 tested families")
    assert verdict_story(OPEN, "en").startswith("The gate opens")


def test_the_files_hold_both_languages_and_the_approver():
    written = verdict_markdown(CLOSED, FACTS, title="Programme")
    assert "Versi 2; diminta oleh Siti pada 1 Februari 2021." in written
    assert "Version 2; asked by Siti on 1 February 2021." in written
    record = verdict_record(CLOSED, FACTS)
    assert (record["opens"], record["approver"]) == (False, "Siti")
    assert set(record["reasons"][0]["words"]) == {"id", "en"}
