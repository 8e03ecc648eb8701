"""What training made in; the model card, the points card and their pictures out."""

from __future__ import annotations

from graduation_model.commands.appraisal import Appraisal
from graduation_model.config import Programme
from graduation_model.estimators.bundle import Bundle
from graduation_model.evaluation.backtest import Backtest
from graduation_model.params import LANGUAGES

MARKDOWN = {"id": "{}.md", "en": "{}.en.md"}


def card_figures(bundle: Bundle, tried: Backtest, appraisal: Appraisal, programme: Programme) -> dict[str, bytes]:
    """Return the pictures of the model card: file name -> PNG, in each language."""
    from graduation_model.reports.figures import beeswarm_png, reliability_png

    years = tried.predictions.groupby("test_year") if len(tried.predictions) else ()
    figures: dict[str, bytes] = {}
    for language in LANGUAGES:
        figures |= {
            f"reliability_{year}.{language}.png": reliability_png(part, bundle.card.model, language)
            for year, part in years
        }
        figures[f"beeswarm.{language}.png"] = beeswarm_png(
            appraisal.explained.by_question, appraisal.X, bundle.catalogue, programme.instrument, language
        )
    return figures


def card_pages(
    programme: Programme,
    bundle: Bundle,
    tried: Backtest,
    appraisal: Appraisal,
    figures: dict[str, bytes],
    sha256: str,
) -> dict[str, str]:
    """Return the model card and the points card: one HTML page of both languages, one Markdown file a language."""
    from graduation_model.reports.model_card import CardInputs, model_card, model_card_markdown
    from graduation_model.reports.points_page import PointsInputs, points_markdown, points_page

    points = (
        None
        if appraisal.points is None
        else PointsInputs(
            card=appraisal.points,
            agreement=appraisal.agreement,
            model=bundle.card.model,
            as_of=bundle.card.as_of,
            title=programme.title,
            outcome=bundle.card.label_title,
            instrument=programme.instrument,
            amounts=bundle.reference_context,
            currency=programme.currency,
            quota_share=programme.evaluation.quota_share,
            simulated=bundle.card.simulated,
        )
    )
    inputs = CardInputs(
        card=bundle.card,
        title=programme.title,
        evaluation=tried.evaluation,
        instrument=programme.instrument,
        area_names=programme.reports.area_names,
        params=programme.evaluation,
        fairness=appraisal.fairness,
        leaks=appraisal.leaks,
        points=points,
        notes=tried.notes,
        components=programme.estimators.stack.components if programme.estimators.stack else (),
        figures=figures,
        bundle_sha256=sha256,
        min_cell=programme.reports.min_cell,
    )
    pages = {"model_card.html": model_card(inputs)}
    pages |= {MARKDOWN[language].format("model_card"): model_card_markdown(inputs, language) for language in LANGUAGES}
    if points:
        pages["points_card.html"] = points_page(points)
        pages |= {MARKDOWN[language].format("points_card"): points_markdown(points, language) for language in LANGUAGES}
    return pages
