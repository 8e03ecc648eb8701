"""The model card: every model side by side, in both languages on one page."""

import re

import pandas as pd
import pytest

from graduation_model.estimators.bundle import BundleCard
from graduation_model.estimators.params import ComponentParams
from graduation_model.evaluation.leak import Finding
from graduation_model.reports.model_card import CardInputs, card_dict, model_card, model_card_markdown
from lib.small import label, small_instrument

CARD = BundleCard(
    programme="small", label="sustained_exit", label_title=label("Stayed out"), caveat=label("Usually with aid"),
    model="lightgbm", as_of="2018-12-31", cohorts=("2015-12-31", "2016-12-31"), training_rows=1842, base_rate=0.374,
    seed=1, instrument_version="1", package_versions={"numpy": "2.4"}, simulated=True,
)  # fmt: skip


def evaluation(width=0.03):
    def row(model, metric, value, *, year=2017, group="all", level="all", baseline=""):
        return (
            model,
            "programme",
            group,
            level,
            year,
            metric,
            value,
            value - width,
            value + width,
            927,
            baseline,
            "by_as_of",
        )

    rows = [row(model, "auc", value) for model, value in (("status_now", 0.73), ("lightgbm", 0.78))]
    rows += [
        row("lightgbm", "precision_at_quota", 0.75),
        row("lightgbm", "auc", 0.05, baseline="status_now"),
        row("lightgbm", "auc", 0.7, group="member", level="yes"),
        row("lightgbm", "auc", 0.76, year=2016),
    ]
    names = "model population group level test_year metric value low high n baseline outcome_known"
    return pd.DataFrame(rows, columns=names.split())


def content(language="id", table=None, **more):
    table = evaluation() if table is None else table
    return card_dict(inputs(table, **more), language)


def inputs(table, **more):
    return CardInputs(CARD, label("Programme"), table, instrument=small_instrument(), **more)


def test_years_stand_latest_first_with_every_model():
    years = content()["years"]
    assert [year["title"] for year in years] == ["Tahun uji 2017", "Tahun uji 2016"]
    assert [(row["model"], row["in_use"]) for row in years[0]["rows"]] == [
        ("LightGBM", True),
        ("Status saat ini saja", False),
    ]


def test_figures_have_intervals_and_gaps_are_said():
    cells = content()["years"][0]["rows"][0]["cells"]
    assert (cells[0]["value"], cells[0]["interval"]) == ("75,0%", "72,0%–78,0%")
    assert (cells[2]["value"], cells[2]["interval"]) == ("0,780", "0,750–0,810")
    assert cells[4]["value"] == "–"


def test_a_difference_whose_interval_leaves_zero_is_marked():
    cell = content()["years"][0]["differences"][0]["cells"][2]
    assert (cell["value"], cell["interval"], cell["settled"]) == ("+0,050", "+0,020 … +0,080", True)


def test_only_a_settled_difference_is_bold_on_the_page():
    assert model_card(inputs(evaluation())).count('"n settled"') == 2  # one a language
    assert 'settled"' not in model_card(inputs(evaluation(width=0.2)))


def test_groups_and_levels_stand_in_words():
    (group,) = content()["groups"]
    assert (group["group"], group["level"], group["n"]) == ("Member (id)", "Ya", "927")


def test_groups_show_the_metrics_that_a_group_can_have():
    page = content()
    assert page["group_metrics"][0] == "Mencapai hasil"
    assert [cell["value"] for cell in page["groups"][0]["cells"]] == ["–", "–", "–", "0,700", "–", "–"]


LEAK = Finding("auc_too_high", {"model": "lightgbm", "year": 2016, "auc": 0.95, "limit": 0.9})


def test_a_result_too_good_to_be_true_warns_in_the_readers_language():
    assert content(leaks=())["warnings"] == []
    assert content(leaks=(LEAK,))["warnings"][0].startswith("LightGBM mencapai AUC 0,95 pada tahun uji 2016")
    assert content("en", leaks=(LEAK,))["warnings"][0].startswith("LightGBM reaches an AUC of 0.95 in test year 2016")


def test_every_leak_check_is_named_whether_it_found_something_or_not():
    checks = content("en", leaks=(LEAK,))["leaks"]
    assert [(check["code"], check["passed"]) for check in checks] == [
        ("auc_too_high", False), ("one_feature", True), ("dated_after", True), ("id_predicts", True),
    ]  # fmt: skip
    assert checks[1]["results"] == ["Nothing found."]
    assert "not checked for leaks" in model_card(inputs(evaluation()))


def test_the_card_says_until_when_the_model_may_be_used():
    dated = CARD.model_copy(update={"expires": "2020-12-31"})
    page = card_dict(CardInputs(dated, label("Programme")), "id")
    assert page["expiry"] == "Pakailah untuk asesmen sampai 31 Desember 2020; sesudah itu latih ulang."
    assert content()["expiry"] == ""


# Component as a programme declares it -> what the card says of it.
DECLARED = [
    (
        {"name": "ours", "kind": "logistic"},
        "Logistic scorecard, learnt from the label of the programme's families: 0.50",
    ),
    (
        {"name": "soon", "kind": "lightgbm", "label": "next_wave"},
        "LightGBM, learnt from how the programme's families stood one wave later: 0.20",
    ),
    (
        {"name": "all", "kind": "lightgbm", "label": "next_wave", "population": "everybody", "max_rows": 500},
        "LightGBM, learnt from how everybody assessed stood one wave later (all): 0.20",
    ),
    (
        {"name": "all_again", "kind": "lightgbm", "label": "next_wave", "population": "everybody"},
        "LightGBM, learnt from how everybody assessed stood one wave later (all_again): 0.10",
    ),
]


def test_components_stand_in_words_whatever_a_programme_calls_them():
    weights = dict(zip(("ours", "soon", "all", "all_again"), (0.5, 0.2, 0.2, 0.1), strict=True))
    stack = CARD.model_copy(update={"model": "stack", "members": weights})
    declared = [ComponentParams(**given) for given, _ in DECLARED]
    facts = {
        language: card_dict(CardInputs(stack, label("Programme"), components=declared), language)["facts"][-1]
        for language in ("id", "en")
    }
    assert facts["en"]["value"] == "; ".join(said for _, said in DECLARED)
    assert facts["id"]["value"].startswith(
        "Kartu skor logistik yang belajar dari label hasil keluarga program: 0,50; LightGBM"
    )


@pytest.mark.parametrize(("language", "said"), [("id", "## Bukan untuk"), ("en", "## What it is not for")])
def test_the_card_is_written_as_markdown_too(language, said):
    written = model_card_markdown(inputs(evaluation(), notes=["2015 left out <b>"]), language)
    assert said in written
    assert "\\<b\\>" in written
    assert not re.search(r"\bnan\b", written.lower())
    tables = [line for line in written.splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in tables[:4]}) == 1  # every row has the columns of its head


@pytest.mark.parametrize("nothing", [None, evaluation().iloc[:0]])
def test_a_model_without_a_test_year_still_has_a_card(nothing):
    page = model_card(inputs(nothing))
    assert "Belum ada tahun uji." in page


def test_figures_are_shown_in_the_language_in_their_name():
    figures = {"reliability_2017.id.png": b"one", "reliability_2017.en.png": b"two", "other.png": b"three"}
    shown = [figure["data"] for figure in content(figures=figures)["figures"]]
    assert shown == ["b25l", "dGhyZWU="]


def test_one_page_holds_both_languages_and_a_switch():
    page = model_card(inputs(evaluation(), notes=["2015 left out <b>"]))
    assert page.count('type="radio"') == 2
    assert "Bukan untuk" in page
    assert "What it is not for" in page
    assert "2015 left out &lt;b&gt;" in page
    assert not re.search(r"https?:|//[a-z0-9]+\.", page)


def test_lost_families_and_intervals_have_their_own_section():
    table = evaluation()
    extra = table.iloc[[0, 0, 0]].assign(
        model="lightgbm",
        metric=["followed_share", "share_positive_bounds", "interval_bins_held"],
        group=["all", "all", "district"],
        level=["all", "all", "01"],
        value=[0.81, 0.4, 0.9],
        low=[float("nan"), 0.3, float("nan")],
        high=[float("nan"), 0.5, float("nan")],
    )
    shown = content("en", pd.concat([table, extra]))
    rows = {row["label"]: (row["value"], row["interval"]) for row in shown["uncertainty"]["rows"]}
    assert rows["Outcome known of those due"] == ("81.0%", "")
    assert rows["Reached the outcome, with bounds"] == ("40.0%", "30.0%–50.0%")
    assert [row["level"] for row in shown["uncertainty"]["groups"]] == ["01"]
    assert len(shown["groups"]) == 1  # the district has no figure of that table
    assert content("en")["uncertainty"] is None
