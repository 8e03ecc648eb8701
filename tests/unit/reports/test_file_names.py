"""File names are safe, plain where they can be, and never shared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graduation_model.reports.file_names import safe_names


@pytest.mark.parametrize("plain", ["KPM-000123", "a", "36.01.002", "x_y"])
def test_a_plain_id_keeps_its_name(plain):
    assert safe_names([plain]) == [plain]


@pytest.mark.parametrize("unsafe", [
    "../x", "..", "/etc/passwd", "a/b", "a\\b", "<script>", "con", "NUL.txt", "", " ", "ü", "x" * 300, ".hidden",
    "a\x00b",
])  # fmt: skip
def test_an_unsafe_id_gets_another_name(unsafe):
    (name,) = safe_names([unsafe])
    assert name != unsafe
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
    assert not name.startswith((".", "-"))
    assert len(name) <= 100


def test_ids_that_differ_in_capitals_alone_do_not_share_a_file():
    upper, lower = safe_names(["KPM-A", "kpm-a"])
    assert upper.casefold() != lower.casefold()


@given(st.lists(st.text(max_size=12), unique=True, max_size=30))
def test_no_two_households_share_a_file(ids):
    names = [name.casefold() for name in safe_names(ids)]
    assert len(set(names)) == len(ids)
    assert not any("/" in name or name in ("", ".", "..") for name in names)
