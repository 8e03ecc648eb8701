"""Groups and their levels in words and in an order that people expect."""

import pytest

from graduation_model.reports.group_words import GroupWords
from lib.small import small_instrument

WORDS = GroupWords(small_instrument(), {"3601": "Kab. Pandeglang"})


@pytest.mark.parametrize(("group", "level", "expected"), [
    ("status", "not_poor", ("Status (id)", "not_poor (id)")),
    ("member", "yes", ("Member (id)", "Ya")),
    ("size", "up to 3.5", ("People (id)", "sampai 3,5")),
    ("size", "up to 0", ("People (id)", "0")),
    ("size", "over 1.2e+04", ("People (id)", "di atas 12.000")),
    ("size", "missing", ("People (id)", "tidak tercatat")),
    ("district_code", "3601", ("Wilayah", "Kab. Pandeglang")),
    ("cluster_in_training", "unseen", ("Pendamping atau desa", "belum pernah dipelajari")),
    ("label", "at least 1.2", ("Label dengan garis lain (kali garis kemiskinan)", "setidaknya 1,2")),
    ("exit_kind", "alamiah", ("Cara keluar dari program", "graduasi alamiah")),
    ("something", "over the hills", ("something", "over the hills")),
])  # fmt: skip
def test_groups_and_levels_in_words(group, level, expected):
    assert (WORDS.group(group, level, "id"), WORDS.level(group, level, "id")) == expected


def test_questions_stand_as_they_are_asked_and_answers_from_low_to_high():
    unordered = [
        ("district_code", "3601"),
        ("size", "over 5"),
        ("status", "not_poor"),
        ("size", "missing"),
        ("size", "up to 3"),
        ("status", "extreme_poor"),
        ("size", "3 to 5"),
    ]
    assert sorted(unordered, key=lambda key: WORDS.order(*key)) == [
        ("status", "extreme_poor"),
        ("status", "not_poor"),
        ("size", "up to 3"),
        ("size", "3 to 5"),
        ("size", "over 5"),
        ("size", "missing"),
        ("district_code", "3601"),
    ]
