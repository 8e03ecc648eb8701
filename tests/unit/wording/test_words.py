"""Both languages say everything that either says."""

import re
from pathlib import Path

import pytest

import graduation_model
from graduation_model.wording import has_text, placeholders, text, texts

SOURCE = Path(graduation_model.__file__).parent


def test_both_languages_hold_the_same_keys():
    assert set(texts("id")) == set(texts("en"))


def test_a_sentence_wants_the_same_values_in_both_languages():
    differing = [key for key in texts("id") if placeholders(texts("id")[key]) != placeholders(texts("en")[key])]
    assert differing == []


def test_no_sentence_is_empty():
    assert [key for language in ("id", "en") for key, words in texts(language).items() if not words] == []


def test_longer_sentences_are_translated_rather_than_copied():
    copied = [key for key, words in texts("id").items() if len(words) > 25 and words == texts("en")[key]]
    assert copied == []


def test_every_sentence_that_a_template_asks_for_exists():
    asked = {
        key
        for page in (SOURCE / "reports" / "templates").glob("*.j2")
        for key in re.findall(r'"([a-z0-9_.]+)"\|t\b', page.read_text(encoding="utf-8"))
    }
    assert len(asked) > 50
    assert [key for key in asked if not has_text(key) and not key.endswith(".")] == []


@pytest.mark.parametrize("family", ["recommendation", "standing", "advice"])
@pytest.mark.parametrize("code", ["review", "not_ready", "cannot_say"])
def test_every_recommendation_has_its_words(family, code):
    assert has_text(f"{family}.{code}")


def test_every_rule_of_selection_has_its_words():
    from graduation_model.selection.select import RULES

    assert [rule for rule in RULES if not has_text(f"rule.{rule}")] == []


def test_every_fault_that_ingest_reports_has_its_words_and_its_mend():
    from graduation_model.ingest.quarantine import MENDS

    assert [rule for rule in MENDS if not (has_text(f"fault.{rule}") and has_text(f"mend.{rule}"))] == []


def test_every_reason_for_not_scoring_has_its_words():
    from graduation_model.cohort.cohorts import NOT_IN_PROGRAMME, TOO_OLD

    assert [code for code in (NOT_IN_PROGRAMME, TOO_OLD) if not has_text(f"not_scored.{code}")] == []


def test_an_unknown_key_and_a_missing_value_are_bugs():
    with pytest.raises(KeyError):
        text("no.such.key", "id")
    with pytest.raises(KeyError):
        text("chance.sentence", "id", yes="72")


def test_one_family_is_not_one_families():
    assert text("common.families", "en", count="1") == "1 family"
    assert text("common.families", "en", count="0") == "0 families"


def test_a_value_with_braces_is_shown_and_not_read_as_a_placeholder():
    assert text("form.money", "en", currency="{code}").startswith("In {code}, digits only")


def test_the_sentences_cannot_be_changed_by_a_reader():
    with pytest.raises(TypeError):
        texts("id")["recommendation.ready"] = "lulus"
